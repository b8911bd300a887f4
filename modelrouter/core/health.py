"""The recent failures of a domain, kept only while there are any.

A cause opens its hold when the evidence suffices: so many failures without a success between them,
or so many within ten seconds that are also a large enough share of the calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.causes import PERMITS
from modelrouter.core.holds import Phase

if TYPE_CHECKING:
    from modelrouter.core.causes import Opens
    from modelrouter.core.faults import Fault
    from modelrouter.core.holds import Hold

WINDOW_S = 10.0


class Streak(NamedTuple):
    """Failures of one domain: in a row, and by second within the window."""

    in_a_row: int = 0
    seconds: tuple[tuple[int, int, int], ...] = ()
    """(second, calls, failures), oldest first."""


def failed(streak: Streak, now: float) -> Streak:
    """Count one failed call."""
    return Streak(streak.in_a_row + 1, _counted(streak.seconds, now, failures=1))


def succeeded(streak: Streak, now: float) -> Streak | None:
    """Count one good call; None once no failure of the window is left to remember."""
    seconds = _counted(streak.seconds, now, failures=0)
    return Streak(0, seconds) if any(failures for _, _, failures in seconds) else None


def suffices(streak: Streak, opens: Opens, now: float) -> bool:
    """Whether the failures seen open this hold."""
    if not opens.ratio:
        return streak.in_a_row >= opens.after
    recent = [(calls, failures) for second, calls, failures in streak.seconds if second > now - WINDOW_S]
    calls = sum(calls for calls, _ in recent)
    failures = sum(failures for _, failures in recent)
    return failures >= opens.after and failures >= opens.ratio * calls


def proves(fault: Fault, before: Hold | None, *, adapting: bool) -> bool:
    """Whether one answer is enough to hold: it states a wait or an overload, or comes while the domain returns.

    Where a deployment is known to bear only so much, an overload alone is no reason: fewer calls are the answer.
    """
    if fault.retry_after_s is not None:
        return True
    permits = PERMITS[fault.cause]
    if before is not None and before.phase is not Phase.OPEN:
        return not (permits.crowded and adapting and before.phase is Phase.RAMP)
    return fault.stated and permits.crowded and not adapting


def _counted(
    seconds: tuple[tuple[int, int, int], ...], now: float, *, failures: int
) -> tuple[tuple[int, int, int], ...]:
    this = int(now)
    kept = tuple(entry for entry in seconds if entry[0] > now - WINDOW_S and entry[0] != this)
    last = next((entry for entry in seconds if entry[0] == this), (this, 0, 0))
    return (*kept, (this, last[1] + 1, last[2] + failures))
