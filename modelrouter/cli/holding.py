"""A hold as people and programs read it: since when, why, how it ends, whom it affects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.cli.duration import DAY, spoken
from modelrouter.cli.forecast import forecast
from modelrouter.cli.printable import printable
from modelrouter.core.causes import Ending
from modelrouter.core.domains import domains_of
from modelrouter.core.holds import Phase
from modelrouter.runtime.clock import SystemClock

if TYPE_CHECKING:
    from modelrouter.core.holds import Hold
    from modelrouter.router import Router

CLOCK = SystemClock()
ON_RELEASE = "when a free probe passes and one call tries it, or released"


class Holding(NamedTuple):
    """A hold, and what is lost with its domain."""

    hold: Hold
    deployments: tuple[str, ...]
    processes: tuple[str, ...]
    """Those that might be served by one of these deployments, by name."""
    stopped: tuple[str, ...]
    """Those of them that nothing would serve now."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; times are ISO 8601 in UTC."""
        return {
            **hold_fields(self.hold),
            "deployments": list(self.deployments),
            "processes": list(self.processes),
            "stopped": list(self.stopped),
        }


def holdings(router: Router) -> tuple[Holding, ...]:
    """Every hold that stands now, with whom it affects."""
    return tuple(affected(router, hold) for hold in router.holds())


def affected(router: Router, hold: Hold) -> Holding:
    """Whom a hold affects."""
    inventory = router.inventory
    lost = [name for name, deployment in inventory.deployments.items() if hold.domain in domains_of(deployment)]
    explained = {name: router.explain(name) for name in inventory.processes}
    hit = [
        name
        for name, explanation in explained.items()
        if any(deployment.id in lost for deployment in explanation.candidates.permitted)
    ]
    stopped = [name for name in hit if forecast(explained[name], CLOCK.now(), here=False).deployment is None]
    return Holding(hold, tuple(lost), tuple(hit), tuple(stopped))


def hold_fields(hold: Hold) -> dict[str, Any]:
    """A hold as plain values."""
    return {
        "domain": str(hold.domain),
        "cause": str(cause_of(hold)),
        "phase": str(hold.phase),
        "since": _iso(hold.since),
        "until": None if hold.until is None else _iso(hold.until),
        "ending": str(hold.ending),
        "ends": ends(hold),
        "stated": hold.stated,
        "reason": hold.reason,
        "rule": hold.rule,
    }


def cause_of(hold: Hold) -> str:
    """The cause; `operator` where a person holds the domain."""
    return "operator" if hold.cause is None else str(hold.cause)


def because(hold: Hold) -> str:
    """Why: the reason that was given or seen, and the rule that read it."""
    reason = printable(hold.reason).strip() or "no reason was given"
    return f"{reason} ({hold.rule})" if hold.rule else reason


def ends(hold: Hold) -> str:
    """How a hold ends, in words."""
    if hold.phase is Phase.RAMP:
        return "a growing share of calls goes through" + (f", all {clock_time(hold.until)}" if hold.until else "")
    if hold.phase is Phase.TRIAL:
        return "the next call tries it" if hold.trial_since is None else "one call is trying it"
    if hold.ending is Ending.RELEASE or hold.due is None:
        return "when released" if hold.by_operator else ON_RELEASE
    if hold.ending is Ending.TIME:
        return clock_time(hold.due)
    return f"one call tries it {clock_time(hold.due)}" if hold.due > CLOCK.now() else "the next call tries it"


def clock_time(moment: float) -> str:
    """A monotonic moment as a local time, and how far away it is."""
    away = moment - CLOCK.now()
    then = _wall(moment).astimezone()
    day = "" if abs(away) < DAY else f"{then:%Y-%m-%d} "
    return f"at {day}{then:%H:%M:%S}" + (f" (in {spoken(away)})" if away >= 0 else f" ({spoken(-away)} ago)")


def _wall(moment: float) -> datetime:
    return datetime.fromtimestamp(CLOCK.wall() + moment - CLOCK.now(), UTC)


def _iso(moment: float) -> str:
    return _wall(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")
