"""What the entries of a ledger say of each deployment, minute by minute.

A call counts for the minute in which it began: the time of its decision, less what the decision took, plus when the call
was made. That is so for every call of a request's trail, whether the request was served in the end or not: a call that
failed is the provider's failure also where another deployment saved the request.

What is said of a minute is how many calls ended how: by the cause of the fault; `ANSWERED`; `OUTRUN`, which were given up
because another answered first; and `HELD` with a cause, which were not made because a hold kept them away. A stream that
broke off after its first content failed: its call was answered at first, and is taken back.

Adding up is all that happens here, so parts of a ledger can be read apart and in any order, but for what is matched by
id or told by holds: that wants a request's stream after its decision, as ledgers have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.core.windows import minute_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ANSWERED", "HELD", "OUTRUN", "Failure", "Record", "Recorded", "cause_of_hold", "read"]

ANSWERED = "answered"
OUTRUN = "outrun"
INTERRUPTED = "interrupted"
"""Our own end, and nobody's failure."""
HELD = "held:"
"""Followed by the cause of the hold; by nothing where it has none, as a person's."""


class Recorded(NamedTuple):
    """One entry of a ledger."""

    origin: str
    number: int
    kind: str
    at: float
    """Seconds since 1970."""
    values: Mapping[str, Any]
    """What is not redacted."""


class Failure(NamedTuple):
    """One call that failed, and where it is recorded."""

    at: float
    """When it was made, in seconds since 1970."""
    took_s: float
    deployment: str
    process: str
    cause: str
    status: int | None
    id: str
    """Of the request, as we gave it and told the caller."""
    request_id: str
    """As the provider gave it; empty where it is not recorded."""
    evidence: str
    cut: bool
    """Its stream broke off after the caller had seen content."""
    origin: str
    number: int
    """Of the entry that tells of it."""

    @property
    def minute(self) -> int:
        """That it counts for."""
        return minute_of(self.at)


@dataclass(slots=True)
class Record:
    """What was seen; grows as entries are read."""

    minutes: dict[str, dict[int, Counter[str]]] = field(default_factory=dict)
    """By deployment and minute: how many calls ended how."""
    failures: list[Failure] = field(default_factory=list)
    requests: dict[str, dict[int, Counter[str]]] = field(default_factory=dict)
    """By process and minute: how many requests had which outcome."""
    first: float | None = None
    last: float | None = None
    """The times of the first and the last entry."""
    entries: int = 0
    """How many were read."""
    unreadable: int = 0
    """Decisions and streams without what must be known of them: redacted, or of another form."""
    interrupted: int = 0
    """Requests of which nobody knows how they ended."""
    lost: int = 0
    """Entries that were never written, by the ledger's own word."""

    def call(self, deployment: str, at: float, ending: str, times: int = 1) -> None:
        """Count a call."""
        self.minutes.setdefault(deployment, {}).setdefault(minute_of(at), Counter())[ending] += times


class _Served(NamedTuple):
    """The call that answered a request which may yet stream."""

    deployment: str
    at: float
    began: float
    """The request."""
    process: str


class _Reader:
    """What must be remembered between entries."""

    def __init__(self) -> None:
        self.record = Record()
        self._holds: dict[tuple[str, str], str] = {}
        """The cause of the last hold, by origin and domain."""
        self._streaming: dict[tuple[str, str], _Served | None] = {}
        """Requests that asked for a stream, by origin and id; who answered, once that is decided."""

    def take(self, entry: Recorded) -> None:
        record = self.record
        record.entries += 1
        record.first = entry.at if record.first is None else min(record.first, entry.at)
        record.last = entry.at if record.last is None else max(record.last, entry.at)
        match entry.kind:
            case "request":
                if entry.values.get("streamed") is True and isinstance(entry.values.get("id"), str):
                    self._streaming[entry.origin, entry.values["id"]] = None
            case "decision":
                self._decision(entry)
            case "stream":
                self._stream(entry)
            case "hold":
                domain = entry.values.get("domain")
                if isinstance(domain, str) and isinstance(after := entry.values.get("after"), Mapping):
                    self._holds[entry.origin, domain] = str(after.get("cause") or "")
            case "gap":
                lost = entry.values.get("lost")
                record.lost += lost if isinstance(lost, int) else 0
            case _:
                pass

    def _decision(self, entry: Recorded) -> None:
        values = entry.values
        outcome, process, id_ = (values.get(key) for key in ("outcome", "process", "id"))
        if outcome == INTERRUPTED:
            self.record.interrupted += 1
        took, trail = values.get("took_s"), values.get("trail")
        if not (isinstance(outcome, str) and isinstance(process, str) and isinstance(trail, list)):
            self.record.unreadable += 1
            return
        began = entry.at - (took if isinstance(took, int | float) else 0.0)
        outcomes = self.record.requests.setdefault(process, {}).setdefault(minute_of(began), Counter())
        outcomes[outcome] += 1
        for hop in trail:
            self._hop(entry, hop, began, process)
        key = (entry.origin, str(id_))
        if key in self._streaming:
            answered = [
                hop for hop in _hops(trail) if hop.get("cause") is None and hop["deployment"] == values.get("served_by")
            ]
            if answered:
                at = began + float(answered[-1]["at_s"])
                self._streaming[key] = _Served(answered[-1]["deployment"], at, began, process)
            else:
                del self._streaming[key]

    def _stream(self, entry: Recorded) -> None:
        """The calls after the first content. Where a cause is told, the call that had answered broke off for it.

        Of several that broke off in one request, the first is told by the cause of the last: entries hold no other.
        """
        values = entry.values
        served = self._streaming.pop((entry.origin, str(values.get("id"))), None)
        trail, cause = values.get("trail"), values.get("cause")
        if not isinstance(trail, list) or (served is None and trail):
            self.record.unreadable += 1
            return
        if served is None:
            return
        if isinstance(cause, str) and cause != INTERRUPTED:
            self.record.call(served.deployment, served.at, ANSWERED, -1)
            first = {"deployment": served.deployment, "at_s": served.at - served.began, "cause": cause, "cut": True}
            self._hop(entry, first, served.began, served.process)
        for hop in trail:
            self._hop(entry, hop, served.began, served.process)

    def _hop(self, entry: Recorded, hop: Any, began: float, process: str) -> None:
        if not _whole(hop):
            self.record.unreadable += 1
            return
        at, deployment, cause = began + float(hop["at_s"]), hop["deployment"], hop.get("cause")
        if hop.get("held"):
            cause = self._holds.get((entry.origin, str(hop["held"])), "")
            self.record.call(deployment, at, HELD + cause)
        elif hop.get("outrun"):
            self.record.call(deployment, at, OUTRUN)
        elif not isinstance(cause, str):
            self.record.call(deployment, at, ANSWERED)
        else:
            self.record.call(deployment, at, cause)
            self.record.failures.append(_failure(entry, hop, at, process))


def read(entries: Iterable[Recorded]) -> Record:
    """Add up what entries say. What cannot be read is counted, never guessed."""
    reader = _Reader()
    for entry in entries:
        reader.take(entry)
    return reader.record


def cause_of_hold(ending: str) -> str | None:
    """The cause of the hold that kept a call away; None where it was made."""
    return ending.removeprefix(HELD) if ending.startswith(HELD) else None


def _whole(hop: Any) -> bool:
    return (
        isinstance(hop, Mapping) and isinstance(hop.get("deployment"), str) and isinstance(hop.get("at_s"), int | float)
    )


def _hops(trail: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for hop in trail:
        if _whole(hop):
            yield dict(hop)


def _failure(entry: Recorded, hop: Mapping[str, Any], at: float, process: str) -> Failure:
    took, status = hop.get("took_s"), hop.get("status")
    return Failure(
        at=at,
        took_s=float(took) if isinstance(took, int | float) else 0.0,
        deployment=hop["deployment"],
        process=process,
        cause=str(hop["cause"]),
        status=status if isinstance(status, int) else None,
        id=str(entry.values.get("id", "")),
        request_id=str(hop.get("request_id") or ""),
        evidence=str(hop.get("evidence") or ""),
        cut=bool(hop.get("cut")),
        origin=entry.origin,
        number=entry.number,
    )
