"""Read a fault tree in the Open-PSA Model Exchange Format: gates with and, or, atleast, events and house events."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from xml.etree import ElementTree as ET

from modelrouter.continuity.faulttree import FaultTree, Gate, Kind

if TYPE_CHECKING:
    from pathlib import Path

ASIDE = {"label", "attributes"}
LEAVES = {"basic-event", "event", "gate", "house-event"}


def read(path: Path) -> FaultTree:
    """The tree of a file with one top gate; a formula within a formula becomes a gate of its own.

    Operators are handed on by their names, so that the engine judges which it can take.
    """
    root = ET.parse(path).getroot()
    gates: dict[str, Gate] = {}
    for house in root.iter("define-house-event"):
        (constant,) = (each for each in house if each.tag not in ASIDE)
        gates[house.attrib["name"]] = Gate("and" if constant.attrib["value"] == "true" else "or", ())
    houses = set(gates)
    for defined in root.iter("define-gate"):
        (formula,) = (each for each in defined if each.tag not in ASIDE)
        name = defined.attrib["name"]
        if formula.tag in LEAVES:
            gates[name] = Gate("or", (formula.attrib["name"],))
        else:
            _add(gates, name, formula)
    used = {each for gate in gates.values() for each in gate.inputs}
    (top,) = (name for name in gates if name not in used | houses)
    return FaultTree.of(top, gates)


def _add(gates: dict[str, Gate], name: str, formula: ET.Element) -> None:
    inputs = []
    for number, each in enumerate(formula):
        if each.tag in LEAVES:
            inputs.append(each.attrib["name"])
        else:
            inputs.append(f"{name}, {number}")
            _add(gates, inputs[-1], each)
    gates[name] = Gate(cast("Kind", formula.tag), tuple(inputs), int(formula.get("min", 0)))
