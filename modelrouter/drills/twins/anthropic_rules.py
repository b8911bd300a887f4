"""What Anthropic's Messages API refuses, as far as it matters when a conversation arrives from another provider."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.asked import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = frozenset({"2023-01-01", "2023-06-01", "2026-10-21"})
STRICT = "2026-10-21"
"""From this version on, sampling parameters are refused."""
SAMPLING = ("temperature", "top_p", "top_k")

TOOL_ID = re.compile(r"^[a-zA-Z0-9_-]+$")
PREFILL = re.compile(r"claude-(?:3|(?:opus|sonnet|haiku)-4-[0-5](?!\d)|(?:opus|sonnet|haiku)-4-?\d{8})")
"""Models that still go on from an assistant's words: those before 4.6."""


def check(body: dict[str, Any], version: str | None) -> None:
    """Raise `RefusedError` with the vendor's words for the first rule that is broken."""
    check_version(version)
    if not isinstance(body.get("max_tokens"), int):
        raise RefusedError("max_tokens: Field required")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RefusedError("messages: at least one message is required")
    if version == STRICT:
        check_sampling(body)
    for place, message in enumerate(messages):
        check_message(place, message)
    check_order(messages)
    if messages[-1].get("role") == "assistant" and not PREFILL.search(str(body.get("model"))):
        raise RefusedError(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def check_version(version: str | None) -> None:
    """The header is required and its values are known."""
    if version is None:
        raise RefusedError("anthropic-version: header is required")
    if version not in VERSIONS:
        raise RefusedError(f'anthropic-version: "{version}" is not a valid version')


def check_sampling(body: dict[str, Any]) -> None:
    """The newest version knows no sampling parameters."""
    for name in SAMPLING:
        if name in body:
            raise RefusedError(f"{name}: Extra inputs are not permitted")


def check_message(place: int, message: object) -> None:
    """Roles, empty texts and the alphabet of tool ids."""
    if not isinstance(message, dict) or message.get("role") not in {"user", "assistant", "system"}:
        raise RefusedError(f"messages.{place}.role: Input should be 'user' or 'assistant'")
    if message.get("content") == "":
        raise RefusedError(f"messages.{place}: all messages must have non-empty content")
    for at, block in enumerate(blocks(message)):
        kind = block.get("type")
        if kind == "text" and not str(block.get("text") or ""):
            raise RefusedError("messages: text content blocks must be non-empty")
        name = {"tool_use": "id", "tool_result": "tool_use_id"}.get(str(kind))
        if name is not None and not TOOL_ID.match(str(block.get(name) or "")):
            raise RefusedError(
                f"messages.{place}.content.{at}.{kind}.{name}: String should match pattern '{TOOL_ID.pattern}'"
            )


def check_order(messages: list[dict[str, Any]]) -> None:
    """Calls and results stand in neighbouring messages; the first message is the user's."""
    if messages[0].get("role") != "user":
        raise RefusedError('messages: first message must use the "user" role')
    waiting: list[str] = []
    for place, message in enumerate(messages):
        answered = [str(block.get("tool_use_id")) for block in blocks(message) if block.get("type") == "tool_result"]
        stray = next((one for one in answered if one not in waiting), None)
        if stray is not None:
            raise RefusedError(
                f"messages.{place}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {stray}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        missing(place - 1, [one for one in waiting if one not in answered])
        waiting = [str(block.get("id")) for block in blocks(message) if block.get("type") == "tool_use"]
    missing(len(messages) - 1, waiting)


def missing(place: int, calls: list[str]) -> None:
    """Refuse where a call has no result in the next message."""
    if calls:
        raise RefusedError(
            f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(calls)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
        )


def blocks(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The content blocks of a message; a plain text has none."""
    content = message.get("content")
    return (block for block in (content if isinstance(content, list) else ()) if isinstance(block, dict))
