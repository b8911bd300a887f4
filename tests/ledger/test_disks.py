from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from ledger.writing import ORIGIN, Desk, audited, probe, rows
from modelrouter.errors import LedgerError
from modelrouter.ledger.reading import opened
from modelrouter.ledger.shards import Lock, lock_path
from modelrouter.ledger.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

DISKS = Path(__file__).with_name("disks.py")
MOUNTED = [
    "unshare",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    'mount -t tmpfs -o size=3m none "$1" && exec "$2" "$3" "$4" "$1"',
]
"""A disk of three megabytes that only this process sees; no right of root is needed where the system lets users have such."""


def can_mount() -> bool:
    """Whether this system does."""
    try:
        return subprocess.run([*MOUNTED[:3], "true"], capture_output=True, timeout=10, check=False).returncode == 0
    except OSError:
        return False


def seen(what: str, folder: Path, *, mounted: bool) -> dict[str, Any]:
    """What a journal there saw."""
    before = [*MOUNTED, "sh", str(folder)] if mounted else []
    command = [*before, sys.executable, str(DISKS), what, *([] if mounted else [str(folder)])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("what", ["limited", *(["full"] if can_mount() else [])])
def test_a_disk_that_takes_no_more_holds_nobody_up(tmp_path: Path, what: str) -> None:
    """What was acknowledged is there, whoever asks is told at once, what waits stays within its bound and is written when
    the disk is well again, in order and once; what found no place is told of by a gap; alarm once, and once over.
    """  # noqa: D205 - one promise
    came = seen(what, tmp_path, mounted=what == "full")

    assert (came["missing"], came["twice"], came["interrupted"]) == (0, 0, 0)
    assert came["numbers"] == ["None"]
    assert 0 < came["waiting"] <= 500
    assert came["lost"] == 2000 - came["queued"] > 0
    assert [(gap["lost"], gap["from"] <= gap["to"]) for gap in came["gaps"]] == [(came["lost"], True)]
    assert (came["alarms"], came["later"], came["over"]) == (1, 2, True)
    assert came["after"] is not None
    assert came["kinds"] == ["gap", "probe", "end"]
    words = "is full: free some space" if what == "full" else "fails ("
    assert words in came["trouble"]
    assert came["asked"] == came["trouble"]


def test_an_older_copy_that_comes_while_the_disk_fails_is_refused(tmp_path: Path) -> None:
    """Even where no checkpoint knows better the writer does; with its own file put back it goes on."""
    came = seen("swapped", tmp_path, mounted=False)

    assert came == {"refused": None, "alarms": 2, "twice": 0, "last": 1_000_000}


def test_a_folder_that_may_not_be_written_is_told_of() -> None:
    """The alarm says so, nobody waits, and everything is written once it may be."""
    with TemporaryDirectory() as folder:  # where also those who are not root may go: pytest's own is closed to them
        came = seen("read_only", Path(folder), mounted=False)

    assert came["numbers"] == [None, None]
    assert "cannot be written" in came["trouble"]
    assert (came["alarms"], came["probes"]) == (2, [1, 2, 3])


def test_a_folder_that_cannot_be_one_is_told_of_and_mended(tmp_path: Path) -> None:
    """Whatever stands in the way is named by the alarm; when it is gone, the writer goes on by itself."""
    (tmp_path / "ledger").write_text("a file where the folder should be")
    desk = Desk(tmp_path / "ledger" / "0.db")

    assert desk.write(probe(1)) is None
    assert str(tmp_path / "ledger") in str(desk.alarms[0])
    (tmp_path / "ledger").unlink()
    desk.until(2)
    desk.journal.close()

    assert [each.kind for each in rows(tmp_path / "ledger" / "0.db")] == ["begin", "probe", "end"]


def test_a_disk_that_does_not_answer_holds_nobody_up(tmp_path: Path) -> None:
    """Whoever waits is told after a while, whoever comes then at once; when it answers, everything is written, once."""
    desk = Desk(tmp_path / "0.db", patience_s=0.2)
    assert desk.write(probe(1)) == 1
    answers = Event()
    desk.journal.ask(lambda _: answers.wait(60))  # nothing comes back to the writer, as from a disk that hangs
    later = desk.journal.ask(lambda store: store.size)

    assert desk.write(probe(2)) is None
    assert desk.write(probe(3)) is None
    assert [str(each).partition(":")[0] for each in desk.alarms] == [
        f"the disk under {tmp_path / '0.db'} does not answer"
    ]
    assert isinstance(later.exception(60), LedgerError)
    answers.set()
    desk.until(2)
    assert desk.alarms[1:] == [None]
    assert desk.write(probe(4)) == 4
    desk.journal.close()

    assert [each.values["n"] for each in rows(tmp_path / "0.db") if each.kind == "probe"] == [1, 2, 3, 4]
    audited(tmp_path / "0.db", desk.notes)


def test_large_contents_take_no_more_memory_than_their_bound(tmp_path: Path) -> None:
    """What is kept beside entries may be large: beyond 64 MB of it a gap tells, however few the drafts are."""
    lock = Lock.taken(lock_path(tmp_path / "0.db"))
    assert lock is not None
    desk = Desk(tmp_path / "0.db")
    assert desk.write(probe(0)) is None
    for number in range(100):
        desk.journal.append([probe(number + 1)], None, {f"content {number}": bytes(1 << 20)})
    assert (desk.journal.waiting, desk.journal.lost) == (65, 36)
    lock.release()
    desk.until(2)
    assert len(desk.journal.ask(lambda store: store.names("content ")).result(60)) == 64
    assert desk.write(probe(1)) is not None
    assert desk.journal.waiting == 0
    desk.journal.append([probe(2)], None, {"larger than all": bytes(65 << 20)})
    assert desk.journal.ask(lambda store: len(store.get("larger than all") or b"")).result(60) == 65 << 20
    desk.journal.close()


def test_two_writers_are_refused(tmp_path: Path) -> None:
    """The second is told who holds the file, and goes on when that is over, behind what the first wrote."""
    first, second = Desk(tmp_path / "0.db"), Desk(tmp_path / "0.db")
    assert first.write(probe(1)) == 1

    assert second.write(probe(2)) is None
    assert "is being written by process" in str(second.alarms[0])
    assert first.write(probe(3)) == 2
    first.journal.close()
    second.until(2)
    second.journal.close()

    assert [each.values["n"] for each in rows(tmp_path / "0.db") if each.kind == "probe"] == [1, 3, 2]
    audited(tmp_path / "0.db", [*first.notes, *second.notes])


def test_a_foreign_program_that_holds_the_file_is_told_of(tmp_path: Path) -> None:
    """A database shell with an open transaction keeps the writer away, and not for longer than it lasts."""
    first = Desk(tmp_path / "0.db")
    first.write(probe(1))
    first.journal.close()
    shell = sqlite3.connect(tmp_path / "0.db", isolation_level=None)
    shell.execute("BEGIN EXCLUSIVE")

    desk = Desk(tmp_path / "0.db")
    assert desk.write(probe(2)) is None
    assert "is being written by another process" in str(desk.alarms[0])
    shell.close()
    desk.until(2)
    desk.journal.close()

    assert audited(tmp_path / "0.db", desk.notes).size == 6


def made(folder: Path, entries: int = 300) -> Path:
    """A ledger that was closed in order."""
    desk = Desk(folder / "0.db")
    desk.journal.append([probe(number, text="x" * 300) for number in range(entries)])
    desk.journal.close()
    return folder / "0.db"


def cut(path: Path, size: int) -> None:
    """Only so much of a file is left."""
    path.write_bytes(path.read_bytes()[:size])


def overwritten(path: Path, place: int, data: bytes) -> None:
    """Bytes of a file are others."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(data)


def edited(path: Path, statement: str) -> None:
    """Somebody was at it with a database shell."""
    shell = sqlite3.connect(path, isolation_level=None)
    shell.execute(statement)
    shell.close()


LAST = "(SELECT max(number) FROM entries)"
HARMS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no header": (lambda path: overwritten(path, 0, bytes(100)), "damaged"),
    "half a header": (lambda path: cut(path, 50), "damaged"),
    "half a file": (lambda path: cut(path, path.stat().st_size // 8192 * 4096), "damaged"),
    "a page": (lambda path: overwritten(path, path.stat().st_size // 8192 * 4096, b"\xff" * 12), "damaged"),
    "the last entry gone": (
        lambda path: edited(path, f"DELETE FROM entries WHERE number = {LAST}"),
        "its head speaks of 302 entries, and the last is 300",
    ),
    "the last entry changed": (
        lambda path: edited(path, f"UPDATE entries SET raw = zeroblob(9) WHERE number = {LAST}"),
        "entry 301 is not the one",
    ),
    "the last leaf changed": (
        lambda path: edited(path, f"UPDATE entries SET leaf = zeroblob(32) WHERE number = {LAST}"),
        "entry 301 is not the one",
    ),
    "the tree changed": (lambda path: edited(path, "UPDATE hashes SET hash = zeroblob(32)"), "its tree is not the one"),
    "the tree gone": (lambda path: edited(path, "DELETE FROM hashes"), "hashes of its tree are missing"),
    "no head's form": (lambda path: edited(path, "UPDATE facts SET value = 'x' WHERE name = 'head'"), "damaged"),
    "no head": (lambda path: edited(path, "DELETE FROM facts WHERE name = 'head'"), "its head speaks of 0 entries"),
    "another release's": (lambda path: edited(path, "PRAGMA user_version = 9"), "tables of version 9"),
    "another program's": (lambda path: edited(path, "PRAGMA application_id = 9"), "database of another program"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_file_is_not_written_on(tmp_path: Path, harm: str) -> None:
    """The alarm names what is wrong, nothing is acknowledged; with the right file put back the writer goes on."""
    path = made(tmp_path)
    whole = path.read_bytes()
    spoil, word = HARMS[harm]
    spoil(path)
    damaged = path.read_bytes()
    with pytest.raises(LedgerError, match=word):
        Store.open(path, ORIGIN)

    desk = Desk(path)
    assert desk.write(probe(1)) is None
    assert len(desk.alarms) == 1
    assert path.read_bytes() == damaged
    path.write_bytes(whole)
    Path(f"{path}-wal").unlink(missing_ok=True)
    desk.until(2)
    desk.journal.close()
    assert audited(path, desk.notes).size == 305


def test_an_older_copy_is_not_signed(tmp_path: Path) -> None:
    """A database that was set back to a backup is refused, when the writer starts: its numbers were given away already."""
    path = made(tmp_path)
    backup = path.read_bytes()
    desk = Desk(path)
    desk.write(probe(1))
    desk.journal.close()
    newest = path.read_bytes()
    path.write_bytes(backup)

    late = Desk(path)
    assert late.write(probe(2)) is None
    assert "was set back: it has 302 entries, and 305 were signed" in str(late.alarms[0])
    assert late.notes == []
    path.write_bytes(newest)
    late.until(2)
    late.journal.close()
    audited(path, [*desk.notes, *late.notes])


def test_another_history_is_not_signed(tmp_path: Path) -> None:
    """A ledger as long as the right one, which is not it, is refused."""
    path = made(tmp_path / "one")
    other = made(tmp_path / "two", 400)
    shutil.copy(other, path)

    desk = Desk(path)
    assert desk.write(probe(1)) is None
    assert "is another one than what was signed at 302 entries" in str(desk.alarms[0])
    desk.journal.close()
    assert desk.notes == []


def test_a_flood_in_trouble_takes_no_more_memory_than_the_bound(tmp_path: Path) -> None:
    """Twenty thousand drafts beyond the bound leave a gap, and not a megabyte."""
    lock = Lock.taken(lock_path(tmp_path / "0.db"))
    assert lock is not None
    desk = Desk(tmp_path / "0.db", bound=1000)
    assert desk.write(*(probe(number) for number in range(1000))) is None
    desk.until(1)
    tracemalloc.start()
    for number in range(20_000):
        desk.journal.append([probe(number)])
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert (desk.journal.waiting, desk.journal.lost, len(desk.alarms)) == (1000, 20_000, 1)
    assert grown < 1_000_000
    lock.release()
    desk.until(2)
    desk.journal.close()
    gaps = [each.values for each in rows(tmp_path / "0.db") if each.kind == "gap"]
    assert [(each["lost"], "is being written" in each["why"]) for each in gaps] == [(20_000, True)]


def test_closing_in_trouble_gives_up_and_counts(tmp_path: Path) -> None:
    """It tries once more, and then tells how much was lost."""
    with opened(made(tmp_path)) as reader:
        size = reader.size
    lock = Lock.taken(lock_path(tmp_path / "0.db"))
    desk = Desk(tmp_path / "0.db")
    assert desk.write(probe(1), probe(2)) is None
    desk.journal.close()

    assert lock is not None
    assert (desk.journal.lost, desk.journal.waiting) == (2, 0)
    assert len(rows(tmp_path / "0.db")) == size
