"""Findings as SARIF 2.1.0, which code hosts and editors read: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from modelrouter.continuity.lint import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelrouter.cli.findings import Told
    from modelrouter.continuity.lint import Rule

__all__ = ["sarif"]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FILE = "I01"
"""The id of what is wrong with the file itself, for which there is no rule to look up."""


def sarif(told: Sequence[Told], *, usable: bool) -> dict[str, Any]:
    """One log with one run; same findings, same log. `usable`: whether the file could be read as an inventory."""
    rules = [_file_rule(), *map(_rule, RULES)]
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    driver = {
        "name": "modelrouter",
        "version": version("modelrouter"),
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": usable}],
        "results": list(_results(told, places)),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.advice},
        "defaultConfiguration": {"level": rule.severity},
    }


def _file_rule() -> dict[str, Any]:
    return {
        "id": FILE,
        "name": "Inventory",
        "shortDescription": {"text": "The file cannot be used as written, or says what is hardly meant."},
        "fullDescription": {"text": "A wrong key, value or reference: nothing is served by a file that is misread."},
        "help": {"text": "Write what the result says."},
        "defaultConfiguration": {"level": "error"},
    }


def _results(told: Iterable[Told], places: dict[str, int]) -> Iterable[dict[str, Any]]:
    seen: dict[str, int] = {}
    for each in told:
        problem = each.problem
        rule = each.rule or FILE
        print_ = hashlib.sha256(f"{rule}\0{problem.path}\0{problem.message}".encode()).hexdigest()[:32]
        seen[print_] = seen.get(print_, 0) + 1
        text = f"{problem.message}. {problem.hint}".strip()
        yield {
            "ruleId": rule,
            "ruleIndex": places[rule],
            "level": problem.severity,
            "message": {"text": text[:1].upper() + text[1:]},
            "locations": [_location(problem.file, problem.line, problem.column, problem.path)],
            "partialFingerprints": {"finding/v1": f"{print_}:{seen[print_]}"},
        }


def _location(file: str, line: int, column: int, path: str) -> dict[str, Any]:
    physical = {
        "artifactLocation": {"uri": uri_of(file)},
        "region": {"startLine": line, "startColumn": column},
    }
    logical = [{"fullyQualifiedName": path, "kind": "member"}] if path else []
    return {"physicalLocation": physical} | ({"logicalLocations": logical} if logical else {})


def uri_of(file: str) -> str:
    """The file as a reference: relative to the working directory where it lies beneath it, else absolute."""
    path = Path(file)
    absolute = path if path.is_absolute() else Path.cwd() / path
    if not absolute.is_relative_to(Path.cwd()):
        return absolute.resolve().as_uri()
    return quote(str(PurePosixPath(absolute.relative_to(Path.cwd()).as_posix())))
