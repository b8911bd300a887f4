"""A journal on a disk that is full, fails or may not be written: `python tests/ledger/disks.py WHAT FOLDER`.

Run in a process of its own, since limits and mounts are a process's. Prints as JSON what was seen.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from ledger.writing import Desk, audited, probe, rows

if TYPE_CHECKING:
    from collections.abc import Callable

BOUND = 500
FLOOD = 2000
NOBODY = 65534


def until_none(desk: Desk) -> int:
    """Write until nothing more is acknowledged; how many were."""
    for number in range(100_000):
        if desk.write(probe(number, text="x" * 2000)) is None:
            return number
    raise AssertionError("nothing ever failed")


def through(folder: Path, spoil: Callable[[], None], mend: Callable[[], None]) -> dict[str, object]:
    """Write, spoil the disk, write more than may wait, mend it, and tell what became of everything."""
    desk = Desk(folder / "0.db", bound=BOUND, checkpoint_entries=50)
    for number in range(-20, 0):
        desk.write(probe(number))
    spoil()
    kept = range(-20, until_none(desk))
    desk.until(1)
    numbers: list[int | None] = []
    begin = time.process_time()
    for number in range(FLOOD):
        desk.journal.append([probe(100_000 + number)], numbers.append)
        assert len(numbers) == number + 1  # told before `append` came back
    spent = time.process_time() - begin
    waiting, lost, trouble = desk.journal.waiting, desk.journal.lost, str(desk.journal.trouble)
    asked = str(desk.journal.ask(lambda store: store.size).exception(10))
    alarms = len(desk.alarms)
    mend()
    desk.until(2)
    assert desk.journal.trouble is None
    after = desk.write(probe(1_000_000))
    desk.journal.close()
    found = rows(folder / "0.db")
    audit = audited(folder / "0.db", desk.notes)
    probes = [each.values["n"] for each in found if each.kind == "probe"]
    gaps = [each.values for each in found if each.kind == "gap"]
    return {
        "kept": len(kept), "numbers": sorted(set(map(str, numbers))), "waiting": waiting, "lost": lost, "trouble": trouble,
        "asked": asked, "alarms": alarms, "later": len(desk.alarms), "over": desk.alarms[-1] is None, "after": after,
        "missing": len(set(kept) - set(probes)), "twice": len(probes) - len(set(probes)),
        "queued": sum(100_000 <= n < 1_000_000 for n in probes), "gaps": gaps, "spent": spent,
        "interrupted": audit.interrupted, "kinds": [each.kind for each in found if each.kind != "checkpoint"][-3:],
    }  # fmt: skip


def limited(folder: Path) -> dict[str, object]:
    """No file may grow any more: writes fail as they do on a broken disk."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    log = folder / "0.db-wal"
    return through(
        folder,
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 50_000, hard)),
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)),
    )


def full(folder: Path) -> dict[str, object]:
    """Something else has filled the disk, which is mounted there, and is removed again."""
    ballast = folder / "ballast"

    def fill() -> None:
        room = os.statvfs(folder)
        ballast.write_bytes(b"x" * (room.f_bavail * room.f_frsize - 50_000))

    return through(folder, fill, ballast.unlink)


def between_tries(desk: Desk) -> None:
    """Wait until the writer has just tried in vain, and pauses."""
    trouble = desk.journal.trouble
    until = time.monotonic() + 60
    while desk.journal.trouble is trouble and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(0.03)


def swapped(folder: Path) -> dict[str, object]:
    """While the disk fails somebody puts an older copy in the file's place, of before the first checkpoint."""
    desk = Desk(folder / "0.db")
    names = ("0.db", "0.db-wal")
    desk.write(probe(-20))
    old = {name: (folder / name).read_bytes() for name in names}
    for number in range(-19, 0):
        desk.write(probe(number))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limit[1]))
    until_none(desk)
    desk.until(1)
    between_tries(desk)
    new = {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    for name in names:
        (folder / f"{name}.old").write_bytes(old[name])
        (folder / f"{name}.old").rename(folder / name)
    between_tries(desk)
    assert "another file than the one that was written before" in str(desk.journal.trouble)
    refused = desk.write(probe(1_000_000))
    between_tries(desk)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    for name, data in new.items():
        (folder / f"{name}.new").write_bytes(data)
        (folder / f"{name}.new").rename(folder / name)
    desk.until(2)
    desk.journal.close()
    audited(folder / "0.db", desk.notes)
    probes = [each.values["n"] for each in rows(folder / "0.db") if each.kind == "probe"]
    return {"refused": refused, "alarms": len(desk.alarms), "twice": len(probes) - len(set(probes)), "last": probes[-1]}


def read_only(folder: Path) -> dict[str, object]:
    """The folder may not be written when the writer comes, and may be later."""
    os.chdir(folder)
    if os.geteuid() == 0:  # root may write everywhere
        os.chown(".", NOBODY, NOBODY)
        os.setuid(NOBODY)
    path = Path("ledger") / "0.db"
    first = Desk(path)
    first.write(probe(1))
    first.journal.close()
    for each in path.parent.iterdir():
        each.chmod(0o444)
    path.parent.chmod(0o555)
    desk = Desk(path)
    numbers = [desk.write(probe(2)), desk.write(probe(3))]
    desk.until(1)
    trouble = str(desk.journal.trouble)
    path.parent.chmod(0o755)
    for each in path.parent.iterdir():
        each.chmod(0o644)
    desk.until(2)
    desk.journal.close()
    audited(path, [*first.notes, *desk.notes])
    probes = [each.values["n"] for each in rows(path) if each.kind == "probe"]
    return {"numbers": numbers, "trouble": trouble, "alarms": len(desk.alarms), "probes": probes}


if __name__ == "__main__":
    what = {"limited": limited, "full": full, "swapped": swapped, "read_only": read_only}[sys.argv[1]]
    sys.stdout.write(json.dumps(what(Path(sys.argv[2]))))
