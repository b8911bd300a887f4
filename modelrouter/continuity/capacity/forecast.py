"""What is served when something is lost: by whom, how much of whom, what binds, what it costs.

The word for each process:

    WHOLE     all of its demand is served
    KEPT      less than all, but its minimum
    SHORT     less than its minimum, though somebody permitted is left: limits bind
    UNKNOWN   its minimum is kept only if deployments whose limits nobody has stated carry what lands on them
    STOPPED   nobody permitted is left

A limit that nobody has stated is taken not to bind, and named; a price that nobody has stated is left out of the cost,
and named.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.capacity.filling import Asker, pour
from modelrouter.continuity.capacity.losses import ORDINARY
from modelrouter.continuity.capacity.pools import Assumed, pools, wants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from modelrouter.continuity.capacity.filling import Poured
    from modelrouter.continuity.capacity.losses import Loss
    from modelrouter.continuity.capacity.pools import Pool, Pools, Want
    from modelrouter.continuity.factors import Graph
    from modelrouter.core.inventory import Process

__all__ = ["Capacity", "Carried", "Outlook", "Served", "Word"]

HAIR = 1e-6
"""Of a demand: what is served of it falls short by so little only because fractions are rounded."""
HOUR = 60
MILLION = 1_000_000


class Word(StrEnum):
    """What becomes of a process."""

    WHOLE = "WHOLE"
    KEPT = "KEPT"
    SHORT = "SHORT"
    UNKNOWN = "UNKNOWN"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What one process gets."""

    process: Process
    wanted: float
    """Requests a minute."""
    by: Mapping[str, float]
    """Deployment → the requests a minute that it serves, in the order of the route."""
    unknown: float
    """Of what is served, requests a minute by deployments whose limits nobody has stated."""
    bound: tuple[Pool, ...]
    """The limits that keep the rest out, in the order of the route; empty where all is served."""
    options: tuple[str, ...]
    """Who may serve it now."""

    @property
    def rpm(self) -> float:
        """Requests a minute that are served."""
        return sum(self.by.values())

    @property
    def share(self) -> float:
        """The share of its demand that is served; of no demand, all."""
        return min(1.0, self.rpm / self.wanted) if self.wanted else float(bool(self.options))

    @property
    def keeps(self) -> bool:
        """Whether its minimum is served, as far as limits are known."""
        return self.word in (Word.WHOLE, Word.KEPT) or self.process.objectives.minimum == 0

    @property
    def word(self) -> Word:
        """In one word."""
        minimum = self.process.objectives.minimum - HAIR
        if not self.options:
            return Word.STOPPED
        if self.share < minimum:
            return Word.SHORT
        known = (self.rpm - self.unknown) / self.wanted if self.wanted else 1.0
        if known < minimum:
            return Word.UNKNOWN
        return Word.WHOLE if self.share >= 1 - HAIR else Word.KEPT


class Carried(NamedTuple):
    """How full a limit is."""

    pool: Pool
    used: float
    limit: float
    """What it is worth now: what is left of what was stated, and under a surge less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What one loss does to everybody."""

    loss: Loss
    served: Mapping[str, Served]
    """By process, the gravest first."""
    carried: tuple[Carried, ...]
    cost: float
    """US dollars an hour, of everything whose price is known."""
    unpriced: Mapping[str, float]
    """Deployment whose price nobody has stated → the requests a minute that it serves."""

    @property
    def falls_short(self) -> tuple[Served, ...]:
        """The processes whose minimum is not known to be kept."""
        return tuple(each for each in self.served.values() if not each.keeps)


class Capacity:
    """The capacity of an inventory under some assumptions; ask it about losses."""

    def __init__(self, graph: Graph, assumed: Assumed | None = None) -> None:
        self.graph = graph
        self.assumed = assumed or Assumed()
        self.pools: Pools = pools(graph, self.assumed)
        self.limits = [pool.limit for pool in self.pools.all]
        self._wants = wants(graph, self.assumed)

    def under(self, loss: Loss = ORDINARY, limits: Sequence[float] | None = None) -> Outlook:
        """What a loss does; `limits` stand in for those that are stated, pool by pool."""
        worth = self.worth(loss)
        now = [limit * worth[index] for index, limit in enumerate(limits or self.limits)]
        askers = [Asker(want, self._options(want, loss)) for want in self._wants]
        poured = pour(askers, self.pools, now, self.assumed.call_s)
        served = {asker.want.process.id: self._served(asker, poured) for asker in askers}
        cost, unpriced = self._cost(askers, poured)
        carried = tuple(map(Carried, self.pools.all, poured.used, now))
        return Outlook(loss=loss, served=served, carried=carried, cost=cost, unpriced=unpriced)

    def worth(self, loss: Loss) -> tuple[float, ...]:
        """What a stated limit is worth while something is lost: the share that is left of it, and a surge takes part.

        Of an account as much is left as of the deployment of it that has most left. A surge divides what is remote,
        and only where others lose something as well.
        """
        surge = self.assumed.surge if loss.shared else 1.0
        left: dict[int, float] = {}
        for deployment, indexes in self.pools.of.items():
            for index in indexes:
                left[index] = max(left.get(index, 0.0), loss.left.get(deployment, 1.0))
        return tuple(
            left.get(index, 1.0) / (surge if pool.remote else 1.0) for index, pool in enumerate(self.pools.all)
        )

    def _options(self, want: Want, loss: Loss) -> tuple[str, ...]:
        process = want.process.id
        permitted = self.graph.processes[process].permitted
        return tuple(each for each in permitted if not loss.takes(process, each))

    def _served(self, asker: Asker, poured: Poured) -> Served:
        flows = poured.flows[asker.want.process.id]
        return Served(
            process=asker.want.process,
            wanted=asker.want.rpm,
            by=flows,
            unknown=sum(rpm for name, rpm in flows.items() if name in self.pools.unlimited),
            bound=tuple(self.pools.all[index] for index in poured.full[asker.want.process.id]),
            options=asker.options,
        )

    def _cost(self, askers: Sequence[Asker], poured: Poured) -> tuple[float, dict[str, float]]:
        cost = 0.0
        unpriced: dict[str, float] = {}
        for asker, name, rpm in self._flows(askers, poured):
            prices, demand = self.graph.inventory.deployments[name].prices, asker.want.process.demand
            if prices is None:
                unpriced[name] = unpriced.get(name, 0.0) + rpm
            else:
                one = (demand.tokens_in * prices.input + demand.tokens_out * prices.output) / MILLION
                cost += one * rpm * HOUR
        return cost, unpriced

    @staticmethod
    def _flows(askers: Sequence[Asker], poured: Poured) -> Iterator[tuple[Asker, str, float]]:
        for asker in askers:
            for name, rpm in poured.flows[asker.want.process.id].items():
                yield asker, name, rpm
