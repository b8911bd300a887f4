"""Everything that a report is written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills.report.counted import counted
from modelrouter.drills.verdict import ALIVE, BINDING, Verdict, judge, passed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from modelrouter.core.inventory import Criticality, Inventory
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.rehearse import Rehearsal
    from modelrouter.drills.verdict import Judgement

__all__ = ["UNREHEARSED", "Findings", "Weakness", "findings"]

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


class Weakness(NamedTuple):
    """A process that failed in one way, and in which scenarios."""

    process: str
    criticality: Criticality
    verdict: Verdict
    scenarios: tuple[str, ...]
    why: str
    """In the first of them."""

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
        """Whether every critical and important process lived through everything."""
        return passed(self.all)

    @property
    def failed(self) -> tuple[Judgement, ...]:
        """Where a process did not live."""
        return tuple(each for each in self.all if each.verdict not in ALIVE)

    @property
    def lag_s(self) -> float:
        """How late this machine was at worst."""
        return max((recording.lag_s for recording in self.recordings), default=0.0)

    def conclusion(self) -> str:
        """The whole result in one sentence."""
        processes = self.inventory.processes
        binding = [name for name, process in processes.items() if process.criticality in BINDING]
        failed = list(dict.fromkeys(each.process for each in self.failed))
        played = counted(len(self.recordings), "scenario")
        if lost := [name for name in failed if name in binding]:
            return f"{', '.join(lost)} did not survive {'the ' if len(self.recordings) == 1 else 'all '}{played}"
        weak = f"; {', '.join(failed)} did not" if failed else ""
        if len(binding) == 1:
            return f"{binding[0]}, the one process marked critical or important, survived {played}{weak}"
        if binding:
            return f"every critical and important process survived {played}{weak}"
        outcome = f"{', '.join(failed)} did not survive" if failed else f"{_all(len(processes))} survived"
        return f"{outcome} {played}; {'none is' if len(processes) > 1 else 'it is not'} marked critical or important"

    def weaknesses(self) -> Iterator[Weakness]:
        """What each process that failed somewhere failed of, and where."""
        for name, process in self.inventory.processes.items():
            for verdict in Verdict:
                failed = [each for each in self.failed if each.process == name and each.verdict is verdict]
                if failed:
                    where = tuple(each.scenario for each in failed)
                    yield Weakness(name, process.criticality, verdict, where, failed[0].why)


def _all(processes: int) -> str:
    return "the one process" if processes == 1 else f"all {counted(processes, 'process')}"


def findings(rehearsal: Rehearsal, *, began: datetime, took_s: float) -> Findings:
    """Judge a rehearsal."""
    judged = {recording.scenario.id: judge(rehearsal.inventory, recording) for recording in rehearsal.recordings}
    return Findings(rehearsal=rehearsal, judgements=judged, began=began, took_s=took_s)
