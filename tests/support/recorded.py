"""Ledgers of requests that never were: real entries in a real shard, at whatever time a test says."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.ledger import chain, checkpoint
from modelrouter.ledger.entry import Draft, Kind
from modelrouter.ledger.note import ED25519, VerifierKey
from modelrouter.ledger.signing import CHECKPOINT
from modelrouter.ledger.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from modelrouter.ledger.ed25519 import Secret

ORIGIN = "ledger.example/router/0"
MICRO = 1_000_000
BATCH = 5000


class Hop(NamedTuple):
    """One call of a request."""

    deployment: str
    cause: str | None = None
    status: int | None = 200
    at_s: float = 0.0
    took_s: float = 1.0
    held: str | None = None
    outrun: bool = False
    cut: bool = False
    evidence: str | None = None

    def told(self) -> dict[str, Any]:
        """As a decision's trail has it."""
        return {
            "deployment": self.deployment,
            "at_s": self.at_s,
            "took_s": self.took_s,
            "status": None if self.held else self.status,
            "cause": self.cause,
            "scope": None if self.cause is None else "provider",
            "rule": None if self.cause is None else "test.rule",
            "held": self.held,
            "outrun": self.outrun,
            "cut": self.cut,
            "losses": [],
            "model": "",
            "evidence": self.evidence,
        }


def seconds(text: str) -> float:
    """`2026-09-08 09:00` or `2026-09-08 09:00:30`, in UTC, since 1970."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class Story:
    """Drafts in the order in which they happen."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def request(self, at: float, process: str, *hops: Hop, streamed: bool = False) -> list[Draft]:
        """A request that begins at a time, and its decision."""
        last = hops[-1] if hops else None
        served = last is not None and last.cause is None and last.held is None
        took = max((hop.at_s + hop.took_s for hop in hops), default=0.0)
        id_ = f"mr_{next(self._numbers):08}"
        return [
            Draft(Kind.REQUEST, round(at * MICRO), asked(id_, process, streamed=streamed)),
            Draft(
                Kind.DECISION,
                round((at + took) * MICRO),
                {
                    "id": id_,
                    "process": process,
                    "outcome": "served" if served else "failed",
                    "served_by": last.deployment if served and last is not None else None,
                    "trail": [hop.told() for hop in hops],
                    "excluded": [],
                    "took_s": took,
                    "usage": None,
                },
            ),
        ]


def asked(id_: str, process: str, *, streamed: bool = False) -> dict[str, Any]:
    """What an entry says of a request before its first call."""
    return {
        "id": id_,
        "process": process,
        "asked": process,
        "wire": "openai-chat",
        "caller": {"principal": None},
        "circumstances": {"data_classes": [], "country": None, "person": None, "segment": None},
        "route": [],
        "streamed": streamed,
        "door": "gateway",
    }


def ended(id_: str, at: float, outcome: str, cause: str | None = None, *hops: Hop) -> Draft:
    """The end of a stream."""
    values = {"id": id_, "outcome": outcome, "cause": cause, "trail": [hop.told() for hop in hops], "usage": None}
    return Draft(Kind.STREAM, round(at * MICRO), values)


def held(at: float, domain: str, cause: str | None) -> Draft:
    """A hold that opens, or one that ends where there is no cause."""
    phase = {"phase": "open", "cause": cause, "since": at, "until": None, "rule": "", "evidence": ""}
    values: Mapping[str, Any] = {
        "domain": domain,
        "before": None if cause else phase,
        "after": phase if cause else None,
        "by": "router",
    }
    return Draft(Kind.HOLD, round(at * MICRO), values)


def write(
    folder: Path, drafts: Iterable[Draft], *, signed_by: Secret | None = None, unsigned: Iterable[Draft] = ()
) -> Path:
    """A shard with these entries, in the order of their times, between a beginning and an end.

    Where there is a key, a checkpoint of them is kept; what comes after is `unsigned`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "0.db"
    key = None if signed_by is None else str(VerifierKey(ORIGIN, ED25519, signed_by.public))
    ordered = sorted(drafts, key=lambda draft: draft.time)
    chance = Random(1).randbytes
    store = Store.open(path, ORIGIN)
    try:
        head, rows = chain.append(store.head, [chain.begin(store.head, ordered[0].time, "test", key)], chance)
        store.commit(head, rows)
        for batch in _batches(ordered):
            head, rows = chain.append(store.head, batch, chance)
            store.commit(head, rows)
        if signed_by is not None:
            store.put(CHECKPOINT, str(checkpoint.signed(checkpoint.of(head), [signed_by])).encode())
        for draft in unsigned:
            head, rows = chain.append(store.head, [draft], chance)
            store.commit(head, rows)
        head, rows = chain.append(store.head, [chain.end(store.head, ordered[-1].time)], chance)
        store.commit(head, rows)
    finally:
        store.close()
    return path


def _batches(drafts: list[Draft]) -> Iterator[list[Draft]]:
    for place in range(0, len(drafts), BATCH):
        yield drafts[place : place + BATCH]
