"""How often errors are understood: our classifier, LiteLLM's exceptions and the status alone, on one labelled file.

`python -m benchmarks.accuracy ROWS.jsonl [--folds 5] [--mutations N] [--strays] [--without-litellm]`

A row is a JSON object: id, provider, surface, status, headers, body, what a person says it means
(causes, the best first, each accepted; scope; retry_after_s), and source, the address it was seen at.
Ids may occur twice; such rows are kept apart.

LiteLLM gets each row as the exception that its own client of that provider would have in hand. Where
one of its classes may stand for several of our causes it is counted right for any of them (`judges.MEANINGS`).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import judges
from benchmarks.judges import Answer, Row
from benchmarks.mutations import KINDS, mutants
from benchmarks.strays import Labelled, strays
from modelrouter.core.causes import Cause
from modelrouter.core.classify import classify
from modelrouter.core.signatures import SHELVES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

POWERS = frozenset({"suspended", "geofenced", "export_controlled"})
"""What others do to us; a wrong one of these keeps a whole account, place or model out of use."""
OTHER_HOLDS = ("quota_exhausted", "auth", "permission", "model_unavailable")
"""The other causes that one answer suffices to hold for minutes to hours."""
NEAR = 0.05
"""A wait is right within a twentieth, or a second."""
SEED = 20261123


class Judged(NamedTuple):
    """A judge, and its answers in the order of the rows."""

    name: str
    answers: Sequence[Answer]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--folds", type=int, default=0, help="score so many groups of sources apart")
    parser.add_argument("--mutations", type=int, default=0, help="so many changed forms of the rows must read alike")
    parser.add_argument("--strays", action="store_true", help="list the rules that fire on rows of another cause")
    parser.add_argument("--without-litellm", action="store_true", help="LiteLLM is not installed, or takes too long")
    parser.add_argument("--wrong", action="store_true", help="list the rows that we got wrong, with their rule")
    options = parser.parse_args()
    rows = read(options.rows)
    asked: dict[str, Callable[[Row], Answer]] = {"modelrouter": judges.ours}
    if not options.without_litellm:
        asked["LiteLLM"] = judges.litellm()
    asked["status alone"] = judges.status_alone
    judged = [Judged(name, [judge(row) for row in rows]) for name, judge in asked.items()]
    parts = [summary(rows, judged), holds(rows, judged), waits(rows, judged), confusion(rows, judged)]
    if options.folds:
        parts.append(folds(rows, judged, options.folds))
    if options.mutations:
        parts.append(mutated(rows, options.mutations))
    if options.strays:
        parts.append(astray(rows, judged[0]))
    if options.wrong:
        parts.append(mistakes(rows, judged[0]))
    print("\n\n".join(parts))


def read(path: Path) -> list[Row]:
    """Read labelled rows; those whose id occurs twice are named by their line as well."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    times = Counter(line["id"] for line in lines)
    return [
        Row(
            name=line["id"] if times[line["id"]] == 1 else f"{line['id']}#{number}",
            provider=line["provider"] or "generic",
            surface=line["surface"] or "http",
            status=line["status"],
            headers={str(name).lower(): str(value) for name, value in (line.get("headers") or {}).items()},
            body=line["body"] if isinstance(line["body"], str) else json.dumps(line["body"], ensure_ascii=False),
            causes=tuple(line["causes"]),
            scope=line["scope"],
            retry_after_s=line.get("retry_after_s"),
            source=line.get("source") or "",
        )
        for number, line in enumerate(lines, 1)
    ]


def table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A Markdown table whose first column is text."""
    names = list(head)
    rule = "| --- |" + " ---: |" * (len(names) - 1)
    return "\n".join([f"| {' | '.join(names)} |", rule, *(f"| {' | '.join(line)} |" for line in lines)])


def share(part: int, whole: int) -> str:
    return f"{part} of {whole}, {100 * part / whole:.1f} %" if whole else "none"


def summary(rows: Sequence[Row], judged: Sequence[Judged]) -> str:
    """Everything that is a share, judge beside judge."""
    columns = [dict(shares(rows, judge)) for judge in judged]
    lines = ([name, *(column[name] for column in columns)] for name in columns[0])
    return table([f"{len(rows)} errors", *(judge.name for judge in judged)], lines)


def shares(rows: Sequence[Row], judge: Judged) -> Iterator[tuple[str, str]]:
    """What a judge got right, and what of it a person would call harmful."""
    pairs = list(zip(rows, judge.answers, strict=True))
    right = [(row, answer) for row, answer in pairs if answer.cause(row) in row.causes]
    single = [row for row in rows if len(row.causes) == 1]
    ruled = [row for row in rows if POWERS & set(row.causes)]
    yield "cause accepted", share(len(right), len(rows))
    yield "unambiguous rows", share(sum(len(row.causes) == 1 for row, _ in right), len(single))
    yield (
        "suspended, geofenced, export-controlled",
        share(sum(bool(POWERS & set(row.causes)) for row, _ in right), len(ruled)),
    )
    false = sum(answer.cause(row) in POWERS and not POWERS & set(row.causes) for row, answer in pairs)
    yield "false holds of these three", share(false, len(rows) - len(ruled))
    wrong = sum(is_wrong_hold(row, answer) for row, answer in pairs)
    yield "wrong holds of any kind", share(wrong, len(rows))
    scoped = [(row, answer) for row, answer in right if answer.scope is not None]
    yield (
        "scope, where the cause is right",
        share(sum(answer.scope == row.scope for row, answer in scoped), len(scoped)),
    )
    stated = [(row, answer) for row, answer in pairs if row.retry_after_s is not None]
    yield "wait, where one is stated", share(sum(is_near(row, answer) for row, answer in stated), len(stated))
    made_up = sum(row.retry_after_s is None and answer.retry_after_s is not None for row, answer in pairs)
    yield "wait, where none is stated", share(made_up, len(rows) - len(stated))


def is_wrong_hold(row: Row, answer: Answer) -> bool:
    """Does the answer keep something out of use for minutes or hours, for a reason that the label does not accept?"""
    cause = answer.cause(row)
    return cause not in row.causes and (cause in POWERS or cause in OTHER_HOLDS)


def is_near(row: Row, answer: Answer) -> bool:
    """Is the wait the stated one?"""
    said, stated = answer.retry_after_s, row.retry_after_s
    return said is not None and stated is not None and abs(said - stated) <= max(1.0, NEAR * stated)


def holds(rows: Sequence[Row], judged: Sequence[Judged]) -> str:
    """Wrong holds by cause, with the rows."""
    lines = ["Wrong holds, and the rows:"]
    for judge in judged:
        by_cause: dict[str, list[str]] = {cause: [] for cause in (*sorted(POWERS), *OTHER_HOLDS)}
        for row, answer in zip(rows, judge.answers, strict=True):
            if is_wrong_hold(row, answer):
                by_cause[answer.cause(row)].append(row.name)
        lines += [
            f"- {judge.name}, {cause}: {len(names)}" + (f" ({', '.join(names)})" if names else "")
            for cause, names in by_cause.items()
        ]
    return "\n".join(lines)


def waits(rows: Sequence[Row], judged: Sequence[Judged]) -> str:
    """The rows whose wait our classifier reads otherwise than a person."""
    told = list(zip(rows, judged[0].answers, strict=True))
    missed = [
        f"{row.name} ({row.retry_after_s:g} s, we say {answer.retry_after_s})"
        for row, answer in told
        if row.retry_after_s is not None and not is_near(row, answer)
    ]
    made_up = [
        f"{row.name} ({answer.retry_after_s:g} s)"
        for row, answer in told
        if row.retry_after_s is None and answer.retry_after_s is not None
    ]
    return f"Waits missed: {', '.join(missed) or 'none'}.\nWaits where the label states none: {', '.join(made_up) or 'none'}."


def confusion(rows: Sequence[Row], judged: Sequence[Judged]) -> str:
    """By the first cause of the label: how many rows, how many right, and what the others were taken for."""
    head = ["cause", "rows", *(column for judge in judged for column in (judge.name, "taken for"))]
    lines = []
    for cause in Cause:
        places = [place for place, row in enumerate(rows) if row.causes[0] == cause]
        cells = [str(cause), str(len(places))]
        for judge in judged:
            wrong = Counter(
                judge.answers[place].cause(rows[place])
                for place in places
                if judge.answers[place].cause(rows[place]) not in rows[place].causes
            )
            cells += [
                str(len(places) - wrong.total()),
                ", ".join(f"{name} {count}" for name, count in wrong.most_common()),
            ]
        lines.append(cells)
    return table(head, lines)


def repository(source: str) -> str:
    """Whose report a row is: the site, the owner and the project of its address."""
    parts = source.rsplit("://", maxsplit=1)[-1].split("/")
    return "/".join(parts[:3]).lower()


def folds(rows: Sequence[Row], judged: Sequence[Judged], number: int) -> str:
    """The share of accepted causes in each group of sources.

    Nothing is learnt from the rows here, so no fold is unseen: rules are written by hand, by people who read
    rows. A fold shows how much the score hangs on who reported, no more; for a figure on unseen errors, write
    the rules without looking at a file and then run this on it.
    """
    groups = [int(sha256(repository(row.source).encode()).hexdigest(), 16) % number for row in rows]
    lines = []
    for group in range(number):
        places = [place for place, other in enumerate(groups) if other == group]
        scores = [sum(judge.answers[p].cause(rows[p]) in rows[p].causes for p in places) for judge in judged]
        sources = len({repository(rows[place].source) for place in places})
        lines.append([f"{group + 1}: {sources} sources", *(share(score, len(places)) for score in scores)])
    note = " ".join((folds.__doc__ or "").partition("\n\n")[2].split())
    return f"{table(['fold', *(judge.name for judge in judged)], lines)}\n\n{note}"


def mutated(rows: Sequence[Row], number: int) -> str:
    """How many changed forms of the rows are taken for another cause, by kind of change."""
    asked = [judges.evidence(row) for row in rows]
    plain = [classify(told).cause for told in asked]
    made, changed, lost = Counter[str](), Counter[str](), Counter[str]()
    for kind, index, body in mutants(asked, number, Random(SEED)):
        cause = classify(replace(asked[index], body=body)).cause
        made[kind] += 1
        changed[kind] += cause is not plain[index]
        lost[kind] += plain[index] in rows[index].causes and cause not in rows[index].causes
    lines = [[kind, str(made[kind]), share(changed[kind], made[kind]), str(lost[kind])] for kind in KINDS]
    total = ["all", str(made.total()), share(changed.total(), made.total()), str(lost.total())]
    return table(["mutation", "texts", "taken for another cause", "right before, wrong then"], [*lines, total])


def astray(rows: Sequence[Row], judge: Judged) -> str:
    """The rules that fire on a row of another cause, each asked alone, and the rows; then those that decided one."""
    found: dict[tuple[bool, str], list[str]] = {}
    for stray in strays(SHELVES, [Labelled(row.name, judges.evidence(row), row.causes) for row in rows]):
        found.setdefault((stray.rule.vague, stray.name), []).append(stray.text.name)
    lines = []
    for is_vague, kind in ((False, "Precise"), (True, "Vague")):
        names = {name: places for (vague, name), places in found.items() if vague is is_vague}
        ranked = sorted(names.items(), key=lambda item: (-len(item[1]), item[0]))
        lines.append(
            f"{kind} rules that fire on a row of another cause: {len(names)}, {sum(map(len, names.values()))} times"
        )
        lines += [f"- {name}: {len(places)} ({', '.join(places)})" for name, places in ranked]
    decided = [
        f"- {answer.why}: {row.name}"
        for row, answer in zip(rows, judge.answers, strict=True)
        if answer.cause(row) not in row.causes and not answer.why.startswith("status.")
    ]
    return "\n".join([*lines, f"Rules that decide a row wrongly: {len(decided)}", *decided])


def mistakes(rows: Sequence[Row], judge: Judged) -> str:
    """The rows that a judge got wrong, with what it went by."""
    return "\n".join(
        f"- {row.name}: {answer.cause(row)} ({answer.why}), label {' or '.join(row.causes)}"
        for row, answer in zip(rows, judge.answers, strict=True)
        if answer.cause(row) not in row.causes
    )


if __name__ == "__main__":
    main()
