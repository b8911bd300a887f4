from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from random import Random

import pytest

from ledger.writing import KEY, ORIGIN, SECRET, Desk, audited, probe
from modelrouter.errors import LedgerError
from modelrouter.ledger import chain, checkpoint, entry, merkle
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind
from modelrouter.ledger.note import ED25519, VerifierKey
from modelrouter.ledger.reading import opened
from modelrouter.ledger.store import Store


def begun(path: Path, *drafts: Draft) -> Store:
    """A store with a begin and these."""
    store = Store.open(path, ORIGIN)
    head, made = chain.append(store.head, [chain.begin(store.head, 0, "writer", KEY)], os.urandom)
    store.commit(head, made)
    if drafts:
        written(store, *drafts)
    return store


def written(store: Store, *drafts: Draft) -> None:
    """These behind the others."""
    head, made = chain.append(store.head, drafts, os.urandom)
    store.commit(head, made)


def test_what_is_committed_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    """Rows, head and facts; a shard that nobody closed is the same."""
    store = begun(tmp_path / "0.db", probe(1), probe(2))
    head, made = chain.append(store.head, [probe(3)], os.urandom)
    store.commit(head, made, {"open": b"2"})
    store.put("shipped", b"1")
    store.put("shipped", b"2")
    before = list(store.rows())
    store.close()
    store.close()

    again = Store.open(tmp_path / "0.db", ORIGIN)
    assert list(again.rows()) == before
    assert (again.head, again.size) == (head, 4)
    assert [again.get(name) for name in ("open", "shipped", "none")] == [b"2", b"2", None]
    assert [row.number for row in again.rows(1, 2)] == [1, 2]
    assert [row.number for row in again.rows(3)] == [3]
    assert list(again.rows(4)) == []
    again.close()


def test_a_commit_that_does_not_follow_is_refused(tmp_path: Path) -> None:
    """No entry is overwritten, none left out, and the head is no fact like others; what is there stays as it is."""
    store = begun(tmp_path / "0.db", probe(1))
    head, made = chain.append(store.head, [probe(2), probe(3)], os.urandom)

    for rows in (made[1:], made[:1], []):
        with pytest.raises(ValueError, match="do not lead from 2 to 4"):
            store.commit(head, rows)
    with pytest.raises(ValueError, match="kept with the entries"):
        store.put("head", b"")
    store.commit(head, made)
    assert store.size == store.head.size == 4
    store.close()


def test_a_commit_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Not the entries that came before the one that has no place, and the next commit holds."""
    store = begun(tmp_path / "0.db", probe(1))
    head, made = chain.append(store.head, [probe(2), probe(3)], os.urandom)
    with pytest.raises(LedgerError, match="damaged"):
        store.commit(head, [made[0], made[1]._replace(number=made[0].number)])

    assert (store.size, store.head.size) == (2, 2)
    store.commit(head, made)
    assert store.size == 4
    store.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_proofs_from_the_store_are_those_of_the_tree(tmp_path: Path, seed: int) -> None:
    """Of any entry at any size, over tens of thousands of entries, whatever the sizes of the commits were."""
    random = Random(seed)
    store = begun(tmp_path / "0.db")
    leaves = [row.leaf for row in store.rows()]
    while store.head.size < 3000 * seed * seed:
        count = random.choice([1, 2, 255, 256, 257, 1000])
        head, made = chain.append(store.head, [probe(number) for number in range(count)], os.urandom)
        store.commit(head, made)
        leaves += [row.leaf for row in made]
        if random.random() < 0.1:
            store.close()
            store = Store.open(tmp_path / "0.db", ORIGIN)
    size = store.head.size
    nodes, known = store.nodes(), merkle.nodes_of(leaves)

    for _ in range(40):
        end = random.randrange(1, size + 1)
        index = random.randrange(end)
        assert merkle.inclusion_proof(index, end, nodes) == merkle.inclusion_proof(index, end, known)
        assert merkle.consistency_proof(index, end, nodes) == merkle.consistency_proof(index, end, known)
        assert merkle.root_of(end, nodes) == merkle.root_of(end, known)
    assert merkle.root_of(size, nodes) == store.head.tree.root()
    store.close()


def test_a_proof_reads_few_rows_however_long_the_ledger_is(tmp_path: Path) -> None:
    """At most a tile for each level: 256 leaves and as many hashes above, not the whole tree."""
    store = begun(tmp_path / "0.db")
    for _ in range(20):
        written(store, *(probe(number) for number in range(1000)))
    met: list[int] = []

    class Counting(Store):
        """The same tables, counted."""

        def tile(self, level: int, index: int) -> bytes:
            data = store.tile(level, index)
            met.append(len(data) // merkle.SIZE)
            return data

    counting = Counting(store._connection, store.path, None)
    merkle.inclusion_proof(11_111, store.head.size, counting.nodes())

    assert 0 < sum(met) <= 3 * 256
    store.close()


SECRET_WORD = b"the patient's name"


def test_a_redaction_leaves_nothing_of_the_value_in_the_files(tmp_path: Path) -> None:
    """Neither in the database nor in its log, at once; the redaction's entry comes in the same transaction."""
    path = tmp_path / "0.db"
    store = begun(path, *(probe(number, who=SECRET_WORD.decode() * 50, what="x") for number in range(20)))

    def files() -> bytes:
        return b"".join(each.read_bytes() for each in tmp_path.iterdir() if each.name.startswith("0.db"))

    assert SECRET_WORD in files()
    fields = [(row.number, entry.redact(row.fields, {"who"})) for row in store.rows(1, 20)]
    redaction = chain.redaction(store.head.time, [(1, 20)], ["who"], "an operator", "asked to")
    head, made = chain.append(store.head, [redaction], os.urandom)
    store.rewrite(fields, head, made)

    assert SECRET_WORD not in files()
    store.close()
    assert SECRET_WORD not in files()
    assert audited(path, key=None).size == 22


def test_a_redaction_while_somebody_copies_is_finished_afterwards(tmp_path: Path) -> None:
    """The copier is not disturbed; the next pause after it empties the log."""
    path = tmp_path / "0.db"
    store = begun(path, probe(1, who=SECRET_WORD.decode()))
    reading = os.open(path.with_suffix(".reading"), os.O_RDONLY)
    fcntl.flock(reading, fcntl.LOCK_SH)
    head, made = chain.append(
        store.head, [chain.redaction(store.head.time, [(1, 1)], ["who"], "an operator", "asked to")], os.urandom
    )
    fields = [(row.number, entry.redact(row.fields, {"who"})) for row in store.rows(1, 1)]
    store.rewrite(fields, head, made)
    log = Path(f"{path}-wal")
    assert SECRET_WORD in log.read_bytes() + path.read_bytes()
    store.settle(pause=False)
    assert log.stat().st_size
    os.close(reading)
    store.settle(pause=False)

    assert SECRET_WORD not in log.read_bytes() + path.read_bytes()
    store.close()


def test_the_key_in_force_is_known(tmp_path: Path) -> None:
    """That of the last begin or rotation that names one, whoever wrote it."""
    store = begun(tmp_path / "0.db")
    assert store.get("key") == KEY.encode()
    new = Secret(b"n" * 32)
    written(store, probe(1), checkpoint.rotation(store.head._replace(), 0, SECRET, new)._replace(kind=Kind.PROBE))
    assert store.get("key") == KEY.encode()
    written(store, checkpoint.rotation(store.head, 0, SECRET, new))
    assert store.get("key") == str(VerifierKey(ORIGIN, ED25519, new.public)).encode()
    written(store, chain.begin(store.head, 0, "without", None))
    assert store.get("key") == str(VerifierKey(ORIGIN, ED25519, new.public)).encode()
    store.close()


def test_the_store_is_durable_and_alone(tmp_path: Path) -> None:
    """What durability hangs on is set, and a second connection gets nothing, not even to read."""
    store = begun(tmp_path / "0.db")
    ask = store._connection.execute
    settings = ("journal_mode", "synchronous", "locking_mode", "secure_delete", "wal_autocheckpoint")
    found = [ask(f"PRAGMA {name}").fetchone()[0] for name in settings]
    assert found == ["wal", 2, "exclusive", 1, 0]
    other = sqlite3.connect(tmp_path / "0.db", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("SELECT * FROM entries")
    other.close()
    with pytest.raises(LedgerError, match="is being written by process"):
        Store.open(tmp_path / "0.db", ORIGIN)
    assert (tmp_path / "0.db").stat().st_mode & 0o077 == 0
    store.close()


def test_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    """In a pause four megabytes are enough to move it into the file; it is written over then."""
    store = begun(tmp_path / "0.db")
    sizes = []
    for _ in range(12):
        written(store, *(probe(number, text="x" * 2000) for number in range(500)))
        store.settle(pause=True)
        sizes.append(Path(f"{store.path}-wal").stat().st_size)

    assert max(sizes) < 12 << 20 < store.path.stat().st_size
    store.close()
    assert not Path(f"{store.path}-wal").exists()


def test_another_ledgers_file_is_refused(tmp_path: Path) -> None:
    """A shard belongs to its origin for ever."""
    desk = Desk(tmp_path / "0.db")
    desk.write(probe(1))
    desk.journal.close()

    with pytest.raises(LedgerError, match=f"is the ledger {ORIGIN}, and not other.example/0"):
        Store.open(tmp_path / "0.db", "other.example/0")
    with opened(tmp_path / "0.db") as reader:
        assert reader.origin == ORIGIN
