"""What differs from an earlier report of the same drill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.drills.report import document
from modelrouter.drills.report.duration import duration
from modelrouter.drills.verdict import ALIVE, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.drills.report.findings import Findings
    from modelrouter.drills.verdict import Judgement

__all__ = ["compared", "usable"]

TWICE = 2.0
MORE_S = 0.5
"""Less than this is the machine's mood."""
RANKS: Mapping[str, int] = {Verdict.SURVIVED: 0, Verdict.DEGRADED: 1}
"""Every other verdict is worse than these two, and none of them better than another."""
FAILED = 2


def usable(told: object) -> bool:
    """Whether something read from a file is a report that can be compared with."""
    if not isinstance(told, dict) or not isinstance(told.get("scenarios"), list):
        return False
    try:
        _verdicts(told)
    except (KeyError, TypeError):
        return False
    return isinstance(told.get("began"), str) and isinstance(told.get("inventory"), dict)


def compared(earlier: Mapping[str, Any], found: Findings) -> document.Compared:
    """Set them side by side; a pair of scenario and process that one of them lacks is named, never guessed."""
    old = _verdicts(earlier)
    new = {(each.scenario, each.process): each for each in found.all}
    both = [pair for pair in new if pair in old]
    return document.Compared(
        began=str(earlier["began"]),
        same_inventory=earlier["inventory"].get("fingerprint") == found.origin.fingerprint,
        changes=[
            document.Change(
                scenario=pair[0],
                process=pair[1],
                was=str(old[pair]["verdict"]),
                now=str(new[pair].verdict),
                worse=_rank(new[pair].verdict) > _rank(old[pair]["verdict"]),
            )
            for pair in both
            if old[pair]["verdict"] != new[pair].verdict
        ],
        appeared=[" / ".join(pair) for pair in new if pair not in old],
        gone=[" / ".join(pair) for pair in old if pair not in new],
        slower=[said for pair in both if (said := _slower(old[pair], new[pair]))],
    )


def _verdicts(told: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (scenario["id"], each["process"]): {"verdict": each["verdict"], "failover_s": each.get("failover_s")}
        for scenario in told["scenarios"]
        for each in scenario["processes"]
    }


def _rank(verdict: str) -> int:
    return RANKS.get(verdict, FAILED)


def _slower(old: Mapping[str, Any], new: Judgement) -> str | None:
    was, now = old["failover_s"], new.failover_s
    if not isinstance(was, int | float) or now is None or now < TWICE * was or now < was + MORE_S:
        return None
    alive = "" if new.verdict in ALIVE else f", {new.verdict}"
    return f"{new.scenario}: {new.process} took {duration(now)} to fail over, {duration(was)} before{alive}"
