"""What `modelrouter impact --json` prints.

One object. Factors are written `kind:id`; verdicts and states are the words of the house; shares are of one. Keys keep
the order shown here.

    version          1; a change that breaks readers raises it
    inventory        name, file, and how many processes, deployments and factors it has
    events           event (the word), subject, said (in a sentence)
    verdicts         how many processes each verdict was given to
    stopped_weight   the weights of the processes that nobody serves, summed
    whole_weight     the weights of all
    criticalities    by criticality: processes, stopped, one_failure_stops
    processes        gravest first, then the heaviest:
        process, owner, criticality, weight
        verdict, verdict_before, why
        objectives       rto_s, tolerance_s, minimum
        served_by        deployments, in order
        capacity_left    the share of its permitted route's calls a minute (else tokens a minute); null: a limit is unknown
        own              causes: what it depends on itself and has lost
        route            deployment, state (serves, throttled, lost, refused), left, causes, refused_by (rule, why)
        standby          deployments outside its route that stand and may serve it
        barred           deployments outside its route that stand and could, but may not
        must_fail        how many things at least take it down; 0: nobody may serve it even now, null: nothing known does
        cut_sets         order → how many minimal cut sets; null: too many routes to count
        minimal          with --process: those of up to three factors: order, sets (how many), one_of_each (groups of
                         factors that are alike); else null
    lost             deployment, causes (path: factors, nearest first; note: what happened at its end)
    throttled        deployment, left
    unknown          sentences: what is not stated, and was taken as not hit
    concentration    dimension, measure, unit, hhi_before, hhi, shares (name, amount, share, share_before),
                     unknown (processes whose server states no price), unserved (processes)
    weak_spots       null where there are events:
        single           factors (alike), processes, weight
        pairs            one_of, and_one_of, pairs (how many of factors), processes, weight
    repair           null where there are events; what --repair --json prints:
        additions        entries of routes in all
        exact            fewer of the inventory's own deployments would do nowhere; else the search was cut short
        routes           process, routes (whole), added
        new_deployments  deployment, serves, must_not_share
        helpless         process, why
        own              process, factors: what it depends on itself, which no deployment mends
        yaml             the lines to merge into the inventory

--independence prints process, deployment, in_route, independent, permitted, refused_by, compared_with (deployment,
likeness, nearest, shared: factor, path, path_of_other), mends, remain. --diff prints old, new, fell, processes (process,
survives: less, more or same, why, single_added, single_removed, routes_added, routes_removed, must_fail_before,
must_fail), added, removed. What cannot be judged is one object with error and known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.continuity.concentration import concentration
from modelrouter.continuity.impact import impact
from modelrouter.continuity.overview import by_criticality, minimal
from modelrouter.continuity.remedy_text import lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from modelrouter.continuity.compare import Comparison
    from modelrouter.continuity.concentration import Index
    from modelrouter.continuity.events import Cause
    from modelrouter.continuity.factors import Graph, Path
    from modelrouter.continuity.impact import Branch, Effect, Impact, Refusal
    from modelrouter.continuity.independence import Independence
    from modelrouter.continuity.overview import Overview
    from modelrouter.continuity.remedy import Remedy

__all__ = ["VERSION", "compared_facts", "impact_facts", "independence_facts", "remedy_facts"]

VERSION = 1
"""A change that breaks readers raises it."""
DIGITS = 6
UNITS: Mapping[str, str] = {"spend": "US dollars a day", "tokens": "tokens a day", "processes": "weight"}


def impact_facts(found: Impact, seen: Overview, mending: Remedy | None, only: Collection[str]) -> dict[str, Any]:
    """Events and what they do; without events what the inventory rests on, and what would mend it."""
    wanted = set(only) or set(found.verdicts)
    return {
        "version": VERSION,
        "inventory": _inventory(found.graph),
        "events": [{"event": each.word, "subject": each.subject, "said": each.said} for each in found.events],
        "verdicts": {str(verdict): count for verdict, count in found.counts.items()},
        "stopped_weight": found.weight,
        "whole_weight": sum(each.weight for each in found.graph.processes.values()),
        "criticalities": _criticalities(found, seen),
        "processes": [
            _effect(found.effect(name), found, seen, listed=name in only) for name in found.ranked() if name in wanted
        ],
        "lost": [{"deployment": name, "causes": _causes(causes)} for name, causes in found.lost.items()],
        "throttled": [{"deployment": name, "left": left} for name, left in found.left.items()],
        "unknown": list(found.unknown),
        "concentration": _concentration(found),
        "weak_spots": None if found.events else _weak(seen),
        "repair": None if mending is None else remedy_facts(mending),
    }


def _inventory(graph: Graph) -> dict[str, Any]:
    inventory = graph.inventory
    return {
        "name": inventory.name,
        "file": inventory.path,
        "processes": len(inventory.processes),
        "deployments": len(inventory.deployments),
        "factors": len(graph.factors),
    }


def _criticalities(found: Impact, seen: Overview) -> dict[str, Any]:
    single = [name for name, depth in seen.depths.items() if depth in {0, 1}]
    stopped, weak = by_criticality(found.graph, found.stopped), by_criticality(found.graph, single)
    return {
        level: {"processes": whole, "stopped": count, "one_failure_stops": weak[level][0]}
        for level, (count, whole) in stopped.items()
    }


def _effect(effect: Effect, found: Impact, seen: Overview, *, listed: bool) -> dict[str, Any]:
    process = effect.process
    counted = seen.counts[process.id]
    return {
        "process": process.id,
        "owner": process.owner,
        "criticality": process.criticality,
        "weight": found.graph.processes[process.id].weight,
        "verdict": str(effect.verdict),
        "verdict_before": str(effect.before),
        "why": effect.why,
        "objectives": {
            "rto_s": process.objectives.rto_s,
            "tolerance_s": process.objectives.tolerance_s,
            "minimum": process.objectives.minimum,
        },
        "served_by": list(effect.served_by),
        "capacity_left": None if effect.capacity is None else round(effect.capacity, DIGITS),
        "own": _causes(effect.own),
        "route": [_branch(each) for each in effect.branches],
        "standby": list(effect.standby),
        "barred": list(effect.barred),
        "must_fail": seen.depths[process.id],
        "cut_sets": None if counted is None else {str(order): number for order, number in enumerate(counted) if number},
        "minimal": _minimal(found.graph, process.id) if listed else None,
    }


def _minimal(graph: Graph, process: str) -> list[dict[str, Any]]:
    return [
        {"order": each.order, "sets": each.number, "one_of_each": [list(group) for group in each.groups]}
        for each in minimal(graph, process)
    ]


def _branch(branch: Branch) -> dict[str, Any]:
    return {
        "deployment": branch.deployment,
        "state": branch.state,
        "left": round(branch.left, DIGITS),
        "causes": _causes(branch.causes),
        "refused_by": _refusals(branch.refusals),
    }


def _refusals(refusals: Iterable[Refusal]) -> list[dict[str, str]]:
    return [{"rule": each.rule, "why": each.why} for each in refusals]


def _causes(causes: Iterable[Cause]) -> list[dict[str, Any]]:
    return [{"path": list(each.path), "note": each.note} for each in causes]


def _concentration(found: Impact) -> list[dict[str, Any]]:
    after = concentration(found)
    before = concentration(impact(found.graph)) if found.events else after
    return [_index(then, now) for then, now in zip(before, after, strict=True)]


def _index(before: Index, after: Index) -> dict[str, Any]:
    earlier = {each.name: each.share for each in before.shares}
    return {
        "dimension": after.dimension,
        "measure": after.measure,
        "unit": UNITS[after.measure],
        "hhi_before": _rounded(before.hhi),
        "hhi": _rounded(after.hhi),
        "shares": [
            {
                "name": each.name,
                "amount": round(each.amount, 2),
                "share": round(each.share, DIGITS),
                "share_before": round(earlier.get(each.name, 0.0), DIGITS),
            }
            for each in after.shares
        ],
        "unknown": list(after.unknown),
        "unserved": list(after.unserved),
    }


def _rounded(index: float | None) -> int | None:
    return None if index is None else round(index)


def _weak(seen: Overview) -> dict[str, Any]:
    return {
        "single": [
            {"factors": list(each.factors), "processes": list(each.processes), "weight": each.weight}
            for each in seen.points
        ],
        "pairs": [
            {
                "one_of": list(each.first),
                "and_one_of": list(each.second),
                "pairs": each.number,
                "processes": list(each.processes),
                "weight": each.weight,
            }
            for each in seen.couples
        ],
    }


def remedy_facts(found: Remedy) -> dict[str, Any]:
    """What to add, and the lines of YAML that say so."""
    return {
        "additions": found.size,
        "exact": found.exact,
        "routes": [
            {"process": name, "routes": list(route), "added": list(found.added[name])}
            for name, route in found.routes.items()
        ],
        "new_deployments": [
            {"deployment": each.deployment.id, "serves": list(each.serves), "must_not_share": list(each.avoids)}
            for each in found.newcomers
        ],
        "helpless": [{"process": name, "why": why} for name, why in found.helpless.items()],
        "own": [{"process": name, "factors": list(factors)} for name, factors in found.own.items()],
        "yaml": "".join(f"{line}\n" for line in lines(found)),
    }


def independence_facts(found: Independence) -> dict[str, Any]:
    """How a proposed fallback compares with a route."""
    return {
        "version": VERSION,
        "process": found.process,
        "deployment": found.deployment,
        "in_route": found.already,
        "independent": found.independent,
        "permitted": not found.refusals,
        "refused_by": _refusals(found.refusals),
        "compared_with": [
            {
                "deployment": each.deployment,
                "likeness": round(each.likeness, DIGITS),
                "nearest": each.nearest,
                "shared": [_shared(name, *paths) for name, paths in each.shared.items()],
            }
            for each in found.kin
        ],
        "mends": list(found.mended),
        "remain": list(found.remaining),
    }


def _shared(name: str, ours: Path, theirs: Path) -> dict[str, Any]:
    return {"factor": name, "path": list(ours), "path_of_other": list(theirs)}


def compared_facts(found: Comparison, old: Graph, new: Graph) -> dict[str, Any]:
    """What changed between two inventories."""
    return {
        "version": VERSION,
        "old": _inventory(old),
        "new": _inventory(new),
        "fell": found.fell,
        "processes": [
            {
                "process": each.process,
                "survives": each.survives,
                "why": list(each.why),
                "single_added": list(each.points_added),
                "single_removed": list(each.points_removed),
                "routes_added": list(each.routes_added),
                "routes_removed": list(each.routes_removed),
                "must_fail_before": each.depths[0],
                "must_fail": each.depths[1],
            }
            for each in found.shifts
        ],
        "added": list(found.added),
        "removed": list(found.removed),
    }
