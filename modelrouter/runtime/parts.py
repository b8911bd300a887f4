"""Everything a request uses that is made from one inventory: taken once, when the request begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.core.candidates import candidates, process_named
from modelrouter.core.inventory import USUAL
from modelrouter.core.moment import day_at, midnight, next_change
from modelrouter.core.policy import refuse_unknown
from modelrouter.core.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from modelrouter.core.candidates import Candidates
    from modelrouter.core.context import Context
    from modelrouter.core.inventory import Inventory
    from modelrouter.providers.base import ProviderClient
    from modelrouter.runtime.drive import Driver
    from modelrouter.wire.reading import Asked

__all__ = ["Parts"]

ROUTES_KEPT = 4096
"""Routes remembered for (name, context, needs); beyond that the memory starts anew."""


class _Spell(NamedTuple):
    """A time in which the same policies and contracts are in force, and the routes found in it."""

    day: date
    begins: float
    ends: float
    """In seconds since 1970; what is in force changes then."""
    routes: dict[tuple[Any, ...], Candidates]

    @classmethod
    def at(cls, wall: float, inventory: Inventory) -> _Spell:
        """The one that holds at a moment; it is known from the day of the moment on."""
        day = day_at(wall)
        turn = next_change(inventory, day)
        return cls(day, midnight(day), inf if turn is None else midnight(turn), {})


@dataclass(frozen=True, slots=True)
class Parts:
    """One inventory and what serves it. A reload makes another; who holds this one goes on with it."""

    inventory: Inventory
    clients: Mapping[str, ProviderClient]
    driver: Driver
    _spells: list[_Spell] = field(default_factory=list)
    """The present one alone; empty at first. Replaced as a whole, so that no thread sees half of two."""

    def route(
        self, name: str, context: Context, capabilities: frozenset[str], tokens: int, day: date | None = None
    ) -> Candidates:
        """The candidates of today, or of another day. Raises UnknownNameError, and BadRequestError for unknown words.

        They are remembered until a policy or contract begins or is over: they depend on nothing else that changes.
        """
        # The tokens are rounded up to what a memory can hold; an estimate knows no better.
        tokens = (tokens + 1023) & ~1023 if tokens else 0
        key = (name, context.data_classes, context.country, context.person, context.segment, capabilities, tokens)
        spell = self._spell() if day is None else _Spell.at(midnight(day), self.inventory)
        route = spell.routes.get(key)
        if route is None:
            if len(spell.routes) >= ROUTES_KEPT:
                spell.routes.clear()
            refuse_unknown(self.inventory, context)
            process = process_named(self.inventory, name)
            route = candidates(self.inventory, process, context, capabilities, tokens, spell.day)
            spell.routes[key] = route
        return route

    def _spell(self) -> _Spell:
        """The present one; another as soon as the clock on the wall has left it, in either direction."""
        wall = self.driver.clock.wall()
        spell = self._spells[0] if self._spells else None
        if spell is None or not spell.begins <= wall < spell.ends:
            spell = _Spell.at(wall, self.inventory)
            self._spells[:] = [spell]
        return spell

    def request(self, route: Candidates, asked: Asked, context: Context) -> Request:
        """The machine of one request, with what the deployments have shown of themselves."""
        process, of = route.process, self.driver.state.posts.of
        objectives = process.objectives
        patience = (
            [] if objectives.first_token_s else [of(d).patience_s(streamed=asked.stream) for d in route.permitted]
        )
        hedge = process.hedge_s if "tools" not in asked.capabilities else None
        if hedge == USUAL:
            hedge = of(route.permitted[0]).usual_s(streamed=asked.stream) if route.permitted else None
        return Request(
            process,
            route.permitted,
            self.driver.clock.now() + min(context.deadline_s or objectives.deadline_s, objectives.deadline_s),
            objectives.first_token_s,
            patience,
            hedge,
        )
