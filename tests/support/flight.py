"""A gateway, an SDK and a command line at work with secrets in every place where there can be one.

What they say, write and send is collected by channel: logs, errors, traces, metrics, files, reports.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import traceback
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx
from typer.testing import CliRunner

import modelrouter
from modelrouter.access.keys import digest_of
from modelrouter.cli.app import app
from modelrouter.errors import ModelRouterError
from support.canaries import KEYS, PROMPTS
from support.otlp import Receiver
from support.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

__all__ = ["fly"]

INVENTORY = """\
inventory: canaries
providers:
  first: {{headquarters: US, local: true, vendor: openai, accounts: {{main: {{key: env:CANARY_KEY}}}}}}
  second: {{headquarters: DE, local: true, vendor: mistral, accounts: {{main: {{key: "file:{folder}/second.key"}}}}}}
  third: {{headquarters: DE, local: true, vendor: generic, accounts: {{main: {{key: "exec:cat {folder}/third.key"}}}}}}
models:
  m: {{developer: d, family: f, context: 100k, capabilities: [tools, vision, json_schema, thinking]}}
deployments:
  one: {{provider: first, model: m, url: "{first}", processing: [US]}}
  two: {{provider: second, model: m, url: "{second}", processing: [DE]}}
  three: {{provider: third, model: m, url: "{third}", processing: [DE]}}
processes:
  claims: {{owner: o, routes: [one, two, three], objectives: {{deadline: 5s, first_token: 500ms}}}}
  kept: {{owner: o, routes: [three], record: {{content: true, keep: 30d}}}}
  alone: {{owner: o, routes: [one]}}
  cut: {{owner: o, routes: [two], on_cut: error}}
access: {{keys: {{app: {{hash: "sha256:{digest}"}}}}}}
ledger:
  folder: ledger
  origin: canaries.example/router
  key: env:CANARY_LEDGER
  contents: {{key: env:CANARY_CONTENT}}
  postgres: env:CANARY_DSN
telemetry: {{otlp: "{otlp}", headers: {{authorization: env:CANARY_OTLP}}, every: 1s}}
"""
WRONG = """\
inventory: wrong
providers:
  first: {{headquarters: US, accounts: {{main: {{key: "{literal}"}}}}}}
models: {{m: {{developer: d, family: f, context: 8k}}}}
deployments:
  one: {{provider: first, model: m, url: "https://user:{password}@first.example/v1", headers: {{authorization: "{literal}"}}}}
processes: {{claims: {{owner: o, routes: [one]}}}}
access: {{keys: {{app: {{hash: "{hash}"}}}}}}
ledger: {{folder: l, postgres: "postgresql://u:{password}@db/x", key: "{ledger}", contents: {{key: "{content}"}}}}
telemetry: {{otlp: "https://u:{password}@x.example", headers: {{authorization: "{token}"}}}}
"""
SYSTEM, USER = (
    {"role": role, "content": PROMPTS[what]} for role, what in (("system", "system prompt"), ("user", "prompt"))
)
CALL = {"name": "ship", "arguments": json.dumps({"to": PROMPTS["arguments of a tool"]})}
TURNS: list[dict[str, Any]] = [
    SYSTEM,
    USER,
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": CALL}]},
    {"role": "tool", "tool_call_id": "c1", "content": "shipped"},
]
TOOLS = [{"type": "function", "function": {"name": "ship", "parameters": {"type": "object", "properties": {}}}}]
ECHOES: dict[str, tuple[int, Any]] = {
    "mistake": (400, {"error": {"message": "Invalid value in request by {key}: {prompt}", "type": "invalid_request_error"}}),
    "strange": (500, {"oops": "zorblax fell over while {key} said {prompt}"}),
    "page": (502, "<html><title>Bad gateway</title>authorization: Bearer {key}; cookie {key}</html>"),
    "auth": (401, {"error": {"message": "Incorrect API key provided: {key}. You can find it in your account.", "code": "invalid_api_key"}}),
    "quota": (429, {"error": {"message": "You exceeded your current quota ({key})", "code": "insufficient_quota"}}),
    "suspended": (403, {"error": {"message": "The account of key {key} was suspended", "code": "account_deactivated"}}),
}  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    """Where the secrets are found."""
    return {
        "CANARY_KEY": KEYS["key in the environment"],
        "CANARY_LEDGER": KEYS["key of the ledger"],
        "CANARY_CONTENT": KEYS["key of contents"],
        "CANARY_DSN": f"postgresql://ledger:{KEYS['password of the database']}@127.0.0.1:9/ledger?connect_timeout=1",
        "CANARY_OTLP": KEYS["token of the receiver"],
        "XDG_STATE_HOME": str(folder / "state"),
        "COLUMNS": "200",
    }


def fly(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Do everything, and give what each channel was told."""
    told: dict[str, bytes] = {}
    for name, value in environment(folder).items():
        patch.setenv(name, value)
    (folder / "second.key").write_text(KEYS["key in a file"])
    (folder / "third.key").write_text(KEYS["key from a command"])
    with ExitStack() as rooms:
        ups = [rooms.enter_context(Upstream(PROMPTS["answer"])) for _ in range(3)]
        receiver = rooms.enter_context(Receiver())
        file = folder / "providers.yaml"
        file.write_text(
            INVENTORY.format(
                folder=folder, first=ups[0].url, second=ups[1].url, third=ups[2].url, otlp=receiver.url,
                digest=digest_of(KEYS["access key"]),
            )
        )  # fmt: skip
        with gateway(file, folder, told) as url:
            through_the_gateway(url, ups, told)
            reload_with_problems(file, folder)
        through_the_sdk(file, ups, told)
        told["traces and metrics"] = receiver.bytes.replace(KEYS["token of the receiver"].encode(), b"")
        commands(file, folder, told)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in {"second.key", "third.key", "wrong.yaml", "bad.yaml", "providers.yaml"}:
            told[f"file {path.relative_to(folder)}"] = path.read_bytes()
    return told


@contextmanager
def gateway(file: Path, folder: Path, told: dict[str, bytes]) -> Iterator[str]:
    """`modelrouter serve` with everything that it can log."""
    words = [sys.executable, "-c", "from modelrouter.cli import main; main()", "serve", "--port", "0"]
    words += ["--inventory", str(file), "--logs", "json", "--access-log"]
    with (
        (folder / "gateway.err").open("wb") as errors,
        subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        ) as process,
    ):
        assert process.stdout is not None
        shown = b""
        try:
            while b"OPENAI_BASE_URL" not in shown:
                line = process.stdout.readline()
                assert line, (folder / "gateway.err").read_text()
                shown += line
            found = re.search(rb"OPENAI_BASE_URL=(\S+)/v1", shown)
            assert found is not None
            yield found[1].decode()
        finally:
            process.terminate()
            told["what the gateway prints"] = shown + process.stdout.read()
            process.wait(30)


def through_the_gateway(url: str, ups: list[Upstream], told: dict[str, bytes]) -> None:
    """Requests that go well, fail over, fail in every way, are streamed and cut, or are refused at the door."""
    secret = {
        "authorization": f"Bearer {KEYS['access key']}",
        "x-api-key": KEYS["header of the caller"],
        "cookie": KEYS["cookie"],
        "x-custom-secret": KEYS["header of the caller"],
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    errors = b""
    with httpx.Client(base_url=url, headers={**secret, "x-api-key": ""}, timeout=30) as client:
        client.headers.pop("x-api-key")

        def ask(**body: Any) -> httpx.Response:
            asked = {"model": "claims", "messages": TURNS, "tools": TOOLS, "user": PROMPTS["prompt"], **body}
            return client.post("/v1/chat/completions", json=asked)

        assert ask(tools=[]).status_code == 200
        assert ask(model="kept", tools=[]).status_code == 200
        assert ask(stream=True, tools=[]).status_code == 200
        keys = [KEYS[name] for name in ("key in the environment", "key in a file", "key from a command")]
        for status, body in ECHOES.values():
            for up, key in zip(ups, keys, strict=True):
                up.mode = "status"
                text = json.dumps(body) if isinstance(body, dict) else body
                up.refusal = (
                    status,
                    {"x-echo": key},
                    text.replace("{key}", key).replace("{prompt}", PROMPTS["prompt"]),
                )
            for model in ("claims", "alone", "kept"):
                answer = ask(model=model)
                errors += without_prompts(repr(dict(answer.headers)).encode() + answer.content)
        for up in ups:
            up.mode = "cut"
        errors += without_prompts(ask(stream=True, model="cut", tools=[]).content)
        for up in ups:
            up.mode = "silent"
        errors += without_prompts(ask(tools=[]).content)
        for path, body in (
            ("/v1/chat/completions", b"{broken " + PROMPTS["prompt"].encode()),
            ("/v1/chat/completions", json.dumps({"model": PROMPTS["prompt"], "messages": TURNS}).encode()),
            ("/v1/nowhere", b""),
        ):
            client.post(path, content=body)
        for header in (
            {"authorization": f"Bearer {KEYS['literal hash']}"},
            {"x-api-key": KEYS["header of the caller"]},
        ):
            errors += httpx.post(f"{url}/v1/chat/completions", json={"model": "claims"}, headers=header).content
        told["/metrics"] = client.get("/metrics").content
        told["/health"] = client.get("/health/ready").content
        told["lists of models"] = client.get("/v1/models").content
    told["errors to callers"] = errors


def without_prompts(answer: bytes) -> bytes:
    """An answer to the caller who sent the prompt: it may be told its own words again, and nobody's key."""
    for words in PROMPTS.values():
        for written in (words, json.dumps(words)[1:-1]):
            answer = answer.replace(written.encode(), b"(its own words)")
    return answer


def reload_with_problems(file: Path, folder: Path) -> None:
    """A file with secrets in it is put in the place of the good one, which stays in force."""
    good = file.read_text()
    file.write_text(wrong())
    until = time.monotonic() + 20
    while b"not reloaded" not in (folder / "gateway.err").read_bytes() and time.monotonic() < until:
        time.sleep(0.05)
    assert b"not reloaded" in (folder / "gateway.err").read_bytes()
    file.write_text(good)


def wrong() -> str:
    """An inventory that holds secrets where none may stand."""
    return WRONG.format(
        literal=KEYS["literal key"],
        hash=KEYS["literal hash"],
        password=KEYS["password in an address"],
        ledger=KEYS["key of the ledger"],
        content=KEYS["key of contents"],
        token=KEYS["token of the receiver"],
    )


def through_the_sdk(file: Path, ups: list[Upstream], told: dict[str, bytes]) -> None:
    """Every public exception that the library raises, as people print and log it, with its whole traceback."""
    raised = b""
    values = b""
    key = KEYS["key in the environment"]
    up = ups[0]
    with modelrouter.Router(file, hold_file=None) as router:
        for status, body in ECHOES.values():
            up.mode = "status"
            text = json.dumps(body) if isinstance(body, dict) else body
            up.refusal = (status, {}, text.replace("{key}", key).replace("{prompt}", PROMPTS["prompt"]))
            for hold in router.holds():
                router.release(str(hold.domain))
            with modelrouter.OpenAI(router=router, max_retries=0) as client:
                raised += excerpt(lambda c=client: c.chat.completions.create(model="alone", messages=TURNS))
            raised += excerpt(lambda: router.chat("alone", PROMPTS["prompt"]))
            values += repr((router.holds(), router.inventory, router.unrecognised(), router.health())).encode()
        up.mode = "cut"
        for hold in router.holds():
            router.release(str(hold.domain))
        raised += excerpt(lambda: list(router.chat("alone", TURNS, stream=True).events()))
        raised += excerpt(lambda: router.chat("nobody", "x"))
        raised += excerpt(lambda: asyncio.run(router.ahandle("openai-chat", b"{" + PROMPTS["prompt"].encode())))
    told["exceptions"] = without_prompts(raised)
    told["values of the library"] = values
    told["exceptions of an inventory"] = excerpt(lambda: modelrouter.inventory.parse(wrong()))


def excerpt(call: Any) -> bytes:
    """What an exception shows of itself: its texts, its values, and those of what led to it."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever is raised is what is looked at
        shown = [*traceback.format_exception(error)]
        at: BaseException | None = error
        while at is not None:
            shown += [str(at), repr(at), repr(at.args)]
            if isinstance(at, ModelRouterError):
                shown += [repr(value) for value in vars(at).values()]
            at = at.__cause__ or at.__context__
        return "\n".join(shown).encode()
    return b""


def commands(file: Path, folder: Path, told: dict[str, bytes]) -> None:
    """The verbs that show what happened, and the drill that plays it again."""
    (folder / "wrong.yaml").write_text(wrong())
    text = json.dumps(ECHOES["auth"][1]).replace("{key}", KEYS["key in the environment"])
    ledger = str(folder / "ledger")
    for name, words, given in (
        ("status", ["status", "-f", str(file)], None),
        ("status --json", ["status", "-f", str(file), "--json"], None),
        ("explain", ["explain", "claims", "-f", str(file)], None),
        ("check", ["check", str(folder / "wrong.yaml")], None),
        ("check --json", ["check", str(folder / "wrong.yaml"), "--json"], None),
        ("classify --unknown", ["classify", "--unknown", "--inventory", str(file)], None),
        ("classify", ["classify", "--vendor", "openai", "--status", "401", text], None),
        ("ledger show", ["ledger", "show", ledger], None),
        ("ledger tail", ["ledger", "tail", ledger, "-n", "500"], None),
        ("ledger verify", ["ledger", "verify", ledger], None),
        ("ledger export", ["ledger", "export", ledger, "--to", "jsonl", "--out", str(folder / "export")], None),
        (
            "drill",
            ["drill", str(file), "--only", "down@deployment:one", "--report", str(folder / "report")],
            None,
        ),
    ):
        result = CliRunner().invoke(app, words, input=given)
        told[f"command {name}"] = result.output.encode()
        assert result.exception is None or isinstance(result.exception, SystemExit), (name, result.exception)
