"""What is known of a deployment that a policy may ask for.

A deployment's own word comes before its provider's, its model's and its contract's. What nobody stated is unknown, but
for a few facts of servers in one's own house (`local`): nobody there keeps or learns from what is sent but oneself,
and one's own logs are open to oneself. Where they stand, who owns them and what they are certified for must be said.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.core.contracts import Contract
    from modelrouter.core.inventory import Deployment, Inventory

__all__ = ["FACTS", "FLAGS", "LENGTHS", "LISTS", "PLACES", "WORDS"]


def _known(*values: str | None) -> tuple[str, ...]:
    return tuple(value for value in values if value is not None)


def _contract(inventory: Inventory, deployment: Deployment) -> Contract | None:
    return inventory.contracts.get(deployment.provider.contract or "")


def _storage(inventory: Inventory, deployment: Deployment) -> tuple[str, ...]:
    contract = _contract(inventory, deployment)
    return deployment.storage or (contract.storage if contract is not None else ())


def _export_class(_: Inventory, deployment: Deployment) -> tuple[str, ...]:
    return _known(deployment.export_class or deployment.model.export_class)


def _training(_: Inventory, deployment: Deployment) -> bool | None:
    own, provider = deployment.training, deployment.provider
    stated = own if own is not None else provider.training
    return False if stated is None and provider.local else stated


def _retention(_: Inventory, deployment: Deployment) -> float | None:
    stated = deployment.retention_s
    return 0.0 if stated is None and deployment.provider.local else stated


def _log_export(inventory: Inventory, deployment: Deployment) -> bool | None:
    contract = _contract(inventory, deployment)
    return _own(deployment) if contract is None or contract.log_export is None else contract.log_export


def _audit_rights(inventory: Inventory, deployment: Deployment) -> bool | None:
    contract = _contract(inventory, deployment)
    return _own(deployment) if contract is None or contract.audit_rights is None else contract.audit_rights


def _own(deployment: Deployment) -> bool | None:
    """What nobody need agree to in one's own house."""
    return True if deployment.provider.local else None


WORDS: Mapping[str, Callable[[Inventory, Deployment], tuple[str, ...]]] = MappingProxyType(
    {
        "processing": lambda _, deployment: deployment.processing,
        "storage": _storage,
        "region": lambda _, deployment: _known(deployment.region),
        "egress": lambda _, deployment: _known(deployment.egress),
        "provider": lambda _, deployment: (deployment.provider.id,),
        "company": lambda _, deployment: (deployment.provider.company,),
        "owner": lambda _, deployment: _known(deployment.provider.owner),
        "headquarters": lambda _, deployment: (deployment.provider.headquarters,),
        "developer": lambda _, deployment: (deployment.model.developer,),
        "family": lambda _, deployment: (deployment.model.family,),
        "origin": lambda _, deployment: _known(deployment.model.origin),
        "weights": lambda _, deployment: (deployment.model.weights,),
        "licence": lambda _, deployment: _known(deployment.model.licence),
        "export_class": _export_class,
    }
)
"""Facts in words: each must be among those allowed, and none of those denied."""

PLACES = frozenset({"processing", "storage", "egress", "owner", "headquarters", "origin"})
"""Those of them that are countries and regions, which contain one another."""

LISTS: Mapping[str, Callable[[Inventory, Deployment], tuple[str, ...]]] = MappingProxyType(
    {
        "certifications": lambda _, deployment: deployment.certifications or deployment.provider.certifications,
        "export_licences": lambda _, deployment: deployment.export_licences or deployment.provider.export_licences,
    }
)
"""What somebody has: all that is asked for must be among it."""

FLAGS: Mapping[str, Callable[[Inventory, Deployment], bool | None]] = MappingProxyType(
    {"training": _training, "log_export": _log_export, "audit_rights": _audit_rights}
)
"""What is so or is not; None: nobody said."""

LENGTHS: Mapping[str, Callable[[Inventory, Deployment], float | None]] = MappingProxyType({"retention": _retention})
"""Times, in seconds; None: nobody said."""

FACTS = (*WORDS, *LISTS, *FLAGS, *LENGTHS)
"""Everything that a policy may ask of a deployment."""
