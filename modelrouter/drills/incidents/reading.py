"""The door for files of incidents and of scenarios: from YAML to a case, or to everything that is wrong with it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from modelrouter.continuity.factors import Graph
from modelrouter.drills.entries import parse, refuse
from modelrouter.drills.incidents.schema import IncidentEntry, ScenarioEntry
from modelrouter.drills.miniature import SIMULATED, miniature
from modelrouter.drills.misfortunes import MISFORTUNES
from modelrouter.drills.mishap import Case, Mishap, composed
from modelrouter.drills.scenario import Signal
from modelrouter.drills.scope import Scope
from modelrouter.drills.shapes import Shape
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.source import checked, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.incidents.schema import Confidence, FaultEntry, StoryEntry
    from modelrouter.drills.mishap import NotConcerned
    from modelrouter.drills.scenario import Scenario
    from modelrouter.inventory.problems import Problem

__all__ = [
    "Incident",
    "case_of",
    "incidents",
    "load_scenario",
    "parse_incident",
    "parse_scenario",
    "scenario_of",
    "wrong_in",
]

FOLDER = "modelrouter.drills.incidents"
ROOM = 1.25
"""What is over is watched for a quarter of its length longer."""
LEAST_S = 600.0
"""What comes and stays is watched for so long at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that happened to others."""

    id: str
    title: str
    when: str
    begins: date
    lasted: str
    what: str
    confidence: Confidence
    sources: tuple[str, ...]
    questions: tuple[str, ...]
    case: Case

    @property
    def pure(self) -> bool:
        """Whether all of it was a matter of availability alone."""
        return self.case.pure

    @property
    def played(self) -> bool:
        """Whether any call meets it; else it is a matter of facts, or of people at a table."""
        return any(mishap.kind.played for mishap in self.case.mishaps)

    @property
    def assumed(self) -> tuple[str, ...]:
        """Every assumption."""
        every = (*self.case.notes, *(each for mishap in self.case.mishaps for each in mishap.assumed))
        return tuple(dict.fromkeys(every))


def incidents() -> tuple[Incident, ...]:
    """All of them, in their order. Raises InventoryError for a file that is wrong."""
    found = [each for each in files(FOLDER).iterdir() if each.name.endswith(".yaml")]
    return tuple(
        parse_incident(each.read_text(encoding="utf-8"), each.name)
        for each in sorted(found, key=lambda file: _order(file.name))
    )


def _order(name: str) -> tuple[int, str]:
    """F9 comes before F10, and F39b behind F39."""
    number = re.search(r"[0-9]+", name)
    return (int(number[0]) if number else 0, name)


def scenario_of(incident: Incident, inventory: Inventory) -> Scenario | NotConcerned:
    """What an incident is for an inventory, in the room that simulated time has; or why it is nothing here."""
    return composed(incident.case, Graph.of(inventory), miniature(inventory, SIMULATED))


def parse_incident(text: str, path: str) -> Incident:
    """Read an incident from a text, as if it stood in that file; raises InventoryError with every problem and its place."""
    entry, tree = parse(checked(text, path), path, IncidentEntry, "Begin with `id: F25`.")
    refuse((*wrong_in(entry), *_misnamed(entry, path)), tree, path)
    return Incident(
        id=entry.id,
        title=entry.title,
        when=entry.when,
        begins=entry.begins,
        lasted=entry.lasted,
        what=entry.what,
        confidence=entry.confidence,
        sources=tuple(entry.sources),
        questions=tuple(entry.questions),
        case=case_of(entry, entry.id, "incident", entry.id),
    )


def load_scenario(path: str | os.PathLike[str]) -> Case:
    """Read a scenario of one's own; raises InventoryError with every problem and its place."""
    return _scenario(read_file(Path(path), os.fspath(path)), os.fspath(path))


def parse_scenario(text: str, path: str = "scenario.yaml") -> Case:
    """Read one from a text, as if it stood in that file; raises InventoryError."""
    return _scenario(checked(text, path), path)


def _scenario(text: str | Problem, path: str) -> Case:
    entry, tree = parse(text, path, ScenarioEntry, "Begin with `scenario: NAME`.")
    refuse(wrong_in(entry), tree, path)
    return case_of(entry, entry.scenario, "own", None)


def wrong_in(entry: StoryEntry) -> Iterator[Finding]:
    """What no single field can see."""
    if not entry.faults and not getattr(entry, "questions", ()):
        yield Finding(("faults",), "nothing goes wrong", "Write a fault: `{fault: down, scope: {vendor: openai}}`.")
    for index, fault in enumerate(entry.faults):
        path = ("faults", index)
        if not fault.scope:
            yield Finding((*path, "scope"), "this reaches nobody", "Write a fact: `{vendor: openai}`.")
        if fault.until is not None and fault.until <= fault.at:
            yield Finding((*path, "until"), "it is over before it begins", "Both count from the beginning.")
        if fault.share <= 0:
            yield Finding((*path, "share"), "nothing at all is hit", "Write a share above 0%.")
        if fault.left <= 0:
            yield Finding((*path, "left"), "nothing is left", "Write `fault: down`, or a share above 0%.")
        yield from _shapes(fault, path)
        for key, word in (("retention", "terms"), ("times", "price")):
            if (getattr(fault, key) is not None) != (fault.fault == word):
                yield Finding(
                    path, f"{key} and {word} belong together", f"Write {key} with `fault: {word}`, and nowhere else."
                )


def _shapes(fault: FaultEntry, path: tuple[str | int, ...]) -> Iterator[Finding]:
    named = [key for key in ("ramp", "flap", "hours") if getattr(fault, key) is not None]
    if len(named) > 1:
        yield Finding((*path, named[1]), f"{named[0]} stands here already", "A fault has one shape: write two faults.")
    if fault.flap is not None and fault.flap.down <= 0:
        yield Finding((*path, "flap"), "it never stands", "Write `down` longer than 0s.")
    if fault.hours is not None and not 0 <= fault.hours.opens < fault.hours.closes <= 24:  # noqa: PLR2004 - hours of a day
        yield Finding((*path, "hours"), "these are no hours of a day", "Write from before until, at most 24.")


def _misnamed(entry: IncidentEntry, path: str) -> Iterator[Finding]:
    if Path(path).stem != entry.id:
        yield Finding(("id",), f"the file is called {Path(path).name}", f"Call it {entry.id}.yaml.")


def case_of(entry: StoryEntry, name: str, kind: str, precedent: str | None) -> Case:
    """The case that a story in a file is, under that id."""
    return Case(
        id=name,
        title=entry.title,
        kind=kind,
        mishaps=tuple(map(_mishap, entry.faults)),
        length_s=_length(entry),
        signals=tuple(Signal(signal.at, signal.says) for signal in entry.signals),
        precedent=precedent,
        announced_s=entry.announced,
        notes=tuple(entry.assumed),
    )


def _length(entry: StoryEntry) -> float:
    """From the beginning to where the rehearsal ends."""
    if entry.compress is not None:
        return entry.compress * SIMULATED.after_s
    ends = [fault.until for fault in entry.faults if fault.until is not None]
    begins = [fault.at + (fault.ramp or 0.0) for fault in entry.faults]
    return max([LEAST_S, *(end * ROOM for end in ends), *(begin * 2 for begin in begins)])


def _shape(fault: FaultEntry) -> Shape:
    flap, hours = fault.flap, fault.hours
    return Shape(
        at_s=fault.at,
        until_s=fault.until,
        ramp_s=fault.ramp or 0.0,
        down_s=None if flap is None else flap.down,
        up_s=None if flap is None else flap.up,
        hours=None if hours is None else (hours.opens, hours.closes),
    )


def _mishap(fault: FaultEntry) -> Mishap:
    return Mishap(
        misfortune=fault.fault,
        scope=Scope({fact: tuple(values) for fact, values in fault.scope.items()}),
        shape=_shape(fault),
        share=fault.share,
        sticky=fault.sticky,
        left=fault.left if fault.fault == "quota-cut" else 0.0 if MISFORTUNES[fault.fault].takes else 1.0,
        retry_after_s=fault.retry_after,
        retention_s=fault.retention,
        times=fault.times,
        assumed=tuple(fault.assumed),
    )
