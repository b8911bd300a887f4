"""OpenAI's Chat Completions: answers and streams encoded.

Every field that OpenAI's schema requires is there, null only where it may be, and what is optional
is left out rather than null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.conversation import (
    Answer,
    ArgumentsPiece,
    CallStarted,
    Counted,
    Ended,
    Finished,
    Piece,
    Signed,
    Started,
    Text,
    Thinking,
    TokenWeight,
    ToolCall,
    Weighed,
)
from modelrouter.wire.openai_chat.caller import DONE
from modelrouter.wire.openai_chat.calls import ISSUER
from modelrouter.wire.tags import tagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelrouter.wire.reading import Usage


def encode(answer: Answer, *, request: Mapping[str, Any], model: str, created: int) -> bytes:  # noqa: ARG001 - other wires repeat the request
    """Write a whole answer; `model` stands where the provider named none, `created` is a Unix time."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": _joined(answer, Text) or None,
        "refusal": answer.refusal,
    }
    if thinking := _joined(answer, Thinking):
        message["reasoning_content"] = thinking
    if calls := [part for part in answer.parts if isinstance(part, ToolCall)]:
        message["tool_calls"] = [_call(call) for call in calls]
    logprobs = None if answer.logprobs is None else _logprobs(answer.logprobs)
    choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": answer.finish}
    choice |= _stopped_at(answer.stop_sequence)
    return json_text.write(
        {
            "id": chat_id(answer.id),
            "object": "chat.completion",
            "created": created,
            "model": answer.model or model,
            "choices": [choice],
            "usage": _usage(answer.usage),
        }
    )


def _stopped_at(sequence: str | None) -> dict[str, Any]:
    """Say which stop sequence ended the answer, in vLLM's word; OpenAI has none."""
    return {} if sequence is None else {"stop_reason": sequence}


def chat_id(provider_id: str) -> str:
    """Make an id of this wire from another's, the same each time."""
    return provider_id if provider_id.startswith("chatcmpl-") else f"chatcmpl-{provider_id.removeprefix('msg_')}"


def _joined(answer: Answer, kind: type[Text | Thinking]) -> str:
    return "".join(part.text for part in answer.parts if isinstance(part, Text | Thinking) and isinstance(part, kind))


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json_text.text(call.arguments)}
    return {"id": call.id, "type": "function", "function": function, **_signed(call)}


def _signed(call: ToolCall | CallStarted) -> dict[str, Any]:
    """Hand out the signature of a call where Google's own chat server puts it, with its issuer in it."""
    if call.signature is None:
        return {}
    own = call.issuer in (ISSUER, None)
    signature = call.signature if own else tagged(call.issuer or "", call.signature)
    return {"extra_content": {"google": {"thought_signature": signature}}}


def _logprobs(tokens: Iterable[TokenWeight]) -> dict[str, Any]:
    weighed = [{**_weight(token), "top_logprobs": [_weight(other) for other in token.top]} for token in tokens]
    return {"content": weighed, "refusal": None}


def _weight(token: TokenWeight) -> dict[str, Any]:
    return {
        "token": token.token,
        "logprob": token.logprob,
        "bytes": None if token.bytes is None else list(token.bytes),
    }


def _usage(usage: Usage) -> dict[str, Any]:
    prompt, completion = usage.input + usage.cached, usage.output + usage.reasoning
    written = {"cache_write_tokens": usage.written} if usage.written else {}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached, **written},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


class Encoder:
    """Writes one stream: the role once, one id and model throughout, calls counted from 0.

    The finish comes with the piece that tells it; usage, where it was asked for, and the closing word
    come from `close`, and only if the provider closed its stream.
    """

    def __init__(self, *, request: Mapping[str, Any], model: str, created: int) -> None:
        options = request.get("stream_options")
        self._model = model
        self._created = created
        self._include_usage = isinstance(options, dict) and options.get("include_usage") is True
        self._id = "chatcmpl-"
        self._has_role = False
        self._calls = 0
        self._usage: Usage | None = None
        self._ended = False

    def write(self, pieces: Iterable[Piece]) -> bytes:
        """Write the chunks for some pieces."""
        return b"".join(map(self._write, pieces))

    def close(self) -> bytes:
        """Write what follows the last chunk; nothing where the stream broke off, so that it shows."""
        if not self._ended:
            return b""
        usage = b""
        if self._include_usage and self._usage is not None:
            usage = self._event({**self._head(), "choices": [], "usage": _usage(self._usage)})
        return usage + DONE

    def _write(self, piece: Piece) -> bytes:
        if isinstance(piece, Text):
            return self._chunk({"content": piece.text})
        if isinstance(piece, ArgumentsPiece):
            return self._call({"function": {"arguments": piece.text}})
        if isinstance(piece, Thinking):
            return self._chunk({"reasoning_content": piece.text})
        if isinstance(piece, CallStarted):
            self._calls += 1
            function = {"name": piece.name, "arguments": ""}
            return self._call({"id": piece.id, "type": "function", "function": function, **_signed(piece)})
        if isinstance(piece, Finished):
            refusal = b"" if piece.refusal is None else self._chunk({"refusal": piece.refusal})
            return refusal + self._chunk({}, piece.finish, **_stopped_at(piece.stop_sequence))
        return self._note(piece)

    def _note(self, piece: Started | Signed | Weighed | Counted | Ended) -> bytes:
        if isinstance(piece, Started):
            self._id, self._model = chat_id(piece.id), piece.model or self._model
            return self._chunk({"content": ""})
        if isinstance(piece, Weighed):
            return self._chunk({"content": ""}, logprobs=_logprobs(piece.tokens))
        if isinstance(piece, Counted):
            self._usage = piece.usage
        elif isinstance(piece, Ended):
            self._ended = True
        return b""

    def _call(self, call: dict[str, Any]) -> bytes:
        return self._chunk({"tool_calls": [{"index": self._calls - 1, **call}]})

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **members: Any) -> bytes:
        if not self._has_role:
            self._has_role = True
            delta = {"role": "assistant", **delta}
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish, **members}
        usage = {"usage": None} if self._include_usage else {}
        return self._event({**self._head(), "choices": [choice], **usage})

    def _head(self) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
        }

    @staticmethod
    def _event(body: dict[str, Any]) -> bytes:
        return b"data: " + json_text.write(body) + b"\n\n"
