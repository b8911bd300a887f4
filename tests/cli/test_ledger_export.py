"""`modelrouter ledger export`: what others read is what was written, whole or not there at all."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from jsonschema import Draft202012Validator
from support.ledgers import ORIGIN, others, requests, written
from support.ocsf import API_ACTIVITY
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import Sealed
from modelrouter.ledger.export.ocsf import event
from modelrouter.ledger.export.tables import guarded
from modelrouter.ledger.merkle import inclusion_proof, verify_inclusion
from modelrouter.ledger.note import Note
from modelrouter.ledger.plain import Plain, plain
from modelrouter.ledger.reading import opened as reading
from modelrouter.ledger.signing import head_path
from modelrouter.ledger.tiles import WIDTH, bundle_path, entries_of, nodes_in, tile_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

COUNT = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of more than two bundles, with a redacted entry."""
    folder = tmp_path_factory.mktemp("made") / "ledger"
    written(folder / "0.db", requests(COUNT) + others())
    why = ("--why", "asked", "--who", "Uma")
    assert run("redact", folder, 1, "--field", "caller", *why).exit_code == 0
    return folder


@pytest.fixture
def ledger(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "ledger"))


def run(*words: object) -> Result:
    """Type a verb of the ledger."""
    result: Any = CliRunner().invoke(app, ["ledger", *map(str, words)], env={"COLUMNS": "160"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result  # type: ignore[no-any-return] # typer's own copy of click's class in newer versions


def exported(ledger: Path, form: str, out: Path, *more: object) -> dict[str, Any]:
    """An export that succeeds."""
    result = run("export", ledger, "--to", form, "--out", out, *more, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def entries(ledger: Path) -> list[Plain]:
    """What is in the first shard."""
    with reading(ledger / "0.db") as reader:
        return [plain(row) for row in reader.rows()]


def leftovers(folder: Path) -> list[str]:
    """Files that are no part of an export."""
    return [each.name for each in folder.rglob(".*")]


def test_lines_are_what_a_stand_alone_verifier_reads(ledger: Path, tmp_path: Path) -> None:
    """With the checkpoint that comes along, every entry is signed."""
    out = tmp_path / "out"
    done = exported(ledger, "jsonl", out)
    key = json.loads(run("show", ledger, "--json").stdout)["ledgers"][0]["verifier_keys"][0]
    words = [sys.executable, "-I", str(files("modelrouter.ledger") / "verifier.py"), str(out / "entries.jsonl")]
    said = subprocess.run(
        [*words, "--key", key, "--checkpoint", str(out / "checkpoint")],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert said.returncode == 0, said.stdout
    assert f"signed up to entry {done['entries'] - 1}" in said.stdout
    assert len((out / "entries.jsonl").read_bytes().splitlines()) == done["entries"] == len(entries(ledger))
    assert leftovers(out) == []


def test_tiles_prove_every_entry(ledger: Path, tmp_path: Path) -> None:
    """Bundles hold the hashed bytes, and any proof can be built from tiles and checkpoint alone."""
    out = tmp_path / "out"
    exported(ledger, "jsonl", out)
    checkpoint, told = Checkpoint.read(Note.read((out / "checkpoint").read_text()).text), entries(ledger)

    def tile(level: int, index: int) -> bytes:
        width = min(WIDTH, (checkpoint.size >> 8 * level) - index * WIDTH)
        return (out / tile_path(level, index, width)).read_bytes()

    for index in range(0, checkpoint.size, WIDTH):
        width = min(WIDTH, checkpoint.size - index)
        raws = list(entries_of((out / bundle_path(index // WIDTH, width)).read_bytes()))
        assert raws == [each.sealed.raw for each in told[index : index + width]]
    for number in (0, 255, 256, checkpoint.size - 1):
        proof = inclusion_proof(number, checkpoint.size, nodes_in(tile))
        assert verify_inclusion(told[number].sealed.leaf, number, checkpoint.size, proof, checkpoint.root)


def test_an_export_is_gone_on_with(ledger: Path, tmp_path: Path) -> None:
    """Only new tiles are written; a redaction of since shows in the lines; partial tiles give way to whole ones."""
    out = tmp_path / "out"
    exported(ledger, "jsonl", out)
    first = (out / tile_path(0, 0)).stat().st_mtime_ns
    assert exported(ledger, "jsonl", out)["new tiles"] == 0
    written(ledger / "0.db", requests(100, first=1000))
    run("redact", ledger, 3, "--field", "caller", "--why", "asked", "--who", "Uma")
    done = exported(ledger, "jsonl", out)

    assert done["new tiles"] > 0
    assert (out / tile_path(0, 0)).stat().st_mtime_ns == first
    assert (out / tile_path(0, 2)).exists()
    assert not (out / tile_path(0, 2, 1)).parent.exists()
    assert b'"caller"' not in (out / "entries.jsonl").read_bytes().splitlines()[3].partition(b'"fields":')[2]
    assert run("verify", out).exit_code == 0


def test_an_export_that_is_there_finds_a_fork_and_a_rollback(ledger: Path, tmp_path: Path) -> None:
    """The ledger is no longer what was exported: refused, with the place, and the export stays as it was."""
    out, before = tmp_path / "out", (ledger / "0.db").read_bytes()
    written(ledger / "0.db", requests(20, first=2000))
    exported(ledger, "jsonl", out)
    was = {each: each.read_bytes() for each in out.rglob("*") if each.is_file()}
    (ledger / "0.db").write_bytes(before)
    head_path(ledger / "0.db").unlink()
    rolled = run("export", ledger, "--to", "jsonl", "--out", out)
    written(ledger / "0.db", requests(50, first=5000))
    forked = run("export", ledger, "--to", "jsonl", "--out", out)

    assert (rolled.exit_code, forked.exit_code) == (1, 1)
    assert "cut off" in rolled.stderr
    assert "not those that a checkpoint speaks of" in forked.stderr or "a fork" in forked.stderr
    assert {each: each.read_bytes() for each in out.rglob("*") if each.is_file()} == was


def test_a_bent_ledger_is_not_exported_as_a_sound_one(ledger: Path, tmp_path: Path) -> None:
    """And nothing half done is left."""
    with closing(sqlite3.connect(ledger / "0.db")) as connection, connection:
        raw = connection.execute("SELECT raw FROM entries WHERE number = 9").fetchone()[0]
        connection.execute("UPDATE entries SET raw = ? WHERE number = 9", (raw.replace(b'"time":"2', b'"time":"1'),))
    result = run("export", ledger, "--to", "jsonl", "--out", tmp_path / "out")

    assert result.exit_code == 1
    assert not (tmp_path / "out").exists()


def test_a_selection_is_lines_alone_and_says_so(ledger: Path, tmp_path: Path) -> None:
    """Without a tree, because a verifier could not tell what was left out from what was removed."""
    out = tmp_path / "some.jsonl"
    assert run("export", ledger, "--to", "jsonl", "--out", tmp_path / "some", "--kind", "decision").exit_code == 2
    assert exported(ledger, "jsonl", out, "--kind", "decision", "--process", "claims")["entries"] == COUNT // 2
    kinds = {json.loads(line)["entry"]["kind"] for line in out.read_bytes().splitlines()}

    assert kinds == {"decision"}
    assert "a part of a ledger" in run("export", ledger, "--to", "jsonl", "--out", out, "--kind", "decision").stdout


def test_several_shards_are_a_folder_each(ledger: Path, tmp_path: Path) -> None:
    """Each a ledger of its own; as one file they would be none."""
    written(ledger / "1.db", requests(3))
    out = tmp_path / "out"
    exported(ledger, "jsonl", out)

    assert sorted(each.name for each in out.iterdir()) == ["0", "1"]
    assert run("verify", out).stdout.count("valid  ") == 2
    assert run("export", ledger, "--to", "jsonl", "--out", tmp_path / "all.jsonl").exit_code == 2
    assert exported(ledger, "csv", tmp_path / "csv")["entries"] == len(entries(ledger)) + 1 + 6 + 1


@pytest.mark.parametrize("by_day", [False, True])
def test_parquet_read_back_equals_the_entries(ledger: Path, tmp_path: Path, by_day: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Every number, time, kind, hash and value, and a row for each hop."""
    out = tmp_path / "out"
    for _ in range(2):  # the second takes the place of the first
        done = exported(ledger, "parquet", out, *(["--by-day"] if by_day else []))
    where = "{}/*/*.parquet" if by_day else "{}.parquet"
    told = entries(ledger)
    with duckdb.connect() as database:

        def rows(table: str, columns: str) -> list[tuple[Any, ...]]:
            source = str(out / where.format(table))
            return database.sql(f"SELECT {columns} FROM '{source}' ORDER BY number").fetchall()

        found = rows(
            "entries", "number, strftime(time, '%Y-%m-%dT%H:%M:%S.%fZ'), kind, from_base64(leaf_hash), ledger, fields"
        )
        assert [(row[0], row[1], row[2], row[3]) for row in found] == [
            (each.number, each.time, each.kind, each.sealed.leaf) for each in told
        ]
        assert {row[4] for row in found} == {f"{ORIGIN}/0"}
        assert [json.loads(row[5]) for row in found] == [each.values for each in told]
        hops = rows("attempts", "number, deployment, status, cause, took_s, evidence")
        expected = [(each.number, hop) for each in told for hop in each.values.get("trail") or ()]
        names = ("deployment", "status", "cause", "took_s", "evidence")
        assert sorted(hops, key=str) == sorted(((n, *(hop[name] for name in names)) for n, hop in expected), key=str)
        flat = rows(
            "entries",
            "number, request_id, process, principal, outcome, served_by, attempts, input_tokens, redacted, streamed",
        )
    assert done["attempts"] == len(hops)
    assert flat[2] == (2, f"mr_{0:032x}", "letters", None, "served", "gpt-eu", 1, 100, None, None)
    assert (flat[1][3], flat[1][8]) == (None, "caller")
    assert (flat[3][3], flat[3][9]) == ("=HYPERLINK(1)", False)
    assert leftovers(out) == []


def test_cells_never_become_formulas(ledger: Path, tmp_path: Path) -> None:
    """What begins like one stands behind an apostrophe; numbers stay numbers."""
    exported(ledger, "csv", tmp_path / "out")
    with (tmp_path / "out" / "entries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == len(entries(ledger))
    assert rows[3]["principal"] == "'=HYPERLINK(1)"
    assert json.loads(rows[3]["fields"])["caller"] == {"principal": "=HYPERLINK(1)"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [guarded(each) for each in ("+1", "-1", "@x", "\tx", -1, None, "a=1")] == [
        "'+1",
        "'-1",
        "'@x",
        "'\tx",
        -1,
        None,
        "a=1",
    ]


def test_events_are_api_activity_and_nothing_else(ledger: Path, tmp_path: Path) -> None:
    """Each has what OCSF requires, and no attribute that it does not have; callers are named where they are known."""
    out = tmp_path / "events.jsonl"
    done = exported(ledger, "ocsf", out)
    events = [json.loads(line) for line in out.read_bytes().splitlines()]
    schema = Draft202012Validator(API_ACTIVITY)
    by_number = {each["metadata"]["sequence"]: each for each in events}
    kinds = {each.number: each.kind for each in entries(ledger)}

    for each in events:
        schema.validate(each)
        assert each["type_uid"] == each["class_uid"] * 100 + each["activity_id"]
    assert len(events) == done["events"]
    assert {kinds[number] for number in by_number} == {"decision", "stream", "operator", "redaction"}
    assert list(by_number) == sorted(
        number for number, kind in kinds.items() if kind in ("decision", "stream", "operator", "redaction")
    )
    served, failed = by_number[4], next(each for each in events if each["status"] == "Failure")
    assert served["actor"] == {"app_name": "claims", "user": {"name": "=HYPERLINK(1)"}}
    assert served["message_context"]["total_tokens"] == 130
    assert "user" not in by_number[2]["actor"]
    assert failed["api"]["response"] == {"code": 429, "error": "rate_limit", "error_message": "Slow down."}
    assert (failed["severity"], failed["status_code"]) == ("Medium", "failed")


def test_the_schema_of_events_bites() -> None:
    """An attribute that the class does not have, or one that is missing, is refused."""
    schema = Draft202012Validator(API_ACTIVITY)
    assert not schema.is_valid({})
    assert not schema.is_valid({"class_uid": 6003, "invented": 1})


def test_an_entry_without_values_is_an_event_all_the_same() -> None:
    """What is redacted is left out, and what is required is there."""

    def bare() -> Iterator[dict[str, Any] | None]:
        for kind in ("decision", "stream", "operator", "redaction"):
            raw = (
                b'{"after":"","commitments":{},"kind":"%b","number":3,"time":"2026-05-28T20:26:40.000000Z","version":1}'
            )
            found = Plain(3, kind, "2026-05-28T20:26:40.000000Z", {}, ("id",), _sealed(raw % kind.encode()))
            yield event("o", found)

    for each in bare():
        Draft202012Validator(API_ACTIVITY).validate(each)


def _sealed(raw: bytes) -> Any:
    return Sealed(3, raw, b"{}", bytes(32))


def test_a_ledger_that_another_process_writes_is_exported_as_it_was(tmp_path: Path) -> None:
    """Every export taken meanwhile verifies, and each is a beginning of the next."""
    path = tmp_path / "ledger" / "0.db"
    script = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]!r}\n"
        "from pathlib import Path; from support.ledgers import opened, requests\n"
        f"path = Path({str(path)!r}); path.parent.mkdir(); journal = opened(path, every=50)\n"
        "for number in range(100_000):\n"
        "    journal.append(requests(10, first=number * 10)); journal.ask(lambda _: None).result(30)\n"
        "    print(number, flush=True)\n"
        "    if number > 20: sys.stdin.readline()\n"
    )
    words = [sys.executable, "-c", script]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        sizes = []
        for turn in range(3):
            out = tmp_path / "out"
            sizes.append(exported(path.parent, "jsonl", out)["entries"])
            assert run("verify", out).exit_code == 0
            assert exported(path.parent, "csv", tmp_path / f"csv{turn}")["entries"] >= sizes[-1]
            writer.stdout.readline()
        writer.kill()

    assert sizes == sorted(sizes)
    assert sizes[0] > 0


def test_wrong_questions_are_exit_code_two(ledger: Path, tmp_path: Path) -> None:
    """A form that is none, days for what has none."""
    assert run("export", ledger, "--to", "xml", "--out", tmp_path / "x").exit_code == 2
    assert run("export", ledger, "--to", "csv", "--out", tmp_path / "x", "--by-day").exit_code == 2
    assert run("export", ledger, "--to", "csv", "--out", ledger / "0.db").exit_code == 1
