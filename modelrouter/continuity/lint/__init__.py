"""Viability: would the fallbacks work on the day they are needed? Rules R01 to R18, asked without any traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.continuity.factors import Graph
from modelrouter.continuity.lint.book import RULES
from modelrouter.continuity.lint.dates import idle, keys, notice, retirement
from modelrouter.continuity.lint.fitness import capabilities, context, cost, output, quality
from modelrouter.continuity.lint.independence import alone, shared_keys, together
from modelrouter.continuity.lint.permission import policies, retention, spillover
from modelrouter.continuity.lint.room import room
from modelrouter.continuity.lint.routing import patience, routing
from modelrouter.continuity.lint.rule import Finding, Rule, View
from modelrouter.core.moment import without_past

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from modelrouter.continuity.calendar import Match
    from modelrouter.core.inventory import Inventory

__all__ = ["RULES", "Finding", "Rule", "lint"]

CHECKS: tuple[Callable[[View], Iterable[Finding]], ...] = (
    context,
    capabilities,
    output,
    policies,
    together,
    shared_keys,
    keys,
    retirement,
    idle,
    room,
    cost,
    routing,
    patience,
    alone,
    quality,
    notice,
    retention,
    spillover,
)


def lint(inventory: Inventory, today: date, matches: Iterable[Match] = ()) -> Iterator[Finding]:
    """Apply every rule; sorted by rule, then as the inventory is written. Same inventory, same day: same findings.

    `matches` are retirements that a price list knows of.
    """
    view = View.of(Graph.of(without_past(inventory, today)), today, matches)
    found = [each for check in CHECKS for each in check(view)]
    yield from sorted(found, key=lambda each: each.rule)
