"""Kills a small writer at random moments, and counts what was lost: `python tests/ledger/killing.py FOLDER --kills 300`.

Each writer is forked from this process, which has everything loaded and no thread, so that a kill costs a few hundredths of a
second. It tells by a pipe what was acknowledged and what was signed; a pipe keeps what a killed process wrote.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from ledger.writing import ORIGIN, SECRET, audited, rows
from modelrouter.errors import LedgerError
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import Draft, Kind, read_fields
from modelrouter.ledger.journal import Journal
from modelrouter.ledger.note import Note
from modelrouter.ledger.signing import head_path
from modelrouter.ledger.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable

LIVES = 25
"""Writers that are killed over one ledger."""
OPENING_S = 0.03
WRITING_S = 0.04
"""The longest that is waited before a kill: from the start, which is while the file is opened, or from the first word."""

SOMEWHERE = -1
"""In place of a number that nobody can know yet."""


class Told(NamedTuple):
    """What a writer said before it was killed."""

    kept: dict[int, int]
    """Of each draft that was acknowledged, the number of its entry."""
    notes: list[Note]


def write(path: Path, life: int, say: Callable[[str], object], *, honest: bool) -> None:
    """Write for ever, stopping in order and beginning again from time to time."""
    random = Random(life)
    draft = life * 1_000_000
    while True:
        flying = BoundedSemaphore(200)
        journal = Journal(
            path, origin=ORIGIN, secret=SECRET, writer=f"{life}", checkpoint_entries=20,
            on_checkpoint=lambda note: say(f"note {str(note).encode().hex()}\n"),
        )  # fmt: skip

        def produce(first: int, count: int, journal: Journal = journal, flying: BoundedSemaphore = flying) -> None:
            for number in range(first, first + count):
                flying.acquire()

                def kept(at: int | None, number: int = number) -> None:
                    flying.release()
                    if at is not None and honest:
                        say(f"kept {number} {at}\n")

                journal.append([Draft(Kind.PROBE, 0, {"draft": number})], kept)
                if not honest:  # a writer that acknowledges what is not durable yet: the test must notice
                    say(f"kept {number} {SOMEWHERE}\n")

        counts = [random.randrange(1, 400) for _ in range(random.choice((1, 1, 3)))]
        threads = []
        for count in counts:
            threads.append(Thread(target=produce, args=(draft, count)))
            draft += count
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        journal.close()


def killed(path: Path, life: int, random: Random, *, honest: bool) -> Told:
    """One writer's life, and what it told."""
    there, here = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(there)
        write(path, life, lambda text: os.write(here, text.encode()), honest=honest)
        os._exit(1)
    os.close(here)
    if random.random() < 0.3:
        time.sleep(random.uniform(0, OPENING_S))
    else:
        select.select([there], [], [], 60)
        time.sleep(random.uniform(0, WRITING_S))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(there, "rb") as pipe:
        lines = pipe.read().split(b"\n")[:-1]
    words = [line.decode().split(" ") for line in lines]
    return Told(
        {int(word[1]): int(word[2]) for word in words if word[0] == "kept"},
        [Note.read(bytes.fromhex(word[1]).decode()) for word in words if word[0] == "note"],
    )


def left(path: Path, folder: Path) -> tuple[Tables, sqlite3.Connection]:
    """A copy of what the killed writer left, so that the next one finds it as it was."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for each in path.parent.glob(f"{path.name}*"):
        shutil.copyfile(each, folder / each.name)
    connection = sqlite3.connect(folder / path.name)
    return Tables(connection, path), connection


def lost(path: Path, told: Told, since: int) -> tuple[int, int]:
    """How many acknowledged drafts do not stand where they were said to, among the entries from `since` on; their end."""
    if not path.exists():
        return len(told.kept), since
    tables, connection = left(path, path.parent / "left")
    try:
        there = {read_fields(each.fields).get("draft"): each.number for each in tables.rows(since)}
        size = tables.size
    except LedgerError:  # not even its tables were made
        return len(told.kept), since
    finally:
        connection.close()
    numbers = {field.value: number for field, number in there.items() if field is not None}
    return sum(numbers.get(draft, -1) != at for draft, at in told.kept.items() if at != SOMEWHERE) + sum(
        draft not in numbers for draft, at in told.kept.items() if at == SOMEWHERE
    ), size


def run(folder: Path, kills: int, seed: int, *, honest: bool = True) -> dict[str, Any]:
    """So many kills, a new ledger after each `LIVES`; what came of them. What does not verify raises AssertionError."""
    random, sums = Random(seed), Counter[str]()
    for first in range(0, kills, LIVES):
        path = folder / f"{first}" / "0.db"
        path.parent.mkdir(parents=True)
        notes: list[Note] = []
        size = 0
        for life in range(first, min(first + LIVES, kills)):
            told = killed(path, life, random, honest=honest)
            notes += told.notes
            sums["kills"] += 1
            sums["acknowledged"] += len(told.kept)
            missing, size = lost(path, told, size)
            sums["lost"] += missing
            sums["idle"] += not told.kept
        closing = Journal(path, origin=ORIGIN, secret=SECRET, writer="last", on_checkpoint=notes.append)
        closing.append([Draft(Kind.PROBE, 0, {"draft": -1})])
        closing.close()
        audit = audited(path, notes)
        found = rows(path)
        drafts = Counter(each.values["draft"] for each in found if each.kind == "probe")
        assert [each.number for each in found] == list(range(len(found)))
        assert Checkpoint.read(Note.read(head_path(path).read_text()).text).size == len(found) == audit.signed
        sums["twice"] += sum(count > 1 for count in drafts.values())
        sums["entries"] += audit.size
        sums["interrupted"] += audit.interrupted
        sums["notes"] += len(notes)
    return dict(sums)


def main() -> None:
    """Answer the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--early", action="store_true", help="acknowledge before anything is durable")
    ask = parser.parse_args()
    sys.stdout.write(json.dumps(run(ask.folder, ask.kills, ask.seed, honest=not ask.early)))


if __name__ == "__main__":
    main()
