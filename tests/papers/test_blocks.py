"""The Python in the papers runs as it is written."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)

LEFT_OPEN = {"OpenAI", "Router"}
"""What a page does not close, for brevity."""


def blocks(page: Path) -> list[str]:
    """The Python blocks of a page, at the lines where they stand."""
    text = page.read_text()
    return ["\n" * text.count("\n", 0, found.start(1)) + found[1] for found in BLOCK.finditer(text)]


def run(page: Path) -> None:
    """Run the blocks of a page in order, in one namespace; `await` is allowed at the top."""
    names: dict[str, Any] = {"__name__": page.stem}

    async def play() -> None:
        for block in blocks(page):
            code = compile(block, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            if inspect.CO_COROUTINE & code.co_flags:
                await eval(code, names)
            else:
                await asyncio.to_thread(exec, code, names)

    try:
        asyncio.run(play())
    finally:
        for value in names.values():
            if type(value).__name__ in LEFT_OPEN:
                value.close()


PAGES_WITH_CODE = [page for page in PAGES if page.exists() and blocks(page)]


@pytest.mark.parametrize("page", PAGES_WITH_CODE, ids=lambda page: page.stem)
@pytest.mark.usefixtures("company")
def test_what_a_page_shows_runs(page, capsys):
    """Every Python block of a page runs, in order, against servers that answer as providers do."""
    run(page)

    assert capsys.readouterr().out


def test_pages_hold_code():
    """The pages for programmers are among those that run."""
    assert {"README", "quickstart", "sdk", "router", "drills"} <= {page.stem for page in PAGES_WITH_CODE}


def test_a_block_that_is_wrong_is_caught(tmp_path):
    """A page whose code raises fails, in the line of the page where it stands."""
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n```python\nx = 1\n```\n\n```python\nraise ValueError(x)\n```\n")

    with pytest.raises(ValueError, match="1") as raised:
        run(page)
    assert 8 == raised.traceback[-1].lineno + 1
