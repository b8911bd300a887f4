"""What a request brings besides its body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who asks, for which process, under which circumstances; None leaves it to the inventory."""

    process: str | None = None
    """Overrides the process that the `model` of the body names."""
    data_class: str | None = None
    country: str | None = None
    """Of the end user, ISO 3166."""
    deadline_s: float | None = None
    """To the first content, over all attempts; the process's own deadline still bounds it."""
    principal: str | None = None
    """The authenticated caller."""
