"""Do the checks of a process ask for something, and do its scores speak of deployments that there are?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.inventory.document import Entries, Text, child_of
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.references import names, select
from modelrouter.inventory.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["empty_checks", "repeated_checks", "unknown_scores"]

_CONDITIONS = ("contains", "excludes", "matches", "json")


def empty_checks(tree: Entries) -> Iterator[Finding]:
    """Checks that every answer would pass."""
    for path, node in select(tree, "processes.*.quality.checks.*"):
        if isinstance(node, Entries) and not node.keys() & set(_CONDITIONS):
            yield Finding(path, "this check asks for nothing", f"Write {', '.join(_CONDITIONS[:-1])} or json.")


def repeated_checks(tree: Entries) -> Iterator[Finding]:
    """Checks of one process under one name."""
    for path, node in select(tree, "processes.*.quality.checks"):
        seen: set[Text] = set()
        for index, check in enumerate(node):
            name = child_of(check, "id") if isinstance(check, Entries) else None
            if isinstance(name, Text) and name in seen:
                message = f"there is already a check with the id {shown(name)}"
                yield Finding((*path, index, "id"), message, "Give it an id of its own.")
            elif isinstance(name, Text):
                seen.add(name)


def unknown_scores(tree: Entries) -> Iterator[Finding]:
    """Scores of deployments that the file does not describe."""
    known = names(tree, "deployments")
    for path, _ in select(tree, "processes.*.quality.scores.*"):
        name = str(path[-1])
        if name not in known:
            hint = did_you_mean(name, known) or "Describe it under `deployments:`."
            yield Finding(path, f"there is no deployment {shown(name)}", hint, at_key=True)
