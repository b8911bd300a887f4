"""What is recorded of requests and where, as frozen values: the inventory's `ledger:` and a process's `record:`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

__all__ = ["HOST", "HOST_MOST", "Anchor", "Durability", "Kind", "Ledger", "Record", "Unavailable"]

HOST = "{host}"
"""In an origin: the name of the machine."""
HOST_MOST = 64
"""Characters of a machine's name."""
Durability = Literal["strict", "relaxed"]
"""`strict`: no answer before its decision is on the disk; `relaxed`: nothing waits."""
Unavailable = Literal["serve", "refuse"]
"""What becomes of requests while nothing can be recorded."""
Kind = Literal["file", "witness", "syslog"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A place outside the ledger that keeps what it was at one time."""

    kind: Kind
    where: str
    """A file, or the address of a witness or a syslog receiver."""
    key: str | None = None
    """A witness's verifier key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A ledger and how it is kept."""

    folder: str
    """As the inventory has it; see `beside`."""
    origin: str
    """Its name for ever, in which `{host}` stands for the machine's; each shard adds its number. See `named`."""
    durability: Durability = "strict"
    unavailable: Unavailable = "serve"
    key: str | None = None
    """A reference to the key that signs; None: one that is made in the folder."""
    checkpoint_entries: int = 1000
    checkpoint_s: float = 60.0
    """A checkpoint is signed after so many entries or seconds, whichever comes first."""
    anchors: tuple[Anchor, ...] = ()
    postgres: str | None = None
    """A reference to the address of a database to which entries are copied."""
    contents_key: str | None = None
    """A reference to the key that wraps the keys of recorded contents."""

    def named(self, host: str) -> str:
        """Its name on a machine of this name; what an origin cannot hold becomes a dash."""
        return self.origin.replace(HOST, re.sub(r"[^\w.-]", "-", host)[:HOST_MOST] or "-")

    def goes_on(self, origin: str) -> bool:
        """Whether a shard of this origin was begun under this name, be it on a machine that was called otherwise."""
        own = re.escape(self.origin).replace(re.escape(HOST), r"[\w.-]+")
        return HOST in self.origin and re.fullmatch(rf"{own}/\d+", origin) is not None

    def beside(self, file: str, path: str | None = None) -> PurePath:
        """The folder, or another path of this section, as the inventory of that file means it."""
        return PurePath(file).parent / (self.folder if path is None else path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is recorded of a process's requests beside their decisions."""

    content: bool = False
    """What was asked and answered, encrypted."""
    keep_s: float = 30 * 86400.0
    """After so long the keys of what was recorded are destroyed."""
