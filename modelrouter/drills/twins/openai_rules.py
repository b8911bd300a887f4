"""What OpenAI's chat completions refuse, as far as it matters when a conversation arrives from another provider."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.asked import RefusedError
from modelrouter.drills.twins.media import IMAGES, data_url, is_web, label
from modelrouter.drills.twins.strict_schema import check_strict

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
OWN = re.compile(r"^(?:gpt-|chatgpt-|o\d)")
"""OpenAI's own models; servers that imitate the wire pass over what they don't know."""
REASONING = re.compile(r"^(?:o\d|gpt-5)")
THINKS_ALONE = re.compile(r"^gpt-(?:5\.(?:[4-9]|\d\d)|[6-9])")
"""Models that reason, on this wire, only without functions beside it."""
THINKS_UNASKED = re.compile(r"^gpt-(?:5\.(?:[5-9]|\d\d)|[6-9])")
"""Those that also reason where nobody says how much."""
NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
LONGEST_ID = 40
PARTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "user": frozenset({"text", "image_url", "input_audio", "file"}),
        "assistant": frozenset({"text", "refusal"}),
    }
)
"""Content of a role; every other role has text alone."""
PARAMETERS = frozenset(
    {
        *("messages", "model", "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs"),
        *("max_completion_tokens", "max_tokens", "metadata", "modalities", "n", "parallel_tool_calls", "prediction"),
        *("presence_penalty", "prompt_cache_key", "prompt_cache_retention", "reasoning_effort", "response_format"),
        *("safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options", "temperature"),
        *("tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options"),
        *("moderation", "prompt_cache_options"),
    }
)


def check(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages; raises `RefusedError` with the vendor's words for the first rule that is broken."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RefusedError("Missing required parameter: 'messages'.")
    if OWN.match(str(body.get("model"))):
        check_parameters(body)
    check_tools(body)
    check_order(messages)
    for place, message in enumerate(messages):
        check_message(f"messages[{place}]", message)
    return messages


def check_parameters(body: dict[str, Any]) -> None:
    """Names that OpenAI knows, and those that its reasoning models no longer take."""
    if unknown := sorted(body.keys() - PARAMETERS):
        raise RefusedError(f"Unrecognized request argument supplied: {unknown[0]}")
    if body.get("max_tokens") is not None and REASONING.match(str(body["model"])):
        raise RefusedError(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            code="unsupported_parameter",
        )
    effort = body.get("reasoning_effort")
    thinkers = THINKS_UNASKED if effort is None else THINKS_ALONE
    if body.get("tools") and effort != "none" and thinkers.match(body["model"]):
        raise RefusedError(
            f"Function tools are not supported together with reasoning_effort for {body['model']} in /v1/chat/completions: "
            "use /v1/responses, or say 'none'."
        )
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) is not None and not body.get("tools"):
            raise RefusedError(f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.")
    if body.get("stream_options") is not None and not body.get("stream"):
        raise RefusedError("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    if len(body.get("stop") or ()) > 4 and isinstance(body["stop"], list):  # noqa: PLR2004 - the API's own limit
        raise RefusedError("Invalid 'stop': array too long. Expected an array with maximum length 4.")


def check_tools(body: dict[str, Any]) -> None:
    """Names, and schemas that promise to be strict."""
    for place, entry in enumerate(body.get("tools") or ()):
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
            raise RefusedError(f"Missing required parameter: 'tools[{place}].type'.")
        if entry["type"] != "function":
            continue
        function = entry.get("function")
        if not isinstance(function, dict):
            raise RefusedError(f"Missing required parameter: 'tools[{place}].function'.")
        check_name(f"tools[{place}].function.name", function.get("name"))
        if function.get("strict"):
            check_strict(function.get("parameters") or {}, f"function '{function['name']}'")
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        described = wanted.get("json_schema") or {}
        check_name("response_format.json_schema.name", described.get("name"))
        if described.get("strict"):
            check_strict(described.get("schema") or {}, f"response_format '{described['name']}'")


def check_name(where: str, name: object) -> None:
    """Functions and schemas are named in 64 plain characters."""
    if not isinstance(name, str) or not NAME.match(name):
        raise RefusedError(f"Invalid '{where}': string does not match pattern. Expected '{NAME.pattern}'.")


def check_order(messages: list[Any]) -> None:
    """The rules that a conversation from another provider breaks first: roles, calls and their results."""
    waiting: set[str] = set()
    for place, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ROLES:
            raise RefusedError(
                f"Invalid value: {role!r}. Supported values are: 'system', 'assistant', 'user' and 'tool'."
            )
        if role == "tool" and message.get("tool_call_id") not in waiting:
            raise RefusedError(
                f"Invalid parameter: messages[{place}] with role 'tool' must be a response to a preceding message with "
                "'tool_calls'."
            )
        if role == "tool":
            waiting.discard(message["tool_call_id"])
            continue
        unanswered(waiting)
        waiting = {str(call.get("id")) for call in message.get("tool_calls") or ()}
    unanswered(waiting)


def unanswered(waiting: set[str]) -> None:
    """Refuse where a call has no result."""
    if waiting:
        raise RefusedError(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
            f"The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}"
        )


def check_message(where: str, message: dict[str, Any]) -> None:
    """Content and calls of one message."""
    content, calls = message.get("content"), message.get("tool_calls")
    if calls is not None and not calls:
        raise RefusedError(f"Invalid '{where}.tool_calls': empty array. Expected an array with minimum length 1.")
    for at, call in enumerate(calls or ()):
        check_call(f"{where}.tool_calls[{at}]", call)
    if content is None and not (message["role"] == "assistant" and (calls or message.get("refusal"))):
        raise RefusedError(f"Invalid value for '{where}.content': expected a string, got null.")
    if isinstance(content, list):
        if not content:
            raise RefusedError(f"Invalid '{where}.content': empty array. Expected an array with minimum length 1.")
        for at, part in enumerate(content):
            check_part(f"{where}.content[{at}]", message["role"], part)
    elif not isinstance(content, str | None):
        raise RefusedError(f"Invalid type for '{where}.content': expected a string or an array of objects.")


def check_call(where: str, call: dict[str, Any]) -> None:
    """Ids have a longest length, arguments are text."""
    if len(str(call.get("id"))) > LONGEST_ID:
        raise RefusedError(
            f"Invalid '{where}.id': string too long. Expected a string with maximum length {LONGEST_ID}."
        )
    function = call.get("function") or {}
    check_name(f"{where}.function.name", function.get("name"))
    if not isinstance(function.get("arguments"), str):
        raise RefusedError(f"Invalid type for '{where}.function.arguments': expected a string.")


def check_part(where: str, role: str, part: Any) -> None:
    """Kinds of content, by role."""
    kind = part.get("type") if isinstance(part, dict) else None
    known = PARTS.get(role, frozenset({"text"}))
    if kind not in known:
        raise RefusedError(
            f"Invalid value: '{kind}'. Supported values are: {', '.join(map(repr, sorted(known)))}. ({where}.type)"
        )
    if kind == "text" and not isinstance(part.get("text"), str):
        raise RefusedError(f"Missing required parameter: '{where}.text'.")


def picture(part: dict[str, Any]) -> str:
    """The label of an image part; raises `RefusedError` where the vendor could not read it."""
    address = (part.get("image_url") or {}).get("url")
    if is_web(address):
        return str(address)
    kind, data = data_url(address) or ("", "")
    found = label(kind, data) if kind in IMAGES else None
    if found is None:
        raise RefusedError(
            "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
            "['png', 'jpeg', 'gif', 'webp'].",
            code="invalid_image_format",
        )
    return found


def paper(part: dict[str, Any]) -> str:
    """The label of a file part."""
    file = part.get("file") or {}
    kind, data = data_url(file.get("file_data")) or ("", "")
    found = label(kind, data)
    if found is None or not file.get("filename"):
        raise RefusedError("Invalid 'file': expected 'filename' and 'file_data' with a base64-encoded data URL.")
    return found
