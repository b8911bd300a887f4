"""Small pieces of pages. Everything given as text is escaped here; what is given as markup says so in its name."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Cell", "breakable", "pairs", "section", "sentence", "table", "verdict"]

NUMBER = "#"
"""Before the heading of a column whose cells stand on the right."""


class Cell(NamedTuple):
    """A cell that is markup already."""

    markup: str


def table(heads: Sequence[str], rows: Iterable[Sequence[str | Cell]], *, wide: int = 0) -> str:
    """A table that scrolls by itself where there is little room; a heading that begins with # is one of numbers."""
    right = [head.startswith(NUMBER) for head in heads]
    drawn = "".join(
        "<tr>"
        + "".join(
            f"<td{_class(number=number)}>{cell.markup if isinstance(cell, Cell) else escape(cell)}</td>"
            for cell, number in zip(row, right, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    top = "".join(
        f'<th scope="col"{_class(number=number)}>{escape(head.removeprefix(NUMBER))}</th>'
        for head, number in zip(heads, right, strict=True)
    )
    style = f' style="min-width:{wide}px"' if wide else ""
    return (
        f'<div class="scroll" tabindex="0"><table class="plain"{style}>'
        f"<thead><tr>{top}</tr></thead><tbody>{drawn}</tbody></table></div>"
    )


def _class(*, number: bool) -> str:
    return ' class="number"' if number else ""


def section(name: str, title: str, markup: str, lead: str = "") -> str:
    """A part of the page with its heading and a sentence on what it shows."""
    told = f'<p class="lead">{escape(lead)}</p>' if lead else ""
    return f'<section class="part" id="{escape(name)}"><h2>{escape(title)}</h2>{told}{markup}</section>'


def pairs(told: Iterable[tuple[str, str | Cell]]) -> str:
    """A list of facts, each with its name."""
    return (
        '<dl class="facts">'
        + "".join(
            f"<div><dt>{escape(name)}</dt><dd>{value.markup if isinstance(value, Cell) else escape(value)}</dd></div>"
            for name, value in told
        )
        + "</dl>"
    )


def verdict(word: str, tone: str) -> Cell:
    """A verdict in its colour."""
    return Cell(f'<span class="verdict {escape(tone)}">{escape(word)}</span>')


def sentence(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]


def breakable(text: str) -> str:
    """Escaped, and free to break after underscores."""
    return escape(text).replace("_", "_<wbr>")
