"""The loader against files that nobody meant to write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.inventory_texts import SMALL

from modelrouter.core.inventory import Inventory
from modelrouter.errors import InventoryError
from modelrouter.inventory import Problem, parse
from modelrouter.inventory.excerpt import excerpt

SHIPPED = (Path(__file__).parents[2] / "providers.yaml").read_text(encoding="utf-8")
SCRAPS = [
    "",
    "\t",
    "&a ",
    "*a",
    "!!x ",
    "<<: *a",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "- ",
    "? ",
    "'",
    '"',
    "|\n",
    "null",
    "no",
    "1.10",
    "~",
    "\n",
    "#",
    "---\n",
    "%",
    "@",
    "\x00",
    "\ufeff",
    "\u2028",
    "é",
    "value: 1",
    "30",
    "{value: x, as_of: 1}",
]
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("aé:#-{[&*!|>'\"%@ \n", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "source", "in", "key", "url", "wire", "routes", "1.10", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What ends a line in YAML; a text of nothing but a carriage return and a brace has two."""


def outcome(text: str) -> Inventory | tuple[Problem, ...]:
    """What comes of a text."""
    try:
        return parse(text)
    except InventoryError as error:
        return error.problems


def survives(text: str) -> None:
    """Either an inventory or problems with places inside the file, each of which can be drawn."""
    problems = outcome(text)
    if isinstance(problems, Inventory):
        return
    lines = BREAK.split(text)

    assert problems
    assert list(problems) == sorted(problems)
    for problem in problems:
        drawn = excerpt(lines[problem.line - 1] if problem.line <= len(lines) else "", problem)

        assert 1 <= problem.line <= len(lines) + 1
        assert problem.column >= 1
        assert problem.message
        assert drawn.start >= 0
        assert drawn.width >= 1


@given(
    st.sampled_from([SMALL, SHIPPED]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(SCRAPS)), min_size=1, max_size=4),
)
@settings(max_examples=250, deadline=None)
def test_a_mutated_file_is_an_inventory_or_a_list_of_problems(text: str, cuts: list[tuple[float, int, str]]) -> None:
    """Whatever is cut out or put in, nothing but an InventoryError is ever raised."""
    for where, length, scrap in cuts:
        at = int(where * len(text))
        text = text[:at] + scrap + text[at + length :]

    survives(text)


@given(st.sampled_from(SMALL.split()), SHAPES)
@settings(max_examples=250, deadline=None)
def test_any_shape_in_any_place_is_told(word: str, shape: object) -> None:
    """A value of any shape in the place of any word is read or refused, never fatal."""
    survives(SMALL.replace(word, flow(shape), 1))


@given(st.text(max_size=60))
@example("\r{")
@settings(max_examples=200, deadline=None)
def test_any_text_is_told(text: str) -> None:
    """Text that has nothing to do with an inventory is refused like any other."""
    survives(text)


@pytest.mark.parametrize("depth", [1, 40, 60])
def test_facts_within_facts(depth: int) -> None:
    """A fact may even be wrapped again; too deep is told as too deep."""
    survives(SMALL.replace("headquarters: US", "headquarters: " + "{value: " * depth + "US" + "}" * depth))


def flow(shape: object) -> str:
    """Write a shape on one line, as YAML that may well be broken."""
    if isinstance(shape, dict):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in shape.items()) + "}"
    if isinstance(shape, list):
        return "[" + ", ".join(map(flow, shape)) + "]"
    return str(shape)
