"""`modelrouter hold`, `release`, `status` and `explain`: the same holds, seen from every side."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.upstream import eventually

from modelrouter.cli.duration import seconds, spoken
from modelrouter.cli.holding import CLOCK, ends
from modelrouter.core.causes import Cause, Scope
from modelrouter.core.domains import Domain
from modelrouter.core.faults import Fault
from modelrouter.core.holds import opened, ready, trial_begun, trial_passed
from modelrouter.inventory import load
from modelrouter.runtime.holdfile import default_path

if TYPE_CHECKING:
    from cli.conftest import Desk

FAMILY = Domain.parse("family:gpt")


def test_nothing_is_held(desk: Desk) -> None:
    """At first there is nothing to tell but a line for each deployment."""
    result = desk.run("status")

    assert result.exit_code == 0
    assert result.stdout.startswith("nothing is held  two-upstreams")
    assert re.search(r"gpt +first +gpt-5\.6 +free", result.stdout)
    assert desk.json("status") == {
        "inventory": "two-upstreams",
        "holds": [],
        "deployments": {
            "gpt": {"provider": "first", "held_by": [], "checks": []},
            "qwen": {"provider": "second", "held_by": [], "checks": []},
        },
        "ledger": None,
        "unrecognised": [],
        "unrecognised_dropped": 0,
    }


def test_hold_says_whom_it_affects(desk: Desk) -> None:
    """A hold names its end, what is lost with it, and what nothing would serve any more."""
    result = desk.run("hold", "family:gpt", "--reason", "directive 17", "--for", "30m")

    assert result.exit_code == 0
    assert re.fullmatch(
        r"held family:gpt, ends at \d\d:\d\d:\d\d \(in (30 min|29 min 59 s)\): "
        r"1 deployment, 2 processes; nothing would now serve archive\n",
        result.stdout,
    )


def test_status_tells_everything_of_a_hold(desk: Desk) -> None:
    """Domain, cause, end, reason, deployments and processes, for people and for programs."""
    desk.run("hold", "provider:first", "--reason", "directive [17]")
    shown = desk.run("status").stdout
    told = desk.json("status")

    assert "1 domain is held" in shown
    assert "● provider:first  operator, open, for 0 s" in shown or "for 1 s" in shown
    assert re.search(r"why +directive \[17\]", shown)
    assert re.search(r"ends +when released", shown)
    assert re.search(r"processes +claims, archive \(stopped\)", shown)
    assert "held: provider:first" in shown
    assert re.fullmatch(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["holds"][0].pop("since"))
    assert told["holds"] == [
        {
            "domain": "provider:first",
            "cause": "operator",
            "phase": "open",
            "until": None,
            "ending": "release",
            "ends": "when released",
            "stated": True,
            "reason": "directive [17]",
            "rule": "",
            "deployments": ["gpt"],
            "processes": ["claims", "archive"],
            "stopped": ["archive"],
        }
    ]
    assert told["deployments"]["gpt"]["held_by"] == ["provider:first"]


def test_status_tells_a_hold_that_a_reply_opened(desk: Desk) -> None:
    """A hold found by one command is seen by the next, with the cause, the rule and the provider's words."""
    desk.first.mode = "status"
    desk.first.refusal = (
        429,
        {"retry-after": "70"},
        '{"error": {"message": "slow\\u001b[2J down", "code": "rate_limit_exceeded"}}',
    )
    desk.run("ask", "claims", "x")
    told = desk.json("status")["holds"]
    shown = desk.run("status").stdout

    assert [(hold["domain"], hold["cause"], hold["ending"]) for hold in told] == [
        ("account-model:first/main/gpt-5.6", "throttled", "time")
    ]
    assert told[0]["rule"]
    assert "\x1b[2J" not in shown
    assert re.search(r"ends +at .* \(in 1 min [0-9]+ s\)", shown)


def test_a_short_hold_ends_by_itself(desk: Desk) -> None:
    """A hold with an end is gone after it."""
    desk.run("hold", "deployment:gpt", "--reason", "a moment", "--for", "300ms")

    assert eventually(lambda: not desk.json("status")["holds"])


def test_release(desk: Desk) -> None:
    """A release ends the hold, for programs as well; one of nothing changes nothing and is no error."""
    desk.run("hold", "family:gpt", "--reason", "x")
    released = desk.run("release", "family:gpt")
    again = desk.json("release", "family:gpt")

    assert (released.exit_code, released.stdout) == (0, "released family:gpt\n")
    assert again == {"domain": "family:gpt", "released": False}
    assert desk.run("release", "family:gpt").stdout == "family:gpt was not held\n"
    assert not desk.json("status")["holds"]


def test_hold_for_programs(desk: Desk) -> None:
    """With --json a hold is what `status` would say of it."""
    held = desk.json("hold", "family:gpt", "--reason", "x")

    assert held == desk.json("status")["holds"][0] | {"since": held["since"]}


@pytest.mark.parametrize(
    ("typed", "near"), [("first", "provider:first"), ("family:gtp", "family:gpt"), ("gpt", "deployment:gpt")]
)
@pytest.mark.parametrize("verb", [("hold", "--reason", "x"), ("release",)])
def test_unknown_domain(desk: Desk, verb: tuple[str, ...], typed: str, near: str) -> None:
    """A domain that does not exist is refused with the near ones alone; programs are told all."""
    result = desk.run(verb[0], typed, *verb[1:])
    told = json.loads(desk.run(verb[0], typed, *verb[1:], "--json").stdout)

    assert result.exit_code == 1
    assert f"did you mean '{near}'" in result.stderr.splitlines()[0]
    assert len(result.stderr.splitlines()) == 1
    assert told["near"][0] == near
    assert len(told["known"]) == len(set(told["known"])) > 20


def test_domain_that_is_like_none(desk: Desk) -> None:
    """Where nothing is near, all domains are listed, one line for each kind."""
    result = desk.run("hold", "zzzz", "--reason", "x")

    assert result.exit_code == 1
    assert "  jurisdiction:DE, jurisdiction:US" in result.stderr.splitlines()


def test_hold_without_a_reason(desk: Desk) -> None:
    """Nobody may hold without saying why."""
    missing = desk.run("hold", "family:gpt")
    empty = desk.run("hold", "family:gpt", "--reason", " ")

    assert (missing.exit_code, empty.exit_code) == (2, 2)
    assert "a hold needs a reason" in empty.stderr
    assert not desk.json("status")["holds"]


def test_hold_that_nobody_else_would_see(desk: Desk) -> None:
    """Where the hold file cannot be written, the command fails instead of promising."""
    default_path(load(desk.file)).with_suffix(".lock").mkdir(parents=True)
    result = desk.run("hold", "family:gpt", "--reason", "x")

    assert result.exit_code == 1
    assert "error: family:gpt: the hold file could not be written" in result.stderr


def test_explain_names_the_first(desk: Desk) -> None:
    """The route in order, the one that would be called marked, and nothing sent."""
    result = desk.run("explain", "gpt-4o")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "claims, which 'gpt-4o' means (critical)"
    assert re.search(r"▶ gpt +first/main +gpt-5\.6 +us-east +called first", result.stdout)
    assert re.search(r"  qwen +second/- +qwen3-32b +DE +permitted", result.stdout)
    assert result.stdout.splitlines()[-1] == "first call: gpt"
    assert desk.first.calls == desk.second.calls == 0


def test_explain_names_the_rule(desk: Desk) -> None:
    """What policy forbids is shown with the rule, for the circumstances given."""
    result = desk.run("explain", "claims", "--data-class", "personal")
    told = desk.json("explain", "claims", "--data-class", "personal")

    assert "gpt: not permitted by personal-at-home: headquarters US is not in DE" in result.stdout
    assert "first call: qwen" in result.stdout
    assert [(step["deployment"], step["permitted"], step["first"]) for step in told["route"]] == [
        ("gpt", False, False),
        ("qwen", True, True),
    ]
    assert told["route"][0]["excluded_by"] == [{"rule": "personal-at-home", "why": "headquarters US is not in DE"}]


def test_explain_names_the_hold(desk: Desk) -> None:
    """What is held is passed over, with the reason and the end; the next is called first."""
    desk.run("hold", "jurisdiction:US", "--reason", "directive 17")
    result = desk.run("explain", "claims")
    told = desk.json("explain", "claims")

    assert "gpt: jurisdiction:US is held (operator): directive 17; ends when released" in result.stdout
    assert "first call: qwen" in result.stdout
    assert told["first"] == "qwen"
    assert [hold["domain"] for hold in told["route"][0]["holds"]] == ["jurisdiction:US"]


def test_explain_agrees_with_what_happens(desk: Desk) -> None:
    """The deployment that explain names is the one that ask then calls, held or not, waived or not."""
    for command in ([], ["hold", "family:gpt", "--reason", "x"], ["hold", "family:qwen", "--reason", "x"]):
        if command:
            desk.run(*command)
        first = desk.json("explain", "claims")["first"]
        result = desk.run("ask", "claims", "x", "--json")

        assert json.loads(result.stdout)["decision"]["served_by"] == first


def test_explain_a_waived_hold(desk: Desk) -> None:
    """A hold that was only inferred does not stand in the way of the last one, and the line says so."""
    desk.second.mode = "status"
    desk.second.refusal = (503, {}, '{"error": {"message": "overloaded", "type": "overloaded_error"}}')
    for _ in range(3):
        desk.run("ask", "letters", "x")
    told = desk.json("explain", "letters")

    assert told["route"][0]["holds"]
    assert told["first"] == "qwen"


def test_explain_a_missing_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment whose key is not set here would not be called; the variable is named."""
    monkeypatch.delenv("FIRST_KEY")
    result = desk.run("explain", "claims")

    assert "gpt: its key FIRST_KEY is not set here" in result.stdout
    assert "first call: qwen" in result.stdout


def test_explain_a_dead_end(desk: Desk) -> None:
    """Where nothing would be called, the last line says why; a deployment can be asked about by its own name."""
    desk.run("hold", "family:gpt", "--reason", "x")
    held = desk.run("explain", "gpt")
    forbidden = desk.run("explain", "archive", "--data-class", "personal")

    assert "nothing would be called: every permitted deployment is held" in held.stdout
    assert "nothing would be called: no deployment of the route is permitted" in forbidden.stdout


def test_explain_near_misses(desk: Desk) -> None:
    """A name that means nothing gets the near ones."""
    result = desk.run("explain", "leters")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean 'letters'?" in result.stderr


def test_watching(desk: Desk) -> None:
    """`status --watch` shows on a terminal what another process changes, until it is interrupted."""
    terminal, end = pty.openpty()
    words = [sys.executable, "-c", "from modelrouter.cli import main; main()", "status", "--watch"]
    shown = b""

    def shows(text: bytes) -> bool:
        nonlocal shown
        shown += os.read(terminal, 65536)
        return text in shown

    with subprocess.Popen(words, stdout=end, stderr=end, env={**os.environ, "TERM": "xterm"}) as watching:
        os.close(end)
        try:
            assert eventually(lambda: shows(b"nothing is held"), 20)
            desk.run("hold", "family:gpt", "--reason", "directive 17")

            assert eventually(lambda: shows(b"directive 17"), 20)
            watching.send_signal(signal.SIGINT)

            assert watching.wait(20) == 0
        finally:
            watching.kill()
            os.close(terminal)


def test_watching_for_programs(desk: Desk) -> None:
    """With --json as well, it prints one object a line, each second."""
    words = [sys.executable, "-c", "from modelrouter.cli import main; main()", "status", "--watch", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watching:
        try:
            assert watching.stdout is not None
            first = json.loads(watching.stdout.readline())
            desk.run("hold", "family:gpt", "--reason", "x")
            later = [json.loads(watching.stdout.readline()) for _ in range(2)]
            watching.send_signal(signal.SIGINT)

            assert watching.wait(20) == 0
        finally:
            watching.kill()

    assert first["holds"] == []
    assert later[-1]["deployments"]["gpt"]["held_by"] == ["family:gpt"]


def test_how_each_hold_ends() -> None:
    """Every phase of a hold has its own words."""
    now = CLOCK.now()
    fault = Fault(cause=Cause.OUTAGE, scope=Scope.DEPLOYMENT, evidence="gone", retry_after_s=90.0)
    hold = opened(None, FAMILY, fault, now, 0.5)
    due = opened(None, FAMILY, fault, now - 100, 0.5)
    ramp = trial_passed(trial_begun(hold, now), now)
    export = opened(None, FAMILY, Fault(cause=Cause.EXPORT_CONTROLLED, scope=Scope.MODEL), now, 0.5)

    assert ramp is not None
    assert re.fullmatch(r"one call tries it at [\d:]+ \(in 1 min (30|29) s\)", ends(hold))
    assert ends(due) == "the next call tries it"
    assert ends(ready(hold)) == "the next call tries it"
    assert ends(trial_begun(hold, now)) == "one call is trying it"
    assert ends(ramp).startswith("a growing share of calls goes through, all at ")
    assert ends(export) == "when a free probe passes and one call tries it, or released"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (3600, "1 h"),
        (9000, "2 h 30 min"),
        (180_000, "2 d 2 h"),
    ],
)
def test_durations_in_words(length: float, words: str) -> None:
    """A duration is told in its two largest units."""
    assert spoken(length) == words


@given(st.integers(1, 10_000), st.sampled_from([("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]))
def test_durations_are_read_as_in_the_inventory(count: int, unit: tuple[str, float]) -> None:
    """A number and its unit, whatever the unit."""
    assert seconds(f"{count}{unit[0]}") == pytest.approx(count * unit[1])


def test_status_tells_of_the_ledger(desk: Desk) -> None:
    """Whoever ordered has written it down: how many entries are signed, in which folder, and who writes it now."""
    desk.file.write_text(f"{desk.file.read_text()}ledger: {{folder: ledger, origin: ledger.example/desk}}\n")
    before = desk.run("status").stdout
    desk.run("hold", "provider:first", "--reason", "a test", "--for", "60s")
    told, after = desk.json("status")["ledger"], desk.run("status").stdout

    assert "ledger.example/desk, strict, written by 0 processes now" in before
    assert (told["origin"], told["durability"], told["folder"]) == (
        "ledger.example/desk",
        "strict",
        str(desk.file.parent / "ledger"),
    )
    assert [shard["name"] for shard in told["shards"]] == ["0"]
    assert told["shards"][0]["signed"] >= 4  # its begin, the inventory, the order and the hold
    assert "entries signed, the last checkpoint" in after
