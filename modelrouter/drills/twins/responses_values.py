"""The response object and its items, as OpenAI's Responses API gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.responses_items import encrypted, token_of
from modelrouter.drills.twins.responses_rules import ENCRYPTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.drills.twins.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of the output: as it begins, what is added to it, as it ends."""

    begun: dict[str, Any]
    pieces: tuple[str, ...]
    done: dict[str, Any]


def token(reply: Reply) -> str:
    """What the ids of this response have in common."""
    return token_of(reply.number, reply.asked.account, stored=reply.asked.body.get("store") is not False)


def items(reply: Reply) -> Iterator[Item]:
    """Reasoning, message, calls; what comes of reasoning refers to it by its id."""
    common = token(reply)
    if reply.thought:
        yield reasoning(reply, f"rs_{common}")
    mark = "r" if reply.thought else "p"
    if reply.pieces:
        yield message(reply, f"msg_{common}{mark}0")
    for place, call in enumerate(reply.calls):
        base = {
            "id": f"fc_{common}{mark}{place + 1}",
            "type": "function_call",
            "call_id": f"call_{reply.token('call', place)}",
            "name": call.name,
        }
        yield Item(
            begun={**base, "arguments": "", "status": "in_progress"},
            pieces=call.pieces,
            done={**base, "arguments": call.arguments, "status": "completed"},
        )


def reasoning(reply: Reply, own: str) -> Item:
    """Reasoning, with its summary and its ciphertext where they are asked for."""
    asked = reply.asked
    told = reply.thought if asked.shown and reply.thought else ()
    summary = [{"type": "summary_text", "text": "".join(told)}] if told else []
    base = {"id": own, "type": "reasoning", "summary": []}
    kept = ENCRYPTED in (asked.body.get("include") or ())
    # What stands in the first event is not yet what counts.
    return Item(
        begun=base | ({"encrypted_content": encrypted(asked.account, f"{own}-begun")} if kept else {}),
        pieces=told,
        done=base | {"summary": summary} | ({"encrypted_content": encrypted(asked.account, own)} if kept else {}),
    )


def message(reply: Reply, own: str) -> Item:
    """The text."""
    status = "incomplete" if reply.finish == "length" else "completed"
    base = {"id": own, "type": "message", "role": "assistant"}
    return Item(
        begun={**base, "content": [], "status": "in_progress"},
        pieces=reply.pieces,
        done={**base, "content": [text(reply.text)], "status": status},
    )


def text(said: str) -> dict[str, Any]:
    """A part of a message."""
    return {"type": "output_text", "text": said, "annotations": [], "logprobs": []}


def response(reply: Reply, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    """The response object, which repeats what was asked for."""
    asked = reply.asked.body
    wanted = asked.get("reasoning") or {}
    return {
        "id": f"resp_{token(reply)}",
        "object": "response",
        "created_at": reply.created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": None,
        "model": reply.model,
        "output": output,
        "parallel_tool_calls": asked.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "prompt_cache_key": asked.get("prompt_cache_key"),
        "reasoning": {"effort": wanted.get("effort"), "summary": wanted.get("summary")},
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": "default",
        "store": asked.get("store") is not False,
        "temperature": asked.get("temperature", 1.0),
        "text": {"format": {"type": "text"}, "verbosity": "medium"} | (asked.get("text") or {}),
        "tool_choice": asked.get("tool_choice") or "auto",
        "tools": [{"description": None, "strict": True, **tool} for tool in asked.get("tools") or ()],
        "top_logprobs": 0,
        "top_p": asked.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": None,
        "user": asked.get("user"),
        "metadata": asked.get("metadata") or {},
    }


def ended(reply: Reply, output: list[dict[str, Any]]) -> dict[str, Any]:
    """The response object at its end."""
    cut = reply.finish == "length"
    details = {"incomplete_details": {"reason": "max_output_tokens"}} if cut else {}
    return response(reply, "incomplete" if cut else "completed", output) | details | {"usage": usage(reply)}


def usage(reply: Reply) -> dict[str, Any]:
    """Token counts in the wire's words."""
    return {
        "input_tokens": reply.tokens_in,
        "input_tokens_details": {"cached_tokens": reply.asked.cached, "cache_write_tokens": 0},
        "output_tokens": reply.tokens_out,
        "output_tokens_details": {"reasoning_tokens": reply.tokens_thought},
        "total_tokens": reply.tokens_in + reply.tokens_out,
    }
