"""OpenAI's Responses: answers and streams encoded.

One machine makes both: a whole answer is what a stream of its pieces ends with, so that callers of either see the same.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

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
from modelrouter.wire.openai_responses.blocks import (
    CustomCall,
    FunctionCall,
    Happening,
    Message,
    Reasoning,
    Status,
)
from modelrouter.wire.openai_responses.caller import event
from modelrouter.wire.openai_responses.ids import item_id, response_id
from modelrouter.wire.openai_responses.response import blank, outcome, usage_of
from modelrouter.wire.openai_responses.signatures import packed
from modelrouter.wire.openai_responses.tools import by_name
from modelrouter.wire.reading import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from modelrouter.wire.openai_responses.signatures import Owner

_Block = TypeVar("_Block", Message, Reasoning, FunctionCall, CustomCall)


def encode(answer: Answer, *, request: Mapping[str, Any], model: str, created: int) -> bytes:
    """Write a whole answer; `model` stands where the provider named none, `created` is a Unix time."""
    machine = _Machine(request=request, model=model, created=created)
    machine.write(_pieces(answer))
    machine.close()
    return json_text.write(machine.response)


def _pieces(answer: Answer) -> Iterator[Piece]:
    yield Started(answer.id, answer.model)
    texts = [part for part in answer.parts if isinstance(part, Text)]
    weights = iter(_shared(answer.logprobs or (), texts))
    for part in answer.parts:
        if isinstance(part, ToolCall):
            yield CallStarted(part.id, part.name, part.issuer, part.signature)
            yield ArgumentsPiece(json_text.text(part.arguments))
        elif isinstance(part, Thinking):
            yield Thinking(part.text)
            if part.signature is not None and part.issuer is not None:
                yield Signed(part.signature, part.issuer, part.redacted)
        else:
            yield part
            yield Weighed(next(weights))
    yield Finished(answer.finish, answer.refusal, answer.stop_sequence)
    yield Counted(answer.usage)
    yield Ended()


def _shared(weights: Sequence[TokenWeight], texts: Sequence[Text]) -> Iterator[tuple[TokenWeight, ...]]:
    """Give each text the tokens that it was made of; the last one gets all that are left."""
    place = 0
    for text in texts[:-1]:
        start, left = place, len(text.text)
        while left > 0 and place < len(weights):
            left -= len(weights[place].token)
            place += 1
        yield tuple(weights[start:place])
    yield tuple(weights[place:])


class Encoder:
    """Writes one stream with the whole grammar of its events: numbered, each with its place, every item closed.

    The end comes from `close`, and only if the provider closed its stream.
    """

    def __init__(self, *, request: Mapping[str, Any], model: str, created: int) -> None:
        self._machine = _Machine(request=request, model=model, created=created)
        self._numbers = count()

    def write(self, pieces: Iterable[Piece]) -> bytes:
        """Write the events for some pieces."""
        return self._written(self._machine.write(pieces))

    def close(self) -> bytes:
        """Write the last events; nothing where the stream broke off, so that it shows."""
        return self._written(self._machine.close())

    def _written(self, happenings: Iterable[Happening]) -> bytes:
        return b"".join(
            event(kind, {"sequence_number": next(self._numbers), **members}) for kind, members in happenings
        )


class _Machine:
    """Turns pieces into events, and keeps the response as it stands."""

    def __init__(self, *, request: Mapping[str, Any], model: str, created: int) -> None:
        self.response = blank(request, response_id=response_id(""), model=model, created=created)
        self._tools = by_name(request)
        self._answer_id = ""
        self._has_begun = False
        self._open: Message | Reasoning | FunctionCall | CustomCall | None = None
        self._output: list[dict[str, Any]] = []
        self._finish: Finish | None = None
        self._usage = Usage()
        self._ended = False
        self._told: list[Happening] = []

    def write(self, pieces: Iterable[Piece]) -> list[Happening]:
        """Say what some pieces make happen."""
        held = ""  # weights come behind their text, and belong into its event
        for piece in pieces:
            if isinstance(piece, Text):
                self._say(held)
                held = piece.text
                continue
            self._say(held, piece.tokens if isinstance(piece, Weighed) else ())
            held = ""
            self._read(piece)
        self._say(held)
        return self._taken()

    def close(self) -> list[Happening]:
        """Say how it ends, where the provider told an end."""
        if not self._ended:
            return []
        self._begin()
        self._close()
        whole = {"output": self._output, "usage": usage_of(self._usage), **outcome(self._finish)}
        self.response.update(whole)
        self._told.append((f"response.{whole['status']}", {"response": self.response}))
        return self._taken()

    def _taken(self) -> list[Happening]:
        told, self._told = self._told, []
        return told

    def _read(self, piece: Piece) -> None:
        if isinstance(piece, ArgumentsPiece):
            if isinstance(self._open, FunctionCall | CustomCall):
                self._told.extend(self._open.add(piece.text))
        elif isinstance(piece, Thinking):
            if piece.text:
                self._told.extend(self._reasoning().add(piece.text))
        elif isinstance(piece, Signed):
            self._sign("redacted" if piece.redacted else "thinking", piece.issuer, piece.signature)
        elif isinstance(piece, CallStarted):
            self._call(piece)
        elif isinstance(piece, Started):
            self._start(piece)
        elif isinstance(piece, Finished):
            self._finished(piece)
        elif isinstance(piece, Counted):
            self._usage = piece.usage
        elif isinstance(piece, Ended):
            self._ended = True

    def _start(self, piece: Started) -> None:
        """Take the id and the model of who answers; what has been told once stays."""
        if not self._has_begun:
            self._answer_id = piece.id
            self.response.update(id=response_id(piece.id), model=piece.model or self.response["model"])
            self._begin()

    def _begin(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        for kind in ("response.created", "response.in_progress"):
            self._told.append((kind, {"response": {**self.response}}))

    def _say(self, text: str, weights: Sequence[TokenWeight] = ()) -> None:
        if text or weights:
            self._told.extend(self._message().add(text, weights))

    def _message(self) -> Message:
        if isinstance(self._open, Message):
            return self._open
        self._close()
        return self._opened(Message(len(self._output), self._new_id("msg")))

    def _reasoning(self) -> Reasoning:
        if isinstance(self._open, Reasoning):
            return self._open
        self._close()
        return self._opened(Reasoning(len(self._output), self._new_id("rs")))

    def _sign(self, owner: Owner, issuer: str, signature: str) -> None:
        """Close the reasoning with its signature; one that belongs to a call stands in reasoning of its own."""
        if owner == "call":
            self._close()
        self._reasoning().encrypted = packed(owner, issuer, signature)
        self._close()

    def _call(self, piece: CallStarted) -> None:
        if piece.signature is not None and piece.issuer is not None:
            self._sign("call", piece.issuer, piece.signature)
        self._close()
        declared = self._tools.get(piece.name)
        names = {"name": declared.own if declared else piece.name}
        if declared and declared.namespace is not None:
            names["namespace"] = declared.namespace
        place = len(self._output)
        if declared and declared.is_custom:
            self._opened(CustomCall(place, self._new_id("ctc"), piece.id, names))
        else:
            self._opened(FunctionCall(place, self._new_id("fc"), piece.id, names))

    def _finished(self, piece: Finished) -> None:
        self._finish = piece.finish
        if piece.refusal is not None:
            self._told.extend(self._message().refuse(piece.refusal))
        self._close("incomplete" if outcome(piece.finish)["status"] == "incomplete" else "completed")

    def _new_id(self, prefix: str) -> str:
        return item_id(prefix, self._answer_id, len(self._output))

    def _opened(self, block: _Block) -> _Block:
        self._begin()
        self._open = block
        self._told.extend(block.open())
        return block

    def _close(self, status: Status = "completed") -> None:
        if self._open is None:
            return
        block, self._open = self._open, None
        self._told.extend(block.close(status))
        if block.item is not None:
            self._output.append(block.item)
