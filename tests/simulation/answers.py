"""Whether what a caller received is what one provider gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from .journal import Call, Request

DONE = b"[DONE]"


def answer_fault(request: Request) -> str | None:
    """What is wrong with an answer, in words: it must be one provider's answer and nothing else."""
    if request.asking.stream:
        return _stream_fault(request)
    if request.outcome != "served":
        return None
    sources = [call for call in request.calls if call.served and _same(request, call)]
    if len(sources) == 1 and sources[0].deployment == request.served_by:
        return None
    return f"its answer is that of {len(sources)} calls, served by {request.served_by}: {request.received[:200]!r}"


def _same(request: Request, call: Call) -> bool:
    if request.same_wire:
        return bytes(call.body) == request.received
    given = orjson.loads(bytes(call.body))["content"][0]["text"]
    return bool(given == orjson.loads(request.received)["choices"][0]["message"]["content"])


def _stream_fault(request: Request) -> str | None:
    events = request.received.split(b"\n\n")[:-1]
    failed = bool(events) and b'"error"' in events[-1]
    body = events[:-1] if failed else events
    sources = [call for call in request.calls if call.deployment == request.served_by and _begins(request, body, call)]
    if len(sources) != 1:
        return f"its stream is that of {len(sources)} calls of {request.served_by}: {request.received[:300]!r}"
    if request.outcome == "broken":
        return _broken_fault(sources[0], failed=failed)
    if request.outcome == "complete":
        return _complete_fault(request, body, sources[0], failed=failed)
    return None


def _broken_fault(call: Call, *, failed: bool) -> str | None:
    if not failed:
        return "its stream broke off without an error event"
    return "a stream that was in order ended with an error" if call.play.good else None


def _complete_fault(request: Request, events: list[bytes], call: Call, *, failed: bool) -> str | None:
    if failed or events[-1:] != [b"data: " + DONE]:
        return f"its stream ended cleanly without its end: {request.received[-200:]!r}"
    if not call.play.good:
        return f"a stream that was {call.play.kind} ended cleanly"
    if not request.same_wire and _text(events) != _text_given(call):
        return f"text is missing from its stream: {_text(events)!r}"
    return None


def _begins(request: Request, events: list[bytes], call: Call) -> bool:
    """Whether what was received is how a call began."""
    if call.shown_at is None:
        return False
    if request.same_wire:
        received = b"".join(event + b"\n\n" for event in events)
        whole = bytes(call.body) == received if request.outcome == "complete" else True
        return whole and bytes(call.body).startswith(received)
    return _text_given(call).startswith(_text(events))


def _text(events: list[bytes]) -> str:
    """The text of chat chunks."""
    found = []
    for event in events:
        data = event.removeprefix(b"data: ")
        if data and data != DONE:
            found += [choice["delta"].get("content") or "" for choice in orjson.loads(data)["choices"]]
    return "".join(found)


def _text_given(call: Call) -> str:
    """The text of what a provider of Anthropic's wire has given so far."""
    found = []
    for event in bytes(call.body).split(b"\n\n")[:-1]:
        _, _, data = event.partition(b"data: ")
        if b'"text_delta"' in data:
            found.append(orjson.loads(data)["delta"]["text"])
    return "".join(found)
