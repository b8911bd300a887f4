"""`modelrouter classify`: one error for a person, many for a program."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from modelrouter.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

SUSPENDED = (
    '{"type": "error", "error": {"type": "invalid_request_error", "message": "This organization has been disabled."}}'
)


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run the command with arguments and standard input."""
    return lambda *arguments, text=None: CliRunner().invoke(app, ["classify", *arguments], input=text)


def test_a_person_sees_cause_reach_and_what_follows(run: Callable[..., Result]) -> None:
    """One error is explained in words: cause, reach, certainty with its rule, the hold and what may be asked next."""
    result = run(SUSPENDED, "--vendor", "anthropic", "--status", "400")

    assert result.exit_code == 0
    for word in ("suspended", "account", "anthropic.organization_disabled", "hold", "has been disabled"):
        assert word in result.output


def test_a_program_gets_json(run: Callable[..., Result]) -> None:
    """With --json the whole fault is one JSON object."""
    result = run("{}", "--status", "429", "--header", "Retry-After: 7", "--json")

    fault = json.loads(result.output)

    assert (fault["cause"], fault["retry_after_s"], fault["rule"]) == ("throttled", 7.0, "status.429")


def test_an_error_comes_from_a_file_or_standard_input(run: Callable[..., Result], tmp_path: Path) -> None:
    """The text may stand in a file or come through a pipe."""
    path = tmp_path / "error.txt"
    path.write_text(SUSPENDED)

    assert "suspended" in run("--file", str(path)).output
    assert "suspended" in run(text=SUSPENDED).output


def test_lines_are_answered_one_by_one(run: Callable[..., Result]) -> None:
    """Each JSON line gets one line with the agreed names; surfaces and header names are read as they come."""
    rows = [
        {
            "id": "a",
            "provider": "openai",
            "surface": "http",
            "status": 429,
            "headers": {"Retry-After": "3"},
            "body": "slow down",
        },
        {
            "id": 2,
            "provider": "anthropic",
            "surface": "sse",
            "status": 200,
            "headers": {},
            "body": {"error": {"type": "overloaded_error"}},
        },
        {"id": None, "provider": None, "surface": "network", "status": None, "headers": None, "body": None},
    ]

    result = run("--jsonl", text="\n\n".join(map(json.dumps, rows)))
    answers = [json.loads(line) for line in result.output.splitlines()]

    assert [list(answer) for answer in answers] == [["id", "cause", "scope", "retry_after_s", "certainty", "rule"]] * 3
    assert [(answer["id"], answer["cause"], answer["retry_after_s"]) for answer in answers] == [
        ("a", "throttled", 3.0),
        (2, "overloaded", None),
        (None, "network", None),
    ]


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (["--jsonl"], "{}\nnonsense", "line 2"),
        (["--header", "nonsense", "x"], None, "no header"),
        (["--file", "/nowhere/at/all"], None, "cannot read"),
        (["--vendor", "opnai", "x"], None, "Did you mean 'openai'?"),
        (["--surface", "strem", "x"], None, "Did you mean 'stream'?"),
        (["--status", "9999", "x"], None, "less than or equal to 599"),
        (["--inventory", "nowhere.yaml", "x"], None, "there is no such file"),
        ([], " \n", "nothing to explain"),
        (["--jsonl"], "", "nothing to explain"),
    ],
)
def test_mistakes_are_named(run: Callable[..., Result], arguments: list[str], text: str | None, message: str) -> None:
    """What cannot be read, is not known or says nothing is refused in words, with exit code 2."""
    result = run(*arguments, text=text)

    assert result.exit_code == 2
    assert message in " ".join(re.sub("[│╭╮╰╯─]", " ", result.output).split())


def test_an_operators_own_rules_come_first(run: Callable[..., Result], tmp_path: Path) -> None:
    """With --inventory the rules of that file decide, for one error and for lines of JSON."""
    file = tmp_path / "providers.yaml"
    rule = "{id: glacier, cause: quota_exhausted, scope: account, text: glacier tokens melted}"
    file.write_text(f"inventory: own\nsignatures: [{rule}]\n")
    words = ("--inventory", str(file))

    assert json.loads(run("Glacier tokens melted", "--json", *words).output)["rule"] == "inventory.glacier"
    assert json.loads(run("--jsonl", *words, text='{"body": "glacier tokens melted"}').output)["scope"] == "account"
    assert json.loads(run("Glacier tokens melted", "--json").output)["rule"] != "inventory.glacier"


def test_the_hold_is_the_one_that_would_open(run: Callable[..., Result]) -> None:
    """A stated wait stands in the place of the usual range, and the end is told as `status` tells it."""
    stated = run("{}", "--status", "429", "--header", "Retry-After: 7").output
    usual = run("{}", "--status", "429").output
    suspended = run(SUSPENDED, "--vendor", "anthropic", "--status", "400").output

    assert "7 s, as stated; ends by itself" in stated
    assert "1 s to 60 s; ends by itself" in usual
    assert "when a free probe passes and one call tries it, or released" in " ".join(suspended.split())
