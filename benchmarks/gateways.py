"""Which gateways are measured: how each is started, and what it is asked.

Each stands before the same upstream, with two deployments where it can have them, and without a database.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.error import URLError
from urllib.request import Request, urlopen

from benchmarks.machine import memory_mb
from benchmarks.processes import ROOT
from benchmarks.prompt import KEY, MESSAGES, MODEL, PARAMETERS, PROCESS, REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["FIELD", "Gateway", "Question", "Running"]

PEERS = ROOT / "benchmarks/results/peers"
"""Where `benchmarks.peers` installs them."""
LITELLM = PEERS / "litellm/bin/litellm"
PORTKEY = PEERS / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
START_S = 120.0
POLL_S = 0.01

INVENTORY = """\
inventory: bench
providers:
  one: {{company: self, headquarters: DE, local: true, accounts: {{main: {{key: env:BENCH_KEY}}}}}}
  two: {{company: self, headquarters: FR, local: true, accounts: {{main: {{key: env:BENCH_KEY}}}}}}
models:
  {model}: {{developer: bench, family: bench, context: 128k}}
deployments:
  one: {{provider: one, model: {model}, url: "{base}/v1"}}
  two: {{provider: two, model: {model}, url: "{base}/v1"}}
  one-paced: {{provider: one, model: {model}, url: "{base}/paced/v1"}}
  two-paced: {{provider: two, model: {model}, url: "{base}/paced/v1"}}
  one-slow: {{provider: one, model: {model}, url: "{base}/slow/v1"}}
  two-slow: {{provider: two, model: {model}, url: "{base}/slow/v1"}}
processes:
  {process}: {{owner: bench, routes: [one, two]}}
  {process}-paced: {{owner: bench, routes: [one-paced, two-paced]}}
  {process}-slow: {{owner: bench, routes: [one-slow, two-slow]}}
"""


def inventory(folder: Path, base: str) -> Path:
    """Write the inventory that our gateway is measured with."""
    file = folder / "providers.yaml"
    file.write_text(INVENTORY.format(model=MODEL, process=PROCESS, base=base))
    return file


@dataclass(frozen=True)
class Question:
    """One request, as a client sends it."""

    path: str
    body: Mapping[str, object]
    needle: str
    """What a complete answer holds, near its end."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def rendered(self, port: int) -> str:
        """The request as text, body and all."""
        body = json.dumps(self.body)
        headers = {"host": f"127.0.0.1:{port}", "authorization": f"Bearer {KEY}", "content-type": "application/json"}
        lines = [f"{name}: {value}" for name, value in {**headers, **self.headers}.items()]
        return "\r\n".join([f"POST {self.path} HTTP/1.1", *lines, f"content-length: {len(body)}", "", body])


def chat(model: str, path: str = "/v1/chat/completions", *, streamed: bool = False, **headers: str) -> Question:
    """A question in OpenAI's shape."""
    body = {**REQUEST, "model": model, **({"stream": True} if streamed else {})}
    return Question(path, body, "[DONE]" if streamed else "contents policy", headers)


@dataclass(frozen=True)
class Gateway:
    """One that is measured. `kind` of a question is `whole`, `stream` or `paced`."""

    name: str
    command: Callable[[int, str, Path], list[str]] | None
    """From a port, the upstream's root and a folder for its files; None is the upstream itself."""
    ask: Callable[[str, str], Question]
    """From a kind and the upstream's root."""
    needs: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def present(self) -> bool:
        return self.needs is None or (
            self.needs.exists() and (self.needs.suffix != ".js" or bool(shutil.which("node")))
        )


def _named(kind: str, _: str) -> Question:
    """The model's name says whether the stream is paced."""
    return chat(f"{PROCESS}-paced" if kind == "paced" else PROCESS, streamed=kind != "whole")


def _by_path(kind: str, _: str) -> Question:
    path = "/paced/v1/chat/completions" if kind == "paced" else "/v1/chat/completions"
    return chat(MODEL, path, streamed=kind != "whole")


def _anthropic(kind: str, _: str) -> Question:
    streamed = kind != "whole"
    body = {
        "model": f"{PROCESS}-paced" if kind == "paced" else PROCESS,
        "system": MESSAGES[0]["content"],
        "messages": MESSAGES[1:],
        **PARAMETERS,
        **({"stream": True} if streamed else {}),
    }
    headers = {"anthropic-version": "2023-06-01"}
    return Question("/v1/messages", body, "message_stop" if streamed else "contents policy", headers)


def _portkey(kind: str, root: str) -> Question:
    base = f"{root}/paced/v1" if kind == "paced" else f"{root}/v1"
    target = {"provider": "openai", "api_key": KEY, "custom_host": base}
    config = {"strategy": {"mode": "fallback"}, "targets": [target, target]}
    return chat(MODEL, streamed=kind != "whole", **{"x-portkey-config": json.dumps(config)})


def _ours(port: int, root: str, folder: Path) -> list[str]:
    file = inventory(folder, root)
    return [sys.executable, "-m", "modelrouter", "serve", "--port", str(port), "--inventory", str(file), "--no-watch"]


def _pass_through(port: int, root: str, _: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.passthrough", str(port), root]


def _litellm(port: int, root: str, folder: Path) -> list[str]:
    models = [
        {
            "model_name": f"{PROCESS}{suffix}",
            "litellm_params": {"model": f"openai/{MODEL}", "api_base": f"{root}{path}/v1", "api_key": f"{KEY}-{place}"},
        }
        for suffix, path in (("", ""), ("-paced", "/paced"))
        for place in ("one", "two")
    ]
    file = folder / "litellm.yaml"
    file.write_text(json.dumps({"model_list": models}))  # JSON is YAML
    return [str(LITELLM), "--config", str(file), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]


def _portkey_server(port: int, _: str, __: Path) -> list[str]:
    return ["node", str(PORTKEY), f"--port={port}", "--headless"]


LITELLM_SETTINGS = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it fetches a price list when it starts
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "True",  # nobody of this field asks callers for a key
    "NO_DOCS": "True",
}
FIELD = (
    Gateway("no gateway", None, _by_path),
    Gateway("bare pass-through", _pass_through, _by_path),
    Gateway("modelrouter", _ours, _named),
    Gateway("modelrouter, Anthropic's wire before OpenAI's", _ours, _anthropic),
    Gateway("Portkey", _portkey_server, _portkey, PORTKEY, {"NODE_ENV": "production"}),
    Gateway("LiteLLM proxy", _litellm, _named, LITELLM, LITELLM_SETTINGS),
)
FLOOR = FIELD[1]
OURS = FIELD[2]


class Running:
    """A gateway in a process of its own on one core, ready for its first question."""

    def __init__(self, gateway: Gateway, core: int, root: str, folder: Path) -> None:
        self.gateway = gateway
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None
        if gateway.command is None:
            self.port, self.started_s = int(root.rpartition(":")[2]), 0.0
            return
        self.port = _free_port()
        folder.mkdir()
        begun = time.monotonic()
        with (ROOT / "benchmarks/results/stderr.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["taskset", "--cpu-list", str(core), *gateway.command(self.port, root, folder)],
                cwd=ROOT,
                env={**os.environ, "BENCH_KEY": KEY, "XDG_STATE_HOME": str(folder), **gateway.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_for_answer(begun + START_S)
        except BaseException:
            self.__exit__()
            raise
        self.started_s = time.monotonic() - begun
        """From its start to its first answer, in seconds."""

    def _wait_for_answer(self, until: float) -> None:
        assert self._process
        question = self.gateway.ask("whole", self._root)
        request = Request(
            f"http://127.0.0.1:{self.port}{question.path}",
            json.dumps(question.body).encode(),
            {"authorization": f"Bearer {KEY}", "content-type": "application/json", **question.headers},
        )
        while True:
            try:
                with urlopen(request, timeout=20) as answer:
                    answer.read()
                    return
            except (URLError, OSError) as error:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{self.gateway.name} does not answer: {error}") from error
                time.sleep(POLL_S)

    @property
    def pid(self) -> int:
        """Of the process that serves; 0 for none."""
        return self._process.pid if self._process else 0

    @property
    def memory_mb(self) -> float:
        """What it holds now."""
        return memory_mb(self.pid) if self.pid else 0.0

    def order(self, kind: str, **more: object) -> dict[str, object]:
        """An order for `benchmarks.load`."""
        question = self.gateway.ask(kind, self._root)
        return {
            "port": self.port,
            "request": question.rendered(self.port),
            "needle": question.needle,
            "pid": self.pid,
            **more,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
