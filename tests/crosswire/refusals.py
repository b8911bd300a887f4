"""What one wire cannot say in another: the only place where the matrix may be other than green, each with its reason."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import anthropic
import openai
from crosswire.stage import SEATS
from crosswire.talk_gemini import RefusedRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSALS = (openai.APIStatusError, anthropic.APIStatusError, RefusedRequestError)
"""How callers see a request that was refused; anything else that goes wrong is no refusal."""
ANYBODY = "*"
"""Whatever wire the caller speaks."""

REASONING = ("reasoning", "reasoning, tools")

OWN_TOOLS = "provider's tools"
EVERYWHERE = tuple(SEATS)
_ITS_OWN = "a tool that a provider runs itself is known to that provider alone"

REFUSED: Mapping[tuple[str, str, str], str] = {
    **dict.fromkeys(
        product(("openai-chat",), ("openai-responses", "anthropic-messages", "gemini"), (OWN_TOOLS,)), _ITS_OWN
    ),
    **{
        (caller, seat, OWN_TOOLS): _ITS_OWN
        for caller, seat in product(("anthropic-messages", "gemini"), EVERYWHERE)
        if caller != seat
    },
}
"""Caller, deployment, case: the request is refused, by us or by the provider, and goes to the next deployment."""

LOST: Mapping[tuple[str, str, str], tuple[str, ...]] = {
    **dict.fromkeys(product(("openai-chat", "openai-responses"), ("gemini",), REASONING), ("thinking",)),
    **dict.fromkeys(
        product(("openai-responses", "anthropic-messages", "gemini"), ("litellm (anthropic)",), REASONING),
        ("thinking",),
    ),
    **{
        ("openai-responses", seat, OWN_TOOLS): ("tools.web_search",)
        for seat in EVERYWHERE
        if seat != "openai-responses"
    },
    (ANYBODY, "openai-chat", "reasoning, tools"): ("reasoning_effort",),
    (ANYBODY, "litellm (openai)", "reasoning, tools"): ("reasoning_effort",),
}
"""Caller, deployment, case: it is served, without these; the decision names them.

From GPT-5.4 on OpenAI's Chat Completions takes no functions beside reasoning; its Responses do.
Codex offers a search by default, and does without.
Reasoning that nobody signed, or whose signature its issuer's wire does not carry, stays behind when a conversation goes on.
"""


def refused(caller: str, seat: str, case: str) -> str | None:
    """Why that is refused; None where it is served."""
    return REFUSED.get((caller, seat, case)) or REFUSED.get((ANYBODY, seat, case))


def lost(caller: str, seat: str, case: str) -> tuple[str, ...]:
    """What is left out of it."""
    return LOST.get((caller, seat, case)) or LOST.get((ANYBODY, seat, case)) or ()
