"""Scenarios on virtual time: the same seed the same bytes, the graph's word against what is seen, the vendors' own answers."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from support.inventories import deployment, process, provider
from support.inventories import inventory as described

from modelrouter.continuity.factors import Graph
from modelrouter.core.causes import Cause
from modelrouter.core.inventory import Demand, Limits, Objectives
from modelrouter.drills.agreement import compared
from modelrouter.drills.faults import cause, dialect
from modelrouter.drills.guard import Guard
from modelrouter.drills.incidents import incidents, scenario_of
from modelrouter.drills.misfortunes import MISFORTUNES
from modelrouter.drills.mishap import Case, Mishap, NotConcerned, composed
from modelrouter.drills.readdress import readdress
from modelrouter.drills.recording import as_bytes
from modelrouter.drills.scenario import DOOR_CLOSED, Blow
from modelrouter.drills.scope import parse
from modelrouter.drills.shapes import Shape
from modelrouter.drills.simulate import frame, plan, simulate
from modelrouter.drills.simulated import SimulatedProviders
from modelrouter.drills.static import static
from modelrouter.drills.striking import key_of
from modelrouter.drills.twins.effects import STATED, Effect
from modelrouter.drills.twins.injection import Called, Injection, Standing
from modelrouter.drills.twins.limits import Accounts
from modelrouter.drills.twins.reception import Time
from modelrouter.drills.twins.twin import Twin
from modelrouter.drills.verdict import Verdict, judge
from modelrouter.inventory.loader import load
from modelrouter.providers.base import ConnectionFailedError
from modelrouter.providers.egress import LoopbackEgress
from modelrouter.providers.http import HttpClient
from modelrouter.runtime.virtual import VirtualTime

ROOT = Path(__file__).parents[2]
WORLD = Path(__file__).with_name("world.yaml")
ASKED = b'{"model":"claude-opus-4-8","max_tokens":50,"messages":[{"role":"user","content":"Hello. [[broker-documents#001]]"}]}'


@pytest.fixture(scope="module")
def shipped():
    """The inventory at the top of the repository."""
    return load("providers.yaml")


@pytest.fixture(scope="module", params=["providers.yaml", str(WORLD)], ids=["shipped", "world"])
def played(request):
    """Every incident that concerns an inventory, the catalogue of the shipped one, what the graph says and what was seen."""
    inventory = load(request.param)
    made = [scenario_of(incident, inventory) for incident in incidents()]
    losses = plan(inventory) if request.param == "providers.yaml" else plan(inventory)[:1]
    scenarios = [*losses, *(each for each in made if not isinstance(each, NotConcerned))]
    rehearsal = simulate(inventory, scenarios)
    return inventory, static(inventory, scenarios), rehearsal.recordings


def one(inventory, word, **more):
    """The scenario of one misfortune at one scope, which lasts as long as the rehearsal."""
    misfortune, _, scope = word.partition("@")
    small = frame(inventory)
    mishap = Mishap(misfortune=misfortune, scope=parse(scope), **more)
    length_s = small.duration_s - small.steady_s
    return composed(
        Case(id=word, title=word, kind="t", mishaps=(mishap,), length_s=length_s), Graph.of(inventory), small
    )


def test_the_graph_was_right_wherever_everything_fails_wholly(played):
    """In every moment of every scenario in which what fails does so wholly: who the graph says is served is, and nobody else."""
    _, foreseen, recordings = played
    found = [each for said, seen in zip(foreseen, recordings, strict=True) for each in compared(said, seen)]

    assert len(found) >= 200
    assert {each.said for each in found} == {True, False}
    assert [] == [each for each in found if not each.agrees]


def test_the_verdict_is_what_the_graph_predicts_for_every_pure_scenario(played):
    """For incidents and the catalogue alike: `NO_PERMITTED_ROUTE` is given to exactly the processes said to be down."""
    inventory, foreseen, recordings = played
    pure = [(said, seen) for said, seen in zip(foreseen, recordings, strict=True) if said.scenario.pure]
    lost = {
        seen.scenario.id: {
            each.process for each in judge(inventory, seen) if each.verdict is Verdict.NO_PERMITTED_ROUTE
        }
        for _, seen in pure
    }

    assert len(pure) >= 20
    assert {said.scenario.id: set(said.down) for said, _ in pure} == lost
    assert any(lost.values())


def test_a_wrong_prediction_is_seen(shipped):
    """The comparison bites: told that nothing is lost, or that something else is, it disagrees with what was played."""
    scenario = one(shipped, "unavailable@family:claude")
    other = one(shipped, "unavailable@vendor:azure")
    (recording,) = simulate(shipped, [scenario]).recordings
    right, wrong = static(shipped, [scenario, replace(scenario, losses=other.losses)])

    assert all(each.agrees for each in compared(right, recording))
    assert {"medical-reports"} == {each.process for each in compared(wrong, recording) if not each.agrees}


@pytest.mark.parametrize("part", range(3))
def test_the_graph_was_right_of_any_misfortune_anywhere(part):
    """Words and factors drawn at random: wherever availability alone is at stake, who is served is who was said to be."""
    world = load(WORLD)
    graph = Graph.of(world)
    kinds = ("provider", "family", "model", "region", "upstream", "deployment", "jurisdiction", "account", "key")
    names = [f"{kind}:{name}" for kind in kinds for name in graph.of_kind(kind)]
    drawn = Random(f"anywhere {part}")
    taking = [word for word in PLAYED if MISFORTUNES[word].takes]
    made = [one(world, f"{drawn.choice(taking)}@{drawn.choice(names)}") for _ in range(30)]
    pure = [each for each in made if not isinstance(each, NotConcerned) and each.pure]
    recordings = simulate(world, pure, seed=part).recordings
    found = [each for said, seen in zip(static(world, pure), recordings, strict=True) for each in compared(said, seen)]

    assert len(pure) >= 8
    assert [] == [each for each in found if not each.agrees]


def test_what_is_held_beside_what_is_hit_is_said_and_seen():
    """A ban at one deployment is taken for one of its family: others are held with it, which no graph of losses knows."""
    world = load(WORLD)
    scenario = one(world, "export-ban@deployment:claude-de")
    (recording,) = simulate(world, [scenario]).recordings
    (foreseen,) = static(world, [scenario])

    assert "bedrock-eu" in scenario.faults[0].held_with
    assert any("export_controlled, which is held for bedrock-eu" in note for note in scenario.notes)
    assert not scenario.pure
    assert compared(foreseen, recording) == ()
    assert "writer" not in foreseen.down
    assert "bedrock-eu" not in {entry.deployment for entry in recording.calls if entry.at > 15}


def test_a_request_that_is_called_wrong_goes_nowhere_else(shipped):
    """Good requests refused as bad ones are lost although a fallback stands: no matter of availability alone."""
    scenario = one(shipped, "rejects@vendor:anthropic")
    (recording,) = simulate(shipped, [scenario]).recordings
    after = [sent for sent in recording.sent if sent.process == "broker-documents" and sent.at >= 10]

    assert not scenario.pure
    assert all(sent.error for sent in after)


def test_nobody_is_sent_where_the_data_may_not_go(played):
    """Through all incidents, no process's data went to a place or a ruler that its policies forbid."""
    inventory, _, recordings = played

    assert 0 == sum(each.breaches for seen in recordings for each in judge(inventory, seen))


def test_nothing_happens_where_nothing_fails(played):
    """In the steady state everything is served by everybody's first choice, and no hold opens."""
    inventory, _, recordings = played
    steady = recordings[0]

    assert steady.scenario.id == "steady"
    assert {Verdict.SURVIVED} == {each.verdict for each in judge(inventory, steady)}
    assert steady.marks == ()


def digest(seed, hashes):
    """What another process makes of two scenarios."""
    code = (
        "import hashlib,sys; from modelrouter.inventory.loader import load; from modelrouter.drills.simulate import *;"
        "from modelrouter.drills.recording import as_bytes; from modelrouter.drills.incidents import *;"
        "inventory = load('providers.yaml');"
        "known = [scenario_of(each, inventory) for each in incidents() if each.id in ('F20', 'F36')];"
        f"found = simulate(inventory, known, seed={seed}).recordings;"
        "print(hashlib.sha256(b''.join(map(as_bytes, found))).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": str(hashes)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_the_same_seed_gives_the_same_bytes(shipped):
    """In this process and in others, whatever their order of hashes; another seed gives others."""
    known = [scenario_of(each, shipped) for each in incidents() if each.id in ("F20", "F36")]
    here, again, other = (
        hashlib.sha256(b"".join(map(as_bytes, simulate(shipped, known, seed=seed).recordings))).hexdigest()
        for seed in (7, 7, 8)
    )

    assert {here} == {again, digest(7, 1), digest(7, 2)}
    assert other != here


def test_no_socket_is_opened(shipped):
    """Nothing is dialled, not even on this machine."""
    dialled = []
    with Guard() as guard:
        sys.addaudithook(lambda event, _: dialled.append(event) if event == "socket.connect" and guard._on else None)
        simulate(shipped, [one(shipped, "down@vendor:anthropic")])

    assert dialled == []


PLAYED = [word for word, each in MISFORTUNES.items() if each.played]


@pytest.mark.parametrize("word", PLAYED)
def test_every_misfortune_can_be_played_and_is_met(shipped, word):
    """Each word at one vendor: calls meet it, and where it takes everything nothing is served there while it stands."""
    scenario = one(shipped, f"{word}@vendor:anthropic", left=0.01)
    (recording,) = simulate(shipped, [scenario]).recordings
    after = [
        entry
        for entry in recording.calls
        if entry.deployment == "claude-direct" and entry.at > scenario.faults[0].from_s
    ]
    took = MISFORTUNES[word].takes

    assert scenario.factors == {"provider:anthropic"}
    assert took == all(fault.total for fault in scenario.faults)
    if scenario.faults[0].effect == DOOR_CLOSED:
        assert after == []
    else:
        assert any(entry.injected or entry.effect is not None for entry in after)
        assert not took or not any(entry.whole for entry in after)


@pytest.mark.parametrize("word", [word for word in PLAYED if MISFORTUNES[word].takes])
def test_what_takes_everything_is_found_for_what_it_is(shipped, word):
    """The holds that open are of the cause that the vendor's own words mean, and of no other."""
    scenario = one(shipped, f"{word}@vendor:anthropic")
    (recording,) = simulate(shipped, [scenario]).recordings
    causes = {mark.cause for mark in recording.marks}
    effect = scenario.faults[0].effect
    meant = Cause.NETWORK if effect == DOOR_CLOSED else cause(dialect("anthropic"), Effect(effect))

    if meant is Cause.BAD_REQUEST:  # a matter of the request alone: nothing is held, and its caller is told
        assert causes == set()
    elif effect == Effect.MALFORMED_EVENT:  # a stream that cannot be read on is one that broke off
        assert causes <= {str(Cause.OUTAGE), str(Cause.NETWORK)}
        assert causes
    else:
        assert causes == {str(meant)}


def test_a_lost_region_is_lost_and_its_neighbour_is_not(shipped):
    """A scope of two facts hits what fits both."""
    scenario = one(shipped, "unavailable@vendor:azure,region:swedencentral")
    (recording,) = simulate(shipped, [scenario]).recordings

    assert scenario.factors == {"region:azure/swedencentral"}
    assert {"gpt-azure-eu"} == {entry.deployment for entry in recording.calls if entry.injected}


def test_who_calls_can_be_what_decides():
    """A segment is refused at a deployment that goes on serving everybody else until the router holds it for all."""
    world = load(WORLD)
    scenario = one(world, "errors@developer:anthropic,segment:us-federal", share=0.5)
    (recording,) = simulate(world, [scenario]).recordings

    assert {"federal"} == {entry.marker.partition("#")[0] for entry in recording.calls if entry.injected}
    assert any(entry.whole and entry.marker.startswith("writer") for entry in recording.calls)


@pytest.mark.parametrize(("rpm", "verdict"), [(None, Verdict.SURVIVED), (60, Verdict.DEGRADED)])
def test_an_account_that_is_too_small_for_what_falls_back_on_it_is_felt(rpm, verdict):
    """Two deployments of one account, neither limited itself, stand in for what is lost: what their account carries decides."""
    owner = provider("spare")
    shared = replace(owner.accounts["main"], limits=Limits(rpm=rpm))
    one, two = (replace(deployment(name, of=owner), account=shared) for name in ("one", "two"))
    lost = deployment("lost")
    soon = Objectives(deadline_s=5.0, minimum=0.1)
    small = described(
        *(
            process(name, lost, spare, criticality="important", demand=Demand(rpm=200), objectives=soon)
            for name, spare in (("claims", one), ("sorting", two))
        )
    )
    scenario = next(each for each in plan(small) if each.id == "suspended-lost-provider")
    (recording,) = simulate(small, [scenario]).recordings
    found = judge(small, recording)
    throttled = {call.deployment for call in recording.calls if call.effect is Effect.THROTTLED and not call.injected}

    assert {verdict} == {each.verdict for each in found}
    assert throttled == (set() if rpm is None else {"one", "two"})


def test_callers_that_are_hit_stay_hit():
    """A sticky share is one of callers: whom it hits it hits at every call; nobody else meets it."""
    standing = Injection(effect=Effect.WORSE, share=0.3, sticky=True)
    markers = [f"chat#{number:03}" for number in range(1000)]

    hit = {marker for marker in markers if standing.sticks(marker)}
    assert 200 < len(hit) < 400
    assert hit == {marker for marker in markers if standing.sticks(marker)}
    assert all(Injection(effect=Effect.WORSE, share=0.9, sticky=True).sticks(marker) for marker in hit)


def test_a_share_is_one_of_listings_as_well():
    """A fault that meets each fourth call meets each fourth listing, and neither counts for the other."""
    standing = Standing()
    standing.add(Injection(effect=Effect.AUTH, share=0.25))

    assert 2 == sum(standing.listing(Called("key")) is not None for _ in range(8))
    assert 2 == sum(standing.take(Called("key", "model")) is not None for _ in range(8))
    assert 2 == sum(standing.listing(Called("key")) is not None for _ in range(8))


def test_some_callers_meet_what_others_do_not():
    """An injection for processes hits their calls by their markers, and no call without one, and no listing."""
    injection = Injection(effect=Effect.PERMISSION, processes=frozenset({"federal"}), deployments=frozenset({"a"}))

    assert injection.matches(Called("key", "model", "a", "federal#001"))
    assert not injection.matches(Called("key", "model", "a", "writer#001"))
    assert not injection.matches(Called("key", "model", "b", "federal#001"))
    assert not injection.matches(Called("key", "model", "a"))
    assert not injection.matches(Called("key", deployment="a"))


def test_worse_answers_are_seen_by_what_was_asked_for(shipped):
    """A good status and wrong words: the caller has an answer, and the verdict says that it is none."""
    scenario = one(shipped, "worse@vendor:azure")
    (recording,) = simulate(shipped, [scenario]).recordings
    verdicts = {each.process: each.verdict for each in judge(shipped, recording)}

    assert verdicts["payment-screening"] is Verdict.FAILED_QUALITY
    assert verdicts["campaign-texts"] is Verdict.SURVIVED


def test_limits_that_are_cut_are_felt_at_the_fallback(shipped):
    """A deployment that carries a hundredth of what it declares throttles, and the rest of the calls goes elsewhere."""
    scenario = one(shipped, "quota-cut@vendor:azure", left=0.01)
    (recording,) = simulate(shipped, [scenario]).recordings
    azure = [entry for entry in recording.calls if entry.deployment == "gpt-azure-eu" and entry.at > 10]

    assert any(entry.effect is Effect.THROTTLED for entry in azure)
    assert any(entry.whole for entry in recording.calls if entry.deployment == "claude-bedrock-eu" and entry.at > 10)


def test_a_flap_stands_and_is_away_in_turn(shipped):
    """It is served at times in between, and a process without another route is without service at others."""
    shape = Shape(at_s=0.0, down_s=10.0, up_s=10.0)
    scenario = one(shipped, "unavailable@family:claude", shape=shape)
    (recording,) = simulate(shipped, [scenario]).recordings
    medical = [sent for sent in recording.sent if sent.process == "medical-reports" and sent.at >= 10]

    assert [(10.0, 20.0), (30.0, 40.0), (50.0, 60.0)] == [(fault.from_s, fault.until_s) for fault in scenario.faults]
    assert any(sent.error for sent in medical)
    assert any(sent.error is None for sent in medical)


@pytest.mark.parametrize("effect", sorted(STATED))
def test_a_simulated_provider_answers_as_its_twin(shipped, effect):
    """The same request meets the same status, headers and body on virtual time as over a socket."""
    deployment = shipped.deployments["claude-direct"]
    blow = Blow(effect=effect, scope="", deployments=frozenset({"claude-direct"}), from_s=0.0)

    async def simulated():
        providers = SimulatedProviders(shipped, frame(shipped), Time(time.now, time.wall))
        providers.strike([blow])
        line = await providers.send(readdress(shipped, providers.addresses).deployments["claude-direct"], ASKED)
        return line.status, dict(line.headers), await line.read()

    async def real():
        limited = frame(shipped).deployments["claude-direct"]
        async with Twin(deployment.provider, [limited], accounts=Accounts(frame(shipped).scale)) as twin:
            twin.inject(Injection(effect=effect))
            addresses = dict.fromkeys(shipped.deployments, twin.base_url(deployment))
            client = HttpClient(key_of, LoopbackEgress())
            reply = await client.send(readdress(shipped, addresses).deployments["claude-direct"], ASKED)
            answer = reply.status, dict(reply.headers), await reply.read()
            await client.aclose()
            return answer

    time = VirtualTime()
    status, headers, body = time.run(simulated())
    theirs = asyncio.run(real())
    changing = {
        "date",
        "anthropic-ratelimit-requests-reset",
        "anthropic-ratelimit-tokens-reset",
        "transfer-encoding",
        "server",
    }
    assert (status, body) == (theirs[0], theirs[2])
    assert {k: v for k, v in headers.items() if k not in changing} == {
        k: v for k, v in theirs[1].items() if k not in changing
    }


@pytest.mark.parametrize(
    ("how", "says"), [("refused", "ConnectionRefused"), ("dns", "Name or service"), ("tls", "certificate")]
)
def test_a_server_that_is_gone_is_gone_in_its_own_way(shipped, how, says):
    """A refused connection, a name that nobody knows and a certificate that has expired are told apart."""
    blow = Blow(effect=DOOR_CLOSED, scope="", deployments=frozenset({"claude-direct"}), from_s=0.0, how=how)
    time = VirtualTime()

    async def dialled():
        providers = SimulatedProviders(shipped, frame(shipped), Time(time.now, time.wall))
        providers.strike([blow])
        await providers.send(readdress(shipped, providers.addresses).deployments["claude-direct"], ASKED)

    with pytest.raises(ConnectionFailedError, match=says):
        time.run(dialled())


def test_connections_are_lost_when_the_server_goes(shipped):
    """An answer under way breaks off; who reads it is told."""
    blow = Blow(effect=DOOR_CLOSED, scope="", deployments=frozenset({"claude-direct"}), from_s=0.0)
    time = VirtualTime()

    async def interrupted():
        providers = SimulatedProviders(shipped, frame(shipped), Time(time.now, time.wall))
        own = readdress(shipped, providers.addresses).deployments["claude-direct"]
        streamed = ASKED.replace(b'{"model"', b'{"stream":true,"model"')
        line = await providers.send(own, streamed)
        await line.block()
        providers.strike([blow])
        await line.read()

    with pytest.raises(ConnectionFailedError, match="disconnected"):
        time.run(interrupted())
