"""What to buy: limits to raise so that every process keeps its minimum, whatever single thing is lost.

For one loss: the gravest process that falls short is taken first. Each of its surviving deployments is tried: its
limits, and those of its account, are raised together in one proportion between what they are and what would let
everything through that arrives there, to the least that gives the process its minimum; who is graver or as grave
is served there as well, since that is what the router will do. The deployment that takes the fewest tokens a minute
more is kept, and the next process follows. For many losses each limit is raised to the most that any of them asks
for, and then all are asked again.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.capacity.forecast import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelrouter.continuity.capacity.forecast import Capacity, Outlook, Served
    from modelrouter.continuity.capacity.losses import Loss
    from modelrouter.continuity.capacity.pools import Pool

__all__ = ["Bill", "Purchase", "bill"]

HALVINGS = 30
ROUNDS = 4
"""So often all losses are asked again: raising one limit can fill another that its account shares."""
BEYOND = 1e12
"""A limit that nothing reaches."""
SHAVED = 1.0 - 1e-9
"""Before a limit is rounded up: what is whole but for rounding stays."""


class Purchase(NamedTuple):
    """One limit to raise."""

    pool: Pool
    limit: float
    """From this, as stated."""
    to: float
    """To this: the least whole number that does it."""

    @property
    def more(self) -> float:
        """How much more that is."""
        return self.to - self.limit


class Bill(NamedTuple):
    """What keeps every minimum, and what no purchase can."""

    purchases: tuple[Purchase, ...]
    hopeless: tuple[tuple[Loss, Served], ...]
    """No limit helps: nobody permitted is left; or where limits are not stated, they must be known first."""


def bill(capacity: Capacity, losses: Iterable[Loss]) -> Bill:
    """Find the limits to raise for these losses together."""
    asked = tuple(losses)
    limits = list(capacity.limits)
    for _ in range(ROUNDS):
        before = list(limits)
        for loss in asked:
            limits = _mended(capacity, loss, limits)
        if limits == before:
            break
    hopeless = tuple(
        (loss, each)
        for loss in asked
        for each in capacity.under(loss, limits).falls_short
        if each.word in (Word.STOPPED, Word.UNKNOWN)
    )
    raised = zip(capacity.pools.all, capacity.limits, limits, strict=True)
    return Bill(tuple(Purchase(pool, was, now) for pool, was, now in raised if now > was), hopeless)


def _mended(capacity: Capacity, loss: Loss, limits: Sequence[float]) -> list[float]:
    """The limits with which no process falls short of its minimum under this loss, unless nobody is left to serve it."""
    now = list(limits)
    given_up: set[str] = set()
    while short := _gravest(capacity.under(loss, now), given_up):
        tried = [_raised(capacity, loss, now, short, option) for option in short.options]
        found = [each for each in tried if each is not None]
        if not found:
            given_up.add(short.process.id)
            continue
        now = min(found, key=lambda each: _size(capacity, now, each))
    return now


def _gravest(outlook: Outlook, given_up: set[str]) -> Served | None:
    short = (each for each in outlook.falls_short if each.word is Word.SHORT)
    return next((each for each in short if each.process.id not in given_up), None)


def _raised(
    capacity: Capacity, loss: Loss, limits: Sequence[float], short: Served, deployment: str
) -> list[float] | None:
    """Raise the limits of one deployment until the process keeps its minimum; None where that does not help."""
    indexes = capacity.pools.of[deployment]
    worth = capacity.worth(loss)
    if any(not worth[index] for index in indexes):
        return None
    open_wide = [BEYOND if index in indexes else limit for index, limit in enumerate(limits)]
    through = capacity.under(loss, open_wide)
    if not _keeps(through, short):
        return None
    most = {index: max(limits[index], _needed(through, index) / worth[index]) for index in indexes}
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _keeps(capacity.under(loss, _between(limits, most, middle)), short):
            high = middle
        else:
            low = middle
    found = _between(limits, most, high)
    return found if _keeps(capacity.under(loss, found), short) else None


def _needed(through: Outlook, index: int) -> float:
    """What a limit must be worth so that all gets through; of calls at a time the lowest may fill four fifths."""
    carried = through.carried[index]
    return carried.used / 0.8 + 1 if carried.pool.word == "concurrency" else carried.used


def _between(limits: Sequence[float], most: dict[int, float], share: float) -> list[float]:
    """Limits so far on the way to the most, in whole numbers; what need not rise does not."""
    return [
        limit
        if index not in most or most[index] <= limit
        else float(ceil((limit + (most[index] - limit) * share) * SHAVED))
        for index, limit in enumerate(limits)
    ]


def _keeps(outlook: Outlook, short: Served) -> bool:
    return outlook.served[short.process.id].word is not Word.SHORT


def _size(capacity: Capacity, limits: Sequence[float], raised: Sequence[float]) -> tuple[float, float]:
    """Tokens a minute first, then everything else."""
    more = [(pool.word, after - before) for pool, before, after in zip(capacity.pools.all, limits, raised, strict=True)]
    return sum(each for word, each in more if word == "tpm"), sum(each for word, each in more if word != "tpm")
