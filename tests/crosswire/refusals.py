"""What one wire cannot say in another: the only place where the matrix may be other than green, each with its reason."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ANYBODY = "*"
"""Whatever wire the caller speaks."""

REASONING = ("reasoning", "reasoning, tools")

REFUSED: Mapping[tuple[str, str, str], str] = {}
"""Caller, deployment, case: the request is refused, by us or by the provider, and goes to the next deployment."""

LOST: Mapping[tuple[str, str, str], tuple[str, ...]] = {
    **dict.fromkeys(product(("openai-chat", "openai-responses"), ("gemini",), REASONING), ("thinking",)),
    **dict.fromkeys(
        product(("openai-responses", "anthropic-messages", "gemini"), ("litellm (anthropic)",), REASONING),
        ("thinking",),
    ),
    (ANYBODY, "openai-chat", "reasoning, tools"): ("reasoning_effort",),
    (ANYBODY, "litellm (openai)", "reasoning, tools"): ("reasoning_effort",),
}
"""Caller, deployment, case: it is served, without these; the decision names them.

From GPT-5.4 on OpenAI's Chat Completions takes no functions beside reasoning; its Responses do.
Reasoning that nobody signed, or whose signature its issuer's wire does not carry, stays behind when a conversation goes on.
"""


def refused(caller: str, seat: str, case: str) -> str | None:
    """Why that is refused; None where it is served."""
    return REFUSED.get((caller, seat, case)) or REFUSED.get((ANYBODY, seat, case))


def lost(caller: str, seat: str, case: str) -> tuple[str, ...]:
    """What is left out of it."""
    return LOST.get((caller, seat, case)) or LOST.get((ANYBODY, seat, case)) or ()
