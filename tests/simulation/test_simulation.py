"""The whole system on a clock that hurries: nothing that must never happen does, and a seed tells it again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from simulation.estate import Site
from simulation.life import simulate
from simulation.plays import BROKEN, CAUSES, REFUSALS, Speech, failing
from simulation.run import main
from simulation.world import REACHES, draw

ROOT = Path(__file__).parents[2]
SEEDS = 520
PARTS = 4
REPLAYED = (3, 41, 138, 289)
SITE = Site(latency_s=0.1, gap_s=0.1, pieces=3, capacity=None, lists=True)


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_that_must_never_happen_does(part: int) -> None:
    """Whatever befalls the providers of these seeds, every promise of `invariants` is kept at every step."""
    outcomes = [simulate(seed) for seed in range(part, SEEDS, PARTS)]

    assert {} == {outcome.seed: outcome.broken[:3] for outcome in outcomes if outcome.broken}
    # And they are no idle seeds: hardly a failure was not played, and requests ended in every way there is.
    played = {kind for outcome in outcomes for kind in outcome.kinds}
    assert len(played) >= len(REACHES)
    ends = {end for outcome in outcomes for end in outcome.ends}
    assert {"served", "complete", "broken", "failed", "late", "cancelled", "left"} == ends
    assert sum(outcome.hedges for outcome in outcomes) > 20
    assert sum(outcome.waited for outcome in outcomes) > 20


def test_a_seed_goes_the_same_way_twice() -> None:
    """The record of a seed is the same to the byte, one router or several that share their holds."""
    shared = next(seed for seed in range(1000) if draw(seed).routers > 1)

    for seed in (*REPLAYED, shared):
        assert simulate(seed).fingerprint == simulate(seed).fingerprint
    assert simulate(shared).fingerprint != simulate(shared + 1).fingerprint


def test_a_seed_goes_the_same_way_in_another_process() -> None:
    """Neither the order of hashes nor what ran before changes how a seed goes."""
    here = [simulate(seed).fingerprint for seed in REPLAYED]

    there = []
    for hashes, seed in enumerate(REPLAYED):
        command = [sys.executable, "-m", "tests.simulation", "--seed", str(seed)]
        environment = {**os.environ, "PYTHONHASHSEED": str(hashes + 1)}
        told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
        there.append(told.split()[-1])

    assert here == there


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@pytest.mark.parametrize("kind", sorted(REFUSALS))
def test_what_a_provider_plays_is_taken_for_what_it_is(kind: str, vendor: str) -> None:
    """Each simulated refusal has the cause, and the wait, that the checks take it to have."""
    play = (
        failing(kind, Speech("openai-chat", SITE, "x", "m"), vendor, 0.1, stream=False, wait_s=90.0)
        if kind in REACHES
        else None
    )
    if play is None:
        play = failing(kind, Speech("openai-chat", SITE, "x", "m"), vendor, 0.1, stream=True, wait_s=0.0)
    body = play.blocks[0][1].decode()

    fault = classify(Evidence(vendor=vendor, status=play.status, headers=play.headers, body=body))

    assert str(fault.cause) in CAUSES[kind]
    assert fault.retry_after_s == play.wait_s


def test_every_failure_that_can_befall_can_be_played() -> None:
    """The table of incidents and those of plays name the same things; only crowds make themselves."""
    assert set(REACHES) | {"crowded"} == set(REFUSALS) | set(BROKEN)


def test_the_command_tells_its_figures_and_a_story(capsys: pytest.CaptureFixture[str]) -> None:
    """Many seeds end in one line of figures; one seed with its trace tells each step with its moment."""
    assert main(["--seeds", "3", "--from", "7"]) == 0
    assert "3 seeds, 0 failing" in capsys.readouterr().out

    assert main(["--seed", "7", "--trace"]) == 0
    told = capsys.readouterr().out
    assert " ask 0 " in told
    assert "fingerprint" in told
