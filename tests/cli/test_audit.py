"""`modelrouter audit`: a ledger's hops, judged anew from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from audit.ledgers import Ledger
from support.inventories import deployment, inventory, process
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.core.inventory import Data
from modelrouter.ledger.chain import append, begin, start
from modelrouter.ledger.entry import Draft, Kind, line

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from modelrouter.core.inventory import Inventory

NOON = 1_800_014_400_000_000
ONE = deployment("one", processing=("DE",))
TWO = deployment("two", processing=("US",))


def estate() -> Inventory:
    """Claims may be processed in Germany alone."""
    return inventory(process("claims", ONE, TWO, data=Data(processing=("DE",))))


def export(path: Path, ledger: Ledger) -> Path:
    """The same entries as a real ledger would have them, exported."""
    head = start("ledger.example/tests")
    drafts = [begin(head, NOON, "tests", None)]
    drafts += [Draft(Kind(each["kind"]), NOON, each["values"]) for each in ledger.entries[1:]]
    _, rows = append(head, drafts, bytes)
    path.write_bytes(b"".join(line(row.raw, row.fields) + b"\n" for row in rows))
    return path


def run(*words: object) -> Result:
    """Type it."""
    result: Any = CliRunner().invoke(app, ["audit", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result  # type: ignore[no-any-return] # typer's own copy of click's class in newer versions


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A ledger in which everything is lawful."""
    ledger = Ledger(estate())
    ledger.serve("claims", "one")
    ledger.ask("open", "claims", "one")
    return export(tmp_path / "clean.jsonl", ledger)


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    """One in which data went abroad, and a decision has no request."""
    ledger = Ledger(estate())
    ledger.serve("claims", "one", "two")
    ledger.decide("lone", "one")
    ledger.write("gap", lost=0, why="nothing", **{"from": 1.0, "to": 2.0})
    return export(tmp_path / "dirty.jsonl", ledger)


def test_a_lawful_ledger_is_said_to_be(clean: Path) -> None:
    """Counts, exit code 0; a request that is under way is named and no reason to fail."""
    told = run(clean)

    assert told.exit_code == 0
    assert "forbidden" not in told.stdout.split("\n", 2)[2]
    assert "undecided  entry 4: nothing was decided for open so far" in told.stdout
    assert "hops of clean: 1 first" in told.stdout


def test_a_forbidden_hop_is_named_with_its_entry_and_its_rule(dirty: Path) -> None:
    """Where it stands, how it came about, for which request, by which rule; and what is not whole."""
    told = run(dirty)

    assert told.exit_code == 1
    assert (
        "forbidden  entry 3: two was called (next) for mr_2, and is forbidden to claims by claims.data.processing: "
        "processing US is not in DE"
    ) in told.stdout
    assert "entry 2: two was named as permitted for mr_2" in told.stdout
    assert "wrong  entry 4: the decision of lone stands without its request" in told.stdout
    assert "gap  entry 5: 0 entries were lost (nothing)" in told.stdout


def test_programs_read_one_object(dirty: Path) -> None:
    """The same for programs."""
    told = run(dirty, "--json")
    found = json.loads(told.stdout)

    assert (told.exit_code, found["clean"], found["hops"], found["breaches"]) == (1, False, 2, 2)
    assert [(2, "route", "two"), (3, "next", "two")] == [
        (each["entry"], each["path"], each["deployment"]) for each in found["ledgers"][0]["forbidden"]
    ]


def test_a_folder_of_exports_is_read_whole(tmp_path: Path, clean: Path, dirty: Path) -> None:
    """One line for each, and entries are called by their ledger."""
    for number, path in enumerate((clean, dirty)):
        (tmp_path / "all" / str(number)).mkdir(parents=True)
        path.rename(tmp_path / "all" / str(number) / "entries.jsonl")

    told = run(tmp_path / "all")

    assert told.exit_code == 1
    assert "1#3: two was called (next)" in told.stdout


def test_the_reader_can_be_handed_out(tmp_path: Path, dirty: Path) -> None:
    """Written out, it comes to the same result by itself."""
    assert run("--reader", tmp_path / "reader.py").exit_code == 0

    command = [sys.executable, "-I", "-S", str(tmp_path / "reader.py"), str(dirty)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (told.returncode, told.stderr) == (1, "")
    assert "entry 3: two (next) was forbidden to claims for mr_2" in told.stdout


@pytest.mark.parametrize(("known", "lost", "code"), [(True, 0, 0), (True, 3, 1), (False, 0, 1)])
def test_strictly_what_nobody_can_judge_is_not_clean(tmp_path: Path, *, known: bool, lost: int, code: int) -> None:
    """Hops without facts to judge them by, and entries that were given up, fail where that is asked for."""
    ledger = Ledger(estate() if known else None)
    ledger.serve("claims", "one")
    ledger.write("gap", lost=lost, why="full", **{"from": 1.0, "to": 2.0})
    path = export(tmp_path / "entries.jsonl", ledger)

    assert run(path).exit_code == 0
    assert run(path, "--strict").exit_code == code


def test_what_is_no_ledger_is_said(tmp_path: Path) -> None:
    """Nothing there, something else there, an inventory without a ledger."""
    (tmp_path / "notes.txt").write_text("notes")

    assert run(tmp_path / "nowhere.db").exit_code == 2
    assert run(tmp_path / "notes.txt").exit_code == 1
    assert "is no ledger" in run(tmp_path / "notes.txt").stderr
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty").exit_code == 2
