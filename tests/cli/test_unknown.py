"""Errors that no rule knew, from the call to the rule that the operator pastes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelrouter.cli.unknown import _entry
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.core.unrecognised import seen, suggested
from modelrouter.inventory import parse

if TYPE_CHECKING:
    from cli.conftest import Desk

MELTED = '{"error": {"code": "E4711", "message": "the glacier of team 17 \\u001b[2Jmelted", "key": "sk-proj-4f9a8b7c6d5e4f9a8b7c"}}'


@pytest.fixture
def melted(desk: Desk) -> Desk:
    """A desk whose first provider has said, twice, what no rule knows."""
    desk.first.mode = "status"
    desk.first.refusal = (418, {}, MELTED)
    for _ in range(2):
        desk.run("ask", "archive", "x")
    return desk


def test_status_shows_them(melted: Desk) -> None:
    """A short table: how often, whose, which status, what, since when; and what to do."""
    shown = melted.run("status").stdout

    assert "errors that no rule knew" in shown
    assert re.search(r"2 +first +418 +\{\"error.*glacier of team # .*20\d\d-\d\d-\d\d \d\d:\d\d", shown)
    assert "modelrouter classify --unknown writes a rule for each" in shown
    assert "\x1b" not in shown
    assert "sk-proj-4f9a8b7c" not in shown


def test_status_tells_programs(melted: Desk) -> None:
    """With --json each is an object with all that is kept."""
    told = melted.json("status")

    (entry,) = told["unrecognised"]
    assert (entry["count"], entry["provider"], entry["status"], entry["deployment"]) == (2, "first", 418, "gpt")
    assert entry["taken_for"] == {"cause": "bad_request", "scope": "request"}
    assert told["unrecognised_dropped"] == 0


def test_status_is_silent_where_all_was_known(desk: Desk) -> None:
    """An error that a rule knew is none of them."""
    desk.first.mode = "status"
    desk.first.refusal = (429, {}, '{"error": {"message": "x", "code": "rate_limit_exceeded"}}')
    desk.run("ask", "archive", "x")

    assert "no rule knew" not in desk.run("status").stdout
    assert desk.run("classify", "--unknown").stdout == "every error was known\n"
    assert desk.json("classify", "--unknown")["unrecognised"] == []


def test_many_are_cut_short(desk: Desk) -> None:
    """The most frequent five stand in the table; the rest are counted."""
    desk.first.mode = "status"
    for word in ("melted", "froze", "cracked", "slid", "grew", "sang", "wept"):
        desk.first.refusal = (418, {}, f"the great glacier {word}")
        desk.run("ask", "archive", "x")
    shown = desk.run("status").stdout

    assert shown.count("the great glacier") == 5
    assert "2 more; modelrouter classify --unknown" in shown


def test_a_rule_can_be_pasted_and_takes_it_off_the_list(melted: Desk) -> None:
    """What is printed is YAML for the inventory; there it reads the error, and the list is empty."""
    listed = melted.run("classify", "--unknown")
    (rule,) = yaml.safe_load(listed.stdout)["signatures"]
    melted.file.write_text(melted.file.read_text() + listed.stdout)
    body = melted.first.refusal[2]
    words = ("classify", "--inventory", str(melted.file), "--status", "418", body)

    assert listed.exit_code == 0
    assert (rule["provider"], rule["status"], rule["cause"], rule["text"]) == (
        "first",
        418,
        "bad_request",
        "the glacier of team",
    )
    assert "guessed from the status alone" in listed.stdout
    assert "# 2 times" not in listed.stdout.splitlines()[0]
    assert "\x1b" not in listed.stdout
    assert "sk-proj-4f9a8b7c" not in listed.stdout
    assert melted.run("check").exit_code == 0
    assert melted.json(*words, "--provider", "first")["rule"] == f"inventory.{rule['id']}"
    assert melted.json(*words, "--provider", "second")["rule"] == "status.418"
    assert melted.json("status")["unrecognised"] == []
    assert melted.run("classify", "--unknown").stdout == "every error was known\n"


def test_rules_for_programs(melted: Desk) -> None:
    """With --json each error comes with its rule, or with none."""
    melted.first.refusal = (418, {}, "oops 17")
    melted.run("ask", "archive", "x")
    told = melted.json("classify", "--unknown", "--inventory", str(melted.file))

    assert [entry["signature"] and entry["signature"]["text"] for entry in told["unrecognised"]] == [
        None,
        "the glacier of team",
    ]
    assert (told["inventory"], told["dropped"]) == ("two-upstreams", 0)
    assert "no words that stay the same" in melted.run("classify", "--unknown").stdout


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=120) | st.text("gläcier:#'\"\\{}[]|>&*!%@`- \u2028\x85\t\n\ufeff$~?,=", max_size=60))
def test_whatever_a_provider_says_the_yaml_is_right(words: str) -> None:
    """Any text, line breaks and marks of YAML in it, gives an entry that loads and reads the error."""
    evidence = Evidence(vendor="generic", provider="acme", status=418, body=f"glacier melted {words}")
    found = seen(evidence, classify(evidence), "acme-eu", 1.8e9)
    assert found is not None
    text = "inventory: own\nproviders: {acme: {headquarters: US}}\nsignatures:\n" + _entry(found)
    if suggested(found) is not None:
        assert found.known_to(parse(text).signatures)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--provider", "first", "x"), "name its file too"),
        (("--provider", "frist", "--inventory", "FILE", "x"), "Did you mean 'first'?"),
    ],
)
def test_a_provider_is_one_of_an_inventory(desk: Desk, words: tuple[str, ...], message: str) -> None:
    """A provider that cannot be looked up is refused in words."""
    result = desk.run("classify", *[str(desk.file) if word == "FILE" else word for word in words])

    assert result.exit_code == 2
    assert message in " ".join(re.sub("[│╭╮╰╯─]", " ", result.output).split())


def test_lines_may_name_a_provider_and_the_model_that_was_asked_for(desk: Desk) -> None:
    """`provider` of a row is one of the inventory before it is a vendor; `model` makes an answer of another one a failure."""
    rule = "signatures: [{id: own, provider: first, text: glacier melted, cause: outage, scope: provider}]\n"
    desk.file.write_text(desk.file.read_text() + rule)
    rows = [
        {"provider": "first", "body": "glacier melted"},
        {"provider": "second", "body": "glacier melted"},
        {"provider": "openai", "status": 200, "body": {"model": "gpt-4o-mini"}, "model": "gpt-5.6"},
        {"provider": "openai", "status": 200, "body": {"model": "gpt-5.6-2026-01-01"}, "model": "gpt-5.6"},
    ]
    result = desk.run("classify", "--jsonl", "--inventory", str(desk.file), stdin="\n".join(map(json.dumps, rows)))
    found = [json.loads(line)["rule"] for line in result.stdout.splitlines()]

    assert [found[0], found[2]] == ["inventory.own", "answer.other_model"]
    assert "inventory.own" not in found[1:]
    assert found[3] != "answer.other_model"


def test_a_person_may_say_which_model_was_asked_for(desk: Desk) -> None:
    """The view for people names both models."""
    shown = desk.run("classify", "--status", "200", "--model", "gpt-5.6", '{"model": "gpt-4o-mini"}').stdout

    assert "model_unavailable" in shown
    assert "asked for gpt-5.6, answered by gpt-4o-mini" in shown
