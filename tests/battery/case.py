"""What a case is: how the first deployment of a route fails, and what the caller must see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from battery.primary import Primary

Sees = Literal["answer", "error", "cut", "refusal"]
Mode = Literal["whole", "stream"]
Plan = Literal["requests", "leaves", "outage"]
"""requests: one after the other; leaves: the caller goes away; outage: a steady load through an outage and its end."""

FIRST, SECOND, THIRD = "first", "second", "third"


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A healthy deployment behind the first on the route."""

    role: str = SECOND
    shares: Literal["nothing", "account", "family"] = "nothing"
    """What it has in common with the first."""
    context: int = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What must come of it. `cut` means part of an answer and then a typed error, `refusal` an answer that says so."""

    sees: Sees = "answer"
    by: str = SECOND
    """Who serves."""
    cause: str | None = None
    """What the trail says of the first deployment."""
    status: int | None = None
    """Of the error."""
    calls: int = 1
    """At most so many calls of the first deployment, over all requests of the case."""
    spared: tuple[str, ...] = ()
    """Deployments that are not called at all."""
    within_s: float = 2.0
    """Until the first content of the first request, or its error."""
    then_within_s: float = 2.0
    """The same for the requests after it."""
    verbatim: str | None = None
    """These words of the provider reach the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to fail."""

    name: str
    how: str
    """What the first deployment does, for people."""
    primary: Primary
    expect: Expect
    group: str = ""
    vendor: str = "openai"
    modes: tuple[Mode, ...] = ("whole", "stream")
    """Repeats take turns."""
    requests: int = 4
    others: tuple[Other, ...] = (Other(),)
    process: Mapping[str, Any] = field(default_factory=dict)
    """More of the process, as in the inventory."""
    slow: bool = False
    """Mostly waits: runs beside the others, and in the quick part with patience shortened."""
    shortened: Mapping[str, str] = field(default_factory=lambda: {"first_token": "1s", "deadline": "8s"})
    """Objectives of a slow case in the quick part."""
    plan: Plan = "requests"
    most: int = 20
    """At most so many repeats."""
    quick: bool = True
