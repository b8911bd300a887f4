"""What OpenAI's Responses API refuses of a request around its input."""

from __future__ import annotations

from typing import Any

from modelrouter.drills.twins.asked import RefusedError
from modelrouter.drills.twins.responses_items import NAME, check_items
from modelrouter.drills.twins.strict_schema import check_strict

PARAMETERS = frozenset(
    {
        *("background", "context_management", "conversation", "include", "input", "instructions", "max_output_tokens"),
        *("max_tool_calls", "metadata", "model", "moderation", "parallel_tool_calls", "previous_response_id", "prompt"),
        *("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier"),
        *("service_tier", "store", "stream", "stream_options", "temperature", "text", "tool_choice", "tools"),
        *("top_logprobs", "top_p", "truncation", "user"),
    }
)
HOSTED = frozenset(
    {
        *("web_search", "web_search_preview", "file_search", "code_interpreter", "image_generation", "mcp"),
        *("local_shell", "shell", "custom", "apply_patch", "namespace", "tool_search", "computer_use_preview"),
    }
)
"""Tools of other kinds than functions."""
LEAST_TOKENS = 16
ENCRYPTED = "reasoning.encrypted_content"


def check(body: dict[str, Any], account: str) -> list[dict[str, Any]]:
    """The items of the input; raises `RefusedError` with the vendor's words for the first rule that is broken."""
    if unknown := sorted(body.keys() - PARAMETERS):
        raise RefusedError(f"Unknown parameter: '{unknown[0]}'.", code="unknown_parameter")
    for name in ("previous_response_id", "conversation"):
        if body.get(name) is not None:
            raise RefusedError(f"Previous response with id '{body[name]}' not found.", code=f"{name}_not_found")
    items = items_of(body.get("input"))
    check_items(items, account, stored=body.get("store") is not False)
    check_tools(body)
    check_choice(body)
    check_format(body)
    limit = body.get("max_output_tokens")
    if limit is not None and (not isinstance(limit, int) or limit < LEAST_TOKENS):
        raise RefusedError(
            f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {LEAST_TOKENS}, but got "
            f"{limit} instead.",
            code="integer_below_min_value",
        )
    if unknown := sorted((body.get("stream_options") or {}).keys() - {"include_obfuscation"}):
        raise RefusedError(f"Unknown parameter: 'stream_options.{unknown[0]}'.", code="unknown_parameter")
    return items


def items_of(said: object) -> list[Any]:
    """The input as items; a plain text is the user's."""
    if isinstance(said, str):
        return [{"type": "message", "role": "user", "content": said}]
    if not isinstance(said, list) or not said:
        raise RefusedError("Missing required parameter: 'input'.", code="missing_required_parameter")
    return said


def check_tools(body: dict[str, Any]) -> None:
    """Functions are named at the top level here."""
    for place, tool in enumerate(body.get("tools") or ()):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind in HOSTED:
            continue
        if kind != "function":
            raise RefusedError(f"Invalid value: '{kind}' (tools[{place}].type).", code="invalid_value")
        if not NAME.match(str(tool.get("name") or "")):
            raise RefusedError(f"Missing required parameter: 'tools[{place}].name'.", code="missing_required_parameter")
        if tool.get("strict"):
            check_strict(tool.get("parameters") or {}, f"function '{tool['name']}'")


def check_choice(body: dict[str, Any]) -> None:
    """A choice among tools that are there."""
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function":
        names = [tool.get("name") for tool in body.get("tools") or ()]
        if not choice.get("name"):
            raise RefusedError("Missing required parameter: 'tool_choice.name'.", code="missing_required_parameter")
        if choice["name"] not in names:
            raise RefusedError(f"Tool choice '{choice['name']}' not found in 'tools' parameter.")
    if choice == "required" and not body.get("tools"):
        raise RefusedError("Tool choice 'required' must be specified with 'tools' parameter.")


def check_format(body: dict[str, Any]) -> None:
    """The shape of the text."""
    wanted = (body.get("text") or {}).get("format") or {}
    if wanted.get("type") != "json_schema":
        return
    if not NAME.match(str(wanted.get("name") or "")):
        raise RefusedError("Missing required parameter: 'text.format.name'.", code="missing_required_parameter")
    if not isinstance(wanted.get("schema"), dict):
        raise RefusedError("Missing required parameter: 'text.format.schema'.", code="missing_required_parameter")
    if wanted.get("strict"):
        check_strict(wanted["schema"], f"response_format '{wanted['name']}'")
