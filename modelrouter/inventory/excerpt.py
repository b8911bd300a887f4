"""The line of the file that a problem is about, fit to be shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.inventory.masking import MASK, masked_line
from modelrouter.inventory.problems import Problem
from modelrouter.inventory.source import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WIDEST = 96  # columns that leave room for the margin on a terminal of 100
BEFORE = 40  # columns kept left of the place in a line that is longer
_SECRET = re.compile(r"\.(?:key|hash|postgres)$|^telemetry\.headers\.")
"""Places where there may be a secret although there must not."""
_WORD = re.compile(r"""\"[^"]*"?|'[^']*'?|[^\s,\]}{\[:]+(?::[^\s,\]}]+)*|.""")


class Excerpt(NamedTuple):
    """A line without secrets, and how many columns from where are meant."""

    text: str
    start: int
    width: int


def excerpts(problems: Iterable[Problem]) -> Mapping[Problem, Excerpt]:
    """The excerpt of each problem whose file can still be read and has such a line."""
    files: dict[str, list[str]] = {}
    found = {}
    for problem in problems:
        if problem.file not in files:
            text = read_file(Path(problem.file), problem.file)
            files[problem.file] = [] if isinstance(text, Problem) else re.split("\r\n|\r|\n", text)
        lines = files[problem.file]
        if problem.line <= len(lines):
            found[problem] = excerpt(lines[problem.line - 1], problem)
    return found


def excerpt(line: str, problem: Problem) -> Excerpt:
    """Cut and mask a line, and mark the word at the problem's column."""
    start = problem.column - 1
    before, rest = line[:start], line[start:]
    word = _WORD.match(rest)
    width = len(word.group()) if word else 1
    if _SECRET.search(problem.path):
        before, rest, width = masked_line(before), MASK, len(MASK)
    whole = masked_line(before + rest)
    if whole != before + rest:
        # Masking moved the columns: what is meant is found again, or the mask is marked.
        start = whole.find(rest[:width]) if rest[:width] and rest[:width] in whole else whole.find(MASK)
        width = width if start >= 0 and whole.startswith(rest[:width], start) else len(MASK)
    start = max(start, 0)
    return _cut(whole.replace("\t", " "), start, width)


def _cut(line: str, start: int, width: int) -> Excerpt:
    left = start - BEFORE if len(line) > WIDEST and start > BEFORE else 0
    shown = line[left : left + WIDEST]
    if left:
        shown = "…" + shown[1:]
    if left + WIDEST < len(line):
        shown = shown[:-1] + "…"
    begin = start - left
    return Excerpt(shown, begin, max(1, min(width, len(shown) - begin)))
