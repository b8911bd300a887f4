"""Everything a request uses that is made from one inventory: taken once, when the request begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelrouter.core.candidates import candidates, process_named
from modelrouter.core.inventory import USUAL
from modelrouter.core.policy import refuse_unknown
from modelrouter.core.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.candidates import Candidates
    from modelrouter.core.context import Context
    from modelrouter.core.inventory import Inventory
    from modelrouter.providers.base import ProviderClient
    from modelrouter.runtime.drive import Driver
    from modelrouter.wire.reading import Asked

__all__ = ["Parts"]

ROUTES_KEPT = 4096
"""Routes remembered for (name, context, needs); beyond that the memory starts anew."""


@dataclass(frozen=True, slots=True)
class Parts:
    """One inventory and what serves it. A reload makes another; who holds this one goes on with it."""

    inventory: Inventory
    clients: Mapping[str, ProviderClient]
    driver: Driver
    _routes: dict[tuple[Any, ...], Candidates] = field(default_factory=dict)

    def route(self, name: str, context: Context, capabilities: frozenset[str], tokens: int) -> Candidates:
        """The candidates, remembered: they depend on nothing else that changes. Raises UnknownNameError."""
        # The tokens are rounded up to what a memory can hold; an estimate knows no better.
        tokens = (tokens + 1023) & ~1023 if tokens else 0
        key = (name, context.data_classes, context.country, capabilities, tokens)
        route = self._routes.get(key)
        if route is None:
            if len(self._routes) >= ROUTES_KEPT:
                self._routes.clear()
            refuse_unknown(self.inventory, context)
            process = process_named(self.inventory, name)
            route = self._routes[key] = candidates(self.inventory, process, context, capabilities, tokens)
        return route

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
