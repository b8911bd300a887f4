"""What broken YAML means, in words that say what to write.

The two parsers of PyYAML word their errors differently; the table reads what both have in common,
and the character at the mark where that says more.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.inventory.masking import masked
from modelrouter.inventory.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    import yaml

_IN_BRACES = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,99})\}")


class _Meaning(NamedTuple):
    """Where parser and context say `sign`, this is meant; `opening` points at what was left open."""

    sign: str
    message: str
    hint: str
    opening: bool = False


_BY_CHARACTER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "\t": ("a tab stands here", "Indent with spaces; YAML allows no tabs there."),
        "@": ("an unquoted text cannot begin with @", "Put it in quotes."),
        "`": ("an unquoted text cannot begin with a backtick", "Put it in quotes."),
        "%": ("an unquoted text cannot begin with %", "Put it in quotes."),
    }
)

_MEANINGS = (
    _Meaning("tab character", *_BY_CHARACTER["\t"]),
    _Meaning("mapping values are not allowed", "a second `key: value` stands on this line, or its indentation is off", "Put text that contains a colon and a space in quotes; indent the keys of one mapping alike."),
    _Meaning("quoted scalar: found unexpected end", "the quote that opens here is never closed", "Close it with the same quote.", opening=True),
    _Meaning("escape", "this escape does not exist", "Use single quotes where a backslash means a backslash."),
    _Meaning("flow sequence", "the list that opens here is never closed, or a comma is missing", "Write [one, two]; put text with brackets or commas in quotes.", opening=True),
    _Meaning("flow mapping", "the mapping that opens here is never closed, or a comma is missing", "Write {key: value, other: value}; put text with braces or commas in quotes.", opening=True),
    _Meaning("block scalar", "only |, >, - and + may follow here", "Begin the text on the next line."),
    _Meaning("block collection", "this line is indented like an item of a list but is none", "Begin it with `- `, or indent it less."),
    _Meaning("block mapping", "the indentation of this line fits nothing above it", "Indent the keys of one mapping alike."),
    _Meaning("simple key", "a key without a colon stands here", "Write `key: value`."),
    _Meaning("directive", "directives are not allowed", "Remove the line that begins with %."),
    _Meaning("incompatible", "this YAML version is not known", "Remove the line that begins with %."),
    _Meaning("document start", "something is left over here", "Remove the surplus bracket or the stray text."),
    _Meaning("tag", "a tag stands here, and tags are not allowed", "Write the plain value."),
    _Meaning("", "this is no valid YAML", "Look at this line and the one above it."),
)  # fmt: skip


def syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    """Translate the parser's error; quotes nothing of the file."""
    said = f"{error.context}: {error.problem}"
    meaning = next(meaning for meaning in _MEANINGS if meaning.sign in said)
    mark = error.context_mark if meaning.opening and error.context_mark else error.problem_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.splitlines()
    character = lines[line][column : column + 1] if line < len(lines) else ""
    found = _BY_CHARACTER.get(character, meaning[1:3]) if "cannot start any token" in said else meaning[1:3]
    variable = _IN_BRACES.match(*_from(error.problem_mark, lines)) if meaning.sign == "flow mapping" else None
    if variable is not None:
        found = ("the shell's way to name a variable is not known here", f"Did you mean env:{masked(variable[1])}?")
    return Problem(file, line + 1, column + 1, "", *found)


def _from(mark: yaml.Mark | None, lines: list[str]) -> tuple[str, int]:
    """The line of a mark, and where the last dollar sign up to the mark stands in it."""
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    return line, max(line.rfind("$", 0, mark.column + 1), 0) if mark else 0
