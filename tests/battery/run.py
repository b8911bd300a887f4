"""Runs the battery in the environment that `__main__` prepares: our own certificate authority, our own state."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from battery.cases import CASES
from battery.doors import Gateway, Sdk
from battery.judge import rows
from battery.page import page
from battery.play import play
from battery.stage import Stage
from battery.table import as_json, terminal
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from battery.case import Case, Mode
    from battery.doors import Door
    from battery.play import Played

FOLDER = "MODELROUTER_BATTERY"
"""The environment variable that names the folder for certificates and inventories."""
REPEATS = 20
LANES = 2
"""Repeats at once: one for each of two cores; most of their time they wait."""
USUAL_WIDTH = 200


class Turn(NamedTuple):
    """One repeat through one door."""

    repeat: int
    door: Callable[[Path], Door]
    shift: int
    """So that two doors of one repeat take different modes."""

    def mode(self, case: Case) -> Mode:
        """Whole or streamed, in turns."""
        return case.modes[(self.repeat + self.shift) % len(case.modes)]


def asynchronous(file: Path) -> Door:
    """The drop-in SDK on an event loop."""
    return Sdk(file, threads=False)


def threaded(file: Path) -> Door:
    """The drop-in SDK in threads."""
    return Sdk(file, threads=True)


def turns(repeats: int, *, quick: bool) -> list[Turn]:
    """Every repeat through the SDK, its two classes in turns, and through the gateway."""
    if quick:
        return [Turn(0, asynchronous, 0), Turn(0, threaded, 1), Turn(0, Gateway, 1)]
    sdks = (asynchronous, asynchronous, threaded, threaded)
    return [turn for at in range(repeats) for turn in (Turn(at, sdks[at % len(sdks)], 0), Turn(at, Gateway, 1))]


class Battery:
    """One run over some cases."""

    def __init__(self, cases: Sequence[Case], folder: Path, *, quick: bool, told: Callable[[str], None]) -> None:
        self._cases = cases
        self._folder = folder
        self._quick = quick
        self._told = told
        self._lanes = asyncio.Semaphore(LANES * 2)
        self._stages = 0
        self.played: list[Played] = []

    async def run(self, repeats: int) -> list[Played]:
        """Play every case as often as it asks to be, at most `repeats` times; in the order of the cases."""
        work = []
        for turn in turns(repeats, quick=self._quick):
            mine = [case for case in self._cases if turn.repeat < case.most]
            long = [case for case in mine if case.plan == "outage"]
            if long:
                work.append(self._turn(turn, long, AsyncExitStack()))
            work.append(self._turn(turn, [case for case in mine if case.plan != "outage"], self._lanes))
        await asyncio.gather(*work)
        order = {case.name: at for at, case in enumerate(self._cases)}
        return sorted(self.played, key=lambda played: order[played.case.name])

    async def _turn(self, turn: Turn, cases: Sequence[Case], lane: asyncio.Semaphore | AsyncExitStack) -> None:
        if not cases:
            return
        async with lane:
            self._stages += 1
            folder = self._folder / f"stage-{self._stages}"
            folder.mkdir()
            async with Stage(cases, folder, self._folder, quick=self._quick) as stage, turn.door(stage.file) as door:
                waiting = [asyncio.create_task(self._play(stage, door, turn, case)) for case in cases if case.slow]
                for case in cases:
                    if not case.slow:
                        await self._play(stage, door, turn, case)
                await asyncio.gather(*waiting)

    async def _play(self, stage: Stage, door: Door, turn: Turn, case: Case) -> None:
        self.played.append(await play(stage, door, case, turn.mode(case)))
        self._told(case.name)


def chosen(names: Sequence[str] | None, *, quick: bool) -> list[Case]:
    """The cases that are meant; a name may be the beginning of several."""
    cases = [case for case in CASES if case.quick or not quick]
    if not names:
        return cases
    exact = {case.name for case in CASES}
    found = [
        c for c in CASES if any(c.name == name or (name not in exact and c.name.startswith(name)) for name in names)
    ]
    if not found:
        raise SystemExit(f"no case is called {' or '.join(names)}; there are {', '.join(sorted(exact))}")
    return found


def _expected(cases: Sequence[Case], repeats: int, *, quick: bool) -> int:
    return sum(turn.repeat < case.most for turn in turns(repeats, quick=quick) for case in cases)


def main() -> int:
    """Parse the command line, run, report; 1 where an expectation fails."""
    parser = argparse.ArgumentParser(prog="battery", description="Every way to fail, through both doors.")
    parser.add_argument("--case", action="append", metavar="NAME", help="only this, or those that begin so; repeatable")
    parser.add_argument("--repeat", type=int, default=None, metavar="N", help=f"default {REPEATS}, in the quick part 1")
    parser.add_argument("--quick", action="store_true", help="each case once, patience shortened, no clock looked at")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page of the documentation")
    given = parser.parse_args()
    cases = chosen(given.case, quick=given.quick)
    repeats = given.repeat or (1 if given.quick else REPEATS)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("battery", total=_expected(cases, repeats, quick=given.quick))

        def told(name: str) -> None:
            progress.update(bar, advance=1, description=f"{name:<28}")

        battery = Battery(cases, Path(os.environ[FOLDER]), quick=given.quick, told=told)
        played = asyncio.run(battery.run(repeats))
    found = rows(played, timed=not given.quick)
    shown = Console()
    for part in terminal(found):
        shown.print(part)
    if given.json:
        given.json.write_text(json.dumps(as_json(found), indent=1) + "\n")
    if given.markdown:
        given.markdown.write_text(page(found, repeats))
    return int(any(row.wrong for row in found))


if __name__ == "__main__":
    sys.exit(main())
