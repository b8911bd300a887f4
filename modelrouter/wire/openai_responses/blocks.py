"""The items that a model puts out, each with the events that tell of it: opened once, added to, closed once.

An event is its kind and its members, without its number in the stream.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from modelrouter.wire import json_text
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_responses.response import told_weight_of, weight_of
from modelrouter.wire.openai_responses.tools import free_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from modelrouter.wire.conversation import TokenWeight

Happening = tuple[str, dict[str, Any]]
Status = Literal["completed", "incomplete"]


def _added(index: int, item: Mapping[str, Any]) -> Happening:
    return "response.output_item.added", {"output_index": index, "item": dict(item)}


def _done(index: int, item: Mapping[str, Any]) -> Happening:
    return "response.output_item.done", {"output_index": index, "item": dict(item)}


@dataclass(slots=True)
class Message:
    """What the model says: its text, and behind it why it refused to say more."""

    index: int
    id: str
    item: dict[str, Any] | None = None
    _texts: list[str] = field(default_factory=list)
    _weights: list[TokenWeight] = field(default_factory=list)
    _parts: list[dict[str, Any]] = field(default_factory=list)
    _has_text: bool = False

    def open(self) -> Iterator[Happening]:
        """Tell its beginning."""
        yield _added(self.index, self._whole("in_progress"))

    def add(self, text: str, weights: Sequence[TokenWeight] = ()) -> Iterator[Happening]:
        """Add to its text."""
        if not self._has_text:
            self._has_text = True
            yield "response.content_part.added", {**self._place(), "part": _text_part("", ())}
        self._texts.append(text)
        self._weights.extend(weights)
        logprobs = [told_weight_of(weight) for weight in weights]
        yield "response.output_text.delta", {**self._place(), "delta": text, "logprobs": logprobs}

    def refuse(self, refusal: str) -> Iterator[Happening]:
        """Say why it refused; text that came before is complete."""
        yield from self._close_text()
        place, part = self._place(), {"type": "refusal", "refusal": refusal}
        yield "response.content_part.added", {**place, "part": {"type": "refusal", "refusal": ""}}
        yield "response.refusal.delta", {**place, "delta": refusal}
        yield "response.refusal.done", {**place, "refusal": refusal}
        yield "response.content_part.done", {**place, "part": part}
        self._parts.append(part)

    def close(self, status: Status) -> Iterator[Happening]:
        """Tell its end."""
        yield from self._close_text()
        self.item = self._whole(status)
        yield _done(self.index, self.item)

    def _close_text(self) -> Iterator[Happening]:
        if not self._has_text:
            return
        self._has_text = False
        place, text = self._place(), "".join(self._texts)
        part = _text_part(text, self._weights)
        logprobs = [told_weight_of(weight) for weight in self._weights]
        yield "response.output_text.done", {**place, "text": text, "logprobs": logprobs}
        yield "response.content_part.done", {**place, "part": part}
        self._parts.append(part)

    def _place(self) -> dict[str, Any]:
        return {"item_id": self.id, "output_index": self.index, "content_index": len(self._parts)}

    def _whole(self, status: str) -> dict[str, Any]:
        return {"id": self.id, "type": "message", "status": status, "role": "assistant", "content": [*self._parts]}


def _text_part(text: str, weights: Sequence[TokenWeight]) -> dict[str, Any]:
    logprobs = [weight_of(weight) for weight in weights]
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs}


@dataclass(slots=True)
class Reasoning:
    """What the model thought, as far as it is shown, and what its issuer signed or encrypted."""

    index: int
    id: str
    encrypted: str | None = None
    item: dict[str, Any] | None = None
    _texts: list[str] = field(default_factory=list)

    def open(self) -> Iterator[Happening]:
        """Tell its beginning."""
        yield _added(self.index, self._whole([]))

    def add(self, text: str) -> Iterator[Happening]:
        """Add to what is shown of it."""
        if not self._texts:
            yield "response.reasoning_summary_part.added", {**self._place(), "part": _summary("")}
        self._texts.append(text)
        yield "response.reasoning_summary_text.delta", {**self._place(), "delta": text}

    def close(self, status: Status) -> Iterator[Happening]:  # noqa: ARG002 - its kind has no state that callers look at
        """Tell its end."""
        text = "".join(self._texts)
        if text:
            yield "response.reasoning_summary_text.done", {**self._place(), "text": text}
            yield "response.reasoning_summary_part.done", {**self._place(), "part": _summary(text)}
        self.item = self._whole([_summary(text)] if text else [])
        yield _done(self.index, self.item)

    def _place(self) -> dict[str, Any]:
        return {"item_id": self.id, "output_index": self.index, "summary_index": 0}

    def _whole(self, summary: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": self.id, "type": "reasoning", "summary": summary, "encrypted_content": self.encrypted}


def _summary(text: str) -> dict[str, Any]:
    return {"type": "summary_text", "text": text}


@dataclass(slots=True)
class FunctionCall:
    """A call of a function."""

    index: int
    id: str
    call_id: str
    names: Mapping[str, str]
    """`name`, and `namespace` where it has one."""
    item: dict[str, Any] | None = None
    _texts: list[str] = field(default_factory=list)

    def open(self) -> Iterator[Happening]:
        """Tell its beginning."""
        yield _added(self.index, self._whole("", "in_progress"))

    def add(self, text: str) -> Iterator[Happening]:
        """Add to the text of its arguments."""
        if text:
            self._texts.append(text)
            yield "response.function_call_arguments.delta", {**self._place(), "delta": text}

    def close(self, status: Status) -> Iterator[Happening]:
        """Tell its end; arguments that nobody told are none."""
        if not self._texts and status == "completed":
            yield from self.add("{}")
        text = "".join(self._texts)
        told = {**self._place(), "name": self.names["name"], "arguments": text}
        yield "response.function_call_arguments.done", told
        self.item = self._whole(text, status)
        yield _done(self.index, self.item)

    def _place(self) -> dict[str, Any]:
        return {"item_id": self.id, "output_index": self.index}

    def _whole(self, text: str, status: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "function_call",
            "status": status,
            "arguments": text,
            "call_id": self.call_id,
            **self.names,
        }


@dataclass(slots=True)
class CustomCall:
    """A call of a tool that takes free text; all of it is told at its end, when the text has come out of its arguments.

    Its kind has no state: one that was cut off would look whole, so it is not told at all.
    """

    index: int
    id: str
    call_id: str
    names: Mapping[str, str]
    item: dict[str, Any] | None = None
    _texts: list[str] = field(default_factory=list)

    def open(self) -> Iterator[Happening]:
        """Tell nothing yet."""
        return iter(())

    def add(self, text: str) -> Iterator[Happening]:
        """Keep more of the arguments."""
        self._texts.append(text)
        return iter(())

    def close(self, status: Status) -> Iterator[Happening]:
        """Tell the whole of it."""
        text = _input("".join(self._texts))
        if text is None and status == "incomplete":
            return
        said = "".join(self._texts) if text is None else text
        place = {"item_id": self.id, "output_index": self.index}
        yield _added(self.index, self._whole(""))
        yield "response.custom_tool_call_input.delta", {**place, "delta": said}
        yield "response.custom_tool_call_input.done", {**place, "input": said}
        self.item = self._whole(said)
        yield _done(self.index, self.item)

    def _whole(self, text: str) -> dict[str, Any]:
        return {"id": self.id, "type": "custom_tool_call", "call_id": self.call_id, "input": text, **self.names}


def _input(arguments: str) -> str | None:
    """Take the free text out of arguments; None where they are no object that holds one."""
    try:
        said = json_text.read(arguments or "{}")
    except MalformedError:
        return None
    return free_text(said) if isinstance(said, dict) else None
