"""What other formats have no field for, as names and texts under our own name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.core.contracts import Contract
    from modelrouter.core.inventory import Deployment, Inventory, Model, Process

__all__ = ["Facts", "of_contract", "of_deployment", "of_model", "of_process", "upstreams"]

Facts = dict[str, str]
"""Names without prefix, in a stable order; what is unknown is not there."""


def upstreams(inventory: Inventory) -> list[str]:
    """Everything that deployments and processes stand on, each once; in the order of the file."""
    beneath = (name for each in inventory.deployments.values() for name in each.stands_on)
    own = (name for each in inventory.processes.values() for name in each.upstreams)
    return list(dict.fromkeys([*beneath, *own]))


def of_process(process: Process, contracts: Iterable[str]) -> Facts:
    """What must survive, for whom, on what data."""
    objectives = process.objectives
    return _known(
        {
            "owner": process.owner,
            "criticality": process.criticality,
            "routes": ", ".join(each.id for each in process.routes),
            "data.class": process.data.cls,
            "data.processing": ", ".join(process.data.processing),
            "objectives.rto": _seconds(objectives.rto_s),
            "objectives.tolerance": _seconds(objectives.tolerance_s),
            "objectives.rpo": _seconds(objectives.rpo_s),
            "objectives.minimum": f"{objectives.minimum:.0%}",
            "demand.rpm": f"{process.demand.rpm:g}",
            "users": ", ".join(process.users),
            "contracts": ", ".join(contracts),
        }
    )


def of_deployment(deployment: Deployment) -> Facts:
    """Whose it is, where it is, and what it stands on."""
    return _known(
        {
            "provider": deployment.provider.id,
            "account": deployment.account.name if deployment.account is not None else None,
            "company": deployment.provider.company,
            "jurisdiction": deployment.provider.headquarters,
            "wire": deployment.wire,
            "model": deployment.model.id,
            "name": deployment.name,
            "region": deployment.region,
            "egress": deployment.egress,
            "processing": ", ".join(deployment.processing),
            "retention": _seconds(deployment.retention_s),
            "upstreams": ", ".join(deployment.stands_on),
            "contract": deployment.provider.contract,
            "retires": _text(deployment.retires or deployment.model.retires),
        }
    )


def of_model(model: Model) -> Facts:
    """What can be withdrawn as one, and by whom."""
    return _known(
        {
            "family": model.family,
            "origin": model.origin,
            "weights": model.weights,
            "context": str(model.context),
            "output": _text(model.output),
            "capabilities": ", ".join(sorted(model.capabilities)),
            "retires": _text(model.retires),
        }
    )


def of_contract(contract: Contract) -> Facts:
    """Until when, and what it promises."""
    return _known(
        {
            "reference": contract.reference,
            "begins": _text(contract.begins),
            "ends": _text(contract.ends),
            "notice": _seconds(contract.notice_s),
            "suspension.notice": _seconds(contract.suspension_notice_s),
            "appeal": _text(contract.appeal),
            "availability": None if contract.availability is None else f"{contract.availability:.4%}",
            "log_export": _text(contract.log_export),
            "audit_rights": _text(contract.audit_rights),
        }
    )


def _known(facts: dict[str, str | None]) -> Facts:
    return {name: value for name, value in facts.items() if value}


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}".rstrip("0").rstrip(".") + "s"
