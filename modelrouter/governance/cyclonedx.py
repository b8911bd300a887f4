"""The inventory as a CycloneDX 1.7 bill of materials (ECMA-424): models as components, deployments as services.

What is lost: that a route is a choice (`dependsOn` knows only "and"; the order stands among the properties), and
capacity. Everything else that has no field of its own stands under `modelrouter:` among the properties.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from modelrouter.governance.properties import of_contract, of_deployment, of_model, of_process, upstreams

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modelrouter.core.inventory import Deployment, Inventory, Model, Process

__all__ = ["bill_of_materials"]

SCHEMA = "http://cyclonedx.org/schema/bom-1.7.schema.json"
PREFIX = "modelrouter:"


def bill_of_materials(inventory: Inventory, *, version: str, at: datetime) -> str:
    """JSON text; the same inventory, version and time give the same bytes. `version` is that of this product."""
    body: dict[str, Any] = {
        "components": [
            *(_model(each) for each in inventory.models.values()),
            *(_process(inventory, each) for each in inventory.processes.values()),
        ],
        "services": [
            *(_service(inventory, each) for each in inventory.deployments.values()),
            *(_upstream(name, inventory) for name in upstreams(inventory)),
        ],
        "dependencies": [
            *({"ref": f"model:{name}"} for name in inventory.models),
            *(_needs(each) for each in inventory.deployments.values()),
            *(_routes(each) for each in inventory.processes.values()),
        ],
    }
    head = {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))}",
        "version": 1,
        "metadata": {
            "timestamp": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "tools": {"components": [{"type": "application", "name": "modelrouter", "version": version}]},
            "component": {"type": "application", "bom-ref": "inventory", "name": inventory.name},
        },
    }
    return json.dumps({**head, **body}, indent=2, ensure_ascii=False) + "\n"


def _properties(facts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": PREFIX + name, "value": value} for name, value in facts.items()]


def _model(model: Model) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{model.id}",
        "supplier": {"name": model.developer},
        "name": model.id,
        "modelCard": {"modelParameters": {"modelArchitecture": model.family}},
        "properties": _properties(of_model(model)),
    }


def _process(inventory: Inventory, process: Process) -> dict[str, Any]:
    held = dict.fromkeys(each.provider.contract for each in process.routes if each.provider.contract)
    return {
        "type": "application",
        "bom-ref": f"process:{process.id}",
        "name": process.id,
        "description": f"A business process of {inventory.name}.",
        "properties": _properties(of_process(process, held)),
    }


def _service(inventory: Inventory, deployment: Deployment) -> dict[str, Any]:
    provider = deployment.provider
    address = {"url": [f"https://{provider.address}"]} if _is_host(provider.address) else {}
    contract = inventory.contracts.get(provider.contract or "")
    facts = of_deployment(deployment)
    if contract is not None:
        facts |= {f"contract.{name}": value for name, value in of_contract(contract).items()}
    service: dict[str, Any] = {
        "bom-ref": f"deployment:{deployment.id}",
        "provider": {"name": provider.company if provider.company != "self" else inventory.name, **address},
        "name": deployment.id,
        "authenticated": deployment.account is not None and deployment.account.key is not None,
        "x-trust-boundary": not provider.local,
        "trustZone": provider.headquarters,
        "data": _flows(inventory, deployment),
        "properties": _properties(facts),
    }
    if deployment.url is not None:
        service["endpoints"] = [deployment.url]
    return {key: value for key, value in service.items() if value != []}


def _is_host(address: str | None) -> bool:
    return address is not None and " " not in address and "." in address


def _flows(inventory: Inventory, deployment: Deployment) -> list[dict[str, Any]]:
    return [
        {
            "flow": "bi-directional",
            "classification": process.data.cls,
            "name": process.id,
            "governance": {"owners": [{"organization": {"name": process.owner}}]},
        }
        for process in inventory.processes.values()
        if any(route.id == deployment.id for route in process.routes)
    ]


def _upstream(name: str, inventory: Inventory) -> dict[str, Any]:
    known = inventory.upstreams.get(name) or inventory.providers.get(name)
    service: dict[str, Any] = {"bom-ref": f"upstream:{name}", "name": name}
    if known is not None:
        service["provider"] = {"name": known.company}
        if known.headquarters is not None:
            service["trustZone"] = known.headquarters
    return service


def _needs(deployment: Deployment) -> dict[str, Any]:
    below = [f"upstream:{name}" for name in deployment.stands_on]
    return {"ref": f"deployment:{deployment.id}", "dependsOn": [f"model:{deployment.model.id}", *below]}


def _routes(process: Process) -> dict[str, Any]:
    own = [f"upstream:{name}" for name in process.upstreams]
    return {
        "ref": f"process:{process.id}",
        "dependsOn": [*(f"deployment:{each.id}" for each in process.routes), *own],
    }
