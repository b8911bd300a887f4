from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from ledger.writing import KEY, ORIGIN, PATIENCE_S, SECRET, Desk, audited, probe, rows
from modelrouter.errors import LedgerError
from modelrouter.ledger import chain, checkpoint, merkle
from modelrouter.ledger.checkpoint import Checkpoint, Keys
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind
from modelrouter.ledger.note import VerifierKey
from modelrouter.ledger.proof import Proof, proves
from modelrouter.ledger.reading import opened
from modelrouter.ledger.signing import head_path
from modelrouter.ledger.store import Store


def test_entries_are_numbered_as_they_are_acknowledged(tmp_path: Path) -> None:
    """`kept` hears the number under which the last of the drafts stands; before the first entry stands the begin."""
    desk = Desk(tmp_path / "0.db")

    assert desk.write(probe(1)) == 1
    assert desk.write(probe(2), probe(3)) == 3
    desk.journal.close()

    found = rows(tmp_path / "0.db")
    assert [each.kind for each in found] == ["begin", "probe", "probe", "probe", "end"]
    assert [each.values["n"] for each in found[1:4]] == [1, 2, 3]
    assert found[0].values == {"before": "nothing", "key": KEY, "origin": ORIGIN, "size": 0, "writer": "test"}
    assert audited(tmp_path / "0.db", desk.notes).signed == 5


def test_nothing_is_opened_before_there_is_something_to_write(tmp_path: Path) -> None:
    """A journal that is never written to leaves no file; one that was only asked has no entry."""
    desk = Desk(tmp_path / "unused" / "0.db")
    desk.journal.close()
    assert list(tmp_path.iterdir()) == []

    desk = Desk(tmp_path / "asked" / "0.db")
    assert desk.journal.ask(lambda store: store.head.size).result(PATIENCE_S) == 0
    desk.journal.close()
    with opened(tmp_path / "asked" / "0.db") as reader:
        assert reader.size == 0


def test_many_threads_write_at_once(tmp_path: Path) -> None:
    """Every draft of every thread becomes exactly one entry, in the order of its thread, under the number it was told."""
    desk = Desk(tmp_path / "0.db", checkpoint_entries=100)
    told: dict[tuple[int, int], int | None] = {}
    start = Barrier(8)

    def produce(thread: int) -> None:
        start.wait()
        for number in range(100):
            key = (thread, number)
            draft = Draft(Kind.PROBE, 0, {"thread": thread, "n": number})
            desk.journal.append([draft], partial(told.__setitem__, key))

    threads = [Thread(target=produce, args=[number]) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    desk.journal.close()

    found = {
        each.number: (each.values["thread"], each.values["n"])
        for each in rows(tmp_path / "0.db")
        if each.kind == "probe"
    }
    assert len(found) == len(told) == 800
    assert {number: key for key, number in told.items()} == found
    for thread in range(8):
        numbers = [told[thread, number] for number in range(100)]
        assert None not in numbers
        assert numbers == sorted(numbers, key=int)  # type: ignore[arg-type] # none is None
    audited(tmp_path / "0.db", desk.notes)


def test_a_question_is_answered_in_its_turn(tmp_path: Path) -> None:
    """It sees everything that was appended before it and nothing that was after, even before the first entry."""
    desk = Desk(tmp_path / "0.db")
    sizes = [desk.journal.ask(lambda store: store.head.size)]
    for number in range(3):
        desk.journal.append([probe(number)])
        sizes.append(desk.journal.ask(lambda store: store.head.size))

    assert [each.result(PATIENCE_S) for each in sizes] == [0, 2, 3, 4]
    assert (
        desk.journal.ask(lambda store: 1 // (store.head.size - 4)).exception(PATIENCE_S).__class__ is ZeroDivisionError
    )
    assert desk.write(probe(9)) == 4
    desk.journal.close()


def test_a_question_that_was_taken_back_is_not_asked(tmp_path: Path) -> None:
    """A future that was cancelled before its turn runs nothing."""
    desk = Desk(tmp_path / "0.db")
    go, asked = Event(), list[int]()
    desk.journal.ask(lambda _: go.wait(PATIENCE_S))
    future = desk.journal.ask(lambda _: asked.append(1))
    assert future.cancel()
    go.set()
    desk.journal.close()

    assert asked == []
    with pytest.raises(CancelledError):
        future.result()


def test_a_writer_says_how_the_one_before_stopped(tmp_path: Path) -> None:
    """`end` behind one that closed; `interruption` behind one that did not."""
    for _ in range(2):
        desk = Desk(tmp_path / "0.db")
        desk.write(probe(1))
        desk.journal.close()
    store = Store.open(tmp_path / "0.db", ORIGIN)
    head, made = chain.append(store.head, [chain.begin(store.head, store.head.time, "dies", KEY)], os.urandom)
    store.commit(head, made)
    store.close()
    desk = Desk(tmp_path / "0.db")
    desk.write(probe(1))
    desk.journal.close()

    before = [each.values["before"] for each in rows(tmp_path / "0.db") if each.kind == "begin"]
    assert before == ["nothing", "end", "end", "interruption"]
    assert audited(tmp_path / "0.db", desk.notes).interrupted == 1


def test_checkpoints_come_by_number(tmp_path: Path) -> None:
    """Each covers what is before it, is kept in the ledger, in the database and beside it, and is signed."""
    desk = Desk(tmp_path / "0.db", checkpoint_entries=10, facts=lambda: {"open": b"7"})
    for number in range(25):
        desk.write(probe(number))
    desk.journal.close()

    notes = [each for each in rows(tmp_path / "0.db") if each.kind == "checkpoint"]
    assert len(notes) == 2
    assert [Checkpoint.read(note.text).size for note in desk.notes] == [notes[0].number, notes[1].number, 29]
    assert [each.values["note"] for each in notes] == [str(note) for note in desk.notes[:2]]
    keys = Keys.first(VerifierKey.read(KEY))
    assert [keys.verify(note)[0].origin for note in desk.notes] == [ORIGIN] * 3
    assert head_path(tmp_path / "0.db").read_text() == str(desk.notes[2])
    with opened(tmp_path / "0.db") as reader:
        assert reader.get("checkpoint") == str(desk.notes[2]).encode()
        assert reader.get("open") == b"7"
    audited(tmp_path / "0.db", desk.notes)


def test_checkpoints_come_by_time_and_only_where_something_happened(tmp_path: Path) -> None:
    """An idle ledger gets one checkpoint, and none behind that."""
    desk = Desk(tmp_path / "0.db", checkpoint_s=0.05)
    desk.write(probe(1))
    while not desk.notes:
        time.sleep(0.01)
    time.sleep(0.3)
    assert len(desk.notes) == 1
    desk.write(probe(2))
    while len(desk.notes) < 2:
        time.sleep(0.01)
    desk.journal.close()

    assert [each.kind for each in rows(tmp_path / "0.db")] == [
        "begin",
        "probe",
        "checkpoint",
        "probe",
        "checkpoint",
        "end",
    ]
    audited(tmp_path / "0.db", desk.notes)


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    """The chain stands all the same."""
    desk = Desk(tmp_path / "0.db", secret=None, checkpoint_entries=1)
    desk.write(probe(1))
    desk.write(probe(2))
    desk.journal.close()

    assert desk.notes == []
    assert not head_path(tmp_path / "0.db").exists()
    assert audited(tmp_path / "0.db", key=None).size == 4


def test_an_entry_is_proven_by_the_last_checkpoint(tmp_path: Path) -> None:
    """Across the edges of tiles too, and as the merkle tree itself says."""
    desk = Desk(tmp_path / "0.db")
    desk.journal.append([probe(number) for number in range(700)])
    desk.journal.close()
    keys = Keys.first(VerifierKey.read(KEY))

    with opened(tmp_path / "0.db") as reader:
        for number in (0, 1, 255, 256, 511, 512, 700, 701):
            hashes = merkle.inclusion_proof(number, reader.size, reader.nodes())
            proof = Proof(number, hashes, desk.notes[-1])
            assert proves(proof, next(reader.rows(number, number)).raw, keys)


def test_drafts_of_which_no_entry_can_be_made_are_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A gap says so in their place; those before and behind are written, and nobody waits."""
    desk = Desk(tmp_path / "0.db")
    numbers: list[int | None] = []
    go = Event()
    desk.journal.ask(lambda _: go.wait(PATIENCE_S))  # so that all three are written together
    desk.journal.append([probe(1)], numbers.append)
    desk.journal.append([probe(2), Draft(Kind.PROBE, 0, {"n": object()})], numbers.append)
    desk.journal.append([probe(3)], numbers.append)
    go.set()
    desk.journal.close()

    assert numbers == [None, 1, 3]
    assert desk.journal.lost == 2
    found = rows(tmp_path / "0.db")
    assert [each.kind for each in found] == ["begin", "probe", "gap", "probe", "end"]
    assert (found[2].values["lost"], "object has no form in JSON" in found[2].values["why"]) == (2, True)
    assert "no entry can be made" in caplog.text
    audited(tmp_path / "0.db", desk.notes)


def test_callbacks_that_fail_hurt_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What `kept` or `facts` raise is logged, and the journal goes on."""

    def fail(*_: Any) -> Any:
        raise RuntimeError("of its own")

    desk = Desk(tmp_path / "0.db", checkpoint_entries=1, facts=fail)
    desk.journal.append([probe(1)], fail)
    assert desk.write(probe(2)) is not None
    assert desk.write(probe(3)) is not None
    desk.journal.close()

    assert caplog.text.count("RuntimeError at ledger/") >= 2
    assert desk.alarms == []
    audited(tmp_path / "0.db", desk.notes)


def test_after_closing_nothing_is_promised(tmp_path: Path) -> None:
    """`kept` hears None at once, questions fail, and closing again does no harm."""
    desk = Desk(tmp_path / "0.db")
    desk.write(probe(1))
    desk.journal.close()
    desk.journal.close()

    assert desk.write(probe(2)) is None
    assert isinstance(desk.journal.ask(lambda store: store.head).exception(), LedgerError)
    assert (desk.journal.lost, desk.journal.waiting) == (1, 0)
    assert len(rows(tmp_path / "0.db")) == 3


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_writes_nothing(tmp_path: Path) -> None:
    """It is told None, its questions fail, and when it ends it takes neither the file nor the lock from its parent."""
    desk = Desk(tmp_path / "0.db")
    assert desk.write(probe(1)) == 1
    child = os.fork()
    if child == 0:
        told: list[int | None] = []
        failed = None
        try:
            desk.journal.append([probe(2)], told.append)
            failed = desk.journal.ask(lambda store: store.head).exception(1)
            desk.journal.close()
        finally:
            os._exit(0 if told == [None] and isinstance(failed, LedgerError) else 1)
    assert os.waitpid(child, 0)[1] == 0
    with pytest.raises(LedgerError, match=f"written by process {os.getpid()}"):
        Store.open(tmp_path / "0.db", ORIGIN)
    assert desk.write(probe(3)) == 2
    desk.journal.close()
    audited(tmp_path / "0.db", desk.notes)


FORKING = """
import os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from ledger.writing import Desk, probe
desk = Desk(Path({path!r}))
assert desk.write(probe(1)) == 1
child = os.fork()
if child == 0:
    sys.exit(0)  # tears down everything that it has inherited
os.waitpid(child, 0)
assert Path({path!r} + "-wal").stat().st_size
for number in range(2, 50):
    assert desk.write(probe(number)) == number
desk.journal.close()
"""


def test_a_forked_child_that_is_torn_down_leaves_the_file_alone(tmp_path: Path) -> None:
    """What the parent writes afterwards is durable in the file that bears the name."""
    path = tmp_path / "0.db"
    script = FORKING.format(tests=str(Path(__file__).parents[1]), path=str(path))
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)

    assert audited(path, key=None).size == 51


def test_another_key_needs_a_rotation(tmp_path: Path) -> None:
    """A writer with a key that was not handed over to signs nothing and writes nothing: it would spoil the ledger."""
    desk = Desk(tmp_path / "0.db")
    desk.write(probe(1))
    desk.journal.close()
    other = Desk(tmp_path / "0.db", secret=Secret(b"other" * 6 + b"!!"))

    assert other.write(probe(2)) is None
    other.journal.close()

    assert ["another key" in str(each) for each in other.alarms] == [True]
    assert len(rows(tmp_path / "0.db")) == 3
    assert audited(tmp_path / "0.db", desk.notes).signed == 3


def test_the_key_that_was_handed_over_to_goes_on(tmp_path: Path) -> None:
    """After a rotation the new key signs, and the old one no longer may."""
    new = Secret(b"n" * 32)
    desk = Desk(tmp_path / "0.db")
    desk.write(probe(1))
    desk.journal.close()
    store = Store.open(tmp_path / "0.db", ORIGIN)
    head, made = chain.append(store.head, [chain.begin(store.head, store.head.time, "operator", KEY)], os.urandom)
    store.commit(head, made)
    head, made = chain.append(head, [checkpoint.rotation(head, head.time, SECRET, new)], os.urandom)
    store.commit(head, made)
    store.close()

    after = Desk(tmp_path / "0.db", secret=new)
    assert after.write(probe(2)) is not None
    after.journal.close()
    old = Desk(tmp_path / "0.db")
    assert old.write(probe(3)) is None
    old.journal.close()
    audited(tmp_path / "0.db", [*desk.notes, *after.notes])
