"""Is what `health:` asks for possible, and paid for?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.core.checks import Layer
from modelrouter.core.usage import VENDORS
from modelrouter.inventory.document import Items, child_of
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.references import select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.inventory.document import Entries

__all__ = ["unasked_checks", "unpriced_canaries"]


def unpriced_canaries(tree: Entries) -> Iterator[Finding]:
    """Canaries whose budget cannot be kept, since nobody knows what they cost."""
    for path, node in select(tree, "deployments.*"):
        provider = child_of(tree["providers"], str(child_of(node, "provider"))) if "providers" in tree else None
        if provider is None or child_of(provider, "local") == "true" or child_of(node, "prices") is not None:
            continue
        health = child_of(node, "health") or child_of(provider, "health")
        checks = child_of(health, "checks") if health is not None else None
        if isinstance(checks, Items) and str(Layer.CANARY) in map(str, checks):
            hint = "Write `prices: {input: 3.0, output: 15.0}`, or take `canary` out of its checks."
            yield Finding(path, "a canary costs money, and this deployment has no prices", hint, at_key=True)


def unasked_checks(inventory: Inventory) -> Iterator[Finding]:
    """Checks that nobody can make: they are left out, which is worth knowing."""
    for deployment in inventory.deployments.values():
        checks = deployment.health.checks if deployment.health is not None else ()
        for check in checks:
            why = _unaskable(deployment, check)
            if why:
                hint = "It is left out; the other checks are made."
                yield Finding(("deployments", deployment.id), f"the check `{check}` is not available: {why}", hint)


def _unaskable(deployment: Deployment, check: str) -> str:
    vendor = deployment.provider.vendor
    if check == Layer.CANARY:
        return ""
    if deployment.wire == "litellm":
        return "litellm chooses the address, and has no free question"
    if check == Layer.USAGE and vendor not in VENDORS:
        return f"{vendor} documents no free way to ask what is left"
    if check == Layer.TLS and (deployment.url or "").startswith("http://"):
        return "the address is plain http"
    return ""
