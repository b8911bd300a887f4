"""What becomes of every process, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process, provider

from modelrouter.continuity.events import geofence, lose, suspend, throttle, withdraw
from modelrouter.continuity.factors import Graph
from modelrouter.continuity.impact import GRAVITY, STOPPED, Verdict, impact
from modelrouter.core.inventory import Data, Limits, Needs, Upstream
from modelrouter.core.rules import Policy, Rule
from modelrouter.drills.catalogue import catalogue, expectations
from modelrouter.drills.miniature import miniature
from modelrouter.inventory.loader import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelrouter.continuity.events import Event
    from modelrouter.core.inventory import Deployment, Inventory


@pytest.fixture(scope="module")
def shipped() -> Graph:
    """The inventory at the top of the repository."""
    return Graph.of(load("providers.yaml"))


class TestVerdicts:
    """Each of them, with the shipped inventory."""

    def test_safe(self, shipped: Graph) -> None:
        """Everything that may serve it stands."""
        found = impact(shipped, [suspend(shipped, "provider:google")])

        assert found.verdicts["claims-triage"] is Verdict.SAFE
        effect = found.effect("claims-triage")
        assert (effect.served_by[0], effect.capacity) == ("claude-bedrock-eu", 1.0)

    def test_degraded(self, shipped: Graph) -> None:
        """A fallback serves, and how much it can carry is said."""
        effect = impact(shipped, [suspend(shipped, "provider:aws")]).effect("claims-triage")

        assert effect.verdict is Verdict.DEGRADED
        assert effect.served_by == ("gpt-azure-eu", "qwen-local")
        assert effect.capacity == pytest.approx((3000 + 240) / (2000 + 3000 + 240))
        assert effect.why == "first choice lost: claude-bedrock-eu; served by gpt-azure-eu"

    def test_no_permitted_route(self, shipped: Graph) -> None:
        """The second deployment of its route stands, and may not: the reason tree names both rules."""
        effect = impact(shipped, [suspend(shipped, "provider:aws")]).effect("medical-reports")

        assert effect.verdict is Verdict.NO_PERMITTED_ROUTE
        lost, refused = effect.branches
        assert (lost.deployment, lost.state) == ("claude-bedrock-eu", "lost")
        assert [str(cause) for cause in lost.causes] == ["account aws/prod: suspended by provider aws"]
        assert (refused.deployment, refused.state) == ("gemini-direct", "refused")
        assert [each.rule for each in refused.refusals] == ["medical-reports.data.processing", "eu-personal"]
        assert effect.capacity == 0

    def test_down_where_the_route_could_be_mended(self, shipped: Graph) -> None:
        """What stands and may serve it, but is not in its route, is named."""
        effect = impact(shipped, [lose(shipped, "jurisdiction:US")]).effect("broker-documents")

        assert effect.verdict is Verdict.DOWN
        assert effect.standby == ("mistral-local",)
        assert effect.why.endswith("mistral-local stands and may, outside its route")

    def test_down_where_nothing_stands(self, shipped: Graph) -> None:
        """All is lost that could do the work, permitted or not."""
        everything = [lose(shipped, "jurisdiction:US"), lose(shipped, "provider:onprem")]

        found = impact(shipped, everything)

        assert set(found.verdicts.values()) == {Verdict.DOWN}
        assert found.effect("claims-triage").why.endswith("nothing stands that could")

    def test_nothing_happens(self, shipped: Graph) -> None:
        """Every process is safe."""
        found = impact(shipped)

        assert set(found.verdicts.values()) == {Verdict.SAFE}
        assert found.weight == 0


def test_the_way_from_a_deployment_to_what_happened_is_told(shipped: Graph) -> None:
    """Through each thing that stands on the next."""
    effect = impact(shipped, [lose(shipped, "cloudflare")]).effect("developer-assistant")

    assert [str(cause) for branch in effect.branches for cause in branch.causes] == [
        "provider anthropic ← upstream cloudflare: lost",
        "provider openai ← upstream cloudflare: lost",
    ]
    assert effect.served_by == ("mistral-local",)


def test_each_event_that_takes_a_deployment_is_a_reason(shipped: Graph) -> None:
    """Mending one of them would not bring it back."""
    events = [withdraw(shipped, "family:claude"), lose(shipped, "cloudflare")]

    assert [str(cause) for cause in impact(shipped, events).lost["claude-direct"]] == [
        "model claude-opus-4-8 ← family claude: withdrawn",
        "provider anthropic ← upstream cloudflare: lost",
    ]


def test_a_process_falls_with_what_it_depends_on_itself() -> None:
    """Its gateway lost, every deployment stands and none helps."""
    graph = Graph.of(
        inventory(
            process("claims", deployment("a"), upstreams=("gateway",)),
            upstreams={"gateway": Upstream(id="gateway", company="self")},
        )
    )

    effect = impact(graph, [lose(graph, "gateway")]).effect("claims")

    assert effect.verdict is Verdict.DOWN
    assert effect.served_by == ()
    assert effect.why == "it depends itself on upstream gateway: lost"
    assert effect.branches[0].state == "serves"


def test_a_throttle_degrades(shipped: Graph) -> None:
    """The share that is left is of the known limits of all that may serve."""
    effect = impact(shipped, [throttle(shipped, "provider:azure=50%")]).effect("payment-screening")

    assert effect.verdict is Verdict.DEGRADED
    assert effect.branches[0].left == 0.5
    assert effect.capacity == pytest.approx((1500 + 2000 + 600) / (3000 + 2000 + 600))
    assert effect.why == "throttled: gpt-azure-eu to 50%; served by gpt-azure-eu"


def test_the_share_that_is_left_is_unknown_where_a_limit_is() -> None:
    """Calls a minute, else tokens a minute, where every permitted deployment states them; else unknown."""

    def left(*limits: Limits) -> float | None:
        made = [deployment(name, limits=limit) for name, limit in zip("ab", limits, strict=True)]
        graph = Graph.of(inventory(process("claims", *made)))
        return impact(graph, [lose(graph, "deployment:a")]).effect("claims").capacity

    assert left(Limits(rpm=300), Limits(rpm=100)) == 0.25
    assert left(Limits(rpm=300, tpm=9000), Limits(tpm=1000)) == 0.1
    assert left(Limits(rpm=300), Limits()) is None


def test_a_process_that_nothing_may_serve_was_so_before() -> None:
    """No event is needed; the effect says that it is none's fault."""
    graph = Graph.of(inventory(process("claims", deployment("us", processing=("US",)), data=Data(processing=("EU",)))))

    effect = impact(graph).effect("claims")

    assert effect.verdict is effect.before is Verdict.NO_PERMITTED_ROUTE
    assert effect.why == "nothing in its route may serve it; us stands, but may not serve it"


def test_the_gravest_come_first(shipped: Graph) -> None:
    """Then the most critical."""
    found = list(impact(shipped, [lose(shipped, "jurisdiction:US")]).effects())

    gravity = [GRAVITY[each.verdict] for each in found]
    assert gravity == sorted(gravity, reverse=True)
    assert [each.process.id for each in found][:2] == ["broker-documents", "medical-reports"]


def test_what_the_drill_expects_is_what_impact_says(shipped: Graph) -> None:
    """For every scenario that the drill plays on the shipped inventory: who serves each process, in which order."""
    words = {
        "suspended": lambda subject: suspend(shipped, f"provider:{subject}"),
        "geofenced": lambda subject: geofence(shipped, "DE", [subject]),
        "withdrawn": lambda subject: withdraw(shipped, f"family:{subject}"),
        "gone": lambda subject: lose(shipped, f"provider:{subject}"),
    }
    compared = 0
    for scenario in catalogue(shipped.inventory, miniature(shipped.inventory)):
        if scenario.kind in words:
            found = impact(shipped, [words[scenario.kind](scenario.subject)])
            for name, expected in scenario.expectations.items():
                assert found.effect(name).served_by == expected.remaining, (scenario.id, name)
            compared += 1
    assert compared == 17


GROUPS = {"EU": frozenset({"DE", "FR"})}


class TestAtRandom:
    """Inventories and events by chance."""

    PROVIDERS = (
        provider("north", company="North", headquarters="US", upstreams=("edge",), contract="n"),
        provider("south", company="South", headquarters="FR", upstreams=("north",)),
        provider("west", company="North", headquarters="US", key="env:W"),
        replace(provider("own", company="self", headquarters="DE"), local=True),
    )
    EVENTS = ("suspend provider:north", "suspend company:North", "lose provider:north", "lose upstream:edge", "lose upstream:grid", "lose upstream:gateway",
              "lose jurisdiction:US", "withdraw family:red", "withdraw family:blue", "throttle provider:west=40%", "geofence DE", "geofence EU")  # fmt: skip
    UPSTREAMS = {  # noqa: RUF012  # never changed
        "edge": Upstream(id="edge", company="Edge", upstreams=("grid",)),
        "gateway": Upstream(id="gateway", company="self"),
    }

    @st.composite
    @staticmethod
    def inventories(draw: st.DrawFn) -> Inventory:
        """Up to six deployments at four providers, up to four processes with routes, needs, places and gateways."""
        everywhere = [
            deployment(
                f"d{place}",
                of=draw(st.sampled_from(TestAtRandom.PROVIDERS)),
                egress=draw(st.sampled_from((None, "DE", "EU", "US"))),
                processing=(draw(st.sampled_from(("EU", "US"))),),
                capabilities=frozenset(draw(st.sets(st.sampled_from(("tools", "vision"))))),
            )
            for place in range(draw(st.integers(1, 6)))
        ]
        colours = [draw(st.sampled_from(("red", "blue"))) for _ in everywhere]
        made = [
            replace(each, model=replace(each.model, family=colour))
            for each, colour in zip(everywhere, colours, strict=True)
        ]
        processes = [
            process(
                f"p{place}",
                *draw(st.lists(st.sampled_from(made), max_size=4, unique_by=lambda each: each.id)),
                needs=Needs(capabilities=frozenset(draw(st.sets(st.sampled_from(("tools", "vision")), max_size=1)))),
                data=Data(processing=draw(st.sampled_from(((), ("EU",))))),
                users=draw(st.sampled_from(((), ("DE",), ("US", "FR")))),
                upstreams=draw(st.sampled_from(((), ("gateway",)))),
            )
            for place in range(draw(st.integers(1, 4)))
        ]
        base = inventory(process("all", *made), upstreams=TestAtRandom.UPSTREAMS, regions=GROUPS)
        policy = Policy(
            id="no-france",
            when={"process": frozenset({"p0"})},
            rules=(Rule(fact="headquarters", denied=frozenset({"FR"})),),
        )
        providers = {each.id: each for each in TestAtRandom.PROVIDERS}  # those that nothing runs on, too
        known = {each.id: each for each in processes}
        return replace(base, providers=providers, processes=known, policies=(policy,))

    @staticmethod
    def happen(graph: Graph, words: list[str]) -> dict[str, Event]:
        """Those of the events that can happen in this inventory."""
        say: dict[str, Callable[[Graph, str], Event]] = {
            "suspend": suspend, "lose": lose, "withdraw": withdraw, "throttle": throttle, "geofence": geofence
        }  # fmt: skip
        return {
            text: say[word](graph, rest)
            for text in words
            for word, rest in [text.split(" ", 1)]
            if word == "geofence" or rest.partition("=")[0] in graph.factors
        }

    @settings(deadline=None)
    @given(inventories(), st.lists(st.sampled_from(EVENTS), max_size=3))
    def test_who_is_stopped_is_who_is_stopped_one_by_one(self, made: Inventory, words: list[str]) -> None:
        """Written out by hand, deployment by deployment, with none of the graph's code."""
        graph = Graph.of(made)
        events = self.happen(graph, words)

        found = impact(graph, list(events.values()))

        for each in made.processes.values():
            served = [route for route in each.routes if may(each, route) and not hit(each, route, list(events))]
            gateway = "gateway" in each.upstreams and "lose upstream:gateway" in events
            assert (found.verdicts[each.id] in STOPPED) == (gateway or not served)
            if not gateway:
                assert found.effect(each.id).served_by == tuple(route.id for route in served)

    @settings(deadline=None)
    @given(inventories(), st.lists(st.sampled_from(EVENTS), max_size=4, unique=True), st.randoms())
    def test_more_events_never_bring_a_process_back(self, made: Inventory, words: list[str], chance) -> None:
        """Nor does their order change anything."""
        graph = Graph.of(made)
        before = impact(graph)
        events: list[Event] = []
        for event in self.happen(graph, words).values():
            events.append(event)
            after = impact(graph, events)
            for name, verdict in after.verdicts.items():
                if before.verdicts[name] in STOPPED:
                    assert verdict in STOPPED
                assert before.verdicts[name] is Verdict.SAFE or verdict is not Verdict.SAFE
            before = after
        chance.shuffle(events)
        assert impact(graph, events).verdicts == before.verdicts


def may(each, route: Deployment) -> bool:
    """Policy and needs, written out for the inventories above."""
    placed = not each.data.processing or set(route.processing) <= {"EU"}
    french = each.id == "p0" and route.provider.headquarters == "FR"
    return placed and not french and each.needs.capabilities <= route.model.capabilities


def hit(each, route: Deployment, words: list[str]) -> bool:
    """What each event takes, written out for the inventories above."""
    seller = route.provider.id
    inside = {"DE": {"DE", "EU"}, "EU": {"DE", "EU", "FR"}}
    taken = {
        "suspend provider:north": seller == "north",
        "suspend company:North": seller in {"north", "west"},
        "lose provider:north": seller in {"north", "south"},
        "lose upstream:edge": seller in {"north", "south"},
        "lose upstream:grid": seller in {"north", "south"},
        "lose upstream:gateway": False,
        "lose jurisdiction:US": seller in {"north", "west"},
        "withdraw family:red": route.model.family == "red",
        "withdraw family:blue": route.model.family == "blue",
        "throttle provider:west=40%": False,
    }
    for place, places in inside.items():
        reached = {route.egress} if route.egress is not None else set(each.users)
        taken[f"geofence {place}"] = seller != "own" and not reached.isdisjoint(places)
    return any(taken[word] for word in words)


def test_expectations_are_read_by_the_same_policy(shipped: Graph) -> None:
    """Who may serve is asked in one place: the drill and impact agree when nothing has happened."""
    for name, expected in expectations(shipped.inventory, frozenset()).items():
        assert shipped.processes[name].permitted == expected.permitted
