"""A request as it arrived, and what will be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.asked import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment
    from modelrouter.drills.twins.effects import Effect
    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.injection import Injection
    from modelrouter.drills.twins.limits import Gate
    from modelrouter.drills.twins.paths import Place
    from modelrouter.drills.twins.reply import Reply
    from modelrouter.drills.twins.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a twin writes. Seconds."""

    first_token_s: float = 0.02
    token_gap_s: float = 0.002
    tokens: int = 16
    """The length of an answer that is text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, read as far as every wire has it."""

    number: int
    at: float
    """Seconds of the twin's clock."""
    place: Place
    headers: Mapping[str, str] = field(repr=False)
    key: str | None = field(repr=False)
    body: dict[str, Any] | None
    """None where it is no JSON object."""

    @property
    def model(self) -> str:
        """The model as sent: in the path where the wire puts it there, else in the body."""
        return self.place.model or str((self.body or {}).get("model") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be sent. A reply, a failure, other bytes (a listing), or, with an effect alone, none of them."""

    effect: Effect | None = None
    injection: Injection | None = None
    deployment: Deployment | None = None
    gate: Gate | None = None
    """To be left when the call is over."""
    wire: Wire
    asked: Asked = field(default_factory=Asked)
    reply: Reply | None = None
    failure: Failure | None = None
    error: Failure | None = None
    """The error that a stream will carry."""
    listing: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far an answer has come; written while it is sent."""

    status: int | None = None
    first_at: float | None = None
    done_at: float | None = None
    tokens_out: int = 0
    whole: bool = False
    noted: bool = False
    """The call is over and in the log."""
