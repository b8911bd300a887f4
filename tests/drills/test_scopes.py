"""Scopes by facts, shapes in time, and every misfortune at every scope: the whole product can be asked for."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.continuity.factors import Graph
from modelrouter.drills.miniature import SIMULATED, miniature
from modelrouter.drills.misfortunes import MISFORTUNES
from modelrouter.drills.mishap import Case, Mishap, NotConcerned, composed
from modelrouter.drills.scope import CALLERS, FACTS, Scope, parse
from modelrouter.drills.shapes import MOST, Shape
from modelrouter.drills.static import foresee
from modelrouter.errors import UsageError
from modelrouter.inventory.loader import load
from modelrouter.inventory.loader import parse as parse_inventory

WORLD = Path(__file__).with_name("world.yaml")


@pytest.fixture(scope="module")
def world():
    """The factor graph of the reference inventory."""
    return Graph.of(load(WORLD))


@pytest.mark.parametrize(
    ("text", "deployments", "factors"),
    [
        ("vendor:deepseek", {"deepseek-it"}, {"provider:deepseek"}),
        ("vendor:aws", {"bedrock-eu", "bedrock-virginia", "bedrock-emirates", "bedrock-bahrain"}, None),
        ("provider:xai", {"grok-id", "grok-my"}, {"provider:xai"}),
        ("company:xAI", {"grok-id", "grok-my"}, {"company:xAI Corp"}),
        ("company:xA", set(), set()),  # a firm's name is not its beginning
        ("account:azure/individual-cn", {"azure-cn"}, {"account:azure/individual-cn"}),
        ("account:free*", {"gemini-free"}, {"account:google/free"}),
        ("key:free", {"gemini-free"}, {"key:google/free"}),
        ("deployment:hosted", {"hosted"}, {"deployment:hosted"}),
        ("model:gpt-5.2", {"azure-sweden-52"}, {"model:gpt-5.2"}),
        ("family:grok", {"grok-id", "grok-my"}, {"family:grok"}),
        ("developer:deepseek", {"deepseek-it"}, {"developer:deepseek"}),
        ("region:swedencentral", {"azure-sweden", "azure-sweden-52"}, {"region:azure/swedencentral"}),
        ("region:me-*", {"bedrock-emirates", "bedrock-bahrain"}, {"region:aws/me-central-1", "region:aws/me-south-1"}),
        ("processing:AE", {"bedrock-emirates"}, {"deployment:bedrock-emirates"}),
        ("upstream:google-cloud", {"hosted"}, {"upstream:google-cloud"}),
        ("upstream:cloud", {"hosted"}, {"upstream:google-cloud"}),  # by its kind
        ("contract:microsoft-enterprise", {"azure-sweden", "azure-sweden-52", "azure-east", "azure-cn"}, None),
        ("jurisdiction:CN", {"deepseek-it"}, {"jurisdiction:CN"}),
        ("jurisdiction:FIVE_EYES", None, None),
        ("egress:AE", {"bedrock-emirates", "bedrock-bahrain"}, None),
        ("vendor:azure,region:eastus2|chinaeast2", {"azure-east", "azure-cn"}, None),
        ("VENDOR", None, None),
    ],
)
def test_whom_a_scope_reaches(world, text, deployments, factors):
    """Every fact, several together, several values, names with a star; and the factors that are exactly that."""
    if text == "VENDOR":
        with pytest.raises(UsageError, match="write FACT:NAME"):
            parse(text)
        return
    within = parse(text).within(world)

    if deployments is not None:
        assert deployments == within.deployments
    if factors is not None:
        assert factors == within.factors
    assert {member for name in within.factors for member in world.members(name)} == within.deployments


def test_a_group_of_countries_is_each_of_them(world):
    """What lies in a place lies in all that hold it; our own servers are in no jurisdiction that cuts off."""
    eu = parse("egress:EU").within(world).deployments

    assert {"gpt-de", "gpt-it", "claude-de"} <= eu
    assert not eu & {"gpt-cn", "grok-id"}
    assert "mistral-local" not in parse("jurisdiction:EU").within(world).deployments


def test_callers_are_told_by_facts_of_processes(world):
    """Users, segments and names; where no process fits, nobody is reached."""
    assert parse("vendor:openai,users:IT").within(world).processes == {"italian-desk", "italian-notes"}
    assert parse("vendor:openai,users:EU").within(world).processes == {"italian-desk", "italian-notes"}
    assert parse("vendor:anthropic,segment:us-federal").within(world).processes == {"federal"}
    assert not parse("vendor:anthropic,segment:nobody").within(world)


def test_what_a_process_stands_on_itself_takes_it_down_and_is_not_played():
    """One's own gateway is no deployment: on the graph everything behind it is down, on the wire nothing happens."""
    text = (
        Path("providers.yaml")
        .read_text()
        .replace("    owner: marketing\n", "    owner: marketing\n    upstreams: [gateway]\n")
    )
    text = text.replace(
        "upstreams:\n  cloudflare", "upstreams:\n  gateway: {company: self, kind: gateway}\n  cloudflare"
    )
    graph = Graph.of(parse_inventory(text))
    case = Case(
        id="x",
        title="x",
        kind="t",
        mishaps=(Mishap(misfortune="gateway-down", scope=parse("upstream:gateway")),),
        length_s=60.0,
    )
    made = composed(case, graph, miniature(graph.inventory, SIMULATED))

    assert made.faults == ()
    assert foresee(graph, made).down == {"campaign-texts"}
    assert any("before any provider is called" in note for note in made.notes)


@pytest.mark.parametrize("misfortune", MISFORTUNES)
@pytest.mark.parametrize("fact", [*FACTS, *CALLERS])
def test_every_misfortune_at_every_scope(world, misfortune, fact):
    """The whole product composes: what is played hits whom the scope reaches, what is a fact alone is said."""
    scope = Scope({fact: ("*",)})
    case = Case(id="x", title="x", kind="t", mishaps=(Mishap(misfortune=misfortune, scope=scope),), length_s=60.0)
    made = composed(case, world, miniature(world.inventory, SIMULATED))
    within = scope.within(world, local=MISFORTUNES[misfortune].local)

    assert not isinstance(made, NotConcerned)
    assert made.targets == (within.deployments if MISFORTUNES[misfortune].played else set())
    assert all(fault.processes == within.processes for fault in made.faults)
    assert MISFORTUNES[misfortune].local or "mistral-local" not in made.targets
    assert len(foresee(world, made).verdicts) == len(world.inventory.processes)


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        (Shape(), [(0, None, 1)]),
        (Shape(at_s=10), [(10, None, 1)]),
        (Shape(at_s=10, until_s=40), [(10, 40, 1)]),
        (Shape(until_s=500), [(0, 100, 1)]),
        (Shape(ramp_s=40), [(10, 20, 0.25), (20, 30, 0.5), (30, 40, 0.75), (40, None, 1)]),
        (Shape(ramp_s=40, until_s=35), [(10, 20, 0.25), (20, 30, 0.5), (30, 35, 0.75)]),
        (Shape(down_s=30, up_s=20), [(0, 30, 1), (50, 80, 1)]),
        (Shape(down_s=30), [(0, 30, 1), (60, 90, 1)]),
        (Shape(at_s=200), []),
    ],
)
def test_shapes_in_time(shape, found):
    """At once, later, for a while, growing, on and off; what stays stands to the end."""
    assert found == [tuple(each) for each in shape.stretches(100.0)]


def test_hours_of_the_day():
    """It stands at its hours of each day, and at no other."""
    day = 86_400.0
    found = Shape(hours=(12.0, 18.0)).stretches(2 * day)

    assert [(12 * 3600, 18 * 3600, 1.0), (day + 12 * 3600, day + 18 * 3600, 1.0)] == [tuple(each) for each in found]


@given(
    at=st.floats(0, 1e6),
    lasts=st.none() | st.floats(0.1, 1e6),
    ramp=st.floats(0, 1e5),
    flap=st.none() | st.tuples(st.floats(1, 1e5), st.floats(0, 1e5)),
    end=st.floats(1, 2e6),
)
def test_stretches_are_in_order_and_apart(at, lasts, ramp, flap, end):
    """Whatever the shape: no stretch is empty, none begins before the one before it is over, all lie within the time."""
    until = None if lasts is None else at + lasts
    shape = Shape(at_s=at, until_s=until, ramp_s=0.0 if flap else ramp, down_s=flap and flap[0], up_s=flap and flap[1])
    found = shape.stretches(end)

    assert len(found) <= MOST + 1
    closed = [each._replace(until_s=end if each.until_s is None else each.until_s) for each in found]
    assert all(at <= each.from_s < each.until_s <= end and 0 < each.share <= 1 for each in closed)
    assert all(one.until_s <= other.from_s + 1e-6 for one, other in pairwise(closed))
    assert all(each.until_s is not None for each in found[:-1])


def test_the_time_of_a_case_is_the_time_of_its_rehearsal(world):
    """Twins have seconds and virtual time a minute: the same case keeps its proportions in both."""
    case = Case(
        id="x",
        title="x",
        kind="t",
        mishaps=(Mishap(misfortune="down", scope=parse("vendor:xai"), shape=Shape(at_s=1800, until_s=2700)),),
        length_s=3600.0,
    )
    for frame in (miniature(world.inventory), miniature(world.inventory, SIMULATED)):
        scenario = composed(case, world, frame)
        (fault,) = scenario.faults
        after = frame.duration_s - frame.steady_s
        assert fault.from_s == pytest.approx(frame.steady_s + after / 2)
        assert fault.until_s == pytest.approx(frame.steady_s + after * 3 / 4)
        assert scenario.compress == pytest.approx(3600 / after)
