"""Durations on the command line, written as in the inventory: 500ms, 30s, 5m, 2h, 60d."""

from __future__ import annotations

import re

import typer

from modelrouter.inventory.fields import DURATION, SECONDS

MINUTE, HOUR, DAY = 60, 3600, 86_400


def seconds(text: str) -> float:
    """Read a duration, more than nothing; typer tells the user what is wrong with it."""
    match = re.fullmatch(DURATION, text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no duration; write 500ms, 30s, 5m, 2h or 60d")
    length = float(match[1]) * SECONDS[match[2]]
    if not length:
        raise typer.BadParameter("a duration must be more than nothing")
    return length


def spoken(length_s: float) -> str:
    """A duration for people, in its two largest units."""
    whole = max(0, round(length_s))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return _paired(whole, MINUTE, "min", 1, "s")
    if whole < DAY:
        return _paired(whole, HOUR, "h", MINUTE, "min")
    return _paired(whole, DAY, "d", HOUR, "h")


def _paired(whole: int, large: int, large_name: str, small: int, small_name: str) -> str:
    rest = whole % large // small
    return f"{whole // large} {large_name}" + (f" {rest} {small_name}" if rest else "")
