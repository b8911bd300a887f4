"""Contents whose time is over are destroyed beside the work, and never at its expense."""

from __future__ import annotations

import threading
import time
from datetime import date
from typing import TYPE_CHECKING, TypeVar

import structlog.testing
from ledger.writing import SECRET, START, probe

from modelrouter.ledger.contents import BODIES, KEYS, Contents, shred
from modelrouter.ledger.journal import Journal
from modelrouter.ledger.store import Store
from modelrouter.recording.shredding import Shredder
from recording.desk import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

T = TypeVar("T")

DAY_S = 86_400.0
TODAY = date(2001, 1, 1)
MANY = 1300
LARGE = 1 << 20
PORTION, WEIGHT = 500, 4 << 20
PATIENCE_S = 60.0


def wall() -> float:
    """In seconds since 1970: in 2001, when all but one of what is kept here is due."""
    return 31 * 365 * DAY_S + 10 * DAY_S


def filled(path: Path, number: int) -> None:
    """A shard with many small contents and some large ones of the first days of 1970, and one that is to be kept."""
    store = Store.open(path, f"{ORIGIN}/{number}")
    contents = Contents(bytes(32))
    for at in range(MANY):
        kept = contents.keep(f"mr_{at}", "p", "asked", b"x", wall=DAY_S * (at % 2), keep_s=0.0)
        store_into(store, kept.facts)
    for at in range(6):
        store_into(store, contents.keep(f"mr_large{at}", "q", "asked", bytes(LARGE), wall=0.0, keep_s=0.0).facts)
    store_into(store, contents.keep("mr_kept", "p", "asked", b"x", wall=0.0, keep_s=100 * 365 * DAY_S).facts)
    store.close()


def store_into(store: Store, facts: dict[str, bytes]) -> None:
    """Keep them as a journal does."""
    store.commit(store.head, (), facts)


def weight(store: Store) -> tuple[int, int]:
    """How many contents there are, and their bytes."""
    sizes = [size for _, size in store.sizes(BODIES)]
    return len(sizes), sum(sizes)


class Observed(Journal):
    """Also notes what each question took away, and writes an entry after each."""

    def __init__(self, path: Path, before: Callable[[Store], object] = lambda _: None) -> None:
        super().__init__(path, origin=f"{ORIGIN}/0", secret=SECRET, writer="test", patience_s=1000.0)
        self.took: list[tuple[int, int]] = []
        self.sizes: list[int] = []
        self.keys: list[int] = []
        self._before = before

    def ask(self, question: Callable[[Store], T]) -> Future[T]:
        """As any journal."""

        def watched(store: Store) -> T:
            self._before(store)
            before = weight(store)
            answer = question(store)
            after = weight(store)
            self.took.append((before[0] - after[0], before[1] - after[1]))
            self.sizes.append(store.head.size)
            self.keys.append(len(store.names(KEYS)))
            return answer

        future = super().ask(watched)
        self.append([probe(len(self.took))])
        return future


def test_what_is_due_goes_in_small_portions_between_entries(tmp_path: Path) -> None:
    """First the keys, then no more than 500 contents and 4 MB for each question; entries are written in between."""
    filled(tmp_path / "0.db", 0)
    journal = Observed(tmp_path / "0.db")

    assert Shredder(journal, ORIGIN, wall).look()

    assert journal.took[0] == (0, 0)
    assert journal.keys[0] == 1
    assert sum(count for count, _ in journal.took) == MANY + 6
    assert max(count for count, _ in journal.took) <= PORTION
    assert max(size for _, size in journal.took) <= WEIGHT
    assert len(set(journal.sizes)) == len(journal.sizes)
    left = journal.ask(lambda store: store.names("content")).result(PATIENCE_S)
    assert sorted(name.partition("/")[0] for name in left) == ["content", "content-key"]
    journal.close()


def test_what_was_interrupted_goes_on_at_the_next_opening(tmp_path: Path) -> None:
    """Once the keys are gone nothing can be read; what they encrypted is found without them."""
    path = tmp_path / "0.db"
    filled(path, 0)
    portions = 0
    while True:
        store = Store.open(path, f"{ORIGIN}/0")
        gone = shred(store, TODAY)
        left = store.names("content")
        store.close()
        if not gone:
            break
        portions += 1

    assert portions > MANY // PORTION
    assert sorted(name.partition("/")[0] for name in left) == ["content", "content-key"]
    assert any("mr_kept" in name for name in left)


def test_a_content_larger_than_a_portion_goes_alone(tmp_path: Path) -> None:
    """It does not hold up the rest for ever."""
    store = Store.open(tmp_path / "0.db", f"{ORIGIN}/0")
    for at in range(2):
        store_into(store, Contents(bytes(32)).keep(f"mr_{at}", "p", "asked", bytes(WEIGHT), wall=0.0, keep_s=0.0).facts)
    gone = list[int]()
    while not gone or gone[-1]:
        gone.append(shred(store, TODAY))
    left = store.names("content")
    store.close()

    assert left == []
    assert len(gone) >= 4


def test_shards_that_nobody_writes_are_emptied_as_well(tmp_path: Path) -> None:
    """To the last portion."""
    filled(tmp_path / "1.db", 1)
    journal = Observed(tmp_path / "0.db")

    assert Shredder(journal, ORIGIN, wall).look()

    journal.close()
    store = Store.open(tmp_path / "1.db", f"{ORIGIN}/1")
    left = store.names("content")
    store.close()
    assert len(left) == 2


def test_a_disk_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """`close` comes back although the question that is under way never does."""
    hangs, mended = threading.Event(), threading.Event()

    def hang(_: Store) -> None:
        hangs.set()
        mended.wait()

    journal = Observed(tmp_path / "0.db", hang)
    journal.append([probe(-1)])
    shredder = Shredder(journal, ORIGIN, time.time, patience_s=0.2)
    shredder.start()
    assert hangs.wait(PATIENCE_S)
    ending = threading.Thread(target=shredder.close, daemon=True)
    ending.start()
    ending.join(PATIENCE_S)
    came_back = not ending.is_alive()
    mended.set()
    ending.join()
    journal.close()

    assert came_back


def test_whatever_hangs_on_its_thread_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """Such as the disk of a shard that nobody writes: `close` waits for the thread for so long, and no longer."""
    hangs, mended = threading.Event(), threading.Event()

    def hang() -> float:
        hangs.set()
        mended.wait()
        return wall()

    journal = Observed(tmp_path / "0.db")
    shredder = Shredder(journal, ORIGIN, hang, patience_s=0.2)
    shredder.start()
    assert hangs.wait(PATIENCE_S)
    ending = threading.Thread(target=shredder.close, daemon=True)
    ending.start()
    ending.join(PATIENCE_S)
    came_back = not ending.is_alive()
    mended.set()
    ending.join()
    journal.close()

    assert came_back


def test_a_disk_that_hangs_ends_the_look(tmp_path: Path) -> None:
    """It says that it is not finished, so that the next one comes soon."""
    mended = threading.Event()
    journal = Observed(tmp_path / "0.db", lambda _: mended.wait())
    said: list[bool] = []
    shredder = Shredder(journal, ORIGIN, time.time, patience_s=0.2)
    looking = threading.Thread(target=lambda: said.append(shredder.look()), daemon=True)
    looking.start()
    looking.join(PATIENCE_S)
    mended.set()
    looking.join()
    journal.close()

    assert said == [False]


def test_a_mistake_is_logged_without_its_words(tmp_path: Path) -> None:
    """An error that nobody foresaw may quote anything: its kind and its way through the code are told."""
    met = threading.Event()

    def broken() -> float:
        met.set()
        raise ValueError(f"the key {START} of Mrs Quillfeather")

    shredder = Shredder(Observed(tmp_path / "0.db"), ORIGIN, broken)
    with structlog.testing.capture_logs() as lines:
        shredder.start()
        assert met.wait(PATIENCE_S)
        shredder.close()

    (line,) = lines
    assert line["error"] == "ValueError"
    assert any("shredding.py" in place for place in line["way"])
    assert "exc_info" not in line
    assert "Quillfeather" not in repr(line)
