"""Availability by a contract's own definition.

A call is answered, failed, or left out (`ending`):

    failed     its cause is one that the contract counts
    left out   its cause is one that it excludes (unless it says otherwise: any that does not count), or it was outrun,
               or it began in announced maintenance
    answered   all others

Over a window, or the part of it that has passed:

    requests   answered / (answered + failed)
    minutes    1 - down / minutes, where `minutes` are those of the window without maintenance, and a minute is down where
               answered + failed ≥ `least_requests` and failed / (answered + failed) ≥ `failing`, `consecutive` of them on end
    intervals  1 - the mean of failed / (answered + failed) of all intervals that are not maintained from end to end

A minute or interval without a call counts as available, as contracts have it; how many there are is told beside
(`unmeasured`), and without any call at all nothing is measured. Calls that a hold kept away were not made, and count for
nothing; what they would have made of it, had they failed like the call before, is told beside as well (`felt`).
"""

from __future__ import annotations

from collections import Counter
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.windows import Minutes, maintained, spanned
from modelrouter.governance.contracts.record import ANSWERED, OUTRUN, cause_of_hold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelrouter.core.contracts import Credit, ServiceLevel
    from modelrouter.governance.contracts.record import Record

__all__ = ["Counts", "Level", "Minute", "Outage", "credit_due", "ending", "gathered", "measure", "timeline"]

MINUTE_S = 60
BEYOND = 7 * 1440
"""Minutes beyond a stretch that are looked at for what is down on end."""


class Counts(NamedTuple):
    """How calls ended, as one contract counts them."""

    answered: int = 0
    failed: int = 0
    left_out: int = 0
    kept_away: int = 0
    """Not made, because of a hold whose cause counts."""

    @property
    def valid(self) -> int:
        """Those that the contract asks about."""
        return self.answered + self.failed

    @classmethod
    def total(cls, all_: Iterable[Counts]) -> Counts:
        """The sum."""
        columns = list(zip(*all_, strict=True))
        return cls(*map(sum, columns)) if columns else cls()


class Minute(NamedTuple):
    """One minute, as one contract sees it."""

    minute: int
    counts: Counts
    maintained: bool
    down: bool


class Outage(NamedTuple):
    """A stretch in which calls failed, whatever for, and as far as is known none was answered."""

    minutes: Minutes
    causes: Mapping[str, int]
    """How many calls failed for which cause."""
    failed: int
    """Calls that count."""
    calls: int
    """Calls that were made, those left out among them."""
    down: int
    """Minutes of it that are down by the contract."""
    maintenance: int
    """Minutes of it that were announced."""


class Level(NamedTuple):
    """What was measured over a stretch."""

    counts: Counts
    minutes: int
    """Those that the contract asks about."""
    maintenance: int
    """Those that it leaves out."""
    unmeasured: int
    """Of `minutes`, those in which no call was made that it asks about."""
    down: int
    availability: float | None
    felt: float | None
    """The same, had the calls that were kept away failed."""
    maintained: int
    """Calls in announced maintenance."""
    outages: tuple[Outage, ...] = ()


def ending(sla: ServiceLevel, how: str) -> str:
    """What a call counts as: `answered`, `failed`, `left_out`, `kept_away`, or empty where it counts for nothing."""
    held = cause_of_hold(how)
    if held is not None:
        return "kept_away" if held in sla.counts else ""
    if how == ANSWERED:
        return "answered"
    if how in sla.counts:
        return "failed"
    excluded = sla.excludes is None or how in sla.excludes or how == OUTRUN
    return "left_out" if excluded else "answered"


def gathered(record: Record, deployments: Iterable[str]) -> dict[int, Counter[str]]:
    """What several deployments did, together, minute by minute."""
    together: dict[int, Counter[str]] = {}
    for name in deployments:
        for minute, endings in record.minutes.get(name, {}).items():
            together.setdefault(minute, Counter()).update(endings)
    return together


def timeline(sla: ServiceLevel, calls: Mapping[int, Counter[str]], stretch: Minutes) -> tuple[Minute, ...]:
    """The minutes of a stretch in which anything was seen, in order.

    `calls` may reach beyond it: what is `consecutive` may begin before, up to a week.
    """
    reach = Minutes(stretch.first - BEYOND, stretch.end + BEYOND)
    closed = _closed(sla, reach)
    counted = {minute: _counts(sla, calls[minute]) for minute in sorted(calls) if minute in reach}
    down = _down(sla, {minute: each for minute, each in counted.items() if minute not in closed})
    return tuple(
        Minute(minute, each, minute in closed, minute in down) for minute, each in counted.items() if minute in stretch
    )


def measure(sla: ServiceLevel, calls: Mapping[int, Counter[str]], stretch: Minutes) -> Level:
    """Count a stretch as the contract does. `calls` may reach beyond it, as for `timeline`."""
    closed = _closed(sla, stretch)
    seen = timeline(sla, calls, stretch)
    within = {each.minute: each.counts for each in seen if not each.maintained}
    down = {each.minute for each in seen if each.down}
    minutes = stretch.length - len(closed)
    return Level(
        counts=Counts.total(within.values()),
        minutes=minutes,
        maintenance=len(closed),
        unmeasured=minutes - sum(each.valid > 0 for each in within.values()),
        down=len(down),
        availability=_availability(sla, within, len(down), stretch, closed),
        felt=_felt(sla, calls, stretch, closed),
        maintained=sum(sum(_made(calls[each.minute]).values()) for each in seen if each.maintained),
        outages=tuple(_outages(sla, calls, stretch, closed, down)),
    )


def _felt(
    sla: ServiceLevel, calls: Mapping[int, Counter[str]], stretch: Minutes, closed: frozenset[int]
) -> float | None:
    """The availability, had every call that was kept away been made and failed for the cause of its hold."""
    worst: dict[int, Counter[str]] = {}
    for minute, endings in calls.items():
        worst[minute] = Counter()
        for how, times in endings.items():
            held = cause_of_hold(how)
            # What was held by a person, or for what does not count, would have said nothing.
            worst[minute][how if held is None else held if held in sla.counts else OUTRUN] += times
    seen = timeline(sla, worst, stretch)
    within = {each.minute: each.counts for each in seen if not each.maintained}
    return _availability(sla, within, sum(each.down for each in seen), stretch, closed)


def _closed(sla: ServiceLevel, stretch: Minutes) -> frozenset[int]:
    return spanned(maintained(sla.maintenance, stretch))


def credit_due(sla: ServiceLevel, availability: float | None) -> Credit | None:
    """The largest credit that an availability earns; None where it earns none or is not known."""
    if availability is None:
        return None
    due = [each for each in sla.credits if availability < each.below]
    return max(due, key=lambda each: each.credit) if due else None


def _counts(sla: ServiceLevel, endings: Mapping[str, int]) -> Counts:
    sums: Counter[str] = Counter()
    for how, times in endings.items():
        sums[ending(sla, how)] += times
    return Counts(*(sums[each] for each in Counts._fields))


def _down(sla: ServiceLevel, counted: Mapping[int, Counts]) -> set[int]:
    """The minutes that are down, those that are too few on end left out."""
    down = {
        minute
        for minute, each in counted.items()
        if each.failed and each.valid >= sla.least_requests and each.failed / each.valid >= sla.failing
    }
    if sla.consecutive == 1:
        return down
    kept: set[int] = set()
    for first in sorted(minute for minute in down if minute - 1 not in down):
        last = first
        while last + 1 in down:
            last += 1
        if last - first + 1 >= sla.consecutive:
            kept.update(range(first, last + 1))
    return kept


def _availability(
    sla: ServiceLevel, within: Mapping[int, Counts], down: int, stretch: Minutes, closed: frozenset[int]
) -> float | None:
    """One division of whole numbers, so that 999 of 1000 is 99.9%, and not a hair less."""
    total = Counts.total(within.values())
    minutes = stretch.length - len(closed)
    if not total.valid or not minutes:
        return None
    match sla.measured:
        case "requests":
            return total.answered / total.valid
        case "minutes":
            return (minutes - down) / minutes
        case "intervals":
            rates, intervals = _rates(sla, within, stretch, closed)
            return (intervals - fsum(rates)) / intervals


def _rates(
    sla: ServiceLevel, within: Mapping[int, Counts], stretch: Minutes, closed: frozenset[int]
) -> tuple[list[float], int]:
    """The failure rates of the intervals that have calls, and how many intervals there are."""
    length = int(sla.interval_s // MINUTE_S)
    sums: dict[int, Counts] = {}
    for minute, each in within.items():
        sums[minute // length] = Counts.total((sums.get(minute // length, Counts()), each))
    intervals = len({minute // length for minute in range(stretch.first, stretch.end) if minute not in closed})
    return [each.failed / each.valid for each in sums.values() if each.valid], intervals


def _made(endings: Mapping[str, int]) -> dict[str, int]:
    """Calls that were really made and ended by themselves."""
    return {how: times for how, times in endings.items() if times and how != OUTRUN and cause_of_hold(how) is None}


def _outages(
    sla: ServiceLevel,
    calls: Mapping[int, Counter[str]],
    stretch: Minutes,
    closed: frozenset[int],
    down: set[int],
) -> list[Outage]:
    """From a minute that failed as one must to be down, whatever for, to the last such before one that did not.

    Minutes without a call do not end an outage: nothing was answered in them.
    """
    found: list[Outage] = []
    run: list[int] = []
    for minute in sorted(minute for minute in calls if minute in stretch):
        made = _made(calls[minute])
        failed = sum(times for how, times in made.items() if how != ANSWERED)
        if failed and failed / sum(made.values()) >= sla.failing:
            run.append(minute)
        elif made and run:
            found.append(_outage(sla, calls, run, closed, down))
            run = []
    if run:
        found.append(_outage(sla, calls, run, closed, down))
    return found


def _outage(
    sla: ServiceLevel, calls: Mapping[int, Counter[str]], run: list[int], closed: frozenset[int], down: set[int]
) -> Outage:
    causes: Counter[str] = Counter()
    made = 0
    for minute in run:
        endings = _made(calls[minute])
        made += sum(endings.values())
        causes.update({how: times for how, times in endings.items() if how != ANSWERED})
    span = Minutes(run[0], run[-1] + 1)
    counting = [minute for minute in run if minute not in closed]
    return Outage(
        minutes=span,
        causes=dict(sorted(causes.items())),
        failed=sum(_counts(sla, calls[minute]).failed for minute in counting),
        calls=made,
        down=sum(minute in down for minute in range(span.first, span.end)),
        maintenance=sum(minute in closed for minute in range(span.first, span.end)),
    )
