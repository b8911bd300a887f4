from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.writing import KEY, ORIGIN, Desk, audited, probe, rows
from modelrouter.ledger import chain
from modelrouter.ledger.reading import opened
from modelrouter.ledger.store import Store

KILLING = Path(__file__).with_name("killing.py")


def kill(folder: Path, *options: str) -> dict[str, Any]:
    """What came of killing writers there."""
    done = subprocess.run(
        [sys.executable, KILLING, folder, *options], capture_output=True, text=True, timeout=540, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_acknowledged_survives_every_kill(tmp_path: Path, seed: int) -> None:
    """Of 100 writers that are killed while they open, write, sign, close: acknowledged and lost none, no number and no
    draft twice, and everything verifies against every checkpoint that was handed out.
    """  # noqa: D205 - one promise
    came = kill(tmp_path, "--kills", "100", "--seed", str(seed))

    assert (came["kills"], came["lost"], came["twice"]) == (100, 0, 0)
    assert came["acknowledged"] >= 1000
    assert came["interrupted"] >= 10
    assert came["notes"] >= 20


def test_who_acknowledges_too_early_is_noticed(tmp_path: Path) -> None:
    """The same kills find what is lost by a writer that does not wait for the disk."""
    assert kill(tmp_path, "--kills", "25", "--early")["lost"] >= 1


def recorded(folder: Path) -> tuple[Path, list[tuple[int, int]]]:
    """A shard whose log was never moved into the file, and after each commit: the log's length, and how many entries."""
    path = folder / "recorded" / "0.db"
    store = Store.open(path, ORIGIN)
    log = Path(f"{path}-wal")
    commits = []
    chance = random.Random(0)
    head, made = chain.append(store.head, [chain.begin(store.head, 0, "writer", KEY)], chance.randbytes)
    store.commit(head, made)
    for number in range(60):
        commits.append((log.stat().st_size, store.head.size))
        drafts = [probe(number, text="x" * chance.randrange(9000)) for _ in range(chance.randrange(1, 30))]
        head, made = chain.append(store.head, drafts, chance.randbytes)
        store.commit(head, made)
    commits.append((log.stat().st_size, store.head.size))
    kept = folder / "kept" / "0.db"
    kept.parent.mkdir()
    shutil.copy(path, kept)
    shutil.copy(log, f"{kept}-wal")
    store.close()
    return kept, commits


def test_a_power_cut_leaves_all_that_was_flushed(tmp_path: Path) -> None:
    """Cut at any byte, and with noise behind the cut, the log recovers every commit that was whole, none in part."""
    path, commits = recorded(tmp_path)
    log = Path(f"{path}-wal").read_bytes()
    chance = random.Random(1)
    ends = [length for length, _ in commits]
    places = [*(chance.randrange(ends[0], len(log)) for _ in range(80)), *ends[::6], *(end - 1 for end in ends[1::6])]
    for turn, place in enumerate(places):
        bench = tmp_path / "cut" / "0.db"
        bench.parent.mkdir(exist_ok=True)
        shutil.copy(path, bench)
        noise = chance.randbytes(len(log) - place) if turn % 2 else b""
        Path(f"{bench}-wal").write_bytes(log[:place] + noise)
        store = Store.open(bench, ORIGIN)
        whole = max(size for length, size in commits if length <= place)
        assert store.head.size == store.size == whole
        store.close()
    with opened(path) as reader:
        assert reader.size == commits[-1][1]


def test_after_a_power_cut_the_writer_goes_on(tmp_path: Path) -> None:
    """The next writer tells of the interruption, and takes the numbers that nobody was told."""
    path, commits = recorded(tmp_path)
    log = Path(f"{path}-wal")
    length, size = commits[30]
    log.write_bytes(log.read_bytes()[: length + 100])
    desk = Desk(path)

    assert desk.write(probe(1)) == size + 1
    desk.journal.close()

    assert rows(path)[size].values["before"] == "interruption"
    audited(path, desk.notes)
    assert desk.alarms == []
