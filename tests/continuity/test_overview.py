"""Weak spots before anything happens, how concentrated it is, how independent a fallback, and what changed."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter.continuity.compare import compare
from modelrouter.continuity.concentration import Index, cloud_of, concentration
from modelrouter.continuity.events import lose, suspend
from modelrouter.continuity.factors import Graph
from modelrouter.continuity.impact import STOPPED, impact
from modelrouter.continuity.independence import independence
from modelrouter.continuity.overview import overview
from modelrouter.core.inventory import Data, Demand, Prices, Upstream
from modelrouter.errors import UnknownNameError
from modelrouter.inventory.loader import load

if TYPE_CHECKING:
    from modelrouter.continuity.compare import Shift
    from modelrouter.core.inventory import Inventory, Process


@pytest.fixture(scope="module")
def shipped() -> Graph:
    """The inventory at the top of the repository."""
    return Graph.of(load("providers.yaml"))


class TestOverview:
    """What an inventory rests on."""

    def test_single_points_are_told_under_all_their_names(self, shipped: Graph) -> None:
        """The weak spot of the shipped inventory has ten names and is one; the law of one country is another."""
        law, medical = overview(shipped).points

        assert law.factors == ("jurisdiction:US",)
        assert law.processes == ("broker-documents", "medical-reports", "campaign-texts")
        assert law.weight == 4 + 2 + 1
        assert medical.factors[:3] == ("provider:aws", "company:Amazon.com Inc", "family:claude")
        assert (len(medical.factors), medical.processes) == (10, ("medical-reports",))

    def test_points_and_couples_are_those_of_the_graph(self, shipped: Graph) -> None:
        """Every factor and every pair is lost in turn, one by one: what is found is what that takes down."""
        found = overview(shipped)
        stopped = {name: set(impact(shipped, [lose(shipped, name)]).stopped) for name in shipped.factors}

        assert {name for each in found.points for name in each.factors} == {name for name in stopped if stopped[name]}
        for point in found.points:
            assert all(stopped[name] == set(point.processes) for name in point.factors)
        pairs = {
            frozenset((one, other)): tuple(
                name
                for name in impact(shipped, [lose(shipped, one), lose(shipped, other)]).stopped
                if name not in stopped[one] | stopped[other]
            )
            for one, other in combinations(shipped.factors, 2)
        }
        told = {
            frozenset((one, other)): each.processes
            for each in found.couples
            for one in each.first
            for other in each.second
        }
        assert told == {pair: processes for pair, processes in pairs.items() if processes}
        assert sum(each.number for each in found.couples) == len(told)

    def test_how_deep_each_process_stands(self, shipped: Graph) -> None:
        """One failure, or two at least; and how many sets of each size there are."""
        found = overview(shipped)

        assert found.depths["medical-reports"] == 1
        assert found.depths["claims-triage"] == 2
        assert found.counts["medical-reports"] == (0, 11)

    def test_none_serves_and_nothing_fails(self) -> None:
        """A process without a permitted deployment needs no failure to be down."""
        nobody = process("nobody", deployment("us", processing=("US",)), data=Data(processing=("EU",)))

        found = overview(Graph.of(inventory(nobody)))

        assert (found.depths, found.points) == ({"nobody": 0}, ())


class TestConcentration:
    """How much depends on how few."""

    ONE = deployment("one", of=provider("a", company="Same", headquarters="US"), prices=Prices(input=10, output=30))
    TWO = deployment("two", of=provider("b", company="Same", headquarters="US"), prices=Prices(input=2, output=4))
    FREE = deployment("free", of=provider("c", company="Other", headquarters="FR"))

    def found(self, *processes: Process, lost: str | None = None) -> dict[tuple[str, str], Index]:
        """Every index by dimension and measure."""
        graph = Graph.of(inventory(*processes))
        after = impact(graph, [lose(graph, lost)] if lost else [])
        return {(each.dimension, each.measure): each for each in concentration(after)}

    def test_shares_are_of_whoever_serves_first(self) -> None:
        """By weight 8 to 2, by tokens 1 to 3, by dollars in proportion; two providers of one company are one."""
        first = process(
            "first", self.ONE, self.TWO, criticality="critical", demand=Demand(rpm=1, tokens_in=100, tokens_out=0)
        )
        second = process("second", self.TWO, demand=Demand(rpm=2, tokens_in=100, tokens_out=50))

        found = self.found(first, second)

        assert found["provider", "processes"].hhi == pytest.approx(80**2 + 20**2)
        assert [(each.name, each.share) for each in found["provider", "tokens"].shares] == [("b", 0.75), ("a", 0.25)]
        day = 24 * 60 / 1e6
        assert [each.amount for each in found["provider", "spend"].shares] == pytest.approx([1000 * day, 800 * day])
        assert found["company", "spend"].hhi == pytest.approx(10_000)

    def test_a_price_that_nobody_stated_is_unknown(self) -> None:
        """It is left out, and the process named; never counted as nothing."""
        found = self.found(process("paid", self.ONE), process("unpriced", self.FREE))

        assert found["provider", "spend"].unknown == ("unpriced",)
        assert [each.name for each in found["provider", "spend"].shares] == ["a"]
        assert [each.name for each in found["provider", "tokens"].shares] == ["a", "c"]

    def test_after_an_event_whoever_serves_then_counts(self) -> None:
        """And a process that nobody serves counts nowhere, and is named."""
        processes = (process("moves", self.ONE, self.FREE), process("falls", self.ONE))

        before, after = self.found(*processes), self.found(*processes, lost="provider:a")

        assert [each.name for each in before["jurisdiction", "processes"].shares] == ["US"]
        assert [each.name for each in after["jurisdiction", "processes"].shares] == ["FR"]
        assert after["jurisdiction", "processes"].unserved == ("falls",)
        assert after["provider", "spend"].hhi is None

    def test_the_cloud_beneath(self) -> None:
        """The nearest upstream that is a cloud or a provider, through others; else the provider itself."""
        upstreams = {
            "edge": Upstream(id="edge", company="Edge", kind="edge", upstreams=("sky",)),
            "sky": Upstream(id="sky", company="Sky", kind="cloud"),
        }
        on_edge = deployment("on-edge", of=provider("x", upstreams=("edge",)))
        on_x = deployment("on-x", of=provider("y", upstreams=("x",)))
        known = replace(inventory(process("p", on_edge, on_x)), upstreams=upstreams)

        assert cloud_of(known, on_edge) == "sky"
        assert cloud_of(known, on_x) == "x"
        assert cloud_of(known, self.ONE) == "a"


class TestIndependence:
    """Would it be a fallback in its own right?"""

    def test_shares_nothing(self, shipped: Graph) -> None:
        """Our own servers beside three American providers."""
        found = independence(shipped, "mistral-local", "broker-documents")

        assert found.independent
        assert (found.mended, found.remaining) == (("jurisdiction:US",), ())
        assert [(each.deployment, each.likeness) for each in found.kin] == [
            ("claude-direct", 0), ("gpt-direct", 0), ("gemini-direct", 0),
        ]  # fmt: skip

    def test_shares_what_lies_beneath(self, shipped: Graph) -> None:
        """Another provider and another model, and still the same ground: the way to it is told from both."""
        found = independence(shipped, "claude-direct", "campaign-texts")

        assert not found.independent
        nova = {each.deployment: each for each in found.kin}["nova-bedrock-eu"]
        assert set(nova.shared) == {"provider:aws", "company:Amazon.com Inc", "jurisdiction:US"}
        assert nova.nearest == "provider:aws"
        assert nova.shared["provider:aws"] == (("provider:anthropic", "provider:aws"), ("provider:aws",))
        union = len(shipped.paths["claude-direct"].keys() | shipped.paths["nova-bedrock-eu"].keys())
        assert nova.likeness == 3 / union
        assert found.remaining == ("jurisdiction:US",)

    def test_one_that_may_not_serve_mends_nothing(self, shipped: Graph) -> None:
        """However independent it is."""
        found = independence(shipped, "mistral-local", "medical-reports")

        assert [each.rule for each in found.refusals] == ["capabilities", "context"]
        assert (found.mended, found.independent) == ((), False)
        assert "provider:aws" in found.remaining

    def test_one_that_is_in_the_route_already(self, shipped: Graph) -> None:
        """It is compared with the others, and what it mends is what it mends now."""
        found = independence(shipped, "qwen-local", "claims-triage")

        assert found.already
        assert [each.deployment for each in found.kin] == ["claude-bedrock-eu", "gpt-azure-eu"]
        assert found.mended == ("jurisdiction:US",)

    def test_names_must_exist(self, shipped: Graph) -> None:
        """With near misses."""
        with pytest.raises(UnknownNameError, match="no deployment 'qwen-locl'; did you mean 'qwen-local'"):
            independence(shipped, "qwen-locl", "claims-triage")
        with pytest.raises(UnknownNameError, match="no process 'claims'; did you mean 'claims-triage'"):
            independence(shipped, "qwen-local", "claims")


class TestCompare:
    """Two inventories."""

    A, B = deployment("a", of=provider("a", headquarters="US")), deployment("b", of=provider("b", headquarters="FR"))
    C = deployment("c", of=provider("c", headquarters="DE"))

    def shift(self, old: Inventory, new: Inventory) -> Shift:
        """The one process."""
        (found,) = compare(Graph.of(old), Graph.of(new)).shifts
        return found

    def test_nothing_changed(self, shipped: Graph) -> None:
        """An inventory beside itself."""
        found = compare(shipped, shipped)

        assert not found.fell
        assert {each.survives for each in found.shifts} == {"same"}

    def test_a_fallback_was_taken_away(self) -> None:
        """What is left is a single point of failure, under each of its names."""
        found = self.shift(inventory(process("p", self.A, self.B)), inventory(process("p", self.A)))

        assert found.survives == "less"
        assert found.routes_removed == ("b",)
        assert {"provider:a", "jurisdiction:US", "deployment:a"} <= set(found.points_added)
        assert found.why[-1] == "2 failures took it down at least, now 1 does"

    def test_a_fallback_was_added(self) -> None:
        """The other way about."""
        found = self.shift(inventory(process("p", self.A)), inventory(process("p", self.A, self.B)))

        assert found.survives == "more"
        assert found.routes_added == ("b",)
        assert "deployment:a" in found.points_removed

    def test_a_third_of_three_counts(self) -> None:
        """No single point of failure either way, and still fewer failures suffice."""
        three, two = inventory(process("p", self.A, self.B, self.C)), inventory(process("p", self.A, self.B))

        assert self.shift(three, two).why == ("3 failures took it down at least, now 2 do",)
        assert self.shift(two, three).survives == "more"

    def test_a_shared_ground_was_laid(self) -> None:
        """Both move behind one edge: nobody lost a route, and the process survives less."""
        behind = [replace(each, provider=replace(each.provider, upstreams=("edge",))) for each in (self.A, self.B)]
        moved = inventory(process("p", *behind))

        found = self.shift(inventory(process("p", self.A, self.B)), moved)

        assert found.survives == "less"
        assert found.points_added == ("upstream:edge",)
        assert found.routes_removed == ()

    def test_one_more_thing_to_stand_on_counts(self) -> None:
        """It had single points of failure, and has one more, which the old inventory did not know."""
        more = replace(self.A, provider=replace(self.A.provider, upstreams=("edge",)))

        found = self.shift(inventory(process("p", self.A)), inventory(process("p", more)))

        assert (found.survives, found.why) == ("less", ("taken down alone now by upstream:edge",))

    def test_another_name_for_the_same_weakness_is_no_news(self) -> None:
        """The one deployment was renamed."""
        renamed = replace(self.A, id="new-name")

        found = self.shift(inventory(process("p", self.A)), inventory(process("p", renamed)))

        assert (found.survives, found.points_added) == ("same", ("deployment:new-name",))

    def test_policy_may_take_the_last_route(self) -> None:
        """Nobody may serve it any more; and when it is lifted, it may be served again."""
        before, after = inventory(process("p", self.A)), inventory(process("p", self.A, data=Data(processing=("US",))))

        assert self.shift(before, after).why == ("nobody may serve it any more",)
        assert self.shift(after, before).why == ("it may be served again",)

    def test_processes_that_only_one_knows_are_told(self) -> None:
        """And judged neither way."""
        found = compare(Graph.of(inventory(process("p", self.A))), Graph.of(inventory(process("q", self.A))))

        assert (found.added, found.removed, found.shifts, found.fell) == (("q",), ("p",), (), False)


def test_who_serves_first_is_who_is_left(shipped: Graph) -> None:
    """As the reason tree says, for the loss of every provider."""
    for name in shipped.of_kind("provider"):
        if name != "onprem":
            found = impact(shipped, [suspend(shipped, f"provider:{name}")])
            for process_id, verdict in found.verdicts.items():
                served = found.effect(process_id).served_by
                assert found.first(process_id) == (None if verdict in STOPPED else served[0])
