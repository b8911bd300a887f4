"""Recordings made by hand: one process over two deployments, one of which may fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modelrouter.core.inventory import Data, Inventory, Objectives
from modelrouter.drills.recording import Recording, Sent
from modelrouter.drills.scenario import DOOR_CLOSED, Blow, Expectation, Scenario
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.entry import Entry
from support.inventories import deployment, inventory, process, provider

FIRST = deployment("first", of=provider("one"), region="eu")
SECOND = deployment("second", of=provider("two"), region="eu")
FAULT_AT = 1.0
END = 4.0


def company(name: str = "claims", **facts: Any) -> Inventory:
    """One process that prefers `first` to `second`, personal data in the EU, ten seconds to recover."""
    facts = {
        "objectives": Objectives(rto_s=10.0, minimum=0.5),
        "data": Data(cls="personal", processing=("EU",)),
        "criticality": "critical",
        **facts,
    }
    routes = facts.pop("routes", (FIRST, SECOND))
    return inventory(process(name, *routes, **facts), regions={"EU": frozenset({"DE"})})


def call(of: str, at: float, marker: str, **facts: Any) -> Entry:
    """One line of a twin's log: served whole within 20 ms, unless told otherwise."""
    facts = {"effect": None, "injected": False, "status": 200, "whole": True, "done_at": at + 0.02, **facts}
    return Entry(
        at=at,
        provider={"first": "one", "second": "two"}.get(of, of),
        deployment=of,
        model=f"{of}-model",
        key_tail="",
        marker=marker,
        probe=False,
        stream=False,
        first_at=at + 0.01 if facts["whole"] else None,
        tokens_out=5 if facts["whole"] else 0,
        **facts,
    )


def refused(of: str, at: float, marker: str) -> Entry:
    """A call that met the fault and was answered within 2 ms."""
    facts = {"effect": Effect.SUSPENDED, "injected": True, "status": 400, "whole": False, "done_at": at + 0.002}
    return call(of, at, marker, **facts)


def sent(marker: str, at: float, took: float = 0.03, **facts: Any) -> Sent:
    """One request, answered unless told otherwise."""
    return Sent(marker, marker.partition("#")[0], False, at, at + took, **facts)


def scenario(*, remaining: tuple[str, ...] = ("second",), **facts: Any) -> Scenario:
    """`first` is suspended from the first second on, for as long as it lasts."""
    process_id = facts.pop("process", "claims")
    fault = Blow(effect=Effect.SUSPENDED, scope="account:one/main", deployments=frozenset({"first"}), from_s=FAULT_AT)
    closed = facts.pop("closed", False)
    given = {
        "id": "suspended-one",
        "title": "one suspends our account",
        "kind": "suspended",
        "subject": "one",
        "duration_s": END,
        "faults": (replace(fault, effect=DOOR_CLOSED) if closed else fault,),
        "expectations": {process_id: Expectation(facts.pop("permitted", ("first", "second")), remaining)},
        **facts,
    }
    return Scenario(**given)


def steady(process_id: str = "claims") -> Scenario:
    """Nothing fails."""
    expected = Expectation(("first", "second"), ("first", "second"))
    return scenario(id="steady", kind="steady", subject="", faults=(), expectations={process_id: expected})


def recording(requests: list[Sent], calls: list[Entry], of: Scenario | None = None, **facts: Any) -> Recording:
    """What was played, in the order of the calls' arrival."""
    played = of or scenario()
    fault_at = FAULT_AT if played.faults else None
    ordered = tuple(sorted(calls, key=lambda entry: entry.at))
    return Recording(scenario=played, fault_at=fault_at, ended=END, sent=tuple(requests), calls=ordered, **facts)


def moved() -> Recording:
    """The usual course: one call meets the fault, everything after it goes elsewhere."""
    return recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5, 0.1), sent("claims#3", 2.5)],
        [
            call("first", 0.5, "claims#1"),
            refused("first", 1.5, "claims#2"),
            call("second", 1.52, "claims#2"),
            call("second", 2.5, "claims#3"),
        ],
    )
