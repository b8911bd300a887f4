"""What the page says of roles in PostgreSQL, on a real one; and the alarm of what it has lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from support.postgres import Server, name_of

from ledger.fleet_desk import QUICK, Fleet, copied, eventually, same
from ledger.writing import SECRET, probe
from modelrouter.ledger import keeping
from modelrouter.ledger.outside import AwayError
from modelrouter.ledger.postgres import SCHEMA, Database, Redaction
from modelrouter.ledger.shipping import ROWS, Shipping

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs/ledger-fleet.md"
PARIS = "ledger.example/router/paris-1/0"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One PostgreSQL for all of these."""
    made = Server()
    yield made
    made.remove()


@pytest.fixture
def dsn(server: Server) -> str:
    """A database of its own."""
    return server.database()


def page_sql() -> str:
    """The statements of the page that give each role its origins."""
    (found,) = [each for each in PAGE.read_text().split("```sql\n")[1:] if "modelrouter_ledger.writers" in each]
    return found.partition("```")[0]


def role(server: Server, dsn: str, name: str) -> str:
    """A role with the rights that the tables' own file names; its address."""
    with server.superuser(name_of(dsn)) as work:
        work.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'w'".encode())
        for each in SCHEMA.read_text().splitlines():
            if each.startswith("--   GRANT"):
                work.execute(each[4:].replace("TO modelrouter", f"TO {name}").encode())
    return server.address(name, "w", name_of(dsn))


def test_a_role_of_its_own_writes_its_own_origins_and_redacts_no_others(
    server: Server, dsn: str, tmp_path: Path
) -> None:
    """By the page's statements: its copy goes on, redactions and all, and a forged redaction of another's is refused."""
    with Database(lambda: dsn, 5.0) as database:
        database.prepare()
    with psycopg.connect(dsn) as owner:
        owner.execute(page_sql().encode())
        owner.execute("INSERT INTO modelrouter_ledger.writers VALUES ('paris_1', 'ledger.example/router/paris-1/')")
    path, forgery = tmp_path / "0.db", tmp_path / "forged.db"
    berlin, paris = role(server, dsn, "berlin_1"), role(server, dsn, "paris_1")
    copy(path, paris, 20)
    with keeping.hold(path) as store:
        keeping.redacted(store, range(5, 10), ["text"], keeping.Why("x", "asked"), SECRET)
    copy(path, paris, 1)
    assert b"private" not in copied(server, dsn, PARIS)[7][2]
    shutil.copyfile(path, forgery)
    with keeping.hold(forgery) as store:
        size = store.head.size
        keeping.redacted(store, range(15, 18), ["text"], keeping.Why("x", "forged"), SECRET)
        rows = list(store.rows(size))

    with Database(lambda: berlin, 5.0) as database, pytest.raises(AwayError, match="right"):
        database.add(PARIS, rows, [Redaction(15, 17, ("text",))])
    same(server, dsn, path, PARIS)


def copy(path: Path, address: str, count: int) -> None:
    """So many entries more in a shard of Paris, and in its copy by this role."""
    made = Fleet(path, address, origin=PARIS)
    made.desk.write(*(probe(number, text="private") for number in range(count)))
    made.start()
    made.close()
    assert made.told == []


def test_the_alarm_of_what_was_lost_lasts_until_all_of_it_is_there_again(
    server: Server, dsn: str, tmp_path: Path
) -> None:
    """Also where that takes several round trips."""
    made = Fleet(tmp_path / "0.db", dsn)
    told: list[tuple[str, int]] = []
    made.shipping = Shipping(
        made.journal,
        lambda: dsn,
        lambda _, what: told.append((str(what), made.shipping.progress.shipped)),
        pace=QUICK,
    )
    made.desk.write(*(probe(number) for number in range(3 * ROWS)))
    made.start()
    made.caught_up()
    had = made.shipping.progress.shipped
    with server.superuser(name_of(dsn)) as work:
        work.execute("SET session_replication_role = replica")
        work.execute("DELETE FROM modelrouter_ledger.entries WHERE number >= 40")
    eventually(lambda: len(told) > 1, "the end of the alarm")
    made.close()

    (begun, ended) = told
    assert (f"lost the entries 40 to {had - 1}" in begun[0], begun[1]) == (True, 40)
    assert ended[0] == "None"
    assert ended[1] >= had
