"""The `llm` command, within this process: each run is one of its own command line."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml
from click.testing import CliRunner
from compat.clients.client import KEY, City, Client
from compat.stand import CONTROL, FOUND, PROCESS
from llm.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTION = """
from urllib import request as _request

def lookup(policy: str, year: int) -> str:
    "Look a policy up."
    assert (policy, year) == ("twin", 1)
    with _request.urlopen(_request.Request("{control}", method="POST")):
        return "{found}"
"""
"""A tool that takes the provider away by itself."""


@cache
def home() -> TemporaryDirectory[str]:
    """Where `llm` keeps its files; it makes a database there at first, which takes seconds."""
    return TemporaryDirectory()


class Command(Client):
    """`llm`, which speaks chat completions."""

    name = "llm"
    package = "llm"
    wire = "openai-chat"
    doors = ("gateway",)

    def whole(self, prompt: str) -> str:
        """One answer."""
        return self._run("--no-stream", prompt)

    def stream(self, prompt: str) -> str:
        """One answer as it comes."""
        return self._run(prompt).removesuffix("\n")

    def loop(self, prompt: str, _: Callable[..., str]) -> str:
        """Its own chain of calls."""
        function = FUNCTION.format(control=f"{self.scene.url}{CONTROL}take-away", found=FOUND)
        return self._run("--functions", function, prompt)

    def shape(self, prompt: str) -> City:
        """`--schema`."""
        return City.model_validate_json(self._run("--schema", json.dumps(City.model_json_schema()), prompt))

    def _run(self, *words: str) -> str:
        model: dict[str, Any] = {"model_id": "triage", "model_name": PROCESS, "api_base": self.versioned}
        described = [{**model, "supports_tools": True, "supports_schema": True}]
        Path(home().name, "extra-openai-models.yaml").write_text(yaml.safe_dump(described))
        said = CliRunner().invoke(
            cli, ["prompt", "--no-log", "-m", "triage", "--key", KEY, *words], env={"LLM_USER_PATH": home().name}
        )
        if said.exit_code:
            raise RuntimeError(said.output) from said.exception
        return said.stdout


CLIENTS = (Command,)
