"""Reads a recording for one process: which request was served by whom, which calls met the fault, and when.

A request is *served* when a twin sent its whole answer and its caller had it without an error; every
other one is *lost*. A *hit* is a call that met the fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills.residency import breaches, law_of
from modelrouter.drills.scenario import DOOR_CLOSED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.audit.reader import Law
    from modelrouter.core.inventory import Inventory, Process
    from modelrouter.drills.recording import Recording, Sent
    from modelrouter.drills.scenario import Blow, Expectation
    from modelrouter.drills.twins.entry import Entry

__all__ = ["Case", "Trace", "trace"]

NOTICE_S = 0.1
"""A reply is read and its hold opened within so long, on a busy machine; calls that arrive sooner were in flight."""


class Case(NamedTuple):
    """One request: what its caller saw, and every call that was made for it."""

    sent: Sent
    calls: tuple[Entry, ...]
    server: Entry | None
    """The call whose whole answer the caller had; None where the request was lost."""


class Trace(NamedTuple):
    """Everything that a verdict on one process is read from. Seconds since the scenario began."""

    inventory: Inventory
    process: Process
    recording: Recording
    expected: Expectation
    cases: tuple[Case, ...]
    hits: tuple[Entry, ...]
    began: float | None
    """When the fault first stood in the way: the first hit; where a door is closed and nothing arrives, the first
    request that was under way or sent; else the first request lost. None where nothing was in the way."""
    detect_s: float | None
    """From the first hit to the end of the last one before a later request was spared; None where none was."""
    failover_s: float | None
    """From `began` to the first whole answer after it from a deployment that stands."""
    law: Law | None = None
    """What the data's ways are judged by; None: it is read anew from the inventory."""

    @property
    def judged(self) -> tuple[Case, ...]:
        """The requests sent after the fault; in the steady state all."""
        since = self.recording.fault_at
        return self.cases if since is None else tuple(case for case in self.cases if case.sent.at >= since)

    @property
    def before(self) -> tuple[Case, ...]:
        """The requests sent before the fault; in the steady state all."""
        since = self.recording.fault_at
        return self.cases if since is None else tuple(case for case in self.cases if case.sent.at < since)

    @property
    def restored(self) -> tuple[Case, ...]:
        """The requests sent once the process was served again."""
        since = 0.0 if self.began is None else self.began + (self.failover_s or 0.0)
        return tuple(case for case in self.judged if case.sent.at >= since)

    @property
    def meanwhile(self) -> tuple[Case, ...]:
        """The requests sent while everything stood that the scenario lets fail; in the steady state all."""
        return tuple(case for case in self.cases if self._stood(case.sent.at))

    def during(self, entry: Entry) -> bool:
        """Whether a call began while everything stood that the scenario lets fail."""
        return self._stood(entry.at)

    def _stood(self, at_s: float) -> bool:
        since, faults = self.recording.fault_at, self.recording.scenario.faults
        if since is None:
            return True
        taken, now = self._taken(faults), self._taken(fault for fault in faults if fault.stands(at_s))
        return at_s >= since and (now >= taken if taken else any(fault.stands(at_s) for fault in faults))

    def _taken(self, faults: Iterable[Blow]) -> set[str]:
        """The deployments that these faults keep from serving this process at all."""
        whole = (fault for fault in faults if fault.total)
        return {name for fault in whole for name in fault.deployments if fault.hits(name, self.process.id)}

    @property
    def lost(self) -> tuple[Case, ...]:
        """The requests that were not served."""
        return tuple(case for case in self.cases if case.server is None)

    @property
    def wasted(self) -> int:
        """Hits on a fault domain that came after its first hit, by any process, had been answered and noticed."""
        wasted = 0
        for fault in self.recording.scenario.faults:
            inside = [
                entry
                for entry in self.recording.calls
                if hit(self.recording, entry) and entry.deployment in fault.deployments
            ]
            noticed = min(map(ended, inside), default=0.0) + NOTICE_S
            wasted += sum(1 for entry in self.hits if entry in inside and entry.at > noticed)
        return wasted

    @property
    def breaches(self) -> tuple[str, ...]:
        """Every call that went where the process's data may not go, and why not."""
        calls = (entry for case in self.cases for entry in case.calls)
        day = self.recording.day
        law = self.law or law_of(self.inventory, day)
        return tuple(
            f"{entry.deployment}: {', '.join(found)}"
            for entry in calls
            if entry.deployment is not None
            if (found := breaches(law, self.process.id, entry.deployment, day))
        )

    @property
    def untouched(self) -> tuple[Entry, ...]:
        """Whole answers of deployments that should have been failing: the fault did not work."""
        since = self.recording.fault_at
        return tuple(
            entry
            for case in self.cases
            for entry in case.calls
            if since is not None and entry.whole and entry.at > since + NOTICE_S
            if not stands(self.recording, entry.deployment, entry.at, self.process.id)
            if not stands(self.recording, entry.deployment, entry.at - NOTICE_S, self.process.id)
        )


def trace(inventory: Inventory, recording: Recording, process: Process, law: Law | None = None) -> Trace:
    """Read a recording for one process; `law` saves reading it anew for each."""
    calls: dict[str, list[Entry]] = {}
    for entry in recording.calls:
        if entry.marker is not None and not entry.probe:
            calls.setdefault(entry.marker, []).append(entry)
    cases = tuple(
        _case(sent, tuple(calls.get(sent.marker, ()))) for sent in recording.sent if sent.process == process.id
    )
    hits = tuple(entry for case in cases for entry in case.calls if hit(recording, entry))
    expected = recording.scenario.expectations[process.id]
    began = min((entry.at for entry in hits), default=None) or _impeded(recording, cases, touched=expected.touched)
    return Trace(
        inventory=inventory,
        process=process,
        recording=recording,
        expected=expected,
        cases=cases,
        hits=hits,
        began=began,
        detect_s=_detected(recording, cases, hits),
        failover_s=None if began is None else _recovered(recording, cases, began, process.id),
        law=law,
    )


def _case(sent: Sent, calls: tuple[Entry, ...]) -> Case:
    whole = None if sent.error else next((entry for entry in reversed(calls) if entry.whole), None)
    return Case(sent, calls, whole)


def hit(recording: Recording, entry: Entry) -> bool:
    """Whether a call met the fault."""
    return entry.injected and not entry.probe and entry.deployment in recording.scenario.targets


def ended(entry: Entry) -> float:
    """When a call was over, as far as its twin could see."""
    return entry.at if entry.done_at is None else entry.done_at


def stands(recording: Recording, deployment: str | None, at_s: float, process: str) -> bool:
    """Whether nothing kept that deployment from serving that process at that time; what fails in part stands."""
    return not any(
        fault.total and fault.stands(at_s) and fault.hits(deployment, process) for fault in recording.scenario.faults
    )


def _impeded(recording: Recording, cases: Iterable[Case], *, touched: bool) -> float | None:
    """When the first request without a hit was in trouble."""
    since = recording.fault_at
    if since is None:
        return None
    closed = touched and any(fault.effect == DOOR_CLOSED for fault in recording.scenario.faults)
    concerned = (case for case in cases if case.sent.ended >= since and (closed or case.server is None))
    return min((max(case.sent.at, since) for case in concerned), default=None)


def _detected(recording: Recording, cases: Iterable[Case], hits: tuple[Entry, ...]) -> float | None:
    if not hits:
        return None
    first = min(entry.at for entry in hits)
    unhit = (case.sent.at for case in cases if not any(hit(recording, entry) for entry in case.calls))
    spared = min((at for at in unhit if at > first), default=None)
    return None if spared is None else max(ended(entry) for entry in hits if entry.at <= spared) - first


def _recovered(recording: Recording, cases: Iterable[Case], began: float, process: str) -> float | None:
    servers = (case.server for case in cases if case.server is not None)
    answers = (ended(server) for server in servers if stands(recording, server.deployment, server.at, process))
    return min((at - began for at in answers if at >= began), default=None)
