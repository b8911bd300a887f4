"""Google's `generateContent`: answers and streams decoded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
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
    TokenWeight,
    ToolCall,
    Weighed,
)
from modelrouter.wire.gemini.decode_turns import minted
from modelrouter.wire.gemini.dialect import CUT, FILTERED, finish_of, first_candidate, parts_of, read_usage
from modelrouter.wire.gemini.signatures import ISSUER
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.reading import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.wire.sse import Event


def decode(body: Mapping[str, Any]) -> Answer:
    """Read a whole answer; parts of tools that run at the provider are left out, for none was asked for.

    An answer without an id gets one from its content, and so do calls without one.
    """
    candidate = first_candidate(body)
    answer_id = body.get("responseId") or hashlib.sha256(json_text.write(body)).hexdigest()[:24]
    parts = tuple(_joined(part for each in _Parts(answer_id).all(candidate) for part in each))
    finish = finish_of(candidate)
    return Answer(
        id=answer_id,
        model=body.get("modelVersion"),
        parts=parts,
        finish=_finish(finish, has_calls=any(isinstance(part, ToolCall) for part in parts)),
        refusal=_refusal(candidate, finish),
        usage=read_usage(body.get("usageMetadata")) or Usage(),
        logprobs=_weights(candidate) or None,
    )


class _Parts:
    """Reads the parts of one answer, and names the calls that its provider left without a name of their own."""

    def __init__(self, answer_id: str) -> None:
        self._answer_id = answer_id
        self._calls = 0

    def all(self, candidate: Mapping[str, Any]) -> Iterator[Iterator[Text | Thinking | ToolCall]]:
        """Read every part, each as its own series: what is said, and its signature."""
        for part in parts_of(candidate):
            yield self._read(part)

    def _read(self, part: Mapping[str, Any]) -> Iterator[Text | Thinking | ToolCall]:
        signature = part.get("thoughtSignature") or None
        if isinstance(call := part.get("functionCall"), dict):
            yield self._call(call, signature)
            return
        text = part.get("text") or ""
        if part.get("thought"):
            yield Thinking(text, ISSUER, signature)
            return
        if text:
            yield Text(text)
        if signature:
            yield Thinking("", ISSUER, signature, redacted=True)

    def _call(self, call: Mapping[str, Any], signature: str | None) -> ToolCall:
        name, arguments = call["name"], call.get("args") or {}
        wire_id = call.get("id") or minted(self._answer_id, self._calls, name, arguments)
        self._calls += 1
        issuer = ISSUER if signature else None
        return ToolCall(id=wire_id, name=name, arguments=arguments, issuer=issuer, signature=signature)


def _joined(parts: Iterator[Text | Thinking | ToolCall]) -> Iterator[Text | Thinking | ToolCall]:
    """Join texts that follow one another: the provider cuts where it likes."""
    held: Text | None = None
    for part in parts:
        if isinstance(part, Text):
            held = Text(held.text + part.text) if held else part
            continue
        if held:
            yield held
            held = None
        yield part
    if held:
        yield held


def _finish(reason: str | None, *, has_calls: bool) -> Finish:
    """Say why the model stopped; calls come under the word for a plain end."""
    if reason in CUT:
        return "length"
    if reason in FILTERED:
        return "content_filter"
    return "tool_calls" if has_calls else "stop"


def _refusal(candidate: Mapping[str, Any], finish: str | None) -> str | None:
    if finish not in FILTERED:
        return None
    told = candidate.get("finishMessage")
    return told if isinstance(told, str) and told else f"The provider withheld the answer: {finish}."


def _weights(candidate: Mapping[str, Any]) -> tuple[TokenWeight, ...]:
    result = candidate.get("logprobsResult") or {}
    chosen = result.get("chosenCandidates") or []
    top = [entry.get("candidates") or [] for entry in result.get("topCandidates") or []]
    return tuple(
        _weight(token, tuple(_weight(other) for other in top[place]) if place < len(top) else ())
        for place, token in enumerate(chosen)
    )


def _weight(token: Mapping[str, Any], top: tuple[TokenWeight, ...] = ()) -> TokenWeight:
    logprob = token.get("logProbability") or 0.0  # zero is left out, as everywhere in this wire
    if type(logprob) not in (int, float):
        raise MalformedError("a token's logProbability is no number")
    return TokenWeight(token=token.get("token") or "", logprob=float(logprob), top=top)


class Decoder:
    """Reads one stream, event by event."""

    def __init__(self) -> None:
        self._parts: _Parts | None = None
        self._has_calls = False
        self._usage = Usage()

    def read(self, event: Event) -> Iterator[Piece]:
        """Say what an event adds: errors add nothing.

        Raises:
            MalformedError: its data is not JSON.
        """
        body = json_text.read(event.data) if event.data else {}
        if "candidates" not in body and "usageMetadata" not in body:
            return
        candidate = first_candidate(body)
        if self._parts is None:
            answer_id = body.get("responseId") or hashlib.sha256(event.data).hexdigest()[:24]
            self._parts = _Parts(answer_id)
            yield Started(answer_id, body.get("modelVersion"))
        for part in self._parts.all(candidate):
            for said in part:
                yield from self._pieces(said)
        if weights := _weights(candidate):
            yield Weighed(weights)
        finish = finish_of(candidate)
        if finish is not None:
            yield Finished(_finish(finish, has_calls=self._has_calls), _refusal(candidate, finish))
        usage = read_usage(body.get("usageMetadata"))
        if usage is not None:
            self._usage = self._usage.merged(usage)
            yield Counted(self._usage)
        if finish is not None:
            yield Ended()

    def _pieces(self, said: Text | Thinking | ToolCall) -> Iterator[Piece]:
        if isinstance(said, Text):
            yield said
        elif isinstance(said, ToolCall):
            self._has_calls = True
            yield CallStarted(said.id, said.name, said.issuer, said.signature)
            yield ArgumentsPiece(json_text.text(said.arguments))
        else:
            if said.text:
                yield Thinking(said.text, ISSUER)
            if said.signature:
                yield Signed(said.signature, ISSUER, said.redacted)
