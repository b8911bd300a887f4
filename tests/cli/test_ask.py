"""`modelrouter ask`, over real HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.cli.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Desk


@pytest.mark.parametrize("options", [(), ("--no-stream",)])
def test_answer_and_who_gave_it(desk: Desk, options: tuple[str, ...]) -> None:
    """The answer goes to standard output, who served and why to standard error."""
    result = desk.run("ask", "claims", "Is this urgent?", *options)

    assert result.exit_code == 0
    assert result.stdout.split() == desk.first.says.split()
    assert result.stderr.startswith("claims was served by gpt (0.")
    assert bool(desk.first.asked[0].get("stream")) == (not options)


def test_answer_for_programs(desk: Desk) -> None:
    """With --json: the text, the usage and the decision."""
    answer = desk.json("ask", "gpt-4o", "Is this urgent?")

    assert answer["text"] == desk.first.says
    assert answer["usage"]["total_tokens"] == 7
    assert (answer["decision"]["process"], answer["decision"]["served_by"]) == ("claims", "gpt")


def test_prompt_from_standard_input(desk: Desk) -> None:
    """A dash reads the prompt from a pipe."""
    desk.run("ask", "claims", "-", stdin="a long letter")

    assert desk.first.asked[0]["messages"] == [{"role": "user", "content": "a long letter"}]


def test_failover_is_told(desk: Desk) -> None:
    """Where the first does not answer, the line says who did and why not the first."""
    desk.first.mode = "status"
    result = desk.run("ask", "claims", "x")

    assert result.stdout.strip() == "Hello from the second"
    assert "claims was served by qwen; gpt: o" in result.stderr


def test_data_class_decides(desk: Desk) -> None:
    """What is said of the request binds the route, and the line names the rule."""
    result = desk.run("ask", "claims", "x", "--data-class", "personal")

    assert desk.first.calls == 0
    assert "gpt: excluded by personal-at-home (headquarters US is not in DE)" in result.stderr


def test_missing_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is not there is one line that names the variable to set; nothing is called."""
    monkeypatch.delenv("FIRST_KEY")
    result = desk.run("ask", "archive", "x")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines()[0] == "error: archive was not served: set FIRST_KEY"
    assert desk.first.calls == 0


def test_nobody_answers(desk: Desk) -> None:
    """When all fail, the first line says so and one line for each says why; no key is shown."""
    desk.first.mode = desk.second.mode = "status"
    desk.first.refusal = (401, {}, '{"error": {"message": "Incorrect API key provided: sk-first-7d1k"}}')
    result = desk.run("ask", "claims", "x")
    first, *more = result.stderr.splitlines()

    assert (result.exit_code, result.stdout) == (1, "")
    assert first == "error: claims was not served"
    assert [line.split(":")[0].strip() for line in more[:2]] == ["gpt", "qwen"]
    assert "7d1k" not in result.output


def test_held_by_hand(desk: Desk) -> None:
    """A hold in the way is named, with its reason and what would end it."""
    desk.run("hold", "provider:first", "--reason", "an order of the court")
    result = desk.run("ask", "archive", "x")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "error: archive was not served: provider:first held; modelrouter release provider:first would end that",
        "  gpt: not called, provider:first is held (an order of the court)",
    ]


def test_nothing_is_permitted(desk: Desk) -> None:
    """Where policy forbids every deployment, the rule is named."""
    result = desk.run("ask", "archive", "x", "--data-class", "personal")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "error: archive was not served; modelrouter explain archive says more",
        "  gpt: not permitted by personal-at-home (headquarters US is not in DE)",
    ]


def test_failure_for_programs(desk: Desk) -> None:
    """With --json a failure is an object as well, with the decision."""
    desk.second.mode = "status"
    result = desk.run("ask", "letters", "x", "--json")
    told = json.loads(result.stdout)

    assert result.exit_code == 1
    assert told["error"] == "letters was not served"
    assert told["decision"]["outcome"] == "failed"


def test_cut_stream(desk: Desk) -> None:
    """An answer that breaks off shows what came, then an error and exit code 1."""
    desk.first.mode = "cut"
    result = desk.run("ask", "claims", "x")

    assert result.exit_code == 1
    assert result.stdout.startswith("Hello ")
    assert "error: the stream of gpt broke off" in result.stderr


def test_deadline(desk: Desk) -> None:
    """A silent provider costs no more than the deadline."""
    desk.second.mode = "silent"
    result = desk.run("ask", "letters", "x", "--deadline", "300ms")

    assert result.exit_code == 1
    assert "qwen: timeout, no content within 0.3 s" in result.stderr


@pytest.mark.parametrize(("deadline", "said"), [("20", "is no duration"), ("0s", "more than nothing"), ("soon", "30s")])
def test_deadlines_that_are_none(desk: Desk, deadline: str, said: str) -> None:
    """A duration without its unit, or of no length, is a usage error that shows how to write it."""
    result = desk.run("ask", "claims", "x", "--deadline", deadline)

    assert result.exit_code == 2
    assert said in result.output


def test_near_miss(desk: Desk) -> None:
    """A name that means nothing gets the near ones."""
    result = desk.run("ask", "claim", "x")

    assert result.exit_code == 1
    assert result.stderr == (
        "error: the inventory has no process, alias or deployment 'claim'; did you mean 'claims'?\n"
    )


def test_no_inventory(desk: Desk, tmp_path: Path) -> None:
    """An inventory that cannot be used is one line, with the command that shows everything."""
    missing = desk.run("ask", "claims", "x", "-f", str(tmp_path / "none.yaml"))
    desk.file.write_text(desk.file.read_text().replace("routes: [gpt, qwen]", "routes: [gtp, qwne]"))
    wrong = desk.run("ask", "claims", "x", "--json")

    assert missing.exit_code == 1
    assert "there is no such file" in missing.stderr
    assert wrong.exit_code == 1
    assert " and 1 more; modelrouter check " in json.loads(wrong.stdout)["error"]


def test_answers_do_not_steer_the_terminal() -> None:
    """Escape sequences of a model lose their escape."""
    assert printable("\x1b]0;owned\x07 a\tb\nc \x9b2J\x7f") == "]0;owned a\tb\nc 2J"


@given(st.text())
def test_printable_keeps_everything_else(text: str) -> None:
    """What is printable stays as it is, and doing it twice changes nothing."""
    shown = printable(text)

    assert printable(shown) == shown
    assert not set(shown) & {chr(code) for code in (*range(9), *range(11, 32), *range(127, 160))}
    assert [c for c in text if c in shown] == [c for c in text if c.isprintable() or c in shown]
