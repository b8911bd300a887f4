"""The independent reader of where data may go."""

from __future__ import annotations

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter.core.context import NOBODY
from modelrouter.core.inventory import Data
from modelrouter.core.policy import objections
from modelrouter.core.rules import Policy, Rule
from modelrouter.drills.residency import breaches
from modelrouter.inventory.loader import load

REGIONS = {"EU": frozenset({"DE", "FR"}), "WORLD": frozenset({"EU", "DE", "FR", "CN", "US"})}
PERSONAL = {"data": Data(cls="personal", processing=("EU",))}
NOT_CHINA = Policy(
    id="p",
    when={"data.class": frozenset({"personal"})},
    rules=(Rule(fact="headquarters", denied=frozenset({"CN"})),),
)


def read(one, **facts):
    """What the reader objects to for one process and one deployment."""
    asking = process("asking", one, **facts)
    return breaches(inventory(asking, regions=REGIONS, policies=(NOT_CHINA,)), asking, one)


@pytest.mark.parametrize(
    ("places", "found"),
    [
        (("EU",), []),
        (("DE", "FR"), []),
        (("DE", "US"), ["processed in US"]),
        (("WORLD",), ["processed in WORLD"]),
        ((), ["processed in nobody knows where"]),
    ],
)
def test_every_place_must_be_inside(places, found):
    """A list satisfies a residency only whole, a place inside a group counts, and nothing stated is not permitted."""
    assert found == read(deployment("d", processing=places), **PERSONAL)


def test_headquarters_are_read_where_the_policy_concerns_the_process():
    """A policy binds the classes it names and no others."""
    chinese = deployment("d", of=provider("far", headquarters="CN"), processing=("DE",))

    assert ["headquarters in CN"] == read(chinese, **PERSONAL)
    assert [] == read(chinese, data=Data(cls="public"))


def test_it_agrees_with_the_router_on_the_shipped_inventory():
    """Two readers who share no code come to the same result for every process and deployment."""
    shipped = load("providers.yaml")
    facts = ("processing", "headquarters")
    for asking in shipped.processes.values():
        for one in shipped.deployments.values():
            own = [each for each in objections(shipped, asking, NOBODY, one) if each.why.startswith(facts)]

            assert bool(own) == bool(breaches(shipped, asking, one)), (asking.id, one.id)


@pytest.mark.parametrize(
    ("kept", "longest", "found"),
    [
        (30 * 86400.0, 0.0, ["kept for 720 h, 0 h are allowed"]),
        (0.0, 0.0, []),
        (None, 0.0, ["kept nobody knows how long"]),
        (30 * 86400.0, None, []),
    ],
)
def test_what_is_kept_for_too_long_is_a_breach(kept, longest, found):
    """Where it exceeds what is allowed, and where nobody knows; without a limit anything is fine."""
    one = deployment("one", retention_s=kept)
    own = process("claims", one, data=Data(retention_s=longest))

    assert breaches(inventory(own), own, one) == found
