"""What the router itself thinks about one request, without sending it: `python -m benchmarks.decision`.

Candidates and policies, leave by holds, budgets and capacity, the machine's commands, and what the outcome
teaches, for a process with four deployments and two policies. The first line is the ordinary request: the
candidates of its name and context are remembered, as in the router. The last lines show what else may come.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from modelrouter.core.candidates import candidates
from modelrouter.core.causes import Cause, Scope
from modelrouter.core.context import Context
from modelrouter.core.decision import Attempt, Decision
from modelrouter.core.faults import Fault
from modelrouter.core.inventory import Account, Deployment, Inventory, Limits, Model, Process, Provider
from modelrouter.core.load import RANKS, Want
from modelrouter.core.request import Begun, Call, Failed, Request, Showed
from modelrouter.core.rules import Policy, Rule
from modelrouter.runtime.clock import SystemClock
from modelrouter.runtime.leases import Lease, Terms
from modelrouter.runtime.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15
TIMES = 3000
MICRO = 1e6


def inventory(limits: Limits) -> Inventory:
    """Four deployments of four providers, and two policies that permit them all."""
    providers = {}
    deployments = {}
    for name in "abcd":
        account = Account(provider=name, name="main")
        providers[name] = Provider(
            id=name, company=name, headquarters="US", vendor="openai", upstreams=("edge",), accounts={"main": account}
        )
        model = Model(id=f"{name}-model", developer=name, family=name, context=200_000)
        deployments[name] = Deployment(
            id=name,
            provider=providers[name],
            account=account,
            model=model,
            wire="openai-chat",
            url=f"https://{name}.invalid/v1",
            name=model.id,
            region="eu",
            processing=("DE", "FR"),
            limits=limits,
        )
    process = Process(id="p", owner="", criticality="important", routes=tuple(deployments.values()))
    return Inventory(
        name="benchmark",
        path="benchmark.yaml",
        providers=providers,
        models={each.model.id: each.model for each in deployments.values()},
        deployments=deployments,
        processes={"p": process},
        policies=(
            Policy(id="eu", rules=(Rule(fact="processing", allowed=frozenset({"EU"})),)),
            Policy(id="not-there", rules=(Rule(fact="headquarters", denied=frozenset({"CN"})),)),
        ),
        regions={"EU": frozenset({"DE", "FR", "EU"})},
    )


class Thinking:
    """One router's thoughts about a request that is served at once, or by the second deployment."""

    def __init__(self, limits: Limits) -> None:
        self.inventory = inventory(limits)
        self.process = self.inventory.processes["p"]
        self.clock = SystemClock()
        self.state = State(self.inventory, self.clock)
        self.route = candidates(self.inventory, self.process, Context())
        self.want = Want(RANKS[self.process.criticality], 1300)

    def candidates(self) -> None:
        """Order the route anew and ask every policy."""
        self.route = candidates(self.inventory, self.process, Context())

    def served(self) -> None:
        """An ordinary request."""
        now = self.clock.now()
        route = self.route.permitted
        patience = [self.state.posts.of(each).patience_s(streamed=True) for each in route]
        request = Request(self.process, route, now + 60.0, None, patience)
        lease = self._called(request.told(Begun(), now))
        lease, _ = self.state.show(lease)
        request.told(Showed(0), self.clock.now())
        self._decided(Attempt(lease.deployment.id, 0.0, 0.2, 200, None))
        self.state.apply(lease, None, pause_s=0.1)

    def failed_over(self) -> None:
        """The first deployment errs, the second serves."""
        now = self.clock.now()
        request = Request(self.process, self.route.permitted, now + 60.0, 10.0)
        fault = Fault(cause=Cause.CONTENT_BLOCKED, scope=Scope.REQUEST)
        lease = self._called(request.told(Begun(), now))
        self.state.apply(lease, fault)
        request.told(Failed(0, Fault(cause=Cause.OUTAGE, scope=Scope.DEPLOYMENT)), now)
        lease = self._called(Call(1, self.route.permitted[1], now + 10.0))
        lease, _ = self.state.show(lease)
        request.told(Showed(1), self.clock.now())
        self._decided(Attempt("a", 0.0, 0.2, 500, fault), Attempt("b", 0.2, 0.2, 200, None))
        self.state.apply(lease, None)

    def _called(self, command: object) -> Lease:
        if not isinstance(command, Call):
            raise TypeError(command)
        leave = self.state.acquire(command.deployment, Terms(streamed=True, want=self.want))
        if not isinstance(leave, Lease):
            raise TypeError(leave)
        return leave

    def _decided(self, *trail: Attempt) -> Decision:
        return Decision(
            id="mr_0",
            process="p",
            asked="p",
            outcome="served",
            served_by=trail[-1].deployment,
            trail=trail,
            excluded=self.route.excluded,
            took_s=0.2,
        )


def micros(work: Callable[[], None]) -> float:
    """The CPU time of one turn in the fastest round, in microseconds: slower ones share the core with others."""
    for _ in range(TIMES):
        work()
    rounds = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        for _ in range(TIMES):
            work()
        rounds.append((time.thread_time() - begun) / TIMES * MICRO)
    return min(rounds)


def main() -> None:
    """Measure and print."""
    plain = Thinking(Limits())
    limited = Thinking(Limits(rpm=10**9, tpm=10**12, concurrency=10**6))
    table = Table("one request", "µs", box=None, pad_edge=False)
    table.add_row("served by the first deployment", f"{micros(plain.served):.1f}")
    table.add_row("the same, with declared limits to keep", f"{micros(limited.served):.1f}")
    table.add_row("served by the second, after an error", f"{micros(plain.failed_over):.1f}")
    table.add_row("candidates and policies, where not remembered", f"{micros(plain.candidates):.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
