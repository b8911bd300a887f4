"""OpenAI's Chat Completions: messages decoded into turns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire.conversation import (
    Document,
    Image,
    Part,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
    UnportableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


def decode_turns(messages: Iterable[Mapping[str, Any]], losses: list[str]) -> Iterator[Turn]:
    """Read messages, one turn for each, and add what cannot be told to `losses`.

    Raises:
        UnportableError: a message holds what only this wire can carry.
        BadRequestError: an address in it is none.
    """
    for message in messages:
        yield _turn(message, losses)


_ROLES: Mapping[object, Role] = {"system": "system", "developer": "system", "user": "user"}


def _turn(message: Mapping[str, Any], losses: list[str]) -> Turn:
    if message.get("name"):
        losses.append("messages.name")
    role = message.get("role")
    if role == "tool":
        outputs = tuple(
            part for part in _parts(message.get("content"), losses) if isinstance(part, Text | Image | Document)
        )
        return Turn("user", (ToolResult(id=str(message.get("tool_call_id") or ""), parts=outputs),))
    if role == "assistant":
        return Turn("assistant", tuple(_said(message, losses)))
    if role not in _ROLES:
        raise UnportableError(f"a message of role {role!r} has no equivalent")
    return Turn(_ROLES[role], tuple(_parts(message.get("content"), losses)))


def _said(message: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    if message.get("function_call") or message.get("audio"):
        raise UnportableError("an earlier function_call or audio answer has no equivalent")
    if isinstance(thinking := message.get("reasoning_content") or message.get("reasoning"), str):
        yield Thinking(thinking)
    yield from _parts(message.get("content"), losses)
    if message.get("refusal"):
        yield Text(message["refusal"])
    for call in message.get("tool_calls") or ():
        if call.get("type", "function") != "function":
            raise UnportableError(f"a call of a {call['type']!r} tool has no equivalent")
        yield from _calls(call, losses)


def _calls(call: Mapping[str, Any], losses: list[str]) -> Iterator[ToolCall]:
    """Read one call; models have been seen to put the arguments of several into one text."""
    function = call["function"]
    for arguments in _arguments(function.get("arguments"), losses):
        yield ToolCall(id=str(call.get("id") or ""), name=function["name"], arguments=arguments)


def _arguments(text: Any, losses: list[str]) -> list[Mapping[str, Any]]:
    """Read arguments; those cut off at a limit, or no object, are told as none."""
    if isinstance(text, dict):
        return [text]
    found = []
    rest = (text or "").strip() or "{}"
    try:
        while rest:
            value, end = _JSON.raw_decode(rest)
            found.append(value)
            rest = rest[end:].lstrip()
    except (ValueError, RecursionError):
        found = []
    if found and all(isinstance(value, dict) for value in found):
        return found
    losses.append("tool_calls.arguments")
    return [{}]


_JSON = json.JSONDecoder()


def _parts(content: Any, losses: list[str]) -> Iterator[Part]:
    if isinstance(content, str):
        yield Text(content)
        return
    for part in content or ():
        kind = part.get("type") if isinstance(part, dict) else "text"
        if kind not in _READERS:
            raise UnportableError(f"content of type {kind!r} has no equivalent")
        yield _READERS[kind](part, losses)


def _text(part: Any, _: list[str]) -> Part:
    return Text(part if isinstance(part, str) else part.get("text") or "")


def _refusal(part: Any, _: list[str]) -> Part:
    return Text(part.get("refusal") or "")


def _image(part: Any, losses: list[str]) -> Part:
    image = part["image_url"]
    address = image if isinstance(image, str) else image["url"]
    if isinstance(image, dict) and image.get("detail") not in (None, "auto"):
        losses.append("image_url.detail")
    if address.startswith(("https://", "http://")):
        return Image(url=address)
    media_type, data = _data_url(address)
    return Image(media_type=media_type, data=data)


def _file(part: Any, _: list[str]) -> Part:
    file = part["file"]
    if not file.get("file_data"):
        raise UnportableError("a file by its id is known to one provider alone")
    media_type, data = _data_url(file["file_data"])
    return Document(media_type=media_type, data=data, title=file.get("filename"))


_READERS: Mapping[object, Callable[[Any, list[str]], Part]] = {
    "text": _text,
    "refusal": _refusal,
    "image_url": _image,
    "file": _file,
}

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.-]+)*?;base64,", re.ASCII)


def _data_url(address: str) -> tuple[str, str]:
    match = _DATA_URL.match(address)
    if match is None:
        raise BadRequestError("an image or a file must be an http(s) address or a base64 data address")
    return match[1].lower(), address[match.end() :]
