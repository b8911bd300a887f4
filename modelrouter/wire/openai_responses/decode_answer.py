"""OpenAI's Responses: answers and streams decoded."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
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
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_responses.dialect import read_usage
from modelrouter.wire.openai_responses.signatures import ISSUER
from modelrouter.wire.reading import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from modelrouter.wire.sse import Event

_INCOMPLETE: Mapping[str, Finish] = {"max_output_tokens": "length", "content_filter": "content_filter"}


def decode(body: Mapping[str, Any]) -> Answer:
    """Read a whole answer; items of tools that run at the provider are left out, for none was asked for.

    An answer without an id gets one from its content.

    Raises:
        MalformedError: the arguments of a call are no JSON object, although the answer is complete.
    """
    items = [item for item in body.get("output") or () if isinstance(item, dict)]
    parts = tuple(part for item in items for part in _parts(item, cut=body.get("status") == "incomplete"))
    weights = tuple(weight for part in _contents(items) for weight in _weights(part.get("logprobs")))
    return Answer(
        id=body.get("id") or hashlib.sha256(json_text.write(body)).hexdigest()[:24],
        model=body.get("model"),
        parts=parts,
        finish=_finish(body, has_calls=any(isinstance(part, ToolCall) for part in parts)),
        refusal="".join(part["refusal"] for part in _contents(items) if part.get("refusal")) or None,
        usage=read_usage(body.get("usage")) or Usage(),
        logprobs=weights or None,
    )


def _contents(items: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for item in items:
        if item.get("type") == "message":
            yield from item.get("content") or ()


def _parts(item: Mapping[str, Any], *, cut: bool) -> Iterator[Text | Thinking | ToolCall]:
    kind = item.get("type")
    if kind == "message":
        for part in item.get("content") or ():
            if part.get("type") == "output_text":
                yield Text(part["text"])
    elif kind == "reasoning":
        encrypted = item.get("encrypted_content") or None
        text = _shown(item)
        if text or encrypted:
            yield Thinking(text, ISSUER, encrypted, redacted=encrypted is not None)
    elif kind == "function_call":
        for place, arguments in enumerate(_arguments(item.get("arguments"), cut=cut)):
            own = item.get("call_id") or item.get("id") or ""
            yield ToolCall(id=f"{own}_{place}" if place else own, name=item["name"], arguments=arguments)


def _shown(item: Mapping[str, Any]) -> str:
    return "\n\n".join(part["text"] for part in item.get("summary") or item.get("content") or ())


def _arguments(text: Any, *, cut: bool) -> list[Mapping[str, Any]]:
    """Read the arguments of a call; models have been seen to put those of several into one text.

    Those that a limit cut off are nobody's: the call is left out.
    """
    rest = (text or "").strip() or "{}"
    found = []
    try:
        while rest:
            value, end = _JSON.raw_decode(rest)
            found.append(value)
            rest = rest[end:].lstrip()
    except (ValueError, RecursionError):
        found = [None]
    if all(isinstance(value, dict) for value in found):
        return found
    if cut:
        return []
    raise MalformedError("the arguments of a call are no JSON object")


_JSON = json.JSONDecoder()


def _finish(body: Mapping[str, Any], *, has_calls: bool) -> Finish:
    reason = (body.get("incomplete_details") or {}).get("reason")
    if reason is not None or body.get("status") == "incomplete":
        return _INCOMPLETE.get(str(reason), "length")
    return "tool_calls" if has_calls else "stop"


def _weights(logprobs: Any) -> tuple[TokenWeight, ...]:
    return tuple(_weight(each) for each in logprobs or ())


def _weight(said: Mapping[str, Any]) -> TokenWeight:
    known = said.get("bytes")
    return TokenWeight(
        token=said["token"],
        logprob=said["logprob"],
        bytes=tuple(known) if isinstance(known, list) else None,
        top=tuple(_weight(each) for each in said.get("top_logprobs") or ()),
    )


@dataclass(slots=True)
class _Item:
    """An item of a stream: what of it has not been told because another came before, and whether it is over."""

    key: object
    kind: str | None
    waiting: list[Piece] = field(default_factory=list)
    has_spoken: bool = False
    is_done: bool = False


class Decoder:
    """Reads one stream, event by event; items that the provider mixes are told one after the other."""

    def __init__(self) -> None:
        self._items: list[_Item] = []
        self._has_calls = False
        self._told_any = False
        self._refusal: list[str] = []

    def read(self, event: Event) -> Iterator[Piece]:
        """Say what an event adds: errors and events of unknown types add nothing.

        Raises:
            MalformedError: its data is not JSON.
        """
        if not event.data or event.data.startswith(b"[DONE]"):
            return
        body = json_text.read(event.data)
        kind = str(body.get("type") or event.name)
        if kind == "response.created":
            response = body.get("response") or {}
            yield Started(response.get("id") or "", response.get("model"))
        elif kind in _ENDS:
            yield from self._end(body.get("response") or {}, kind)
        elif kind == "response.refusal.delta":
            self._refusal.append(body["delta"])
        elif kind == "response.output_item.added":
            self._add(body)
            yield from self._flow()
        elif kind == "response.output_item.done":
            self._done(body)
            yield from self._flow()
        elif kind in _ADDING:
            item = self._item_of(body)
            pieces = list(_ADDING[kind](body))
            item.has_spoken = item.has_spoken or bool(pieces)
            item.waiting.extend(pieces)
            yield from self._flow()

    def _add(self, body: Mapping[str, Any]) -> _Item:
        said = body["item"]
        item = _Item(_key(said.get("id"), body), said.get("type"))
        self._items.append(item)
        if item.kind == "function_call":
            self._has_calls = True
            item.waiting.append(CallStarted(said.get("call_id") or said.get("id") or "", said["name"]))
        return item

    def _item_of(self, body: Mapping[str, Any]) -> _Item:
        """Find the item of an event: the last one that has its id, or that is open where the event says none."""
        key = _key(body.get("item_id") or (body.get("item") or {}).get("id"), body)
        named = [item for item in self._items if key is not None and item.key == key]
        for item in reversed(named or self._items):
            if not item.is_done:
                return item
        item = _Item(key, None)
        self._items.append(item)
        return item

    def _done(self, body: Mapping[str, Any]) -> None:
        """End an item; one whose beginning or content nobody told is told now."""
        said = body["item"]
        key = _key(said.get("id"), body)
        known = [item for item in self._items if item.key == key and not item.is_done]
        item = known[-1] if known else self._add(body)
        if not item.has_spoken:
            item.waiting.extend(_content(said))
        if said.get("type") == "reasoning" and said.get("encrypted_content"):
            item.waiting.append(Signed(said["encrypted_content"], ISSUER, redacted=True))
        if said.get("type") == "message" and not self._refusal:
            self._refusal += [part["refusal"] for part in _contents([said]) if part.get("refusal")]
        item.is_done = True

    def _flow(self, *, to_the_end: bool = False) -> Iterator[Piece]:
        """Tell what the first open item has, and what those have that are over before it."""
        while self._items:
            waiting, self._items[0].waiting = self._items[0].waiting, []
            self._told_any = self._told_any or bool(waiting)
            yield from waiting
            if not (self._items[0].is_done or to_the_end):
                return
            del self._items[0]

    def _end(self, response: Mapping[str, Any], kind: str) -> Iterator[Piece]:
        yield from self._flow(to_the_end=True)
        if not self._told_any and not self._refusal:
            for item in response.get("output") or ():
                self._done({"item": item})
            yield from self._flow(to_the_end=True)
        state = {"status": kind.rpartition(".")[2], **response}
        yield Finished(_finish(state, has_calls=self._has_calls), "".join(self._refusal) or None)
        usage = read_usage(response.get("usage"))
        if usage is not None:
            yield Counted(usage)
        yield Ended()


_ENDS = frozenset({"response.completed", "response.incomplete"})


def _key(item_id: object, body: Mapping[str, Any]) -> object:
    place = body.get("output_index")
    return item_id if place is None else place


def _text(body: Mapping[str, Any]) -> Iterator[Piece]:
    if body["delta"]:
        yield Text(body["delta"])
    if weights := _weights(body.get("logprobs")):
        yield Weighed(weights)


def _thought(body: Mapping[str, Any]) -> Iterator[Piece]:
    yield Thinking(body["delta"], ISSUER)


def _next_thought(body: Mapping[str, Any]) -> Iterator[Piece]:
    if body.get("summary_index"):
        yield Thinking("\n\n", ISSUER)


def _more(body: Mapping[str, Any]) -> Iterator[Piece]:
    yield ArgumentsPiece(body["delta"])


_ADDING: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Piece]]] = {
    "response.output_text.delta": _text,
    "response.reasoning_summary_part.added": _next_thought,
    "response.reasoning_summary_text.delta": _thought,
    "response.reasoning_text.delta": _thought,
    "response.function_call_arguments.delta": _more,
}


def _content(item: Mapping[str, Any]) -> Iterator[Piece]:
    """Tell the content of a whole item."""
    kind = item.get("type")
    if kind == "message":
        for part in _contents([item]):
            if part.get("type") == "output_text":
                yield Text(part["text"])
                if weights := _weights(part.get("logprobs")):
                    yield Weighed(weights)
    elif kind == "reasoning" and (text := _shown(item)):
        yield Thinking(text, ISSUER)
    elif kind == "function_call" and item.get("arguments"):
        yield ArgumentsPiece(item["arguments"])
