"""Places for checkpoints, from what the inventory says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from modelrouter.ledger.anchors.file import File
from modelrouter.ledger.anchors.syslog import Syslog
from modelrouter.ledger.anchors.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from modelrouter.core.evidence import Anchor
    from modelrouter.ledger.anchors.kept import Kept
    from modelrouter.ledger.note import Note
    from modelrouter.ledger.outside import Books

__all__ = ["Place", "places_of"]


class Place(Protocol):
    """Where checkpoints are kept; used on one thread."""

    @property
    def name(self) -> str:
        """What alarms and entries call it; no secret is in it."""
        ...

    def keep(self, note: Note, books: Books) -> Kept:
        """Bring a checkpoint there; takes seconds at the most, unless a disk hangs.

        Raises AwayError where it cannot be done now, and RefusedError where somebody must look.
        """
        ...


def places_of(anchors: Iterable[Anchor], beside: Callable[[str], Path]) -> tuple[Place, ...]:
    """The inventory's anchors; `beside` answers a file's path as the inventory means it.

    Raises LedgerError for addresses and keys that are none; nothing is opened or called yet.
    """
    return tuple(_place(each, beside) for each in anchors)


def _place(anchor: Anchor, beside: Callable[[str], Path]) -> Place:
    match anchor.kind:
        case "file":
            return File(beside(anchor.where))
        case "witness":
            return Witness(anchor.where, anchor.key or "")
        case "syslog":
            return Syslog(anchor.where)
