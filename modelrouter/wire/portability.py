"""The turns of a conversation as a target demands them, whoever produced them.

The rules that strict targets share, in the order in which they are applied: results are folded
before calls are repaired, or a second parallel call would be answered twice.

1. Leading system turns are joined; a later one becomes the user's text, marked as what it was. A target that
   knows system turns anywhere keeps them all where they were, but behind the results that they came between.
2. Thinking and signatures go to nobody but their issuer. Text that is blank goes to nobody; a result without any
   says so. Tools that the target could not call by their names get others.
3. Turns of one side that follow one another are one turn.
4. In an assistant's turn calls come last; what it said, it said before.
5. The turn behind calls is the user's and begins with one result for each, in the order of the calls;
   a call that nobody answered gets an error in place of a result, a result that answers no call
   becomes text. What the target takes in no result follows them all, with a word to which it belongs.
6. The first turn is the user's. So is the last: OpenAI's models answer anew behind a turn of their own, while
   Claude would go on inside it, up to 4.5, or refuse it, from 4.6 on. Targets that need neither say so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from modelrouter.wire.conversation import Document, Image, Part, Text, Thinking, ToolCall, ToolResult, Turn
from modelrouter.wire.tool_ids import IdRule, conform
from modelrouter.wire.tool_names import PLAIN, NameRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INTERRUPTED = "[interrupted: this call has no result]"
NO_TEXT = "[no text]"
NO_OUTPUT = "[no output]"
OPENING = "[The conversation begins with the assistant.]"
GO_ON = "[Go on.]"
SYSTEM_NOTE = "[System message] "
ORPHAN_NOTE = "[Result of an earlier tool call] "
HOISTED = "[The result follows the results of all calls.]"


def hoisted_note(call_id: str) -> str:
    """What stands before the part of a result that the target takes in no result."""
    return f"[Result of the tool call {call_id}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a target demands of turns."""

    ids: IdRule
    issuer: str | None
    """Whose thinking and signatures it takes back; None: nobody's."""
    names: NameRule | None = PLAIN
    """What tools may be called; None leaves their names as they are."""
    system_anywhere: bool = False
    """System turns stay where they are, as turns; else the leading ones are joined and the later ones are marked."""
    opens_with_user: bool = True
    ends_with_user: bool = True
    result_parts: tuple[type[Part], ...] = (Text, Image, Document)
    """What a tool's result may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ported:
    """The system text and the turns for a target, and what they lost."""

    system: str
    """Empty where the target takes system turns anywhere: they are among the turns."""
    turns: tuple[Turn, ...]
    losses: tuple[str, ...]


class _Aside(Text):
    """What the system said between other turns, until these are in order."""

    __slots__ = ()


def port(turns: tuple[Turn, ...], target: Target) -> Ported:
    """Apply the rules above."""
    leading = next((place for place, turn in enumerate(turns) if turn.role != "system"), len(turns))
    rest = tuple(_spoken(turn, target) for turn in turns[leading:])
    losses = []
    if any(_is_foreign(part, target) for turn in rest for part in turn.parts):
        losses.append("thinking")
    cleaned = (replace(turn, parts=tuple(_worth_saying(turn.parts, target))) for turn in rest)
    answered = _answered(conform(_merged(turn for turn in cleaned if turn.parts), target.ids))
    ported = _merged(_hoisted(turn, target) for turn in answered)
    if target.opens_with_user and (not ported or ported[0].role != "user"):
        ported = (Turn("user", (Text(OPENING if ported else NO_TEXT),)), *ported)
    if target.ends_with_user and ported and ported[-1].role == "assistant":
        ported = (*ported, Turn("user", (Text(GO_ON),)))
        losses.append("prefill")
    if not target.system_anywhere:
        system = "\n\n".join(part.text for turn in turns[:leading] for part in turn.parts if isinstance(part, Text))
        return Ported(system=system, turns=ported, losses=tuple(losses))
    opening = (replace(turn, parts=tuple(_worth_saying(turn.parts, target))) for turn in turns[:leading])
    kept = (*(turn for turn in opening if turn.parts), *(told for turn in ported for told in _told_apart(turn)))
    return Ported(system="", turns=kept, losses=tuple(losses))


def _spoken(turn: Turn, target: Target) -> Turn:
    if turn.role != "system":
        return turn
    texts = [part.text for part in turn.parts if isinstance(part, Text)]
    return Turn("user", tuple(_Aside(text) if target.system_anywhere else Text(SYSTEM_NOTE + text) for text in texts))


def _told_apart(turn: Turn) -> Iterator[Turn]:
    """Give what the system said a turn of its own again, where it was said."""
    for is_aside, parts in groupby(turn.parts, key=lambda part: isinstance(part, _Aside)):
        if is_aside:
            yield Turn("system", tuple(Text(part.text) for part in parts if isinstance(part, Text)))
        else:
            yield Turn(turn.role, tuple(parts))


def _is_foreign(part: Part, target: Target) -> bool:
    """Whether a part must not be seen by this target, or not as its issuer signed it."""
    if isinstance(part, Thinking):
        return part.issuer != target.issuer or part.issuer is None
    return isinstance(part, ToolCall) and part.signature is not None and part.issuer != target.issuer


def _worth_saying(parts: tuple[Part, ...], target: Target) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Thinking):
            if not _is_foreign(part, target):
                yield part
        elif isinstance(part, ToolCall):
            known = replace(part, issuer=None, signature=None) if _is_foreign(part, target) else part
            yield replace(known, name=target.names.fit(part.name)) if target.names else known
        elif isinstance(part, ToolResult):
            outputs = tuple(output for output in part.parts if not _is_blank(output))
            name = target.names.fit(part.name) if target.names and part.name else part.name
            yield replace(part, parts=outputs or (Text(NO_OUTPUT),), name=name)
        elif not _is_blank(part):
            yield part


def _is_blank(part: Part) -> bool:
    return isinstance(part, Text) and not part.text.strip()


def _hoisted(turn: Turn, target: Target) -> Turn:
    """Move what the target takes in no result behind the results."""
    parts: list[Part] = []
    moved: list[Part] = []
    for part in turn.parts:
        if isinstance(part, ToolResult):
            others = [output for output in part.parts if not isinstance(output, target.result_parts)]
            kept = tuple(output for output in part.parts if isinstance(output, target.result_parts))
            moved.extend([Text(hoisted_note(part.id)), *others] if others else [])
            parts.append(replace(part, parts=kept or (Text(HOISTED),)))
        else:
            parts.extend(moved)
            moved = []
            parts.append(part)
    return replace(turn, parts=(*parts, *moved)) if parts else turn


def _merged(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    sides = groupby(turns, key=lambda turn: turn.role)
    return tuple(Turn(role, tuple(part for turn in group for part in turn.parts)) for role, group in sides)


def _answered(turns: tuple[Turn, ...]) -> Iterator[Turn]:
    """Put calls last and their results first in the turn behind them; the sides alternate already."""
    calls: tuple[ToolCall, ...] = ()
    for turn in turns:
        if turn.role == "assistant":
            calls = tuple(part for part in turn.parts if isinstance(part, ToolCall))
            yield replace(turn, parts=(*(part for part in turn.parts if not isinstance(part, ToolCall)), *calls))
        else:
            yield _results_first(turn, calls)
            calls = ()
    if calls:
        yield _results_first(Turn("user", ()), calls)


def _results_first(turn: Turn, calls: tuple[ToolCall, ...]) -> Turn:
    results = {part.id: part for part in turn.parts if isinstance(part, ToolResult)}
    asked = {call.id for call in calls}
    answers = (results.get(call.id) or _interrupted(call) for call in calls)
    others = (
        said
        for part in turn.parts
        for said in (_told(part) if isinstance(part, ToolResult) and part.id not in asked else (part,))
        if not isinstance(said, ToolResult)
    )
    return replace(turn, parts=(*answers, *others))


def _interrupted(call: ToolCall) -> ToolResult:
    return ToolResult(id=call.id, parts=(Text(INTERRUPTED),), is_error=True)


def _told(result: ToolResult) -> tuple[Part, ...]:
    """Say a result that answers no call in plain text; what is no text stays as it is."""
    return (Text(ORPHAN_NOTE), *result.parts)
