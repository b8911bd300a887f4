"""Everything in an inventory that has a last day, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Literal

from modelrouter.core.windows import window_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelrouter.continuity.calendar.listed import Match
    from modelrouter.continuity.factors import Graph
    from modelrouter.core.contracts import Contract
    from modelrouter.core.inventory import Deployment

__all__ = ["LASTING", "Entry", "Kind", "Sure", "entries"]

DAY_S = 86_400


class Kind(StrEnum):
    """What happens on a day."""

    CONTRACT_ENDS = "contract-ends"
    CONTRACT_RENEWS = "contract-renews"
    NOTICE_DUE = "notice-due"
    """The last day on which a contract can be left as it was agreed."""
    PROVIDER_NOTICE = "provider-notice"
    """The last day on which the provider can leave it: whoever has heard nothing by then has another term."""
    CLAIM_DUE = "claim-due"
    """The last day to claim what a window's availability earned; whether anything did, the ledger knows."""
    EXIT_TEST_DUE = "exit-test-due"
    SWITCHING_TEST_DUE = "switching-test-due"
    KEY_ENDS = "key-ends"
    MODEL_RETIRES = "model-retires"
    CERTIFICATE_ENDS = "certificate-ends"
    CALLER_ENDS = "caller-ends"
    """A key that callers of the gateway prove themselves with."""


LASTING = frozenset({Kind.CALLER_ENDS, Kind.EXIT_TEST_DUE, Kind.SWITCHING_TEST_DUE})
"""What is still to be known of once its day has passed, though it takes nothing."""

Sure = Literal["stated", "same-name", "same-model"]
"""`stated`: the inventory says so. Of the price list: `same-name` is listed as the provider calls it, `same-model` as we do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that ends, or must be done by a day."""

    day: date
    """Its last day: what it takes is gone on the day after."""
    kind: Kind
    subject: str
    """`contract:google-cloud`, `key:azure/insurance`, `deployment:gpt-azure-eu`, `caller:billing`."""
    said: str
    """In a few words, the day aside."""
    path: tuple[str, ...]
    """Where the inventory says so; of the price list, the deployment."""
    takes: tuple[str, ...] = ()
    """Deployments that serve nobody after that day."""
    processes: tuple[str, ...] = ()
    """Processes that those may serve."""
    sure: Sure = "stated"


def entries(graph: Graph, today: date, matches: Iterable[Match] = ()) -> tuple[Entry, ...]:
    """Gather them, by day; what ended before today is among them, since it is still gone."""
    found = [
        *_contracts(graph, today),
        *_keys(graph),
        *_models(graph),
        *_certificates(graph),
        *_callers(graph),
        *_listed(matches),
    ]
    served = {name: frozenset(each.permitted) for name, each in graph.processes.items()}
    whole = (
        replace(each, processes=tuple(name for name, own in served.items() if not own.isdisjoint(each.takes)))
        for each in found
    )
    return tuple(sorted(whole, key=lambda each: (each.day, each.kind, each.subject)))


def _contracts(graph: Graph, today: date) -> Iterator[Entry]:
    for contract in graph.inventory.contracts.values():
        if contract.ends is not None:
            yield from _end(graph, contract, _term(contract, contract.ends, today))
        yield from _claims(contract, today)
        yield from _tests(contract)


def _end(graph: Graph, contract: Contract, end: date) -> Iterator[Entry]:
    name, path = f"contract:{contract.id}", ("contracts", contract.id)
    takes = tuple(each for each in graph.members(name) if not graph.inventory.deployments[each].provider.local)
    renews = contract.renews_s is not None
    if contract.notice_s is not None and contract.termination is None:
        last = end - timedelta(days=ceil(contract.notice_s / DAY_S))
        what = "renews itself after" if renews else "ends on"
        said = f"last day to give notice for {contract.id}, which {what} {end}"
        yield Entry(day=last, kind=Kind.NOTICE_DUE, subject=name, said=said, path=(*path, "notice"))
    if not renews:
        given = contract.termination is not None and contract.termination.given
        said = f"{contract.id} ends, as notice was given on {given}" if given else f"{contract.id} ends"
        yield Entry(day=end, kind=Kind.CONTRACT_ENDS, subject=name, said=said, path=(*path, "ends"), takes=takes)
        return
    if contract.provider_notice_s is not None:
        last = end - timedelta(days=ceil(contract.provider_notice_s / DAY_S))
        said = f"last day for the provider to give notice for {contract.id}, which renews itself after {end}"
        yield Entry(day=last, kind=Kind.PROVIDER_NOTICE, subject=name, said=said, path=(*path, "provider_notice"))
    said = f"{contract.id} renews itself, unless notice is given in time"
    yield Entry(day=end, kind=Kind.CONTRACT_RENEWS, subject=name, said=said, path=(*path, "renews"))


def _claims(contract: Contract, today: date) -> Iterator[Entry]:
    """The windows that are over and can still be claimed for, and the present one."""
    sla = contract.sla
    if sla.claim_within_s is None or not sla.credits:
        return
    window, within = window_of(sla.window, today), timedelta(days=int(sla.claim_within_s // DAY_S))
    while window.last + within >= today:
        in_force = (contract.begins is None or contract.begins <= window.last) and (
            contract.ends is None or contract.renews_s is not None or contract.ends >= window.begins
        )
        if in_force:
            yield Entry(
                day=window.last + within,
                kind=Kind.CLAIM_DUE,
                subject=f"claim:{contract.id}/{window}",
                said=f"last day to claim credits of {contract.id} for {window}",
                path=("contracts", contract.id, "sla", "claim_within"),
            )
        window = window.before


def _tests(contract: Contract) -> Iterator[Entry]:
    """Plans that were tested once are to be tested again; one that never was has no day."""
    name, leaving, moving = f"contract:{contract.id}", contract.exit, contract.switching
    if leaving.tested is not None and leaving.plan is not False:
        yield Entry(
            day=leaving.tested + timedelta(days=ceil(leaving.every_s / DAY_S)),
            kind=Kind.EXIT_TEST_DUE,
            subject=name,
            said=f"the exit plan for {contract.id}, last tested on {leaving.tested}, is to be tested by then",
            path=("contracts", contract.id, "exit", "tested"),
        )
    if moving.tested is not None:
        yield Entry(
            day=moving.tested + timedelta(days=ceil(moving.every_s / DAY_S)),
            kind=Kind.SWITCHING_TEST_DUE,
            subject=name,
            said=f"moving away from {contract.id}, last practised on {moving.tested}, is to be practised by then",
            path=("contracts", contract.id, "switching", "tested"),
        )


def _term(contract: Contract, end: date, today: date) -> date:
    """The end of the present term of a contract that renews itself; the stated end of any other."""
    length = timedelta(days=ceil((contract.renews_s or 0) / DAY_S))
    while length and end < today:
        end += length
    return end


def _keys(graph: Graph) -> Iterator[Entry]:
    for provider in graph.inventory.providers.values():
        for account in provider.accounts.values():
            if account.ends is not None:
                name = f"{provider.id}/{account.name}"
                yield Entry(
                    day=account.ends,
                    kind=Kind.KEY_ENDS,
                    subject=f"key:{name}",
                    said=f"the key of {name} ends",
                    path=("providers", provider.id, "accounts", account.name, "ends"),
                    takes=graph.members(f"account:{name}"),
                )


def _models(graph: Graph) -> Iterator[Entry]:
    """The model's own day holds for every deployment that states none; weights on our own servers stay."""
    deployments = graph.inventory.deployments.values()
    for model in graph.inventory.models.values():
        if model.retires is not None:
            yield Entry(
                day=model.retires,
                kind=Kind.MODEL_RETIRES,
                subject=f"model:{model.id}",
                said=f"{model.id} retires",
                path=("models", model.id, "retires"),
                takes=tuple(each.id for each in deployments if each.model.id == model.id and _follows(each)),
            )
    for each in deployments:
        if each.retires is not None:
            yield _of_deployment(
                each, Kind.MODEL_RETIRES, each.retires, f"{each.model.id} retires as {each.id}", "retires"
            )


def _of_deployment(deployment: Deployment, kind: Kind, day: date, said: str, key: str) -> Entry:
    name = deployment.id
    return Entry(
        day=day, kind=kind, subject=f"deployment:{name}", said=said, path=("deployments", name, key), takes=(name,)
    )


def _follows(deployment: Deployment) -> bool:
    return deployment.retires is None and not deployment.provider.local


def _certificates(graph: Graph) -> Iterator[Entry]:
    for each in graph.inventory.deployments.values():
        if each.certificate_ends is not None:
            said = f"the certificate of {each.id} ends"
            yield _of_deployment(each, Kind.CERTIFICATE_ENDS, each.certificate_ends, said, "certificate_ends")


def _callers(graph: Graph) -> Iterator[Entry]:
    for name, key in graph.inventory.access.items():
        if key.ends is not None:
            yield Entry(
                day=key.ends,
                kind=Kind.CALLER_ENDS,
                subject=f"caller:{name}",
                said=f"the caller {name} is no longer let in",
                path=("access", "keys", name, "ends"),
            )


def _listed(matches: Iterable[Match]) -> Iterator[Entry]:
    """What a price list says of deployments of which the inventory says nothing."""
    for match in matches:
        yield Entry(
            day=match.ends,
            kind=Kind.MODEL_RETIRES,
            subject=f"deployment:{match.deployment}",
            said=f"{match.deployment} retires, as the price list says of {match.name}",
            path=("deployments", match.deployment),
            takes=(match.deployment,),
            sure=match.sure,
        )
