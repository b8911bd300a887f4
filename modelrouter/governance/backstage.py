"""The inventory as entities of a Backstage catalogue: who owns which process, and what it depends on.

Processes are components, deployments and upstreams are resources, providers and owners are groups. Recovery objectives,
criticality and order of routes have no field there and stand as annotations.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from modelrouter.governance.properties import of_deployment, of_process, upstreams

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from modelrouter.core.inventory import Deployment, Inventory, Process

__all__ = ["catalogue"]

API = "backstage.io/v1alpha1"
DOMAIN = "modelrouter.dev/"
LONGEST = 63
"""Characters of a name there."""


def catalogue(inventory: Inventory) -> str:
    """A YAML text of several documents, each an entity."""
    entities = _numbered(_entities(inventory))
    return yaml.safe_dump_all(entities, sort_keys=False, allow_unicode=True, explicit_start=True)


def _entities(inventory: Inventory) -> Iterator[dict[str, Any]]:
    system = _name(inventory.name)
    owners = dict.fromkeys(process.owner for process in inventory.processes.values())
    yield _entity("System", system, {"owner": _name(next(iter(owners), inventory.name))})
    for owner in owners:
        yield _entity("Group", _name(owner), {"type": "team", "children": []}, title=owner)
    for provider in inventory.providers.values():
        company = inventory.name if provider.company == "self" else provider.company
        facts = {"company": company, "jurisdiction": provider.headquarters}
        spec = {"type": "provider", "children": []}
        yield _entity("Group", _name(f"provider-{provider.id}"), spec, facts, title=company)
    for name in upstreams(inventory):
        spec = {"type": "upstream", "owner": _name(next(iter(owners), inventory.name)), "system": system}
        yield _entity("Resource", _name(f"upstream-{name}"), spec)
    for deployment in inventory.deployments.values():
        yield _resource(deployment, system)
    for process in inventory.processes.values():
        yield _component(process, system)


def _numbered(entities: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each kind and name once: the first stays, as owners may share a name with one another."""
    seen: set[tuple[str, str]] = set()
    for entity in entities:
        key = (entity["kind"], entity["metadata"]["name"])
        if key not in seen:
            seen.add(key)
            yield entity


def _resource(deployment: Deployment, system: str) -> dict[str, Any]:
    below = [f"resource:{_name(f'upstream-{name}')}" for name in deployment.stands_on]
    spec = {
        "type": "llm-deployment",
        "owner": f"group:{_name(f'provider-{deployment.provider.id}')}",
        "system": system,
        "dependsOn": below,
    }
    return _entity("Resource", _name(deployment.id), spec, of_deployment(deployment), title=deployment.id)


def _component(process: Process, system: str) -> dict[str, Any]:
    own = [f"resource:{_name(f'upstream-{name}')}" for name in process.upstreams]
    spec = {
        "type": "business-process",
        "lifecycle": "production",
        "owner": f"group:{_name(process.owner)}",
        "system": system,
        "dependsOn": [*(f"resource:{_name(each.id)}" for each in process.routes), *own],
    }
    return _entity("Component", _name(process.id), spec, of_process(process, ()), title=process.id)


def _entity(
    kind: str, name: str, spec: Mapping[str, Any], facts: Mapping[str, str] | None = None, *, title: str = ""
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if title and title != name:
        metadata["title"] = title
    if facts:
        metadata["annotations"] = {DOMAIN + fact: value for fact, value in facts.items()}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def _name(text: str) -> str:
    """Letters, digits, dots, dashes and underscores, at most 63, a letter or digit at both ends."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:LONGEST].strip("-._") or "unnamed"
