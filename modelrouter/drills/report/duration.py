"""Seconds as people read them."""

from __future__ import annotations

__all__ = ["duration"]

NONE = "\N{EN DASH}"
FINE = 0.0995
"""Below it milliseconds say more."""


def duration(seconds: float | None) -> str:
    """`3 ms`, `0.18 s`, a dash where there is none."""
    if seconds is None:
        return NONE
    return f"{seconds * 1000:.0f} ms" if seconds < FINE else f"{seconds:.2f} s"
