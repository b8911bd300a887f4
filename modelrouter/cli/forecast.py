"""What would be called first, found with the machine that decides it for real requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.causes import Cause, Ending, Scope
from modelrouter.core.faults import Fault
from modelrouter.core.holds import Admission, Phase, admission
from modelrouter.core.request import Begun, Call, Failed, Refused, Request, Wait
from modelrouter.inventory.secrets import names_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Deployment
    from modelrouter.router import Explanation

TYPICAL = 0.5
"""The chance of a call that is typical: while a hold ramps up, most calls still go elsewhere."""
KEYLESS = Fault(cause=Cause.AUTH, scope=Scope.KEY)


class Forecast(NamedTuple):
    """The first deployment that would be called now."""

    deployment: str | None
    note: str = ""
    """What is unusual about that; why there is none."""


def forecast(explanation: Explanation, now: float, *, here: bool = True) -> Forecast:
    """Let a request go its way without sending it; `now` is monotonic.

    `here`: by this process, which may lack a key; else by one that has them all.
    """
    process, permitted, _ = explanation.candidates
    if not permitted:
        return Forecast(None, "no deployment of the route is permitted")
    request = Request(process, permitted, now + process.objectives.deadline_s)
    command = request.told(Begun(), now)
    while isinstance(command, Call):
        holds = explanation.holds[command.deployment.id]
        barring = [hold for hold in holds if _bars(hold, now) and not (command.waive and hold.waivable)]
        if here and missing_key(command.deployment):
            command = request.told(Failed(command.index, KEYLESS), now)
        elif barring:
            waivable = all(hold.waivable for hold in barring)
            command = request.told(Refused(command.index, _free_at(barring), waivable), now)
        else:
            return Forecast(command.deployment.id, _note(holds, waived=command.waive))
    if isinstance(command, Wait):
        return Forecast(None, "a request would wait for a hold to end, within its deadline")
    return Forecast(None, "every permitted deployment is held or without its key")


def missing_key(deployment: Deployment) -> str | None:
    """The environment variable that should hold the key and is not set here."""
    kind, _, name = ((deployment.account and deployment.account.key) or "").partition(":")
    return name if kind == "env" and not names_set([name]) else None


def _bars(hold: Hold, now: float) -> bool:
    return admission(hold, now, TYPICAL) is Admission.NO


def _free_at(holds: Sequence[Hold]) -> float | None:
    """When the last of them ends by itself, as the state tells a refused request; None where it does not."""
    last = max(holds, key=lambda hold: (not hold.waivable, hold.due is None, hold.due or 0.0))
    return last.due if last.ending is not Ending.RELEASE and last.phase is Phase.OPEN else None


def _note(holds: Sequence[Hold], *, waived: bool) -> str:
    if waived:
        return "its hold was only inferred, and nothing else is left"
    return "as the one call that tries whether it is back" if holds else ""
