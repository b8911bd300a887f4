"""One request as measurements: how long it took, how long each of its calls did, and what was billed.

Pure. The attributes are names of the inventory, causes and words of ours, so that nobody outside can make the number of
series grow: what a provider calls its model is in the spans alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.telemetry import names
from modelrouter.telemetry.spans import error_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.runtime.observers import Closing
    from modelrouter.telemetry.spans import Begun

__all__ = ["HISTOGRAMS", "Histogram", "Measured", "measured"]


class Histogram(NamedTuple):
    """A metric of ours or of the conventions."""

    unit: str
    description: str
    bounds: tuple[float, ...]


HISTOGRAMS: Mapping[str, Histogram] = {
    names.DURATION_METRIC: Histogram("s", "GenAI operation duration.", names.SECONDS),
    names.FIRST_CHUNK_METRIC: Histogram("s", "Time to receive the first chunk.", names.SECONDS),
    names.TOKENS_METRIC: Histogram("{token}", "Number of input and output tokens used.", names.TOKENS),
    names.REQUEST_METRIC: Histogram("s", "One request over all its calls, to the end of its answer.", names.SECONDS),
}


class Measured(NamedTuple):
    """One value of one metric."""

    metric: str
    value: float
    attributes: dict[str, str | int]


def measured(begun: Begun, closing: Closing) -> Iterator[Measured]:
    """What a request adds to the metrics."""
    decision = closing.decision
    of_request: dict[str, str | int] = {names.PROCESS: decision.process, names.OUTCOME: decision.outcome}
    if (error := error_of(closing)) is not None:
        of_request[names.ERROR_TYPE] = error
    took_s = max(0.0, closing.wall - begun.opening.wall)
    yield Measured(names.REQUEST_METRIC, took_s, of_request)
    for attempt in decision.trail:
        place = _of(begun, attempt.deployment, decision.process)
        if attempt.held is not None or not attempt.sent or attempt.outrun or not place:
            continue
        is_last = attempt.deployment == decision.served_by and attempt.fault is None
        streamed_s = (
            max(attempt.took_s, took_s - attempt.at_s) if is_last and begun.opening.streamed else attempt.took_s
        )
        failed: dict[str, str | int] = {}
        if attempt.fault is not None:
            failed = {names.ERROR_TYPE: str(attempt.fault.cause)}
        yield Measured(names.DURATION_METRIC, streamed_s, place | failed)
        if begun.opening.streamed and (is_last or attempt.cut):
            yield Measured(names.FIRST_CHUNK_METRIC, attempt.took_s, place)
    if closing.usage is not None and (place := _of(begun, decision.served_by or "", decision.process)):
        usage = closing.usage
        yield Measured(names.TOKENS_METRIC, usage.input + usage.cached, {**place, names.TOKEN_TYPE: "input"})
        yield Measured(names.TOKENS_METRIC, usage.output + usage.reasoning, {**place, names.TOKEN_TYPE: "output"})


def _of(begun: Begun, deployment: str, process: str) -> dict[str, str | int]:
    """The attributes of a call; empty for a deployment that nobody knows. Its address follows from its name."""
    place = begun.places.get(deployment)
    if place is None:
        return {}
    return {
        names.OPERATION: place.operation,
        names.PROVIDER: place.provider,
        names.REQUEST_MODEL: place.model,
        names.DEPLOYMENT: deployment,
        names.PROCESS: process,
    }
