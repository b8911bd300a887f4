"""OpenAI's Chat Completions: answers and streams decoded, of whoever speaks this wire."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.conversation import (
    Answer,
    Counted,
    Ended,
    Finish,
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
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_chat.arguments import read_arguments
from modelrouter.wire.openai_chat.calls import ISSUER, Calls, minted, signature_of
from modelrouter.wire.openai_chat.dialect import read_usage
from modelrouter.wire.reading import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.wire.sse import Event

__all__ = ["ISSUER", "UNSIGNED", "Decoder", "decode"]

UNSIGNED = "-"
"""Stands for the signature of reasoning, of which this wire has none: where another wire carries it back, it says whose
the reasoning is, so that those who want theirs back can have it."""

_FINISHES: Mapping[str, Finish] = {
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "safety": "content_filter",
    "refusal": "content_filter",
}
"""The others are ends, of which calls tell which; those that mean a failure never come here."""


def decode(body: Mapping[str, Any]) -> Answer:
    """Read a whole answer; one without an id gets one from its content.

    Raises:
        MalformedError: there is no choice, or the arguments of a call are no object although nothing cut them off.
    """
    if not body["choices"]:
        raise MalformedError("an answer without choices")
    choice = body["choices"][0]
    message = choice["message"]
    answer_id = body.get("id") or hashlib.sha256(json_text.write(body)).hexdigest()[:24]
    reason, refusal = choice.get("finish_reason"), message.get("refusal") or None
    is_cut = _FINISHES.get(reason or "") == "length"
    calls = tuple(_calls(message, answer_id, cut=is_cut))
    return Answer(
        id=answer_id,
        model=body.get("model"),
        parts=(*_said(message), *calls),
        finish=_finish(reason, has_calls=bool(calls), refused=refusal is not None),
        refusal=refusal,
        usage=read_usage(body.get("usage")) or Usage(),
        logprobs=_weights(choice.get("logprobs")),
        stop_sequence=_sequence(choice),
    )


def _sequence(choice: Mapping[str, Any]) -> str | None:
    """Find which stop sequence ended the answer; vLLM and SGLang alone say, and put a token's number there as well."""
    said = choice.get("stop_reason") or choice.get("matched_stop")
    return said if isinstance(said, str) else None


def _said(message: Mapping[str, Any]) -> Iterator[Text | Thinking]:
    """Read reasoning and text; Mistral puts both into one list of parts."""
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        yield Thinking(reasoning, ISSUER, UNSIGNED)
    content = message.get("content")
    for part in [content] if isinstance(content, str) else content or ():
        if isinstance(part, dict) and part.get("type") == "thinking":
            thoughts = part.get("thinking") or ()
            text = thoughts if isinstance(thoughts, str) else "".join(thought.get("text") or "" for thought in thoughts)
            yield from [Thinking(text, ISSUER, UNSIGNED)] if text else ()
        elif text := part if isinstance(part, str) else part.get("text") or "":
            yield Text(text)


def _calls(message: Mapping[str, Any], answer: str, *, cut: bool) -> Iterator[ToolCall]:
    """Read the calls; of one that a limit cut off nothing is told, for it would be another call."""
    entries = message.get("tool_calls") or ()
    if not entries and message.get("function_call"):
        entries = ({"function": message["function_call"]},)
    used: set[str] = set()
    count = 0
    for entry in entries:
        read = read_arguments(entry["function"].get("arguments"))
        if read is None and not cut:
            raise MalformedError("the arguments of a call are no object")
        for arguments in read or ():
            given, signature = entry.get("id"), signature_of(entry)
            call_id = given if given and given not in used else minted(answer, count)
            used.add(call_id)
            count += 1
            issuer = ISSUER if signature else None
            name = entry["function"]["name"]
            yield ToolCall(id=call_id, name=name, arguments=arguments, issuer=issuer, signature=signature)


def _finish(reason: str | None, *, has_calls: bool, refused: bool) -> Finish:
    """Say why the model stopped: what it did tells more than the word for a plain end, which some give with calls."""
    return _FINISHES.get((reason or "").lower()) or (
        "content_filter" if refused else "tool_calls" if has_calls else "stop"
    )


def _weights(logprobs: object) -> tuple[TokenWeight, ...] | None:
    tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
    return tuple(map(_weight, tokens)) if isinstance(tokens, list) and tokens else None


def _weight(token: Mapping[str, Any]) -> TokenWeight:
    spelled = token.get("bytes")
    return TokenWeight(
        token=token["token"],
        logprob=token["logprob"],
        bytes=None if spelled is None else tuple(spelled),
        top=tuple(map(_weight, token.get("top_logprobs") or ())),
    )


class Decoder:
    """Reads one stream, event by event.

    Why it stopped is told at its end, by its last word or by `close`: some servers give a reason with every chunk,
    or with every call.
    """

    def __init__(self) -> None:
        self._calls = Calls()
        self._has_started = False
        self._is_thinking = False
        self._reason: str | None = None
        self._sequence: str | None = None
        self._has_finished = False
        self._counts_functions = True
        self._refusal = ""
        self._usage = Usage()

    def read(self, event: Event) -> Iterator[Piece]:
        """Say what an event adds: errors add nothing.

        Raises:
            MalformedError: its data is not JSON, arguments of a call are no object, or content follows the last word.
        """
        if not event.data or event.name == "error":
            return
        if event.data.startswith(b"[DONE]"):
            self._reason = self._reason or "stop"  # who never said why has stopped by itself
            yield from self.close()
            return
        body = json_text.read(event.data)
        if not isinstance(body, dict):
            return
        choices = body.get("choices") or ()
        for choice in choices[:1]:
            yield from self._choice(body, choice)
        usage = read_usage(body.get("usage"))
        if usage is not None:
            self._usage = self._usage.merged(usage)
            yield Counted(self._usage)

    def _choice(self, body: Mapping[str, Any], choice: Mapping[str, Any]) -> Iterator[Piece]:
        if not self._has_started:
            self._has_started = True
            self._calls.answer = body.get("id") or hashlib.sha256(json_text.write(body)).hexdigest()[:24]
            yield Started(self._calls.answer, body.get("model"))
        for piece in self._delta(choice.get("delta") or {}, choice.get("logprobs")):
            if self._has_finished:
                raise MalformedError("content follows the last word")
            if not isinstance(piece, Thinking):
                yield from self._signed()
            self._is_thinking = isinstance(piece, Thinking)
            yield piece
        self._sequence = _sequence(choice) or self._sequence
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason and (_FINISHES.get(reason) or not _FINISHES.get(self._reason or "")):
            self._reason = reason

    def close(self) -> Iterator[Piece]:
        """Say why it stopped, where that is known and was not said yet: some servers close without a last word.

        Raises:
            MalformedError: arguments of a call break off, or are no object.
        """
        if self._reason is None or self._has_finished:
            return
        yield from self._signed()
        finish = _finish(self._reason, has_calls=bool(self._calls), refused=bool(self._refusal))
        yield from self._calls.close(cut=finish in ("length", "content_filter"))
        self._has_finished = True
        yield Finished(finish, self._refusal or None, self._sequence)
        yield Ended()

    def _delta(self, delta: Mapping[str, Any], logprobs: object) -> Iterator[Piece]:
        yield from (Thinking(part.text, ISSUER) if isinstance(part, Thinking) else part for part in _said(delta))
        if (weights := _weights(logprobs)) is not None:
            yield Weighed(weights)
        if delta.get("refusal"):
            self._refusal += delta["refusal"]
        entries = delta.get("tool_calls") or ()
        if entries:
            self._counts_functions = False  # some servers say each call twice, in both forms
        elif delta.get("function_call") and self._counts_functions:
            entries = ({"index": 0, "function": delta["function_call"]},)
        for entry in entries:
            yield from self._calls.add(entry)

    def _signed(self) -> Iterator[Piece]:
        if self._is_thinking:
            self._is_thinking = False
            yield Signed(UNSIGNED, ISSUER)
