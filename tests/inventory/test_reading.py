"""Reading YAML strictly: what is refused, where, and how soon."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support.inventory_texts import said

from modelrouter.inventory import examine
from modelrouter.inventory.reading import DEEPEST, read
from modelrouter.inventory.source import LARGEST

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = {
    "a line separator that only YAML sees": (
        "inventory: x\nproviders: {a: {company: b\u2028}}\n",
        "2:27: the invisible character U+2028 stands here. Remove it.",
    ),
    "tab": (
        "inventory: a\nproviders:\n\tx: 1\n",
        "3:1: a tab stands here. Indent with spaces; YAML allows no tabs there.",
    ),
    "tab in a value": (
        "inventory: a\n\tb: c\n",
        "2:1: a tab stands here. Indent with spaces; YAML allows no tabs there.",
    ),
    "empty": ("", "1:1: the file is empty. Begin with `inventory: NAME`, or let `modelrouter init` write a start."),
    "only comments": (
        "# one\n\n  # two\n",
        "1:1: the file is empty. Begin with `inventory: NAME`, or let `modelrouter init` write a start.",
    ),
    "mark inside": ("inventory: a\ufeffb\n", "1:13: the invisible character U+FEFF stands here. Remove it."),
    "control character": (
        "inventory: a\nproviders: {}\x07\n",
        "2:14: the invisible character U+0007 stands here. Remove it.",
    ),
    "a list": ("- a\n", "1:1: an inventory is a mapping. Begin with `inventory: NAME`."),
    "a word": ("hello\n", "1:1: an inventory is a mapping. Begin with `inventory: NAME`."),
    "two documents": (
        "inventory: a\n---\ninventory: b\n",
        "2:1: a second document begins here. Keep one document in a file; join files with `include:`.",
    ),
    "python tag": (
        "inventory: !!python/object/apply:os.system ['true']\n",
        "1:12: the tag '!!python/object/apply:os.system' is not allowed. Write the plain value; an inventory holds data, never objects.",
    ),
    "standard tag": (
        "inventory: !!str a\n",
        "1:12: the tag '!!str' is not allowed. Write the plain value; an inventory holds data, never objects.",
    ),
    "own tag": (
        "inventory: !vault a\n",
        "1:12: the tag '!vault' is not allowed. Write the plain value; an inventory holds data, never objects.",
    ),
    "merge key": (
        "inventory: a\nmodels:\n  x: &x {developer: a, family: b, context: 1k}\n  y:\n    <<: *x\n",
        "5:5: merge keys (<<) are not allowed. YAML 1.2 dropped them; write the keys out.",
    ),
    "duplicate key": (
        "inventory: a\ninventory: b\n",
        "2:1: the key 'inventory' stands here a second time; the first is in line 1. Remove one of them.",
    ),
    "key no": (
        "inventory: a\nregions:\n  no: [DE]\n",
        "3:3: the key 'no' is no text: without quotes YAML reads it as false. Write it in quotes: \"no\".",
    ),
    "empty key": (
        "inventory: a\n?\n: b\n",
        "2:2: the key '' is no text: without quotes YAML reads it as nothing. Write a name before the colon.",
    ),
    "mapping as key": (
        "{a: b}: c\n",
        "1:1: a list or mapping cannot be a key. Write a name; put text with braces in quotes.",
    ),
    "alias as key": ("inventory: &a b\n*a : c\n", "2:1: an alias cannot be a key. Write the name out."),
    "alias without anchor": (
        "inventory: *a\n",
        "1:12: there is no anchor for the alias '*a'. Define it further up with `&`, or write the value out.",
    ),
    "alias of itself": ("inventory: &a [*a]\n", "1:16: the alias '*a' contains itself. Write the value out."),
    "open quote": ("inventory: 'a\n", "1:12: the quote that opens here is never closed. Close it with the same quote."),
    "open list": (
        "inventory: [a\n",
        "1:12: the list that opens here is never closed, or a comma is missing. Write [one, two]; put text with brackets or commas in quotes.",
    ),
    "open mapping": (
        "inventory: {a: b\n",
        "1:12: the mapping that opens here is never closed, or a comma is missing. Write {key: value, other: value}; put text with braces or commas in quotes.",
    ),
    "two colons": (
        "inventory: a: b\n",
        "1:13: a second `key: value` stands on this line, or its indentation is off. Put text that contains a colon and a space in quotes; indent the keys of one mapping alike.",
    ),
    "indentation": (
        "a:\n  b: 1\n c: 2\n",
        "3:2: the indentation of this line fits nothing above it. Indent the keys of one mapping alike.",
    ),
    "at sign": ("inventory: @a\n", "1:12: an unquoted text cannot begin with @. Put it in quotes."),
    "backtick": ("inventory: `a`\n", "1:12: an unquoted text cannot begin with a backtick. Put it in quotes."),
    "percent": ("inventory: %a\n", "1:12: an unquoted text cannot begin with %. Put it in quotes."),
    "bracket left over": (
        "{inventory: a}}\n",
        "1:15: something is left over here. Remove the surplus bracket or the stray text.",
    ),
    "list after list": (
        "- a\nb: 1\n",
        "2:1: this line is indented like an item of a list but is none. Begin it with `- `, or indent it less.",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_one_clear_problem(text: str, message: str) -> None:
    """The first problem says what is wrong with the YAML, where, and what to write."""
    assert message in said(text)


BYTES = {
    "mark": (
        b"\xef\xbb\xbfinventory: a\n",
        "1:1: the file begins with a byte order mark. Save it as UTF-8 without BOM.",
    ),
    "utf-16": ("inventory: a\n".encode("utf-16"), "1:1: the file is UTF-16. Save it as UTF-8 without BOM."),
    "latin-1": ("inventory: a\n# Zürich\n".encode("latin-1"), "2:4: this byte is no UTF-8. Save the file as UTF-8."),
    "large": (
        b"#" * (LARGEST + 1),
        "1:1: the file is larger than 10 MB. Split it, and join the parts with `include:`.",
    ),
}


@pytest.mark.parametrize(("data", "message"), BYTES.values(), ids=BYTES)
def test_refuses_bytes_that_are_no_such_text(data: bytes, message: str, tmp_path: Path) -> None:
    """A file in another encoding, or one too large, gives exactly one problem."""
    file = tmp_path / "providers.yaml"
    file.write_bytes(data)

    assert [str(problem) for problem in examine(file).problems] == [f"{file}:{message}"]


def test_a_missing_file_and_a_folder_are_problems(tmp_path: Path) -> None:
    """What cannot be read is told like everything else."""
    missing = examine(tmp_path / "none.yaml").problems
    folder = examine(tmp_path).problems

    assert [problem.message for problem in missing] == ["there is no such file"]
    assert [problem.message for problem in folder] == ["the file cannot be read: Is a directory"]


def bomb(levels: int, width: int = 9) -> str:
    """Each level holds the one before it several times."""
    lines = ["inventory: a", "a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels + 1)]
    return "\n".join(lines)


@pytest.mark.parametrize("levels", [5, 9, 200])
def test_refuses_an_alias_bomb_before_anything_is_built(levels: int) -> None:
    """Aliases that multiply beyond 10,000 entries are refused within 50 ms, however high they tower."""
    text = bomb(levels)
    start = time.process_time()
    messages = said(text)

    assert time.process_time() - start < 0.05
    assert len(messages) == 1
    assert messages[0].endswith("aliases multiply this file beyond 10,000 entries. Write the values out.")


def test_sharing_a_little_is_no_bomb() -> None:
    """Aliases are allowed as long as they stay small."""
    root, problems = read(bomb(3), "f")

    assert problems == []
    assert root is not None


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_refuses_deep_nesting_without_recursing(opening: str) -> None:
    """A hundred thousand open brackets cost no stack and hardly any time."""
    start = time.process_time()
    messages = said(opening * 100_000)

    assert time.process_time() - start < 0.5
    assert f"this is nested more than {DEEPEST} levels deep. An inventory needs eight." in messages[0]


def test_a_problem_in_the_middle_does_not_hide_the_others() -> None:
    """Tags, merge keys and duplicate keys are told together with what the schema finds."""
    messages = said("inventory: !x a\ninventory: b\nproviders: 3\n")

    assert [message.split(": ")[0] for message in messages] == ["1:12", "2:1", "3:12"]
