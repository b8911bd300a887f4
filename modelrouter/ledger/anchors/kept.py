"""What places answer."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Kept"]


class Kept(NamedTuple):
    """A place took a checkpoint."""

    outcome: str
    """`kept` in a file, `cosigned` by a witness, `sent` where nobody answers."""
    detail: str | None = None
    """A witness's signatures, line by line."""
