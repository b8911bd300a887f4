"""An answer that another provider goes on with, from the middle: who can, and how it is asked.

A stream that broke off has told a text. Some servers go on inside it where it stands as the last message, each in its
own words; the others answer anew, and their callers would read the beginning twice. Only those are asked of whom it is
known. Nothing is said to a model in words of ours, and a call of a tool is never gone on with: the rest of its
arguments would be another model's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.encode_request import takes
from modelrouter.wire.anthropic_messages.traits import is_claude
from modelrouter.wire.body import splice
from modelrouter.wire.dialects import shape_of
from modelrouter.wire.openai_chat.traits import traits
from modelrouter.wire.reading import BYTES_PER_TOKEN
from modelrouter.wire.translate import NotPortable, Rendered, read_conversation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment

__all__ = ["Form", "can_retell", "form_of", "going_on", "mark", "restart", "shown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a server is asked to go on inside the assistant's last message."""

    members: Mapping[str, bytes | None] = field(default_factory=dict)
    """Of the request, as JSON."""
    marks: Mapping[str, Any] = field(default_factory=dict)
    """Of the message."""
    trims: bool = False
    """It refuses a text that ends with blanks."""
    echoes: bool = False
    """It repeats the text before it goes on."""


_PREFIX = Form(marks={"prefix": True})
_FORMS: Mapping[str | None, Form] = MappingProxyType(
    {
        "prefix": _PREFIX,
        "continue": Form(members={"continue_final_message": b"true", "add_generation_prompt": b"false"}),
    }
)
"""On the chat wire: Mistral's; that of vLLM, SGLang and llama.cpp, whose server then repeats nothing."""
_TRAILING = Form(trims=True)
_IMPLICIT = Form(echoes=True)
"""llama.cpp's server on Anthropic's wire."""


def form_of(deployment: Deployment) -> Form | None:
    """Say how a deployment is asked to go on inside a text; None where it would answer anew, or refuse.

    Claude goes on up to 4.5 and refuses from 4.6 on; OpenAI's models answer anew; Google's refuse a history that ends
    with the model's turn. DeepSeek goes on at its `/beta` address alone.
    """
    shape, vendor = shape_of(deployment.wire), deployment.provider.vendor
    if shape == "openai-chat":
        if vendor == "deepseek" and deployment.wire != "litellm":
            return _PREFIX if "/beta" in urlsplit(deployment.url or "").path else None
        return _FORMS.get(traits(deployment).prefill)
    if shape == "anthropic-messages":
        if is_claude((deployment.name, deployment.model.id)):
            return _TRAILING if takes(deployment).thinking == "manual" else None
        return _IMPLICIT if vendor == "llamacpp" else None
    return None


def going_on(rendered: Rendered, deployment: Deployment, told: str) -> Rendered | NotPortable:
    """Ask for the rest of an answer of which `told` was said; where that is blank, for the whole."""
    form = form_of(deployment)
    if not told.strip():
        return rendered
    if form is None:
        return NotPortable(f"{deployment.id} cannot go on in the middle of an answer")
    body = json_text.read(rendered.body)
    output = body.get("output_config")
    if body.get("response_format") or (isinstance(output, dict) and output.get("format")):
        return NotPortable("an answer whose form is enforced cannot be gone on with")
    messages = _with(body["messages"], told.rstrip() if form.trims else told, form)
    if messages is None:
        return NotPortable("the conversation already ends in the middle of an answer")
    changes: dict[str, bytes | None] = {"messages": json_text.write(messages), **form.members}
    for name in ("max_tokens", "max_completion_tokens"):
        if type(limit := body.get(name)) is int:
            changes[name] = b"%d" % max(1, limit - len(told.encode(errors="replace")) // BYTES_PER_TOKEN)
    losses: tuple[str, ...] = ()
    thinking = body.get("thinking")
    if form.trims and isinstance(thinking, dict) and thinking.get("type") != "disabled":
        changes |= {"thinking": None, "context_management": None}  # refused beside a text to go on with
        losses = ("thinking",)
    return Rendered(splice(rendered.body, changes), tuple(dict.fromkeys((*rendered.losses, *losses))))


def _with(messages: list[Any], told: str, form: Form) -> list[Any] | None:
    """Put what was told at the end; None where the caller's own last words leave no place for it."""
    last = messages[-1] if messages else {}
    if last.get("role") != "assistant":
        return [*messages, {"role": "assistant", "content": told, **form.marks}]
    if not isinstance(last.get("content"), str) or last.get("tool_calls"):
        return None
    return [*messages[:-1], {**last, "content": last["content"] + told, **form.marks}]


def can_retell(wire: str, body: Mapping[str, Any]) -> bool:
    """Whether the answer to a request can be written anew in the caller's wire without losing what was asked for."""
    conversation = read_conversation(wire, body)
    return conversation is not None and conversation.sampling.logprobs is None


def shown(wire: str, request: Mapping[str, Any], deployment: Deployment) -> Mapping[str, Any]:
    """Give the request as what writes its answer must read it, so that nothing that a provider shows is withheld.

    The newest Claudes think unasked, and show at least a seal to callers of their own wire, who have to return it.
    """
    if wire == "anthropic-messages" and deployment.wire == wire and "thinking" not in request:
        return {**request, "thinking": {"type": "adaptive"}}
    return request


def mark(deployment: Deployment) -> bytes:
    """Mark in a stream that another deployment goes on: a comment, which no client takes for content."""
    return b": modelrouter continued by %b\n\n" % deployment.id.encode()


def restart(deployment: Deployment) -> bytes:
    """Write the event that says that the answer begins anew, and that what was told of it is void."""
    told = {"type": "modelrouter.restart", "deployment": deployment.id}
    return b"event: modelrouter.restart\ndata: %b\n\n" % json_text.write(told)
