"""The graph of an impact as an SVG picture: four columns, and ties that lead from what depends to what it depends on."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from modelrouter.pages.impact.graph import Drawn, Node, Tie

__all__ = ["PICTURE", "picture"]

WIDTH = 1184
COLUMNS = ((2, 232), (338, 222), (664, 196), (968, 214))
"""Where each column begins, and how wide its cards are."""
HEADS = ("processes", "deployments", "whose they are", "what those stand on")
CARD = 42
"""How high a card is."""
GAP = 12
TOP = 34
BOTTOM = 6
PORT = 5.0
"""How far apart ties leave a card, at most."""
LETTER = 7.1
"""How wide a letter of a title is, about."""
NOTE = 6.0
"""The same for the small text beneath."""
PADDING = 26

PICTURE = """
.graph { display: block; width: 100%; min-width: 860px; height: auto; }
.graph text { font: 12.5px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--ink); }
.graph .head { font-size: 11.5px; font-weight: 700; letter-spacing: .09em; text-transform: uppercase; fill: var(--accent); }
.graph .title { font-weight: 620; } .graph .note { font-size: 11px; fill: var(--soft); }
.graph rect { fill: var(--card); stroke: var(--line); stroke-width: 1.2; }
.graph .bad rect { fill: var(--bad-bg); stroke: var(--bad); } .graph .bad .sign, .graph .bad .note { fill: var(--bad); }
.graph .warn rect { fill: var(--warn-bg); stroke: var(--warn); } .graph .warn .sign, .graph .warn .note { fill: var(--warn); }
.graph .good rect { fill: var(--good-bg); stroke: var(--good); } .graph .good .sign { fill: var(--good); }
.graph .weak rect { stroke: var(--bad); stroke-width: 1.6; } .graph .weak .sign { fill: var(--bad); }
.graph .struck rect { stroke-width: 3; }
.graph .sign { font-weight: 700; font-size: 13px; text-anchor: middle; }
.graph path { fill: none; stroke: var(--soft); stroke-width: 1.1; opacity: .55; }
.graph path.first { stroke-width: 2.4; opacity: .75; }
.graph path.refused { stroke-dasharray: 2 4; stroke-width: 1.8; opacity: .95; }
.graph path.bad, .graph path.weak { stroke: var(--bad); opacity: .8; } .graph path.warn { stroke: var(--warn); opacity: .95; }
.key { display: inline-block; width: 30px; height: 0; margin-right: 7px; border-top: 2px solid var(--soft); flex: none; }
.key.thin { border-top-width: 1px; } .key.dotted { border-top-style: dotted; } .key.red { border-color: var(--bad); }
"""
"""What the style sheet of a page with such a picture needs beside the shared one."""

SIGNS = {"bad": "✕", "warn": "~", "good": "✓", "weak": "!", "plain": ""}
"""Never by colour alone."""


class _Spot(NamedTuple):
    x: float
    y: float
    """The middle of the card's height."""
    width: float


def picture(drawn: Drawn, label: str) -> str:
    """The whole picture; `label` says in a sentence what it shows."""
    height = TOP + BOTTOM + max(len(column) for column in drawn.columns) * (CARD + GAP)
    spots = dict(_placed(drawn, height))
    heads = "".join(
        f'<text class="head" x="{x}" y="16">{head}</text>' for (x, _), head in zip(COLUMNS, HEADS, strict=True)
    )
    ties = "".join(_ties(drawn, spots))
    cards = "".join(_card(node, spots[node.key]) for column in drawn.columns for node in column)
    return (
        f'<svg class="graph" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">'
        f"{heads}{ties}{cards}</svg>"
    )


def _placed(drawn: Drawn, height: float) -> Iterator[tuple[str, _Spot]]:
    """Columns are spread over the whole height, but no further apart than they can be followed."""
    room = height - TOP - BOTTOM
    for (x, width), column in zip(COLUMNS, drawn.columns, strict=True):
        pitch = min(room / max(1, len(column)), (CARD + GAP) * 2)
        start = TOP + (room - pitch * len(column)) / 2
        for place, node in enumerate(column):
            yield node.key, _Spot(x, start + pitch * (place + 0.5), width)


def _ties(drawn: Drawn, spots: Mapping[str, _Spot]) -> Iterator[str]:
    """Plain ones first, so that what is lost lies on top."""
    leaving = _ports(drawn.ties, spots, lambda tie: (tie.left, tie.right))
    coming = _ports(drawn.ties, spots, lambda tie: (tie.right, tie.left))
    order = {"plain": 0, "good": 0, "warn": 1, "weak": 2, "bad": 2}
    for tie in sorted(drawn.ties, key=lambda tie: order[tie.tone]):
        start, end = spots[tie.left], spots[tie.right]
        x, y = start.x + start.width, start.y + leaving[tie]
        to, there = end.x, end.y + coming[tie]
        bend = (to - x) * 0.5
        yield (
            f'<path class="{tie.style} {tie.tone}" d="M{x:.0f} {y:.1f}C{x + bend:.0f} {y:.1f} '
            f'{to - bend:.0f} {there:.1f} {to:.0f} {there:.1f}"/>'
        )


def _ports(ties: Iterable[Tie], spots: Mapping[str, _Spot], ends: Callable[[Tie], tuple[str, str]]) -> dict[Tie, float]:
    """How far from the middle of its card each tie begins: in the order of where it leads, so that none cross at once."""
    at: dict[str, list[Tie]] = {}
    for tie in ties:
        at.setdefault(ends(tie)[0], []).append(tie)
    found = {}
    for here in at.values():
        here.sort(key=lambda tie: spots[ends(tie)[1]].y)
        step = min(PORT, (CARD - 10) / len(here))
        for place, tie in enumerate(here):
            found[tie] = (place - (len(here) - 1) / 2) * step
    return found


def _card(node: Node, spot: _Spot) -> str:
    top = spot.y - CARD / 2
    sign = SIGNS[node.tone]
    room = spot.width - PADDING - (14 if sign else 0)
    struck = " struck" if node.struck else ""
    marked = (
        f'<text class="sign" x="{spot.x + spot.width - 14:.0f}" y="{spot.y + 4.5:.1f}">{sign}</text>' if sign else ""
    )
    return (
        f'<g class="{node.tone}{struck}"><title>{escape(node.title)}: {escape(node.note)}</title>'
        f'<rect x="{spot.x}" y="{top:.1f}" width="{spot.width}" height="{CARD}" rx="7"/>'
        f'<text class="title" x="{spot.x + 11}" y="{top + 18:.1f}">{escape(_cut(node.title, room / LETTER))}</text>'
        f'<text class="note" x="{spot.x + 11}" y="{top + 33:.1f}">{escape(_cut(node.note, room / NOTE))}</text>'
        f"{marked}</g>"
    )


def _cut(text: str, room: float) -> str:
    return text if len(text) <= room else f"{text[: int(room) - 1]}…"
