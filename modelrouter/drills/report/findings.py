"""Everything that a report is written from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.drills.detection import detections, false_holds
from modelrouter.drills.plan import REAL, targeted
from modelrouter.drills.prediction import accuracy
from modelrouter.drills.report.counted import counted
from modelrouter.drills.report.steady import steady
from modelrouter.drills.score import score
from modelrouter.drills.verdict import ALIVE, BINDING, Verdict, judge, passed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from modelrouter.core.inventory import Criticality, Inventory
    from modelrouter.drills.detection import Detection
    from modelrouter.drills.logbook import Recorded
    from modelrouter.drills.plan import Plan
    from modelrouter.drills.prediction import Accuracy
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.rehearse import Rehearsal
    from modelrouter.drills.score import Score
    from modelrouter.drills.verdict import Judgement

__all__ = ["DAYS", "UNREHEARSED", "Findings", "Origin", "Weakness", "findings"]

UNREHEARSED = (
    ("TLS, DNS and the way there", "twins listen on loopback, without names and certificates"),
    ("the real region", "a twin does not know from where it is called, nor does it stand where the provider does"),
    (
        "the models",
        "a twin's answers have the right shape and no thought: whether a fallback is good enough is not seen",
    ),
    ("long prompts and tokens a minute", "prompts are one line; calls a minute and calls at a time are enforced"),
    ("the real keys", "twins take dummy keys; whether yours are valid and paid for is not seen"),
    ("long times", "a fault lasts seconds here: what happens after minutes (probes, trials, returning) is not seen"),
)
"""What a rehearsal on this machine leaves out, and why."""
SIMULATED = (
    ("sockets, HTTP and the SDK", "callers ask the router itself, and providers answer it without a connection"),
    ("this machine's own speed", "time is simulated: nothing waits for a processor"),
)
"""What simulated time leaves out beside that; long times it has."""
ANSWERED = (
    ("what a provider really says", "a call that meets the fault is answered in its place, and never sent"),
    ("the way there", "no connection is broken: names, certificates and routes stay as they are"),
)
SHARE = ("everybody at once", "a share alone met the fault: whether fallbacks carry all of it is not seen")
"""What drills on real requests leave out."""


DAYS: Mapping[Criticality, int] = MappingProxyType({"critical": 14, "important": 30, "standard": 90, "deferrable": 180})
"""Within so many days after the drill its owner is to have mended what was found, or to have accepted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a report comes from; what is known of it beside the recordings."""

    version: str = ""
    """Of this software."""
    host: str = ""
    """The interpreter and the system that it ran on."""
    fingerprint: str = ""
    """Of the inventory as it was read, before a plan changed its objectives."""
    plan: Plan | None = None
    signer: str | None = None
    """The public key that signs it."""
    ended: str | None = None
    """Why it ended before its time; None where it did not."""
    baseline: Mapping[str, Any] | None = None
    """The earlier report that it is compared with, as read from its `report.json`."""
    recorded: Recorded | None = None
    """What the independent reader made of the drill's own ledger; None where it kept none."""


class Weakness(NamedTuple):
    """A process that failed in one way, and in which scenarios."""

    process: str
    criticality: Criticality
    verdict: Verdict
    scenarios: tuple[str, ...]
    why: str
    """In the first of them."""
    owner: str
    due: date
    """Until when it is to be mended, by `DAYS`."""
    binding: bool
    """Whether the drill fails for it."""

    def __str__(self) -> str:
        return f"{self.process} ({self.criticality}): {self.verdict} in {', '.join(self.scenarios)}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A rehearsal, judged."""

    rehearsal: Rehearsal
    judgements: Mapping[str, tuple[Judgement, ...]]
    """By scenario: a verdict for each process, in the order of the inventory."""
    began: datetime
    took_s: float
    origin: Origin = Origin()

    @property
    def plan(self) -> Plan | None:
        """The drill object, where there is one."""
        return self.origin.plan

    @property
    def binding(self) -> frozenset[str]:
        """The processes for which the drill fails: those that its plan targets, else the critical and important ones."""
        if self.plan is not None:
            return frozenset(process.id for process in targeted(self.plan, self.inventory))
        return frozenset(name for name, each in self.inventory.processes.items() if each.criticality in BINDING)

    @property
    def inventory(self) -> Inventory:
        """What was rehearsed."""
        return self.rehearsal.inventory

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """What was played, in the order of the scenarios."""
        return self.rehearsal.recordings

    @property
    def all(self) -> tuple[Judgement, ...]:
        """Every judgement."""
        return tuple(each for judged in self.judgements.values() for each in judged)

    @property
    def passed(self) -> bool:
        """Whether every process that the drill is about lived through everything, to the end."""
        recorded = self.origin.recorded
        lawful = recorded is None or not recorded.forbidden
        return self.origin.ended is None and lawful and not self.unsteady and passed(self.all, self.binding)

    @property
    def unsteady(self) -> tuple[str, ...]:
        """Where the steady state before the faults was not what the plan calls well, so that the drill proves nothing."""
        return () if self.plan is None else tuple(steady(self)[0].departures)

    @property
    def failed(self) -> tuple[Judgement, ...]:
        """Where a process did not live."""
        return tuple(each for each in self.all if each.verdict not in ALIVE)

    @property
    def lag_s(self) -> float:
        """How late this machine was at worst."""
        return max((recording.lag_s for recording in self.recordings), default=0.0)

    @property
    def unrehearsed(self) -> tuple[tuple[str, str], ...]:
        """What this level leaves out, and why."""
        level = self.rehearsal.level
        if level in REAL:
            return ANSWERED if level == "live" else (*ANSWERED, SHARE)
        return (*SIMULATED, *UNREHEARSED[:-1]) if level == "simulated" else UNREHEARSED

    @property
    def accuracy(self) -> Accuracy:
        """How often the inventory alone had been right on who is lost."""
        return accuracy(each.predicted for each in self.all)

    @property
    def detected(self) -> tuple[Detection, ...]:
        """What was injected beside what it was taken for."""
        return tuple(found for recording in self.recordings for found in detections(self.inventory, recording))

    @property
    def score(self) -> Score:
        """How the organisation stands."""
        return score(self.inventory, self.all, self.detected)

    def conclusion(self) -> str:
        """The whole result in one sentence."""
        if flawed := self._flawed():
            return flawed
        processes = self.inventory.processes
        binding = [name for name in processes if name in self.binding]
        failed = list(dict.fromkeys(each.process for each in self.failed))
        played = counted(len(self.recordings), "scenario")
        if lost := [name for name in failed if name in binding]:
            return f"{', '.join(lost)} did not survive {'the ' if len(self.recordings) == 1 else 'all '}{played}"
        weak = f"; {', '.join(failed)} did not" if failed else ""
        if self.plan is not None and binding:
            return f"{_targets(binding, len(processes))} survived {played}{weak}"
        if len(binding) == 1:
            return f"{binding[0]}, the one process marked critical or important, survived {played}{weak}"
        if binding:
            return f"every critical and important process survived {played}{weak}"
        outcome = f"{', '.join(failed)} did not survive" if failed else f"{_all(len(processes))} survived"
        return f"{outcome} {played}; {'none is' if len(processes) > 1 else 'it is not'} marked critical or important"

    def _flawed(self) -> str:
        """Why the drill as a whole proves nothing; empty where it does."""
        if self.origin.ended is not None:
            return f"ended before its time: {self.origin.ended}"
        recorded = self.origin.recorded
        if recorded is not None and recorded.forbidden:
            return f"requests went where they may not, as its ledger shows: {recorded.first}"
        off = "; ".join(self.unsteady)
        return off and f"nothing is proved, for the steady state did not hold before anything failed: {off}"

    def weaknesses(self) -> Iterator[Weakness]:
        """What each process that failed somewhere failed of, and where."""
        for name, process in self.inventory.processes.items():
            for verdict in Verdict:
                failed = [each for each in self.failed if each.process == name and each.verdict is verdict]
                if failed:
                    where = tuple(each.scenario for each in failed)
                    yield Weakness(
                        name,
                        process.criticality,
                        verdict,
                        where,
                        failed[0].why,
                        owner=process.owner,
                        due=self.began.date() + timedelta(days=DAYS[process.criticality]),
                        binding=name in self.binding,
                    )

    def deviations(self) -> Iterator[str]:
        """What went otherwise than it should, whatever the verdicts: one sentence each."""
        for each in self.all:
            said = each.predicted
            if said.agrees is False:
                yield f"{each.scenario}: {each.process} was expected to be {_fate(said.said, said.by)}, and was {_fate(said.seen, said.seen_by)}"
            if each.figures.inverted:
                shed = counted(each.figures.inverted, "request")
                yield f"{each.scenario}: {shed} of {each.process} shed while a less critical process was served instead"
            if each.figures.false_failovers:
                moved = counted(each.figures.false_failovers, "request")
                yield f"{each.scenario}: {moved} of {each.process} served by a fallback before anything failed"
        for when, state in zip(("before anything failed", "when all was over"), steady(self), strict=True):
            yield from (f"the steady state did not hold {when}: {each}" for each in state.departures)
        for recording in self.recordings:
            if held := false_holds(recording):
                yield f"{recording.scenario.id}: {counted(held, 'hold')} opened before anything failed"
        for found in self.detected:
            if found.found != found.injected and (found.found is not None or found.whole):
                taken = "noticed by no hold" if found.found is None else f"taken for {found.found}"
                yield f"{found.scenario}: {found.injected} of {found.scope} was {taken}"
        yield from (
            f"a connection to {each} would have left this machine, and was refused" for each in self.rehearsal.refused
        )
        if self.origin.recorded is not None:
            yield from self.origin.recorded.departures()


def _fate(fate: str | None, by: str | None) -> str:
    return {"untouched": f"served by its first choice {by}", "moves": f"served by {by}"}.get(fate or "", "lost")


def _targets(binding: list[str], processes: int) -> str:
    if len(binding) == 1:
        return f"{binding[0]}, the one process targeted,"
    return f"all {counted(len(binding), 'process')} targeted" if len(binding) < processes else "every process"


def _all(processes: int) -> str:
    return "the one process" if processes == 1 else f"all {counted(processes, 'process')}"


def findings(rehearsal: Rehearsal, *, began: datetime, took_s: float, origin: Origin | None = None) -> Findings:
    """Judge a rehearsal."""
    judged = {recording.scenario.id: judge(rehearsal.inventory, recording) for recording in rehearsal.recordings}
    return Findings(rehearsal=rehearsal, judgements=judged, began=began, took_s=took_s, origin=origin or Origin())
