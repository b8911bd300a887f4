"""A shard and its copy in a real PostgreSQL, through outages, forks, losses and refusals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

import psycopg
import pytest
from support.postgres import OWNER, PASSWORD, Server, name_of

from ledger.fleet_desk import Fleet, copied, eventually, same
from ledger.writing import KEY, ORIGIN, SECRET, Desk, probe
from modelrouter.errors import LedgerError, MissingSecretError
from modelrouter.ledger import fleet, keeping
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import Draft, Kind, line, read, read_fields
from modelrouter.ledger.note import Note
from modelrouter.ledger.postgres import SCHEMA
from modelrouter.ledger.reading import opened
from modelrouter.ledger.verifier import Audit, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL for all of these; whoever stops it starts it again."""
    made = Server()
    yield made
    made.remove()


@pytest.fixture
def dsn(server: Server) -> str:
    """A database of its own."""
    return server.database()


@pytest.fixture
def made(tmp_path: Path, dsn: str) -> Iterator[Fleet]:
    """A shard with a copy, not started yet."""
    found = Fleet(tmp_path / "0.db", dsn, checkpoint_entries=50)
    yield found
    found.close()


def drafts(count: int, first: int = 0) -> list[Draft]:
    """So many entries."""
    return [probe(number, text='é\x00\\u0000 ]"') for number in range(first, first + count)]


def test_everything_is_copied_byte_for_byte_to_the_last_entry(server: Server, made: Fleet, dsn: str) -> None:
    """Begin, entries, checkpoints and end are there, in order, with the newest checkpoint beside the head."""
    made.desk.write(*drafts(1))
    made.start()
    for each in range(5):
        made.desk.write(*drafts(300, each * 300))
    made.close()

    size = same(server, dsn, made.path)
    assert size > 1500
    assert made.shipping.progress[1:] == (size, 0, None, None, False)
    (found,) = fleet.held(lambda: dsn)
    assert (found.origin, found.size) == (ORIGIN, size)
    assert found.checkpoint is not None
    assert Checkpoint.read(Note.read(found.checkpoint).text).size > 1400
    assert made.told == []


def test_a_copy_can_be_verified_and_proven_from_postgresql_alone(made: Fleet, dsn: str) -> None:
    """The reader over PostgreSQL has what one over the file has: rows, tree, head; the verifier finds no fault."""
    made.desk.write(*drafts(700))
    made.start()
    made.close()

    with fleet.fetched(lambda: dsn, ORIGIN) as there, opened(made.path) as here:
        assert (there.origin, there.size, there.head) == (here.origin, here.size, here.head)
        assert [there.nodes()(level, 0) for level in range(9)] == [here.nodes()(level, 0) for level in range(9)]
        audit = Audit([key_of(KEY)], [str(note) for note in made.desk.notes])
        for each in there.rows():
            audit.take(line(each.raw, each.fields) + b"\n")
        assert audit.close() == []
    with pytest.raises(LedgerError, match="no ledger 'other'"):
        fleet.fetched(lambda: dsn, "other")


WRITER = """
import sys
from pathlib import Path
from ledger.fleet_desk import Fleet
from ledger.writing import probe
made = Fleet(Path(sys.argv[1]), sys.argv[2], checkpoint_entries=100)
made.desk.write(probe(0))
made.start()
print("ready", flush=True)
for number in range(1, 10**9):
    made.journal.append([probe(number)] * 3)
    if number % 50 == 0:
        made.desk.write(probe(number))
        print(made.shipping.progress.shipped, flush=True)
"""


@pytest.mark.alone
@pytest.mark.parametrize("shipped", [1, 400, 1500])
def test_whoever_is_killed_while_copying_loses_nothing(server: Server, dsn: str, tmp_path: Path, shipped: int) -> None:
    """Killed anywhere between two entries, the next process goes on where PostgreSQL is: each entry once, in order."""
    path = tmp_path / "0.db"
    places = os.pathsep.join(each for each in sys.path if each)
    command = [sys.executable, "-c", WRITER, str(path), dsn]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": places}) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        while int(child.stdout.readline()) < shipped:
            pass
        child.send_signal(signal.SIGKILL)
    before = copied(server, dsn)

    made = Fleet(path, dsn)
    made.desk.write(probe(0))
    made.start()
    made.close()

    assert len(before) >= shipped
    assert same(server, dsn, path) > len(before)
    assert copied(server, dsn)[: len(before)] == before
    assert made.told == []


class _Load:
    """Entries without end, and how many of them became durable."""

    def __init__(self, made: Fleet) -> None:
        self.wrote = 0
        self._made = made
        self._over = Event()
        self._thread = Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.is_set():
            self._made.desk.write(*drafts(3, self.wrote))
            self.wrote += 3

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.alone
@pytest.mark.parametrize("how", ["stopped", "killed", "frozen"])
def test_an_outage_of_postgresql_holds_up_nobody_and_loses_nothing(
    server: Server, made: Fleet, dsn: str, how: str
) -> None:
    """While it is away entries become durable as ever, one alarm is told of; it comes back, the rest follows in order."""
    made.desk.write(*drafts(1))
    made.start()
    with _Load(made) as load:
        made.caught_up()
        if how == "frozen":
            with server.frozen():
                _away(made, load)
        else:
            {"stopped": server.stop, "killed": server.kill}[how]()
            try:
                _away(made, load)
            finally:
                server.start()
        eventually(lambda: made.shipping.progress.away_since is None, "being back")
    made.caught_up()
    made.close()

    assert same(server, dsn, made.path) >= load.wrote
    assert [what for what in made.told if what is not None]
    assert made.told[-1] is None
    assert PASSWORD not in repr(made.told)
    assert made.desk.alarms == []


def _away(made: Fleet, load: _Load) -> None:
    """It is noticed, and entries go on becoming durable."""
    eventually(lambda: made.shipping.progress.away_since is not None, "noticing")
    wrote = load.wrote
    eventually(lambda: load.wrote > wrote + 300, "writing on")
    eventually(lambda: made.shipping.progress.behind > 300, "falling behind")


def test_what_waits_for_postgresql_waits_on_the_disk_and_not_in_memory(tmp_path: Path, server: Server) -> None:
    """Ten thousand entries that PostgreSQL has not cost the shipper no memory."""
    made = Fleet(tmp_path / "0.db", server.address(OWNER, PASSWORD, "nowhere"))
    made.desk.write(*drafts(1))
    made.start()
    eventually(lambda: made.told, "the alarm")
    made.desk.write(*drafts(100))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for each in range(20):
        made.desk.write(*drafts(500, each * 500))
    eventually(lambda: made.shipping.progress.behind > 10_000)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    made.close()

    assert after - before < 1 << 20  # the entries themselves are six times that


def test_entries_that_a_promotion_lost_are_sent_again_and_told_of(server: Server, made: Fleet, dsn: str) -> None:
    """The newest rows vanish behind our back: noticed at rest, filled in byte for byte, an alarm and an entry say so."""
    made.desk.write(*drafts(100))
    made.start()
    made.caught_up()
    with server.superuser(name_of(dsn)) as work:
        work.execute("SET session_replication_role = replica")
        work.execute("DELETE FROM modelrouter_ledger.entries WHERE number >= 40")
    eventually(lambda: None in made.told, "the end of the alarm")
    made.close()

    same(server, dsn, made.path)
    assert "it has lost the entries 40 to 101" in str(made.told[0])
    anchors = [read_fields(fields) for _, raw, fields, _ in copied(server, dsn) if read(raw).kind == Kind.ANCHOR]
    assert [(each["where"].value, each["outcome"].value, each["size"].value) for each in anchors] == [
        ("postgres", "lost", 40)
    ]


def test_entries_lost_between_two_processes_are_noticed_by_the_next(server: Server, tmp_path: Path, dsn: str) -> None:
    """PostgreSQL's own word of how many it had shows the loss, also to a process that never saw them."""
    first = Fleet(tmp_path / "0.db", dsn)
    first.desk.write(*drafts(100))
    first.start()
    first.close()
    with server.superuser(name_of(dsn)) as work:
        work.execute("SET session_replication_role = replica")
        work.execute("DELETE FROM modelrouter_ledger.entries WHERE number >= 40")
    second = Fleet(tmp_path / "0.db", dsn)
    second.desk.write(*drafts(1))
    second.start()
    second.close()

    same(server, dsn, second.path)
    assert "it has lost the entries 40 to" in str(second.told[0])


@pytest.mark.parametrize("place", [0, 37, 100])
def test_a_fork_is_found_where_it_begins_and_nothing_is_written_over(
    server: Server, tmp_path: Path, dsn: str, place: int
) -> None:
    """The same numbers with other entries: an alarm that names the first of them, and not one row more."""
    one, other = Fleet(tmp_path / "one" / "0.db", dsn), Desk(tmp_path / "other" / "0.db", chance=lambda n: b"x" * n)
    same_draft = [probe(number) for number in range(place)]
    one_desk = Desk(tmp_path / "one" / "0.db", chance=lambda n: b"x" * n, writer="w", wall=lambda: 1_780_000_000.0)
    other = Desk(tmp_path / "other" / "0.db", chance=lambda n: b"x" * n, writer="w", wall=lambda: 1_780_000_000.0)
    for desk in (one_desk, other):
        if place:
            desk.write(probe(-1), *same_draft[1:])
    one_desk.write(probe(1_000), *drafts(100))
    other.write(probe(2_000), *drafts(200))
    one_desk.journal.close()
    other.journal.close()
    one = Fleet(tmp_path / "one" / "0.db", dsn)
    one.desk.write(*drafts(1))
    one.start()
    one.close()
    before = copied(server, dsn)

    second = Fleet(tmp_path / "other" / "0.db", dsn)
    second.desk.write(*drafts(300))
    second.start()
    eventually(lambda: second.told, "the alarm")
    second.desk.write(*drafts(10))
    eventually(lambda: second.shipping.progress.stopped, "stopping")
    second.close()

    assert f"from entry {place + 1} on it has other entries" in str(second.told[0])
    assert len(second.told) == 1
    assert copied(server, dsn) == before


def test_a_ledger_that_was_set_back_is_not_copied_over_its_own_past(server: Server, tmp_path: Path, dsn: str) -> None:
    """PostgreSQL has more entries than the shard: an alarm, and nothing is touched."""
    first = Fleet(tmp_path / "0.db", dsn)
    first.desk.write(*drafts(200))
    first.start()
    first.close()
    before = copied(server, dsn)
    second = Fleet(tmp_path / "anew" / "0.db", dsn)
    second.desk.write(*drafts(5))
    second.start()
    eventually(lambda: second.shipping.progress.stopped, "stopping")
    second.close()

    assert "this one was set back, or another writes under the same origin" in str(second.told[0])
    assert copied(server, dsn) == before


def test_a_row_that_a_hand_changed_is_a_fork(server: Server, made: Fleet, dsn: str) -> None:
    """Whoever owns the database can change the last entry and its hash: the chain shows it at the next look."""
    made.desk.write(*drafts(20))
    made.start()
    made.caught_up()
    with server.superuser(name_of(dsn)) as work:
        work.execute("SET session_replication_role = replica")
        work.execute(
            "UPDATE modelrouter_ledger.entries SET raw = '\\x7b7d', leaf = sha256('\\x007b7d') "
            "WHERE number = (SELECT max(number) FROM modelrouter_ledger.entries)"
        )
    eventually(lambda: made.shipping.progress.stopped, "stopping")

    assert "has other entries" in str(made.told[0])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE modelrouter_ledger.entries SET raw = raw || 'x'",
        "UPDATE modelrouter_ledger.entries SET fields = '{}'",
        "UPDATE modelrouter_ledger.entries SET number = number + 1000",
        "UPDATE modelrouter_ledger.entries SET kind = 'redaction'",
        "DELETE FROM modelrouter_ledger.entries",
        "DELETE FROM modelrouter_ledger.entries WHERE false",
        "TRUNCATE modelrouter_ledger.entries",
        (
            "INSERT INTO modelrouter_ledger.entries SELECT origin, number + 1000, time, kind, raw, fields, leaf "
            "FROM modelrouter_ledger.entries WHERE number = 3"
        ),
        (
            "INSERT INTO modelrouter_ledger.entries SELECT 'another', number, time, kind, raw, fields, leaf "
            "FROM modelrouter_ledger.entries WHERE number = 0"
        ),
        (
            "SELECT modelrouter_ledger.redact(origin, ARRAY[number], ARRAY['{}'::bytea]) "
            "FROM modelrouter_ledger.entries WHERE number = 3"
        ),
    ],
)
def test_entries_are_neither_changed_nor_deleted_nor_forged(made: Fleet, dsn: str, statement: str) -> None:
    """Even by the role that owns the tables, as long as it leaves their triggers alone."""
    made.desk.write(*drafts(10))
    made.start()
    made.close()

    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.DatabaseError) as error:
        connection.execute(statement)

    assert error.value.sqlstate in ("MR001", "MR002", "23514")


def test_a_redaction_is_carried_out_in_the_copy_too(server: Server, made: Fleet, dsn: str) -> None:
    """What was taken from the shard is taken from PostgreSQL, no more and no less, and the verifier agrees."""
    made.desk.write(*drafts(60))
    made.start()
    made.close()
    with keeping.hold(made.path) as store:
        keeping.redacted(store, range(10, 20), ["text"], keeping.Why("x", "asked"), SECRET)
        keeping.redacted(store, range(15, 40), ["text", "n"], keeping.Why("x", "asked again"), SECRET)
    assert b'"text"' in copied(server, dsn)[15][2]

    again = Fleet(made.path, dsn)
    again.desk.write(*drafts(5))
    again.start()
    again.close()

    same(server, dsn, made.path)
    assert again.told == []
    assert b'"text"' not in copied(server, dsn)[15][2]
    assert b'"text"' in copied(server, dsn)[45][2]


def test_a_role_without_rights_over_the_tables_is_enough(server: Server, made: Fleet, dsn: str) -> None:
    """Where an owner made the tables, a role that may only add and look can copy, redactions and all."""
    with server.superuser(name_of(dsn)) as work, made.shipping._database as database:
        database.prepare()
        work.execute("CREATE ROLE writer LOGIN PASSWORD 'w'")
        grants = [each[4:] for each in SCHEMA.read_text().splitlines() if each.startswith("--   GRANT")]
        assert len(grants) == 5
        for each in grants:
            work.execute(each.replace("TO modelrouter", "TO writer").encode())
    mine = Fleet(made.path, server.address("writer", "w", name_of(dsn)))
    mine.desk.write(*drafts(30))
    mine.start()
    mine.close()
    with keeping.hold(made.path) as store:
        keeping.redacted(store, range(10, 20), ["text"], keeping.Why("x", "asked"), SECRET)
    again = Fleet(made.path, server.address("writer", "w", name_of(dsn)))
    again.desk.write(*drafts(5))
    again.start()
    again.close()

    same(server, dsn, made.path)
    assert mine.told + again.told == []


@pytest.mark.parametrize("secret", [PASSWORD + "wrong", "p%40ss%3Aword-no-one-knows"])
def test_a_wrong_password_is_said_without_saying_it(
    server: Server, made: Fleet, dsn: str, caplog: pytest.LogCaptureFixture, secret: str
) -> None:
    """The alarm names the password as the trouble, and nothing of it appears in alarm, state, names or logs."""
    caplog.set_level(0)
    mine = Fleet(made.path, server.address(OWNER, secret, name_of(dsn)))
    mine.desk.write(*drafts(3))
    mine.start()
    eventually(lambda: mine.told, "the alarm")
    mine.close()

    shown = repr((mine.told, mine.shipping.progress, mine.shipping._database, vars(mine.shipping))) + caplog.text
    assert mine.told[0] == "it refuses the password"
    assert secret not in shown
    assert mine.shipping.progress.behind > 0


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("postgresql//keeper:p4ssw0rd@nowhere/x", "its address cannot be read"),
        ("postgresql://keeper:p4ssw0rd@127.0.0.1:1/x", "nobody listens there"),
        ("postgresql://keeper:p4ssw0rd@/x?host=/nowhere", "nobody listens there"),
        ("postgresql://keeper:p4ssw0rd@host.invalid/x", "its host has no address"),
        ("postgresql://keeper:p4ssw0rd@/x?nonsense=p4ssw0rd", "its address cannot be read"),
    ],
)
def test_an_address_that_leads_nowhere_is_never_repeated(made: Fleet, address: str, what: str) -> None:
    """Whatever the library says of it, the alarm is in our words."""
    mine = Fleet(made.path, address)
    mine.desk.write(*drafts(1))
    mine.start()
    eventually(lambda: mine.told, "the alarm")
    mine.close()

    assert what in str(mine.told[0])
    assert "p4ssw0rd" not in repr((mine.told, mine.shipping.progress, mine.shipping._database))


def test_a_missing_secret_is_an_alarm_and_is_asked_for_again(made: Fleet, dsn: str, server: Server) -> None:
    """The address is asked for each time: once the secret is there, copying begins."""
    there = Event()

    def address() -> str:
        if not there.is_set():
            raise MissingSecretError("env:LEDGER_DSN is not there")
        return dsn

    mine = Fleet(made.path, address)
    mine.desk.write(*drafts(3))
    mine.start()
    eventually(lambda: mine.told, "the alarm")
    there.set()
    eventually(lambda: mine.told[-1] is None, "the end of the alarm")
    mine.close()

    assert mine.told == ["env:LEDGER_DSN is not there", None]
    same(server, dsn, made.path)


def test_an_error_that_nobody_thought_of_ends_no_copying(server: Server, made: Fleet, dsn: str) -> None:
    """It is an alarm by its kind alone, and tried again."""
    times: list[int] = []

    def address() -> str:
        times.append(1)
        if len(times) == 1:
            raise ZeroDivisionError(dsn)
        return dsn

    mine = Fleet(made.path, address)
    mine.desk.write(*drafts(3))
    mine.start()
    eventually(lambda: None in mine.told, "the end of the alarm")
    mine.close()

    assert mine.told == ["something that should not happen did: ZeroDivisionError", None]
    same(server, dsn, made.path)


def test_a_read_only_database_and_a_locked_table_are_said_and_waited_for(server: Server, made: Fleet, dsn: str) -> None:
    """Neither stops the shard, and neither is asked without a pause; when they are over, the rest follows."""
    made.desk.write(*drafts(3))
    made.start()
    made.caught_up()
    with server.superuser(name_of(dsn)) as work:
        work.execute("BEGIN")
        work.execute("LOCK TABLE modelrouter_ledger.entries IN ACCESS EXCLUSIVE MODE")
        made.desk.write(*drafts(3))
        eventually(lambda: "another session holds a lock on its tables" in made.told, "the alarm")
        made.desk.write(*drafts(3))
        work.execute("ROLLBACK")
    eventually(lambda: made.told[-1] is None, "the end of the alarm")
    with server.superuser() as work:
        work.execute(f"ALTER DATABASE {name_of(dsn)} SET default_transaction_read_only = on")
        work.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name_of(dsn)}'")
        made.desk.write(*drafts(3))
        eventually(lambda: "the database is read-only" in made.told, "the alarm")
        work.execute(f"ALTER DATABASE {name_of(dsn)} RESET default_transaction_read_only")
    eventually(lambda: made.told[-1] is None, "the end of the alarm")
    made.close()

    same(server, dsn, made.path)


def test_tables_of_another_release_are_left_alone(server: Server, made: Fleet, dsn: str) -> None:
    """A newer version of the tables: an alarm, and not one row."""
    with made.shipping._database as database:
        database.prepare()
    with server.superuser(name_of(dsn)) as work:
        work.execute("UPDATE modelrouter_ledger.version SET version = 2")
    made.desk.write(*drafts(3))
    made.start()
    eventually(lambda: made.shipping.progress.stopped, "stopping")

    assert "another version than 1" in str(made.told[0])
    assert copied(server, dsn) == []


def test_two_shards_share_a_database(server: Server, tmp_path: Path, dsn: str) -> None:
    """Each origin has its own numbers from nought."""
    both = [Fleet(tmp_path / f"{each}.db", dsn, origin=f"ledger.example/router/{each}") for each in range(2)]
    for each in both:
        each.desk.write(*drafts(400))
        each.start()
    for each in both:
        each.close()

    assert [each.size for each in fleet.held(lambda: dsn)] == [each.shipping.progress.shipped for each in both]
    assert len(copied(server, dsn, "ledger.example/router/1")) == both[1].shipping.progress.shipped
