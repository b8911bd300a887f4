"""From the file as written to the values that every room reads: references resolved, defaults filled in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from modelrouter.core.inventory import (
    AccessKey,
    Account,
    Canary,
    Data,
    Demand,
    Deployment,
    Function,
    Health,
    Inventory,
    Limits,
    Model,
    Needs,
    Objectives,
    Prices,
    Process,
    Provider,
    Quality,
    QualityCheck,
    Signature,
    Upstream,
)
from modelrouter.core.policy import FACTS
from modelrouter.core.rules import Policy, Rule
from modelrouter.inventory.contracts import contract, entity
from modelrouter.inventory.evidence import ledger, record
from modelrouter.inventory.regions import contents
from modelrouter.inventory.telemetry import telemetry
from modelrouter.inventory.vendors import guess
from modelrouter.inventory.work import FlagRuleEntry, HoldingRuleEntry, LengthRuleEntry, RuleEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelrouter.core.inventory import Source
    from modelrouter.inventory.access import AccessKeyEntry
    from modelrouter.inventory.schema import File
    from modelrouter.inventory.supply import DeploymentEntry, HealthEntry, ModelEntry
    from modelrouter.inventory.work import PolicyEntry, ProcessEntry, QualityEntry


def build(file: File, path: str, sources: Mapping[str, Source]) -> Inventory:
    """Build the inventory of a file in which every reference leads somewhere."""
    providers = {name: _provider(name, file) for name in file.providers}
    models = {name: _model(name, entry) for name, entry in file.models.items()}
    deployments = {
        name: replace(
            _deployment(name, entry, providers[entry.provider], models[entry.model]),
            health=_health(entry.health or file.providers[entry.provider].health),
            stands_on=_beneath((*file.providers[entry.provider].upstreams, *entry.upstreams), file),
        )
        for name, entry in file.deployments.items()
    }
    return Inventory(
        name=file.inventory,
        path=path,
        providers=providers,
        models=models,
        deployments=deployments,
        processes={name: _process(name, entry, deployments) for name, entry in file.processes.items()},
        upstreams={
            name: Upstream(
                id=name,
                company=entry.company or name,
                headquarters=entry.headquarters,
                kind=entry.kind,
                upstreams=tuple(entry.upstreams),
            )
            for name, entry in file.upstreams.items()
        },
        contracts={name: contract(name, entry) for name, entry in file.contracts.items()},
        aliases=dict(file.aliases),
        entity=entity(file.entity),
        policies=tuple(map(_policy, file.policies)),
        access={name: _access_key(name, entry) for name, entry in file.access.keys.items()},
        regions=contents(file.regions),
        signatures=tuple(
            Signature(**entry.model_dump(), by_id=entry.provider in file.providers) for entry in file.signatures
        ),
        telemetry=telemetry(file.telemetry),
        ledger=ledger(file.ledger, file.inventory),
        sources=sources,
    )


def _provider(name: str, file: File) -> Provider:
    entry = file.providers[name]
    urls = [deployment.url or "" for deployment in file.deployments.values() if deployment.provider == name]
    return Provider(
        id=name,
        company=entry.company or name,
        headquarters=entry.headquarters,
        vendor=entry.vendor or guess(name, entry.company or "", urls),
        local=entry.local,
        upstreams=tuple(entry.upstreams),
        contract=entry.contract,
        owner=entry.owner,
        training=entry.training,
        certifications=tuple(entry.certifications),
        export_licences=tuple(entry.export_licences),
        lei=entry.lei,
        parent_lei=entry.parent_lei,
        address=entry.address,
        accounts={
            key: Account(
                provider=name,
                name=key,
                key=account.key,
                ends=account.ends,
                limits=Limits(**account.limits.model_dump()),
            )
            for key, account in entry.accounts.items()
        },
    )


def _model(name: str, entry: ModelEntry) -> Model:
    return Model(
        id=name,
        developer=entry.developer,
        family=entry.family,
        origin=entry.origin,
        weights=entry.weights,
        licence=entry.licence,
        export_class=entry.export_class,
        context=entry.context,
        output=entry.output,
        dimensions=entry.dimensions,
        capabilities=frozenset(entry.capabilities),
        lifecycle=entry.lifecycle,
        retires=entry.retires,
    )


def _deployment(name: str, entry: DeploymentEntry, provider: Provider, model: Model) -> Deployment:
    account = entry.account or next(iter(provider.accounts), None)
    return Deployment(
        id=name,
        provider=provider,
        account=provider.accounts[account] if account is not None else None,
        model=model,
        wire=entry.wire,
        url=entry.url,
        name=entry.name or model.id,
        region=entry.region,
        egress=entry.egress,
        processing=tuple(entry.processing),
        storage=tuple(entry.storage),
        training=entry.training,
        certifications=tuple(entry.certifications),
        export_licences=tuple(entry.export_licences),
        export_class=entry.export_class,
        limits=Limits(**entry.limits.model_dump()),
        prices=Prices(**entry.prices.model_dump()) if entry.prices is not None else None,
        upstreams=tuple(entry.upstreams),
        retires=entry.retires,
        certificate_ends=entry.certificate_ends,
        spillover=entry.spillover,
        retention_s=entry.retention,
        headers=dict(entry.headers),
        query=dict(entry.query),
        answers_as=tuple(entry.answers_as),
    )


def _beneath(upstreams: Iterable[str], file: File) -> tuple[str, ...]:
    """Upstreams, and what they stand on; a provider may be one."""
    found: dict[str, None] = {}
    waiting = list(upstreams)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            for section in (file.upstreams, file.providers):
                waiting += section[name].upstreams if name in section else ()
    return tuple(found)


def _health(entry: HealthEntry | None) -> Health | None:
    if entry is None:
        return None
    return Health(every_s=entry.every, checks=tuple(entry.checks), canary=Canary(**entry.canary.model_dump()))


def _process(name: str, entry: ProcessEntry, deployments: Mapping[str, Deployment]) -> Process:
    return Process(
        id=name,
        owner=entry.owner,
        criticality=entry.criticality,
        routes=tuple(deployments[route] for route in entry.routes),
        needs=Needs(
            capabilities=frozenset(entry.needs.capabilities), context=entry.needs.context, output=entry.needs.output
        ),
        data=Data(cls=entry.data.cls, processing=tuple(entry.data.processing), retention_s=entry.data.retention),
        objectives=Objectives(
            rto_s=entry.objectives.rto,
            deadline_s=entry.objectives.deadline,
            first_token_s=entry.objectives.first_token,
            minimum=entry.objectives.minimum,
            tolerance_s=entry.objectives.tolerance,
            rpo_s=entry.objectives.rpo,
            cost=entry.objectives.cost,
        ),
        demand=Demand(**entry.demand.model_dump()),
        attempts=entry.attempts,
        on_refusal=entry.on_refusal,
        on_cut=entry.on_cut,
        hedge_s=entry.hedge,
        upstreams=tuple(entry.upstreams),
        users=tuple(entry.users),
        segments=tuple(entry.segments),
        migration_s=entry.migration,
        quality=_quality(entry.quality),
        function=Function(**entry.function.model_dump()),
        record=record(entry.record),
    )


def _quality(entry: QualityEntry) -> Quality:
    checks = tuple(
        QualityCheck(
            id=check.id,
            prompt=check.prompt,
            contains=tuple(check.contains),
            excludes=tuple(check.excludes),
            matches=check.matches,
            json=check.json_,
        )
        for check in entry.checks
    )
    return Quality(floor=entry.floor, scores=dict(entry.scores), checks=checks)


def _access_key(name: str, entry: AccessKeyEntry) -> AccessKey:
    processes = None if entry.processes is None else frozenset(entry.processes)
    return AccessKey(id=name, digest=entry.hash, processes=processes, ends=entry.ends)


def _policy(entry: PolicyEntry) -> Policy:
    stated = {fact: rule for fact, rule in entry if fact in FACTS and rule is not None}
    return Policy(
        id=entry.id,
        when={fact: frozenset(values) for fact, values in entry.when.items()},
        rules=tuple(_rule(fact, rule) for fact, rule in stated.items()),
        begins=entry.begins,
        ends=entry.ends,
    )


def _rule(fact: str, entry: RuleEntry | HoldingRuleEntry | FlagRuleEntry | LengthRuleEntry) -> Rule:
    match entry:
        case HoldingRuleEntry():
            return Rule(fact=fact, has=frozenset(entry.has))
        case FlagRuleEntry():
            return Rule(fact=fact, flag=entry.is_)
        case LengthRuleEntry():
            return Rule(fact=fact, at_most=entry.at_most)
        case RuleEntry():
            allowed = frozenset(entry.allowed) if entry.allowed is not None else None
            return Rule(fact=fact, allowed=allowed, denied=frozenset(entry.denied or ()))
