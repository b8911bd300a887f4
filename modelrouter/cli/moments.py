"""Moments on the command line: a day, a time, or how long ago; and times of entries for people."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from modelrouter.cli.duration import seconds
from modelrouter.inventory.fields import DURATION

__all__ = ["Since", "Until", "local", "moment"]


def moment(text: str) -> str:
    """Read a moment, and answer it as ledgers write times; typer tells the user what is wrong with it.

    Where no zone is given it is that of this machine.
    """
    if re.fullmatch(DURATION, text):
        return _written(datetime.fromtimestamp(time.time(), UTC) - timedelta(seconds=seconds(text)))
    try:
        found = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is no moment; write 2026-11-23, 2026-11-23T19:05, 2026-11-23T19:05:00Z, or 2h for two hours ago"
        ) from None
    return _written(found)


def _written(found: datetime) -> str:
    return f"{found:%Y-%m-%dT%H:%M:%S.%f}Z"


def local(written: str) -> str:
    """A ledger's time where this machine stands, to the second; as it is, where it is none."""
    try:
        return f"{datetime.fromisoformat(written).astimezone():%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return written


Since = Annotated[
    str | None,
    typer.Option("--since", metavar="WHEN", help="Not before: 2026-11-23, 2026-11-23T19:05, or 2h ago.", parser=moment),
]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Before this moment.", parser=moment)]
