"""What an inventory says that policies, residency and contracts hang on, as plain JSON values.

The ledger keeps this beside each `inventory` entry, so that whoever reads it later can judge every recorded hop without
the file of then and without our code. Names of keys are those of the frozen values in `core.inventory` and
`core.contracts`: a test holds them, and a change that breaks readers raises `VERSION`. Days are ISO 8601, durations
seconds (`_s`), sets lists in order; null and empty mean that nobody has said. Nothing secret is in it: no key, no
reference to one, no address, no header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.core.contracts import Contract
from modelrouter.core.inventory import AccessKey, Account, Data, Deployment, Model, Process, Provider
from modelrouter.core.rules import Policy, Rule

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

__all__ = ["VERSION", "facts"]

VERSION = 1
"""Of the shape of what `facts` answers."""
SECTIONS = ("providers", "models", "deployments", "processes", "upstreams", "contracts", "access")
"""Things by their ids."""
ASIDE: Mapping[type, frozenset[str]] = MappingProxyType(
    {
        Account: frozenset({"provider", "name", "key", "limits"}),
        AccessKey: frozenset({"digest"}),
        Contract: frozenset(
            {
                *("sla", "annual_cost", "currency", "exit", "switching", "substitutability", "appeal", "audited"),
                *("subcontractors", "provider_notice_s", "suspension_notice_s", "announced"),
            }
        ),
        Deployment: frozenset({"url", "headers", "query", "answers_as", "limits", "prices", "health"}),
        Process: frozenset({"objectives", "demand", "quality", "function", "migration_s", "hedge_s", "record"}),
    }
)
"""What no policy hangs on, and what is nobody's business in a record: secrets, addresses, load, prices."""
RENAMED: Mapping[type, Mapping[str, str]] = MappingProxyType(
    {
        Data: MappingProxyType({"cls": "class"}),
        Policy: MappingProxyType({"begins": "from", "ends": "until"}),
        Rule: MappingProxyType({"allowed": "in", "denied": "not_in", "flag": "is"}),
    }
)
"""Fields that have other names in the inventory's file; here they have those."""


def facts(inventory: Inventory) -> dict[str, Any]:
    """Everything a judge of hops must know; the same value for inventories that say the same."""
    told: dict[str, Any] = {"version": VERSION, "name": inventory.name}
    for section in SECTIONS:
        told[section] = {name: _whole(each) for name, each in sorted(getattr(inventory, section).items())}
    told["policies"] = [_whole(policy) for policy in inventory.policies]
    told["regions"] = _plain(inventory.regions)
    told["aliases"] = _plain(inventory.aliases)
    return told


def _whole(value: Any) -> dict[str, Any]:
    """One thing with all that is told of it."""
    aside, renamed = ASIDE.get(type(value), frozenset()), RENAMED.get(type(value), {})
    return {
        renamed.get(each.name, each.name): _plain(getattr(value, each.name))
        for each in fields(value)
        if each.name not in aside
    }


def _plain(value: Any) -> Any:
    """As JSON has it; what has an entry of its own is named by its id, an account by its name."""
    match value:
        case Deployment() | Model() | Provider():
            return value.id
        case Account():
            return value.name
        case Mapping():
            return {str(name): _entry(each) for name, each in sorted(value.items())}
        case frozenset() | list() | tuple():
            told = [_plain(each) for each in value]
            return sorted(told) if isinstance(value, frozenset) else told
        case date():
            return value.isoformat()
        case _:
            return _whole(value) if is_dataclass(value) else value


def _entry(value: Any) -> Any:
    """What stands in a mapping: a provider's account is told whole there."""
    return _whole(value) if isinstance(value, Account) else _plain(value)
