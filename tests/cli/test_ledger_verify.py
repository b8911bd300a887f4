"""`modelrouter ledger verify`: what was bent is found, with its place, whatever file it stands in."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from support.ledgers import ORIGIN, SECRET, decision, opened, others, request, requests, written
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.note import ED25519, VerifierKey
from modelrouter.ledger.signing import head_path
from modelrouter.ledger.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

KEY = str(VerifierKey(f"{ORIGIN}/0", ED25519, SECRET.public))
PLACE = 25
"""The entry that is bent."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of one shard, and an anchor that was kept elsewhere."""
    folder = tmp_path_factory.mktemp("made") / "ledger"
    path = written(folder / "0.db", requests(30) + others(), every=20)
    (folder.parent / "anchor").write_text(head_path(path).read_text(), encoding="utf-8")
    return folder.parent


@pytest.fixture
def shelf(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may bend: `ledger/0.db` and `anchor`."""
    return Path(shutil.copytree(made, tmp_path / "shelf"))


def run(*words: object) -> Result:
    """Type a verb of the ledger."""
    result: Any = CliRunner().invoke(app, ["ledger", *map(str, words)], env={"COLUMNS": "160"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result  # type: ignore[no-any-return] # typer's own copy of click's class in newer versions


def judged(*words: object) -> dict[str, Any]:
    """The one ledger of an answer for programs."""
    result = run("verify", *words, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == (0 if told["valid"] else 1)
    return {**told["ledgers"][0], "all": told}


def bend(path: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Change a shard as somebody with a database tool would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement, values in statements:
            connection.execute(statement, values)


def row(path: Path, number: int) -> tuple[bytes, bytes]:
    """Hashed bytes and fields."""
    with closing(sqlite3.connect(path)) as connection:
        found: tuple[bytes, bytes] = connection.execute(
            "SELECT raw, fields FROM entries WHERE number = ?", (number,)
        ).fetchone()
    return found


def exported(shelf: Path) -> Path:
    """The ledger as lines."""
    out = shelf / "out.jsonl"
    assert run("export", shelf / "ledger", "--to", "jsonl", "--out", out).exit_code == 0
    return out


def test_what_was_written_is_valid(shelf: Path) -> None:
    """As a shard, as a folder, as an export, with the key and the anchor: exit code 0."""
    entries = judged(shelf / "ledger")["entries"]
    sure = judged(shelf / "ledger" / "0.db", "--key", KEY, "--checkpoint", shelf / "anchor")
    folder = shelf / "out"
    run("export", shelf / "ledger", "--to", "jsonl", "--out", folder)

    assert sure["signed_by_given_keys_up_to"] == sure["entries"] == entries
    assert judged(exported(shelf), "--key", KEY, "--checkpoint", shelf / "anchor")["entries"] == entries
    assert judged(folder, "--key", KEY)["signed_by_given_keys_up_to"] == entries
    assert "valid" in run("verify", shelf / "ledger").stdout
    assert run("verify", shelf / "ledger", "--without-values").exit_code == 0


def changed_raw(path: Path) -> None:
    """What is hashed."""
    raw, _ = row(path, PLACE)
    bend(path, ("UPDATE entries SET raw = ? WHERE number = ?", (raw.replace(b'"time":"2', b'"time":"1'), PLACE)))


def changed_value(path: Path) -> None:
    """A value."""
    _, fields = row(path, PLACE)
    bent = fields.replace(b'"letters"', b'"lettres"').replace(b'"claims"', b'"clams"')
    bend(path, ("UPDATE entries SET fields = ? WHERE number = ?", (bent, PLACE)))


def withdrawn(path: Path) -> None:
    """Every value, and nobody tells of it."""
    bend(path, ("UPDATE entries SET fields = ? WHERE number = ?", (b"{}", PLACE)))


def deleted(path: Path) -> None:
    """An entry is gone."""
    bend(path, ("DELETE FROM entries WHERE number = ?", (PLACE,)))


def swapped(path: Path) -> None:
    """Two entries."""
    one, two = row(path, PLACE), row(path, PLACE + 2)
    put = "UPDATE entries SET raw = ?, fields = ? WHERE number = ?"
    bend(path, (put, (*two, PLACE)), (put, (*one, PLACE + 2)))


def other_hash(path: Path) -> None:
    """The hash beside an entry."""
    bend(path, ("UPDATE entries SET leaf = ? WHERE number = ?", (bytes(32), PLACE)))


@pytest.mark.parametrize("bent", [changed_raw, changed_value, withdrawn, deleted, swapped, other_hash])
def test_a_bent_shard_is_named_with_the_entry(shelf: Path, bent: Callable[[Path], None]) -> None:
    """Exit code 1, the file, the number and what is wrong."""
    bent(shelf / "ledger" / "0.db")
    found = judged(shelf / "ledger")

    assert found["problems"][0]["first"] <= PLACE <= found["problems"][0]["last"]
    shown = run("verify", shelf / "ledger")
    assert shown.exit_code == 1
    assert "not valid" in shown.stdout
    assert "0.db" in shown.stdout
    assert str(PLACE) in shown.stdout


def test_a_shard_that_was_cut_off_is_found(shelf: Path) -> None:
    """By its own head, by the checkpoint beside it, and by one kept elsewhere where both are gone."""
    path = shelf / "ledger" / "0.db"
    bend(path, ("DELETE FROM entries WHERE number >= 40", ()))
    found = judged(path)
    assert [(each["first"], "cut off" in each["what"]) for each in found["problems"][:1]] == [(40, True)]
    head_path(path).unlink()
    assert judged(path)["valid"] is False
    found = judged(path, "--checkpoint", shelf / "anchor", "--key", KEY)
    assert any(each["first"] == 40 and "cut off" in each["what"] for each in found["problems"])


def test_an_older_copy_that_was_put_back_is_found(tmp_path: Path) -> None:
    """A shard that was set back and went on: only what is kept elsewhere can tell, and it does."""
    path = written(tmp_path / "ledger" / "0.db", requests(10))
    before = path.read_bytes()
    path.unlink()
    path.write_bytes(before)
    written(path, requests(10, first=100))
    anchor = tmp_path / "anchor"
    anchor.write_text(head_path(path).read_text(), encoding="utf-8")
    path.write_bytes(before)
    head_path(path).unlink()

    assert judged(path)["valid"] is True
    assert "cut off" in judged(path, "--checkpoint", anchor)["problems"][0]["what"]
    written(path, requests(40, first=500))
    found = judged(path, "--checkpoint", anchor)
    assert "rewritten, or a fork" in found["problems"][0]["what"]
    assert found["problems"][0]["first"] <= 22 <= found["problems"][0]["last"]


def test_a_shard_that_is_gone_is_missed(shelf: Path) -> None:
    """A checkpoint of a ledger of the same folder, and no such shard: exit code 1."""
    written(shelf / "ledger" / "1.db", requests(2))
    anchor = shelf / "both"
    anchor.write_text("".join(head_path(shelf / "ledger" / f"{n}.db").read_text() for n in (0, 1)), encoding="utf-8")
    assert run("verify", shelf / "ledger", "--checkpoint", anchor).exit_code == 0
    (shelf / "ledger" / "1.db").unlink()
    told = judged(shelf / "ledger", "--checkpoint", anchor)["all"]

    assert told["valid"] is False
    assert f"{ORIGIN}/1" in told["missing"][0]
    assert run("verify", shelf / "ledger" / "0.db", "--checkpoint", anchor).exit_code == 0


def test_another_key_is_not_believed(shelf: Path) -> None:
    """A key that did not sign, and one of another ledger: neither makes it valid."""
    for name in (f"{ORIGIN}/0", "elsewhere/0"):
        other = VerifierKey(name, ED25519, Secret(bytes(32)).public)
        assert judged(shelf / "ledger", "--key", other)["valid"] is False


def test_a_wrong_question_is_exit_code_two(shelf: Path) -> None:
    """A key that is none, checkpoints that are none, a file that is not there."""
    for words in (["--key", "abc"], ["--checkpoint", shelf / "ledger" / "0.db"], ["--checkpoint", shelf / "gone"]):
        assert run("verify", shelf / "ledger", *words).exit_code == 2
    assert run("verify", shelf / "gone.db").exit_code == 2


def test_one_bit_anywhere_in_an_export_is_found(shelf: Path) -> None:
    """Every flip is exit code 1, at the line that it is in."""
    out = exported(shelf)
    data, random = out.read_bytes(), Random(7)
    for _ in range(40):
        place = random.randrange(len(data))
        bent = bytearray(data)
        bent[place] ^= 1 << random.randrange(8)
        out.write_bytes(bent)
        line = data[:place].count(b"\n")
        first = judged(out, "--checkpoint", shelf / "anchor", "--key", KEY)["problems"][0]
        assert first["first"] <= line <= first["last"] + 1


def test_one_byte_anywhere_in_a_shard_is_found_or_changes_nothing(shelf: Path) -> None:
    """Whatever is bent in the database, the verdict is a verdict, and what is called valid is what was written."""
    path, random = shelf / "ledger" / "0.db", Random(11)
    data, lines = path.read_bytes(), exported(shelf).read_bytes()
    found = 0
    for _ in range(40):
        bent, place = bytearray(data), random.randrange(len(data))
        bent[place] ^= 0xFF
        path.write_bytes(bent)
        result = run("verify", path, "--checkpoint", shelf / "anchor", "--key", KEY)
        assert result.exit_code in (0, 1)
        found += result.exit_code
        if not result.exit_code:
            assert exported(shelf).read_bytes() == lines
    assert found


def test_the_verifier_for_an_auditor_agrees(shelf: Path) -> None:
    """The file that is written out says the same with nothing but Python, of the sound and the bent."""
    verifier, out = shelf / "check.py", exported(shelf)
    assert run("verify", "--verifier", verifier).exit_code == 0
    words = [sys.executable, "-I", str(verifier), str(out), "--key", KEY, "--checkpoint", str(shelf / "anchor")]

    assert subprocess.run(words, check=False, capture_output=True, timeout=60).returncode == 0
    out.write_bytes(out.read_bytes().replace(b'"letters"', b'"lettres"', 1))
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"entry {judged(out)['problems'][0]['first']}: " in done.stdout


def test_a_writer_that_was_cut_short_is_told_and_no_fault(tmp_path: Path) -> None:
    """A shard as it is between a begin and an end, and one whose writer was gone without one."""
    path = tmp_path / "ledger" / "0.db"
    path.parent.mkdir()
    journal = opened(path)
    journal.append([request(1), decision(1)])
    journal.ask(lambda _: None).result(30)
    shutil.copyfile(path, tmp_path / "0.db")
    shutil.copyfile(f"{path}-wal", tmp_path / "0.db-wal")
    journal.close()
    assert judged(tmp_path / "0.db")["interrupted_writers"] == 0
    written(tmp_path / "0.db", requests(1, first=9))

    assert judged(tmp_path / "0.db")["interrupted_writers"] == 1
    assert "1 writers were interrupted" in run("verify", tmp_path / "0.db").stdout


def test_a_shard_without_entries_is_no_fault_unless_more_was_signed(shelf: Path) -> None:
    """A writer that was killed at once leaves one; where a checkpoint knows of entries, somebody emptied it."""
    (shelf / "ledger" / "1.db").touch()
    Store.open(shelf / "ledger" / "2.db", f"{ORIGIN}/2").close()
    assert run("verify", shelf / "ledger").exit_code == 0
    assert "no entries yet" in run("verify", shelf / "ledger").stdout
    for verb in (["tail"], ["show"], ["show", f"mr_{3:032x}"], ["show", "0#5"]):
        assert run(verb[0], shelf / "ledger", *verb[1:]).exit_code == 0

    bend(shelf / "ledger" / "0.db", ("DELETE FROM entries", ()), ("DELETE FROM facts", ()), ("DELETE FROM hashes", ()))
    assert "cut off" in judged(shelf / "ledger" / "0.db")["problems"][0]["what"]
