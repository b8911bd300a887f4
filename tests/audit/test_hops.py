"""Random hops through the router that ships: none is forbidden, and a mistake that is planted is found at every hop."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

import pytest
import structlog

from audit.hops import live, main, run
from modelrouter.core.candidates import process_named
from modelrouter.core.context import Context
from modelrouter.core.policy import objections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from audit.hops import Outcome
    from modelrouter.core.inventory import Inventory

HOPS = 3000
PLANTED = 40
"""Hops that a mistake lets through, before it is enough."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


def test_no_random_hop_is_forbidden() -> None:
    """On every path, across midnights and reloads, beside a drill; and nothing is left unjudged or undecided."""
    tally = run(HOPS)

    assert [] == tally.wrong
    assert (0, 0) == (tally.breaches, tally.unjudged)
    assert tally.hops >= HOPS
    assert tally.left_out > HOPS / 2, "the laws must have had something to forbid"
    assert {"first", "next", "again", "beside", "continued"} <= tally.paths.keys()
    assert min(tally.doors["library"], tally.doors["drill"], tally.trials) > 0


def _forgetful(seed: int) -> Callable[[Inventory], Inventory]:
    """Take one law, drawn by chance, out of an inventory: the router will not know it."""

    def lax(inventory: Inventory) -> Inventory:
        if not inventory.policies:
            return inventory
        gone = Random(seed).randrange(len(inventory.policies))
        return replace(inventory, policies=inventory.policies[:gone] + inventory.policies[gone + 1 :])

    return lax


def _forbidden(outcome: Outcome) -> Iterator[tuple[int, str]]:
    """By the router's own law over the whole inventory: every entry and deployment of a hop that it forbids."""
    (inventory,) = outcome.inventories
    asked: dict[str, tuple[str, Context, date]] = {}
    for entry in outcome.entries:
        values = entry["values"]
        if entry["kind"] == "request":
            said = values["circumstances"]
            (*outer, inner) = (*said["data_classes"], None) if said["data_classes"] else (None,)
            context = Context(
                data_class=inner,
                outer_classes=frozenset(outer),
                country=said["country"],
                person=said["person"],
                segment=said["segment"],
            )
            asked[values["id"]] = (values["process"], context, datetime.fromisoformat(entry["time"]).date())
        elif entry["kind"] in ("decision", "stream"):
            name, context, day = asked[values["id"]]
            process = process_named(inventory, name)
            for hop in values["trail"]:
                deployment = inventory.deployments[hop["deployment"]]
                if hop["held"] is None and any(objections(inventory, process, context, deployment, day)):
                    yield entry["number"], deployment.id


def test_a_law_that_the_router_forgets_is_missed_at_every_hop() -> None:
    """The ledger knows a policy that the router was not given: the reader names every hop that broke it, and no other."""
    found, seed = 0, 0
    while found < PLANTED:
        outcome = live(seed, _forgetful(seed))
        named = {(each.entry, each.deployment) for each in outcome.auditor.forbidden if each.path != "route"}

        assert set(_forbidden(outcome)) == named
        assert outcome.auditor.clean is not bool(outcome.auditor.breaches)
        found, seed = found + len(named), seed + 1


def test_a_seed_goes_the_same_way_again() -> None:
    """What was found once is found again, but for the ids."""
    one, other = live(3), live(3)

    assert one.auditor.told() == other.auditor.told()
    assert one.auditor.hops > 0


def test_the_command_tells_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """A longer run is one command."""
    assert main(["--hops", "50", "--from", "2"]) == 0
    assert "0 forbidden, 0 not judged" in capsys.readouterr().out
