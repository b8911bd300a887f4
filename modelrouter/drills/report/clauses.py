"""Which part of a report answers which clause; a help for whoever files it, and no legal advice."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CLAUSES", "Clause"]


class Clause(NamedTuple):
    """One clause, in our own words."""

    name: str
    asks: str
    sections: tuple[str, ...]
    """The parts of the page, by their ids."""
    leaves: str
    """What of it a drill does not show."""


CLAUSES = (
    Clause(
        "DORA, article 25",
        "tests of systems that critical or important functions stand on, scenario-based ones among them",
        ("matrix", "recovery", "limits"),
        "tests of security, and of your own network",
    ),
    Clause(
        "DORA, article 28(8)",
        "exit strategies that are documented, tested enough and reviewed, with alternatives identified",
        ("matrix", "capacity", "quality", "findings"),
        "moving data back, and ending the contract itself",
    ),
    Clause(
        "PRA SS1/21, FCA PS21/3",
        "important services stay within their impact tolerance in severe but plausible scenarios",
        ("precedent", "recovery", "findings"),
        "harm to customers beyond time and lost requests",
    ),
    Clause(
        "ISO 22301, 8.5",
        "exercises with objectives, appropriate scenarios, a report of outcomes, and actions that follow",
        ("scope", "matrix", "deviations", "findings", "comparison"),
        "people: who was called, who decided",
    ),
    Clause(
        "EU AI Act, articles 12 and 26",
        "events are logged, the use is watched, and the logs are kept",
        ("policy", "detection", "provenance"),
        "the logs of real use: a rehearsal writes its own",
    ),
)
