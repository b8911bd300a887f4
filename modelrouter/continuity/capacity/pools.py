"""The limits of an inventory, each as a pool that demand is poured into.

A deployment has a pool for each limit it states, and draws on those of its account as well, which all deployments
of the account share. Of calls at a time, how long a call takes says how many a minute that carries; while nobody
says, such a limit is left out and named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from modelrouter.core.load import MINUTE, RANKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.continuity.factors import Graph
    from modelrouter.core.inventory import Deployment, Limits, Process

__all__ = ["Assumed", "Pool", "Pools", "Want", "pools", "wants"]

LimitWord = Literal["rpm", "tpm", "concurrency"]
WORDS: tuple[LimitWord, ...] = ("rpm", "tpm", "concurrency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What is taken for granted while capacity is worked out."""

    surge: float = 1.0
    """While others lose something too, they flee to where we flee: what remote survivors carry for us is divided by
    this. 1: nobody else moves."""
    load: float = 1.0
    """So many times the demand of every process."""
    at_peak: bool = False
    """Every process at its own `demand.peak`, all at the same time."""
    call_s: float | None = None
    """How long a call takes; None leaves limits of calls at a time out."""


class Pool(NamedTuple):
    """One limit."""

    owner: str
    """`deployment:gpt-azure-eu` or `account:azure/insurance`."""
    word: LimitWord
    limit: float
    """As stated: calls a minute, tokens a minute, or calls at a time."""
    remote: bool
    """Of a provider that is not our own."""
    ranks: frozenset[int]
    """The criticalities that share it; of calls at a time the lower ones may not fill the last share."""

    @property
    def name(self) -> str:
        """`gpt-azure-eu tpm`, `azure/insurance rpm`."""
        return f"{self.owner.partition(':')[2]} {self.word}"

    @property
    def path(self) -> tuple[str, ...]:
        """Where the limit stands in the inventory."""
        kind, _, owner = self.owner.partition(":")
        if kind == "deployment":
            return ("deployments", owner, "limits", self.word)
        provider, _, account = owner.partition("/")
        return ("providers", provider, "accounts", account, "limits", self.word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """Every limit that is known, and who draws on which."""

    all: tuple[Pool, ...]
    of: Mapping[str, tuple[int, ...]]
    """Deployment → the places of its pools in `all`."""
    unlimited: frozenset[str]
    """Deployments of which no limit is known that says how much a minute they carry."""
    left_out: tuple[str, ...]
    """Limits that are stated and not counted, by name."""


class Want(NamedTuple):
    """What one process asks for."""

    process: Process
    rank: int
    rpm: float
    tokens: int
    """Of one request, in and out."""

    def takes(self, pool: Pool, call_s: float | None) -> float:
        """What one of its requests a minute takes of a pool."""
        if pool.word == "rpm":
            return 1.0
        return float(self.tokens) if pool.word == "tpm" else (call_s or 0.0) / MINUTE


def wants(graph: Graph, assumed: Assumed) -> tuple[Want, ...]:
    """What every process asks for, the gravest first, else as the inventory is written."""
    found = []
    for process in graph.inventory.processes.values():
        demand = process.demand
        times = assumed.load * (demand.peak if assumed.at_peak else 1.0)
        tokens = demand.tokens_in + demand.tokens_out
        found.append(Want(process, RANKS[process.criticality], demand.rpm * times, tokens))
    return tuple(sorted(found, key=lambda want: want.rank))


def pools(graph: Graph, assumed: Assumed) -> Pools:
    """Gather the limits of all deployments and of their accounts."""
    ranks = _ranks(graph)
    found: dict[tuple[str, LimitWord], Pool] = {}
    of: dict[str, tuple[int, ...]] = {}
    places: dict[tuple[str, LimitWord], int] = {}
    left_out: dict[str, None] = {}
    for deployment in graph.inventory.deployments.values():
        mine = []
        for owner, limits in _owners(deployment):
            for word in WORDS:
                limit = _limit(limits, word)
                if limit is None:
                    continue
                pool = Pool(owner, word, float(limit), not deployment.provider.local, ranks.get(owner, frozenset()))
                if word == "concurrency" and assumed.call_s is None:
                    left_out[pool.name] = None
                    continue
                mine.append(places.setdefault((owner, word), len(places)))
                found[owner, word] = pool
        of[deployment.id] = tuple(mine)
    unlimited = frozenset(name for name, each in of.items() if not each)
    return Pools(all=tuple(found.values()), of=of, unlimited=unlimited, left_out=tuple(left_out))


def _limit(limits: Limits, word: LimitWord) -> int | None:
    """One of the limits by its word."""
    return {"rpm": limits.rpm, "tpm": limits.tpm, "concurrency": limits.concurrency}[word]


def _owners(deployment: Deployment) -> Iterator[tuple[str, Limits]]:
    yield f"deployment:{deployment.id}", deployment.limits
    if deployment.account is not None:
        yield f"account:{deployment.provider.id}/{deployment.account.name}", deployment.account.limits


def _ranks(graph: Graph) -> dict[str, frozenset[int]]:
    """Who shares what, as the router sees it: by routes, whether or not policy permits them."""
    found: dict[str, set[int]] = {}
    for process in graph.inventory.processes.values():
        for deployment in process.routes:
            for owner, _ in _owners(deployment):
                found.setdefault(owner, set()).add(RANKS[process.criticality])
    return {owner: frozenset(each) for owner, each in found.items()}
