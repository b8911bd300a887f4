"""The items of a Responses input: what OpenAI refuses of a conversation that comes from elsewhere, or comes back changed."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.asked import RefusedError
from modelrouter.drills.twins.media import IMAGES, data_url, is_web, label
from modelrouter.drills.twins.seals import opened, sealed, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 64
"""Characters of an id."""
NAME = re.compile(r"^[a-zA-Z0-9_-]+$")
PREFIXES: Mapping[str, str] = MappingProxyType(
    {"message": "msg", "function_call": "fc", "function_call_output": "fc", "reasoning": "rs"}
)
PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "assistant": ("output_text", "refusal"),
        "user": ("input_text", "input_image", "input_file"),
        "system": ("input_text", "input_image", "input_file"),
        "developer": ("input_text", "input_image", "input_file"),
    }
)
THOUGHTFUL = re.compile(r"^(?:msg|fc)_([0-9a-f]{24})r\d+$")
"""An item that came behind reasoning and refers to it."""


def token_of(number: int, account: str, *, stored: bool) -> str:
    """24 digits in the ids of one response, by which its account knows it again."""
    said = f"{number:08x}{'s' if stored else '-'}"
    return f"{number:08x}{stamp(account, said)}"


def is_stored(token: str, account: str) -> bool:
    """Was the response of these ids kept for that account?"""
    return stamp(account, f"{token[:8]}s") == token[8:]


def encrypted(account: str, item: str) -> str:
    """Reasoning that only its account can use, in the item it was given in."""
    return f"gAAAAAB{sealed(account, item)}"


def kind_of(item: dict[str, Any]) -> str:
    """The kind of an item; messages may leave it out."""
    return str(item.get("type") or "message")


def check_items(items: list[Any], account: str, *, stored: bool) -> None:
    """Raise `RefusedError` with the vendor's words for the first rule that is broken."""
    for place, item in enumerate(items):
        if not isinstance(item, dict) or (kind_of(item) == "message" and item.get("role") not in PARTS):
            raise RefusedError(
                f"Invalid value: '{item.get('role') if isinstance(item, dict) else item}'. Supported values are: "
                "'assistant', 'system', 'developer', and 'user'.",
                code="invalid_value",
            )
        if kind_of(item) not in PREFIXES:
            raise RefusedError(f"Invalid value: '{kind_of(item)}' (input[{place}].type).", code="invalid_value")
        check_id(place, item)
        CHECKS[kind_of(item)](place, item)
        if kind_of(item) == "reasoning":
            check_reasoning(place, item, items, account, stored=stored)
    check_pairs(items)
    check_reasons(items)


def check_id(place: int, item: dict[str, Any]) -> None:
    """Ids of items begin as their kind does."""
    said = item.get("id")
    if said is None:
        return
    prefix = PREFIXES[kind_of(item)]
    if len(str(said)) > LONGEST:
        raise RefusedError(
            f"Invalid 'input[{place}].id': string too long. Expected a string with maximum length {LONGEST}, but got a "
            f"string with length {len(str(said))} instead.",
            code="string_above_max_length",
        )
    if not str(said).startswith(prefix):
        raise RefusedError(
            f"Invalid 'input[{place}].id': '{said}'. Expected an ID that begins with '{prefix}'.", code="invalid_value"
        )


def check_message(place: int, item: dict[str, Any]) -> None:
    """The parts of a message, by who says it."""
    content = item.get("content")
    if not isinstance(content, str | list):
        raise RefusedError(f"Missing required parameter: 'input[{place}].content'.", code="missing_required_parameter")
    for at, part in enumerate(content if isinstance(content, list) else ()):
        check_part(f"input[{place}].content[{at}]", part, PARTS[item["role"]])


def check_part(where: str, part: Any, known: tuple[str, ...]) -> None:
    """One part of a message or of a result."""
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in known:
        raise RefusedError(
            f"Invalid value: '{kind}'. Supported values are: {', '.join(map(repr, known))}. ({where}.type)",
            code="invalid_value",
        )
    if kind in ("input_text", "output_text") and not isinstance(part.get("text"), str):
        raise RefusedError(f"Missing required parameter: '{where}.text'.", code="missing_required_parameter")
    if kind == "input_image":
        picture(part)
    if kind == "input_file":
        paper(part)


def check_call(place: int, item: dict[str, Any]) -> None:
    """A call has an id, a name, and arguments as text."""
    check_call_id(place, item)
    if not NAME.match(str(item.get("name") or "")):
        raise RefusedError(
            f"Invalid 'input[{place}].name': string does not match pattern. Expected a string that matches the pattern "
            f"'{NAME.pattern}'.",
            code="invalid_value",
        )
    if not isinstance(item.get("arguments"), str):
        raise RefusedError(f"Invalid type for 'input[{place}].arguments': expected a string.", code="invalid_type")


def check_output(place: int, item: dict[str, Any]) -> None:
    """A result is text, or parts of a message."""
    check_call_id(place, item)
    output = item.get("output")
    if not isinstance(output, str | list):
        raise RefusedError(f"Missing required parameter: 'input[{place}].output'.", code="missing_required_parameter")
    for at, part in enumerate(output if isinstance(output, list) else ()):
        check_part(f"input[{place}].output[{at}]", part, PARTS["user"])


def check_call_id(place: int, item: dict[str, Any]) -> None:
    """The id by which calls and results find each other."""
    said = item.get("call_id")
    if not isinstance(said, str) or not said:
        raise RefusedError(f"Missing required parameter: 'input[{place}].call_id'.", code="missing_required_parameter")
    if len(said) > LONGEST:
        raise RefusedError(
            f"Invalid 'input[{place}].call_id': string too long. Expected a string with maximum length {LONGEST}, but "
            f"got a string with length {len(said)} instead.",
            code="string_above_max_length",
        )


def check_summary(place: int, item: dict[str, Any]) -> None:
    """Reasoning has a summary, if an empty one."""
    summary = item.get("summary")
    if not isinstance(summary, list):
        raise RefusedError(f"Missing required parameter: 'input[{place}].summary'.", code="missing_required_parameter")
    for at, part in enumerate(summary):
        check_part(f"input[{place}].summary[{at}]", part, ("summary_text",))


CHECKS = {
    "message": check_message,
    "function_call": check_call,
    "function_call_output": check_output,
    "reasoning": check_summary,
}


def check_reasoning(place: int, item: dict[str, Any], items: list[Any], account: str, *, stored: bool) -> None:
    """Reasoning is the account's own, and stands before what came of it."""
    own, content = item.get("id"), item.get("encrypted_content")
    if content is not None:
        found = opened(str(content).removeprefix("gAAAAAB"), account) if isinstance(content, str) else None
        if found is None or own not in (None, found):
            raise RefusedError(
                f"The encrypted content {str(content)[:8]}... could not be verified. Reason: Encrypted content could not "
                "be decrypted or parsed.",
                code="invalid_encrypted_content",
            )
    elif not stored or not is_stored(str(own).removeprefix("rs_"), account):
        raise RefusedError(
            f"Item with id '{own}' not found. Items are not persisted when `store` is set to false. Try again with "
            "`store` set to true, or remove this item from your input.",
        )
    behind = items[place + 1] if place + 1 < len(items) else {}
    if not (kind_of(behind) in ("function_call", "reasoning") or behind.get("role") == "assistant"):
        raise RefusedError(f"Item '{own}' of type 'reasoning' was provided without its required following item.")


def check_pairs(items: list[dict[str, Any]]) -> None:
    """Results follow their calls, and every call has one."""
    open_: dict[str, None] = {}
    for item in items:
        said = str(item.get("call_id"))
        if kind_of(item) == "function_call":
            if said in open_:
                raise RefusedError(f"Duplicate function call with call_id {said}.")
            open_[said] = None
        elif kind_of(item) == "function_call_output":
            if said not in open_:
                raise RefusedError(f"No tool call found for function call output with call_id {said}.")
            del open_[said]
    if open_:
        raise RefusedError(f"No tool output found for function call {next(iter(open_))}.")


def check_reasons(items: list[dict[str, Any]]) -> None:
    """What came of reasoning and is known by its id comes behind it."""
    seen: set[str] = set()
    for item in items:
        if kind_of(item) == "reasoning":
            seen.add(str(item.get("id")))
        found = THOUGHTFUL.match(str(item.get("id") or ""))
        if found and f"rs_{found[1]}" not in seen:
            raise RefusedError(
                f"Item '{item['id']}' of type '{kind_of(item)}' was provided without its required 'reasoning' item: "
                f"'rs_{found[1]}'."
            )


def picture(part: dict[str, Any]) -> str:
    """The label of an image."""
    address = part.get("image_url")
    if is_web(address):
        return str(address)
    kind, data = data_url(address) or ("", "")
    found = label(kind, data) if kind in IMAGES else None
    if found is None:
        raise RefusedError(
            "Invalid 'image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;"
            "base64,aW1nIGJ5dGVzIGhlcmU='), but got an invalid base64-encoded value.",
            code="invalid_value",
        )
    return found


def paper(part: dict[str, Any]) -> str:
    """The label of a file."""
    if is_web(part.get("file_url")):
        return str(part["file_url"])
    kind, data = data_url(part.get("file_data")) or ("", "")
    found = label(kind, data)
    if found is None or not part.get("filename"):
        raise RefusedError("Invalid 'file_data': expected 'filename' and a base64-encoded data URL.")
    return found
