"""What providers sign or encrypt for themselves: where it stands in the answers and the histories of each wire.

A caller sends back what it was given, whoever is asked next. A provider refuses a signature that it did not make, and
the block with it cannot stay without it; so what is foreign leaves the history that is sent, whole. The caller's own
history is untouched: when the issuer is asked again, everything is there as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.wire.anthropic_messages.marks import thinks
from modelrouter.wire.gemini.members import member
from modelrouter.wire.gemini.signatures import ISSUER as GEMINI
from modelrouter.wire.gemini.signatures import standard, taken_back
from modelrouter.wire.tags import is_tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.core.inventory import Deployment

__all__ = ["MARKERS", "brings_seals", "holds_seals", "is_native", "seals", "without_foreign"]

MARKERS: Mapping[str, tuple[bytes, bytes]] = MappingProxyType(
    {
        "anthropic-messages": (b'"signature', b"redacted_thinking"),
        "openai-responses": (b'"encrypted_content":"', b'"encrypted_content": "'),
        "gemini": (b"thoughtSignature", b"thought_signature"),
    }
)
"""By wire: one of these is in every answer, every event and every request of our own writing that holds something sealed."""

_NATIVE: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "anthropic-messages": re.compile(r"claude"),
        "openai-responses": re.compile(r"(?:^|[/.-])(?:gpt|o[1-9]|codex)(?![a-z])"),
        "gemini": re.compile(r"gemini"),
    }
)
"""The models whose vendor made the wire."""


def holds_seals(wire: str, raw: bytes) -> bool:
    """Whether it is worth reading an answer, an event, or a request that we wrote, for what is sealed in it."""
    return wire in MARKERS and any(marker in raw for marker in MARKERS[wire])


def brings_seals(wire: str, body: Mapping[str, Any]) -> bool:
    """Whether it is worth going through a caller's request for what is sealed in it.

    A caller may spell JSON as it likes, and a history is long: a look at the kinds of its parts misses nothing, and
    costs less than a search through its texts.
    """
    name, may_hold, _ = _CLEANERS.get(wire, ("", None, None))
    said = body.get(name)
    return may_hold is not None and isinstance(said, list) and may_hold(said)


def is_native(wire: str, deployment: Deployment) -> bool:
    """Whether what comes back on a wire, and nobody remembers, is more likely this model's own than another's."""
    known = _NATIVE.get(wire)
    names = (deployment.name, deployment.model.id, deployment.model.family)
    return known is not None and any(known.search(name.lower()) for name in names)


def seals(told: object) -> Iterator[str]:
    """Find everything sealed in an answer or an event, as its wire's callers will send it back."""
    waiting = [told]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(each for each in value.values() if isinstance(each, dict | list))
            if value.get("type") == "redacted_thinking":
                yield from _text(value.get("data"))
            for name in ("signature", "encrypted_content"):
                yield from _text(value.get(name))
            yield from map(standard, _text(member(value, "thoughtSignature")))


def _text(value: object) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value


def without_foreign(wire: str, body: Mapping[str, Any], foreign: Callable[[str], bool]) -> dict[str, Any] | None:
    """Give the members of a request that change where what is foreign leaves it; None where nothing has to.

    What we marked ourselves (`tags`) is somebody else's to look at.
    """
    name, _, cleaned = _CLEANERS.get(wire, ("", None, None))
    said = body.get(name)
    if cleaned is None or not isinstance(said, list):
        return None
    kept = cleaned(said, foreign)
    return None if kept == said else {name: kept}


def _reasons(items: Sequence[Any]) -> bool:
    return any(isinstance(item, dict) and item.get("type") == "reasoning" for item in items)


def _signs(contents: Sequence[Any]) -> bool:
    for content in contents:
        parts = content.get("parts") if isinstance(content, dict) else None
        if isinstance(parts, list):
            for part in parts:
                if isinstance(part, dict) and ("thoughtSignature" in part or "thought_signature" in part):
                    return True
    return False


def _messages(said: Sequence[Any], foreign: Callable[[str], bool]) -> list[Any]:
    kept = []
    for message in said:
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, list):
            kept.append(message)
            continue
        blocks = [block for block in content if not _is_foreign_block(block, foreign)]
        if len(blocks) == len(content):
            kept.append(message)
        elif blocks:
            kept.append({**message, "content": blocks})
    return kept


def _is_foreign_block(block: Any, foreign: Callable[[str], bool]) -> bool:
    if not isinstance(block, dict):
        return False
    name = {"thinking": "signature", "redacted_thinking": "data"}.get(str(block.get("type")))
    return name is not None and _is_foreign(block.get(name), foreign)


def _is_foreign(seal: object, foreign: Callable[[str], bool]) -> bool:
    return isinstance(seal, str) and seal != "" and not is_tagged(seal) and foreign(seal)


def _items(said: Sequence[Any], foreign: Callable[[str], bool]) -> list[Any]:
    """Leave out foreign reasoning, and the ids of what came of it: they demand the reasoning that is gone."""
    kept: list[Any] = []
    is_orphaned = False
    for item in said:
        kind = item.get("type", "message") if isinstance(item, dict) else None
        if kind == "reasoning":
            is_orphaned = _is_foreign(item.get("encrypted_content"), foreign)
            if not is_orphaned:
                kept.append(item)
            continue
        if kind is None or str(kind).endswith("_output") or (kind == "message" and item.get("role") != "assistant"):
            is_orphaned = False
        kept.append({name: value for name, value in item.items() if name != "id"} if is_orphaned else item)
    return kept


def _contents(said: Sequence[Any], foreign: Callable[[str], bool]) -> list[Any]:
    kept = []
    for content in said:
        parts = member(content, "parts")
        if not isinstance(parts, list) or not any(_is_foreign_part(part, foreign) for part in parts):
            kept.append(content)
            continue
        left = [told for part in parts for told in _part(part, foreign)]
        if left:
            kept.append({**content, "parts": left})
    return kept


def _is_foreign_part(part: Any, foreign: Callable[[str], bool]) -> bool:
    signature = member(part, "thoughtSignature")
    known = taken_back(signature)
    return known is not None and known[0] == GEMINI and foreign(standard(str(signature)))


def _part(part: Any, foreign: Callable[[str], bool]) -> Iterator[Any]:
    """Leave out a foreign thought, and of anything else its signature alone: a call was made, whoever thought of it."""
    if not _is_foreign_part(part, foreign):
        yield part
        return
    rest = {name: value for name, value in part.items() if name not in ("thoughtSignature", "thought_signature")}
    if not part.get("thought") and rest not in ({}, {"text": ""}):
        yield rest


_Cleaner = tuple[str, Callable[[Sequence[Any]], bool], Callable[[Sequence[Any], Callable[[str], bool]], list[Any]]]
_CLEANERS: Mapping[str, _Cleaner] = MappingProxyType(
    {
        "anthropic-messages": ("messages", thinks, _messages),
        "openai-responses": ("input", _reasons, _items),
        "gemini": ("contents", _signs, _contents),
    }
)
"""By wire: the member that holds the history, whether something in it may be sealed, and what cleans it."""
