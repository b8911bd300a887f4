"""Google's `generateContent`: answers and streams encoded.

A stream is a row of answers with one more piece in each. Calls have no pieces here: one is written when it is whole.
The finish is what ends a stream of this wire, so it is written last of all and only behind an end.
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
from modelrouter.wire.gemini.members import member
from modelrouter.wire.gemini.signatures import ISSUER, handed_out, hidden
from modelrouter.wire.malformed import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from modelrouter.wire.reading import Usage

_FINISHES: Mapping[Finish, str] = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
}
_UNREADABLE = "MALFORMED_FUNCTION_CALL"
"""Google's own word for a call whose arguments are no object."""


def encode(answer: Answer, *, request: Mapping[str, Any], model: str, created: int) -> bytes:  # noqa: ARG001 - other wires tell the time
    """Write a whole answer; `model` stands where the provider named none."""
    parts = [_part(part) for part in answer.parts] if _shows(request) else list(_without_thoughts(answer.parts))
    candidate = _candidate(parts or [{"text": ""}], answer.logprobs)
    candidate.update(_ending(answer.finish, answer.refusal))
    return json_text.write(
        {
            "candidates": [candidate],
            "usageMetadata": _usage(answer.usage),
            "modelVersion": answer.model or model,
            "responseId": answer.id,
        }
    )


def _shows(request: Mapping[str, Any]) -> bool:
    """Whether the caller asked to see thoughts; without that, this wire shows none."""
    thinking = member(member(request, "generationConfig"), "thinkingConfig")
    return member(thinking, "includeThoughts") is True


def _without_thoughts(parts: Iterable[Text | Thinking | ToolCall]) -> Iterator[dict[str, Any]]:
    held: list[Thinking] = []
    for part in parts:
        if isinstance(part, Thinking):
            held.extend([part] if part.issuer and part.signature else [])
            continue
        yield from _carrying(_part(part), held)
        held = []
    yield from _carrying(None, held)


def _carrying(part: dict[str, Any] | None, held: list[Thinking]) -> Iterator[dict[str, Any]]:
    """Hide the thoughts before a part in its signature; an empty text carries them where it has one of its own."""
    signature = {"thoughtSignature": hidden(held)} if held else {}
    if signature and (part is None or "thoughtSignature" in part):
        yield {"text": "", **signature}
        signature = {}
    if part is not None:
        yield {**part, **signature}


def _candidate(parts: list[dict[str, Any]], logprobs: tuple[TokenWeight, ...] | None = None) -> dict[str, Any]:
    weighed = {"logprobsResult": _weights(logprobs)} if logprobs else {}
    return {"content": {"parts": parts, "role": "model"}, "index": 0, **weighed}


def _part(part: Text | Thinking | ToolCall) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"text": part.text}
    if isinstance(part, Thinking):
        return _thought(part.text, part.issuer, part.signature, redacted=part.redacted)
    return _call(part.id, part.name, part.arguments, part.issuer, part.signature)


def _thought(text: str, issuer: str | None, signature: str | None, *, redacted: bool = False) -> dict[str, Any]:
    signed = _signed(issuer, signature, redacted=redacted)
    if redacted and issuer == ISSUER:
        return {"text": text, **signed}  # the provider's own signature of a text that came before
    return {"text": text, "thought": True, **signed}


def _call(
    wire_id: str, name: str, arguments: Mapping[str, Any], issuer: str | None, signature: str | None
) -> dict[str, Any]:
    return {"functionCall": {"id": wire_id, "name": name, "args": arguments}, **_signed(issuer, signature)}


def _signed(issuer: str | None, signature: str | None, *, redacted: bool = False) -> dict[str, str]:
    if issuer is None or not signature:
        return {}
    return {"thoughtSignature": handed_out(issuer, signature, redacted=redacted)}


def _ending(finish: Finish, refusal: str | None) -> dict[str, Any]:
    if refusal is not None:
        return {"finishReason": _FINISHES["content_filter"], "finishMessage": refusal}
    return {"finishReason": _FINISHES[finish]}


def _usage(usage: Usage) -> dict[str, int]:
    prompt = usage.input + usage.cached
    counts = {"cachedContentTokenCount": usage.cached, "thoughtsTokenCount": usage.reasoning}
    return {
        "promptTokenCount": prompt,
        "candidatesTokenCount": usage.output,
        "totalTokenCount": prompt + usage.output + usage.reasoning,
        **{name: count for name, count in counts.items() if count},
    }


def _weights(tokens: Iterable[TokenWeight]) -> dict[str, Any]:
    tokens = list(tokens)
    chosen = [_weight(token) for token in tokens]
    top = [{"candidates": [_weight(other) for other in token.top]} for token in tokens]
    return {"chosenCandidates": chosen, **({"topCandidates": top} if any(token.top for token in tokens) else {})}


def _weight(token: TokenWeight) -> dict[str, Any]:
    return {"token": token.token, "logProbability": token.logprob}


class Encoder:
    """Writes one stream: one id and model throughout, the finish with the usage in the last event."""

    def __init__(self, *, request: Mapping[str, Any], model: str, created: int) -> None:  # noqa: ARG002 - other wires tell the time
        self._shows = _shows(request)
        self._thought: list[str] = []
        self._held: list[Thinking] = []
        self._id = ""
        self._model = model
        self._call: CallStarted | None = None
        self._arguments: list[str] = []
        self._finished: Finished | None = None
        self._usage: Usage | None = None
        self._unreadable = False
        self._ended = False

    def write(self, pieces: Iterable[Piece]) -> bytes:
        """Write the events for some pieces."""
        return b"".join(self._event(candidate) for piece in pieces for candidate in self._candidates(piece))

    def close(self) -> bytes:
        """Write the last event; nothing where the stream broke off, so that it shows."""
        if not self._ended:
            return b""
        finished = self._finished or Finished("stop")
        candidate = _candidate(self._parts(None) or [{"text": ""}])
        candidate.update(_ending(finished.finish, finished.refusal))
        if self._unreadable and finished.finish != "length":
            candidate["finishReason"] = _UNREADABLE
        return self._event(candidate, {"usageMetadata": _usage(self._usage)} if self._usage else {})

    def _candidates(self, piece: Piece) -> Iterator[dict[str, Any]]:
        if isinstance(piece, ArgumentsPiece):
            self._arguments.append(piece.text)
            return
        if isinstance(piece, Counted):  # may come between the arguments of a call
            self._usage = piece.usage
            return
        if self._call is not None:
            yield from self._whole(self._call)
        yield from self._said(piece)

    def _whole(self, call: CallStarted) -> Iterator[dict[str, Any]]:
        """Write the call that has ended; one that was cut off or garbled is none."""
        text, self._call, self._arguments = "".join(self._arguments), None, []
        try:
            arguments = json_text.read(text) if text.strip() else {}
        except MalformedError:
            arguments = None
        if isinstance(arguments, dict):
            yield _candidate(self._parts(_call(call.id, call.name, arguments, call.issuer, call.signature)))
        else:
            self._unreadable = True

    def _parts(self, part: dict[str, Any] | None) -> list[dict[str, Any]]:
        """Write a part, and what was hidden before it."""
        held, self._held, self._thought = self._held, [], []
        return list(_carrying(part, held))

    def _said(
        self, piece: Text | Thinking | Signed | Weighed | CallStarted | Started | Finished | Ended
    ) -> Iterator[dict[str, Any]]:
        if isinstance(piece, Text):
            yield _candidate(self._parts({"text": piece.text}))
        elif isinstance(piece, Thinking):
            self._thought.append(piece.text)
            if self._shows:
                yield _candidate([_thought(piece.text, None, None)])
        elif isinstance(piece, Signed):
            thought, self._thought = "".join(self._thought), []
            if self._shows:
                yield _candidate([_thought("", piece.issuer, piece.signature, redacted=piece.redacted)])
            else:
                self._held.append(Thinking(thought, piece.issuer, piece.signature, piece.redacted))
        elif isinstance(piece, Weighed):
            yield _candidate([{"text": ""}], piece.tokens)
        elif isinstance(piece, CallStarted):
            self._call = piece
        elif isinstance(piece, Started):
            self._id, self._model = piece.id, piece.model or self._model
        elif isinstance(piece, Finished):
            self._finished = piece
        else:
            self._ended = True

    def _event(self, candidate: dict[str, Any], usage: Mapping[str, Any] | None = None) -> bytes:
        body = {"candidates": [candidate], **(usage or {}), "modelVersion": self._model, "responseId": self._id}
        return b"data: " + json_text.write(body) + b"\n\n"
