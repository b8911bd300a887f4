"""Reads YAML files of one kind strictly: unknown keys are errors, every problem has its file, line and column."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from modelrouter.errors import InventoryError
from modelrouter.inventory.document import Entries, locate
from modelrouter.inventory.entry import Entry
from modelrouter.inventory.fields import OURS, described
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding, Problem
from modelrouter.inventory.reading import read
from modelrouter.inventory.source import EMPTY, MISSING
from modelrouter.inventory.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

    from modelrouter.inventory.problems import Path

__all__ = ["parse", "refuse"]

E = TypeVar("E", bound=Entry)


def parse(text: str | Problem, path: str, kind: type[E], begin: str) -> tuple[E, Entries]:
    """Read a text that stands in the file `path`; the tree is for `refuse`. Raises InventoryError with every problem.

    `begin` says how such a file begins.
    """
    if isinstance(text, Problem):
        own = {EMPTY: begin, MISSING: "Check the path."}
        raise InventoryError([replace(text, hint=own.get(text.message, text.hint))], [path])
    tree, problems = read(text, path)
    if tree is not None and not isinstance(tree, Entries):
        problems.append(Problem(*tree.place, "", "a mapping is wanted here", begin))
    if not isinstance(tree, Entries) or problems:
        raise InventoryError(sorted(problems), [path])
    try:
        return kind.model_validate(tree), tree
    except ValidationError as error:
        refuse((_finding(details, kind) for details in error.errors(include_url=False)), tree, path)
        raise


def refuse(findings: Iterable[Finding], tree: Entries, path: str) -> None:
    """Raise InventoryError with the findings at their places; nothing where there are none."""
    told = sorted({each.at(locate(tree, each.path, at_key=each.at_key)) for each in findings})
    if told:
        raise InventoryError(told, [path])


def _finding(details: ErrorDetails, kind: type[BaseModel]) -> Finding:
    path: Path = tuple(step for step in details["loc"] if not _is_choice(step))
    at_key = path[-1:] == ("[key]",) or details["type"] in ("missing", "extra_forbidden")
    path = path[:-1] if path[-1:] == ("[key]",) else path
    if details["type"] == "extra_forbidden":
        beside = [field.alias or name for name, field in _kind_at(path[:-1], kind).model_fields.items()]
        return Finding(
            path, f"there is no key {shown(str(path[-1]))} here", did_you_mean(str(path[-1]), beside), at_key=at_key
        )
    said = _SAID.get(details["type"])
    message, hint = said(details) if said else (f"this cannot be read ({details['type']})", "")
    return Finding(path, message, hint, at_key=at_key)


def _is_choice(step: str | int) -> bool:
    """Whether a step is the tag of one kind of value among several, `[written]`, rather than a key."""
    return isinstance(step, str) and step.startswith("[") and step != "[key]"


_SAID: Mapping[str, Callable[[ErrorDetails], tuple[str, str]]] = MappingProxyType(
    {
        OURS: lambda details: (details["ctx"]["message"], details["ctx"]["hint"]),
        "missing": lambda details: (f"{details['loc'][-1]!r} is missing", ""),
        "model_type": lambda details: (f"a mapping is wanted here, not {described(details['input'])}", ""),
        "dict_type": lambda details: (f"a mapping is wanted here, not {described(details['input'])}", ""),
        "list_type": lambda details: (f"a list is wanted here, not {described(details['input'])}", ""),
    }
)


def _kind_at(path: Path, kind: type[BaseModel]) -> type[BaseModel]:
    """The entry that a schema has at a path."""
    for step in path:
        fields = {each.alias or name: each.annotation for name, each in kind.model_fields.items()}
        kind = next(_kinds(fields[str(step)]), Entry) if step in fields else kind  # else a place in a list, or a name
    return kind


def _kinds(kind: Any) -> Iterator[type[BaseModel]]:
    """Every entry inside a type, lists and choices opened."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    elif get_origin(kind) in (Annotated, Union, UnionType, list, dict):
        for part in get_args(kind):
            yield from _kinds(part)
