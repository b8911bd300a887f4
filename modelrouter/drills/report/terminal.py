"""The report on a terminal: a table of what was touched, a matrix of everything, a conclusion."""

from __future__ import annotations

from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from modelrouter.drills.report.compare import compared
from modelrouter.drills.report.counted import counted
from modelrouter.drills.report.duration import duration
from modelrouter.drills.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import Console

    from modelrouter.drills.report.findings import Findings
    from modelrouter.drills.scenario import Scenario
    from modelrouter.drills.score import Score
    from modelrouter.drills.verdict import Judgement

__all__ = ["COLOURS", "outcome", "show"]

COLOURS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.SURVIVED: "green",
        Verdict.DEGRADED: "yellow",
        Verdict.NOT_TESTED: "dim",
        Verdict.INCONCLUSIVE: "magenta",
    }
)
"""Every other verdict is red."""

SIGNS: Mapping[Verdict, str] = MappingProxyType(
    {Verdict.SURVIVED: "✓", Verdict.DEGRADED: "~", Verdict.NOT_TESTED: "-", Verdict.INCONCLUSIVE: "?"}
)
"""Every other verdict is a cross; a scenario that does not touch a process is a dot."""


def show(found: Findings, console: Console) -> None:
    """Print the report."""
    console.print()
    console.print(_table(found, console.width))
    console.print()
    console.print(_matrix(found))
    console.print(Text("  ✓ SURVIVED  · survived, not touched  ~ DEGRADED  ✗ failed  ? INCONCLUSIVE", "dim"))
    for kind, subjects in _columns(found).items():
        if any(subjects):
            console.print(Text(f"  {kind}, in this order: {', '.join(subjects)}", "dim"))
    console.print()
    for weakness in found.weaknesses():
        console.print(Text(str(weakness), "red"), soft_wrap=True)
    if found.origin.baseline is not None:
        console.print(Text(_since(found, found.origin.baseline), "dim"), soft_wrap=True)
    console.print(Text(f"  score {_standing(found.score)}", "dim"), soft_wrap=True)
    sign, colour = ("✓", "bold green") if found.passed else ("✗", "bold red")
    console.print(Text(f"{sign} {found.conclusion()}", colour), soft_wrap=True)


def _standing(reached: Score) -> str:
    """One figure, never without its parts."""
    parts = (f"{each.name} {each.share:.0%}" for each in reached.parts if each.share is not None)
    worst = f"; worst: {reached.worst}" if reached.worst is not None else ""
    return f"{reached.total:.0%}: {', '.join(parts)}{worst}"


def _since(found: Findings, earlier: Mapping[str, Any]) -> str:
    """What differs from the earlier run, in a line."""
    differs = compared(earlier, found)
    worse = [
        f"{each.process} in {each.scenario} ({each.was}, now {each.now})" for each in differs.changes if each.worse
    ]
    told = [
        f"{counted(len(differs.changes), 'verdict')} changed",
        *(f"worse: {each}" for each in worse),
        *differs.slower,
    ]
    return f"  since {differs.began}: {'; '.join(told)}"


def outcome(scenario: Scenario, judged: tuple[Judgement, ...]) -> Text:
    """One line on a scenario that has just been played."""
    touched = [each for each in judged if not each.calm]
    text = Text.assemble("  ", (f"{scenario.id:<22}", "bold"), " ")
    if not touched:
        return text.append(f"{len(judged)} served throughout", "green")
    told = (Text(f"{each.process} {each.verdict}", _colour(each)) for each in touched)
    return text.append_text(Text(", ").join(told))


def _colour(judged: Judgement) -> str:
    return COLOURS.get(judged.verdict, "bold red")


def _table(found: Findings, width: int) -> Table:
    """What was touched; where there is little room without the figures that matter least, and folded."""
    figures = {name: read for name, read in FIGURES.items() if width >= ROOMY or name not in SPARED}
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("scenario", overflow="fold", max_width=FIRST if width >= ROOMY else FIRST_NARROW)
    table.add_column("verdict", no_wrap=True)
    for heading in figures:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("served by", overflow="fold", min_width=SERVER if width >= ROOMY else SERVER_NARROW)
    for process, judgements in groupby(_touched(found), key=lambda judged: judged.process):
        table.add_row(Text(process, "bold"), Text(found.inventory.processes[process].criticality, "dim"))
        for judged in judgements:
            served = ", ".join(judged.served_after) or "nobody"
            cells = (read(judged) for read in figures.values())
            table.add_row(f"  {judged.scenario}", Text(judged.verdict, _colour(judged)), *cells, served)
    calm = sum(each.calm for each in found.all)
    said = [f"{calm} more: SURVIVED, not touched"] if calm else []
    if any(_spared(judged) for judged in _touched(found)):
        said.append("spared: calls of another process met the failure first, so that none of this one did")
    table.caption = "\n".join(said) or None
    table.caption_justify = "left"
    return table


def _took(judged: Judgement) -> Text:
    """How long it took to fail over, or that it never met the fault."""
    return Text("spared", "dim") if _spared(judged) else Text(duration(judged.failover_s))


def _spared(judged: Judgement) -> bool:
    return judged.verdict is Verdict.SURVIVED and not judged.hits and judged.failover_s is None


FIGURES: Mapping[str, Callable[[Judgement], Text | str]] = MappingProxyType(
    {
        "detect": lambda judged: duration(judged.detect_s),
        "fail over": _took,
        "lost": lambda judged: f"{judged.lost} of {judged.sent}" if judged.lost else "0",
        "wasted": lambda judged: str(judged.wasted),
    }
)
SPARED = frozenset({"detect", "wasted"})
"""Left out where there is little room."""
ROOMY = 100
"""Columns from which on everything has its place."""
FIRST, FIRST_NARROW = 36, 24
"""Columns that a scenario may take before it is folded."""
SERVER, SERVER_NARROW = 18, 12
"""Columns that whoever served always has."""


def _touched(found: Findings) -> Iterator[Judgement]:
    """By process: wherever a scenario concerned it."""
    for process in found.inventory.processes:
        for judged in found.all:
            if judged.process == process and not judged.calm:
                yield judged


def _columns(found: Findings) -> Mapping[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for recording in found.recordings:
        columns.setdefault(recording.scenario.kind, []).append(recording.scenario.subject)
    return columns


def _matrix(found: Findings) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("process", overflow="fold")
    for kind in _columns(found):
        table.add_column(kind, no_wrap=True)
    for place, process in enumerate(found.inventory.processes):
        cells: dict[str, Text] = {kind: Text() for kind in _columns(found)}
        for recording in found.recordings:
            judged = found.judgements[recording.scenario.id][place]
            cells[recording.scenario.kind].append(_sign(judged), _colour(judged))
        table.add_row(process, *cells.values())
    return table


def _sign(judged: Judgement) -> str:
    return "·" if judged.calm else SIGNS.get(judged.verdict, "✗")
