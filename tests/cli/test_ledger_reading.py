"""`modelrouter ledger tail` and `show`, over real ledgers, also one that is being written."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.gateway import two_upstreams
from support.ledgers import ORIGIN, decision, opened, others, request, requests, written
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.ledger.entry import Draft, Kind

if TYPE_CHECKING:
    from click.testing import Result

COUNT = 40
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of one shard: 80 entries of requests, and one of each further kind."""
    folder = tmp_path_factory.mktemp("made") / "ledger"
    written(folder / "0.db", requests(COUNT) + others(), every=30)
    return folder


@pytest.fixture
def ledger(made: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may bend."""
    return Path(shutil.copytree(made, tmp_path / "ledger"))


def run(*words: object, width: int = 160) -> Result:
    """Type a verb of the ledger."""
    result: Any = CliRunner().invoke(app, ["ledger", *map(str, words)], env={"COLUMNS": str(width)})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result  # type: ignore[no-any-return] # typer's own copy of click's class in newer versions


def told(*words: object) -> Any:
    """Type a verb that succeeds, for programs."""
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_tail_shows_the_last_twenty_in_sentences(ledger: Path) -> None:
    """The newest last, each with its number, kind and what happened."""
    lines = run("tail", ledger).stdout.splitlines()

    assert len(lines) == 20
    assert "the writer ends, " in lines[-1]
    said = "\n".join(lines)
    for sentence in (
        "provider:openai held, quota (router): Pay.",
        "provider:openai free again (operator)",
        "hold family:gpt by Uma: a test",
        "3 entries were lost from 10:00 to 10:01: the disk is full",
        "ours reloaded, one; two",
        "stream cut off (network)",
        "letters not served" if (COUNT - 1) % 2 == 0 else "claims not served",
    ):
        assert sentence in said


def test_tail_filters_by_kind_process_request_and_time(ledger: Path) -> None:
    """Filters go together, and the number counts what passes them."""
    decisions = told("tail", ledger, "--kind", "decision", "-n", 1000)["entries"]
    claims = told("tail", ledger, "--kind", "decision", "--kind", "request", "--process", "claims", "-n", 3)["entries"]
    third = told("tail", ledger, "--request", f"mr_{3:032x}")["entries"]
    begin = decisions[10]["time"]
    between = told("tail", ledger, "--since", begin, "--until", decisions[12]["time"], "-n", 1000)["entries"]

    assert len(decisions) == COUNT
    assert [each["number"] for each in claims] == sorted(each["number"] for each in claims)
    assert len(claims) == 3
    assert {each["values"]["process"] for each in claims} == {"claims"}
    assert [each["kind"] for each in third] == ["request", "decision", "stream"]
    assert {each["time"] for each in between} >= {begin}
    assert all(begin <= each["time"] < decisions[12]["time"] for each in between)
    assert told("tail", ledger, "--since", "2h")["entries"] == []
    assert run("tail", ledger, "--kind", "desision").exit_code == 2
    assert run("tail", ledger, "--since", "yesterday").exit_code == 2
    assert told("tail", ledger, "-n", 0)["entries"] == []


def test_several_shards_are_told_by_time(ledger: Path) -> None:
    """Each entry says which shard it is in."""
    written(ledger / "1.db", requests(3))
    found = told("tail", ledger, "--kind", "decision", "-n", COUNT + 3)["entries"]

    assert [each["time"] for each in found] == sorted(each["time"] for each in found)
    assert {each["ledger"] for each in found} == {f"{ORIGIN}/0", f"{ORIGIN}/1"}
    assert "1#" in run("tail", ledger, "-n", 200).stdout


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_nothing_is_cut_off_on_any_terminal(ledger: Path, width: int) -> None:
    """Every word of every sentence is there, folded where there is little room."""
    shown = run("tail", ledger, width=width).stdout

    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= width
    for more in ([], [6], [0], ["mr_" + "0" * 32]):
        assert max(map(len, run("show", ledger, *more, width=width).stdout.splitlines()), default=0) <= max(width, 60)
    words = ["3", "entries", "were", "lost", "from", "10:00", "to", "10:01:", "the", "disk", "is", "full"]
    assert all(word in shown for word in words)


def test_drills_are_told_in_sentences(tmp_path: Path) -> None:
    """Its plan, what became of the processes in each scenario, how it ended; and of a canary why."""
    lost = {"verdict": "FAILED_RTO", "why": "late", "breaches": 0}
    fine = {**lost, "verdict": "SURVIVED"}
    told: list[dict[str, Any]] = [
        {"event": "begun", "drill": "q4", "scenarios": ["a", "b", "c", "d"]},
        {"event": "judged", "scenario": "a", "verdicts": {"one": fine, "two": fine, "three": lost}},
        {"event": "ended", "drill": "q4", "passed": False, "conclusion": "three failed"},
        {"event": "ended", "drill": "canary-1", "why": "nobody renewed it"},
    ]
    path = written(tmp_path / "l" / "0.db", [Draft(Kind.DRILL, 0, each) for each in told])
    shown = run("tail", path, width=160).stdout

    assert "q4 begun: a, b, c and 1 more" in shown
    assert "a: 2 SURVIVED, 1 FAILED_RTO" in shown
    assert "q4 ended: three failed" in shown
    assert "canary-1 ended: nobody renewed it" in shown


def test_foreign_text_does_not_steer_the_terminal(tmp_path: Path) -> None:
    """Escape sequences in what providers wrote are left out."""
    hostile = Draft(
        Kind.PROBE, 0, {"deployment": "a\x1b]0;x\x07b", "layer": "call", "outcome": "failed", "detail": "\x1b[2J"}
    )
    path = written(tmp_path / "l" / "0.db", [hostile])

    assert "\x1b" not in run("tail", path).stdout
    assert "\x1b" not in run("show", path, 1).stdout


def test_show_tells_everything_about_an_entry(ledger: Path) -> None:
    """Its values, its hops, who was left out, its hash, and that it is what was written."""
    number = next(
        each["number"]
        for each in told("tail", ledger, "--request", f"mr_{2:032x}")["entries"]
        if each["kind"] == "decision"
    )
    shown = run("show", ledger, number)

    assert shown.exit_code == 0
    for part in (
        "gpt-eu: rate_limit (HTTP 429, account) after 0.46 s: Slow down.",
        "claude-eu: answered after 0.46 s",
        "gpt-us: by residency (processes in US)",
        "is what was written",
        f"0#{number}",
    ):
        assert part in shown.stdout
    assert told("show", ledger, f"0#{number}") == told("show", ledger / "0.db", f"{ORIGIN}/0#{number}")


def test_show_tells_everything_about_a_request(ledger: Path) -> None:
    """From its opening to the end of its stream; one that nobody knows is a wrong question."""
    shown = told("show", ledger, f"mr_{3:032x}")

    assert [each["kind"] for each in shown["entries"]] == ["request", "decision", "stream"]
    assert shown["verifies"] is True
    assert run("show", ledger, "mr_00").exit_code == 2


def test_show_without_a_number_tells_of_the_whole(ledger: Path) -> None:
    """Whose it is, how large, who wrote and signs, what is missing and what is open."""
    path = written(ledger / "1.db", [*requests(2), request(900)], every=2)
    first, second = told("show", ledger)["ledgers"]

    assert (first["origin"], first["entries"]) == (f"{ORIGIN}/0", first["signed_entries"])
    assert first["outcomes"] == {"served": COUNT * 4 // 5, "failed": COUNT // 5}
    assert (first["writers"], first["interrupted_writers"], len(first["gaps"])) == (1, 0, 1)
    assert first["verifier_keys"][0].startswith(f"{ORIGIN}/0+")
    assert second["open_requests"] == [f"mr_{900:032x}"]
    assert second["file"] == str(path)
    shown = run("show", ledger).stdout
    assert "1 requests without a decision" in shown
    assert first["verifier_keys"][0] in shown


def test_what_was_bent_is_shown_as_bent(ledger: Path) -> None:
    """An export with another value is read, and exit code 1 says that it is not what was written."""
    out = ledger.parent / "out.jsonl"
    assert run("export", ledger, "--to", "jsonl", "--out", out).exit_code == 0
    lines = out.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"letters"', b'"lettres"').replace(b'"claims"', b'"clams"')
    out.write_bytes(b"".join(lines))
    shown = run("show", out, 3)

    assert shown.exit_code == 1
    assert "not what was written" in shown.stdout
    assert run("show", out, 5).exit_code == 0


@pytest.mark.parametrize("verb", ["tail", "show", "verify"])
def test_what_is_no_ledger_is_one_clear_error(tmp_path: Path, verb: str) -> None:
    """Another file, an empty folder, no file, an inventory that keeps none."""
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    plain = ROOT / "examples" / "providers.yaml"
    for words in ([tmp_path / "notes.txt"], [tmp_path / "empty"], [tmp_path / "gone.db"], ["--inventory", plain]):
        result = run(verb, *words)
        assert result.exit_code in (1, 2), result.output
        assert "error: " in result.stderr
        assert "Traceback" not in result.output
        assert (result.exit_code == 2) >= (verb == "verify")


def test_an_entry_that_is_not_there_or_not_clear(ledger: Path) -> None:
    """Says what the last one is, and which shards could be meant."""
    assert "its last is" in run("show", ledger, 9999).stderr
    written(ledger / "1.db", requests(1))
    both = run("show", ledger, 1)

    assert both.exit_code == 2
    assert "0#1, 1#1" in both.stderr
    assert run("show", ledger, "2#1").exit_code == 2
    assert run("show", ledger, "1#1").exit_code == 0


def test_the_inventorys_own_ledger_is_meant_where_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder lies beside the inventory."""
    file = two_upstreams(tmp_path, "http://127.0.0.1:9", "http://127.0.0.1:9")
    file.write_text(file.read_text() + f"\nledger: {{folder: books, origin: {ORIGIN}}}\n")
    written(tmp_path / "books" / "0.db", requests(2))
    monkeypatch.setenv("MODELROUTER_INVENTORY", str(file))

    assert len(told("tail", "--kind", "decision")["entries"]) == 2
    assert told("verify")["valid"] is True


def test_a_ledger_that_is_being_written_can_be_read(tmp_path: Path) -> None:
    """What is durable is shown, whoever holds the file."""
    path = tmp_path / "ledger" / "0.db"
    path.parent.mkdir()
    journal = opened(path)
    try:
        journal.append(requests(5))
        journal.ask(lambda _: None).result(30)
        assert len(told("tail", path.parent, "--kind", "decision")["entries"]) == 5
        assert told("verify", path)["valid"] is True
    finally:
        journal.close()


def test_follow_shows_what_comes(tmp_path: Path) -> None:
    """Entries that another process writes appear one a line; an interrupt ends it."""
    path = written(tmp_path / "ledger" / "0.db", requests(1))
    words = [
        sys.executable,
        "-m",
        "modelrouter",
        "ledger",
        "tail",
        str(path.parent),
        "--follow",
        "--json",
        "--kind",
        "decision",
    ]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as shown:
        assert shown.stdout is not None
        assert json.loads(shown.stdout.readline())["values"]["id"] == f"mr_{0:032x}"
        journal = opened(path)
        journal.append([request(7), decision(7)])
        journal.ask(lambda _: None).result(30)
        assert json.loads(shown.stdout.readline())["values"]["id"] == f"mr_{7:032x}"
        journal.close()
        time.sleep(0.1)
        shown.send_signal(signal.SIGINT)
        assert shown.wait(30) == 0
