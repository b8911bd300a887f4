"""Thinking on Anthropic's Messages API: when it comes, how it is signed, and what the API says of signatures that return.

Blocks are bound to all that came before them, as they are for accounts since the end of August 2026.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

from modelrouter.drills.twins.anthropic_blocks import blocks
from modelrouter.drills.twins.asked import RefusedError
from modelrouter.drills.twins.seals import opened, sealed

THOUGHTS = ("thinking", "redacted_thinking")
LEAST_BUDGET = 1024
REDACTS = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING"
"""The start of the words at which the API encrypts its thinking, so that clients can test for it."""
FAMILY = re.compile(r"claude-(?:\d-\d-)?([a-z]+)")


def account_of(model: str) -> str:
    """For whom thinking is signed: the family of the model, whoever pays for it."""
    found = FAMILY.search(model)
    return f"anthropic/{found[1] if found else model}"


def signature(account: str, thinking: str, once: str, bound: str) -> str:
    """Of a block; the API signs what it thought, also where it does not show it, and never twice alike."""
    return sealed(account, f"{once}:{bound}:{digest(thinking)}")


def redaction(account: str, thinking: str, once: str, bound: str) -> str:
    """The data of a redacted block."""
    return sealed(account, f"{once}:{bound}:redacted {thinking}")


def prefix(body: dict[str, Any], messages: list[dict[str, Any]]) -> str:
    """Stands for all that comes before a block of thinking; marks of what to cache are no part of it."""
    before = [body.get("system"), body.get("tools"), messages]
    return hashlib.sha256(orjson.dumps(unmarked(before), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def unmarked(value: Any) -> Any:
    """The value without `cache_control`, wherever it stands."""
    if isinstance(value, dict):
        return {name: unmarked(inner) for name, inner in value.items() if name != "cache_control"}
    return [unmarked(inner) for inner in value] if isinstance(value, list) else value


def digest(thinking: str) -> str:
    """Stands for what was shown."""
    return hashlib.sha256(thinking.encode()).hexdigest()[:16]


def wanted(body: dict[str, Any]) -> dict[str, Any]:
    """The configuration of thinking, empty where there shall be none."""
    said = body.get("thinking") or {}
    return said if said.get("type") in ("enabled", "adaptive") else {}


def shown(body: dict[str, Any], *, newest: bool) -> bool:
    """Is it told what was thought? Newer models keep it to themselves unless they are asked."""
    return bool(wanted(body).get("display", "omitted" if newest else "summarized") == "summarized")


def check_thinking(body: dict[str, Any], *, newest: bool) -> None:
    """Raise `RefusedError` where the configuration is refused, or a block that came back is not as it was signed."""
    config = wanted(body)
    if config:
        check_config(body, config, newest=newest)
    account = account_of(str(body.get("model")))
    for place, message in enumerate(body["messages"]):
        content = list(blocks(message))
        for at, block in enumerate(content):
            if block.get("type") not in THOUGHTS:
                continue
            where = f"messages.{place}.content.{at}"
            bound = check_signature(where, block, account)
            begun = [{**message, "content": content[:at]}] if at else []
            if bound != prefix(body, [*body["messages"][:place], *begun]):
                raise RefusedError(
                    f"{where}: `{block['type']}` blocks cannot be modified. The block is bound to a different conversation."
                )
    if config.get("type") == "enabled":
        check_start(body["messages"])


def check_config(body: dict[str, Any], config: dict[str, Any], *, newest: bool) -> None:
    """Budgets and forced tools."""
    if config["type"] == "enabled":
        if newest:
            raise RefusedError(
                '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
                '"output_config.effort" to control thinking behavior.'
            )
        budget = config.get("budget_tokens")
        if not isinstance(budget, int) or budget < LEAST_BUDGET:
            raise RefusedError(
                f"thinking.enabled.budget_tokens: Input should be greater than or equal to {LEAST_BUDGET}"
            )
        if body["max_tokens"] <= budget:
            raise RefusedError("`max_tokens` must be greater than `thinking.budget_tokens`.")
    if (body.get("tool_choice") or {}).get("type") in ("any", "tool"):
        raise RefusedError("Thinking may not be enabled when tool_choice forces tool use.")
    if body.get("temperature") not in (None, 1):
        raise RefusedError("`temperature` may only be set to 1 when thinking is enabled.")


def check_signature(where: str, block: dict[str, Any], account: str) -> str:
    """What the block is bound to; it must come back as it was signed, to the models that signed it."""
    if block["type"] == "redacted_thinking":
        _, bound, content = parts_of(opened(block.get("data"), account))
        if not content.startswith("redacted "):
            raise RefusedError(f"{where}: Invalid `data` in `redacted_thinking` block")
        return bound
    for name in ("thinking", "signature"):
        if not isinstance(block.get(name), str):
            raise RefusedError(f"{where}.thinking.{name}: Field required")
    _, bound, content = parts_of(opened(block["signature"], account))
    if content != digest(block["thinking"]):
        raise RefusedError(f"{where}: Invalid `signature` in `thinking` block")
    return bound


def parts_of(seal: str | None) -> tuple[str, str, str]:
    """The three parts of what was sealed; empty ones where nothing was."""
    once, _, rest = (seal or "").partition(":")
    bound, _, content = rest.partition(":")
    return once, bound, content


def check_start(messages: list[dict[str, Any]]) -> None:
    """With a budget, the assistant's turn in whose middle we are must begin with thinking."""
    if not any(block.get("type") == "tool_result" for block in blocks(messages[-1])):
        return
    # The turn began behind the last message of the user's that brought no results.
    begun = next(
        (
            place + 1
            for place in reversed(range(len(messages)))
            if messages[place].get("role") == "user"
            and not any(block.get("type") == "tool_result" for block in blocks(messages[place]))
        ),
        0,
    )
    first = next((block.get("type") for message in messages[begun:] for block in blocks(message)), None)
    if first not in THOUGHTS:
        raise RefusedError(
            f"messages.{begun}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block."
        )
