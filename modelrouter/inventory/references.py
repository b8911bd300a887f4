"""Does every name lead somewhere? Asked of the tree, so that it is answered even where the schema objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.inventory.document import Entries, Items, Text, child_of
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.spelling import did_you_mean
from modelrouter.inventory.vendors import VENDORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.inventory.document import Node
    from modelrouter.inventory.problems import Path


class _Reference(NamedTuple):
    """Where a name is used, and the sections it may come from; `noun` says what it names, `beside` what is always known."""

    pattern: str
    sections: tuple[str, ...]
    noun: str
    beside: tuple[str, ...] = ()


_REFERENCES = (
    _Reference("providers.*.contract", ("contracts",), "contract"),
    _Reference("contracts.*.under", ("contracts",), "contract"),
    _Reference("contracts.*.sla.deployments.*", ("deployments",), "deployment"),
    _Reference("deployments.*.provider", ("providers",), "provider"),
    _Reference("deployments.*.model", ("models",), "model"),
    _Reference("deployments.*.spillover", ("deployments",), "deployment"),
    _Reference("processes.*.routes.*", ("deployments",), "deployment"),
    _Reference("access.keys.*.processes.*", ("processes",), "process"),
    _Reference("aliases.*", ("processes",), "process"),
    _Reference("signatures.*.provider", ("providers",), "provider or vendor", VENDORS),
)
_UPSTREAMS = tuple(
    _Reference(pattern, ("upstreams", "providers"), "upstream or provider")
    for pattern in (
        "providers.*.upstreams.*",
        "upstreams.*.upstreams.*",
        "deployments.*.upstreams.*",
        "processes.*.upstreams.*",
        "contracts.*.subcontractors.*",
    )
)


def select(root: Node, pattern: str) -> Iterator[tuple[Path, Node]]:
    """Everything that a pattern leads to: `processes.*.routes.*`; a star takes every entry or item."""
    yield from _selected(root, tuple(pattern.split(".")), ())


def _selected(node: Node, steps: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Node]]:
    if not steps:
        yield path, node
        return
    for step, child in _children(node, steps[0]):
        yield from _selected(child, steps[1:], (*path, step))


def _children(node: Node, step: str) -> Iterator[tuple[str | int, Node]]:
    if step != "*":
        child = child_of(node, step)
        if child is not None:
            yield step, child
    elif isinstance(node, Entries):
        yield from node.items()
    elif isinstance(node, Items):
        yield from enumerate(node)


def dangling(tree: Entries) -> Iterator[Finding]:
    """Names that lead nowhere. Upstreams count only once the file describes any."""
    references = (*_REFERENCES, *_UPSTREAMS) if "upstreams" in tree else _REFERENCES
    for pattern, sections, noun, beside in references:
        known = {name for section in sections for name in names(tree, section)}.union(beside)
        for path, node in select(tree, pattern):
            if is_word(node) and node not in known:
                yield Finding(
                    path,
                    f"there is no {noun} {shown(str(node))}",
                    did_you_mean(str(node), known) or f"Describe it under `{sections[0]}:`.",
                )


def strangers(tree: Entries) -> Iterator[Finding]:
    """Accounts that their provider does not have, and deployments that do not say which of several."""
    for path, node in select(tree, "deployments.*"):
        provider = child_of(node, "provider")
        entry = child_of(tree["providers"], str(provider)) if "providers" in tree and is_word(provider) else None
        accounts = child_of(entry, "accounts") if entry is not None else None
        known = set(accounts) if isinstance(accounts, Entries) else set()
        account = child_of(node, "account")
        if entry is not None and is_word(account) and account not in known:
            message = f"the provider {shown(str(provider))} has no account {shown(str(account))}"
            yield Finding((*path, "account"), message, did_you_mean(str(account), known))
        if account is None and len(known) > 1:
            hint = f"Write `account: {min(known)}`; its accounts are {', '.join(sorted(known))}."
            yield Finding(path, f"the provider {shown(str(provider))} has several accounts", hint, at_key=True)


def names(tree: Entries, section: str) -> frozenset[str]:
    """The names that a section defines."""
    node = tree.get(section)
    return frozenset(node) if isinstance(node, Entries) else frozenset()


def is_word(node: Node | None) -> bool:
    """Whether this is a text that no field has objected to."""
    return isinstance(node, Text) and node.kind == "str"
