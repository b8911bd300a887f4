"""The events of OpenAI's Responses, every one of the grammar, numbered from 0."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.responses_values import ended, items, response, text
from modelrouter.drills.twins.wire import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.drills.twins.asked import Asked
    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.reply import Reply
    from modelrouter.drills.twins.responses_values import Item

PADDING = "9f3kQz"
"""Real deltas carry random characters, so that their lengths tell nothing."""


def sse(kind: str, number: int, fields: dict[str, Any]) -> bytes:
    """A named event."""
    data = orjson.dumps({"type": kind, **fields, "sequence_number": number})
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)


def events(reply: Reply, _asked: Asked) -> Iterator[Event]:
    """The answer as a stream."""
    for number, (kind, fields) in enumerate(said(reply)):
        yield Event(sse(f"response.{kind}", number, fields), content=kind.endswith(".delta"))


def said(reply: Reply) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and fields of each event."""
    begun = {"response": response(reply, "in_progress", [])}
    yield "created", begun
    yield "in_progress", begun
    done = []
    for place, item in zip(count(), items(reply), strict=False):
        yield "output_item.added", {"output_index": place, "item": item.begun}
        where = {"item_id": item.begun["id"], "output_index": place}
        match item.begun["type"]:
            case "reasoning":
                yield from summarised(item, where)
            case "message":
                yield from written(item, where)
            case _:
                yield from called(item, where)
        yield "output_item.done", {"output_index": place, "item": item.done}
        done.append(item.done)
    last = ended(reply, done)
    yield str(last["status"]), {"response": last}


def summarised(item: Item, where: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The summary of reasoning, where it is shown."""
    if not item.pieces:
        return
    where = {**where, "summary_index": 0}
    whole = "".join(item.pieces)
    yield "reasoning_summary_part.added", {**where, "part": {"type": "summary_text", "text": ""}}
    for piece in item.pieces:
        yield "reasoning_summary_text.delta", {**where, "delta": piece, "obfuscation": PADDING}
    yield "reasoning_summary_text.done", {**where, "text": whole}
    yield "reasoning_summary_part.done", {**where, "part": {"type": "summary_text", "text": whole}}


def written(item: Item, where: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The one part of a message."""
    where = {**where, "content_index": 0}
    whole = "".join(item.pieces)
    yield "content_part.added", {**where, "part": text("")}
    for piece in item.pieces:
        yield "output_text.delta", {**where, "delta": piece, "logprobs": [], "obfuscation": PADDING}
    yield "output_text.done", {**where, "text": whole, "logprobs": []}
    yield "content_part.done", {**where, "part": text(whole)}


def called(item: Item, where: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The arguments of a call."""
    for piece in item.pieces:
        yield "function_call_arguments.delta", {**where, "delta": piece, "obfuscation": PADDING}
    yield "function_call_arguments.done", {**where, "name": item.done["name"], "arguments": item.done["arguments"]}


def error(failure: Failure) -> bytes:
    """An error as the last event; it repeats what the envelope of an answer says."""
    found = orjson.loads(failure.body)
    inner = found.get("error") if isinstance(found, dict) else None
    details = inner if isinstance(inner, dict) else {}
    fields = {"code": details.get("code") or details.get("type"), "message": details.get("message"), "param": None}
    return sse("error", 0, fields)
