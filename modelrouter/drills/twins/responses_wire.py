"""OpenAI's Responses, as the server reads them and answers whole; `responses_stream` writes the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.asked import Asked, Said, Tool, joined, prompt_tokens
from modelrouter.drills.twins.keys import key_of
from modelrouter.drills.twins.past import CHARACTERS_PER_TOKEN, chosen, past_of
from modelrouter.drills.twins.responses_items import kind_of, paper, picture
from modelrouter.drills.twins.responses_rules import check, items_of
from modelrouter.drills.twins.responses_stream import error, events
from modelrouter.drills.twins.responses_values import ended, items
from modelrouter.drills.twins.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.drills.twins.past import Past
    from modelrouter.drills.twins.reply import Reply


def read(body: dict[str, Any], headers: Mapping[str, str]) -> Asked:
    """What the body asks for, after the checks of the real API."""
    account = key_of(headers) or ""
    check(body, account)
    said_items = items_of(body["input"])
    past = past_of(map(said, said_items))
    tokens = prompt_tokens(body.get("instructions"), said_items)
    reasoning = body.get("reasoning") or {}
    return Asked(
        usage=True,
        tools=tools(body, past),
        schema=schema(body),
        limit=body.get("max_output_tokens"),
        tokens=tokens,
        cached=min(past.known // CHARACTERS_PER_TOKEN, tokens - 1),
        past=past,
        thinks=reasoning.get("effort") not in (None, "none"),
        shown=reasoning.get("summary") is not None,
        account=account,
        body=body,
    )


def said(item: dict[str, Any]) -> Said:
    """What an item says."""
    kind, role = kind_of(item), item.get("role")
    parts = item.get("output") if kind == "function_call_output" else item.get("content")
    listed = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return Said(
        assistant=role == "assistant" or kind in ("function_call", "reasoning"),
        text=joined(item.get("content")) if kind == "message" and role in ("user", "assistant") else "",
        results=(joined(item.get("output")),) if kind == "function_call_output" else (),
        images=tuple(picture(part) for part in listed if part.get("type") == "input_image"),
        documents=tuple(paper(part) for part in listed if part.get("type") == "input_file"),
        thoughts=int(kind == "reasoning"),
    )


def tools(body: dict[str, Any], past: Past) -> tuple[Tool, ...]:
    """The tools to call."""
    choice = body.get("tool_choice")
    if choice == "none":
        return ()
    offered = [
        Tool(name=tool["name"], schema=tool.get("parameters") or {})
        for tool in body.get("tools") or ()
        if tool.get("type") == "function"
    ]
    forced = choice.get("name") if isinstance(choice, dict) else None
    return chosen(offered, past, forced=forced, parallel=body.get("parallel_tool_calls") is not False)


def schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """The shape that `text.format` demands."""
    match (body.get("text") or {}).get("format"):
        case {"type": "json_schema", "schema": dict() as found}:
            return found
        case {"type": "json_object"}:
            return {"type": "object", "properties": {"answer": {"type": "string"}}}
        case _:
            return None


def whole(reply: Reply) -> bytes:
    """The answer in one piece."""
    return orjson.dumps(ended(reply, [made.done for made in items(reply)]))


RESPONSES = Wire(
    name="openai-responses",
    stream_type="text/event-stream; charset=utf-8",
    read=read,
    whole=whole,
    events=events,
    error=error,
    broken=b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":9,"del\n\n',
)
