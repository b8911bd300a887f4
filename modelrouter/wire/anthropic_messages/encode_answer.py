"""Anthropic's Messages: answers and streams encoded.

Every field that the published types require is there, null only where they say so. A whole answer and what the
official library collects from the stream of the same answer are equal.

An answer that has text does not end in a sealed block: callers take the last block for what was said, as answers of
Anthropic's own never end in thinking. Gemini seals its last text; it does not ask for that seal again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.counting import estimated
from modelrouter.wire.anthropic_messages.marks import call_mark, handed_out
from modelrouter.wire.anthropic_messages.outward import CallIds, message_id
from modelrouter.wire.anthropic_messages.thinking import is_asked, is_omitted
from modelrouter.wire.conversation import (
    Answer,
    ArgumentsPiece,
    CallStarted,
    Counted,
    Ended,
    Finish,
    Finished,
    Piece,
    Signed,
    Started,
    Text,
    Thinking,
    ToolCall,
)
from modelrouter.wire.reading import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_REASONS: Mapping[Finish, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def encode(answer: Answer, *, request: Mapping[str, Any], model: str, created: int) -> bytes:
    """Write a whole answer; `model` stands where the provider named none, `created` is a Unix time.

    Thinking, and the signatures of calls, go to those alone who asked for thinking: others read the first block as text.
    """
    answer_id = message_id(answer.id, otherwise=_otherwise(request, created))
    finished = Finished(answer.finish, answer.refusal, answer.stop_sequence)
    has_calls = any(isinstance(part, ToolCall) for part in answer.parts)
    return json_text.write(
        {
            **_head(answer_id, answer.model or model),
            "content": list(_blocks(answer, request, CallIds(answer_id))),
            **_stop(finished, has_calls=has_calls),
            "usage": _usage(answer.usage),
        }
    )


def _otherwise(request: Mapping[str, Any], created: int) -> str:
    return f"{created}:{json_text.text(request)}"


def _head(answer_id: str, model: str) -> dict[str, Any]:
    return {"id": answer_id, "type": "message", "role": "assistant", "model": model}


def _blocks(answer: Answer, request: Mapping[str, Any], ids: CallIds) -> Iterator[dict[str, Any]]:
    shows, omits = is_asked(request), is_omitted(request)
    for part in _ended(_joined(part for part in answer.parts if _is_told(part, shows=shows))):
        if isinstance(part, Text):
            yield {"type": "text", "text": part.text}
        elif isinstance(part, ToolCall):
            if shows and part.issuer and part.signature:
                yield call_mark(part.issuer, part.signature)
            yield {"type": "tool_use", "id": ids.give(part.id), "name": part.name, "input": part.arguments}
        else:
            yield _thinking(part, omits=omits)


def _is_told(part: Text | Thinking | ToolCall, *, shows: bool) -> bool:
    if isinstance(part, Thinking):
        return shows and bool(part.text or part.signature)
    return not isinstance(part, Text) or part.text != ""


def _joined(parts: Iterable[Text | Thinking | ToolCall]) -> list[Text | Thinking | ToolCall]:
    """Join texts that follow one another, and thinking up to its signature, as a stream does."""
    joined: list[Text | Thinking | ToolCall] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(last, Text) and isinstance(part, Text):
            joined[-1] = Text(last.text + part.text)
        elif isinstance(last, Thinking) and isinstance(part, Thinking) and not last.signature:
            joined[-1] = Thinking(last.text + part.text, part.issuer, part.signature, part.redacted)
        else:
            joined.append(part)
    return joined


def _ended(parts: list[Text | Thinking | ToolCall]) -> list[Text | Thinking | ToolCall]:
    """Take sealed blocks off the end of what has text."""
    has_text = any(isinstance(part, Text) for part in parts)
    end = len(parts)
    while has_text and isinstance(last := parts[end - 1], Thinking) and last.redacted and not last.text:
        end -= 1
    return parts[:end]


def _thinking(part: Thinking, *, omits: bool) -> dict[str, Any]:
    if part.redacted and not part.text:
        return {"type": "redacted_thinking", "data": handed_out(part.issuer, part.signature)}
    signature = handed_out(part.issuer, part.signature, sealed=part.redacted)
    return {"type": "thinking", "thinking": "" if omits else part.text, "signature": signature}


def _stop(finished: Finished, *, has_calls: bool) -> dict[str, Any]:
    """Say why the answer ends; calls tell more than a plain end, and a refusal more than either."""
    reason = _REASONS[finished.finish]
    if reason == "end_turn" and has_calls:
        reason = "tool_use"
    elif reason == "end_turn" and finished.stop_sequence is not None:
        reason = "stop_sequence"
    if finished.refusal is not None:
        reason = "refusal"
    sequence = finished.stop_sequence if reason == "stop_sequence" else None
    said: dict[str, Any] = {"stop_reason": reason, "stop_sequence": sequence}
    if reason == "refusal":
        said["stop_details"] = {"type": "refusal", "category": None, "explanation": finished.refusal}
    return said


def _usage(usage: Usage) -> dict[str, Any]:
    said: dict[str, Any] = {
        "input_tokens": usage.input - usage.written,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.output + usage.reasoning,
    }
    return {**said, "output_tokens_details": {"thinking_tokens": usage.reasoning}} if usage.reasoning else said


class Encoder:
    """Writes one stream: the start with the input's tokens, blocks one after the other, the finish, the end.

    The input is the provider's count where that comes with the start, else an estimate. The finish waits for the
    final count; it and the end come from `close`, and only if the provider closed its stream.
    """

    def __init__(self, *, request: Mapping[str, Any], model: str, created: int) -> None:
        self._request = request
        self._model = model
        self._otherwise = (request, created)
        self._shows, self._omits = is_asked(request), is_omitted(request)
        self._started: Started | None = None
        self._begun = False
        self._ids = CallIds("")
        self._index = -1
        self._open: str | None = None
        self._issuer: str | None = None
        self._has_calls = False
        self._has_text = False
        self._sealed: list[dict[str, Any]] = []
        self._usage: Usage | None = None
        self._finished: Finished | None = None
        self._ended = False

    def write(self, pieces: Iterable[Piece]) -> bytes:
        """Write the events for some pieces."""
        written = [event for piece in pieces for event in self._write(piece)]
        if self._started is not None:
            written.extend(self._begin())
        return b"".join(written)

    def close(self) -> bytes:
        """Write the finish and the end; nothing where the stream broke off, so that it shows."""
        if not self._ended:
            return b""
        stop = _stop(self._finished or Finished("stop"), has_calls=self._has_calls)
        delta = {"type": "message_delta", "delta": stop, "usage": _usage(self._usage or Usage())}
        return b"".join([*self._begin(), *self._stop_block(), _event(delta), _event({"type": "message_stop"})])

    def _write(self, piece: Piece) -> Iterator[bytes]:
        if isinstance(piece, Started):
            self._started = piece
        elif isinstance(piece, Counted):
            self._usage = piece.usage
        elif isinstance(piece, Finished):
            self._finished = piece
        elif isinstance(piece, Ended):
            self._ended = True
        elif isinstance(piece, Text | Thinking):
            yield from self._say(piece)
        elif isinstance(piece, CallStarted):
            yield from self._call(piece)
        elif isinstance(piece, ArgumentsPiece):
            yield from self._argue(piece)
        elif isinstance(piece, Signed):
            yield from self._sign(piece)

    def _begin(self) -> Iterator[bytes]:
        """Start the message once, before anything else is told."""
        if self._begun:
            self._started = None
            return
        self._begun = True
        started, self._started = self._started or Started("", None), None
        answer_id = message_id(started.id, otherwise="" if started.id else _otherwise(*self._otherwise))
        self._ids = CallIds(answer_id)
        usage = self._usage or Usage(input=estimated(self._request))
        message = {
            **_head(answer_id, started.model or self._model),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": _usage(usage),
        }
        yield _event({"type": "message_start", "message": message})
        yield _event({"type": "ping"})

    def _say(self, piece: Text | Thinking) -> Iterator[bytes]:
        if not piece.text:
            return
        if isinstance(piece, Text):
            if self._open != "text":
                self._has_text = True
                yield from self._start_block({"type": "text", "text": ""})
            yield self._delta({"type": "text_delta", "text": piece.text})
        elif self._shows:
            if self._open != "thinking":
                yield from self._start_block({"type": "thinking", "thinking": "", "signature": ""})
            self._issuer = piece.issuer
            if not self._omits:
                yield self._delta({"type": "thinking_delta", "thinking": piece.text})

    def _call(self, piece: CallStarted) -> Iterator[bytes]:
        self._has_calls = True
        if self._shows and piece.issuer and piece.signature:
            yield from self._start_block(call_mark(piece.issuer, piece.signature))
        yield from self._begin()
        use = {"type": "tool_use", "id": self._ids.give(piece.id), "name": piece.name, "input": {}}
        yield from self._start_block(use)

    def _argue(self, piece: ArgumentsPiece) -> Iterator[bytes]:
        if piece.text and self._open == "tool_use":
            yield self._delta({"type": "input_json_delta", "partial_json": piece.text})

    def _sign(self, piece: Signed) -> Iterator[bytes]:
        """End a block of thinking with its signature; one that shows no text is a block of its own."""
        if not self._shows:
            return
        if self._open == "thinking":
            signature = handed_out(piece.issuer, piece.signature, sealed=piece.redacted)
        elif piece.redacted:
            yield from self._stop_block()
            self._sealed.append({"type": "redacted_thinking", "data": handed_out(piece.issuer, piece.signature)})
            if not self._has_text:
                yield from self._unseal()
            return
        else:
            yield from self._start_block({"type": "thinking", "thinking": "", "signature": ""})
            signature = handed_out(piece.issuer, piece.signature)
        yield self._delta({"type": "signature_delta", "signature": signature})
        self._open = "signed"
        yield from self._stop_block()

    def _start_block(self, block: dict[str, Any]) -> Iterator[bytes]:
        yield from self._begin()
        yield from self._stop_block()
        yield from self._unseal()
        yield from self._put(block)

    def _unseal(self) -> Iterator[bytes]:
        """Write the sealed blocks that waited for another to follow."""
        waiting, self._sealed = self._sealed, []
        for block in waiting:
            yield from self._begin()
            yield from self._put(block)
            yield from self._stop_block()

    def _put(self, block: dict[str, Any]) -> Iterator[bytes]:
        self._index += 1
        self._open = block["type"]
        yield _event({"type": "content_block_start", "index": self._index, "content_block": block})

    def _stop_block(self) -> Iterator[bytes]:
        """Close the open block; thinking that nobody signed gets a mark instead of a signature."""
        if self._open == "thinking":
            yield self._delta({"type": "signature_delta", "signature": handed_out(self._issuer, None)})
        if self._open is not None:
            yield _event({"type": "content_block_stop", "index": self._index})
        self._open = None

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _event({"type": "content_block_delta", "index": self._index, "delta": delta})


def _event(body: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (body["type"].encode(), json_text.write(body))
