"""Commands over two real upstreams."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support.gateway import two_upstreams
from support.upstream import Upstream
from typer.testing import CliRunner

from modelrouter.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

SAYS = "Hello from the first"


@pytest.fixture(scope="session")
def upstreams() -> Iterator[tuple[Upstream, Upstream]]:
    """Two providers; a test finds them as they were at first."""
    with Upstream(SAYS) as first, Upstream("Hello from the second") as second:
        yield first, second


@dataclass
class Desk:
    """Where commands are typed: `claims` goes to `first` (gpt), then to `second` (qwen)."""

    file: Path
    first: Upstream
    second: Upstream

    def run(self, *words: str, stdin: str | None = None) -> Result:
        """Type a command."""
        result: Any = CliRunner().invoke(app, list(words), input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result  # type: ignore[no-any-return] # typer's own copy of click's class in newer versions

    def json(self, *words: str) -> Any:
        """Type a command that succeeds, for programs."""
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def desk(upstreams: tuple[Upstream, Upstream], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with an inventory, a key and no holds."""
    first, second = upstreams
    first.reset()
    second.reset()
    file = two_upstreams(tmp_path, first.url, second.url)
    monkeypatch.setenv("MODELROUTER_INVENTORY", str(file))
    monkeypatch.setenv("FIRST_KEY", "sk-first-7d1k")
    monkeypatch.setenv("COLUMNS", "160")
    return Desk(file, first, second)
