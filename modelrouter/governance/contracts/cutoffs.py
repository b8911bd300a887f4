"""When a provider switched us off: suspensions, and ends of access for reasons of export control.

Seen from the calls alone: it begins with the first call of a deployment that failed for such a cause, and it is over
with the next one that was answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.governance.contracts.record import ANSWERED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelrouter.core.windows import Minutes
    from modelrouter.governance.contracts.record import Record

__all__ = ["CAUSES", "CutOff", "cut_offs"]

CAUSES = ("suspended", "export_controlled")


class CutOff(NamedTuple):
    """One of them."""

    cause: str
    first: int
    """The minute in which it was seen first."""
    end: int | None
    """The minute in which a call was answered again; None: none was."""
    deployments: tuple[str, ...]

    def touches(self, stretch: Minutes) -> bool:
        """Whether any of it lies in a stretch."""
        return self.first < stretch.end and (self.end is None or self.end > stretch.first)


def cut_offs(record: Record, deployments: Iterable[str]) -> tuple[CutOff, ...]:
    """All of them, in order; deployments that were cut off at the same time are told together."""
    found: list[CutOff] = []
    alone = (each for name in deployments for each in _of(record, name))
    for each in sorted(alone, key=lambda each: (each.cause, each.first)):
        last = next((k for k in range(len(found) - 1, -1, -1) if found[k].cause == each.cause), None)
        if last is not None and (found[last].end is None or each.first < (found[last].end or 0)):
            found[last] = _joined(found[last], each)
        else:
            found.append(each)
    return tuple(sorted(found, key=lambda each: (each.first, each.cause)))


def _of(record: Record, deployment: str) -> Iterator[CutOff]:
    minutes = record.minutes.get(deployment, {})
    for cause in CAUSES:
        began: int | None = None
        for minute in sorted(minutes):
            if minutes[minute][cause]:
                began = minute if began is None else began
            elif began is not None and minutes[minute][ANSWERED] > 0:
                yield CutOff(cause, began, minute, (deployment,))
                began = None
        if began is not None:
            yield CutOff(cause, began, None, (deployment,))


def _joined(one: CutOff, other: CutOff) -> CutOff:
    end = None if one.end is None or other.end is None else max(one.end, other.end)
    names = tuple(sorted({*one.deployments, *other.deployments}))
    return CutOff(one.cause, one.first, end, names)
