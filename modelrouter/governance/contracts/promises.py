"""Each promise of a contract beside what was recorded, with a verdict; credits that are due; and what a credit is not.

A verdict is `kept` or `broken` where a whole window was judged, `open` while it still runs, `unknown` where nothing was
recorded, and `stated` where nothing can be measured or nobody promised.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from modelrouter.core.windows import Minutes, Window, day_of, window_of
from modelrouter.governance.contracts.cutoffs import CutOff, cut_offs
from modelrouter.governance.contracts.measure import Level, credit_due, gathered, measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from modelrouter.core.contracts import Contract
    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.governance.contracts.record import Record

__all__ = ["Allowance", "Due", "Judged", "Measured", "Promise", "Verdict", "covered", "judge", "percent"]

Verdict = Literal["kept", "broken", "open", "unknown", "stated"]
NOT_SAID = "not said"
"""What is promised where the inventory is silent."""
NOTHING, NONE = "no call recorded", "none"
MINUTE_S = 60
DAY_S = 86_400


class Promise(NamedTuple):
    """One promise."""

    name: str
    about: str
    """A region or a deployment; empty where it is about the whole contract."""
    promised: str
    measured: str
    verdict: Verdict

    @property
    def is_silent(self) -> bool:
        """Nobody has said anything of it, and nothing was seen."""
        return self.promised == NOT_SAID and self.verdict == "stated" and self.measured in ("", NONE, NOTHING)


class Measured(NamedTuple):
    """The availability of what one promise is about."""

    about: str
    deployments: tuple[str, ...]
    level: Level


class Due(NamedTuple):
    """A credit that can be claimed."""

    about: str
    availability: float
    below: float
    credit: float
    amount: float | None
    """In the contract's currency; None where the fee of what it is about is not known."""
    until: date | None
    """The last day to claim it."""


class Allowance(NamedTuple):
    """What a promise of availability allows, beside what a process can bear."""

    process: str
    rto_s: float
    allowed_s: float | None
    """How long the service may be away in the window without breaking the promise; None where nothing is promised."""
    worst_s: float
    """The longest outage that was recorded of the contract's deployments together."""
    lost: int
    """Requests of the process that nobody served in the window, whoever was to blame."""


class Judged(NamedTuple):
    """A contract in one of its windows."""

    contract: Contract
    deployments: tuple[Deployment, ...]
    window: Window
    passed: Minutes
    """The part of the window that is over."""
    recorded: bool
    """Whether any call to it was recorded in the window."""
    measured: tuple[Measured, ...]
    promises: tuple[Promise, ...]
    dues: tuple[Due, ...]
    allowances: tuple[Allowance, ...]
    cut_offs: tuple[CutOff, ...]

    @property
    def is_over(self) -> bool:
        """Whether all of the window has passed."""
        return self.passed == self.window.minutes

    @property
    def broken(self) -> tuple[Promise, ...]:
        """Promises that were not kept."""
        return tuple(each for each in self.promises if each.verdict == "broken")


def percent(share: float) -> str:
    """A share as people write it, never better than it is: 0.99899999 is 99.8999%."""
    digits = (Decimal(repr(share)) * 100).quantize(Decimal("0.0001"), ROUND_FLOOR)
    return f"{digits:f}".rstrip("0").rstrip(".") + "%"


def covered(inventory: Inventory, contract: Contract) -> tuple[Deployment, ...]:
    """The deployments under a contract; our own servers are nobody's promise."""
    return tuple(
        each
        for each in inventory.deployments.values()
        if each.provider.contract == contract.id and not each.provider.local
    )


def judge(inventory: Inventory, contract: Contract, record: Record, day: date, now: int) -> Judged:
    """Judge a contract in that window of its own which a day falls into, as far as it has passed by a minute, `now`."""
    window = window_of(contract.sla.window, day)
    passed = Minutes(window.minutes.first, max(window.minutes.first, min(window.minutes.end, now)))
    under = covered(inventory, contract)
    measured = tuple(_measured(contract, under, record, passed))
    dues = tuple(_dues(contract, measured, window)) if passed == window.minutes else ()
    seen = tuple(each for each in cut_offs(record, [each.id for each in under]) if each.touches(passed))
    recorded = any(minute in passed for each in under for minute in record.minutes.get(each.id, {}))
    judged = Judged(contract, under, window, passed, recorded, measured, (), dues, (), seen)
    return judged._replace(promises=tuple(_promises(judged)), allowances=tuple(_allowances(inventory, judged, record)))


def _measured(contract: Contract, under: Sequence[Deployment], record: Record, passed: Minutes) -> Iterator[Measured]:
    sla = contract.sla
    groups: dict[str, list[str]] = {}
    for each in under:
        if not sla.deployments or each.id in sla.deployments:
            about = {"contract": "", "region": each.region or "no region", "deployment": each.id}[sla.scope]
            groups.setdefault(about, []).append(each.id)
    for about, names in groups.items():
        yield Measured(about, tuple(names), measure(sla, gathered(record, names), passed))


def _dues(contract: Contract, measured: Sequence[Measured], window: Window) -> Iterator[Due]:
    """Credits for a window that is over; a contract with one scope alone says what they come to."""
    within = contract.sla.claim_within_s
    until = None if within is None else window.last + timedelta(days=int(within // DAY_S))
    for about, _, level in measured:
        due = credit_due(contract.sla, level.availability)
        if due is None or level.availability is None:
            continue
        fee = None if contract.annual_cost is None or about else contract.annual_cost * window.share_of_year
        amount = None if fee is None else round(fee * due.credit, 2)
        yield Due(about, level.availability, due.below, due.credit, amount, until)


def _promises(judged: Judged) -> Iterator[Promise]:
    contract = judged.contract
    for about, _, level in judged.measured:
        yield _availability(contract.sla.availability, about, level, is_over=judged.is_over)
    notices = (
        ("suspended", "notice of suspension", contract.suspension_notice_s),
        ("export_controlled", "notice of export control", contract.export_controls.notice_s),
    )
    for cause, name, notice in notices:
        yield _notice(judged, name, notice, [each for each in judged.cut_offs if each.cause == cause])
    yield from _statements(contract)


def _availability(promised: float | None, about: str, level: Level, *, is_over: bool) -> Promise:
    words = "nothing" if promised is None else percent(promised)
    if level.availability is None:
        verdict: Verdict = "stated" if promised is None else "unknown"
        return Promise("availability", about, words, NOTHING, verdict)
    said = percent(level.availability)
    if not is_over:
        return Promise("availability", about, words, f"{said} so far", "open")
    if promised is None:
        return Promise("availability", about, words, said, "stated")
    return Promise("availability", about, words, said, "kept" if level.availability >= promised else "broken")


def _notice(judged: Judged, name: str, notice_s: float | None, seen: Sequence[CutOff]) -> Promise:
    """What came without being announced in time breaks the promise; that nothing came, keeps it."""
    words = NOT_SAID if notice_s is None else f"{days(notice_s)}{' before' if notice_s else ''}"
    if not seen:
        told = NONE if judged.recorded else NOTHING
        verdict: Verdict = "stated" if notice_s is None else "kept" if judged.recorded else "unknown"
        return Promise(name, "", words, told, verdict)
    given = [_given(judged.contract, each) for each in seen]
    told = "; ".join(
        f"on {day_of(each.first)} {'unannounced' if got is None else f'announced {days(got)} before'}"
        for each, got in zip(seen, given, strict=True)
    )
    late = notice_s is not None and any((got or 0.0) < notice_s for got in given)
    return Promise(name, "", words, told, "stated" if notice_s is None else "broken" if late else "kept")


def _given(contract: Contract, seen: CutOff) -> float | None:
    """How long before it happened it was announced, in seconds of whole days; None: it was not."""
    day = day_of(seen.first)
    told = [each for each in contract.announced if each <= day]
    return (day - max(told)).days * float(DAY_S) if told else None


def _statements(contract: Contract) -> Iterator[Promise]:
    """What is agreed and cannot be seen in traffic, with the last day on which somebody looked."""
    export, leaving, moving = contract.export_controls, contract.exit, contract.switching
    answers = " · ".join(part for part in (export.classification, export.licence) if part)
    liable = f"{export.liability or NOT_SAID}{f' ({answers})' if answers else ''}"
    looked = _last("audited", contract.audited, if_agreed=contract.audit_rights)
    tested = _last("tested", leaving.tested, if_agreed=leaving.plan)
    moved = _last("practised", moving.tested, if_agreed=moving.transition_s is not None)
    transition = f"{days(moving.transition_s)} of help" if moving.transition_s is not None else NOT_SAID
    for name, promised, measured in (
        ("liability for export controls", liable, ""),
        ("appeal against suspension", yes(contract.appeal), ""),
        ("where data rest", ", ".join(contract.storage) or NOT_SAID, ""),
        ("audit rights", yes(contract.audit_rights), looked),
        ("log export", yes(contract.log_export), ""),
        ("help with switching", transition, moved),
        ("exit plan", yes(leaving.plan), tested),
    ):
        yield Promise(name, "", promised, measured, "stated")


def _last(did: str, day: date | None, *, if_agreed: bool | None) -> str:
    """When something that was agreed on was last done."""
    if day is not None:
        return f"last {did} {day}"
    return f"never {did}, as far as is stated" if if_agreed else ""


def _allowances(inventory: Inventory, judged: Judged, record: Record) -> Iterator[Allowance]:
    """An SLA's credit is not continuity: what may be away without breaking it, beside what each process can bear."""
    ours = {each.id for each in judged.deployments}
    promised = judged.contract.sla.availability
    length = judged.window.minutes.length * MINUTE_S
    allowed = None if promised is None else round((1 - promised) * length, 3)
    worst = max((outage.minutes.length for each in judged.measured for outage in each.level.outages), default=0)
    for process in inventory.processes.values():
        if not ours.isdisjoint(each.id for each in process.routes):
            seen = record.requests.get(process.id, {})
            lost = sum(
                times
                for minute, outcomes in seen.items()
                if minute in judged.passed
                for outcome, times in outcomes.items()
                if outcome != "served"
            )
            yield Allowance(process.id, process.objectives.rto_s, allowed, float(worst * MINUTE_S), lost)


def days(seconds: float) -> str:
    """A notice as people say it."""
    if not seconds:
        return "no time"
    number, noun = (seconds / DAY_S, "day") if seconds >= DAY_S else (seconds / 3600, "hour")
    return f"{number:g} {noun}" if number == 1 else f"{number:g} {noun}s"


def yes(answer: bool | None) -> str:  # noqa: FBT001  # three answers: yes, no, unknown
    """Yes, no, or that nobody has said."""
    return NOT_SAID if answer is None else "yes" if answer else "no"
