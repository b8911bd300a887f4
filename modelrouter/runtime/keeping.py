"""Where what providers keep lies: a request that speaks of it goes there, and nowhere else.

An earlier answer, a container or a file is known to one account of one provider. Where the answer that named it was
seen here in the last day, the account is known; of anything else only the first deployment that may serve can know,
since callers put things there themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.core.candidates import Candidates, Exclusion
from modelrouter.runtime.memory import Memory
from modelrouter.wire.dialects import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.core.inventory import Deployment
    from modelrouter.runtime.clock import Clock
    from modelrouter.wire.reading import Asked

__all__ = ["Keepers", "keeper_of"]

MOST = 16384
"""Ids remembered, of 16 bytes each and a name that many share; of more, the latest."""
FOR_S = 86_400.0
LONGEST = 200
"""Of an id that an exclusion quotes: it is the caller's own text."""


def keeper_of(deployment: Deployment) -> str:
    """Name the account with which a deployment leaves what it keeps."""
    return f"{deployment.provider.id}/{deployment.account.name if deployment.account else ''}"


class Keepers:
    """The accounts where answers of the last day lie. Safe to use from several threads."""

    def __init__(self, clock: Clock, *, most: int = MOST, for_s: float = FOR_S) -> None:
        self._memory = Memory(clock, most=most, for_s=for_s)

    def note(self, deployment: Deployment, ids: Iterable[str]) -> None:
        """Remember under which ids a deployment's account keeps what it answered."""
        keeper, wire = keeper_of(deployment), shape_of(deployment.wire)
        for id_ in ids:
            self._memory.note(f"{wire} {id_}", keeper)

    def pinned(self, route: Candidates, wire: str, asked: Asked) -> Candidates:
        """Leave out of a route whoever cannot know what a request in a caller's wire speaks of."""
        field, _, id_ = (asked.kept or "").partition(" ")
        if not id_:
            return route
        speakers = [deployment for deployment in route.permitted if shape_of(deployment.wire) == wire]
        known = self._memory.name(f"{wire} {id_}")
        if known is None and not speakers:
            return route  # no deployment can be asked this at all, and each says why
        keeper = known or keeper_of(speakers[0])
        what = f"{field} {id_[:LONGEST]}"
        why = (
            f"{what} is kept by {keeper}" if known else f"{what} is known to one provider alone, and {keeper} is asked"
        )
        kept = tuple(deployment for deployment in speakers if keeper_of(deployment) == keeper)
        left = (Exclusion(deployment, "kept", why) for deployment in route.permitted if deployment not in kept)
        return Candidates(route.process, kept, (*route.excluded, *left))
