"""What a reload of the inventory came to, on one screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from modelrouter.cli.printable import printable
from modelrouter.errors import InventoryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from modelrouter.inventory.diff import Edit
    from modelrouter.router import Reloaded

__all__ = ["drawn", "show_reload"]

MOST = 30
"""Lines of differences: a screen, with room for what stands around them."""

_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def show_reload(console: Console, outcome: Reloaded | InventoryError) -> None:
    """Say what changed, or why nothing did."""
    if isinstance(outcome, InventoryError):
        first, *more = outcome.problems
        console.print(Text.assemble(("error: ", "bold red"), printable(str(first))), soft_wrap=True)
        others = f" and {len(more)} more" if more else ""
        why = f"inventory not reloaded: this problem{others}; the old one stays in force, `modelrouter check` shows all"
        console.print(Text(why, "bold"), soft_wrap=True)
        return
    name = Path(outcome.after.path).name
    if not outcome.edits:
        console.print(Text(f"{name} read again: nothing changed", "dim"), soft_wrap=True)
        return
    count = "1 change" if len(outcome.edits) == 1 else f"{len(outcome.edits)} changes"
    console.print(Text(f"{name} reloaded: {count}", "bold"), soft_wrap=True)
    for line in drawn(outcome.edits):
        console.print(line, soft_wrap=True)
    for hold in outcome.ended:
        console.print(Text(f"  hold of {printable(str(hold.domain))} ended with it", "dim"), soft_wrap=True)


def drawn(edits: Sequence[Edit], most: int = MOST) -> list[Text]:
    """One line for each difference, at most so many."""
    lines = []
    for edit in edits[:most]:
        mark, colour = _MARKS[edit.kind]
        lines.append(Text.assemble((f"  {mark} ", colour), printable(str(edit))))
    if len(edits) > most:
        lines.append(Text(f"  … and {len(edits) - most} more", "dim"))
    return lines
