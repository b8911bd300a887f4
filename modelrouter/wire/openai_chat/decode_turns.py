"""OpenAI's Chat Completions: messages decoded into turns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire.conversation import (
    Audio,
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
from modelrouter.wire.openai_chat.arguments import read_arguments
from modelrouter.wire.openai_chat.calls import ISSUER
from modelrouter.wire.tags import is_tagged, untagged

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
    if (message.get("function_call") and not message.get("tool_calls")) or message.get("audio"):
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
    read = read_arguments(function.get("arguments"))
    if read is None:
        losses.append("tool_calls.arguments")
    issuer, signature = _signature(call)
    for arguments in read or [{}]:
        yield ToolCall(
            id=str(call.get("id") or ""),
            name=function["name"],
            arguments=arguments,
            issuer=issuer,
            signature=signature,
        )


def _signature(call: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Read whose signature a call bears, and the signature: one without our mark is this wire's."""
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    if not isinstance(signature, str) or not signature:
        return None, None
    if is_tagged(signature):
        return untagged(signature) or (None, None)
    return ISSUER, signature


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


def _audio(part: Any, _: list[str]) -> Part:
    told = part["input_audio"]
    media_type = _RECORDINGS.get(told["format"])
    if media_type is None:
        raise UnportableError(f"a recording of format {told['format']!r} has no equivalent")
    return Audio(media_type=media_type, data=told["data"])


_RECORDINGS = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "ogg": "audio/ogg", "aac": "audio/aac"}
"""OpenAI knows the first two; servers with models that listen know more."""

_READERS: Mapping[object, Callable[[Any, list[str]], Part]] = {
    "text": _text,
    "refusal": _refusal,
    "image_url": _image,
    "file": _file,
    "input_audio": _audio,
}

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.-]+)*?;base64,", re.ASCII)


def _data_url(address: str) -> tuple[str, str]:
    match = _DATA_URL.match(address)
    if match is None:
        raise BadRequestError("an image or a file must be an http(s) address or a base64 data address")
    return match[1].lower(), address[match.end() :]
