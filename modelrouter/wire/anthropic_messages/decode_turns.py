"""Anthropic's Messages: messages decoded into turns."""

from __future__ import annotations

import base64
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.marks import call_signature, taken_back
from modelrouter.wire.conversation import Document, Image, Part, Text, ToolCall, ToolResult, Turn, UnportableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from modelrouter.wire.conversation import Role

_ROLES: Mapping[object, Role] = MappingProxyType({"user": "user", "assistant": "assistant", "system": "system"})


def decode_turns(messages: Iterable[Mapping[str, Any]], losses: list[str]) -> Iterator[Turn]:
    """Read messages, one turn for each, system turns among them, and add what cannot be told to `losses`.

    Raises:
        UnportableError: a message holds what only this wire can carry.
        BadRequestError: a part of it is not what this wire knows.
    """
    for message in messages:
        role = _ROLES.get(message.get("role"))
        if role is None:
            raise BadRequestError("the role of a message is none of user, assistant and system")
        yield Turn(role, tuple(_parts(message.get("content"), losses)))


def system_parts(system: Any, losses: list[str]) -> Iterator[Part]:
    """Read the system's text or blocks."""
    return _parts(system, losses)


def _parts(content: Any, losses: list[str]) -> Iterator[Part]:
    if isinstance(content, str):
        yield Text(content)
        return
    signed: tuple[str, str] | None = None
    for block in content or ():
        if block.get("cache_control"):
            losses.append("cache_control")
        mark = call_signature(block)
        if mark is None:
            for part in _read(block, losses):
                yield _signed(part, signed) if signed and isinstance(part, ToolCall) else part
        signed = mark


def _signed(call: ToolCall, mark: tuple[str, str]) -> ToolCall:
    issuer, signature = mark
    return ToolCall(id=call.id, name=call.name, arguments=call.arguments, issuer=issuer, signature=signature)


def _read(block: Mapping[str, Any], losses: list[str]) -> Iterable[Part]:
    kind = block.get("type")
    if kind in _READERS:
        return _READERS[kind](block, losses)
    if isinstance(kind, str) and kind.endswith("tool_result"):
        return _provider_result(block, losses)
    raise UnportableError(f"content of type {kind!r} has no equivalent")


def _text(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    if block.get("citations"):
        losses.append("citations")
    yield Text(block["text"])


def _image(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    if block.get("transformations"):
        losses.append("image.transformations")
    source = block["source"]
    kind = source.get("type")
    if kind == "base64":
        yield Image(media_type=source["media_type"], data=source["data"])
    elif kind == "url":
        yield Image(url=source["url"])
    else:
        raise UnportableError(f"a picture by its {kind} is known to one provider alone")


def _document(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    source, title = block["source"], block.get("title") or None
    if (block.get("citations") or {}).get("enabled"):
        losses.append("citations")
    if block.get("context"):
        yield Text(block["context"])
    kind = source.get("type")
    if kind == "base64":
        yield Document(media_type=source["media_type"], data=source["data"], title=title)
    elif kind == "text":
        data = base64.b64encode(source["data"].encode(errors="replace")).decode()
        yield Document(media_type="text/plain", data=data, title=title)
    elif kind == "url":
        yield Document(media_type="application/pdf", url=source["url"], title=title)
    elif kind == "content":
        yield from (Text(title),) if title else ()
        yield from _parts(source["content"], losses)
    else:
        raise UnportableError(f"a document by its {kind} is known to one provider alone")


def _found(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    """Tell a search result in plain text; that it can be cited is lost."""
    losses.append("search_result")
    texts = "\n".join(part.text for part in _parts(block.get("content"), losses) if isinstance(part, Text))
    yield Text(f"{block.get('title') or ''}\n{block.get('source') or ''}\n\n{texts}".strip())


def _thinking(block: Mapping[str, Any], _: list[str]) -> Iterator[Part]:
    yield taken_back(block)


def _call(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    arguments = block.get("input")
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise BadRequestError("the input of a tool_use is no object")
    if (block.get("caller") or {}).get("type", "direct") != "direct":
        losses.append("tool_use.caller")
    yield ToolCall(id=block["id"], name=block["name"], arguments=arguments)


def _result(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    outputs = tuple(part for part in _parts(block.get("content"), losses) if isinstance(part, Text | Image | Document))
    yield ToolResult(id=block["tool_use_id"], parts=outputs, is_error=block.get("is_error") is True)


def _reference(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    losses.append("tool_reference")
    yield Text(f"[Tool found: {block.get('tool_name')}]")


def _provider_call(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    """Tell what a tool at the provider was asked; a call of the caller's it never becomes."""
    losses.append("server_tool_use")
    yield Text(f"[The provider's tool {block.get('name')} was called with {json_text.text(block.get('input'))}]")


def _provider_result(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    losses.append("server_tool_use")
    yield Text(f"[Result of the provider's tool]\n{json_text.text(_plain(block.get('content')))}")


def _plain(content: Any) -> Any:
    """Leave out what only its provider can read."""
    if isinstance(content, dict):
        return {name: _plain(value) for name, value in content.items() if not name.startswith("encrypted_")}
    return [_plain(value) for value in content] if isinstance(content, list) else content


def _compacted(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:
    """Tell the summary that stands for what was said before; an encrypted one is lost."""
    losses.append("compaction")
    if isinstance(summary := block.get("content"), str):
        yield Text(summary)


def _seam(block: Mapping[str, Any], losses: list[str]) -> Iterator[Part]:  # noqa: ARG001 - a reader like the others
    """Pass over the place where one model took over from another: it says nothing."""
    losses.append("fallback")
    yield from ()


_READERS: Mapping[object, Callable[[Mapping[str, Any], list[str]], Iterable[Part]]] = MappingProxyType(
    {
        "text": _text,
        "image": _image,
        "document": _document,
        "search_result": _found,
        "thinking": _thinking,
        "redacted_thinking": _thinking,
        "tool_use": _call,
        "tool_result": _result,
        "tool_reference": _reference,
        "server_tool_use": _provider_call,
        "mcp_tool_use": _provider_call,
        "compaction": _compacted,
        "fallback": _seam,
    }
)
