"""The independent reader of where data went, as drills ask it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter.core.context import NOBODY
from modelrouter.core.contracts import Contract
from modelrouter.core.inventory import Data
from modelrouter.core.policy import objections
from modelrouter.core.rules import Policy, Rule
from modelrouter.drills.residency import breaches, law_of
from modelrouter.inventory.loader import load

REGIONS = {"EU": frozenset({"DE", "FR"}), "WORLD": frozenset({"EU", "DE", "FR", "CN", "US"})}
PERSONAL = {"data": Data(cls="personal", processing=("EU",))}
NOT_CHINA = Policy(
    id="p",
    when={"data.class": frozenset({"personal"})},
    rules=(Rule(fact="headquarters", denied=frozenset({"CN"})),),
)


def read(one, *, day=None, policies=(NOT_CHINA,), contracts=None, **facts):
    """What the reader objects to for one process and one deployment."""
    asking = process("asking", one, **facts)
    kept = inventory(asking, regions=REGIONS, policies=policies, contracts=contracts or {})
    return breaches(law_of(kept, day), asking.id, one.id, day)


@pytest.mark.parametrize(
    ("places", "found"),
    [
        (("EU",), []),
        (("DE", "FR"), []),
        (("DE", "US"), ["asking.data.processing: processing US is not in EU"]),
        (("WORLD",), ["asking.data.processing: processing WORLD is not in EU"]),
        ((), ["asking.data.processing: processing is not stated"]),
    ],
)
def test_every_place_must_be_inside(places, found):
    """A list satisfies a residency only whole, a place inside a group counts, and nothing stated is not permitted."""
    assert found == read(deployment("d", processing=places), **PERSONAL)


def test_a_policy_is_read_where_it_concerns_the_process():
    """A policy binds the classes it names and no others; any fact, not places alone."""
    chinese = deployment("d", of=provider("far", headquarters="CN"), processing=("DE",))
    open_weights = replace(NOT_CHINA, rules=(Rule(fact="weights", allowed=frozenset({"open"})),))

    assert ["p: headquarters CN is excluded"] == read(chinese, **PERSONAL)
    assert [] == read(chinese, data=Data(cls="public"))
    assert ["p: weights closed is not in open"] == read(chinese, policies=(open_weights,), **PERSONAL)


def test_it_agrees_with_the_router_on_the_shipped_inventory():
    """Two readers who share no code come to the same result for every process and deployment of its route."""
    shipped = load("providers.yaml")
    law = law_of(shipped)
    for asking in shipped.processes.values():
        for one in asking.routes:
            own = [each.rule for each in objections(shipped, asking, NOBODY, one)]
            its = [each.partition(": ")[0] for each in breaches(law, asking.id, one.id)]

            assert set(own) == set(its), (asking.id, one.id)


@pytest.mark.parametrize(
    ("kept", "longest", "found"),
    [
        (30 * 86400.0, 0.0, ["asking.data.retention: retention of 30 days is more than 0"]),
        (0.0, 0.0, []),
        (None, 0.0, ["asking.data.retention: retention is not stated"]),
        (30 * 86400.0, None, []),
    ],
)
def test_what_is_kept_for_too_long_is_a_breach(kept, longest, found):
    """Where it exceeds what is allowed, and where nobody knows; without a limit anything is fine."""
    assert found == read(deployment("one", retention_s=kept), data=Data(retention_s=longest))


def test_terms_are_asked_after_where_requests_are_real():
    """A rehearsal knows no terms: every policy binds, every contract runs. On a day they are judged as on that day."""
    later = replace(NOT_CHINA, begins=date(2027, 2, 1))
    chinese = deployment("d", of=provider("far", headquarters="CN", contract="c"), processing=("DE",))
    ended = {"c": Contract(id="c", ends=date(2026, 12, 31))}

    assert ["p: headquarters CN is excluded"] == read(chinese, policies=(later,), contracts=ended, **PERSONAL)
    assert ["contract:c: it ended on 2026-12-31"] == read(
        chinese, policies=(later,), contracts=ended, day=date(2027, 1, 15), **PERSONAL
    )
