"""A request without the reasoning that providers sealed: for one who answers that it cannot open a seal.

Ciphertexts and signatures are bound to an account, a model or the words before them, and nobody can see to whom. So
they are sent as they came, and where the answer says that a seal does not hold, once more without any.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.gemini.history import UNSIGNED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def unsealed(wire: str, body: bytes) -> bytes | None:
    """Leave every sealed piece of reasoning out of a body; None where there is none, or nobody knows how."""
    cleaned = _CLEANERS.get(wire)
    if cleaned is None:
        return None
    parsed = json_text.read(body)
    try:
        changed = cleaned(parsed)
    except (KeyError, TypeError, AttributeError):
        return None  # a body that is not what its wire knows is the provider's to refuse
    return None if changed == parsed else json_text.write(changed)


def _responses(body: dict[str, Any]) -> dict[str, Any]:
    """Drop reasoning, and the ids of what came behind it: an item may not be named without its reasoning (11)."""
    items = body["input"]
    if not isinstance(items, list):
        return body
    kept = [item for item in items if item.get("type") != "reasoning"]
    if len(kept) == len(items):
        return body
    return {**body, "input": [{name: value for name, value in item.items() if name != "id"} for item in kept]}


def _messages(body: dict[str, Any]) -> dict[str, Any]:
    """Drop thinking; in the middle of a loop over tools, think no more, or the missing thinking is asked for (24)."""
    messages = [told for message in body["messages"] if (told := _unthought(message)) is not None]
    changed = {**body, "messages": messages}
    if messages != body["messages"] and (body.get("thinking") or {}).get("type") == "enabled":
        del changed["thinking"]
    return changed


def _unthought(message: dict[str, Any]) -> dict[str, Any] | None:
    content = message["content"]
    if not isinstance(content, list):
        return message
    kept = [block for block in content if block.get("type") not in ("thinking", "redacted_thinking")]
    return {**message, "content": kept} if kept else None


def _contents(body: dict[str, Any]) -> dict[str, Any]:
    """Drop thoughts and signatures; calls say that they have none, in the documented words."""
    return {**body, "contents": [{**turn, "parts": list(map(_unsigned, turn["parts"]))} for turn in body["contents"]]}


def _unsigned(part: dict[str, Any]) -> dict[str, Any]:
    if "thoughtSignature" not in part:
        return part
    told = {name: value for name, value in part.items() if name != "thoughtSignature"}
    return {**told, "thoughtSignature": UNSIGNED} if "functionCall" in part else told


_CLEANERS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = MappingProxyType(
    {"openai-responses": _responses, "anthropic-messages": _messages, "gemini": _contents}
)
