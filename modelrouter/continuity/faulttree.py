"""Fault trees: gates over gates and events, with any part shared.

For what fails for more reasons than "every route is lost": a process that needs two of three pools to stand. Only
gates that no further failure can undo are taken (`and`, `or`, `atleast`), so that more failures never repair.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, get_args

from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.continuity.structure import Structure

Kind = Literal["and", "or", "atleast"]
KINDS: tuple[str, ...] = get_args(Kind)


class TreeError(ValueError):
    """This is no fault tree that can be solved; the message names the gate."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Happens when all (`and`), any (`or`) or at least `least` (`atleast`) of its inputs do.

    An input that is given twice counts twice. Of no inputs, `and` always happens and `or` never.
    """

    kind: Kind
    inputs: tuple[str, ...]
    least: int = 0


@dataclass(frozen=True, slots=True)
class FaultTree:
    """A top gate and all below it; see `of`."""

    top: str
    gates: Mapping[str, Gate]
    """Those that the top depends on, each after all that it depends on."""

    @classmethod
    def of(cls, top: str, gates: Mapping[str, Gate]) -> FaultTree:
        """Build it from gates by name; an input that is no gate is a basic event.

        Raises UnknownNameError for a top that is no gate, and TreeError for a gate of another kind, one that asks
        for more inputs than it has or for none, and gates that depend on themselves.
        """
        if top not in gates:
            raise UnknownNameError("gate", top, get_close_matches(top, gates, 2))
        ordered = _ordered(top, gates)
        for name in ordered:
            _checked(name, gates[name])
        return cls(top, {name: gates[name] for name in ordered})

    @classmethod
    def of_process(cls, structure: Structure, process: str, least: int = 1) -> FaultTree:
        """What takes down a process that needs so many of its routes to stand, each killed by any of its factors.

        With one, all routes must be lost. One that needs more than it has is down whatever happens.
        Raises UnknownNameError, and ValueError for a process that needs none.
        """
        if least < 1:
            raise ValueError(f"{process!r} cannot need {least} of its routes")
        routes = structure.routes(process)
        names = [f"route {place} of {process}" for place in range(len(routes))]
        gates = {name: Gate("or", structure.names(route)) for name, route in zip(names, routes, strict=True)}
        spare = len(names) - least
        gates[process] = Gate("atleast", tuple(names), spare + 1) if spare >= 0 else Gate("and", ())
        return cls.of(process, gates)

    def events(self, key: Callable[[str], float] | None = None) -> tuple[str, ...]:
        """Its basic events as they are met depth first, inputs in their own order or in that of `key`."""
        found: dict[str, None] = {}
        entered = set()
        todo = [self.top]
        while todo:
            name = todo.pop()
            gate = self.gates.get(name)
            if gate is None:
                found[name] = None
            elif name not in entered:
                entered.add(name)
                todo += reversed(sorted(gate.inputs, key=key) if key else gate.inputs)
        return tuple(found)

    def weights(self) -> Mapping[str, int]:
        """How many paths lead from each gate to events: how much hangs on it."""
        found: dict[str, int] = {}
        for name, gate in self.gates.items():
            found[name] = sum(found.get(each, 1) for each in gate.inputs)
        return found

    def happens(self, events: frozenset[str]) -> bool:
        """Whether the top happens when exactly these events do."""
        true: dict[str, bool] = {}
        for name, gate in self.gates.items():
            number = sum(true.get(each, each in events) for each in gate.inputs)
            true[name] = number >= _needed(gate)
        return true[self.top]


def _needed(gate: Gate) -> int:
    if gate.kind == "atleast":
        return gate.least
    return len(gate.inputs) if gate.kind == "and" else 1


def _checked(name: str, gate: Gate) -> None:
    if gate.kind not in KINDS:
        raise TreeError(
            f"the gate {name!r} is {gate.kind!r}: only {', '.join(KINDS)} can be solved, "
            "because elsewhere a further failure may repair what others broke"
        )
    if gate.kind == "atleast" and not 1 <= gate.least <= len(gate.inputs):
        raise TreeError(f"the gate {name!r} wants at least {gate.least} of its {len(gate.inputs)} inputs")


def _ordered(top: str, gates: Mapping[str, Gate]) -> list[str]:
    """The gates that the top depends on, inputs first."""
    found: dict[str, None] = {}
    path = {top: iter(gates[top].inputs)}
    while path:
        name, inputs = next(reversed(path.items()))
        deeper = next((each for each in inputs if each in gates and each not in found), None)
        if deeper is None:
            found[name] = None
            del path[name]
        elif deeper in path:
            circle = [*list(path)[list(path).index(deeper) :], deeper]
            raise TreeError(f"gates depend on themselves: {' → '.join(circle)}")
        else:
            path[deeper] = iter(gates[deeper].inputs)
    return list(found)
