"""One request as spans: one for the whole, one below it for each call to a provider.

Pure: what observers are told goes in, plain values come out. A span of a call begins and ends when the call did; the
streamed answer of who served ends with the request. What was not called (held, full, unable) is an event of the request.
Nothing that a provider or a caller wrote goes in, but the name of the model that a provider says answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.telemetry import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.core.decision import Attempt
    from modelrouter.core.faults import Fault
    from modelrouter.core.traceparent import Trace
    from modelrouter.runtime.observers import Closing, Opening
    from modelrouter.wire.reading import Usage

__all__ = ["Begun", "Event", "Ids", "Span", "Value", "error_of", "known_provider", "spans"]

Value = str | int | float | bool | tuple[str, ...]
NANOSECONDS = 1e9
ODD = 0x9E3779B97F4A7C15
"""An odd number of 64 bits, from the golden ratio: its multiples come round to no value twice."""
LONGEST_MODEL = 200
"""Characters of a provider's name for its model: inventories allow as many."""


class Begun(NamedTuple):
    """A request under way."""

    opening: Opening
    trace: Trace
    span: int
    """64 bits: of its own span."""
    places: Mapping[str, names.Place]
    """Every deployment, by id."""


class Event(NamedTuple):
    """Something that happened within a span."""

    name: str
    at: int
    """Nanoseconds since 1970."""
    attributes: dict[str, Value]


class Ids(NamedTuple):
    """Where a span is in its trace."""

    span: int
    parent: int | None
    remote: bool = False
    """Its parent is somebody else's."""


class Span(NamedTuple):
    """One span, over."""

    name: str
    ids: Ids
    is_client: bool
    begun: int
    ended: int
    """Nanoseconds since 1970."""
    attributes: dict[str, Value]
    error: str | None = None
    """What failed, in our words alone."""
    events: tuple[Event, ...] = ()


def spans(begun: Begun, closing: Closing) -> Iterator[Span]:
    """The spans of a request, its own first."""
    yield _whole(begun, closing)
    trail = closing.decision.trail
    for place, attempt in enumerate(trail):
        if attempt.held is None and attempt.sent:
            until = _until(begun, closing, trail, place)
            yield _call(begun, attempt, _below(begun.span, place), until, served=_served(closing, place))


def _whole(begun: Begun, closing: Closing) -> Span:
    opening, decision = begun.opening, closing.decision
    error = error_of(closing)
    attributes: dict[str, Value] = {
        names.OPERATION: names.operation(opening.wire),
        names.PROVIDER: known_provider(begun, closing),
        names.REQUEST_MODEL: decision.process,
        names.REQUEST_ID: opening.id,
        names.PROCESS: decision.process,
        names.OUTCOME: decision.outcome,
        names.ATTEMPTS: decision.calls,
        names.DOOR: opening.door,
    }
    if opening.streamed:
        attributes[names.REQUEST_STREAM] = True
        if closing.first_content_s is not None:
            attributes[names.FIRST_CHUNK] = closing.first_content_s
            attributes[names.STREAM] = "cut" if closing.fault else "complete" if closing.complete else "left"
    if opening.context.principal is not None:
        attributes[names.CALLER] = opening.context.principal
    if (place := begun.places.get(decision.served_by or "")) is not None:
        attributes[names.DEPLOYMENT] = place.deployment
        attributes[names.RESPONSE_MODEL] = decision.model[:LONGEST_MODEL] or place.model
        attributes |= place.server
    if decision.excluded:
        attributes[names.EXCLUDED] = tuple([f"{each.deployment.id}: {each.rule}" for each in decision.excluded])
    if error is not None:
        attributes[names.ERROR_TYPE] = error
    if closing.usage is not None:
        attributes |= _tokens(closing.usage)
    return Span(
        f"{names.operation(opening.wire)} {decision.process}",
        Ids(begun.span, begun.trace.parent, remote=True),
        is_client=False,
        begun=_at(opening.wall),
        ended=_at(max(closing.wall, opening.wall)),
        attributes=attributes,
        error=_said(closing.fault, error),
        events=tuple(_passed_over(begun, decision.trail)),
    )


def _call(begun: Begun, attempt: Attempt, span: int, until: int, *, served: bool) -> Span:
    place = begun.places.get(attempt.deployment)
    fault, opening = attempt.fault, begun.opening
    attributes: dict[str, Value] = {names.DEPLOYMENT: attempt.deployment}
    model, operation = attempt.deployment, names.CHAT
    if place is not None:
        model, operation = place.model, place.operation
        attributes |= {names.OPERATION: operation, names.PROVIDER: place.provider, names.REQUEST_MODEL: model}
        attributes |= place.server
        if fault is None and not attempt.outrun:
            attributes[names.RESPONSE_MODEL] = attempt.model[:LONGEST_MODEL] or model
    if opening.streamed:
        attributes[names.REQUEST_STREAM] = True
        if served or attempt.cut:
            attributes[names.FIRST_CHUNK] = attempt.took_s
    if attempt.status is not None:
        attributes[names.STATUS_CODE] = attempt.status
    attributes[names.ATTEMPT_OUTCOME] = outcome_of(attempt)
    if fault is not None:
        attributes[names.ERROR_TYPE] = str(fault.cause)
        attributes |= {names.SCOPE_OF_FAULT: str(fault.scope), names.RULE_OF_FAULT: fault.rule}
    at = _at(opening.wall + attempt.at_s)
    return Span(
        f"{operation} {model}",
        Ids(span, begun.span),
        is_client=True,
        begun=at,
        ended=max(at, until),
        attributes=attributes,
        error=_said(fault, None),
    )


def _passed_over(begun: Begun, trail: tuple[Attempt, ...]) -> Iterator[Event]:
    for attempt in trail:
        if attempt.held is None and attempt.sent:
            continue
        attributes: dict[str, Value] = {names.DEPLOYMENT: attempt.deployment}
        if attempt.held is not None:
            attributes |= {names.HELD_DOMAIN: attempt.held, names.HELD_CAUSE: attempt.held_for}
        elif attempt.fault is not None:
            attributes[names.ERROR_TYPE] = str(attempt.fault.cause)
        yield Event(names.NOT_CALLED, _at(begun.opening.wall + attempt.at_s), attributes)


def _served(closing: Closing, place: int) -> bool:
    attempt = closing.decision.trail[place]
    return attempt.deployment == closing.decision.served_by and attempt.fault is None and not attempt.outrun


def _until(begun: Begun, closing: Closing, trail: tuple[Attempt, ...], place: int) -> int:
    """When a call was over: what it took is to its first content, and a stream goes on after that."""
    attempt = trail[place]
    if begun.opening.streamed and attempt.cut:
        later = [each.at_s for each in trail[place + 1 :] if each.at_s >= attempt.at_s + attempt.took_s]
        return _at(begun.opening.wall + min(later)) if later else _at(closing.wall)
    if begun.opening.streamed and _served(closing, place):
        return _at(closing.wall)
    return _at(begun.opening.wall + attempt.at_s + attempt.took_s)


def outcome_of(attempt: Attempt) -> str:
    """What came of a call, in one word: `answered`, `outrun`, or a cause."""
    if attempt.fault is not None:
        return str(attempt.fault.cause)
    return "outrun" if attempt.outrun else "answered"


def error_of(closing: Closing) -> str | None:
    """The `error.type` of a request; None where it was served, or its caller left a stream that went well."""
    if closing.fault is not None:
        return str(closing.fault.cause)
    if closing.decision.outcome == "served":
        return None
    if closing.decision.outcome == "interrupted":
        return names.CANCELLED
    faults = [attempt.fault for attempt in closing.decision.trail if attempt.fault is not None]
    return str(faults[-1].cause) if faults else names.OTHER


def known_provider(begun: Begun, closing: Closing) -> str:
    """Who served, else who was called last."""
    called = [attempt.deployment for attempt in closing.decision.trail if attempt.held is None and attempt.sent]
    place = begun.places.get(closing.decision.served_by or (called[-1] if called else ""))
    return place.provider if place is not None else names.NOBODY


def _tokens(usage: Usage) -> dict[str, Value]:
    """Our buckets do not overlap; those of the conventions contain one another."""
    told: dict[str, Value] = {
        names.INPUT_TOKENS: usage.input + usage.cached,
        names.OUTPUT_TOKENS: usage.output + usage.reasoning,
    }
    if usage.cached:
        told[names.CACHE_READ_TOKENS] = usage.cached
    if usage.written:
        told[names.CACHE_WRITTEN_TOKENS] = usage.written
    if usage.reasoning:
        told[names.REASONING_TOKENS] = usage.reasoning
    return told


def _below(span: int, place: int) -> int:
    """The id of a call's span: another for each, and none of them 0; that of the request is as random as its name."""
    return (span + (place + 1) * ODD) % (1 << 64) or 1


def _said(fault: Fault | None, error: str | None) -> str | None:
    return f"{fault.cause} ({fault.scope})" if fault is not None else error


def _at(wall: float) -> int:
    return int(wall * NANOSECONDS)
