"""What one seed means: an inventory, what befalls its providers and when, and who asks for what.

A world is a plain value, drawn before anything runs: what happens during a run cannot change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal

from .estate import draw_estate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Inventory

    from .estate import Estate

Manner = Literal["reads", "reads slowly", "drops", "closes"]

REACHES: Mapping[str, tuple[str, ...]] = {
    "throttled": ("account-model", "deployment"),
    "throttled_stated": ("account-model",),
    "outage": ("deployment", "provider", "upstream", "provider-model-region"),
    "overloaded": ("provider-model-region", "provider"),
    "overloaded_stated": ("provider-model-region",),
    "quota": ("account",),
    "quota_stated": ("account",),
    "suspended": ("account",),
    "geofenced": ("provider-egress",),
    "export": ("family",),
    "auth": ("account",),
    "withdrawn": ("provider-model",),
    "permission": ("account-model",),
    "content": ("deployment", "family"),
    "overflow": ("deployment",),
    "page": ("provider-egress", "deployment"),
    "refused": ("endpoint", "upstream", "provider"),
    "reset": ("endpoint", "deployment"),
    "cut": ("deployment", "endpoint"),
    "cut_before": ("deployment", "endpoint"),
    "ends_early": ("deployment",),
    "silent": ("deployment", "provider", "upstream"),
    "silent_stream": ("deployment", "provider-model-region"),
    "stall": ("deployment", "provider-model-region"),
    "slow": ("deployment", "provider", "provider-model-region"),
    "error_event": ("deployment",),
    "error_event_late": ("deployment",),
    "malformed": ("deployment",),
    "malformed_late": ("deployment",),
    "empty": ("deployment",),
}
"""What may befall a provider, and which domains it befalls as one."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that befalls some deployments for some time; of several at once the first one drawn shows."""

    kind: str
    begin: float
    end: float
    deployments: frozenset[str]
    share: float
    """Of calls that meet it; the others are served as ever."""
    wait_s: float
    """Where it states a wait."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One request, as its caller means it."""

    number: int
    at: float
    router: int
    process: str
    stream: bool
    deadline_s: float | None
    data_class: str | None
    tools: bool
    manner: Manner
    pause_s: float
    """Between two reads of somebody who reads slowly."""
    leaves_after_s: float | None
    """The caller is cancelled so long after it began."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator does."""

    at: float
    router: int
    domain: str
    for_s: float | None
    release: bool


@dataclass(frozen=True, slots=True)
class World:
    """Everything one seed means."""

    seed: int
    estate: Estate
    incidents: tuple[Incident, ...]
    askings: tuple[Asking, ...]
    orders: tuple[Order, ...]
    routers: int
    """More than one share their holds through one file."""
    loaded: tuple[tuple[float, float], ...]
    """When there is load; between two of these nobody asks."""

    @property
    def inventory(self) -> Inventory:
        """The inventory of every router."""
        return self.estate.inventory

    @property
    def end(self) -> float:
        """When the load ends, and every incident with it."""
        return self.loaded[-1][1]

    @property
    def loaded_s(self) -> float:
        """Seconds under load."""
        return sum(end - begin for begin, end in self.loaded)

    def befallen(self, deployment: str, at: float) -> Incident | None:
        """What befalls a deployment then."""
        for incident in self.incidents:
            if incident.begin <= at < incident.end and deployment in incident.deployments:
                return incident
        return None

    def healthy(self, deployment: str, begin: float, end: float) -> bool:
        """Whether nothing befell a deployment between two moments."""
        return not any(
            incident.begin <= end and begin < incident.end and deployment in incident.deployments
            for incident in self.incidents
        )


def draw(seed: int) -> World:
    """The world of a seed."""
    rng = Random(f"world {seed}")
    estate = draw_estate(rng, Random(f"choices {seed}"))
    first = rng.uniform(55, 95)
    loaded = [(0.0, first)]
    if rng.random() < 0.35:  # long enough for holds to come due, and then everybody is back at once
        begin = first + rng.choice((75.0, 330.0, 700.0, 1000.0))
        loaded.append((begin, begin + rng.uniform(8, 20)))
    routers = 1 if rng.random() < 0.88 else rng.choice((2, 2, 3))
    incidents = _incidents(rng, estate, tuple(loaded))
    askings = _askings(rng, estate, tuple(loaded), routers)
    orders = _orders(rng, estate, tuple(loaded), routers)
    return World(seed, estate, incidents, askings, orders, routers, tuple(loaded))


def _incidents(rng: Random, estate: Estate, loaded: tuple[tuple[float, float], ...]) -> tuple[Incident, ...]:
    end = loaded[-1][1]
    incidents = []
    for _ in range(rng.choice((0, 1, 2, 3, 3, 4, 5, 6, 8))):
        kind = rng.choice(sorted(REACHES))
        befallen = rng.choice(sorted(estate.deployments.values(), key=lambda each: each.id))
        reach = rng.choice(REACHES[kind])
        domain = rng.choice(
            [name for name in sorted(estate.domains[befallen.id]) if name.startswith(f"{reach}:")] or [""]
        )
        struck = frozenset(name for name, domains in estate.domains.items() if domain in domains) or {befallen.id}
        begin = rng.uniform(0, loaded[0][1]) if rng.random() < 0.9 else 0.0
        lasts = rng.choice((0.5, 3.0, 10.0, 30.0, 60.0, 400.0, 2000.0)) * rng.uniform(0.5, 1.5)
        share = 1.0 if rng.random() < 0.7 else rng.choice((0.1, 0.3, 0.6))
        wait = rng.choice((0.5, 1.0, 2.0, 5.0, 7.0, 20.0, 45.0))
        wait = wait * 20 + 60 if kind == "quota_stated" else wait
        incidents.append(Incident(kind, begin, min(begin + lasts, end), frozenset(struck), share, wait))
    return tuple(incidents)


def _askings(rng: Random, estate: Estate, loaded: tuple[tuple[float, float], ...], routers: int) -> tuple[Asking, ...]:
    processes = sorted(estate.inventory.processes)
    moments: list[tuple[float, str]] = []
    rate = rng.choice((0.2, 0.4, 0.8, 1.2, 1.6))
    for begin, end in loaded:
        at = begin
        while (at := at + rng.expovariate(rate)) < end:
            moments.append((at, rng.choice(processes)))
        for _ in range(rng.choice((0, 0, 1, 2))):
            moments += _crowd(rng, processes, rng.uniform(begin, end - 0.5))
    if len(loaded) > 1:
        moments += _crowd(rng, processes, loaded[1][0])
    return tuple(
        _asking(rng, estate, number, at, process, routers) for number, (at, process) in enumerate(sorted(moments))
    )


def _crowd(rng: Random, processes: list[str], at: float) -> list[tuple[float, str]]:
    """Many at once: of one process, or of any."""
    of = [rng.choice(processes)] if rng.random() < 0.5 else processes
    within = rng.choice((0.0, 0.05, 0.5))
    return [(at + rng.uniform(0, within), rng.choice(of)) for _ in range(rng.choice((4, 10, 20, 40)))]


def _asking(rng: Random, estate: Estate, number: int, at: float, process: str, routers: int) -> Asking:
    stream = rng.random() < 0.55
    manners: tuple[Manner, ...] = ("reads slowly", "drops", "closes")
    return Asking(
        number=number,
        at=at,
        router=rng.randrange(routers),
        process=process,
        stream=stream,
        deadline_s=None if rng.random() < 0.85 else rng.choice((0.05, 0.5, 3.0, 12.0)),
        data_class=None if rng.random() < 0.8 else rng.choice(estate.data_classes),
        tools=rng.random() < 0.1,
        manner=rng.choice(manners) if stream and rng.random() < 0.25 else "reads",
        pause_s=rng.choice((0.2, 2.0, 20.0)),
        leaves_after_s=None if rng.random() < 0.88 else rng.choice((0.0, 0.01, 0.3, 1.5, 6.0)) * rng.uniform(0.5, 1.5),
    )


def _orders(rng: Random, estate: Estate, loaded: tuple[tuple[float, float], ...], routers: int) -> tuple[Order, ...]:
    orders = []
    everything = sorted({name for domains in estate.domains.values() for name in domains})
    for _ in range(rng.choice((0, 0, 0, 1, 2, 3))):
        domain = rng.choice(everything)
        at = rng.uniform(0, loaded[-1][1])
        for_s = rng.choice((None, None, 5.0, 20.0))
        orders.append(Order(at, rng.randrange(routers), domain, for_s, release=False))
        if rng.random() < 0.7:
            orders.append(Order(at + rng.uniform(1, 30), rng.randrange(routers), domain, None, release=True))
    if rng.random() < 0.2:
        orders.append(Order(rng.uniform(10, loaded[0][1]), 0, rng.choice(everything), None, release=True))
    return tuple(sorted(orders, key=lambda order: order.at))
