"""Who may serve a request, in which order, and why not the others."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.inventory import Process
from modelrouter.core.policy import objections
from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from modelrouter.core.context import Context
    from modelrouter.core.inventory import Deployment, Inventory


class Exclusion(NamedTuple):
    """A deployment of the route that may not serve this request."""

    deployment: Deployment
    rule: str
    why: str


class Candidates(NamedTuple):
    """The route of one request: who may serve, in order, and who not."""

    process: Process
    permitted: tuple[Deployment, ...]
    excluded: tuple[Exclusion, ...]


def process_named(inventory: Inventory, name: str) -> Process:
    """The process that a name means: a process, an alias, or a deployment (a route of itself alone).

    Raises UnknownNameError with near misses.
    """
    process = inventory.processes.get(inventory.aliases.get(name, name))
    if process is not None:
        return process
    deployment = inventory.deployments.get(name)
    if deployment is not None:
        return Process(id=name, owner="", criticality="standard", routes=(deployment,))
    known = [*inventory.processes, *inventory.aliases, *inventory.deployments]
    raise UnknownNameError("process, alias or deployment", name, get_close_matches(name, known, 2))


def candidates(
    inventory: Inventory,
    process: Process,
    context: Context,
    capabilities: frozenset[str] = frozenset(),
    tokens: int = 0,
    day: date | None = None,
) -> Candidates:
    """Order the route and list each exclusion with its rule.

    `capabilities` and `tokens` are what this request needs beyond what its process declares.
    `day` is the one on which policies and contracts must be in force; without it, none is over and none to come.
    """
    needed = process.needs.capabilities | capabilities
    permitted: list[Deployment] = []
    excluded: list[Exclusion] = []
    for deployment in process.routes:
        reasons = [
            *_incapable(deployment, needed, max(process.needs.context, tokens), process.needs.output or 0),
            *(Exclusion(deployment, *each) for each in objections(inventory, process, context, deployment, day)),
        ]
        excluded.extend(reasons)
        if not reasons:
            permitted.append(deployment)
    return Candidates(process, tuple(permitted), tuple(excluded))


def _incapable(deployment: Deployment, needed: frozenset[str], tokens: int, output: int) -> Iterator[Exclusion]:
    model = deployment.model
    if missing := needed - model.capabilities:
        yield Exclusion(deployment, "capabilities", f"{model.id} lacks {', '.join(sorted(missing))}")
    if tokens > model.context:
        yield Exclusion(deployment, "context", f"{model.id} holds {model.context:,} tokens, {tokens:,} are needed")
    if model.output is not None and output > model.output:
        yield Exclusion(
            deployment, "output", f"{model.id} answers with at most {model.output:,} tokens, {output:,} are needed"
        )
