"""What is recorded and where, as written in the file: the ledger, and what a process adds to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, get_args
from urllib.parse import urlsplit

from pydantic import BeforeValidator, WithJsonSchema

from modelrouter.core import evidence
from modelrouter.core.evidence import HOST, HOST_MOST, Anchor, Ledger, Record
from modelrouter.inventory.document import Entries
from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.fields import Count, Duration, Flag, Interval, Line, Reference, Url, read_text, refusal
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.references import select
from modelrouter.inventory.words import reads

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LedgerEntry", "RecordEntry", "ledger", "record", "unkept_contents", "unlikely_anchors"]

ORIGIN = r"[^\s+\x00-\x1f\x7f]{1,180}"
"""A note's name, with room for the number of a shard behind it."""
_KINDS = get_args(evidence.Kind)


def read_origin(value: object) -> str:
    """The name of a ledger."""
    text = read_text(value)
    longest = text.replace(HOST, "h" * HOST_MOST)
    if not re.fullmatch(ORIGIN, longest) or text.endswith("/") or not {"{", "}"}.isdisjoint(longest):
        raise refusal(
            f"{shown(text)} is no origin", "Write an address without scheme, spaces or plus: example.org/{host}."
        )
    return text


def read_syslog(value: object) -> str:
    """Where a syslog receiver listens."""
    text = read_text(value)
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("udp", "tcp") and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        sound = False
    if not sound or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise refusal(f"{shown(text)} is no syslog receiver", "Write udp://HOST:PORT or tcp://HOST:PORT.")
    return text


Origin = Annotated[str, BeforeValidator(read_origin), WithJsonSchema({"type": "string", "pattern": f"^{ORIGIN}$"})]
Syslog = Annotated[
    str, BeforeValidator(read_syslog), WithJsonSchema({"type": "string", "pattern": "^(udp|tcp)://[^/]+:[0-9]+$"})
]
Durability = Annotated[evidence.Durability, reads(get_args(evidence.Durability))]
Unavailable = Annotated[evidence.Unavailable, reads(get_args(evidence.Unavailable))]


class CheckpointEntry(Entry):
    """When the ledger signs what it is; whichever comes first."""

    entries: Count = about("After so many entries.", 500, 1000, unit="entries")
    every: Interval = about("After so long, where there are new entries.", "30s", 60.0, unit="duration", written="60s")


class AnchorEntry(Entry):
    """A place that keeps the ledger's checkpoints out of reach of whoever can write the ledger; of exactly one kind."""

    file: Line | None = about("A file to which each is added, on another disk or host.", "/mnt/audit/anchor", None)
    witness: Url | None = about(
        "A witness of transparency logs that cosigns each (C2SP tlog-witness).",
        "https://witness.example",
        None,
        unit="url",
    )
    syslog: Syslog | None = about("A syslog receiver.", "udp://127.0.0.1:514", None, unit="url")
    key: Line | None = about("The witness's verifier key.", "witness.example+…+…", None)


class ContentsEntry(Entry):
    """How recorded prompts and answers are encrypted."""

    key: Reference = about(
        "Where the key is found that wraps the keys of each day: 32 bytes.", "env:CONTENT_KEY", unit="secret"
    )


class LedgerEntry(Entry):
    """A record of every decision that shows when anybody changes it."""

    folder: Line = about("Where it is kept, on a local disk; relative to this file.", "ledger")
    origin: Origin | None = about(
        "Its name for ever, an address of yours without scheme; `{host}` is the machine's name. By default the inventory's name.",
        "ledger.example/{host}",
        None,
    )
    durability: Durability = about(
        "`strict`: no answer goes out before its decision is on the disk; `relaxed`: nothing waits.",
        "relaxed",
        "strict",
    )
    unavailable: Unavailable = about(
        "What becomes of requests while nothing can be recorded: `serve` answers and raises an alarm, `refuse` calls no provider.",
        "refuse",
        "serve",
    )
    key: Reference | None = about(
        "Where the key is found that signs checkpoints (Ed25519). By default one that is made in the folder.",
        "env:LEDGER_KEY",
        None,
        unit="secret",
    )
    checkpoint: CheckpointEntry = about("When a checkpoint is signed.", {"entries": 500, "every": "30s"}, {})
    anchors: list[AnchorEntry] = about("Who else keeps checkpoints.", [{"file": "/mnt/audit/anchor"}], [])
    postgres: Reference | None = about(
        "Where the address of a PostgreSQL database is found, to which entries are copied; needs the extra `postgres`.",
        "env:LEDGER_DSN",
        None,
        unit="secret",
    )
    contents: ContentsEntry | None = about(
        "How prompts and answers are encrypted, for processes that record them.", {"key": "env:CONTENT_KEY"}, None
    )


class RecordEntry(Entry):
    """What the ledger keeps of a process's requests beside their decisions."""

    content: Flag = about("Whether prompts and answers are kept, encrypted by `ledger: contents:`.", True, False)
    keep: Duration = about(
        "After so long their keys are destroyed; days are whole, in UTC.",
        "90d",
        30 * 86400.0,
        unit="duration",
        written="30d",
    )


def ledger(entry: LedgerEntry | None, name: str) -> Ledger | None:
    """The value of a section of the inventory of that name."""
    if entry is None:
        return None
    return Ledger(
        folder=entry.folder,
        origin=entry.origin or name,
        durability=entry.durability,
        unavailable=entry.unavailable,
        key=entry.key,
        checkpoint_entries=entry.checkpoint.entries,
        checkpoint_s=entry.checkpoint.every,
        anchors=tuple(map(_anchor, entry.anchors)),
        postgres=entry.postgres,
        contents_key=entry.contents.key if entry.contents is not None else None,
    )


def _anchor(entry: AnchorEntry) -> Anchor:
    kind: evidence.Kind = next(kind for kind in _KINDS if getattr(entry, kind) is not None)
    return Anchor(kind=kind, where=getattr(entry, kind), key=entry.key)


def record(entry: RecordEntry) -> Record:
    """The value of what a process adds."""
    return Record(content=entry.content, keep_s=entry.keep)


def unkept_contents(tree: Entries) -> Iterator[Finding]:
    """Contents that are to be recorded and could not be encrypted."""
    kept = any(True for _ in select(tree, "ledger.contents"))
    for path, node in select(tree, "processes.*.record.content"):
        if node == "true" and not kept:
            hint = "Write `ledger: {folder: ledger, contents: {key: env:CONTENT_KEY}}`."
            yield Finding(path, "prompts and answers are recorded encrypted alone, and there is no key for that", hint)


def unlikely_anchors(tree: Entries) -> Iterator[Finding]:
    """Anchors of no kind, or of several; witnesses whose cosignatures nobody could check."""
    for path, anchor in select(tree, "ledger.anchors.*"):
        if not isinstance(anchor, Entries):
            continue
        kinds = [kind for kind in _KINDS if kind in anchor]
        if len(kinds) != 1:
            found = f"{' and '.join(kinds)} at once" if kinds else "of no kind"
            hint = f"Write one of {', '.join(_KINDS)}; several are several items."
            yield Finding(path, f"an anchor is {found}", hint)
        elif kinds == ["witness"] and "key" not in anchor:
            message = "'key' is missing: a cosignature that nobody can check is none"
            yield Finding(path, message, "Write the witness's verifier key.")
        elif kinds != ["witness"] and "key" in anchor:
            yield Finding((*path, "key"), f"a {kinds[0]} has no key", "Delete the line.", at_key=True)
