"""What was seen of a failure, and what it was found to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.causes import Cause, Scope

Surface = Literal["http", "stream", "exception"]
"""Where it was seen: an HTTP answer (a 200 included), an event inside a stream, an exception's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was seen, untouched: the input of `classify`.

    `vendor` names the error dialect (`openai`, `anthropic`, `azure`, …; anything else is generic).
    `status` is None where no answer came. Header names are lower case. `body` is the text of the
    answer, of the event, or of the exception. `provider` is the id of the provider in the inventory and
    `asked` the model that was asked for; both are empty where nobody said.
    """

    vendor: str
    surface: Surface = "http"
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    provider: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What went wrong, how far it reaches, and why we think so."""

    cause: Cause
    scope: Scope
    retry_after_s: float | None = None
    """How long the provider asks us to stay away; None where it does not say, or cannot mean it."""
    certainty: float = 1.0
    """1 where structure says it, less where text suggests it, least where only the status is left."""
    rule: str = ""
    """The rule that decided, `openai.unsupported_country`."""
    evidence: str = ""
    """The words that matched, at most 300 characters, secrets masked."""
    stated: bool = False
    """The provider named the cause in so many words; one such answer is evidence enough."""
