"""How the ledger of an inventory stands, as files tell it to a process that does not write it."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from modelrouter.cli.duration import spoken
from modelrouter.errors import LedgerError
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import MalformedError
from modelrouter.ledger.note import Note
from modelrouter.ledger.shards import Lock, lock_path, shards
from modelrouter.ledger.signing import head_path

if TYPE_CHECKING:
    from modelrouter.core.evidence import Ledger
    from modelrouter.core.inventory import Inventory

__all__ = ["fields", "line"]


class Shard(NamedTuple):
    """One file of a ledger."""

    name: str
    writer: int | None
    """The process that writes it now."""
    signed: int | None
    """Entries that the last signed checkpoint covers."""
    age_s: float | None
    """Since that was signed."""


def fields(inventory: Inventory) -> dict[str, Any] | None:
    """For programs; None where nothing is recorded."""
    ledger = inventory.ledger
    if ledger is None:
        return None
    folder, found = _found(inventory, ledger)
    told = [{**each._asdict(), "age_s": None if each.age_s is None else round(each.age_s, 1)} for each in found]
    return {
        "folder": str(folder),
        "origin": ledger.named(socket.gethostname()),
        "durability": ledger.durability,
        "shards": told,
    }


def line(inventory: Inventory) -> Text | None:
    """For people, in one line."""
    ledger = inventory.ledger
    if ledger is None:
        return None
    folder, found = _found(inventory, ledger)
    signed = [each for each in found if each.signed is not None and each.age_s is not None]
    newest = min(signed, key=lambda each: each.age_s or 0.0, default=None)
    writers = sum(each.writer is not None for each in found)
    told = f"{ledger.named(socket.gethostname())}, {ledger.durability}, written by {writers} {'process' if writers == 1 else 'processes'} now"
    if newest is not None:
        total = sum(each.signed or 0 for each in signed)
        told += f", {total:,} entries signed, the last checkpoint {spoken(newest.age_s or 0.0)} ago"
    return Text.assemble(("ledger  ", "dim"), told, (f"  ({folder})", "dim"))


def _found(inventory: Inventory, ledger: Ledger) -> tuple[Path, list[Shard]]:
    folder = Path(ledger.beside(inventory.path)).expanduser()
    try:
        return folder, [_shard(path) for path in shards(folder)]
    except LedgerError:
        return folder, []


def _shard(path: Path) -> Shard:
    signed = age = None
    head = head_path(path)
    with suppress(OSError, MalformedError, UnicodeDecodeError):
        signed = Checkpoint.read(Note.read(head.read_text(encoding="utf-8")).text).size
        age = max(0.0, time.time() - head.stat().st_mtime)
    return Shard(path.stem, _writer(path), signed, age)


def _writer(path: Path) -> int | None:
    """Who wrote its number there last, if that process lives. Locking it to be sure would send a writer elsewhere."""
    found = Lock.holder(lock_path(path))
    if found is None:
        return None
    try:
        os.kill(found, 0)
    except ProcessLookupError:
        return None
    except PermissionError:  # it lives, and is somebody else's
        pass
    return found
