"""OpenAI's Responses: the items of an input decoded into turns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire import json_text
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
from modelrouter.wire.openai_responses.ids import stands_for_reasoning
from modelrouter.wire.openai_responses.signatures import unpacked
from modelrouter.wire.openai_responses.tools import INPUT, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from modelrouter.wire.openai_responses.tools import Declared

_SERVED = frozenset(
    {"web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "tool_search_call"}
    | {"tool_search_output", "mcp_list_tools", "mcp_call", "mcp_approval_request", "mcp_approval_response"}
    | {"program", "program_output", "compaction_trigger"}
)
"""Items of tools that run at the provider: what they found stands in the text that followed them."""

_SILENT = frozenset({"additional_tools"})
"""Items that are told elsewhere."""


def decode_items(said: Any, table: Mapping[str, Declared], losses: list[str]) -> Iterator[Turn]:
    """Read an input, one turn for each item, and add what cannot be told to `losses`.

    Raises:
        UnportableError: an item holds what only this wire can carry.
        BadRequestError: an address in it is none.
    """
    if isinstance(said, str):
        yield Turn("user", (Text(said),))
        return
    reader = _Reader(table, losses)
    for item in said or ():
        yield from reader.read(item)


class _Reader:
    def __init__(self, table: Mapping[str, Declared], losses: list[str]) -> None:
        self._table = table
        self._losses = losses
        self._signed: tuple[str, str] | None = None
        """The issuer and the signature of the call that follows."""

    def read(self, item: Mapping[str, Any]) -> Iterator[Turn]:
        kind = item.get("type") or ("message" if "role" in item else "item_reference")
        if kind in _CALLS:
            issuer, signature = self._signed or (None, None)
            self._signed = None
            arguments = _CALLS[kind](item, self._losses)
            name = name_of(self._table, item.get("namespace"), item.get("name") or kind.removesuffix("_call"))
            # Models have been seen to put the arguments of several calls into one text.
            calls = (
                ToolCall(id=_call_id(item), name=name, arguments=each, issuer=issuer, signature=signature)
                for each in arguments
            )
            yield Turn("assistant", tuple(calls))
        elif kind in _OUTPUTS:
            parts = tuple(_parts(_output(item), self._losses))
            outputs = tuple(part for part in parts if isinstance(part, Text | Image | Document))
            yield Turn("user", (ToolResult(id=_call_id(item), parts=outputs, is_error=item.get("status") == "failed"),))
        elif kind == "message":
            yield self._message(item)
        elif kind == "reasoning":
            yield from self._reasoning(item)
        elif kind == "item_reference" and stands_for_reasoning(item.get("id")):
            self._losses.append("thinking")
        elif kind in _SERVED:
            self._losses.append(f"input.{kind}")
        elif kind not in _SILENT:
            raise UnportableError(f"an item of type {kind!r} has no equivalent")

    def _message(self, item: Mapping[str, Any]) -> Turn:
        role = item.get("role")
        if role not in _ROLES:
            raise UnportableError(f"a message of role {role!r} has no equivalent")
        if item.get("phase"):
            self._losses.append("input.phase")
        return Turn(_ROLES[role], tuple(_parts(item.get("content"), self._losses)))

    def _reasoning(self, item: Mapping[str, Any]) -> Iterator[Turn]:
        text = "\n\n".join(part["text"] for part in item.get("content") or item.get("summary") or ())
        found = unpacked(item.get("encrypted_content"))
        if found is None:
            if text:
                yield Turn("assistant", (Thinking(text),))
        elif found[0] == "call":
            self._signed = found[1:]
        else:
            owner, issuer, signature = found
            yield Turn("assistant", (Thinking(text, issuer, signature, owner == "redacted"),))


_ROLES: Mapping[object, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


def _call_id(item: Mapping[str, Any]) -> str:
    """Name the call; the results of the oldest kind of shell say it in their own id."""
    return str(item.get("call_id") or item.get("id") or "")


def _function(item: Mapping[str, Any], losses: list[str]) -> list[Mapping[str, Any]]:
    """Read arguments; those cut off at a limit, or no object, are told as none."""
    found = []
    rest = (item.get("arguments") or "").strip() or "{}"
    try:
        while rest:
            value, end = _JSON.raw_decode(rest)
            found.append(value)
            rest = rest[end:].lstrip()
    except (ValueError, RecursionError):
        found = []
    if found and all(isinstance(value, dict) for value in found):
        return found
    losses.append("input.arguments")
    return [{}]


_JSON = json.JSONDecoder()

_CALLS: Mapping[str, Callable[[Mapping[str, Any], list[str]], list[Mapping[str, Any]]]] = {
    "function_call": _function,
    "custom_tool_call": lambda item, _: [{INPUT: item.get("input") or ""}],
    "local_shell_call": lambda item, _: [item["action"]],
    "shell_call": lambda item, _: [item["action"]],
    "apply_patch_call": lambda item, _: [item["operation"]],
}
"""Calls of tools that the caller runs; those without a name are told by their kind."""

_OUTPUTS = frozenset(
    {"function_call_output", "custom_tool_call_output", "local_shell_call_output", "shell_call_output"}
    | {"apply_patch_call_output"}
)


def _output(item: Mapping[str, Any]) -> Any:
    """Give what a tool said; a shell says it piece by piece, with how each ended."""
    if item["type"] != "shell_call_output" or not isinstance(item.get("output"), list):
        return item.get("output")
    return [{"type": "input_text", "text": json_text.text(piece)} for piece in item["output"]]


def _parts(content: Any, losses: list[str]) -> Iterator[Part]:
    if isinstance(content, str):
        yield Text(content)
        return
    for part in content or ():
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in _READERS:
            raise UnportableError(f"content of type {kind!r} has no equivalent")
        yield _READERS[kind](part, losses)


def _text(part: Mapping[str, Any], _: list[str]) -> Part:
    return Text(part.get("text") or "")


def _refusal(part: Mapping[str, Any], _: list[str]) -> Part:
    return Text(part.get("refusal") or "")


def _image(part: Mapping[str, Any], losses: list[str]) -> Part:
    address = part.get("image_url")
    if not address:
        raise UnportableError("an image by its id is known to one provider alone")
    if part.get("detail") not in (None, "auto"):
        losses.append("input_image.detail")
    if address.startswith(("https://", "http://")):
        return Image(url=address)
    media_type, data = _data_url(address)
    return Image(media_type=media_type, data=data)


def _file(part: Mapping[str, Any], losses: list[str]) -> Part:
    if part.get("detail") not in (None, "auto"):
        losses.append("input_file.detail")
    if part.get("file_url"):
        return Document(media_type="application/pdf", url=part["file_url"], title=part.get("filename"))
    if not part.get("file_data"):
        raise UnportableError("a file by its id is known to one provider alone")
    media_type, data = _data_url(part["file_data"])
    return Document(media_type=media_type, data=data, title=part.get("filename"))


def _audio(part: Mapping[str, Any], _: list[str]) -> Part:
    recording = part["input_audio"]
    return Audio(
        media_type=_RECORDINGS.get(recording["format"], f"audio/{recording['format']}"), data=recording["data"]
    )


_RECORDINGS = {"mp3": "audio/mpeg"}

_READERS: Mapping[object, Callable[[Mapping[str, Any], list[str]], Part]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "summary_text": _text,
    "reasoning_text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _file,
    "input_audio": _audio,
}

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.-]+)*?;base64,", re.ASCII)


def _data_url(address: str) -> tuple[str, str]:
    match = _DATA_URL.match(address)
    if match is None:
        raise BadRequestError("an image or a file must be an http(s) address or a base64 data address")
    return match[1].lower(), address[match.end() :]
