"""Made-up inventories, and what this simulation itself knows of them: domains and law, judged anew.

Domains and permissions are worked out here a second time, on purpose in another way than the router
does it: a check that asked the router would find it right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelrouter.core.inventory import (
    USUAL,
    Account,
    Data,
    Deployment,
    Health,
    Inventory,
    Limits,
    Model,
    Needs,
    Objectives,
    Process,
    Provider,
)
from modelrouter.core.rules import Policy, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from modelrouter.core.inventory import Criticality, Wire

REGIONS = {"EU": frozenset({"DE", "FR"})}
CRITICALITIES: tuple[Criticality, ...] = ("critical", "important", "standard", "deferrable")
BIG = 100_000


@dataclass(frozen=True, slots=True)
class Site:
    """How a deployment does where nothing befalls it."""

    latency_s: float
    gap_s: float
    pieces: int
    capacity: int | None
    """So many calls at a time; more are refused."""
    lists: bool
    """Whether it has a free listing."""


@dataclass(frozen=True, slots=True)
class Estate:
    """An inventory and what stands behind it."""

    inventory: Inventory
    sites: Mapping[str, Site]
    domains: Mapping[str, frozenset[str]]
    """By deployment id: every domain whose loss takes it away, as `kind:name`."""
    data_classes: tuple[str, ...]
    """Those that a caller may say."""

    @property
    def deployments(self) -> Mapping[str, Deployment]:
        """By id."""
        return self.inventory.deployments

    def permitted(self, process: Process, data_class: str | None, *, tools: bool) -> tuple[str, ...]:
        """Who may serve, in order: judged from the facts themselves."""
        classes = {process.data.cls, data_class}
        return tuple(
            deployment.id
            for deployment in process.routes
            if self._lawful(deployment, process, classes) and self._able(deployment, process, tools=tools)
        )

    def _able(self, deployment: Deployment, process: Process, *, tools: bool) -> bool:
        needs = set(process.needs.capabilities) | ({"tools"} if tools else set())
        return needs <= deployment.model.capabilities and process.needs.context <= deployment.model.context

    def _lawful(self, deployment: Deployment, process: Process, classes: set[str | None]) -> bool:
        european = {"EU", "DE", "FR"}
        places = set(deployment.processing)
        if process.data.processing and not places <= european:
            return False
        for policy in self.inventory.policies:
            match policy.id:
                case "personal-stays":
                    if "personal" in classes and not places <= european:
                        return False
                case "no-house-of-cn":
                    if deployment.provider.headquarters == "CN":
                        return False
                case "critical-not-f1":
                    if process.criticality == "critical" and deployment.model.family == "f1":
                        return False
                case "secret-only-p0":
                    if "secret" in classes and deployment.provider.id != "p0":
                        return False
                case _:
                    raise AssertionError(policy.id)
        return True


POLICIES = (
    Policy(
        id="personal-stays",
        when={"data.class": frozenset({"personal"})},
        rules=(Rule(fact="processing", allowed=frozenset({"EU"})),),
    ),
    Policy(id="no-house-of-cn", rules=(Rule(fact="headquarters", denied=frozenset({"CN"})),)),
    Policy(
        id="critical-not-f1",
        when={"criticality": frozenset({"critical"})},
        rules=(Rule(fact="family", denied=frozenset({"f1"})),),
    ),
    Policy(
        id="secret-only-p0",
        when={"data.class": frozenset({"secret"})},
        rules=(Rule(fact="provider", allowed=frozenset({"p0"})),),
    ),
)


def draw_estate(rng: Random, choices: Random) -> Estate:
    """A small inventory with everything in it that a rule may hang on; `choices` are those that nobody must make."""
    providers = [_provider(rng, number) for number in range(rng.randint(1, 4))]
    models = [_model(rng, number) for number in range(rng.randint(1, 4))]
    deployments = [
        _deployment(rng, number, providers, models) for number in range(rng.choice((1, 2, 2, 3, 3, 4, 5, 8)))
    ]
    deployments = [_checked(choices, deployment) for deployment in deployments]
    policies = tuple(policy for policy in POLICIES if rng.random() < 0.3)
    processes = [_process(rng, number, deployments) for number in range(rng.randint(1, 4))]
    processes = [_hedging(choices, process) for process in processes]
    classes = sorted({value for policy in policies for value in policy.when.get("data.class", ())} | {"internal"})
    if not any(process.data.cls == "internal" for process in processes):
        classes.remove("internal")
    inventory = Inventory(
        name="simulated",
        path="simulated.yaml",
        providers={provider.id: provider for provider in providers},
        models={model.id: model for model in models},
        deployments={deployment.id: deployment for deployment in deployments},
        processes={process.id: process for process in processes},
        policies=policies,
        regions=REGIONS,
    )
    sites = _alike({deployment.id: _site(rng, deployment) for deployment in deployments}, inventory.deployments)
    domains = {deployment.id: _domains(deployment) for deployment in deployments}
    return Estate(inventory, sites, domains, tuple(classes) or (processes[0].data.cls,))


def _provider(rng: Random, number: int) -> Provider:
    name = f"p{number}"
    vendor = rng.choice(("openai", "openai", "openai", "anthropic"))
    return Provider(
        id=name,
        company=name,
        headquarters=rng.choice(("US", "US", "DE", "CN")),
        vendor=vendor,
        upstreams=tuple(up for up in ("edge", "cloud") if rng.random() < 0.4),
        accounts={account: Account(provider=name, name=account) for account in ("a0", "a1")[: rng.randint(1, 2)]},
    )


def _model(rng: Random, number: int) -> Model:
    return Model(
        id=f"m{number}",
        developer="somebody",
        family=f"f{rng.randrange(3)}",
        context=BIG if rng.random() < 0.8 else BIG // 10,
        output=4096,
        capabilities=frozenset({"tools"}) if rng.random() < 0.8 else frozenset(),
    )


def _deployment(rng: Random, number: int, providers: list[Provider], models: list[Model]) -> Deployment:
    provider, model = rng.choice(providers), rng.choice(models)
    region = rng.choice((None, "east", "west"))
    wire: Wire = "anthropic-messages" if provider.vendor == "anthropic" else "openai-chat"
    if rng.random() < 0.1:
        wire = "litellm"
    return Deployment(
        id=f"d{number}",
        provider=provider,
        account=rng.choice([provider.accounts[name] for name in sorted(provider.accounts)]),
        model=model,
        wire=wire,
        url=None if wire == "litellm" else f"http://{provider.id}-{region or 'all'}.test/v1",
        name=f"{model.id}-by-{provider.id}",
        region=region,
        egress=rng.choice((None, "us", "eu")),
        processing=rng.choice((("US",), ("DE",), ("EU",), ("FR", "DE"), ("DE", "US"))),
        limits=Limits(concurrency=rng.choice((None, None, None, None, 2, 6))),
    )


def _process(rng: Random, number: int, deployments: list[Deployment]) -> Process:
    criticality = rng.choice(CRITICALITIES)
    route = rng.sample(deployments, rng.randint(1, min(5, len(deployments))))
    return Process(
        id=f"{criticality}-{number}",
        owner="somebody",
        criticality=criticality,
        routes=tuple(route),
        needs=Needs(context=BIG // 5 if rng.random() < 0.1 else 0),
        data=Data(
            cls=rng.choice(("internal", "internal", "personal")),
            processing=("EU",) if rng.random() < 0.15 else (),
        ),
        objectives=Objectives(
            deadline_s=rng.choice((5.0, 12.0, 30.0, 60.0)),
            first_token_s=rng.choice((None, None, 3.0, 8.0)),
        ),
        attempts=rng.choice((1, 2, 3, 3, 3, 4)),
        on_refusal=rng.choice(("stop", "next")),
    )


def _checked(choices: Random, deployment: Deployment) -> Deployment:
    """Some are asked for their listing while nobody calls them."""
    health = Health(every_s=choices.choice((10.0, 30.0)), checks=("listing",))
    return replace(deployment, health=health) if choices.random() < 0.1 else deployment


def _hedging(choices: Random, process: Process) -> Process:
    """Some may be asked twice at a time."""
    hedge_s = choices.choice((0.1, 0.3, 1.0, 3.0, USUAL))
    return replace(process, hedge_s=hedge_s) if choices.random() < 0.25 else process


def _site(rng: Random, deployment: Deployment) -> Site:
    stated = deployment.limits.concurrency
    hidden = rng.choice((None, None, None, None, None, 3))
    return Site(
        latency_s=rng.choice((0.05, 0.2, 0.4, 0.6)) * rng.uniform(0.7, 1.3),
        gap_s=rng.choice((0.0, 0.01, 0.1, 0.4)),
        pieces=rng.randint(1, 5),
        capacity=stated if stated is not None else hidden,
        lists=deployment.wire != "litellm" and rng.random() < 0.9,
    )


def _alike(sites: Mapping[str, Site], deployments: Mapping[str, Deployment]) -> Mapping[str, Site]:
    """A provider lists its models at every door or at none."""
    listing: dict[str, bool] = {}
    for name, site in sites.items():
        if deployments[name].wire != "litellm":
            listing.setdefault(deployments[name].provider.id, site.lists)
    return {
        name: replace(site, lists=deployments[name].wire != "litellm" and listing[deployments[name].provider.id])
        for name, site in sites.items()
    }


def _domains(deployment: Deployment) -> frozenset[str]:
    provider, model = deployment.provider, deployment.model
    account = f"{provider.id}/{deployment.account.name if deployment.account else '-'}"
    region, egress = deployment.region or "-", deployment.egress or "-"
    endpoint = deployment.url.removesuffix("/v1") if deployment.url else f"{provider.id}/{region}"
    return frozenset(
        {
            f"deployment:{deployment.id}",
            f"key:{account}",
            f"account:{account}",
            f"account-model:{account}/{model.id}",
            f"endpoint:{endpoint}",
            f"provider-model-region:{provider.id}/{model.id}/{region}",
            f"provider-model:{provider.id}/{model.id}",
            f"family:{model.family}",
            f"provider-egress:{provider.id}/{egress}",
            f"provider:{provider.id}",
            f"jurisdiction:{provider.headquarters}",
            *(f"upstream:{upstream}" for upstream in provider.upstreams),
        }
    )
