"""Can what is left carry what arrives? R10."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.continuity.capacity import ORDINARY, Capacity, Word, single
from modelrouter.continuity.lint.book import CAPACITY
from modelrouter.continuity.lint.rule import finding, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelrouter.continuity.capacity import Loss, Outlook, Served
    from modelrouter.continuity.lint.rule import Finding, View

__all__ = ["room"]

PATIENCE = 500_000
"""Processes times losses: about ten seconds of work. Of a larger inventory only some losses are asked here."""
WIDE = frozenset({"provider", "account"})
"""Which those are."""
ALL = 0.999
"""In ordinary times so much of a process's demand is all of it: the rest is rounding."""


def room(view: View) -> Iterator[Finding]:
    """R10. For each process the loss that leaves it least, if that is less than its minimum; and ordinary times."""
    capacity = Capacity(view.graph)
    losses = single(view.graph)
    asked = losses
    if len(losses) * len(view.inventory.processes) > PATIENCE:
        asked = tuple(each for each in losses if each.name.partition(":")[0] in WIDE)
    ordinary = capacity.under(ORDINARY)
    worst: dict[str, tuple[Served, Loss]] = {}
    unknown: dict[str, dict[str, None]] = {}
    for outlook in (ordinary, *map(capacity.under, asked)):
        _note_worst(outlook, worst)
        for name, process in _unstated(outlook, capacity):
            unknown.setdefault(name, {})[process] = None
    yield from _ordinary(ordinary.served.values())
    yield from (_short(*worst[process]) for process in view.inventory.processes if process in worst)
    for name, processes in unknown.items():
        message = f"nobody has said what {name} carries, and {some(processes)} may have to live on it"
        advice = "State `limits: {rpm: …, tpm: …}`: what the provider grants, or what you have measured."
        yield finding(CAPACITY, ("deployments", name), message, advice, "note")._replace(at_key=True)
    if len(asked) < len(losses):
        message = f"of {len(losses)} single losses only the {len(asked)} of providers and accounts were asked here"
        yield finding(CAPACITY, ("processes",), message, "`modelrouter capacity` asks all.", "note")._replace(
            at_key=True
        )


def _note_worst(outlook: Outlook, worst: dict[str, tuple[Served, Loss]]) -> None:
    for name, served in outlook.served.items():
        if served.word is Word.SHORT and (name not in worst or served.share < worst[name][0].share):
            worst[name] = (served, outlook.loss)


def _unstated(outlook: Outlook, capacity: Capacity) -> Iterator[tuple[str, str]]:
    for name, served in outlook.served.items():
        if served.word is Word.UNKNOWN:
            yield from ((each, name) for each in served.by if each in capacity.pools.unlimited)


def _ordinary(served: Iterable[Served]) -> Iterator[Finding]:
    """What is not carried even while nothing is lost."""
    for each in served:
        if each.bound and each.share < ALL and each.word is not Word.SHORT:
            message = f"even in ordinary times only {each.share:.0%} of {each.process.id} is served: {_bound(each)}"
            yield finding(CAPACITY, each.bound[-1].path, message, CAPACITY.advice)


def _short(served: Served, loss: Loss) -> Finding:
    minimum = served.process.objectives.minimum
    when = f"when {loss.said}" if loss.names else "even in ordinary times"
    message = f"{when}, {served.share:.0%} of {served.process.id} is served and {minimum:.0%} is its minimum: {_bound(served)}"
    return finding(CAPACITY, served.bound[-1].path, message, CAPACITY.advice)


def _bound(served: Served) -> str:
    names = ", ".join(pool.name for pool in served.bound)
    return f"{names} {'is' if len(served.bound) == 1 else 'are'} used up"
