"""Google's `generateContent`: contents decoded into turns."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from itertools import groupby
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.conversation import (
    Audio,
    Document,
    Image,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
    UnportableError,
)
from modelrouter.wire.gemini.members import is_googles, listed, member, members
from modelrouter.wire.gemini.signatures import HIDDEN, found, standard, taken_back

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def decode_system(content: Any) -> Iterator[Turn]:
    """Read the instruction that stands above a conversation."""
    if isinstance(content, str):
        yield Turn("system", (Text(content),))
    elif content:
        texts = tuple(Text(str(part.get("text") or "")) for part in listed(member(content, "parts")))
        yield Turn("system", texts)


def decode_turns(contents: Iterable[Any], losses: list[str]) -> Iterator[Turn]:
    """Read contents, one turn for all of one side that follow one another, and add what cannot be told to `losses`.

    A client that keeps the pieces of a stream as they came has many contents for one answer.

    Raises:
        UnportableError: a content holds what only this wire can carry.
    """
    reader = _Reader(losses)
    for is_model, group in groupby(contents, key=_is_model):
        parts = [members(part) for content in group for part in listed(member(content, "parts"))]
        yield Turn("assistant", tuple(reader.said(parts))) if is_model else Turn("user", tuple(reader.heard(parts)))


def _is_model(content: Any) -> bool:
    role = content.get("role") or "user"
    if role not in {"user", "model", "function"}:
        raise UnportableError(f"a content of role {role!r} has no equivalent")
    return bool(role == "model")


class _Reader:
    """Reads turns in their order, and says which call a result answers."""

    def __init__(self, losses: list[str]) -> None:
        self._losses = losses
        self._calls = 0
        self._open: defaultdict[str, deque[str]] = defaultdict(deque)

    def said(self, parts: list[dict[str, Any]]) -> Iterator[Part]:
        """Read what the model said."""
        self._open.clear()
        thought: list[str] = []
        for part in parts:
            self._note(part)
            signed = taken_back(part.get("thoughtSignature"))
            if part.get("thought"):
                thought.append(str(part.get("text") or ""))
                if signed:
                    yield Thinking("".join(thought), *signed)
                    thought = []
                continue
            if thought:
                yield Thinking("".join(thought))
                thought = []
            yield from self._spoken(part, signed)
        if thought:
            yield Thinking("".join(thought))

    def _spoken(self, part: dict[str, Any], signed: tuple[str, str, bool] | None) -> Iterator[Part]:
        if signed and signed[0] == HIDDEN:
            yield from found(signed[1])
            if part.get("text") == "":
                return  # it is there for the thoughts alone
            signed = None
        if "functionCall" in part:
            yield self._call(members(part["functionCall"]), signed)
            return
        if "text" in part:
            yield Text(str(part["text"]))
        elif "inlineData" in part or "fileData" in part:
            yield _media(part)
        elif "thoughtSignature" not in part:
            raise _unknown(part)
        if signed:  # a text carries no signature elsewhere: it stands behind the text, where its issuer finds it
            yield Thinking("", signed[0], signed[1], redacted=True)

    def _call(self, call: dict[str, Any], signed: tuple[str, str, bool] | None) -> ToolCall:
        name, arguments = call["name"], call.get("args") or {}
        wire_id = call.get("id") or minted(str(self._calls), name, arguments)
        self._calls += 1
        self._open[name].append(wire_id)
        issuer, signature, _ = signed or (None, None, False)
        return ToolCall(id=wire_id, name=name, arguments=arguments, issuer=issuer, signature=signature)

    def heard(self, parts: list[dict[str, Any]]) -> Iterator[Part]:
        """Read what the user said, and what tools answered."""
        for part in parts:
            self._note(part)
            if "functionResponse" in part:
                yield self._result(members(part["functionResponse"]))
            elif "text" in part:
                yield Text(str(part["text"]))
            elif "inlineData" in part or "fileData" in part:
                yield _media(part)
            else:
                raise _unknown(part)

    def _result(self, result: dict[str, Any]) -> ToolResult:
        name = str(result.get("name") or "")
        if result.get("willContinue") or result.get("scheduling"):
            self._losses.append("contents.parts.functionResponse.scheduling")
        waiting = self._open[name]
        wire_id = str(result.get("id") or (waiting[0] if waiting else ""))
        if wire_id in waiting:
            waiting.remove(wire_id)
        text, is_error = _output(result.get("response"))
        media = [_media(members(part)) for part in listed(result.get("parts"))]
        parts = (*([text] if text else []), *(part for part in media if isinstance(part, Image | Document)))
        if len(parts) < len(media) + bool(text):
            raise UnportableError("a recording in a tool's result has no equivalent")
        return ToolResult(id=wire_id, parts=parts, is_error=is_error, name=name or None)

    def _note(self, part: dict[str, Any]) -> None:
        self._losses.extend(f"contents.parts.{field}" for field in part if field in _HINTS)


_HINTS = frozenset({"videoMetadata", "mediaResolution", "partMetadata", "mediaProcessing", "audioMetadata"})
"""Members of a part that say how it is read, which no other wire does."""


def minted(*facts: object) -> str:
    """Make an id for a call that has none, the same each time."""
    return "call_" + hashlib.sha256(json_text.write(facts)).hexdigest()[:24]


def _output(response: Any) -> tuple[Text | None, bool]:
    """Read a tool's answer; the two keys are those that the API documents."""
    if not response:
        return None, False
    if isinstance(response, dict) and len(response) == 1:
        ((key, value),) = response.items()
        if key in {"output", "result", "error"}:
            return Text(value if isinstance(value, str) else json_text.text(value)), key == "error"
    return Text(json_text.text(response)), False


def _media(part: dict[str, Any]) -> Image | Audio | Document:
    inline = "inlineData" in part
    media = members(part["inlineData"] if inline else part.get("fileData") or {})
    kind = str(media.get("mimeType") or "").partition(";")[0].strip().lower()
    data = standard(media["data"]) if inline else None
    url = None if inline else str(media["fileUri"])
    if url is not None and is_googles(url):
        raise UnportableError("what is behind this address can be read by Google alone")
    if kind.startswith("image/"):
        return Image(media_type=kind, data=data, url=url)
    if kind.startswith("audio/") and data is not None:
        return Audio(media_type=kind, data=data)
    if not kind or kind.startswith(("video/", "audio/")):
        raise UnportableError(f"media of type {kind!r} has no equivalent")
    return Document(media_type=kind, data=data, url=url, title=media.get("displayName"))


def _unknown(part: dict[str, Any]) -> UnportableError:
    return UnportableError(f"a part of {', '.join(sorted(part)) or 'nothing'} has no equivalent")
