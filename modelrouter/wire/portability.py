"""The turns of a conversation as a target demands them, whoever produced them.

The rules that strict targets share, in the order in which they are applied: results are folded
before calls are repaired, or a second parallel call would be answered twice.

1. Leading system turns are joined; a later one becomes the user's text, marked as what it was.
2. Thinking goes to nobody but its issuer. Text that is blank goes to nobody; a result without any says so.
3. Turns of one side that follow one another are one turn.
4. In an assistant's turn calls come last; what it said, it said before.
5. The turn behind calls is the user's and begins with one result for each, in the order of the calls;
   a call that nobody answered gets an error in place of a result, a result that answers no call
   becomes text.
6. The first turn is the user's. So is the last: OpenAI's models answer anew behind a turn of their own, while
   Claude would go on inside it, up to 4.5, or refuse it, from 4.6 on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from modelrouter.wire.conversation import Part, Text, Thinking, ToolCall, ToolResult, Turn
from modelrouter.wire.tool_ids import IdRule, conform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INTERRUPTED = "[interrupted: this call has no result]"
NO_TEXT = "[no text]"
NO_OUTPUT = "[no output]"
OPENING = "[The conversation begins with the assistant.]"
GO_ON = "[Go on.]"
SYSTEM_NOTE = "[System message] "
ORPHAN_NOTE = "[Result of an earlier tool call] "


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a target demands of turns."""

    ids: IdRule
    issuer: str
    """Whose thinking it takes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ported:
    """The system text and the turns for a target, and what they lost."""

    system: str
    turns: tuple[Turn, ...]
    losses: tuple[str, ...]


def port(turns: tuple[Turn, ...], target: Target) -> Ported:
    """Apply the rules above."""
    leading = next((place for place, turn in enumerate(turns) if turn.role != "system"), len(turns))
    system = "\n\n".join(part.text for turn in turns[:leading] for part in turn.parts if isinstance(part, Text))
    rest = tuple(_spoken(turn) for turn in turns[leading:])
    losses = []
    if any(isinstance(part, Thinking) and part.issuer != target.issuer for turn in rest for part in turn.parts):
        losses.append("thinking")
    cleaned = (replace(turn, parts=tuple(_worth_saying(turn.parts, target))) for turn in rest)
    answered = _answered(conform(_merged(turn for turn in cleaned if turn.parts), target.ids))
    ported = _merged(answered)
    if not ported or ported[0].role != "user":
        ported = (Turn("user", (Text(OPENING if ported else NO_TEXT),)), *ported)
    if ported[-1].role == "assistant":
        ported = (*ported, Turn("user", (Text(GO_ON),)))
        losses.append("prefill")
    return Ported(system=system, turns=ported, losses=tuple(losses))


def _spoken(turn: Turn) -> Turn:
    if turn.role != "system":
        return turn
    return Turn("user", tuple(Text(SYSTEM_NOTE + part.text) for part in turn.parts if isinstance(part, Text)))


def _worth_saying(parts: tuple[Part, ...], target: Target) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Thinking):
            if part.issuer == target.issuer:
                yield part
        elif isinstance(part, ToolResult):
            outputs = tuple(output for output in part.parts if not _is_blank(output))
            yield replace(part, parts=outputs or (Text(NO_OUTPUT),))
        elif not _is_blank(part):
            yield part


def _is_blank(part: Part) -> bool:
    return isinstance(part, Text) and not part.text.strip()


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
