"""OpenAI's Chat Completions: what must change in a body that stays on this wire, for the vendor that gets it.

Most bodies pass untouched. Which members and roles there are among the messages is seen at a glance; the messages are
looked into only where one of them says that a repair could have something to do, and written again only where one had.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.wire import json_text
from modelrouter.wire.conversation import ToolCall, ToolResult, Turn, UnportableError
from modelrouter.wire.openai_chat.calls import ISSUER
from modelrouter.wire.openai_chat.encode_turns import RECEIVED, sign
from modelrouter.wire.openai_chat.library import unpassed
from modelrouter.wire.openai_chat.traits import effort_for, traits
from modelrouter.wire.tags import is_tagged, untagged
from modelrouter.wire.tool_ids import ORPHAN, conform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from modelrouter.core.inventory import Deployment
    from modelrouter.wire.openai_chat.traits import Traits

_Messages = list[dict[str, Any]]


def adapted(
    body: bytes,  # noqa: ARG001 - other wires search it
    parsed: Mapping[str, Any],
    deployment: Deployment,
) -> tuple[Mapping[str, bytes | None], tuple[str, ...]]:
    """Say which members of a body change for a deployment, and what is lost; `parsed` is what it says.

    Raises:
        UnportableError: it demands what the deployment is known to refuse.
    """
    taken = traits(deployment)
    concerns = _concerns(taken)
    losses: list[str] = []
    new: dict[str, Any] = {} if concerns.members.isdisjoint(parsed) else dict(_members(parsed, taken, losses))
    messages = parsed.get("messages")
    if isinstance(messages, list):
        repaired = _repaired(messages, taken, concerns, losses)
        if repaired is not messages and repaired != messages:
            new["messages"] = repaired
        if taken.needs_thinking and "thinking" not in parsed and any(map(_is_thoughtless, repaired)):
            # It refuses such calls while it thinks (50).
            new.update(thinking={"type": "disabled"}, reasoning_effort=None)
            losses.append("reasoning_effort")
    if not taken.caches:
        _uncached(parsed, new, losses)
    if deployment.wire == "litellm":
        losses.extend(unpassed(parsed))
    if not new and not losses:
        return {}, ()
    changes = {name: None if value is None else json_text.write(value) for name, value in new.items()}
    return changes, tuple(dict.fromkeys(losses))


class _Concerns(NamedTuple):
    """Where something may have to change for those who take what some traits say: elsewhere nobody needs to look."""

    members: frozenset[str]
    """Of a request: it has one of these wherever `_members` could change it."""
    words: frozenset[str]
    """Members and roles: one is among the messages wherever a repair could change them."""
    repairs: tuple[Repair, ...]


@lru_cache(maxsize=1024)
def _concerns(taken: Traits) -> _Concerns:
    repairs = tuple(repair for repair in REPAIRS if repair.concerns(taken))
    members = {"reasoning_effort"} | (taken.refuses | taken.refuses_while_thinking).intersection(_DEMANDS + _WISHES)
    members |= {"tools"} if taken.unthinking_tools else set()
    members |= {"max_completion_tokens"} if taken.limit == "max_tokens" else {"max_tokens"}
    members |= {"seed"} if taken.seed != "seed" else set()
    return _Concerns(frozenset(members), frozenset().union(*(repair.words for repair in repairs)), repairs)


def _repaired(messages: _Messages, taken: Traits, concerns: _Concerns, losses: list[str]) -> _Messages:
    seen = set().union(*messages)
    seen.update([role for message in messages if isinstance(role := message.get("role"), str)])
    if concerns.words.isdisjoint(seen):
        return messages
    for repair in concerns.repairs:
        if not repair.words.isdisjoint(seen):
            messages = repair.repair(messages, taken, losses)
    return messages


# Members of the request


_NEUTRAL = {"temperature": 1, "top_p": 1, "frequency_penalty": 0, "presence_penalty": 0, "parallel_tool_calls": True}
"""Values without which nothing is lost."""
_WISHES = (*_NEUTRAL, "stop", "user", "stream_options", "seed")
_DEMANDS = ("logprobs", "top_logprobs")


def _members(parsed: Mapping[str, Any], taken: Traits, losses: list[str]) -> Iterator[tuple[str, Any]]:
    asked = effort = parsed.get("reasoning_effort")
    if taken.unthinking_tools and parsed.get("tools"):
        effort = "none"
    elif isinstance(effort, str) and effort not in taken.efforts:
        effort = effort_for(effort, taken.efforts)
    if effort != asked:
        yield "reasoning_effort", effort
        losses.extend([] if asked is None else ["reasoning_effort"])
    refused = taken.refuses if effort == "none" else taken.refuses | taken.refuses_while_thinking
    for name in _DEMANDS:
        if name in refused and parsed.get(name):
            raise UnportableError(f"{name} is refused there")
    for name in _WISHES:
        if name in refused and name in parsed:
            yield name, None
            losses.extend([] if parsed[name] in (None, [], _NEUTRAL.get(name)) else [name])
    yield from _limit(parsed, taken)
    if taken.seed != "seed" and "seed" in parsed:
        yield "seed", None
        yield taken.seed, parsed["seed"]


def _limit(parsed: Mapping[str, Any], taken: Traits) -> Iterator[tuple[str, Any]]:
    """Limit the answer in the word that the vendor knows (53)."""
    if taken.limit == "max_tokens" and "max_completion_tokens" in parsed:
        yield "max_completion_tokens", None
        yield "max_tokens", parsed["max_completion_tokens"] or parsed.get("max_tokens")
    elif "max_tokens" in taken.refuses and "max_tokens" in parsed:
        yield "max_tokens", None
        yield "max_completion_tokens", parsed.get("max_completion_tokens") or parsed["max_tokens"]


def _uncached(parsed: Mapping[str, Any], new: dict[str, Any], losses: list[str]) -> None:
    """Leave out Anthropic's marks of what to cache: most others refuse what they do not know (36)."""
    for name in ("messages", "tools"):
        said = new.get(name, parsed.get(name))
        if not isinstance(said, list):
            continue
        # Most messages are a text and a role, and cannot be marked: this look at each costs less than a call.
        others = [
            each for each in said if isinstance(each, dict) and (_MARK in each or type(each.get("content")) is not str)
        ]
        if any(map(_is_marked, others)):
            new[name] = [_without_mark(entry) for entry in said]
            losses.append(_MARK)
    if _MARK in parsed:
        new[_MARK] = None
        losses.append(_MARK)


_MARK = "cache_control"


def _is_marked(entry: Any) -> bool:
    """Whether a message, one of its parts, or a tool is marked; what a caller put deeper is the caller's."""
    if not isinstance(entry, dict):
        return False
    if _MARK in entry:
        return True
    content = entry.get("content")
    return isinstance(content, list) and any(_MARK in part for part in content if type(part) is dict)


def _without_mark(entry: Any) -> Any:
    if not _is_marked(entry):
        return entry
    bare = {name: value for name, value in entry.items() if name != _MARK}
    if isinstance(content := bare.get("content"), list):
        bare["content"] = [_without_mark(part) for part in content]
    return bare


# Messages


def _as_system(messages: _Messages, _: Traits, __: list[str]) -> _Messages:
    """Say `system` for `developer`, which OpenAI alone knows (32)."""
    return [{**each, "role": "system"} if each.get("role") == "developer" else each for each in messages]


def _conforming(messages: _Messages, taken: Traits, _: list[str]) -> _Messages:
    """Give calls ids that the target takes, and results those of their calls (3, 4, 5)."""
    if all(taken.ids.accepts(call["id"]) for message in messages for call in _calls(message)):
        return messages
    renamed = iter(conform((_turn(message) for message in messages), taken.ids))
    return [_renamed(message, turn) for message, turn in zip(messages, renamed, strict=True)]


def _turn(message: dict[str, Any]) -> Turn:
    if message.get("role") == "tool":
        return Turn("user", (ToolResult(id=str(message.get("tool_call_id") or ""), parts=()),))
    calls = (ToolCall(id=call["id"], name="", arguments={}) for call in _calls(message))
    return Turn("assistant" if message.get("role") == "assistant" else "user", tuple(calls))


def _renamed(message: dict[str, Any], turn: Turn) -> dict[str, Any]:
    ids = iter([part.id for part in turn.parts if isinstance(part, ToolCall | ToolResult)])
    if message.get("role") == "tool":
        call_id = next(ids)
        return message if call_id == ORPHAN else {**message, "tool_call_id": call_id}
    if not turn.parts:
        return message
    return _with_calls(message, lambda call: {**call, "id": next(ids)})


def _calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    calls = message.get("tool_calls")
    return [call for call in calls if _is_call(call)] if isinstance(calls, list) else []


def _is_call(call: object) -> bool:
    return isinstance(call, dict) and isinstance(call.get("id"), str)


def _with_calls(message: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    return {**message, "tool_calls": [change(call) if _is_call(call) else call for call in message["tool_calls"]]}


def _own_signatures(messages: _Messages, taken: Traits, losses: list[str]) -> _Messages:
    """Keep signatures of calls for whoever signs calls, and take out what others signed (45, 46)."""

    def signed(call: dict[str, Any]) -> dict[str, Any]:
        extra = call.get("extra_content")
        google = extra.get("google") if isinstance(extra, dict) else None
        signature = google.get("thought_signature") if isinstance(google, dict) else None
        if taken.signs and not is_tagged(signature):
            return dict(call)
        rest = {name: value for name, value in call.items() if name != "extra_content"}
        own = untagged(signature)
        if taken.signs and own is not None and own[0] == ISSUER:
            return {**rest, "extra_content": {"google": {"thought_signature": own[1]}}}
        losses.extend(["thinking"] if signature else [])
        return rest

    def told(message: dict[str, Any]) -> dict[str, Any]:
        if not _calls(message):
            return message
        message = _with_calls(message, signed)
        sign(_calls(message), taken)
        return message

    if not taken.signs and not any("extra_content" in call for message in messages for call in _calls(message)):
        return messages
    return [told(message) for message in messages]


_THOUGHTS = frozenset({"reasoning_content", "reasoning", "reasoning_details"})


def _without_thoughts(messages: _Messages, _: Traits, losses: list[str]) -> _Messages:
    """Leave out reasoning, which the vendor refuses to read."""
    return _keeping(messages, lambda name: name not in _THOUGHTS, losses)


def _known_members(messages: _Messages, taken: Traits, losses: list[str]) -> _Messages:
    """Leave out what clients put into messages when they return an answer, null or not (35)."""
    known = taken.members or frozenset()
    return _keeping(messages, lambda name: name in known, losses)


def _keeping(messages: _Messages, keeps: Callable[[str], bool], losses: list[str]) -> _Messages:
    dropped = (name for message in messages for name, value in message.items() if value and not keeps(name))
    losses.extend("thinking" if name in _THOUGHTS else f"messages.{name}" for name in dropped)
    return [{name: value for name, value in message.items() if keeps(name)} for message in messages]


def _separated(messages: _Messages, _: Traits, __: list[str]) -> _Messages:
    """Put a word of the assistant between results and a user's message, which may not follow each other."""
    told: _Messages = []
    for message in messages:
        if message.get("role") == "user" and told and told[-1].get("role") == "tool":
            told.append({"role": "assistant", "content": RECEIVED})
        told.append(message)
    return told


def _is_thoughtless(message: dict[str, Any]) -> bool:
    return bool(message.get("tool_calls")) and not message.get("reasoning_content")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One rule for messages."""

    rule: str
    concerns: Callable[[Traits], bool]
    words: frozenset[str]
    """One of these members or roles is among the messages wherever the rule could change them."""
    repair: Callable[[_Messages, Traits, list[str]], _Messages]


REPAIRS = (
    Repair(
        rule="developer",
        concerns=lambda taken: not taken.developer,
        words=frozenset({"developer"}),
        repair=_as_system,
    ),
    Repair(
        rule="thoughts",
        concerns=lambda taken: taken.refuses_thinking,
        words=frozenset({"reasoning_content", "reasoning", "reasoning_details"}),
        repair=_without_thoughts,
    ),
    Repair(
        rule="members",
        concerns=lambda taken: taken.members is not None,
        words=frozenset({"assistant"}),
        repair=_known_members,
    ),
    Repair(
        rule="ids",
        concerns=lambda _: True,
        words=frozenset({"tool_calls"}),
        repair=_conforming,
    ),
    Repair(
        rule="signatures",
        concerns=lambda _: True,
        words=frozenset({"tool_calls"}),
        repair=_own_signatures,
    ),
    Repair(
        rule="results",
        concerns=lambda taken: not taken.user_after_tool,
        words=frozenset({"tool_call_id"}),
        repair=_separated,
    ),
)
