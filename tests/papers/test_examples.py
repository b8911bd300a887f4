"""Every example runs by itself, without a key and without the network."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
LONGEST = 40
NO_KEYS = {"PATH": os.environ["PATH"]}
OFFLINE = """
import runpy, socket, sys

def refuse(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in ("127.0.0.1", "::1"):
        sys.exit(f"an example called {arguments[1]}")

sys.addaudithook(refuse)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def played(path: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in an empty home, without a variable but the path, and off every network."""
    command = [sys.executable, "-W", "error", "-c", OFFLINE, str(path)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=90, check=False, cwd=home, env={**NO_KEYS, "HOME": str(home)}
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_says_something(path, tmp_path):
    """Each example ends well, prints its point, complains of nothing and leaves nothing behind."""
    done = played(path, tmp_path)

    assert (0, "") == (done.returncode, done.stderr if "Error" in done.stderr or "Warning" in done.stderr else "")
    assert done.stdout.strip()
    assert [] == list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_one_idea(path):
    """Each example begins with its idea in words and is at most 40 lines long."""
    text = path.read_text()

    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= LONGEST


def test_an_example_that_fails_or_calls_out_is_caught(tmp_path):
    """The promise above breaks on an example that raises, and on one that leaves this machine."""
    raising, calling = tmp_path / "raising.py", tmp_path / "calling.py"
    raising.write_text("raise ValueError")
    calling.write_text("import socket\nsocket.socket().connect(('192.0.2.1', 80))")

    assert played(raising, tmp_path).returncode
    assert "an example called ('192.0.2.1', 80)" in played(calling, tmp_path).stderr
