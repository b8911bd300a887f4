from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from ledger.writing import KEY, ORIGIN, Desk, audited, probe
from modelrouter.errors import LedgerError
from modelrouter.ledger import merkle
from modelrouter.ledger.ed25519 import public_from, secret_from
from modelrouter.ledger.entry import line
from modelrouter.ledger.reading import opened
from modelrouter.ledger.shards import KEY as KEY_FILE
from modelrouter.ledger.shards import claim, key_of, lock_path, shards
from modelrouter.ledger.verifier import Audit


def test_a_ledger_that_is_being_written_can_be_read(tmp_path: Path) -> None:
    """Again and again under load: a whole ledger each time, with everything that was acknowledged before it was opened."""
    desk = Desk(tmp_path / "0.db", checkpoint_entries=100)
    desk.write(probe(0))
    kept = [0]
    going = [True]

    def produce() -> None:
        number = 0
        while going[0]:
            number += 1
            desk.journal.append([probe(number, text="x" * 500)], lambda at: kept.append(at or 0))
            if number % 20 == 0:
                desk.write(probe(number))

    thread = Thread(target=produce)
    thread.start()
    sizes = []
    try:
        for _ in range(5):
            acknowledged = kept[-1]
            audit = audited(tmp_path / "0.db", key=None)
            assert audit.size > acknowledged
            sizes.append(audit.size)
    finally:
        going[0] = False
        thread.join()
        desk.journal.close()

    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]
    assert desk.alarms == []
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_file_that_never_rests_is_not_taken_for_a_ledger(tmp_path: Path) -> None:
    """Where a program that keeps to no lock goes on writing the file itself, no torn copy is read: it is said, and why."""
    path = tmp_path / "0.db"
    desk = Desk(path)
    desk.write(probe(1))
    desk.journal.close()
    resting = Event()

    def foreign() -> None:
        while not resting.is_set():
            with path.open("r+b") as file:
                file.seek(path.stat().st_size - 1)
                last = file.read(1)
                file.seek(-1, os.SEEK_END)
                file.write(last)
            resting.wait(0.005)

    thread = Thread(target=foreign)
    thread.start()
    try:
        with pytest.raises(LedgerError, match="changes faster than it can be copied"):
            opened(path)
    finally:
        resting.set()
        thread.join()
    assert audited(path, desk.notes).size == 3


def test_reading_takes_nothing_from_the_writer(tmp_path: Path) -> None:
    """A reader in the writer's own process, which opens and closes the file, does not let a second writer in."""
    desk = Desk(tmp_path / "0.db")
    desk.write(probe(1))
    with opened(tmp_path / "0.db") as reader:
        assert reader.size == 2
    other = Desk(tmp_path / "0.db")

    assert other.write(probe(2)) is None
    assert desk.write(probe(3)) == 2
    desk.journal.close()
    other.journal.close()


def test_an_export_reads_as_the_shard_does(tmp_path: Path) -> None:
    """Entries, head, tiles and proofs are the same."""
    desk = Desk(tmp_path / "0.db")
    desk.journal.append([probe(number) for number in range(700)])
    desk.journal.close()
    file = tmp_path / "ledger.jsonl"
    with opened(tmp_path / "0.db") as shard:
        file.write_bytes(b"".join(line(each.raw, each.fields) + b"\n" for each in shard.rows()))
        with opened(file) as lines:
            assert (lines.size, lines.origin, lines.head) == (shard.size, ORIGIN, shard.head)
            assert list(lines.rows(250, 260)) == list(shard.rows(250, 260))
            for place in ((0, 0), (0, 2), (1, 0), (2, 0)):
                assert lines.tile(*place) == shard.tile(*place)
            for index in (0, 300, 701):
                ways = [merkle.inclusion_proof(index, each.size, each.nodes()) for each in (lines, shard)]
                assert ways[0] == ways[1]
            assert shard.get("key") == KEY.encode()
            assert lines.get("key") is None


def test_a_bent_shard_can_be_read_to_find_where(tmp_path: Path) -> None:
    """Reading does not refuse what writing does: the verifier names the entry, and only the head says no."""
    desk = Desk(tmp_path / "0.db")
    desk.journal.append([probe(number) for number in range(20)])
    desk.journal.close()
    shell = sqlite3.connect(tmp_path / "0.db", isolation_level=None)
    shell.execute("DELETE FROM entries WHERE number = 7")
    shell.execute("UPDATE entries SET raw = 'text' WHERE number = 21")
    shell.close()

    audit = Audit()
    with opened(tmp_path / "0.db") as reader:
        for each in reader.rows():
            audit.take(line(each.raw, each.fields) + b"\n")
        with pytest.raises(LedgerError, match="damaged"):
            _ = reader.head
    assert [problem.first for problem in audit.close()][:2] == [7, 21]


@pytest.mark.parametrize("data", [b"", b"hello\n", b"SQLite format 3\0 and no more", b'{"entry":{}}\n'])
def test_what_is_no_ledger_is_refused(tmp_path: Path, data: bytes) -> None:
    """With words, whatever it is."""
    path = tmp_path / "x.db"
    path.write_bytes(data)

    with pytest.raises(LedgerError) as caught, opened(path) as reader:
        _ = reader.origin
    assert str(path) in str(caught.value)


def test_other_databases_are_refused(tmp_path: Path) -> None:
    """A database is not yet a ledger; a path that leads nowhere is none."""
    shell = sqlite3.connect(tmp_path / "x.db")
    shell.execute("CREATE TABLE entries (number)")
    shell.close()

    with pytest.raises(LedgerError, match="the database of another program"):
        opened(tmp_path / "x.db")
    with pytest.raises(LedgerError, match="No such file"):
        opened(tmp_path / "nowhere.db")
    assert [each.name for each in tmp_path.iterdir()] == ["x.db"]


def test_each_process_claims_a_shard_of_its_own(tmp_path: Path) -> None:
    """The first that nobody holds; one that was let go of is the next one's."""
    one, two, three = (claim(tmp_path / "ledger", "a.example/x") for _ in range(3))
    assert [each.path.name for each in (one, two, three)] == ["0.db", "1.db", "2.db"]
    assert [each.origin for each in (one, two)] == ["a.example/x/0", "a.example/x/1"]
    two.lock.release()
    assert claim(tmp_path / "ledger", "a.example/x").path.name == "1.db"

    desk = Desk(one.path, origin=one.origin, lock=one.lock)
    assert desk.write(probe(1)) == 1
    desk.journal.close()
    assert claim(tmp_path / "ledger", "a.example/x").path == one.path
    assert shards(tmp_path / "ledger") == [one.path]


CLAIMING = """
import sys
from pathlib import Path
from modelrouter.ledger.shards import claim, key_of
shard = claim(Path(sys.argv[1]), "a.example/x")
key = key_of(Path(sys.argv[1]))
print(shard.path.name, key.public.hex(), flush=True)
sys.stdin.read()
"""


def test_processes_that_start_at_once_share_the_key_and_no_shard(tmp_path: Path) -> None:
    """Four that begin in an empty folder: four shards, one key; a lock ends with its process, however it ends."""
    command = [sys.executable, "-c", CLAIMING, str(tmp_path)]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.stdout.readline().split() for process in running if process.stdout]
    for process in running:
        process.kill()
        process.communicate()

    assert sorted(words[0] for words in said) == ["0.db", "1.db", "2.db", "3.db"]
    assert len({words[1] for words in said}) == 1
    assert claim(tmp_path, "a.example/x").path.name == "0.db"
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.glob(f"{KEY_FILE}*")] == [KEY_FILE]


FORKING = """
import os, sys, time
from pathlib import Path
from modelrouter.ledger.shards import claim
shard = claim(Path(sys.argv[1]), "a.example/x")
if os.fork() == 0:
    print(shard.path.name, flush=True)
    sys.stdin.read()
    os._exit(0)
time.sleep(60)
"""


def test_a_lock_ends_with_its_process_and_not_with_its_children(tmp_path: Path) -> None:
    """A forked child does not keep it when its parent is gone."""
    command = [sys.executable, "-c", FORKING, str(tmp_path)]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdin is not None
    try:
        assert parent.stdout.readline() == "0.db\n"
        other = claim(tmp_path, "a.example/x")
        assert other.path.name == "1.db"
    finally:
        parent.kill()
        parent.wait(timeout=60)
    assert claim(tmp_path, "a.example/x").path.name == "0.db"  # the child lives on: its input is still open
    parent.stdin.close()
    assert parent.stdout.read() == ""
    parent.stdout.close()


def test_the_folders_key_stays(tmp_path: Path) -> None:
    """Made once; a file that holds none is not written over, since what it signed needs it."""
    first = key_of(tmp_path / "ledger")
    assert key_of(tmp_path / "ledger").public == first.public
    assert secret_from(first.pem().decode()) is not None
    (tmp_path / "ledger" / KEY_FILE).write_text("nothing")

    with pytest.raises(LedgerError, match="holds no Ed25519 key"):
        key_of(tmp_path / "ledger")


def test_keys_are_read_as_people_pass_them_on() -> None:
    """PEM, hexadecimal and Base64, secret and public; None for what is none."""
    seed = bytes(range(32))
    first = secret_from(seed.hex())
    assert first is not None
    forms = [
        seed.hex().upper(),
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        first.pem().decode(),
        f" {seed.hex()}\n",
    ]
    assert [secret.public for secret in map(secret_from, forms) if secret] == [first.public] * 4
    assert public_from(f"ed25519:{first.public.hex()}") == first.public
    for text in ("", "00", "-----BEGIN PRIVATE KEY-----", seed.hex() + "00", "é" * 44):
        assert secret_from(text) is None
        assert public_from(text) is None


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "file").write_text("")
    for ask in (lambda path: claim(path, "a.example/x"), shards, key_of):
        with pytest.raises(LedgerError, match="file"):
            ask(tmp_path / "file" / "ledger")
    assert lock_path(Path("a") / "3.db") == Path("a") / "3.lock"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
