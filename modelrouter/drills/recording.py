"""What happened in one scenario: what was sent, what the twins wrote down, which holds opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, NamedTuple

import orjson

if TYPE_CHECKING:
    from datetime import date

    from modelrouter.drills.scenario import Scenario
    from modelrouter.drills.twins.entry import Entry

__all__ = ["Mark", "Recording", "Sent", "as_bytes"]


class Sent(NamedTuple):
    """One request as its caller saw it. Times are seconds since the scenario began."""

    marker: str
    process: str
    stream: bool
    at: float
    ended: float
    error: str | None = None
    """What the SDK raised; None where the answer came whole."""
    spoilt: str | None = None
    """What was wrong with a whole answer: no tool call, no JSON of the asked shape."""
    check: str | None = None
    """The check of the process's quality that it asked; None for ordinary demand."""


class Mark(NamedTuple):
    """A hold that opened, changed its phase or ended, as the router told it; for the picture, never for verdicts."""

    at: float
    domain: str
    cause: str
    phase: str
    """`open`, `trial`, `ramp` or `ended`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One scenario, played."""

    scenario: Scenario
    fault_at: float | None
    """When the twins had really been told; None in the steady state."""
    ended: float
    """When the last caller had its answer or had given up."""
    sent: tuple[Sent, ...]
    calls: tuple[Entry, ...]
    """The logs of all twins, in the order of arrival; probes included."""
    marks: tuple[Mark, ...] = ()
    lag_s: float = 0.0
    """The longest time that the event loop was late: how far the times below can be off."""
    day: date | None = None
    """By whose terms requests were served, in UTC; None: rehearsals know none."""


def as_bytes(recording: Recording) -> bytes:
    """The recording as JSON, with every set in order: two recordings are the same where these bytes are."""
    return orjson.dumps(recording, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, tuple):  # one with names: plain ones are known
        return list(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no part of a recording")
