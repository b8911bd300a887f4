"""The fewest candidates that remove all of some single points of failure, and the fewest that must be new.

A minimum set cover, twice. Small as inventories make it: a process has a dozen single points, and two additions are
mostly enough. Both searches take a bound of steps; where it does not suffice, a greedy choice is made and said to be one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


Need = tuple[frozenset[str], ...]
"""New deployments: all of any one of these."""


class Help(NamedTuple):
    """What one candidate would do for one process."""

    gain: int
    """The single points of failure that it removes, as bits."""
    new: bool
    cost: float
    name: str

    @property
    def burden(self) -> tuple[bool, float, str]:
        """Better ones first."""
        return self.new, self.cost, self.name


class Option(NamedTuple):
    """Candidates that together remove all."""

    cost: float
    names: tuple[str, ...]
    """Sorted."""
    new: frozenset[str]
    """Those that are new."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """The ways of one process that have the fewest additions, one for each choice of new deployments."""

    options: tuple[Option, ...]
    least: int
    """No way has fewer additions."""

    @property
    def exact(self) -> bool:
        """Whether its options have as few, and none is left out that might be better."""
        return all(len(option.names) == self.least for option in self.options) and self.complete

    complete: bool = True


def remedy(target: int, helps: Sequence[Help], steps: int) -> Remedy:
    """The smallest choices that gain all of the target, which all of them together do.

    Of those with the same new deployments the cheapest, then the first by name. Tries one candidate, two, three, …;
    after so many steps in all it answers with a greedy choice.
    """
    if not target:
        return Remedy((Option(0.0, (), frozenset()),), 0)
    useful = _undominated([each for each in helps if each.gain])
    left = steps
    for size in range(1, target.bit_count() + 1):
        best: dict[frozenset[str], Option] = {}
        for chosen in _choices(target, useful, size):
            left -= 1
            if left < 0:
                return Remedy((_greedy(target, useful),), size, complete=False)
            if chosen is not None:
                option = _option(chosen)
                best[option.new] = min(option, best.get(option.new, option))
        if best:
            return Remedy(tuple(sorted(best.values())), size)
    raise AssertionError("all helps together gain the target")


def _undominated(helps: list[Help]) -> tuple[Help, ...]:
    """Without those for which one that is not new gains as much or more, is no dearer, and comes first by name.

    Two new ones may both be worth having: another process may need either.
    """
    kept: list[Help] = []
    for each in sorted(helps, key=lambda one: one.burden):
        rivals = (other for other in kept if not other.new and other.cost <= each.cost and other.name <= each.name)
        if all(each.gain & ~other.gain for other in rivals):
            kept.append(each)
    return tuple(sorted(kept, key=lambda one: (-one.gain.bit_count(), one.burden)))


def _choices(target: int, helps: tuple[Help, ...], size: int) -> Iterator[tuple[Help, ...] | None]:
    """Every choice of so many that gains the target, each once; None is a step that found none.

    Branches on the point that the fewest can still remove.
    """
    todo: list[tuple[tuple[Help, ...], int, tuple[Help, ...]]] = [((), target, helps)]
    while todo:
        chosen, missing, allowed = todo.pop()
        if not missing:
            yield chosen
            continue
        yield None
        widest = max(((each.gain & missing).bit_count() for each in allowed), default=0)
        if (size - len(chosen)) * widest < missing.bit_count():
            continue
        rarest = _rarest(missing, allowed)
        left = allowed
        for each in [one for one in allowed if one.gain & rarest]:
            left = tuple(one for one in left if one is not each)
            todo.append(((*chosen, each), missing & ~each.gain, left))


def _rarest(missing: int, allowed: tuple[Help, ...]) -> int:
    best, fewest = 0, len(allowed) + 1
    while missing:
        bit = missing & -missing
        missing ^= bit
        number = sum(each.gain & bit != 0 for each in allowed)
        if number < fewest:
            best, fewest = bit, number
    return best


def _greedy(target: int, helps: tuple[Help, ...]) -> Option:
    """Always the one that gains most of what is missing."""
    chosen = []
    while target:
        each = min(helps, key=lambda one: (-(one.gain & target).bit_count(), one.burden))
        chosen.append(each)
        target &= ~each.gain
    return _option(tuple(chosen))


def _option(chosen: tuple[Help, ...]) -> Option:
    ordered = sorted(chosen, key=lambda each: each.name)
    names = tuple(each.name for each in ordered)
    return Option(sum(each.cost for each in ordered), names, frozenset(each.name for each in chosen if each.new))


class Purchase(NamedTuple):
    """The new deployments to get."""

    names: frozenset[str]
    least: int
    """Fewer new ones do not suffice."""
    exact: bool
    """No choice has fewer, or as many at a lower cost of all processes together, or comes before it by name."""


def purchase(remedies: Mapping[Remedy, int], steps: int) -> Purchase:
    """The fewest new deployments with which each remedy has an option; then the cheapest, then the first by name.

    The remedies with the number of processes that have each. After so many steps a greedy choice.
    """
    left = steps
    needs = sorted({_needed(each) for each in remedies}, key=lambda need: [sorted(names) for names in need])
    priced = {each: number for each, number in remedies.items() if any(option.new for option in each.options)}
    most = len({name for need in needs for names in need for name in names})
    for size in range(most + 1):
        found = []
        for names in _purchases(needs, size):
            left -= 1 if names is None else len(priced)
            if left < 0:
                return Purchase(_greedily(needs), size, exact=False)
            if names is not None:
                found.append((_total(priced, names), sorted(names), names))
        if found:
            return Purchase(min(found)[2], size, exact=True)
    raise AssertionError("all new deployments together suffice")


def _needed(each: Remedy) -> Need:
    """The choices of new deployments of which a process needs one; the smallest of them, sorted."""
    choices = {option.new for option in each.options}
    return tuple(sorted((one for one in choices if not any(other < one for other in choices)), key=sorted))


def _purchases(needs: list[Need], size: int) -> Iterator[frozenset[str] | None]:
    """Every choice of so many that meets all needs, each once, if fewer do not; None is a step that found none.

    Branches on the first need that is not met.
    """
    seen = {frozenset[str]()}
    todo = list(seen)
    while todo:
        names = todo.pop()
        unmet = next((need for need in needs if not _met(need, names)), None)
        if unmet is None:
            yield names
            continue
        yield None
        grown = {names | more for more in unmet}
        todo += sorted((each for each in grown - seen if len(each) <= size), key=sorted)
        seen |= grown


def _met(need: Need, names: frozenset[str]) -> bool:
    return any(each <= names for each in need)


def best(each: Remedy, names: frozenset[str]) -> Option:
    """The option of a remedy that needs no other new deployments than these."""
    return min(option for option in each.options if option.new <= names)


def _total(remedies: Mapping[Remedy, int], names: frozenset[str]) -> float:
    return sum(number * best(each, names).cost for each, number in remedies.items())


def _greedily(needs: list[Need]) -> frozenset[str]:
    """Always what meets most of the needs that are not met, for each new deployment."""
    names = frozenset[str]()
    while unmet := [need for need in needs if not _met(need, names)]:
        wanted = sorted({each - names for need in unmet for each in need}, key=sorted)
        worth = [sum(_met(need, names | more) for need in unmet) / len(more) for more in wanted]
        names = names.union(wanted[worth.index(max(worth))])
    return names
