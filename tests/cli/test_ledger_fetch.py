"""`modelrouter ledger fetch`: out of a real PostgreSQL, and what the other verbs make of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from ledger.fleet_desk import Fleet
from ledger.writing import KEY, probe, rows
from support.inventory_texts import SMALL
from support.postgres import PASSWORD, Server, name_of
from typer.testing import CliRunner

from modelrouter.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORIGIN = "ledger.example/router/0"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One PostgreSQL for all of these."""
    made = Server()
    yield made
    made.remove()


@pytest.fixture
def dsn(server: Server, monkeypatch) -> str:
    """A database with two ledgers, and its address where the inventory looks for it."""
    found = server.database()
    monkeypatch.setenv("LEDGER_DSN", found)
    return found


@pytest.fixture
def inventory(tmp_path: Path, dsn: str) -> Path:
    """An inventory that names the database; two shards were copied there."""
    for number in range(2):
        made = Fleet(tmp_path / f"{number}.db", dsn, origin=f"ledger.example/router/{number}", checkpoint_entries=20)
        made.desk.write(*(probe(each) for each in range(50)))
        made.start()
        made.close()
    file = tmp_path / "providers.yaml"
    file.write_text(f"{SMALL}ledger: {{folder: ledger, origin: ledger.example/router, postgres: 'env:LEDGER_DSN'}}\n")
    return file


def run(*words: object) -> tuple[int, str]:
    """Exit code, and everything that was printed."""
    done = CliRunner().invoke(app, ["ledger", *map(str, words)])
    return done.exit_code, done.output


def test_what_was_fetched_is_what_was_written_and_every_verb_reads_it(inventory: Path, tmp_path: Path):
    """Both ledgers come whole, with their checkpoints; they verify against their key, and an entry of them is proved."""
    code, said = run("fetch", "--out", tmp_path / "out", "-f", inventory)
    assert (code, said.count("wrote")) == (0, 2), said

    code, said = run("verify", tmp_path / "out" / "ledger.example_router_0", "--key", KEY)
    assert code == 0, said
    sizes = [len(rows(tmp_path / f"{number}.db")) for number in range(2)]
    code, said = run("verify", tmp_path / "out", "--json")
    assert code == 0, said
    assert [each["entries"] for each in json.loads(said)["ledgers"]] == sizes
    assert run("show", tmp_path / "out", "ledger.example/router/1#3")[0] == 0


def test_what_a_hand_changed_in_postgresql_is_fetched_as_it_is_and_found(
    inventory: Path, tmp_path: Path, server: Server, dsn: str
):
    """A row that was taken out of the middle, whatever its owner did to the triggers."""
    with server.superuser(name_of(dsn)) as work:
        work.execute("SET session_replication_role = replica")
        work.execute("DELETE FROM modelrouter_ledger.entries WHERE number = 17")
    code, said = run("fetch", ORIGIN, "--out", tmp_path / "out", "-f", inventory)
    assert code == 0, said

    code, said = run("verify", tmp_path / "out", "--key", KEY)
    assert code == 1
    assert "17" in said


def test_without_a_database_or_a_ledger_there_the_command_says_so(inventory: Path, tmp_path: Path, monkeypatch):
    """And never repeats the address."""
    assert run("fetch", "other", "--out", tmp_path / "out", "-f", inventory)[0] == 2
    monkeypatch.setenv("LEDGER_DSN", f"postgresql://keeper:{PASSWORD}@127.0.0.1:1/x")
    code, said = run("fetch", "--out", tmp_path / "out", "-f", inventory)
    assert (code, "nobody listens there" in said, PASSWORD in said) == (1, True, False)
    monkeypatch.delenv("LEDGER_DSN")
    code, said = run("fetch", "--out", tmp_path / "out", "-f", inventory)
    assert (code, "LEDGER_DSN" in said) == (1, True)
    inventory.write_text(inventory.read_text().replace(", postgres: 'env:LEDGER_DSN'", ""))
    assert run("fetch", "--out", tmp_path / "out", "-f", inventory)[0] == 2
