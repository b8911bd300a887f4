"""Small inventories for tests, built by hand."""

from __future__ import annotations

from modelrouter.core.inventory import Account, Deployment, Inventory, Model, Objectives, Process, Provider


def provider(name: str, **facts) -> Provider:
    """A provider with one account."""
    account = Account(provider=name, name="main", key=facts.pop("key", None))
    facts = {"company": name, "headquarters": "US", "vendor": "openai", **facts}
    return Provider(id=name, accounts={"main": account}, **facts)


def deployment(name: str, *, of: Provider | None = None, **facts) -> Deployment:
    """A deployment of a model of its own, unless told otherwise."""
    of = of or provider(f"{name}-provider")
    model = facts.pop("model", None) or Model(
        id=f"{name}-model",
        developer=of.id,
        family=f"{name}-family",
        context=facts.pop("context", 100_000),
        output=4096,
        capabilities=facts.pop("capabilities", frozenset({"tools", "vision", "json_schema"})),
    )
    facts = {"wire": "openai-chat", "url": f"http://{name}.test/v1", "processing": ("EU",), "region": "eu", **facts}
    return Deployment(id=name, provider=of, account=of.accounts["main"], model=model, name=f"{name}-model", **facts)


def process(name: str, *routes: Deployment, **facts) -> Process:
    """A process over a route."""
    facts = {"criticality": "standard", "objectives": Objectives(deadline_s=30.0), **facts}
    return Process(id=name, owner="tests", routes=routes, **facts)


def inventory(*processes: Process, **facts) -> Inventory:
    """An inventory of everything that these processes reach."""
    deployments = {route.id: route for each in processes for route in each.routes}
    return Inventory(
        name="tests",
        path=facts.pop("path", "tests.yaml"),
        providers={route.provider.id: route.provider for route in deployments.values()},
        models={route.model.id: route.model for route in deployments.values()},
        deployments=deployments,
        processes={each.id: each for each in processes},
        **facts,
    )
