"""How much to think: Anthropic's words and budgets, and OpenAI's, which conversations speak.

| Messages | conversation |
|---|---|
| `thinking` is `disabled` | `none` |
| `thinking` is `enabled` with a budget | the weakest effort whose budget is at least that |
| `thinking` is `adaptive`, no effort | `high`, this wire's own default |
| `output_config.effort` | the same word; `max` is `xhigh` |
| neither | None |

Budgets are those that Google publishes for OpenAI's words; nobody else publishes any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire.conversation import Thinking, ToolResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.wire.anthropic_messages.traits import Traits
    from modelrouter.wire.conversation import Conversation, Turn

BUDGETS: Mapping[str, int] = {"low": 1024, "medium": 8192, "high": 24_576, "xhigh": 32_000}
"""Tokens, weakest first; beyond the last nothing is gained, its vendor says."""

LEAST = 1024
"""Tokens of the smallest budget that the API takes."""

_RANKS = {"none": 0, "minimal": 0, "low": 0, "medium": 1, "high": 2, "xhigh": 3, "max": 4}
_TOP_P = 0.95
"""The least `top_p` that goes with thinking."""


def asked_effort(body: Mapping[str, Any], losses: list[str]) -> str | None:
    """Read how much a request wants its answer thought about; what changes on the way is named among the losses."""
    config = body.get("thinking") or {}
    kind, effort = config.get("type"), (body.get("output_config") or {}).get("effort")
    if kind == "disabled":
        if effort is not None:
            losses.append("output_config.effort")
        return "none"
    if kind == "enabled":
        losses.append("thinking.budget_tokens")
        budget = config["budget_tokens"]
        by_budget: str | None = next((word for word, most in BUDGETS.items() if budget <= most), "xhigh")
    else:
        by_budget = "high" if kind == "adaptive" else None
        if kind not in {None, "adaptive"}:
            losses.append("thinking")
    if effort is None:
        return by_budget
    word = "xhigh" if effort == "max" else effort
    if word != effort or word not in BUDGETS:
        losses.append("output_config.effort")
    return word if word in BUDGETS else by_budget


def is_shown(body: Mapping[str, Any]) -> bool | None:
    """Read whether thinking shall be told; who sets a budget means a model that tells it unasked."""
    config = body.get("thinking") or {}
    display = config.get("display")
    if display in _DISPLAYS:
        return _DISPLAYS[display]
    return True if config.get("type") == "enabled" else None


_DISPLAYS = {"summarized": True, "omitted": False}


def is_asked(request: Mapping[str, Any]) -> bool:
    """Whether a request in this wire wants to be shown thinking: others are never sent any."""
    config = request.get("thinking")
    return isinstance(config, dict) and config.get("type") not in {None, "disabled"}


def is_omitted(request: Mapping[str, Any]) -> bool:
    """Whether the text of thinking is to be left out of the answer, and its signature alone sent."""
    config = request.get("thinking")
    return isinstance(config, dict) and config.get("display") == "omitted"


def effort_word(asked: str, taken: Traits) -> str | None:
    """Name the strongest effort that the model knows and that is no stronger than asked.

    None where it knows none, or is to do without thinking and can.
    """
    if asked == "none" and taken.thinking != "always":
        return None
    rank = _RANKS.get(asked, 0)
    return next((word for word in reversed(taken.efforts) if _RANKS[word] <= rank), None)


def thinking_config(
    conversation: Conversation, turns: tuple[Turn, ...], taken: Traits, limit: int, losses: list[str]
) -> dict[str, Any] | None:
    """Say how to switch thinking on for an effort; None where it stays as it is.

    A budget demands that the loop of calls that goes on began with thinking, that no tool is forced, and room for
    the answer besides: where one of these is missing, this answer does without thinking (44, 24).
    """
    effort, display = conversation.sampling.effort, _display(conversation)
    is_forced = conversation.choice.mode in {"required", "named"} and bool(conversation.tools)
    if taken.thinking == "always" and display and not is_forced:
        return {"type": "adaptive", **display}
    if effort not in _RANKS or taken.thinking == "always":
        return None
    if effort == "none" or is_forced:
        losses.extend(() if effort == "none" else ("reasoning_effort",))
        return {"type": "disabled"} if taken.thinking == "adaptive" else None
    if taken.thinking == "adaptive":
        return {"type": "adaptive", **display}
    if not _may_think(turns) or limit <= LEAST:
        losses.append("reasoning_effort")
        return None
    wanted = BUDGETS.get(effort, BUDGETS["xhigh"] if effort == "max" else LEAST)
    budget = min(wanted, max(limit // 2, LEAST))
    if budget < wanted:
        losses.append("reasoning_effort")
    return {"type": "enabled", "budget_tokens": budget}


def _display(conversation: Conversation) -> dict[str, str]:
    """Say whether thinking is to be told: the newest models keep it to themselves unless asked, older ones tell it."""
    shown = conversation.sampling.shown
    return {} if shown is None else {"display": "summarized" if shown else "omitted"}


def _may_think(turns: tuple[Turn, ...]) -> bool:
    """Whether the loop of calls and results that goes on now began with thinking that its issuer may see again.

    It began behind the last turn of the user's that brought no result; where there is no loop, all may begin.
    """
    if not _brings_results(turns[-1:]):
        return True
    start = next((place for place, turn in reversed(list(enumerate(turns))) if _asks_anew(turn)), -1)
    first = next(turn for turn in turns[start + 1 :] if turn.role == "assistant")
    return isinstance(first.parts[0], Thinking)


def _asks_anew(turn: Turn) -> bool:
    return turn.role == "user" and not _brings_results((turn,))


def _brings_results(turns: tuple[Turn, ...]) -> bool:
    return any(isinstance(part, ToolResult) for turn in turns for part in turn.parts)


def without_sampling(said: dict[str, Any], losses: list[str]) -> dict[str, Any]:
    """Leave out what may not stand beside thinking."""
    kept = {}
    for field, value in said.items():
        if field in {"temperature", "top_k"} or (field == "top_p" and value < _TOP_P):
            losses.append(field)
        else:
            kept[field] = value
    return kept
