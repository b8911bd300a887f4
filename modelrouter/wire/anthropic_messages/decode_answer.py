"""Anthropic's Messages: answers and streams decoded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.dialect import FINISHES, read_usage
from modelrouter.wire.anthropic_messages.marks import ISSUER
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
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.reading import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.wire.sse import Event


def decode(body: Mapping[str, Any]) -> Answer:
    """Read a whole answer; blocks of tools that run at the provider are left out, for none was asked for.

    An answer without an id gets one from its content.

    Raises:
        MalformedError: it stopped for a reason that is no end.
    """
    parts = tuple(part for block in body.get("content") or () for part in _parts(block))
    has_calls = any(isinstance(part, ToolCall) for part in parts)
    return Answer(
        id=body.get("id") or hashlib.sha256(json_text.write(body)).hexdigest()[:24],
        model=body.get("model"),
        parts=parts,
        finish=_finish(body.get("stop_reason"), has_calls=has_calls),
        refusal=_refusal(body),
        usage=read_usage(body.get("usage")) or Usage(),
        stop_sequence=body.get("stop_sequence"),
    )


def _parts(block: Mapping[str, Any]) -> Iterator[Text | Thinking | ToolCall]:
    kind = block.get("type")
    if kind == "text":
        yield Text(block["text"])
    elif kind == "thinking":
        yield Thinking(block["thinking"], ISSUER, block.get("signature") or None)
    elif kind == "redacted_thinking":
        yield Thinking("", ISSUER, block["data"], redacted=True)
    elif kind == "tool_use":
        yield ToolCall(id=block["id"], name=block["name"], arguments=block.get("input") or {})


def _finish(reason: str | None, *, has_calls: bool) -> Finish:
    """Say why the model stopped; calls tell more than the word for a plain end, which some servers give with them."""
    finish = "stop" if reason is None else FINISHES.get(reason)
    if finish is None:
        raise MalformedError(f"the answer stopped for a reason that is no end: {str(reason)[:40]!r}")
    if finish in ("stop", "tool_calls"):
        return "tool_calls" if has_calls else "stop"
    return finish


def _refusal(stopped: Mapping[str, Any]) -> str | None:
    if stopped.get("stop_reason") != "refusal":
        return None
    details = stopped.get("stop_details") or {}
    return details.get("explanation") or "The model refused to answer."


class Decoder:
    """Reads one stream, event by event."""

    def __init__(self) -> None:
        self._has_calls = False
        self._signature = ""
        self._usage = Usage()

    def read(self, event: Event) -> Iterator[Piece]:
        """Say what an event adds: errors and events of unknown types add nothing.

        Raises:
            MalformedError: its data is not JSON.
        """
        body = json_text.read(event.data) if event.data else {}
        kind = body.get("type")
        if kind == "content_block_delta":
            yield from self._delta(body["delta"])
        elif kind == "content_block_start":
            yield from self._signed()
            yield from self._block(body["content_block"])
        elif kind == "content_block_stop":
            yield from self._signed()
        elif kind == "message_start":
            yield Started(body["message"].get("id") or "", body["message"].get("model"))
            yield from self._counted(body["message"].get("usage"))
        elif kind == "message_delta":
            yield from self._signed()
            yield from self._finished(body["delta"])
            yield from self._counted(body.get("usage"))
        elif kind == "message_stop":
            yield Ended()

    def _finished(self, delta: Mapping[str, Any]) -> Iterator[Piece]:
        if delta.get("stop_reason"):
            finish = _finish(delta["stop_reason"], has_calls=self._has_calls)
            yield Finished(finish, _refusal(delta), delta.get("stop_sequence"))

    def _delta(self, delta: Mapping[str, Any]) -> Iterator[Piece]:
        kind = delta.get("type")
        if kind == "text_delta":
            yield Text(delta["text"])
        elif kind == "thinking_delta":
            yield Thinking(delta["thinking"], ISSUER)
        elif kind == "input_json_delta":
            yield ArgumentsPiece(delta["partial_json"])
        elif kind == "signature_delta":
            self._signature = delta["signature"]

    def _signed(self) -> Iterator[Piece]:
        """Tell the signature of the block that ends; where several came, the last counts, as in Anthropic's library."""
        if self._signature:
            yield Signed(self._signature, ISSUER)
            self._signature = ""

    def _block(self, block: Mapping[str, Any]) -> Iterator[Piece]:
        """Read the start of a block; some servers put its whole content there."""
        for part in _parts(block):
            if isinstance(part, ToolCall):
                self._has_calls = True
                yield CallStarted(part.id, part.name)
                if part.arguments:
                    yield ArgumentsPiece(json_text.text(part.arguments))
            elif isinstance(part, Thinking):
                yield from self._thinking(part)
            elif part.text:
                yield part

    def _thinking(self, part: Thinking) -> Iterator[Piece]:
        if part.redacted:
            yield Signed(part.signature or "", ISSUER, redacted=True)
            return
        self._signature = part.signature or ""
        if part.text:
            yield Thinking(part.text, ISSUER)

    def _counted(self, usage: object) -> Iterator[Piece]:
        """Tell the tokens so far; the count at the end may leave out the input."""
        read = read_usage(usage)
        if read is not None:
            self._usage = self._usage.merged(read)
            yield Counted(self._usage)
