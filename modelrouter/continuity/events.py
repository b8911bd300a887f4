"""What can happen, from the words of people to what it takes away.

    suspend   provider, account, company, key    it stops serving *us*: all our accounts there. What stands on it goes on
    withdraw  family, model, developer           on every channel; our own servers included where family or model is said
    end       contract                           its provider serves us no longer
    lose      any factor                         it is gone for everybody: whatever stands on it goes with it
    throttle  any factor = share                 what it serves us falls to that share; to 0 % is to lose it
    geofence  a place, by some providers or all  they serve nobody there: deployments whose egress lies in the place; where
                                                 the egress is not stated, processes whose users are (some of) there

A name is `kind:id`; its bare id is enough where only one factor that the word takes is called so, and `region:` and
`account:` may leave out their provider. Upper and lower case are the same. A jurisdiction may be a group (`EU`): each
country in it. Nobody outside suspends or geofences our own servers (`local: true`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.factors import KINDS
from modelrouter.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from modelrouter.continuity.factors import Graph, Path
    from modelrouter.core.inventory import Deployment, Inventory

__all__ = ["TAKES", "Cause", "Event", "end", "find", "geofence", "known", "lose", "suspend", "throttle", "withdraw"]

TAKES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "suspend": ("provider", "account", "company", "key"),
        "withdraw": ("family", "model", "developer"),
        "end": ("contract",),
        "lose": KINDS,
        "throttle": KINDS,
        "geofence by": ("provider",),
    }
)
"""The kinds of factors that each word is said of."""


class Cause(NamedTuple):
    """Why something is lost: the way from it to what happened."""

    path: Path
    """Names of factors, the nearest first; empty where it is hit itself."""
    note: str
    """What happened at the end of the path: `suspended by provider aws`."""

    def __str__(self) -> str:
        way = " ← ".join(_label(name) for name in self.path)
        return f"{way}: {self.note}" if way else self.note


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens, and what it takes."""

    word: str
    """`suspend`, `withdraw`, `end`, `lose`, `throttle` or `geofence`."""
    subject: str
    """A factor's name, or a place."""
    said: str
    """For people: `provider anthropic suspends our accounts`."""
    factors: Mapping[str, str] = field(default_factory=dict)
    """What is lost, with all that stands on it → what happened to it."""
    deployments: Mapping[str, str] = field(default_factory=dict)
    """What is lost alone → what happened to it."""
    routes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Process → the deployments that are lost to it alone → why."""
    left: Mapping[str, float] = field(default_factory=dict)
    """Deployments that serve on → the share of their capacity that is left."""
    unknown: tuple[str, ...] = ()
    """What the inventory would have to state to judge this wholly; each was taken as not hit."""


def suspend(graph: Graph, text: str) -> Event:
    """A provider, an account, a company or a key stops serving us.

    Raises UnknownNameError with near misses; UsageError for our own servers.
    """
    (name,) = find(graph, text, "suspend")
    kind, _, subject = name.partition(":")
    if kind in {"account", "key"}:
        _outside(graph, subject.partition("/")[0], "suspend")
        return Event(word="suspend", subject=name, said=f"{_label(name)} is suspended", factors={name: "suspended"})
    providers = [
        each.id
        for each in graph.inventory.providers.values()
        if (each.id == subject if kind == "provider" else each.company == subject and not each.local)
    ]
    for provider in providers:
        _outside(graph, provider, "suspend")
    note = f"suspended by {_label(name)}"
    accounts = [f"account:{provider}/{each}" for provider in providers for each in _accounts(graph, provider)]
    bare = [each.id for each in _of(graph.inventory, providers) if each.account is None]
    return Event(
        word="suspend",
        subject=name,
        said=f"{_label(name)} suspends our accounts",
        factors=dict.fromkeys(accounts, note),
        deployments=dict.fromkeys(bare, note),
    )


def withdraw(graph: Graph, text: str) -> Event:
    """A family, a model or all that a developer keeps to itself is served nowhere any more. Raises UnknownNameError."""
    (name,) = find(graph, text, "withdraw")
    return Event(word="withdraw", subject=name, said=f"{_label(name)} is withdrawn", factors={name: "withdrawn"})


def end(graph: Graph, text: str) -> Event:
    """A contract is over, and nothing replaces it. Raises UnknownNameError."""
    (name,) = find(graph, text, "end")
    return Event(word="end", subject=name, said=f"{_label(name)} ends", factors={name: "ended"})


def lose(graph: Graph, text: str) -> Event:
    """Any factor is gone, with all that stands on it. Raises UnknownNameError with near misses."""
    names = find(graph, text, "lose")
    subject = names[0] if len(names) == 1 else text
    return Event(word="lose", subject=subject, said=f"{_label(subject)} is lost", factors=dict.fromkeys(names, "lost"))


def throttle(graph: Graph, text: str) -> Event:
    """`account:azure/eu=50%`: what a factor serves us falls to a share. Raises UnknownNameError; UsageError for no share."""
    subject, equals, share = text.rpartition("=")
    left = _share(share)
    if not equals or left is None:
        raise UsageError(f"throttle wants what is left, from 0% to below 100%, as in account:azure/eu=50%: {text!r}")
    names = find(graph, subject, "throttle")
    named = names[0] if len(names) == 1 else subject
    said = f"{_label(named)} is throttled to {left:.0%}"
    if not left:
        return Event(word="throttle", subject=named, said=said, factors=dict.fromkeys(names, "throttled to nothing"))
    hit = {deployment: left for name in names for deployment in graph.members(name)}
    return Event(word="throttle", subject=named, said=said, left=hit)


def geofence(graph: Graph, place: str, providers: Sequence[str] = ()) -> Event:
    """Providers (those named, else every one that is not our own) stop serving a place.

    A place that contains the fenced one is hit as well: it says too little to be safe. A process some of whose
    users are in the place is hit whole. Raises UnknownNameError for the place and the providers; UsageError for our own.
    """
    place = _place(graph.inventory, place)
    named = [find(graph, each, "geofence by")[0].partition(":")[2] for each in providers]
    for each in named:
        _outside(graph, each, "geofence")
    by = named or [each.id for each in graph.inventory.providers.values() if not each.local]
    hit: dict[str, str] = {}
    routes: dict[str, dict[str, str]] = {}
    unknown: list[str] = []
    for deployment in _of(graph.inventory, by):
        inside = "" if deployment.egress == place else f", in {place}"
        why = f"shut out by provider {deployment.provider.id}: calls leave from {deployment.egress}{inside}"
        if deployment.egress is None:
            unknown += _by_users(graph, deployment, place, routes)
        elif _touches(graph.inventory, deployment.egress, place):
            hit[deployment.id] = why
    said = f"{_listed(named)} out {place}" if named else f"every provider shuts out {place}"
    subject = f"{place} by {', '.join(named)}" if named else place
    return Event(word="geofence", subject=subject, said=said, deployments=hit, routes=routes, unknown=tuple(unknown))


def find(graph: Graph, text: str, word: str) -> tuple[str, ...]:
    """The factors that a text names, of the kinds that a word takes; more than one for a group of countries only.

    Raises UnknownNameError with near misses, UsageError where the word is not said of that kind, or the name is
    that of several.
    """
    kinds = TAKES[word]
    prefix, colon, rest = text.strip().partition(":")
    kind = prefix.strip().lower() if colon else ""
    if kind in KINDS and kind not in kinds:
        raise UsageError(f"{word} takes {_either(kinds)}, and {text.strip()!r} is a {kind}")
    wanted, asked = ((kind,), rest.strip()) if kind in kinds else (kinds, text.strip())
    exact = [name for each in wanted if (name := f"{each}:{asked}") in graph.factors]
    found = exact or list(_loosely(graph, wanted, asked))
    if len(found) == 1:
        return (found[0],)
    if found:
        raise UsageError(f"{asked!r} may be {' or '.join(found)}: write which")
    if "jurisdiction" in wanted and (group := tuple(_countries(graph, asked))):
        return group
    if colon and kind not in KINDS and (meant := get_close_matches(kind, KINDS, 1)):
        takes = "" if meant[0] in kinds else f" But {word} takes {_either(kinds)}"
        raise UsageError(f"there is no kind {kind!r}; did you mean {meant[0]}:{rest.strip()}?{takes}")
    ids = {each.id for each in graph.factors.values() if each.kind in wanted}
    raise UnknownNameError(_either(wanted), asked, get_close_matches(asked, sorted(ids), 2))


def known(graph: Graph, text: str, word: str) -> tuple[str, ...]:
    """Every factor that might have been meant: of the kind that was written, else of each that the word takes.

    Where it takes them all and none was written, the kinds alone.
    """
    kind = text.strip().partition(":")[0].lower()
    if kind not in KINDS and TAKES[word] == KINDS:
        return tuple(f"{each}:NAME" for each in KINDS)
    kinds = (kind,) if kind in TAKES[word] else TAKES[word]
    return tuple(name for name, each in graph.factors.items() if each.kind in kinds)


def _loosely(graph: Graph, kinds: Sequence[str], asked: str) -> Iterator[str]:
    """In any case of letters; regions, accounts and keys without their provider, too."""
    wanted = asked.casefold()
    for name, factor in graph.factors.items():
        if factor.kind not in kinds:
            continue
        known_as = factor.id.casefold()
        tail = known_as.partition("/")[2] if factor.kind in {"region", "account", "key"} else None
        if wanted in (known_as, tail):
            yield name


def _countries(graph: Graph, group: str) -> Iterator[str]:
    inside = graph.inventory.regions.get(group.upper(), frozenset())
    return (f"jurisdiction:{each}" for each in graph.of_kind("jurisdiction") if each in inside)


def _by_users(graph: Graph, deployment: Deployment, place: str, routes: dict[str, dict[str, str]]) -> Iterator[str]:
    """Fence a deployment of which nobody says from where it is called, by the users of the processes; what stays open."""
    silent = []
    for name, standing in graph.processes.items():
        users = standing.process.users
        if deployment.id not in standing.permitted:
            continue
        inside = [each for each in users if _touches(graph.inventory, each, place)]
        if inside:
            why = f"shut out by provider {deployment.provider.id}: users of {name} are in {', '.join(inside)}"
            routes.setdefault(name, {})[deployment.id] = why
        elif not users:
            silent.append(name)
    if silent:
        yield (
            f"{deployment.id} states no egress, and {', '.join(silent)} no users: "
            f"whether provider {deployment.provider.id} could shut them out of {place} is not known"
        )


def _touches(inventory: Inventory, here: str, place: str) -> bool:
    """Whether a place is the other, lies in it, or contains it."""
    regions = inventory.regions
    return here == place or here in regions.get(place, ()) or place in regions.get(here, ())


def _place(inventory: Inventory, text: str) -> str:
    places = {name for group, inside in inventory.regions.items() for name in (group, *inside)}
    by_case = {name.casefold(): name for name in places}
    found = by_case.get(text.strip().casefold())
    if found is None:
        near = get_close_matches(text.strip().upper(), sorted(places), 2)
        raise UnknownNameError("country or region", text.strip(), near)
    return found


def _outside(graph: Graph, provider: str, word: str) -> None:
    if graph.inventory.providers[provider].local:
        raise UsageError(f"nobody outside can {word} {provider}, which is our own; write --lose provider:{provider}")


def _accounts(graph: Graph, provider: str) -> Iterable[str]:
    return (each.name for each in graph.inventory.providers[provider].accounts.values())


def _of(inventory: Inventory, providers: Iterable[str]) -> Iterator[Deployment]:
    wanted = set(providers)
    return (each for each in inventory.deployments.values() if each.provider.id in wanted)


def _share(text: str) -> float | None:
    number = text.strip()
    if not number.endswith("%"):
        return None
    try:
        left = float(number[:-1]) / 100
    except ValueError:
        return None
    return left if 0 <= left < 1 else None


def _label(name: str) -> str:
    return name.replace(":", " ", 1)


def _listed(providers: Sequence[str]) -> str:
    return f"providers {', '.join(providers)} shut" if len(providers) > 1 else f"provider {providers[0]} shuts"


def _either(kinds: Sequence[str]) -> str:
    if len(kinds) == len(KINDS):
        return "factor"
    return kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} or {kinds[-1]}"
