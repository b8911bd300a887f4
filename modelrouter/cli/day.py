"""The day on which dates are judged: today, or another for whoever looks ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

__all__ = ["Today", "day_of", "read_day"]


def read_day(text: str) -> date:
    """Read YYYY-MM-DD; typer tells the user what is wrong with it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write 2026-12-31") from None


Today = Annotated[
    date | None,
    typer.Option("--today", metavar="DATE", help="Judge dates as on this day: 2026-12-31.", parser=read_day),
]


def day_of(given: date | None) -> date:
    """The day that was given, else today where this machine stands."""
    return given or datetime.now(UTC).astimezone().date()
