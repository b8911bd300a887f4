"""Google's `generateContent`: turns encoded as contents."""

from __future__ import annotations

import posixpath
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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
from modelrouter.wire.gemini.history import UNSIGNED

if TYPE_CHECKING:
    from collections.abc import Iterator

_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"})
_SAME = {"image/jpg": "image/jpeg", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/mpeg": "audio/mp3"}
_ENDINGS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
_SOUNDS = frozenset({"audio/wav", "audio/mp3", "audio/aiff", "audio/aac", "audio/ogg", "audio/flac"})


class ContentEncoder:
    """Writes the turns of one request, which must be in the order that this wire demands."""

    def __init__(self, *, signs_calls: bool) -> None:
        self._signs_calls = signs_calls
        self._names: dict[str, str] = {}

    def encode(self, turn: Turn) -> dict[str, Any]:
        """Write a turn as a content.

        Raises:
            UnportableError: it holds what this wire cannot carry.
        """
        if turn.role == "assistant":
            return {"role": "model", "parts": self._said(turn.parts)}
        return {"role": "user", "parts": [told for part in turn.parts for told in self._heard(part)]}

    def _said(self, parts: tuple[Part, ...]) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        for part in parts:
            if isinstance(part, ToolCall):
                told.append(self._call(part))
            elif isinstance(part, Thinking):
                _think(part, told)
            else:
                told.extend(self._heard(part))
        calls = [part for part in told if "functionCall" in part]
        if self._signs_calls and calls and not any("thoughtSignature" in part for part in calls):
            calls[0]["thoughtSignature"] = UNSIGNED  # the API itself signs the first of several alone
        return told

    def _call(self, call: ToolCall) -> dict[str, Any]:
        self._names[call.id] = call.name
        signed = {"thoughtSignature": call.signature} if call.signature else {}
        return {"functionCall": {"id": call.id, "name": call.name, "args": call.arguments}, **signed}

    def _heard(self, part: Part) -> Iterator[dict[str, Any]]:
        if isinstance(part, Text):
            yield {"text": part.text}
        elif isinstance(part, ToolResult):
            text = "\n".join(output.text for output in part.parts if isinstance(output, Text))
            response = {"error" if part.is_error else "output": text}
            name = self._names.get(part.id) or part.name or ""
            yield {"functionResponse": {"id": part.id, "name": name, "response": response}}
        elif isinstance(part, Image):
            yield _image(part)
        elif isinstance(part, Audio):
            yield _sound(part)
        elif isinstance(part, Document):
            yield _document(part)


def _think(part: Thinking, told: list[dict[str, Any]]) -> None:
    """Write a thought; a signature without one goes to the text before it, which is where it was."""
    signed = {"thoughtSignature": part.signature} if part.signature else {}
    before = told[-1] if told else {}
    if not part.redacted:
        told.append({"thought": True, "text": part.text, **signed})
    elif "text" in before and not before.keys() & {"thought", "thoughtSignature"}:
        before.update(signed)
    elif signed:
        told.append({"text": part.text, **signed})


def _image(part: Image) -> dict[str, Any]:
    kind = _SAME.get(part.media_type or "", part.media_type or "")
    if part.url is not None:
        return _file(part.url, kind or _ENDINGS.get(posixpath.splitext(urlsplit(part.url).path)[1].lower(), ""))
    if kind not in _IMAGES:
        raise UnportableError(f"an image of type {part.media_type!r} cannot be sent")
    return _inline(kind, part.data)


def _sound(part: Audio) -> dict[str, Any]:
    kind = _SAME.get(part.media_type, part.media_type)
    if kind not in _SOUNDS:
        raise UnportableError(f"audio of type {part.media_type!r} cannot be sent")
    return _inline(kind, part.data)


def _document(part: Document) -> dict[str, Any]:
    if part.media_type != "application/pdf" and not part.media_type.startswith("text/"):
        raise UnportableError(f"a file of type {part.media_type!r} cannot be sent")
    return _inline(part.media_type, part.data) if part.url is None else _file(part.url, part.media_type)


def _inline(kind: str, data: str | None) -> dict[str, Any]:
    return {"inlineData": {"mimeType": kind, "data": data}}


def _file(url: str, kind: str) -> dict[str, Any]:
    """Write an address that Google fetches itself: public, encrypted, and of a type that is told beside it."""
    if not kind:
        raise UnportableError("the type of what is behind an address must be known, and this one does not tell it")
    if not url.startswith("https://") or not _is_public(urlsplit(url).hostname or ""):
        raise UnportableError("Google fetches public https addresses alone")
    return {"fileData": {"mimeType": kind, "fileUri": url}}


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal", ".test"))
