"""Do embeddings come from where they can, and does a route keep to one model of them?

Vectors of two models lie in different spaces: a search among those of one with those of the other finds nonsense, and
no error says so. So a route of embeddings is of one model, which several providers may run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.inventory.document import Items, Text, child_of
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.references import select

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.inventory.document import Entries, Node

__all__ = ["mixed_embeddings", "unlikely_embeddings"]

WIRE = "openai-embeddings"
_USUAL = "openai-chat"


def unlikely_embeddings(tree: Entries) -> Iterator[Finding]:
    """Deployments whose wire and whose model do not agree on whether they make embeddings."""
    for path, node in select(tree, "deployments.*"):
        model = _of(tree, "models", child_of(node, "model"))
        if model is None:
            continue
        capabilities = child_of(model, "capabilities")
        able = isinstance(capabilities, Items) and "embeddings" in map(str, capabilities)
        wire = str(child_of(node, "wire") or _USUAL)
        name = shown(str(child_of(node, "model")))
        if wire == WIRE and not able:
            hint = "Write `capabilities: [embeddings]` at the model, or another wire."
            yield Finding((*path, "wire"), f"the model {name} is not known to make embeddings", hint)
        elif wire != WIRE and able:
            hint = f"Write `wire: {WIRE}`" + (" and the provider's own `url`." if wire == "litellm" else ".")
            yield Finding((*path, "model"), f"{name} makes embeddings, and the wire {wire} carries none", hint)


def mixed_embeddings(tree: Entries) -> Iterator[Finding]:
    """Routes of several models of embeddings, or of embeddings and of anything else."""
    deployments = {str(path[-1]): node for path, node in select(tree, "deployments.*")}
    makes = {name: str(child_of(node, "model")) for name, node in deployments.items() if _is_embedding(node)}
    for path, route in select(tree, "processes.*.routes") if makes else ():
        known = [
            (index, str(item)) for index, item in enumerate(route) if isinstance(item, Text) and item in deployments
        ]
        for index, name in known[1:] if isinstance(route, Items) else ():
            problem = _difference(makes, known[0][1], name)
            if problem is not None:
                yield Finding((*path, index), *problem)


def _is_embedding(deployment: Node) -> bool:
    return str(child_of(deployment, "wire")) == WIRE


def _difference(makes: Mapping[str, str], first: str, other: str) -> tuple[str, str] | None:
    """What is wrong with a deployment behind the first of its route; `makes` says whose embeddings one gives."""
    models = [makes.get(name) for name in (first, other)]
    if models[0] == models[1]:
        return None
    if None in models:
        one, none = (first, other) if models[0] else (other, first)
        return f"{shown(one)} makes embeddings and {shown(none)} does not", "Give each a process of its own."
    told = " and ".join(shown(model or "") for model in models)
    return f"vectors of {told} cannot be compared", "Give each model a process of its own."


def _of(tree: Entries, section: str, name: Node | None) -> Node | None:
    return child_of(tree[section], str(name)) if section in tree and isinstance(name, Text) else None
