"""Drills on real requests, from the command line: play each scenario of a plan on the gateway of this inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from modelrouter.core.rehearsal import CANARY, CONTROL
from modelrouter.drills.canary import Played, frame, lasts_s, play
from modelrouter.drills.plan import REAL
from modelrouter.drills.rehearse import Rehearsal
from modelrouter.drills.selection import named, of_plan
from modelrouter.errors import UsageError
from modelrouter.runtime.holdfile import default_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from modelrouter.core.inventory import Inventory
    from modelrouter.core.rehearsal import Group
    from modelrouter.drills.plan import Plan
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.watching import Measure

__all__ = ["OnGateway", "on_gateway"]


class OnGateway(NamedTuple):
    """What came of it."""

    rehearsal: Rehearsal
    ended: str | None
    """Why it ended before its time."""


def on_gateway(inventory: Inventory, plan: Plan, words: Sequence[str], console: Console) -> OnGateway:
    """Play the plan's scenarios, or those that the words name, one after the other, until one ends before its time.

    Raises UsageError as `drills.canary.play` does, and for a level that touches no real request.
    """
    if plan.level not in REAL:
        raise UsageError(f"level {plan.level} touches no real request")
    if plan.case is not None:  # its seconds are real ones here
        plan = replace(plan, case=replace(plan.case, length_s=lasts_s(plan)))
    small = frame(plan, inventory)
    console.print(Text(_course(plan, default_path(inventory)), "dim"), soft_wrap=True)
    scenarios = named(inventory, small, words) if words else of_plan(plan, inventory, small)
    recordings: list[Recording] = []
    ended = None
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("")
        for scenario in scenarios:
            name = scenario.id

            def doing(what: str, name: str = name) -> None:
                progress.update(task, description=f"{name}: {what}")

            played = play(inventory, plan, scenario, default_path(inventory), doing=doing)
            recordings += [_told(each, played) for each in played.rehearsal.recordings]
            ended = played.ended
            if ended is not None:
                break
    return OnGateway(Rehearsal(inventory, small, tuple(recordings), (), plan.level, plan.seed), ended)


def _course(plan: Plan, hold_file: Path) -> str:
    """What will happen, before it does."""
    share = "all" if plan.level == "live" else f"{plan.radius.share:.0%}"
    after = f", {plan.steady.for_s:g} s afterwards" if plan.rollback.verify else ""
    return (
        f"{plan.level}: {share} of the requests on the gateways that share {hold_file}; "
        f"{plan.steady.for_s:g} s of steady state, the fault for {lasts_s(plan):g} s{after}"
    )


def _told(recording: Recording, played: Played) -> Recording:
    """The recording, with what whoever watched has to say of it among its notes."""
    said = [_groups(played.groups), *played.departures]
    said += [f"ended before its time: {played.ended}"] if played.ended is not None else []
    scenario = replace(recording.scenario, notes=(*recording.scenario.notes, *said))
    return replace(recording, scenario=scenario)


def _groups(groups: Mapping[Group, Measure]) -> str:
    """`canary: 120 requests, 0.0 % failed, …; beside it: …`."""
    return "; ".join(
        f"{said}: {_measure(groups[group])}" for group, said in ((CANARY, "canary"), (CONTROL, "beside it"))
    )


def _measure(found: Measure) -> str:
    if found.error_rate is None:
        return "no request"
    took = f", 19 of 20 within {found.p95_s:.2f} s" if found.p95_s is not None else ""
    return f"{found.sent} requests, {found.error_rate:.1%} failed{took}"
