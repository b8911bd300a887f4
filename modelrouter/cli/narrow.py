"""Tables where there is little room: what matters most in a column that is never cut, the rest folded beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

__all__ = ["fits", "stacked"]

ENDLESS = 100_000
"""Columns of a terminal on which everything fits."""


def fits(table: Table, console: Console) -> bool:
    """Whether a table can be shown without cutting or folding anything."""
    options = console.options.update(width=ENDLESS)
    return console.measure(table, options=options).maximum <= console.width


def stacked(rows: Iterable[tuple[Text, ...]]) -> Table:
    """Rows of several short cells that stay whole, and of a last one of any number of lines, which is folded."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for place, row in enumerate(rows):
        if not place:
            for _ in row[:-1]:
                table.add_column(no_wrap=True)
            table.add_column(overflow="fold")
        table.add_row(*row)
    return table
