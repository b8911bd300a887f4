"""Canary and live drills: real requests of a gateway that runs, of which a share meets the fault.

The order stands in a file beside the hold file, and this process renews it; what the gateway sees comes back line by
line. First the steady state is watched, then the fault stands, then the steady state is watched again. It all ends at
once when the plan's conditions say so, when somebody interrupts, and, by the lease, when this process dies.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.core.rehearsal import CANARY, CONTROL, Order
from modelrouter.drills.literal import strikes
from modelrouter.drills.miniature import Frame, miniature
from modelrouter.drills.plan import targeted
from modelrouter.drills.recording import Recording, Sent
from modelrouter.drills.rehearse import Rehearsal
from modelrouter.drills.residency import breaches, law_of
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.entry import Entry
from modelrouter.drills.watching import Measure, Sample, abort, departures, measure
from modelrouter.errors import UsageError
from modelrouter.runtime.orderfile import OrderFile

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping
    from pathlib import Path

    from modelrouter.core.inventory import Inventory
    from modelrouter.core.rehearsal import Group
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.plan import Plan
    from modelrouter.drills.scenario import Scenario

__all__ = ["LASTS_S", "Played", "frame", "lasts_s", "play"]

LASTS_S = 60.0
"""How long the fault stands where the plan does not say."""
TAKEN_WITHIN_S = 3.0
"""A gateway looks for orders four times a second."""
TURN_S = 0.1


class Played(NamedTuple):
    """What a drill on real requests came to."""

    rehearsal: Rehearsal
    """The canary's requests, as if they were a rehearsal's."""
    ended: str | None
    """Why it ended before its time; None where it did not."""
    departures: tuple[str, ...]
    """Where the steady state, before or after, was not what the plan calls well."""
    groups: Mapping[Group, Measure]
    """While the fault stood: the canary beside the requests that nobody touched."""


def lasts_s(plan: Plan) -> float:
    """How long the fault stands: until the last one of the plan's own scenario ends, else a minute."""
    mishaps = plan.case.mishaps if plan.case is not None else ()
    ends = [mishap.shape.until_s for mishap in mishaps]
    return max((end for end in ends if end is not None), default=LASTS_S) if None not in ends else LASTS_S


def frame(plan: Plan, inventory: Inventory, fault_s: float | None = None) -> Miniature:
    """The time that a scenario has in this plan; nothing is sent by the drill itself."""
    after_s = fault_s or lasts_s(plan)
    return miniature(
        inventory, Frame(plan.steady.for_s, after_s, rps=1.0, crowd_rps=float("inf"), least=0, burst_s=1.0)
    )


def play(
    inventory: Inventory,
    plan: Plan,
    scenario: Scenario,
    hold_file: Path,
    *,
    fault_s: float | None = None,
    doing: Callable[[str], None] = lambda _: None,
) -> Played:
    """Play one scenario on the gateway that keeps its holds in `hold_file`. Blocks for as long as the plan says.

    `fault_s` is how long the fault stands, where that is not as `lasts_s` has it; the scenario is made for that `frame`.
    Raises UsageError where no gateway of this inventory runs, where another drill is under way, or where a fault
    cannot be rehearsed on real requests; nothing was touched then. Nothing of the drill is left when it returns.
    """
    drill = _Canary(inventory, plan, scenario, OrderFile(hold_file), fault_s or lasts_s(plan), doing)
    return asyncio.run(_stoppable(drill.run()))


async def _stoppable(playing: Coroutine[Any, Any, Played]) -> Played:
    """Take being told to end as being interrupted: what was begun is taken back first."""
    task = asyncio.ensure_future(playing)
    if threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


@dataclass(slots=True)
class _Seen:
    """The lines so far."""

    taken: bool = False
    incident: str | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)


class _Canary:
    """One drill."""

    def __init__(
        self,
        inventory: Inventory,
        plan: Plan,
        scenario: Scenario,
        file: OrderFile,
        fault_s: float,
        doing: Callable[[str], None],
    ) -> None:
        self._inventory = inventory
        self._plan = plan
        self._scenario = scenario
        self._small = frame(plan, inventory, fault_s)
        self._file = file
        self._doing = doing
        self._seen = _Seen()
        self._day = datetime.now(UTC).date()
        self._law = law_of(inventory, self._day)
        self._fault_at = plan.steady.for_s
        self._ends_at = plan.steady.for_s + fault_s
        after_s = plan.steady.for_s if plan.rollback.verify else 0.0
        self._over_at = self._ends_at + after_s

    async def run(self) -> Played:
        standing = self._file.order()
        if standing is not None and standing.stands(time.time()):
            raise UsageError(f"another drill is under way on this gateway: {standing.id}")
        told = await strikes(self._inventory, self._small, self._scenario, self._ends_at)
        began = time.time()
        order = Order(
            id=f"{self._plan.id}/{int(began)}",
            processes=tuple(process.id for process in targeted(self._plan, self._inventory)),
            share=1.0 if self._plan.level == "live" else self._plan.radius.share,
            seed=self._plan.seed,
            lease_s=self._plan.lease.length_s,
            began=began,
            renewed=began,
            strikes=told,
        )
        if standing is not None:
            self._file.remove(standing)
        ended = None
        try:
            self._file.begin(order)  # first: whoever takes an order says so there
            self._file.write(order)
            ended = await self._watch(order)
        except (asyncio.CancelledError, KeyboardInterrupt):
            ended = "stopped by whoever started it"
        finally:
            self._gather(order)
            self._file.remove(order)
        return self._played(ended)

    async def _watch(self, order: Order) -> str | None:
        """Until it is over; answers why, where that is before its time."""
        while (now := time.time() - order.began) < self._over_at:
            if time.time() - order.renewed >= order.lease_s / 3:
                order = replace(order, renewed=time.time())
                self._file.write(order)
            await asyncio.sleep(TURN_S)
            self._gather(order)
            if not self._seen.taken and now > TAKEN_WITHIN_S:
                break
            self._doing(self._phase(now))
            if why := self._must_end(now):
                return why
        if not self._seen.taken:
            raise UsageError("no gateway of this inventory took the order: is `modelrouter serve` running?")
        return None

    def _phase(self, now: float) -> str:
        sent = sum(1 for line in self._seen.lines if line["group"] == CANARY)
        stage = "steady state" if now < self._fault_at else "the fault stands" if now < self._ends_at else "afterwards"
        return f"{stage}, {now:.0f} of {self._over_at:.0f} s, {sent} requests in the canary"

    def _gather(self, order: Order) -> None:
        for line in self._file.unread(order):
            if "taken" in line:
                self._seen.taken = True
            elif "held" in line:
                self._seen.incident = self._seen.incident or f"{line['held']} is held ({line['cause']})"
            else:
                self._seen.lines.append({**line, "at_s": line["at"] - order.began})

    def _must_end(self, now: float) -> str | None:
        during = [self._sample(line) for line in self._seen.lines if line["group"] == CANARY]
        violations = sum(len(each) for each in self._violations())
        return abort(self._plan.abort, during, now, violations=violations, incident=self._seen.incident)

    def _violations(self) -> Iterator[list[str]]:
        for line in self._seen.lines:
            for call in line["calls"]:
                yield breaches(self._law, line["process"], call["deployment"], self._day)

    def _sample(self, line: Mapping[str, Any]) -> Sample:
        process = self._inventory.processes[line["process"]]
        critical = process.criticality == "critical"
        return Sample(line["at_s"], process.id, critical, line["served_by"] is not None, line["took_s"])

    def _played(self, ended: str | None) -> Played:
        recording = Recording(
            scenario=self._scenario,
            fault_at=self._fault_at,
            ended=min(self._ends_at, max((line["at_s"] for line in self._seen.lines), default=0.0)),
            sent=tuple(self._sent()),
            calls=tuple(sorted(self._entries(), key=lambda entry: entry.at)),
            day=self._day,
        )
        before, during, after = self._spans()
        off = [f"before: {each}" for each in departures(self._plan.steady.before, measure(before))]
        if self._plan.rollback.verify and ended is None:
            off += [f"afterwards: {each}" for each in departures(self._plan.steady.after, measure(after))]
        rehearsal = Rehearsal(self._inventory, self._small, (recording,), (), self._plan.level, self._plan.seed)
        return Played(rehearsal, ended, tuple(off), {group: measure(during[group]) for group in (CANARY, CONTROL)})

    def _spans(self) -> tuple[list[Sample], dict[Group, list[Sample]], list[Sample]]:
        """The canary before the fault, both groups while it stood, the canary afterwards."""
        before: list[Sample] = []
        after: list[Sample] = []
        during: dict[Group, list[Sample]] = {CANARY: [], CONTROL: []}
        for line in self._seen.lines:
            sample = self._sample(line)
            began = sample.at_s - sample.took_s
            if self._fault_at <= began < self._ends_at:
                during[line["group"]].append(sample)
            elif line["group"] == CANARY:
                (before if began < self._fault_at else after).append(sample)
        return before, during, after

    def _rehearsed(self) -> Iterator[tuple[str, Mapping[str, Any], float]]:
        """The canary's requests until the fault was taken away: a name for each, and when it began."""
        for number, line in enumerate(self._seen.lines):
            began = line["at_s"] - line["took_s"]
            if line["group"] == CANARY and began < self._ends_at:
                yield f"{number}", line, began

    def _sent(self) -> Iterator[Sent]:
        for name, line, began in self._rehearsed():
            error = None if line["served_by"] is not None else "no deployment answered"
            yield Sent(name, line["process"], False, began, line["at_s"], error)

    def _entries(self) -> Iterator[Entry]:
        for name, line, began in self._rehearsed():
            for call in line["calls"]:
                deployment = self._inventory.deployments[call["deployment"]]
                at, served = began + call["at_s"], call["deployment"] == line["served_by"] and call["cause"] is None
                blow = next(
                    (each for each in self._scenario.faults if each.stands(at) and deployment.id in each.deployments),
                    None,
                )
                ended = at + call["took_s"]
                yield Entry(
                    at=at,
                    provider=deployment.provider.id,
                    deployment=deployment.id,
                    model=deployment.name,
                    key_tail=f"{deployment.provider.id}/{deployment.account.name}" if deployment.account else "",
                    marker=name,
                    effect=None if blow is None or served else _effect(blow.effect),
                    injected=blow is not None and not served,
                    probe=False,
                    stream=False,
                    status=None,
                    first_at=ended if served else None,
                    done_at=ended,
                    tokens_out=0,
                    whole=served,
                )


def _effect(word: str) -> Effect | None:
    with suppress(ValueError):
        return Effect(word)
    return None  # a closed door is no effect on a call
