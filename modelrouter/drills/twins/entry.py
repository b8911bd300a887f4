"""One line of a twin's log: what really arrived, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelrouter.drills.twins.effects import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request, written when it is over. Times are seconds of the twin's clock."""

    at: float
    """When it had arrived."""
    provider: str
    deployment: str | None
    """Its id; None where key, model and path fit none of the twin's."""
    model: str
    """As sent; empty for a listing."""
    key_tail: str
    """The account whose key was sent (`anthropic/main`), `?` for an unknown key, empty for none."""
    marker: str | None
    """What stood between `[[` and `]]` in the last user message."""
    effect: Effect | None
    """What was done to it; None when served."""
    injected: bool
    """The effect was told to happen, rather than being the request's own fault or a limit of the deployment."""
    probe: bool
    """A free listing, not a call."""
    stream: bool
    status: int | None
    """None where no answer began."""
    first_at: float | None
    """When the first content left; None for errors."""
    done_at: float | None
    """When the answer was complete; None when the caller went away or the answer was cut."""
    tokens_out: int
    """Tokens that left, finished or not."""
    whole: bool
    """The answer left this server completely."""
