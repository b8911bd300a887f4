"""What differs among those who speak OpenAI's Chat Completions, read off the vendor's word and the model's name.

Most of them are strict about what they do not know, so what is not known to be taken is not sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from modelrouter.wire.tool_ids import CHAT_IDS, MISTRAL_IDS, IdRule
from modelrouter.wire.tool_names import EVERYWHERE, PLAIN, NameRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traits:
    """What a deployment takes; what is said here holds for those of whom nothing else is known.

    Compared by identity, which costs nothing where something is remembered for each of them.
    """

    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """OpenAI's reasoning models refuse the older word, most others do not know the newer one."""
    refuses: frozenset[str] = frozenset({"metadata", "top_k"})
    """Members of a request that it does not take. OpenAI takes `metadata` only of what it shall store."""
    refuses_while_thinking: frozenset[str] = frozenset()
    """Those that it takes only where the effort is `none`."""
    seed: str = "seed"
    efforts: tuple[str, ...] = _EFFORTS
    """Words for `reasoning_effort`, weakest first; empty where it takes none."""
    unthinking_tools: bool = False
    """It takes functions only where the effort is said to be `none`."""
    stops: int | None = None
    """The most stop sequences that it takes."""
    thinking: Literal["reasoning_content", "reasoning"] | None = None
    """The member of an assistant's message by which it takes its own reasoning back."""
    refuses_thinking: bool = False
    """It answers reasoning in an assistant's message with an error."""
    needs_thinking: bool = False
    """While it thinks, it refuses calls of the current round that come without the reasoning behind them."""
    members: frozenset[str] | None = None
    """The only members that its messages may have, where it refuses any other."""
    developer: bool = False
    """It knows the role `developer`."""
    strict: bool = True
    """System texts stand at the beginning alone, and the user speaks first."""
    user_after_tool: bool = True
    """A user's message may follow a tool's."""
    prefill: Literal["prefix", "continue"] | None = None
    """How it is asked to go on inside the assistant's last message."""
    documents: Literal["file", "document_url"] = "file"
    addresses: bool = True
    """It fetches images by their address itself."""
    signs: bool = False
    """It signs calls, in the member that Google's servers read."""
    unsigned: str | None = None
    """What stands in place of a signature where nobody signed the calls of a message; None where nothing has to."""
    caches: bool = False
    """It knows Anthropic's marks of what to cache, or hands them on to who does."""
    stubs: bool = False
    """Tools that the history calls must be declared."""
    ids: IdRule = CHAT_IDS
    names: NameRule = PLAIN


_BASE = Traits()
_MEMBERS = frozenset({"role", "content", "tool_calls", "tool_call_id", "name"})
_OPENAI = Traits(limit="max_completion_tokens", stops=4, refuses_thinking=True, developer=True, strict=False)
_LOCAL = Traits(refuses=frozenset({"metadata"}), thinking="reasoning_content", prefill="continue")
_HOST = Traits(refuses=frozenset({"metadata"}))
_WEIGHTS = frozenset({"logprobs", "top_logprobs"})
_PENALTIES = frozenset({"frequency_penalty", "presence_penalty"})

_VENDORS: Mapping[str, Traits] = MappingProxyType(
    {
        "openai": _OPENAI,
        "azure": _OPENAI,
        "mistral": Traits(
            # It refuses every member that its own schema does not name; usage comes in streams without being asked for.
            refuses=frozenset({"top_k", "user", "stream_options"}) | _WEIGHTS,
            seed="random_seed",
            efforts=("none", "high"),
            refuses_thinking=True,
            members=_MEMBERS | {"prefix"},
            user_after_tool=False,
            prefill="prefix",
            documents="document_url",
            ids=MISTRAL_IDS,
        ),
        "deepseek": Traits(
            efforts=("low", "medium", "high", "xhigh"), thinking="reasoning_content", needs_thinking=True, strict=False
        ),
        "moonshot": Traits(thinking="reasoning_content", needs_thinking=True, strict=False),
        "zhipu": Traits(thinking="reasoning_content"),
        "dashscope": Traits(refuses=frozenset({"metadata"}), thinking="reasoning_content", caches=True),
        "groq": Traits(
            refuses=_BASE.refuses | _WEIGHTS, stops=4, refuses_thinking=True, members=_MEMBERS, strict=False
        ),
        "cerebras": Traits(refuses=_BASE.refuses | _PENALTIES, stops=4, refuses_thinking=True, members=_MEMBERS),
        "xai": Traits(strict=False),
        "gemini": Traits(
            refuses=_BASE.refuses | _WEIGHTS | _PENALTIES | {"seed", "user"},
            efforts=("none", "low", "medium", "high"),
            signs=True,
            names=EVERYWHERE,
        ),
        "vertex": Traits(refuses=_BASE.refuses | {"user"}, signs=True, names=EVERYWHERE),
        "openrouter": Traits(refuses=frozenset({"metadata"}), thinking="reasoning", caches=True),
        "litellm": Traits(caches=True),
        "portkey": Traits(caches=True),
        "vercel-ai-gateway": Traits(caches=True),
        "databricks": Traits(caches=True),
        "anthropic": Traits(caches=True),
        "vllm": _LOCAL,
        "sglang": _LOCAL,
        "llamacpp": _LOCAL,
        "lmstudio": _HOST,
        "together": _HOST,
        "fireworks": _HOST,
        "deepinfra": _HOST,
        "siliconflow": _HOST,
    }
)

_LITELLM = Traits(
    addresses=False, stubs=True, caches=True, ids=IdRule(alphabet="a-zA-Z0-9_-", longest=40), names=EVERYWHERE
)
"""Whoever stands behind the library: what all of them take. It drops sampling parameters that they do not know."""

_MISTRAL = re.compile(r"mistral|mixtral|ministral|codestral|devstral|magistral|pixtral|voxtral")
_REASONING = re.compile(r"(?:^|[/.])(?:(o[134])(?![a-z0-9])|gpt-(?!35)(\d+)(?:[.-](\d)(?!\d))?(?!.*-chat))")
"""OpenAI's models by name: the o series and what followed it; those that only chat take what the older ones took."""
_DRAWN = frozenset({"temperature", "top_p"}) | _PENALTIES | _WEIGHTS
_FIRST_REASONING = 5
_UNTHINKING_TOOLS = (5, 4)
"""From here on this wire takes no functions beside reasoning; from 5.6 on not even where no effort is named."""
"""From GPT-5 on."""


def traits(deployment: Deployment) -> Traits:
    """Say what a deployment takes."""
    model = deployment.model
    vendor = "" if deployment.wire == "litellm" else deployment.provider.vendor
    return _traits(vendor, deployment.name, model.id, model.family)


@lru_cache(maxsize=1024)
def _traits(vendor: str, name: str, model: str, family: str) -> Traits:
    name, model, family = name.lower(), model.lower(), family.lower()
    taken = _VENDORS.get(vendor, _BASE) if vendor else _LITELLM
    if any(map(_MISTRAL.search, (name, model, family))):
        return replace(taken, ids=MISTRAL_IDS, user_after_tool=False, strict=True)
    for known in (name, model):
        if match := _REASONING.search(known):
            return replace(
                found := _reasoning(taken, *match.groups()),
                # It speaks OpenAI's Responses for whoever speaks this wire.
                unthinking_tools=found.unthinking_tools and vendor != "openrouter",
            )
        if taken.signs and _SIGNED.search(known):
            return replace(taken, unsigned=UNSIGNED, efforts=("minimal", "low", "medium", "high"))
        if vendor == "xai" and (grok := _GROK.search(known)):
            return _grok(taken, *grok.groups())
    return taken


_GROK = re.compile(r"grok-(?:3-mini|(\d+)(?:[.-](\d{1,2}))?(?!\d))")
_GROKS = (((4, 6), (4, 6), ("low", "medium", "high", "xhigh")), ((4, 3), (4, 5), ("low", "medium", "high")))
"""From which to which generation efforts are known, and which."""


def _grok(taken: Traits, major: str | None, minor: str | None) -> Traits:
    """What xAI's models take: those that reason refuse penalties and stop sequences, even neutral ones."""
    if major is None:
        return replace(taken, refuses=taken.refuses | _PENALTIES | {"stop"}, efforts=("low", "high"))
    generation = (int(major), int(minor or 0))
    if generation < (4, 0):
        return replace(taken, efforts=())
    efforts = next((words for least, most, words in _GROKS if least <= generation <= most), ())
    return replace(taken, refuses=taken.refuses | _PENALTIES | {"stop"}, efforts=efforts)


UNSIGNED = "skip_thought_signature_validator"
"""What Google documents for calls that none of its models made."""
_SIGNED = re.compile(r"gemini-(?:[3-9]|\d\d)")
"""From Gemini 3 on, calls of the current round must be signed."""


def _reasoning(taken: Traits, series: str | None, major: str | None, minor: str | None) -> Traits:
    """What OpenAI's reasoning models take, wherever they are served."""
    if series is not None:
        refused = _DRAWN | {"parallel_tool_calls"} | ({"stop"} if series != "o1" else set())
        return _refusing(taken, refused, ("low", "medium", "high"))
    generation = (int(major or 0), int(minor or 0))
    if generation[0] < _FIRST_REASONING:
        return taken
    if generation == (_FIRST_REASONING, 0):
        return _refusing(taken, _DRAWN | {"stop"}, ("minimal", "low", "medium", "high"))
    strongest = ("high",) if generation == (_FIRST_REASONING, 1) else ("high", "xhigh")
    newer = _refusing(taken, _PENALTIES | {"stop"}, ("none", "low", "medium", *strongest))
    return replace(newer, refuses_while_thinking=_DRAWN - _PENALTIES, unthinking_tools=generation >= _UNTHINKING_TOOLS)


def _refusing(taken: Traits, refused: frozenset[str], efforts: tuple[str, ...]) -> Traits:
    return replace(
        taken, limit="max_completion_tokens", refuses=taken.refuses | refused | {"max_tokens"}, efforts=efforts
    )


RANKS: Mapping[str, int] = MappingProxyType({word: rank for rank, word in enumerate((*_EFFORTS, "max"))})


def effort_for(asked: str, efforts: tuple[str, ...]) -> str | None:
    """Name the strongest effort that a model knows and that is no stronger than asked, else its weakest one.

    Who asks for more than a little thinking does not get none at all.
    """
    rank = RANKS.get(asked, 0)
    fitting = [word for word in efforts if RANKS[word] <= rank]
    if rank > RANKS["low"] and fitting == ["none"]:
        return efforts[1] if efforts[1:] else None
    return fitting[-1] if fitting else next(iter(efforts), None)
