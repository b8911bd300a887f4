"""May whoever stands in a route serve, and what becomes of the data? R04, R05, R17, R18."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.continuity.lint.book import JURISDICTION, RESIDENCY, RETENTION, SPILLOVER
from modelrouter.continuity.lint.rule import finding, place_in_route
from modelrouter.core.context import NOBODY
from modelrouter.core.policy import broken, demands
from modelrouter.core.rules import Rule as PolicyRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.continuity.lint.rule import Finding, View
    from modelrouter.core.inventory import Deployment, Inventory, Process

__all__ = ["policies", "retention", "spillover"]

PLACES = frozenset({"processing", "storage", "region", "egress"})
"""The facts of a deployment that say where; all others say whose."""
DAY_S = 86_400


def policies(view: View) -> Iterator[Finding]:
    """R04 and R05: one finding for each deployment of a route and each rule of the two, with every reason."""
    for process in view.inventory.processes.values():
        for deployment in process.routes:
            where: list[str] = []
            whose: list[str] = []
            for fact, reason in _objections(view, process, deployment):
                (where if fact in PLACES else whose).append(reason)
            path = place_in_route(process, deployment)
            for rule, reasons in ((RESIDENCY, where), (JURISDICTION, whose)):
                if reasons:
                    message = f"{deployment.id} may not serve {process.id}: {'; '.join(reasons)}"
                    yield finding(rule, path, message, rule.advice)


def _objections(view: View, process: Process, deployment: Deployment) -> Iterator[tuple[str, str]]:
    """The fact that is objected to, and by whom for which reason; what binds later is told with its first day."""
    inventory, told = view.inventory, set()
    later = {each.begins for each in inventory.policies if each.begins is not None and each.begins > view.today}
    for day in (view.today, *sorted(later)):
        from_then = "" if day == view.today else f" from {day}"
        for name, rule in demands(inventory, process, NOBODY, day):
            if name == f"{process.id}.data.retention":  # that is R17's to say
                continue
            for objection in broken(name, rule, deployment, inventory):
                if objection not in told:
                    told.add(objection)
                    yield rule.fact, f"{name}{from_then} ({objection.why})"


def retention(view: View) -> Iterator[Finding]:
    """R17. Asked of the whole route, where the process states the longest; our own servers keep what we say."""
    for process in view.inventory.processes.values():
        longest = process.data.retention_s
        for deployment in process.routes if longest is not None else ():
            kept = deployment.retention_s
            path = place_in_route(process, deployment)
            if kept is None and not deployment.provider.local:
                message = f"nobody has said how long {deployment.id} keeps data; {process.id} allows {_days(longest)}"
                yield finding(RETENTION, path, message, f"Ask the provider, and state `retention` of {deployment.id}.")
            elif kept is not None and longest is not None and kept > longest:
                message = f"{deployment.id} keeps data for {_days(kept)}; {process.id} allows {_days(longest)}"
                yield finding(RETENTION, path, message, RETENTION.advice)


def spillover(view: View) -> Iterator[Finding]:
    """R18. Places first: what spills may be processed nowhere that the deployment itself would not."""
    for deployment in view.inventory.deployments.values():
        target = view.inventory.deployments.get(deployment.spillover or "")
        if target is None:
            continue
        path = ("deployments", deployment.id, "spillover")
        for message, advice in _spills(deployment, target, view.inventory):
            yield finding(SPILLOVER, path, message, advice)


def _spills(deployment: Deployment, target: Deployment, inventory: Inventory) -> Iterator[tuple[str, str]]:
    if not deployment.processing or not target.processing:
        silent = deployment if not deployment.processing else target
        yield f"where {silent.id} processes is not stated, so what spills may go anywhere", "State its `processing`."
    else:
        here = PolicyRule(fact="processing", allowed=frozenset(deployment.processing))
        if list(broken("", here, target, inventory)):
            places = f"{', '.join(target.processing)}, and {deployment.id} in {', '.join(deployment.processing)}"
            yield f"{target.id} processes in {places}", SPILLOVER.advice
    if target.model.id != deployment.model.id:
        yield f"{target.id} serves {target.model.id}, and {deployment.id} {deployment.model.id}", SPILLOVER.advice
    if (target.provider.id, target.account) != (deployment.provider.id, deployment.account):
        yield f"{target.id} is another account's: providers spill only within one", SPILLOVER.advice


def _days(length_s: float | None) -> str:
    if not length_s:
        return "no time at all"
    return f"{length_s / DAY_S:g} days" if length_s >= DAY_S else f"{length_s / 3600:g} hours"
