"""Tool names that a target accepts, and the way back from them.

A name that the target accepts stays as it is. Any other becomes, at every target, the one text that `conformed`
gives it; so what an answer says can be turned back by who knows the names that the request declared, without knowing
the target.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from modelrouter.wire.conversation import CallStarted, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from modelrouter.wire.conversation import Answer, Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRule:
    """Which names a target accepts."""

    alphabet: str
    """The characters allowed, as the inside of a regular expression's brackets."""
    first: str
    """Those that a name may begin with, in the same form."""
    longest: int

    def accepts(self, name: str) -> bool:
        """Whether a name may be sent as it is."""
        return len(name) <= self.longest and re.fullmatch(f"[{self.first}][{self.alphabet}]*", name) is not None

    def fit(self, name: str) -> str:
        """Give the name itself where the target accepts it, else its conformed form."""
        return name if self.accepts(name) else conformed(name)


PLAIN = NameRule(alphabet="a-zA-Z0-9_-", first="a-zA-Z0-9_-", longest=64)
"""OpenAI's own rule, which Anthropic's earlier models and most look-alikes share."""

EVERYWHERE = NameRule(alphabet="a-zA-Z0-9_-", first="a-zA-Z", longest=64)
"""What every target accepts: some demand a letter at the beginning."""

_READABLE = 40
_DIGITS = 10
_UNFIT = re.compile(r"[^a-zA-Z0-9_-]+")


def conformed(name: str) -> str:
    """Derive a name that every target accepts: what is readable of the old one, and a digest that tells it from others."""
    readable = _UNFIT.sub("_", name).strip("_-")[:_READABLE]
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
    return f"{readable}_{digest}" if readable[:1].isalpha() else f"tool_{readable}_{digest}"


def originals(request: Mapping[str, Any]) -> Mapping[str, str]:
    """Say which conformed names stand for which of the tools that a request, in any caller's wire, declares."""
    names = set(_declared(request))
    return {conformed(name): name for name in names if not EVERYWHERE.accepts(name) and conformed(name) not in names}


def _declared(request: Mapping[str, Any]) -> Iterator[str]:
    tools = request.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict):
            continue
        declarations = tool.get("functionDeclarations") or tool.get("function_declarations")
        for entry in (tool, tool.get("function"), *(declarations if isinstance(declarations, list) else ())):
            if isinstance(entry, dict) and isinstance(name := entry.get("name"), str):
                yield name


def restored(answer: Answer, names: Mapping[str, str]) -> Answer:
    """Give an answer's calls the names that the request declared."""
    if not names:
        return answer
    parts = (
        replace(part, name=names.get(part.name, part.name)) if isinstance(part, ToolCall) else part
        for part in answer.parts
    )
    return replace(answer, parts=tuple(parts))


def restored_pieces(pieces: Iterable[Piece], names: Mapping[str, str]) -> Iterator[Piece]:
    """Give the calls of a stream the names that the request declared."""
    for piece in pieces:
        yield replace(piece, name=names.get(piece.name, piece.name)) if isinstance(piece, CallStarted) else piece
