"""What other issuers left in the history of a request that stays on this wire.

A caller keeps what it was shown, and shows it again: thoughts that another provider signed, in our mark, and calls
that nobody signed. Google's models refuse both. What they signed themselves passes untouched.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from modelrouter.wire.gemini.members import listed, member
from modelrouter.wire.gemini.signatures import ISSUER, stands_in, taken_back
from modelrouter.wire.gemini.traits import traits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

UNSIGNED = "skip_thought_signature_validator"
"""What Google's guide to thought signatures gives for calls that none of its models made."""


_CONCERNS = frozenset({"functionCall", "function_call", "thoughtSignature", "thought_signature"})
"""Members of parts: a history without any of them stays as it is."""


def calls_or_signs(contents: Any) -> bool:
    """Whether it is worth cleaning a history: no part of most has a call or a signature, in either spelling."""
    for content in listed(contents):
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) else (parts,):
            if isinstance(part, dict) and not _CONCERNS.isdisjoint(part):
                return True
    return False


def cleaned(contents: Any, names: Iterable[str]) -> tuple[list[Any], tuple[str, ...]] | None:
    """Give the contents as the model that goes by these names may see them, and what they lost.

    None where they may stay as they are.
    """
    given = listed(contents)
    told = list(_turns(given, signs_calls=traits(names).signed_calls))
    if told == given:
        return None
    parts = [part for content in given for part in listed(member(content, "parts"))]
    foreign = any((signature := _signature(part)) and not _is_own(signature) for part in parts)
    return told, ("thinking",) if foreign else ()


def _turns(contents: list[Any], *, signs_calls: bool) -> Iterator[Any]:
    for is_model, group in groupby(contents, key=lambda content: member(content, "role") == "model"):
        turn = list(group)
        if not is_model:
            yield from turn
            continue
        turn = _seen(turn)
        if signs_calls:
            turn = _signed(turn)
        yield from (content for content in turn if content["parts"])


def _seen(turn: list[Any]) -> list[dict[str, Any]]:
    """Leave out what another provider thought: what it signed, and the pieces of a stream that the signature closes."""
    kept: list[tuple[int, Any]] = []
    for place, content in enumerate(turn):
        for part in listed(member(content, "parts")):
            signature = _signature(part)
            says_more = member(part, "functionCall") is not None or (part.get("text") and not part.get("thought"))
            if signature is None or _is_own(signature) or says_more:
                kept.append((place, _own(part)))
                continue
            while kept and kept[-1][1].get("thought") and not _signature(kept[-1][1]):
                kept.pop()
    return [
        {**content, "parts": [part for where, part in kept if where == place]} for place, content in enumerate(turn)
    ]


def _own(part: Any) -> Any:
    signature = _signature(part)
    if signature is None or _is_own(signature):
        return part
    return {name: value for name, value in part.items() if name not in {"thoughtSignature", "thought_signature"}}


def _signature(part: Any) -> Any:
    return member(part, "thoughtSignature") or None


def _is_own(signature: Any) -> bool:
    """Whether Google's models take it: their own, or what is written in place of one."""
    known = taken_back(signature)
    return stands_in(signature) if known is None else known[0] == ISSUER


def _signed(turn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mark the first call of a turn in which none is signed."""
    calls = [part for content in turn for part in content["parts"] if member(part, "functionCall") is not None]
    if not calls or any(_signature(part) for part in calls):
        return turn
    marked = {**calls[0], "thoughtSignature": UNSIGNED}
    return [
        {**content, "parts": [marked if part is calls[0] else part for part in content["parts"]]} for content in turn
    ]
