"""The list of verbs: quick, complete, and honest about what an installation lacks."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modelrouter.cli.app import VERBS, app

ROOT = Path(__file__).parents[2]
HEAVY = {"aiohttp", "httpx", "pydantic", "openai", "litellm", "uvicorn", "starlette"}


def fresh(script: str) -> subprocess.CompletedProcess[str]:
    """A script in an interpreter of its own."""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", VERBS)
def test_help_of_a_verb_is_its_own(name: str) -> None:
    """The list of verbs says what the verb says of itself."""
    verb = VERBS[name]
    document = inspect.getdoc(getattr(import_module(verb.module), verb.function)) or ""

    assert verb.help == " ".join(document.split("\n\n")[0].split())


def test_list_of_verbs_loads_none_of_them() -> None:
    """`modelrouter --help` pays for no verb's libraries."""
    script = (
        "import sys; sys.argv = ['modelrouter', '--help']\n"
        "from modelrouter.cli import main\n"
        "try: main()\n"
        f"finally: print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    begun = time.monotonic()
    done = fresh(script)

    assert time.monotonic() - begun < 3  # a bound for any machine; the figure is in the benchmarks
    assert done.returncode == 0
    assert done.stderr == "[]\n"
    assert all(f" {name} " in done.stdout for name in VERBS)


def test_each_verb_explains_itself() -> None:
    """Every verb has a help page with its own options."""
    for name in VERBS:
        result = CliRunner().invoke(app, [name, "--help"])

        assert result.exit_code == 0
        assert re.search(rf"Usage: .*{name} ", result.output)


def test_unknown_verb() -> None:
    """A verb that does not exist is a usage error with a near miss."""
    result = CliRunner().invoke(app, ["statsu"])

    assert result.exit_code == 2
    assert "Did you mean 'status'?" in result.output


def test_missing_part_of_the_installation() -> None:
    """A verb whose libraries are not installed says which part to install."""
    script = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv = ['modelrouter', 'serve']\n"
        "from modelrouter.cli import main\nmain()"
    )
    done = fresh(script)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "serve needs uvicorn: pip install 'modelrouter[gateway]'\n"


def test_logs_stay_out_of_the_output() -> None:
    """What is logged goes to standard error, so that programs can read what a verb prints."""
    script = (
        "import sys, structlog; sys.argv = ['modelrouter', 'schema']\n"
        "from modelrouter.cli import main\n"
        "try: main()\n"
        "finally: structlog.get_logger('x').warning('a line of the log')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False, env={**os.environ}
    )

    assert "a line of the log" in done.stderr
    assert done.stdout.startswith("{")
    assert done.stdout.rstrip().endswith("}")


@pytest.mark.parametrize("words", [["check"], ["explain", "claims-triage"]], ids=lambda words: words[0])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_lacks_signs_shows_the_rest(words: list[str], encoding: str, tmp_path: Path) -> None:
    """Where standard output cannot carry a sign, a question mark stands for it and the exit code is the same."""
    done = subprocess.run(
        [sys.executable, "-m", "modelrouter", *words],
        capture_output=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "XDG_STATE_HOME": str(tmp_path)},
    )

    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert b"?" in done.stdout
