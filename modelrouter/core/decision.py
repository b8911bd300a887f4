"""What was decided for one request: who was asked, who was not and why, and who answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from modelrouter.core.candidates import Exclusion
    from modelrouter.core.faults import Fault

LONGEST_HEADER = 1000
"""Characters of what callers and providers named themselves; the decision itself has all of it."""
OWN_WORDS = frozenset({"runtime.no_key", "runtime.other_model"})
"""Rules whose evidence is our own advice rather than a provider's text."""
Outcome = Literal["served", "failed", "interrupted"]
"""`interrupted`: the caller went away, or the process ended, before there was an answer or a failure."""


class Attempt(NamedTuple):
    """One call to one deployment, or the refusal to make it."""

    deployment: str
    at_s: float
    """Since the request began."""
    took_s: float
    status: int | None
    fault: Fault | None
    held: str | None = None
    """The domain whose hold kept the call from being made; the attempt then cost nothing."""
    losses: tuple[str, ...] = ()
    """What rendering for this deployment's wire could not carry."""
    held_for: str = ""
    """The cause of that hold."""
    outrun: bool = False
    """Another call of the same request answered first."""
    sent: bool = True
    """False where the request could not be put into the deployment's wire."""
    model: str = ""
    """What the provider says answered, where that is not the deployment's own `name` for the model."""
    cut: bool = False
    """Its stream broke off after the caller had seen content."""

    def __str__(self) -> str:
        if self.held_for == "capacity":
            return f"{self.deployment}: not called, it carries all it can"
        if self.outrun:
            return f"{self.deployment}: silent for {self.took_s:.2f} s when another answered"
        if self.held:
            return f"{self.deployment}: not called, {self.held} is held{f' ({self.held_for})' if self.held_for else ''}"
        if not self.sent and self.fault is not None:
            return f"{self.deployment}: not called, {self.fault.evidence}"
        if self.fault is None:
            called = f" as {self.model}" if self.model else ""
            return f"{self.deployment}: answered{called} after {self.took_s:.2f} s"
        told = f": {self.fault.evidence}" if self.fault.rule in OWN_WORDS else ""
        after = "its first content" if self.cut else f"{self.took_s:.2f} s"
        return f"{self.deployment}: {self.fault.cause} ({self.fault.scope}) after {after}{told}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The record of one request, complete once it is answered or given up."""

    id: str
    process: str
    asked: str
    """The name the caller used."""
    outcome: Outcome
    served_by: str | None
    trail: tuple[Attempt, ...]
    excluded: tuple[Exclusion, ...]
    took_s: float
    """To the first content, or to the failure."""

    def __str__(self) -> str:
        head = f"{self.process} was served by {self.served_by}" if self.served_by else f"{self.process} was not served"
        head += f" as {self.model}" if self.model else ""
        tried = [str(attempt) for attempt in self.trail if attempt.deployment != self.served_by or attempt.fault]
        left_out = [f"{deployment.id}: excluded by {rule} ({why})" for deployment, rule, why in self.excluded]
        return "; ".join([head, *tried, *left_out])

    @property
    def model(self) -> str:
        """What the provider says answered, where that is not the deployment's own name for the model; else empty."""
        for attempt in self.trail:
            if attempt.model and attempt.deployment == self.served_by and attempt.fault is None:
                return attempt.model
        return ""

    @property
    def calls(self) -> int:
        """How many calls were really made."""
        return len([attempt for attempt in self.trail if attempt.held is None and attempt.sent])

    def headers(self) -> dict[str, str]:
        """What the caller is told with the answer, as `x-modelrouter-*` headers."""
        told = {
            "x-modelrouter-request": self.id,
            "x-modelrouter-process": self.process,
            "x-modelrouter-attempts": str(self.calls),
        }
        if self.served_by:
            told["x-modelrouter-deployment"] = self.served_by
        if model := self.model:
            told["x-modelrouter-model"] = _header(model)
        if len(self.trail) > 1 or not self.served_by:
            told["x-modelrouter-trail"] = "; ".join(map(_brief, self.trail))
        if losses := [
            loss for attempt in self.trail if attempt.deployment == self.served_by for loss in attempt.losses
        ]:
            told["x-modelrouter-losses"] = _header(", ".join(losses))
        return told

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; attempts and exclusions in order."""
        return {
            "id": self.id,
            "process": self.process,
            "asked": self.asked,
            "outcome": self.outcome,
            "served_by": self.served_by,
            "took_s": round(self.took_s, 4),
            "trail": [
                {
                    "deployment": attempt.deployment,
                    "at_s": round(attempt.at_s, 4),
                    "took_s": round(attempt.took_s, 4),
                    "status": attempt.status,
                    "cause": attempt.fault and str(attempt.fault.cause),
                    "scope": attempt.fault and str(attempt.fault.scope),
                    "rule": attempt.fault and attempt.fault.rule,
                    "held": attempt.held,
                    "outrun": attempt.outrun,
                    "cut": attempt.cut,
                    "losses": list(attempt.losses),
                    "model": attempt.model,
                }
                for attempt in self.trail
            ],
            "excluded": [
                {"deployment": deployment.id, "rule": rule, "why": why} for deployment, rule, why in self.excluded
            ],
        }


def _header(text: str) -> str:
    """Words of others as they may stand in a header: in one line, and not without end."""
    plain = text if text.isprintable() else ascii(text)[1:-1]
    return plain if len(plain) <= LONGEST_HEADER else f"{plain[: LONGEST_HEADER - 3]}..."


def _brief(attempt: Attempt) -> str:
    if attempt.held_for == "capacity":
        return f"{attempt.deployment}=full"
    if attempt.held:
        return f"{attempt.deployment}=held({attempt.held})"
    if attempt.outrun:
        return f"{attempt.deployment}=outrun"
    return f"{attempt.deployment}={attempt.fault.cause if attempt.fault else 'served'}"
