"""A gateway that runs takes up its inventory again: edited files, SIGHUP, and files that are wrong."""

from __future__ import annotations

import json
import signal
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import openai
import pytest
from gateway.test_serve import ASK, served
from support.gateway import two_upstreams
from support.upstream import Upstream

from modelrouter.gateway.reloading import Reloading
from modelrouter.router import Router

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_S = 60.0
TRIAGE = "  triage: {owner: me, routes: [qwen]}\n"


def until(true: Callable[[], bool]) -> None:
    """Wait for what comes in its own time."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def models(url: str) -> set[str]:
    """The names that a gateway serves."""
    with urllib.request.urlopen(f"{url}/v1/models", timeout=20) as answer:
        return {each["id"] for each in json.load(answer)["data"]}


def ready(url: str) -> Any:
    """What a gateway says of itself."""
    with urllib.request.urlopen(f"{url}/health/ready", timeout=20) as answer:
        return json.load(answer)


def listened(process: subprocess.Popen[str]) -> tuple[list[str], threading.Thread]:
    """The lines that a process prints from now on, and who reads them."""
    printed: list[str] = []

    def listen() -> None:
        for line in process.stdout or ():
            printed.append(line)  # noqa: PERF402 - one by one, as they come

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    return printed, reader


def test_an_edited_file_is_served_and_a_broken_one_is_not(tmp_path: Path) -> None:
    """A process that was added answers; a wrong edit is told with file and line while the gateway goes on; mended, it loads."""
    with Upstream("first") as first, Upstream("second") as second:
        file = two_upstreams(tmp_path, first.url, second.url)
        text = file.read_text()
        with served(file) as (process, url, _):
            printed, reader = listened(process)
            with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:

                def ask(model: str) -> str | None:
                    return client.chat.completions.create(model=model, messages=ASK).choices[0].message.content

                before = ready(url)
                file.write_text(text.replace("  letters:", f"{TRIAGE}  letters:"))
                until(lambda: "triage" in models(url))
                after = ready(url)

                file.write_text(text.replace("routes: [gpt, qwen]", "routes: [gpt, nothing]"))
                until(lambda: any("the old one stays in force" in line for line in printed))
                assert ask("triage") == "second"
                assert ready(url) == after

                file.write_text(text)
                until(lambda: "triage" not in models(url))
                assert ask("claims") == "first"
                assert ready(url) == before
            process.send_signal(signal.SIGINT)
            process.wait(30)
            reader.join(30)

    shown = "".join(printed)
    assert "+ process triage added: standard, qwen" in shown
    assert "- process triage removed: standard, qwen" in shown
    assert f"error: {file}:{text[: text.index('routes: [gpt, qwen]')].count(chr(10)) + 1}:" in shown
    assert "Traceback" not in shown
    assert process.returncode == 0
    assert before["fingerprint"] != after["fingerprint"]


def test_a_hangup_reloads_a_gateway_that_does_not_watch(tmp_path: Path) -> None:
    """With --no-watch an edit waits for SIGHUP, which takes it up; the process lives on."""
    with Upstream("first") as first, Upstream("second") as second:
        file = two_upstreams(tmp_path, first.url, second.url)
        with served(file, "--no-watch") as (process, url, _):
            file.write_text(file.read_text().replace("  letters:", f"{TRIAGE}  letters:"))
            time.sleep(3)
            unwatched = models(url)
            process.send_signal(signal.SIGHUP)
            until(lambda: "triage" in models(url))
            assert process.poll() is None

    assert "triage" not in unwatched


@pytest.mark.parametrize("edit", ["changed", "missing"])
def test_included_files_are_watched(tmp_path: Path, edit: str) -> None:
    """A change of an included file is a change; so is one that was missing and comes back."""
    main = two_upstreams(tmp_path, "http://localhost:1/v1", "http://localhost:2/v1")
    main.write_text(main.read_text() + "include: [more.yaml]\n")
    more = tmp_path / "more.yaml"
    more.write_text("processes: {extra: {owner: me, routes: [qwen]}}\n")
    outcomes: list[object] = []
    with Router(main, observers=(), hold_file=None) as router, Reloading(router, outcomes.append, watches=True):
        if edit == "missing":
            more.unlink()
            until(lambda: len(outcomes) == 1)
            assert "extra" in router.inventory.processes
        more.write_text("processes: {other: {owner: me, routes: [qwen]}}\n")
        until(lambda: "other" in router.inventory.processes)
    assert len(outcomes) == 1 + (edit == "missing")


def test_the_same_deployment_at_another_address_is_called_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is that of the new inventory, though the deployment keeps its name; a stream stays where it is."""
    monkeypatch.setenv("FIRST_KEY", "sk-first")
    with Upstream("one two three") as first, Upstream("second") as second:
        file = two_upstreams(tmp_path, first.url, second.url)
        with Router(file, observers=(), hold_file=None) as router:
            assert asked(router) == "one two three"
            first.mode = "stream"
            begun = router.chat("archive", "hi", stream=True)

            file.write_text(file.read_text().replace(first.url, second.url))
            router.reload()
            before = first.calls

            assert asked(router) == "second"
            first.mode = "ok"
            with begun:
                rest = b"".join(begun)
            assert first.calls == before

    assert b"[DONE]" in rest


def asked(router: Router) -> str:
    """What a process answers whose only deployment is the first."""
    content: str = json.loads(router.chat("archive", "hi").body)["choices"][0]["message"]["content"]
    return content
