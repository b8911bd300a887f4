"""Does anything stand on itself?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.inventory.document import Items, Text
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.references import select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.inventory.document import Entries

__all__ = ["circular_upstreams", "own_spillover"]


def circular_upstreams(tree: Entries) -> Iterator[Finding]:
    """Upstreams and providers that stand on themselves, in one step or in several."""
    beneath: dict[str, set[str]] = {}
    for section in ("upstreams", "providers"):
        for path, node in select(tree, f"{section}.*.upstreams"):
            if isinstance(node, Items):
                beneath.setdefault(str(path[1]), set()).update(item for item in node if isinstance(item, Text))
    for section in ("upstreams", "providers"):
        for path, node in select(tree, f"{section}.*.upstreams.*"):
            if isinstance(node, Text) and str(path[1]) in _reached(str(node), beneath):
                way = f", by way of {shown(str(node))}" if node != path[1] else ""
                message = f"{shown(str(path[1]))} stands on itself{way}"
                yield Finding(path, message, "Take one of the steps out.")


def own_spillover(tree: Entries) -> Iterator[Finding]:
    """Deployments that would hand what they cannot take to themselves."""
    for path, node in select(tree, "deployments.*.spillover"):
        if isinstance(node, Text) and node == path[1]:
            yield Finding(path, f"{shown(str(node))} would spill over to itself", "Name another deployment.")


def _reached(name: str, beneath: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(beneath.get(each, ()))
    return found
