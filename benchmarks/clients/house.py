"""The inventory that is measured: one process, two deployments, both at the loopback upstream."""

from __future__ import annotations

from benchmarks.prompt import MODEL, PROCESS
from modelrouter.core.inventory import Deployment, Inventory, Model, Process, Provider


def inventory(base: str) -> Inventory:
    """Nothing is stated that a small company would leave out; no key, no policy."""
    providers = {name: _provider(name) for name in ("one", "two")}
    model = Model(id=MODEL, developer="bench", family="bench", context=128_000)
    deployments = {name: _deployment(provider, model, base) for name, provider in providers.items()}
    process = Process(id=PROCESS, owner="bench", criticality="standard", routes=tuple(deployments.values()))
    return Inventory(
        name="bench",
        path="bench.yaml",
        providers=providers,
        models={model.id: model},
        deployments=deployments,
        processes={process.id: process},
    )


def _provider(name: str) -> Provider:
    return Provider(id=name, company=name, headquarters="DE", vendor="openai", local=True)


def _deployment(provider: Provider, model: Model, base: str) -> Deployment:
    return Deployment(
        id=provider.id, provider=provider, account=None, model=model, wire="openai-chat", url=base, name=MODEL
    )
