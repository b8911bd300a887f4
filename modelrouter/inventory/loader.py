"""The door: from a path to an inventory, or to everything that is wrong with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelrouter.errors import InventoryError
from modelrouter.inventory.advice import advice
from modelrouter.inventory.build import build
from modelrouter.inventory.consistency import inconsistencies
from modelrouter.inventory.document import locate
from modelrouter.inventory.facts import unwrap
from modelrouter.inventory.parts import gather
from modelrouter.inventory.problems import Problem
from modelrouter.inventory.references import dangling, strangers
from modelrouter.inventory.schema import validate
from modelrouter.inventory.source import checked, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelrouter.core.inventory import Inventory
    from modelrouter.inventory.document import Entries
    from modelrouter.inventory.problems import Finding

INVENTORY_VARIABLE = "MODELROUTER_INVENTORY"


def default_inventory() -> str:
    """The inventory that is meant where none is named: `$MODELROUTER_INVENTORY`, else `providers.yaml` here."""
    return os.environ.get(INVENTORY_VARIABLE) or "providers.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What came of a file. Problems are sorted by place.

    There is no inventory where the file cannot be used. There may be one beside errors: a process that nobody may
    serve is an error of the file, but the other processes are served.
    """

    inventory: Inventory | None
    problems: tuple[Problem, ...]
    files: tuple[str, ...] = ()
    """Every file that belongs to it, those that are not there among them."""
    tree: Entries | None = field(default=None, repr=False, compare=False)
    """What was written, facts without their sources; for whoever has findings of his own, see `placed`."""

    def placed(self, findings: Iterable[Finding]) -> tuple[Problem, ...]:
        """Findings of other rooms with their places; none where the file could not be read."""
        return tuple(_placed(findings, self.tree)) if self.tree is not None else ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that must be mended: the whole inventory, or a process that matters, cannot be served."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def load(path: str | os.PathLike[str]) -> Inventory:
    """Load an inventory, its includes with it.

    Nothing is called and no secret is resolved. Raises InventoryError with every error of all files at once.
    """
    return _usable(examine(path))


def parse(text: str, path: str = "providers.yaml") -> Inventory:
    """Load an inventory from a text, as if it stood in the file `path`; raises InventoryError."""
    return _usable(_examined(checked(text, path), path))


def examine(path: str | os.PathLike[str]) -> Examined:
    """Find everything that is wrong with an inventory, on any day, warnings included; raises nothing."""
    return _examined(read_file(Path(path), os.fspath(path)), os.fspath(path))


def _usable(examined: Examined) -> Inventory:
    if examined.inventory is None:
        raise InventoryError(examined.errors, examined.files)
    return examined.inventory


def _examined(text: str | Problem, path: str) -> Examined:
    if isinstance(text, Problem):
        return Examined(inventory=None, problems=(text,), files=(path,))
    tree, problems, files = gather(text, path)
    inventory = None
    if tree is not None:
        inventory, tree, more = _judged(tree, path, is_sound=not problems)
        findings = advice(inventory) if inventory is not None else ()
        problems = [*problems, *more, *_placed(findings, tree)]
    if inventory is not None:
        inventory = replace(inventory, files=tuple(files))
    return Examined(inventory=inventory, problems=tuple(sorted(set(problems))), files=tuple(files), tree=tree)


def _judged(written: Entries, path: str, *, is_sound: bool) -> tuple[Inventory | None, Entries, list[Problem]]:
    """The inventory of a tree, its facts without sources, what is wrong; a tree not read soundly gives no inventory."""
    tree, sources, wrong_facts = unwrap(written)
    file, wrong = validate(tree)
    findings = [*wrong, *dangling(tree), *strangers(tree), *inconsistencies(tree)]
    inventory = None
    if file is not None and is_sound and not wrong_facts and not findings:
        inventory = build(file, path, sources)
    return inventory, tree, [*_placed(wrong_facts, written), *_placed(findings, tree)]


def _placed(findings: Iterable[Finding], tree: Entries) -> Iterator[Problem]:
    for finding in findings:
        yield finding.at(locate(tree, finding.path, at_key=finding.at_key))
