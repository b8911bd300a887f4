"""What happened to others, as files: dated, with sources, assumptions marked, to be rehearsed on any inventory."""

from __future__ import annotations

from modelrouter.drills.incidents.reading import (
    Incident,
    case_of,
    incidents,
    load_scenario,
    parse_incident,
    parse_scenario,
    scenario_of,
    wrong_in,
)

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
