"""What Anthropic's Messages API refuses, as far as it matters when a conversation arrives from another provider."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.anthropic_blocks import blocks, check_block
from modelrouter.drills.twins.anthropic_thinking import check_thinking
from modelrouter.drills.twins.asked import RefusedError
from modelrouter.drills.twins.strict_schema import check_closed

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = frozenset({"2023-01-01", "2023-06-01", "2026-10-21"})
STRICT = "2026-10-21"
"""From this version on, sampling parameters are refused."""
SAMPLING = ("temperature", "top_p", "top_k")
FIELDS = frozenset(
    {
        *("model", "max_tokens", "messages", "cache_control", "container", "context_management", "diagnostics"),
        *("inference_geo", "metadata", "mcp_servers", "output_config", "output_format", "service_tier", "speed"),
        *("stop_sequences", "stream", "system", "thinking", "tool_choice", "tools", "user_profile_id", "workspace_id"),
        *SAMPLING,
    }
)
NAME = re.compile(r"^[a-zA-Z0-9_-]{1,128}$")
PREFILL = re.compile(r"claude-(?:3|(?:opus|sonnet|haiku)-4-[0-5](?!\d)|(?:opus|sonnet|haiku)-4-?\d{8})")
"""Models that still go on from an assistant's words: those before 4.6."""
NEWEST = re.compile(r"claude-\w+-(?:4-[7-9]|[5-9])(?!\d)")
"""Models without sampling parameters and without a budget for thinking: those from 4.7 on."""


def check(body: dict[str, Any], version: str | None) -> None:
    """Raise `RefusedError` with the vendor's words for the first rule that is broken."""
    check_version(version)
    if unknown := sorted(body.keys() - FIELDS):
        raise RefusedError(f"{unknown[0]}: Extra inputs are not permitted")
    if not isinstance(body.get("max_tokens"), int):
        raise RefusedError("max_tokens: Field required")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RefusedError("messages: at least one message is required")
    model = str(body.get("model"))
    check_sampling(body, strict=version == STRICT, deprecated=NEWEST.search(model) is not None)
    check_system(body.get("system"))
    for place, message in enumerate(messages):
        check_message(place, message)
    check_order(messages)
    if messages[-1].get("role") == "assistant" and not PREFILL.search(model):
        raise RefusedError(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    check_tools(body, messages)
    check_thinking(body, newest=NEWEST.search(model) is not None)
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    if wanted.get("type") == "json_schema":
        check_closed(wanted.get("schema") or {}, "output_config.format.schema")


def check_version(version: str | None) -> None:
    """The header is required and its values are known."""
    if version is None:
        raise RefusedError("anthropic-version: header is required")
    if version not in VERSIONS:
        raise RefusedError(f'anthropic-version: "{version}" is not a valid version')


def check_sampling(body: dict[str, Any], *, strict: bool, deprecated: bool) -> None:
    """The newest version knows no sampling parameters, nor do the newest models."""
    for name in SAMPLING:
        if strict and name in body:
            raise RefusedError(f"{name}: Extra inputs are not permitted")
        if deprecated and body.get(name) is not None:
            raise RefusedError(f"`{name}` is deprecated for this model.")


def check_system(system: object) -> None:
    """Text, or blocks of text that are not empty."""
    for at, block in enumerate(system if isinstance(system, list) else ()):
        if not isinstance(block, dict) or block.get("type") != "text":
            raise RefusedError(f"system.{at}.type: Input should be 'text'")
        if not str(block.get("text") or ""):
            raise RefusedError("system: text content blocks must be non-empty")


def check_message(place: int, message: object) -> None:
    """Roles, and the blocks of a message."""
    if not isinstance(message, dict) or message.get("role") not in {"user", "assistant", "system"}:
        raise RefusedError(f"messages.{place}.role: Input should be 'user' or 'assistant'")
    if message.get("content") in ("", [], None):
        raise RefusedError(f"messages.{place}: all messages must have non-empty content")
    for at, block in enumerate(blocks(message)):
        check_block(f"messages.{place}.content.{at}", message["role"], block)


def check_order(messages: list[dict[str, Any]]) -> None:
    """Calls and results stand in neighbouring messages; the first message is the user's."""
    if messages[0].get("role") != "user":
        raise RefusedError('messages: first message must use the "user" role')
    waiting: list[str] = []
    every: set[str] = set()
    for place, message in enumerate(messages):
        answered = list(leading_results(place, message))
        stray = next((one for one in answered if one not in waiting), None)
        if stray is not None:
            raise RefusedError(
                f"messages.{place}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {stray}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if len(set(answered)) < len(answered):
            raise RefusedError(f"messages.{place}.content: each tool_use must have a single result.")
        missing(place - 1, [one for one in waiting if one not in answered])
        waiting = [str(block.get("id")) for block in blocks(message) if block.get("type") == "tool_use"]
        if len(set(waiting)) < len(waiting) or every & set(waiting):
            raise RefusedError(f"messages.{place}.content: `tool_use` ids must be unique")
        every.update(waiting)
        check_last(place, message)
    missing(len(messages) - 1, waiting)


def leading_results(place: int, message: dict[str, Any]) -> Iterator[str]:
    """The calls that a message answers; results stand before everything else."""
    others = False
    for block in blocks(message):
        if block.get("type") != "tool_result":
            others = True
            continue
        if others:
            raise RefusedError(
                f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{block.get('tool_use_id')}. `tool_result` blocks must come first in the content of a message."
            )
        yield str(block.get("tool_use_id"))


def check_last(place: int, message: dict[str, Any]) -> None:
    """Behind the calls of a turn nothing more is said."""
    kinds = [block.get("type") for block in blocks(message)]
    if "tool_use" in kinds and any(kind != "tool_use" for kind in kinds[kinds.index("tool_use") :]):
        raise RefusedError(
            f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: text and "
            "thinking must stand before the calls."
        )


def missing(place: int, calls: list[str]) -> None:
    """Refuse where a call has no result in the next message."""
    if calls:
        raise RefusedError(
            f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(calls)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
        )


def check_tools(body: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    """Tools are named once and in plain characters; a history with calls demands that there be some."""
    names = []
    for place, tool in enumerate(body.get("tools") or ()):
        if not isinstance(tool, dict) or not NAME.match(str(tool.get("name") or "")):
            raise RefusedError(f"tools.{place}.custom.name: String should match pattern '{NAME.pattern}'")
        names.append(tool["name"])
        own = tool.get("type") in (None, "custom")
        if own and (tool.get("input_schema") or {}).get("type") != "object":
            raise RefusedError(f"tools.{place}.custom.input_schema.type: Input should be 'object'")
        if own and tool.get("strict"):
            check_closed(tool["input_schema"], f"tools.{place}.custom.input_schema")
    if len(set(names)) < len(names):
        raise RefusedError("tools: Tool names must be unique.")
    kinds = {block.get("type") for message in messages for block in blocks(message)}
    if not names and kinds & {"tool_use", "tool_result"}:
        raise RefusedError("Requests which include `tool_use` or `tool_result` blocks must define tools")
    choice = body.get("tool_choice")
    if choice is not None and not names:
        raise RefusedError("tool_choice: may only be specified while providing tools.")
    if isinstance(choice, dict) and choice.get("type") == "tool" and choice.get("name") not in names:
        raise RefusedError(f"Tool '{choice.get('name')}' not found in provided tools")
