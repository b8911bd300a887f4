"""What the ledger's verbs take: `python -m benchmarks.ledger_verbs [ENTRIES]`. One process, one run.

A shard of requests and decisions as routers write them, on this machine's disk; values are checked, salts looked for.
Seconds by the clock hang on what else runs; those of one core do not. Memory is the most that the verb's process held.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

from modelrouter.cli import app as cli
from modelrouter.ledger import chain
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind
from modelrouter.ledger.keeping import hold, signed_now
from modelrouter.ledger.note import ED25519, VerifierKey
from modelrouter.ledger.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRIES = 100_000
BATCH = 512
ORIGIN = "ledger.example/router/0"
CALLERS = 100
START = 1_780_000_000_000_000


def drafts(count: int) -> Iterator[Draft]:
    """Requests, each with its decision; every fourth had a second hop."""
    for number in range(count // 2):
        head = {"id": f"mr_{number:032x}", "process": "claims-triage"}
        caller = {"principal": f"team-{number % CALLERS}"}
        circumstances = {"data_classes": ["personal"], "country": "DE", "person": None, "segment": None}
        opening = {"asked": "claims-triage", "wire": "openai-chat", "caller": caller, "circumstances": circumstances}
        opening |= {"route": ["gpt-eu", "claude-eu", "qwen"], "streamed": False, "door": "gateway"}
        yield Draft(Kind.REQUEST, START + number * 5000, {**head, **opening})
        hop: dict[str, Any] = {"deployment": "gpt-eu", "at_s": 0.0, "took_s": 0.8123, "status": 200, "cause": None}
        hop |= {"scope": None, "rule": None, "held": None, "outrun": False, "cut": False, "losses": [], "model": ""}
        closing = {"outcome": "served", "served_by": "gpt-eu", "trail": [hop] * (1 + (number % 4 == 0)), "took_s": 0.8}
        closing |= {"excluded": [{"deployment": "gpt-us", "rule": "residency", "why": "processes in US"}]}
        yield Draft(
            Kind.DECISION, START + number * 5000 + 2500, {**head, **closing, "usage": {"input": 9, "output": 2}}
        )


def filled(path: Path, count: int, secret: Secret) -> None:
    """A shard of so many entries."""
    store = Store.open(path, ORIGIN)
    key = str(VerifierKey(ORIGIN, ED25519, secret.public))
    head, rows = chain.append(store.head, [chain.begin(store.head, START, "writer", key)], os.urandom)
    rest = list(drafts(count))
    for place in range(0, len(rest), BATCH):
        head, more = chain.append(head, rest[place : place + BATCH], os.urandom)
        store.commit(head, rows + more)
        rows = []
    head, rows = chain.append(head, [chain.end(head, START)], os.urandom)
    store.commit(head, rows)
    store.close()
    with hold(path) as store:
        signed_now(store, secret)


class Took(NamedTuple):
    """What a verb took."""

    seconds: float
    cpu_s: float
    largest_mb: float


def typed(*words: object) -> Took:
    """What a verb takes in a process of its own; it must succeed, and what it prints goes nowhere."""
    begun = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["modelrouter", "ledger", *map(str, words)]
        code = 1
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    assert status == 0, words
    return Took(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> None:
    """Measure and tell."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    table = Table("what", "seconds", "of one core", "entries/s of one core", "memory, MB")
    with TemporaryDirectory() as name:
        folder = Path(name) / "ledger"
        folder.mkdir()
        secret = Secret(os.urandom(32))
        (folder / "key.pem").write_bytes(secret.pem())
        filled(folder / "0.db", count, secret)
        size = (folder / "0.db").stat().st_size
        out = Path(name) / "out"
        for what, *words in (
            ("verify", "verify", folder),
            ("verify, without values", "verify", folder, "--without-values"),
            ("show, as a whole", "show", folder),
            ("export jsonl with tiles", "export", folder, "--to", "jsonl", "--out", out / "tiles"),
            ("export jsonl again", "export", folder, "--to", "jsonl", "--out", out / "tiles"),
            ("verify the export", "verify", out / "tiles"),
            ("export csv", "export", folder, "--to", "csv", "--out", out / "csv"),
            ("export parquet", "export", folder, "--to", "parquet", "--out", out / "parquet"),
            ("export ocsf", "export", folder, "--to", "ocsf", "--out", out / "events.jsonl"),
            ("prove one", "prove", folder, count // 3, "--out", out / "proof"),
            ("redact one", "redact", folder, 1, "--field", "caller", "--why", "a", "--who", "b"),
            ("redact one caller of 100", "redact", folder, "--principal", "team-7", "--why", "a", "--who", "b"),
        ):
            took = typed(*words)
            rate = f"{count / took.cpu_s:,.0f}"
            table.add_row(what, f"{took.seconds:.2f}", f"{took.cpu_s:.2f}", rate, f"{took.largest_mb:.0f}")
        sizes = {
            each.name: sum(f.stat().st_size for f in [each, *each.rglob("*")] if f.is_file()) for each in out.iterdir()
        }
    Console().print(table)
    told = ", ".join(f"{what} {each / 1e6:.1f} MB" for what, each in sorted(sizes.items()))
    print(f"{count} entries: the shard {size / 1e6:.1f} MB, {told}; {shutil.disk_usage('.').free >> 30} GB free")


if __name__ == "__main__":
    main()
