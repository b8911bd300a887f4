"""The rows of the register, as far as an inventory says what stands in them.

A cell of which the inventory knows nothing stays empty; `gaps` says which of them must be filled, and where. Own
servers are no third party and do not appear. Identification codes are Legal Entity Identifiers where those are
stated, else the names of the inventory, so that the templates stay linked to one another.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.candidates import candidates
from modelrouter.core.context import NOBODY
from modelrouter.governance.dora import codes
from modelrouter.governance.dora.templates import KEYS, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from modelrouter.core.contracts import Contract, Entity
    from modelrouter.core.inventory import Deployment, Inventory, Process, Provider

__all__ = ["Register", "Row", "register"]

Row = dict[str, str]
"""Cells by the code of their column; what is not there is empty."""
Register = dict[str, tuple[Row, ...]]
"""Rows by the code of their template; all fifteen are there."""

_ORDER = ("low", "medium", "high")


class _Use(NamedTuple):
    """A contract with its provider, a process that uses it, and through which of its deployments."""

    contract: Contract
    provider: Provider
    process: Process
    deployments: tuple[Deployment, ...]

    @property
    def service(self) -> str:
        return codes.SERVICES.get(self.process.function.service_type or "", "")


class _Link(NamedTuple):
    """One step of a supply chain: who serves whom, and how far down."""

    provider: str
    rank: int
    recipient: str | None


def register(inventory: Inventory, today: date) -> Register:
    """Fill the templates; `today` is the date of the reporting."""
    entity, uses = inventory.entity, list(_uses(inventory))
    held = {use.contract.id: use for use in uses}
    rows: Mapping[str, Iterable[Row]] = {
        "B_01.01": _maintaining(inventory, today),
        "B_01.02": _scope(inventory, today),
        "B_02.01": _arrangements(inventory, held),
        "B_02.02": [row for use in uses for row in _specific(inventory, use)],
        "B_03.01": [_signing(use.contract, entity) for use in held.values()],
        "B_03.02": [_signed(use) for use in held.values()],
        "B_04.01": [_using(use.contract, entity) for use in held.values()],
        "B_05.01": _providers(inventory, held),
        "B_05.02": [row for use in uses for row in _chain(inventory, use)],
        "B_06.01": [_function(process, entity) for process in inventory.processes.values()],
        "B_07.01": [row for use in held.values() for row in _assessed(inventory, use, uses)],
    }
    return {code: _once(code, rows.get(code, ())) for code in TEMPLATES}


def _once(code: str, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Each row once, by what tells rows of its template apart; filled cells alone."""
    seen: dict[tuple[str, ...], Row] = {}
    for row in rows:
        filled = {column: value for column, value in row.items() if value}
        seen.setdefault(tuple(filled.get(key, "") for key in KEYS.get(code, row)), filled)
    return tuple(seen.values())


def _uses(inventory: Inventory) -> Iterator[_Use]:
    for process in inventory.processes.values():
        providers = dict.fromkeys(deployment.provider.id for deployment in process.routes)
        for name in providers:
            provider = inventory.providers[name]
            contract = inventory.contracts.get(provider.contract or "")
            if contract is not None and not provider.local:
                used = tuple(each for each in process.routes if each.provider.id == name)
                yield _Use(contract, provider, process, used)


def _code(inventory: Inventory, name: str) -> str:
    provider = inventory.providers.get(name)
    return (provider.lei if provider is not None else None) or name


def _kind(inventory: Inventory, name: str) -> str:
    provider = inventory.providers.get(name)
    return codes.LEI if provider is not None and provider.lei else ""


def _reference(contract: Contract) -> str:
    return contract.reference or contract.id


def _lei(entity: Entity | None) -> str:
    return (entity.lei if entity is not None else None) or ""


def _maintaining(inventory: Inventory, today: date) -> list[Row]:
    entity = inventory.entity
    if entity is None:
        return [{"c0060": codes.day(today)}]
    kind = codes.ENTITY_TYPES.get(entity.type or "", "")
    return [
        {
            "c0010": _lei(entity),
            "c0020": entity.name,
            "c0030": codes.country(entity.country, inventory.regions),
            "c0040": kind,
            "c0050": entity.authority or "",
            "c0060": codes.day(today),
        }
    ]


def _scope(inventory: Inventory, today: date) -> list[Row]:
    entity = inventory.entity
    if entity is None:
        return []
    return [
        {
            "c0010": _lei(entity),
            "c0020": entity.name,
            "c0030": codes.country(entity.country, inventory.regions),
            "c0040": codes.ENTITY_TYPES.get(entity.type or "", ""),
            "c0070": codes.day(today),
            "c0090": codes.FOREVER,
            "c0100": codes.currency(entity.currency),
        }
    ]


def _arrangements(inventory: Inventory, held: Mapping[str, _Use]) -> Iterator[Row]:
    """Those in use, and those that they are made under, however many steps up."""
    contracts = {use.contract.id: use.contract for use in held.values()}
    waiting = list(contracts.values())
    while waiting:
        above = inventory.contracts.get(waiting.pop(0).under or "")
        if above is not None and above.id not in contracts:
            contracts[above.id] = above
            waiting.append(above)
    overarching = {each.under for each in inventory.contracts.values()}
    for each in contracts.values():
        kind = codes.OVERARCHING if each.id in overarching else codes.STANDALONE
        yield _arrangement(each, kind if each.under is None else codes.SUBSEQUENT, inventory.contracts)


def _arrangement(contract: Contract, kind: str, contracts: Mapping[str, Contract]) -> Row:
    cost = "" if contract.annual_cost is None else f"{contract.annual_cost:.2f}"
    return {
        "c0010": _reference(contract),
        "c0020": kind,
        "c0030": _reference(contracts[contract.under]) if contract.under is not None else "",
        "c0040": codes.currency(contract.currency),
        "c0050": cost,
    }


def _signing(contract: Contract, entity: Entity | None) -> Row:
    return {"c0010": _reference(contract), "c0020": _lei(entity), "c0030": "true"}


def _signed(use: _Use) -> Row:
    return {
        "c0010": _reference(use.contract),
        "c0020": use.provider.lei or use.provider.id,
        "c0030": codes.LEI if use.provider.lei else "",
        "c0045": "true",
    }


def _using(contract: Contract, entity: Entity | None) -> Row:
    return {"c0010": _reference(contract), "c0020": _lei(entity), "c0030": codes.NOT_A_BRANCH}


def _specific(inventory: Inventory, use: _Use) -> Iterator[Row]:
    """One value in each cell: a row for each place of processing and each place where data rest."""
    contract = use.contract
    places = list(
        dict.fromkeys(codes.country(place, inventory.regions) for each in use.deployments for place in each.processing)
    ) or [""]
    stored = _stored(use)
    resting = [codes.country(place, inventory.regions) for place in contract.storage] if stored is not False else []
    critical = _critical(use.process)
    for processing, rest in product(places, resting or [""]):
        yield {
            "c0010": _reference(contract),
            "c0020": _lei(inventory.entity),
            "c0030": _code(inventory, use.provider.id),
            "c0040": _kind(inventory, use.provider.id),
            "c0050": _function_id(use.process),
            "c0060": use.service,
            "c0070": codes.day(contract.begins),
            "c0080": codes.day(contract.ends) or codes.FOREVER,
            "c0090": codes.TERMINATIONS.get((contract.termination and contract.termination.reason) or "", ""),
            "c0100": codes.days(contract.notice_s),
            "c0110": codes.days(contract.provider_notice_s),
            "c0120": codes.country(contract.law, inventory.regions),
            "c0130": processing,
            "c0140": codes.yes(stored),
            "c0150": rest,
            "c0160": processing,
            "c0170": codes.SENSITIVENESS.get(use.process.data.cls, "") if stored else "",
            "c0180": codes.RELIANCE[_reliance(inventory, use)] if critical else "",
        }


def _stored(use: _Use) -> bool | None:
    """Whether the provider keeps what it is sent; None where nobody said of all deployments."""
    kept = [each.retention_s for each in use.deployments]
    if any(kept) or use.contract.storage:
        return True
    return None if None in kept else False


def _critical(process: Process) -> bool:
    return process.criticality in ("critical", "important")


def _reliance(inventory: Inventory, use: _Use) -> str:
    """Full where nobody else may serve, material where it serves first, low where it is a fallback."""
    serving = [each.provider.id for each in _serving(inventory, use.process)]
    if serving and set(serving) == {use.provider.id}:
        return "full"
    return "material" if serving[:1] == [use.provider.id] else "low"


def _serving(inventory: Inventory, process: Process) -> tuple[Deployment, ...]:
    return candidates(inventory, process, NOBODY).permitted


def _providers(inventory: Inventory, held: Mapping[str, _Use]) -> Iterator[Row]:
    """Those we pay, and everybody below them."""
    for name in dict.fromkeys(link.provider for use in held.values() for link in _links(inventory, use)):
        provider, upstream = inventory.providers.get(name), inventory.upstreams.get(name)
        contract = next((use.contract for use in held.values() if use.provider.id == name), None)
        cost = contract.annual_cost if contract is not None else None
        known = provider or upstream
        parent = provider.parent_lei if provider is not None else None
        yield {
            "c0010": _code(inventory, name),
            "c0020": _kind(inventory, name),
            "c0050": known.company if known is not None else name,
            "c0070": codes.COMPANY,
            "c0080": codes.country(known.headquarters if known is not None else None, inventory.regions),
            "c0090": codes.currency(contract.currency) if contract is not None else "",
            "c0100": "" if cost is None else f"{cost:.2f}",
            "c0110": parent or "",
            "c0120": codes.LEI if parent else "",
        }


def _links(inventory: Inventory, use: _Use) -> Iterator[_Link]:
    """The supply chain: as the contract states it, else as the upstreams show it."""
    yield _Link(use.provider.id, 1, None)
    recipient = use.provider.id
    for rank, name in enumerate(use.contract.subcontractors, 2):
        yield _Link(name, rank, recipient)
        recipient = name
    if not use.contract.subcontractors:
        yield from _beneath(inventory, use)


def _beneath(inventory: Inventory, use: _Use) -> Iterator[_Link]:
    first = (*use.provider.upstreams, *(each for deployment in use.deployments for each in deployment.upstreams))
    waiting = [_Link(name, 2, use.provider.id) for name in first]
    seen = {use.provider.id}
    while waiting:
        link = waiting.pop(0)
        if link.provider in seen:
            continue
        seen.add(link.provider)
        yield link
        below = inventory.upstreams.get(link.provider) or inventory.providers.get(link.provider)
        waiting += [_Link(name, link.rank + 1, link.provider) for name in (below.upstreams if below else ())]


def _chain(inventory: Inventory, use: _Use) -> Iterator[Row]:
    for link in _links(inventory, use):
        yield {
            "c0010": _reference(use.contract),
            "c0020": use.service,
            "c0030": _code(inventory, link.provider),
            "c0040": _kind(inventory, link.provider),
            "c0050": str(link.rank),
            "c0060": _code(inventory, link.recipient) if link.recipient is not None else "",
            "c0070": _kind(inventory, link.recipient) if link.recipient is not None else "",
        }


def _function_id(process: Process) -> str:
    return process.function.id or process.id


def _function(process: Process, entity: Entity | None) -> Row:
    function = process.function
    return {
        "c0010": _function_id(process),
        "c0020": function.activity or "",
        "c0030": process.id,
        "c0040": _lei(entity),
        "c0050": codes.yes(_critical(process)),
        "c0060": (function.reasons or "")[:300],
        "c0070": codes.day(function.assessed),
        "c0080": codes.hours(process.objectives.rto_s),
        "c0090": codes.hours(process.objectives.rpo_s),
        "c0100": codes.IMPACTS.get(function.impact or "", codes.NOT_ASSESSED),
    }


def _assessed(inventory: Inventory, use: _Use, uses: Iterable[_Use]) -> Iterator[Row]:
    """One row for each type of service that is bought under the contract."""
    contract = use.contract
    beside = [each for each in uses if each.contract.id == contract.id]
    for service in dict.fromkeys(each.service for each in beside):
        served = [each.process for each in beside if each.service == service]
        others = dict.fromkeys(name for process in served for name in _others(inventory, process, use.provider.id))
        replaceable = all(_others(inventory, process, use.provider.id) for process in served)
        impacts = [process.function.impact for process in served if process.function.impact is not None]
        hard = contract.substitutability in ("none", "hard")
        yield {
            "c0010": _reference(contract),
            "c0020": use.provider.lei or use.provider.id,
            "c0030": codes.LEI if use.provider.lei else "",
            "c0040": service,
            "c0050": codes.SUBSTITUTABILITY.get(contract.substitutability or "", ""),
            "c0060": (codes.MIGRATION if replaceable else codes.NO_ALTERNATIVES) if hard else "",
            "c0070": codes.day(contract.audited),
            "c0080": codes.yes(contract.exit.plan),
            "c0090": codes.REINTEGRATION.get(contract.exit.reintegration or "", ""),
            "c0100": codes.IMPACTS[max(impacts, key=_ORDER.index)] if impacts else codes.NOT_ASSESSED,
            "c0110": codes.yes(replaceable),
            "c0120": ", ".join(others),
        }


def _others(inventory: Inventory, process: Process, provider: str) -> list[str]:
    """Other companies that may serve it, our own servers among them."""
    return list(
        dict.fromkeys(each.provider.id for each in _serving(inventory, process) if each.provider.id != provider)
    )
