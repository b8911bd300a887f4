"""`modelrouter ledger prove`, `redact` and `rotate`: proofs that outlive redactions and keys."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.ledgers import ORIGIN, SECRET, START, opened, request, requests, written
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.ledger import contents
from modelrouter.ledger.ed25519 import secret_from
from modelrouter.ledger.entry import base64, read_fields
from modelrouter.ledger.reading import opened as reading
from modelrouter.ledger.shards import KEY
from modelrouter.ledger.signing import head_path

if TYPE_CHECKING:
    from click.testing import Result

ANNA = "anna@example.org"
WHY = ("--why", "asked to be forgotten", "--who", "Uma")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of one shard."""
    folder = tmp_path_factory.mktemp("made") / "ledger"
    written(folder / "0.db", requests(60), every=50)
    return folder


@pytest.fixture
def ledger(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may change; the present folder is beside it."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(made, tmp_path / "ledger"))


def run(*words: object) -> Result:
    """Type a verb of the ledger."""
    result: Any = CliRunner().invoke(app, ["ledger", *map(str, words)], env={"COLUMNS": "160"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result  # type: ignore[no-any-return] # typer's own copy of click's class in newer versions


def told(*words: object) -> Any:
    """Type a verb that succeeds, for programs."""
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def checked(line: object, proof: object, key: str) -> subprocess.CompletedProcess[str]:
    """The auditor's own check, with the file that was handed out and Python alone."""
    assert run("verify", "--verifier", "check.py").exit_code == 0
    words = [sys.executable, "-I", "check.py", str(line), "--proof", str(proof), "--key", key]
    return subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)


def salts(path: Path, *numbers: int) -> list[bytes]:
    """Those of every field of these entries, as they stand in the file."""
    with reading(path) as reader:
        found = [row for number in numbers for row in reader.rows(number, number)]
    return [base64(field.salt).encode() for row in found for field in read_fields(row.fields).values()]


def held(folder: Path, needles: list[bytes]) -> list[str]:
    """Files of the ledger in which any of these bytes are."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    return [each.name for each in files if any(needle in each.read_bytes() for needle in needles)]


def test_a_proof_is_taken_by_the_auditors_file(ledger: Path) -> None:
    """Of any entry, the first and the last; under 1.5 KB; and no other entry's line is taken for it."""
    size = told("show", ledger)["ledgers"][0]["entries"]
    for number in (0, 7, size - 1):
        proved = told("prove", ledger, number, "--out", f"e{number}")
        done = checked(f"e{number}.jsonl", f"e{number}.tlog-proof", proved["key"])
        assert (done.returncode, proved["bytes"] < 1500) == (0, True), done.stdout
    assert checked("e0.jsonl", "e7.tlog-proof", proved["key"]).returncode == 1
    Path("e7.jsonl").write_bytes(
        Path("e7.jsonl").read_bytes().replace(b'"letters"', b'"lettres"').replace(b"claims", b"clams_")
    )
    assert checked("e7.jsonl", "e7.tlog-proof", proved["key"]).returncode == 1


def test_an_export_can_be_proved_from_as_well(ledger: Path) -> None:
    """The same proof, from the lines and the checkpoint that were exported."""
    run("export", ledger, "--to", "jsonl", "--out", "out")
    from_shard, from_export = told("prove", ledger, 9, "--out", "a"), told("prove", "out", 9, "--out", "b.tlog-proof")

    assert from_shard["key"] == from_export["key"]
    assert Path("a.tlog-proof").read_bytes() == Path("b.tlog-proof").read_bytes()


def test_a_checkpoint_is_signed_where_none_covers_the_entry(ledger: Path, tmp_path: Path) -> None:
    """With the key and nobody at work; without either, the command says what to wait for."""
    path = written(tmp_path / "other" / "0.db", requests(5), secret=None)
    refused = run("prove", path, 3)
    assert refused.exit_code == 1
    assert "no signed checkpoint covers entry 3" in refused.stderr
    head_path(ledger / "0.db").unlink()
    with closing(sqlite3.connect(ledger / "0.db")) as connection, connection:
        connection.execute("DELETE FROM facts WHERE name = 'checkpoint'")
    last = told("show", ledger)["ledgers"][0]["entries"] - 1
    proved = told("prove", ledger, last)

    assert proved["of"] == last + 1
    assert checked(f"entry-{last}.jsonl", f"entry-{last}.tlog-proof", proved["key"]).returncode == 0
    assert told("verify", ledger, "--key", proved["key"])["valid"] is True


def test_what_is_redacted_is_gone_and_the_rest_stays_proved(ledger: Path) -> None:
    """Salts and values are in no file any more; the ledger and the proof from before are valid as ever."""
    proved = told("prove", ledger, 1)
    before = salts(ledger / "0.db", 1)
    done = told("redact", ledger, 1, "--field", "caller", "--field", "circumstances", *WHY)

    assert (done["entries"], done["values"]) == (1, 2)
    assert len(held(ledger, before)) == 1  # the salts of what was not taken away
    shown = told("show", ledger, 1)["entries"][0]
    assert shown["redacted"] == ["caller", "circumstances"]
    assert "caller, circumstances by Uma: asked to be forgotten" in shown["redactions"][0]
    gone = [each for each in before if not held(ledger, [each])]
    assert len(gone) == 2
    assert told("verify", ledger, "--key", proved["key"])["ledgers"][0]["signed_by_given_keys_up_to"] > 1
    assert checked("entry-1.jsonl", "entry-1.tlog-proof", proved["key"]).returncode == 0
    again = told("prove", ledger, 1, "--out", "again")
    done_again = checked("again.jsonl", "again.tlog-proof", again["key"])
    assert done_again.returncode == 0
    assert "redacted: caller, circumstances" in done_again.stdout


def test_everything_of_one_caller_goes_and_nothing_of_others(ledger: Path) -> None:
    """In bulk: who it was and its circumstances, from each of its requests, in every shard."""
    written(ledger / "1.db", requests(9))
    done = told("redact", ledger, "--principal", ANNA, *WHY)

    assert done["entries"] == 20 + 3
    assert done["values"] == 2 * done["entries"]
    assert held(ledger, [ANNA.encode()]) == []
    assert len(held(ledger, [b"claims-bot"])) == 2
    assert told("verify", ledger)["valid"] is True
    assert run("redact", ledger, "--principal", ANNA, *WHY).exit_code == 1


def test_a_kept_prompt_goes_with_its_field(tmp_path: Path) -> None:
    """The encrypted body beside the entries is destroyed, in the same step."""
    keeper = contents.Contents(bytes(32))
    kept = keeper.keep("mr_1", "claims", "asked", b"my name is Anna", wall=START, keep_s=86_400)
    path = tmp_path / "ledger" / "0.db"
    path.parent.mkdir()
    journal = opened(path)
    journal.append([request(1, content=kept.field)], None, kept.facts)
    journal.close()
    body = kept.facts[kept.field["place"]]
    assert held(path.parent, [body]) == ["0.db"]

    assert told("redact", path, "--principal", "=HYPERLINK(1)", *WHY)["values"] == 3
    assert held(path.parent, [body, body[:24]]) == []
    assert told("verify", path)["valid"] is True


def test_remains_from_before_are_found_and_cleaned(ledger: Path) -> None:
    """Bytes that an older program left in a free part of the file: the file is written anew."""
    path = ledger / "0.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        copy = "INSERT INTO facts SELECT 'copy' || number, fields FROM entries WHERE number BETWEEN 1 AND 40"
        connection.execute(copy)
        connection.execute("DELETE FROM facts WHERE name LIKE 'copy%'")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = salts(path, 3)
    data = path.read_bytes()
    assert max(data.count(each) for each in before) == 2

    told("redact", ledger, 3, "--field", "caller", *WHY)
    assert len([each for each in before if not held(ledger, [each])]) == 1
    assert told("verify", ledger)["valid"] is True


def test_a_copy_that_somebody_left_is_named(ledger: Path) -> None:
    """What cannot be cleaned is said, with the file, and exit code 1."""
    (ledger / ".copy-left").mkdir()
    shutil.copyfile(ledger / "0.db", ledger / ".copy-left" / "copy.db")
    result = run("redact", ledger, 1, "--field", "caller", *WHY)

    assert result.exit_code == 1
    assert ".copy-left/copy.db" in result.stderr


def test_a_ledger_in_use_is_not_changed(ledger: Path) -> None:
    """Redacting and handing over name the process that writes it."""
    journal = opened(ledger / "0.db")
    journal.append(requests(1))
    journal.ask(lambda _: None).result(30)
    try:
        for words in (["redact", ledger, 1, "--field", "caller", *WHY], ["rotate", ledger]):
            result = run(*words)
            assert result.exit_code == 1
            assert "is being written by process" in result.stderr
    finally:
        journal.close()
    assert (ledger / KEY).read_bytes() == SECRET.pem()


def test_what_cannot_be_redacted_is_said(ledger: Path) -> None:
    """What verification reads, a field that is not there, an export, a reason that is none."""
    run("export", ledger, "--to", "jsonl", "--out", "out")
    assert "nothing of these is ever redacted" in run("redact", ledger, 0, "--field", "writer", *WHY).stderr
    assert "has no prompt; it has asked, caller" in run("redact", ledger, 1, "--field", "prompt", *WHY).stderr
    assert "is an export" in run("redact", "out", 1, "--field", "caller", *WHY).stderr
    assert run("redact", ledger, 1, "--field", "caller", "--why", " ", "--who", "Uma").exit_code == 2
    assert run("redact", ledger, 1, *WHY).exit_code == 2
    assert run("redact", ledger, "--field", "caller", *WHY).exit_code == 2
    assert told("verify", ledger)["ledgers"][0]["entries"] == told("show", ledger)["ledgers"][0]["signed_entries"]


def test_a_range_is_one_span_of_the_redaction(ledger: Path) -> None:
    """Entries without the field are passed over, and the ledger tells the spans of those that had it."""
    done = told("redact", ledger, "1-8", "--field", "asked", *WHY)
    said = told("tail", ledger, "--kind", "redaction")["entries"][0]["values"]

    assert done["entries"] == 4
    assert said["fields"] == ["asked"]
    assert sum(last - first + 1 for first, last in said["entries"]) == 4
    assert (said["who"], said["why"]) == ("Uma", "asked to be forgotten")


def test_another_key_signs_from_here_on(ledger: Path) -> None:
    """Both sign the entry that hands over; whoever trusts the old one trusts the ledger; old proofs stay valid."""
    written(ledger / "1.db", requests(2))
    proved = told("prove", ledger, "0#1")
    done = told("rotate", ledger)
    new = (ledger / KEY).read_text()

    assert (done["rotated"], len(done["verifier_keys"])) == (2, 2)
    assert secret_from(new) is not None
    assert new.encode() != SECRET.pem()
    assert stat.S_IMODE((ledger / KEY).stat().st_mode) == 0o600
    assert not list(ledger.glob("*.new"))
    sure = told("verify", ledger / "0.db", "--key", proved["key"])["ledgers"][0]
    assert sure["signed_by_given_keys_up_to"] == sure["entries"]
    assert checked("entry-1.jsonl", "entry-1.tlog-proof", proved["key"]).returncode == 0
    later = told("prove", ledger, "0#1", "--out", "later")
    assert later["key"] == done["verifier_keys"][0]
    assert checked("later.jsonl", "later.tlog-proof", later["key"]).returncode == 0
    written(ledger / "0.db", requests(2, first=99), secret=secret_from(new))
    assert told("verify", ledger / "0.db", "--key", proved["key"])["valid"] is True


def test_a_rotation_that_was_cut_short_is_gone_on_with(ledger: Path) -> None:
    """The new key waits beside the old one; shards that have handed over are left as they are."""
    assert run("rotate", ledger, "--new", "file:waiting").exit_code == 0
    Path("waiting").replace(ledger / f"{KEY}.new")
    written(ledger / "1.db", requests(2))
    done = told("rotate", ledger)

    assert done["rotated"] == 1
    assert told("verify", ledger)["valid"] is True
    assert not list(ledger.glob("*.new"))


def test_a_key_from_the_environment_needs_a_place_for_the_new_one(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in no file cannot be replaced: the command says what to name, and what the inventory must say then."""
    monkeypatch.setenv("LEDGER_KEY", bytes(range(32)).hex())
    monkeypatch.setenv("NEXT_KEY", sha256(b"next").hexdigest())
    (ledger / KEY).unlink()
    assert "--new" in run("rotate", ledger, "--signing-key", "env:LEDGER_KEY").stderr
    done = run("rotate", ledger, "--signing-key", "env:LEDGER_KEY", "--new", "env:NEXT_KEY")

    assert done.exit_code == 0
    assert "key: env:NEXT_KEY" in done.stdout
    assert told("verify", ledger)["valid"] is True
    assert run("rotate", ledger, "--signing-key", "env:LEDGER_KEY", "--new", "file:third").exit_code == 1
    assert told("show", ledger)["ledgers"][0]["origin"] == f"{ORIGIN}/0"
