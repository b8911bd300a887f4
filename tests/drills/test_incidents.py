"""The 47 incidents as files: read strictly, found in any inventory by facts, the same on the graph as on the wire."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from modelrouter.continuity.factors import Graph
from modelrouter.drills.incidents import incidents, load_scenario, parse_incident, parse_scenario, scenario_of
from modelrouter.drills.incidents.schema import CONFIDENCES
from modelrouter.drills.mishap import NotConcerned
from modelrouter.drills.static import foresee
from modelrouter.errors import InventoryError
from modelrouter.inventory.loader import load, parse

ROOT = Path(__file__).parents[2]
WORLD = Path(__file__).with_name("world.yaml")
ALL = incidents()
FACTS_ALONE = {"F03", "F41", "F46"}
"""Contracts, terms and prices: no call meets them."""
PURE = {
    *("F01", "F05", "F06", "F07", "F08", "F09", "F11", "F14", "F19", "F21"),
    *("F23", "F25", "F34", "F37", "F38", "F39b", "F40", "F42", "F43", "F45"),
}
"""Matters of availability alone."""
HERE = {
    *("F02", "F03", "F04", "F07", "F08", "F10", "F12", "F13", "F14", "F15", "F18", "F19", "F20", "F21", "F25", "F26"),
    *("F28", "F31", "F33", "F35", "F36", "F37", "F38", "F39", "F39b", "F40", "F41", "F42", "F44", "F46"),
}
"""What the shipped inventory is concerned by."""
STORY = """\
id: F99
title: A region is gone
when: "2026-01-27"
begins: 2026-01-27
lasted: 7 h
what: Nothing of it was there any more.
confidence: P
sources: [example.org]
faults:
  - {fault: down, scope: {vendor: azure, region: swedencentral}, until: 7h}
"""


@pytest.fixture(scope="module", params=["providers.yaml", str(WORLD)], ids=["shipped", "world"])
def graph(request):
    """The factor graph of either inventory."""
    return Graph.of(load(request.param))


def test_there_are_47():
    """F01 to F46 and F39b, in that order, each with a title, a day, a length, a story and somewhere it was read."""
    numbers = [f"F{number:02}" for number in range(1, 47)]
    numbers.insert(39, "F39b")

    assert numbers == [incident.id for incident in ALL]
    for incident in ALL:
        assert incident.confidence in CONFIDENCES
        assert incident.sources
        assert len(incident.what) > 80
        assert incident.case.mishaps or incident.questions


def test_those_without_a_source_say_so_and_mark_everything_as_assumed():
    """What nobody verified is no better for being a file."""
    unverified = [incident for incident in ALL if incident.confidence == "unverified"]

    assert {"F02", "F14"} == {incident.id for incident in unverified}
    assert all(incident.assumed and incident.sources == ("none seen",) for incident in unverified)


def test_shares_that_are_not_whole_were_reported_or_are_marked():
    """A share, a cut limit or a rhythm that nobody reported is an assumption, and the file says so."""
    reported = {
        "F12",
        "F15",
        "F28",
        "F32",
    }  # the second of two faults that share one assumption, or the source's own figure
    partial = [
        (incident.id, mishap)
        for incident in ALL
        for mishap in incident.case.mishaps
        if mishap.share < 1 or mishap.misfortune == "quota-cut"
    ]

    assert partial
    assert [] == [name for name, mishap in partial if not mishap.assumed and name not in reported]


def test_the_words_are_our_own():
    """Every story is more than its title, and no two are alike."""
    assert len({incident.what for incident in ALL}) == len(ALL)
    assert all(incident.title not in incident.what for incident in ALL)


def test_every_incident_concerns_the_reference_inventory():
    """It holds something of everything, so that all of them are exercised."""
    world = load(WORLD)
    idle = {each.id: made.why for each in ALL if isinstance(made := scenario_of(each, world), NotConcerned)}

    assert idle == {}


def test_what_touches_nothing_says_why():
    """An incident of a vendor, a region or a place that an inventory does not use is not played, and the reason is told."""
    shipped = load("providers.yaml")
    idle = {each.id: made.why for each in ALL if isinstance(made := scenario_of(each, shipped), NotConcerned)}

    assert {incident.id for incident in ALL} - HERE == idle.keys()
    assert idle["F34"] == "nothing here is vendor:deepseek"
    assert idle["F01"] == "nothing here is vendor:openai, egress:IT"


def test_deployments_that_serve_nobody_are_no_concern():
    """A region that only idle deployments are in touches no process, and they are named."""
    text = (
        (ROOT / "providers.yaml")
        .read_text()
        .replace("routes: [claude-direct, gpt-direct, gemini-direct]", "routes: [claude-direct]")
    )
    text = text.replace("routes: [claude-direct, gpt-direct, mistral-local]", "routes: [claude-direct]")
    idle = parse(text)
    story = STORY.replace("{vendor: azure, region: swedencentral}", "{vendor: openai}")

    made = scenario_of(parse_incident(story, "F99.yaml"), idle)
    assert isinstance(made, NotConcerned)
    assert made.why == "gpt-direct serves no process"


def test_which_are_matters_of_availability_alone():
    """It is read off the data: everything that fails does so wholly, and for every caller."""
    assert {incident.id for incident in ALL if incident.pure} == PURE


@pytest.mark.parametrize(
    ("change", "pure"),
    [
        (("until: 7h", "until: 7h"), True),
        (("until: 7h", "until: 7h, share: 40%"), False),
        (("until: 7h", "until: 7h, ramp: 20m"), True),
        (("region: swedencentral", "segment: us-federal"), False),
        (("fault: down", "fault: brownout"), False),
        (("fault: down", "fault: contract-end"), False),
    ],
)
def test_a_part_of_calls_or_of_callers_is_not_availability_alone(change, pure):
    """Each of these keeps the graph from saying beforehand who is served; growing to the whole does not."""
    assert pure == parse_incident(STORY.replace(*change), "F99.yaml").pure


def test_on_the_graph_and_on_the_wire_the_same_processes_go_down(graph):
    """Factors killed, and deployments that calls cannot get through to, leave the same processes without service."""
    compared = 0
    for incident in ALL:
        scenario = scenario_of(incident, graph.inventory)
        if isinstance(scenario, NotConcerned) or not incident.pure:
            continue
        foreseen = foresee(graph, scenario)
        for moment, impact in foreseen.moments:
            total = [blow for blow in moment.faults if blow.total]
            hit = frozenset().union(*(blow.deployments for blow in total))
            down = {name for name, each in graph.processes.items() if hit.issuperset(each.permitted)}
            if moment.clear:
                compared += 1
                assert down == set(impact.stopped), incident.id

    assert compared >= len(PURE & HERE)


def test_a_factor_that_is_not_what_is_hit_is_noticed():
    """The comparison above bites: a scope that names more on the graph than on the wire gives another down-set."""
    graph = Graph.of(load(WORLD))
    scenario = scenario_of(next(each for each in ALL if each.id == "F25"), graph.inventory)
    more = scenario.losses[0]._replace(factors=frozenset({"provider:openai"}))
    wrong = foresee(graph, replace(scenario, losses=(more,)))

    assert foresee(graph, scenario).down == {"eu-only-azure"}
    assert wrong.down != {"eu-only-azure"}


@pytest.mark.parametrize("name", sorted(FACTS_ALONE))
def test_what_is_a_fact_alone_is_said_and_not_played(name):
    """Nothing is sent at: the notes of the scenario say that no call meets it."""
    incident = next(each for each in ALL if each.id == name)
    scenario = scenario_of(incident, load(WORLD))

    assert not incident.played
    assert scenario.faults == ()
    assert any("no call meets it" in note for note in scenario.notes)


def test_longer_retention_takes_the_model_from_whoever_promised_less():
    """F41: the model works, and a process whose data nobody may keep can no longer use it; others can."""
    graph = Graph.of(load(WORLD))
    foreseen = foresee(graph, scenario_of(next(each for each in ALL if each.id == "F41"), graph.inventory))

    assert foreseen.verdicts["writer"] == "DEGRADED"  # it has Bedrock
    assert foreseen.verdicts["assistant"] == "SAFE"


def test_a_contract_that_ends_takes_what_it_was_for():
    """F03: nothing fails on the wire; on the sixth day whoever has OpenAI alone has nobody."""
    graph = Graph.of(load(WORLD))
    foreseen = foresee(graph, scenario_of(next(each for each in ALL if each.id == "F03"), graph.inventory))

    assert foreseen.down == {"openai-only"}


def test_segments_concern_the_processes_that_serve_them():
    """F29: the vendor is denied to offices of the US, and to nobody else; F16 asks who owns whom."""
    world = load(WORLD)
    scenarios = {each.id: scenario_of(each, world) for each in ALL}

    assert scenarios["F29"].faults[0].processes == {"federal"}
    assert scenarios["F16"].faults[0].processes == {"subsidiary", "china-individual"}
    assert not scenarios["F29"].expectations["writer"].touched


def test_the_story_runs_in_the_time_of_the_rehearsal():
    """Its times keep their order and their proportion, and how much it was compressed is told."""
    scenario = scenario_of(next(each for each in ALL if each.id == "F20"), load("providers.yaml"))
    first, second = scenario.faults

    assert first.until_s == second.from_s < second.until_s < scenario.duration_s
    assert (first.until_s - first.from_s) * scenario.compress == pytest.approx(190 * 60)
    assert (second.until_s - second.from_s) * scenario.compress == pytest.approx(156 * 60)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("title:", "titel:"), "F99.yaml:2:1: titel: there is no key 'titel' here. Did you mean 'title'?"),
        (("fault: down", "fault: dwon"), "F99.yaml:10:13: faults[0].fault: 'dwon' is none of"),
        (
            ("region: swedencentral", "regoin: swedencentral"),
            "F99.yaml:10:42: faults[0].scope.regoin: 'regoin' is none of",
        ),
        (("until: 7h", "until: 0s"), "F99.yaml:10:73: faults[0].until: it is over before it begins."),
        (("until: 7h", "until: 7"), "F99.yaml:10:73: faults[0].until: '7' is no duration, its unit is missing."),
        (("until: 7h", "share: 0%"), "F99.yaml:10:73: faults[0].share: nothing at all is hit."),
        (("until: 7h", "left: 0%"), "F99.yaml:10:72: faults[0].left: nothing is left."),
        (("until: 7h", "ramp: 1m, flap: {down: 1m}"), "F99.yaml:10:82: faults[0].flap: ramp stands here already."),
        (
            ("until: 7h", "hours: {from: 18, until: 12}"),
            "F99.yaml:10:73: faults[0].hours: these are no hours of a day.",
        ),
        (("until: 7h", "flap: {down: 0s}"), "F99.yaml:10:72: faults[0].flap: it never stands."),
        (("fault: down", "fault: terms"), "F99.yaml:10:5: faults[0]: retention and terms belong together."),
        (("until: 7h", "times: 3"), "F99.yaml:10:5: faults[0]: times and price belong together."),
        (("id: F99", "id: F98"), "F99.yaml:1:5: id: the file is called F99.yaml."),
        (("confidence: P", "confidence: sure"), "F99.yaml:7:13: confidence: 'sure' is none of"),
        (("{vendor: azure, region: swedencentral}", "{}"), "F99.yaml:10:26: faults[0].scope: this reaches nobody."),
        (("begins: 2026-01-27", "begins: 2026-02-30"), "F99.yaml:4:9: begins: there is no day '2026-02-30'."),
        (("sources: [example.org]", "sources: example.org"), "F99.yaml:8:10: sources: a list is wanted here"),
        (("lasted: 7 h\n", ""), "'lasted' is missing"),
        ((STORY, "[]"), "F99.yaml:1:1: a mapping is wanted here. Begin with `id: F25`."),
    ],
)
def test_whatever_is_wrong_is_told_with_its_place(change, problem):
    """File, line, column, what is wrong and what to write; nothing is skipped."""
    with pytest.raises(InventoryError) as caught:
        parse_incident(STORY.replace(*change), "F99.yaml")

    assert any(problem in str(each) for each in caught.value.problems), caught.value


def test_nothing_to_play_and_nothing_to_ask_is_no_incident():
    """A file that would change nothing is refused."""
    with pytest.raises(InventoryError, match="nothing goes wrong"):
        parse_incident(STORY.partition("faults:")[0], "F99.yaml")


def test_a_scenario_of_ones_own_is_read_from_a_file(tmp_path):
    """The same words, without a date and a source; it is found in an inventory in the same way."""
    text = "scenario: lose-sweden\ntitle: Sweden is gone\nfaults:\n  - {fault: down, scope: {region: swedencentral}, at: 5m}\n"
    (tmp_path / "own.yaml").write_text(text)

    case = load_scenario(tmp_path / "own.yaml")
    assert case == parse_scenario(text)
    assert (case.id, case.title, case.kind, case.precedent) == ("lose-sweden", "Sweden is gone", "own", None)
    with pytest.raises(InventoryError, match="there is no such file"):
        load_scenario(tmp_path / "none.yaml")


def test_the_files_are_in_the_wheel(tmp_path):
    """What is installed holds all of them."""
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))

    with zipfile.ZipFile(wheel) as built:
        packed = {Path(name).stem for name in built.namelist() if name.startswith("modelrouter/drills/incidents/F")}
    assert {incident.id for incident in ALL} == packed
