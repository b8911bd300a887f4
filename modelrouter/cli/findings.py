"""What `check` has to say, of whatever origin, in one order: by place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.cli.pricelist import price_list
from modelrouter.continuity.calendar import matched
from modelrouter.continuity.lint import lint
from modelrouter.inventory.problems import Finding as Placeless
from modelrouter.inventory.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from modelrouter.inventory import Examined

__all__ = ["Told", "told"]


class Told(NamedTuple):
    """One thing that is wrong, or hardly meant, or would fail when it is needed; sorts by place."""

    problem: Problem
    rule: str = ""
    """Of the viability rules; empty where the file itself is what is wrong."""


def told(examined: Examined, today: date, ignored: Collection[str] = ()) -> tuple[Told, ...]:
    """Everything, but for what rules that are ignored find. Viability is asked only of a file that can be used.

    Retirements that the inventory does not state are looked up in the price list of the installed LiteLLM.
    """
    own = [Told(problem) for problem in examined.problems]
    if examined.inventory is None:
        return tuple(own)
    matches = matched(examined.inventory, price_list().lines)
    found = [each for each in lint(examined.inventory, today, matches) if each.rule not in ignored]
    placed = examined.placed(
        Placeless(each.path, each.message, each.advice, at_key=each.at_key, severity=each.severity) for each in found
    )
    rules = (each.rule for each in found)
    return tuple(sorted((*own, *map(Told, placed, rules))))
