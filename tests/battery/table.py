"""What was measured, for people at a terminal, as Markdown and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from battery.case import FIRST
from battery.judge import causes_shown
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from battery.judge import Row

HEAD = ("case", "the first deployment", "the caller saw", "taken for", "calls of it", "first wait", "last wait")
COUNTED_S = 0.95
"""Shorter waits are told in milliseconds."""


def cells(row: Row) -> tuple[str, ...]:
    """One row in words."""
    requests = max((len(played.shown) for played in row.played), default=0)
    calls = f"{row.calls} of {requests}" if row.case.plan == "requests" else str(row.calls)
    causes = ", ".join(causes_shown(row)) or "-"
    return (row.case.name, row.case.how, saw(row), causes, calls, _first(row), _last(row))


def saw(row: Row) -> str:
    """What callers saw, most often first."""
    if row.case.plan == "leaves":
        closed = [played.closed_s for played in row.played]
        slowest = max((each for each in closed if each is not None), default=None)
        if slowest is None or None in closed:
            return "left, and the provider was not told"
        return f"left; the provider's connection was closed within {_time(slowest)}"
    counted = Counter(
        f"answer of the {shown.by}" if shown.outcome == "answer" else _failure(shown.outcome, shown.status)
        for shown in row.shown
    )
    told = ", ".join(f"{what} ({count})" if len(counted) > 1 else what for what, count in counted.most_common())
    returned = [played.returned_s for played in row.played if played.returned_s is not None]
    if row.case.plan == "outage":
        told += f"; back after {_time(max(returned))}" if returned else "; not back within 40 s"
    return told


def _failure(outcome: str, status: int | None) -> str:
    match outcome:
        case "error":
            return f"error {status or ''}".strip()
        case "refusal":
            return "its refusal"
        case "cut":
            return "a part, then an error"
        case "truncated":
            return "PART PASSED AS WHOLE"
        case _:
            return "NOTHING"


def _first(row: Row) -> str:
    waits = {played.door: row.first_s(played.door) for played in row.played}
    return " · ".join(f"{door} {_time(wait[0])}" for door, wait in waits.items() if wait)


def _last(row: Row) -> str:
    wait = row.then_s() if row.case.plan == "requests" else None
    return "-" if wait is None else _time(wait)


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < COUNTED_S else f"{seconds:.1f} s"


def summary(rows: Sequence[Row]) -> list[tuple[str, int, bool]]:
    """The promises over all cases: what is counted, how many, whether it may be."""
    truncated, needless = sum(row.truncated for row in rows), sum(row.needless for row in rows)
    wrong = sum(bool(row.wrong) for row in rows)
    return [
        ("requests sent", sum(len(row.shown) for row in rows), True),
        ("parts of answers passed as whole", truncated, truncated == 0),
        ("failures shown though a permitted, healthy deployment stood", needless, needless == 0),
        (f"cases of {len(rows)} that did not come out as they must", wrong, wrong == 0),
    ]


def terminal(rows: Sequence[Row]) -> Iterator[Table | Text]:
    """Everything, to be printed one after the other."""
    for group in dict.fromkeys(row.case.group for row in rows):
        table = Table(
            title=group, title_justify="left", title_style="bold", box=None, header_style="dim", pad_edge=False
        )
        table.add_column("")
        for heading in HEAD:
            table.add_column(heading, overflow="fold")
        for row in (row for row in rows if row.case.group == group):
            mark = Text("✗", "bold red") if row.wrong else Text("✓", "green")
            table.add_row(mark, *map(Text, cells(row)))
        yield table
        yield Text()
    for row in rows:
        for line in gathered(row):
            yield Text.assemble((row.case.name, "bold red"), f" {line}")
    yield Text()
    for what, number, good in summary(rows):
        yield Text(f"{number:>6}  {what}", "" if good else "bold red")


def gathered(row: Row) -> list[str]:
    """What was wrong, each thing once, with how often and at which doors."""
    doors: dict[str, list[str]] = {}
    for wrong in row.wrong:
        door, _, what = wrong.partition(", ")
        doors.setdefault(what.partition(": ")[2], []).append(door)
    played = len(row.played)
    return [f"{what} ({', '.join(dict.fromkeys(at))}; {len(at)} of {played} times)" for what, at in doors.items()]


def markdown(rows: Sequence[Row]) -> str:
    """The same as tables of Markdown."""
    parts: list[str] = [*_markdown_table(("", "over all cases"), ((str(n), what) for what, n, _ in summary(rows)))]
    for group in dict.fromkeys(row.case.group for row in rows):
        parts += [f"\n### {group}\n"]
        mine = [row for row in rows if row.case.group == group]
        parts += _markdown_table(("", *HEAD), (("✗" if row.wrong else "✓", *_coded(cells(row))) for row in mine))
    failing = [row for row in rows if row.wrong]
    if failing:
        parts += ["\n### What did not come out as it must\n"]
        parts += [f"- `{row.case.name}`: {line}" for row in failing for line in gathered(row)]
    return "\n".join(parts) + "\n"


def _coded(line: tuple[str, ...]) -> tuple[str, ...]:
    return (f"`{line[0]}`", *line[1:])


def _markdown_table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> list[str]:
    heads = list(head)
    drawn = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in (heads, *lines)]
    return [drawn[0], "|" + "---|" * len(heads), *drawn[1:]]


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Plain values."""
    return {
        "summary": [{"what": what, "number": number, "good": good} for what, number, good in summary(rows)],
        "cases": [_case(row) for row in rows],
    }


def _case(row: Row) -> dict[str, Any]:
    return {
        "case": row.case.name,
        "group": row.case.group,
        "how": row.case.how,
        "saw": saw(row),
        "taken_for": causes_shown(row),
        "truncated": row.truncated,
        "needless": row.needless,
        "wrong": row.wrong,
        "played": [
            {
                "door": played.door,
                "mode": played.mode,
                "calls": {FIRST: played.calls, **played.others},
                "returned_s": played.returned_s,
                "closed_s": played.closed_s,
                "requests": [
                    {
                        "outcome": shown.outcome,
                        "by": shown.by,
                        "cause": shown.cause,
                        "error": shown.error,
                        "status": shown.status,
                        "waited_s": round(shown.waited_s, 4),
                        "done_s": round(shown.done_s, 4),
                        "message": shown.message[:300],
                    }
                    for shown in played.shown
                ],
            }
            for played in row.played
        ],
    }
