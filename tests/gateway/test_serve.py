"""`modelrouter serve` as a process of its own, and another process that holds what it calls."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import openai
from support.gateway import two_upstreams
from support.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from modelrouter.cli import main; main()"]
ASK: list[Any] = [{"role": "user", "content": "Is this urgent?"}]


def command(*words: object) -> str:
    """The standard output of a command that succeeds."""
    done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def served(file: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The process, the address it prints, and everything it printed on the way there."""
    environment = {**os.environ, "FIRST_KEY": "sk-first", "COLUMNS": "160", "PYTHONUNBUFFERED": "1"}
    words = [*COMMAND, "serve", "--port", "0", "--inventory", str(file), *more]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            shown = ""
            while "OPENAI_BASE_URL" not in shown:
                line = process.stdout.readline()
                assert line, shown
                shown += line
            found = re.search(r"OPENAI_BASE_URL=(\S+)/v1", shown)
            assert found
            yield process, found[1], shown
        finally:
            process.kill()


def test_serves_holds_and_stops(tmp_path: Path) -> None:
    """It shows what it serves; a hold by another process reaches it within about a second, a release too; ^C ends it."""
    with Upstream("first") as first, Upstream("second") as second:
        file = two_upstreams(tmp_path, first.url, second.url)
        with served(file) as (process, url, shown):
            with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:

                def ask() -> str | None:
                    return client.chat.completions.create(model="claims", messages=ASK).choices[0].message.content

                assert ask() == "first"

                command("hold", "provider:first", "--reason", "a drill", "--inventory", file)
                time.sleep(1.05)
                before = first.calls

                assert [ask() for _ in range(5)] == ["second"] * 5
                assert first.calls == before

                command("release", "provider:first", "--inventory", file)
                time.sleep(1.05)

                assert ask() == "first"
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=30)

    assert "serves two-upstreams on http://127.0.0.1:" in shown
    assert re.search(r"claims +critical +gpt +gpt-4o", shown)
    assert process.returncode == 0
    assert rest.rstrip().endswith("stopped")
    assert "Traceback" not in rest


def test_stops_gracefully(tmp_path: Path) -> None:
    """Told to end, it lets a stream under way come to its end, and takes no new call."""
    with Upstream("first " * 3) as first, Upstream("second") as second:
        first.mode = "stream"
        with served(two_upstreams(tmp_path, first.url, second.url)) as (process, url, _):
            with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:
                stream = client.chat.completions.create(model="claims", messages=ASK, stream=True)
                chunks = iter(stream)
                next(chunks)
                process.send_signal(signal.SIGTERM)
                time.sleep(0.3)
                alive = process.poll() is None
                first.mode = "ok"
                last = list(chunks)[-1]
            process.communicate(timeout=30)

    assert alive
    assert last.choices[0].finish_reason == "stop"
    assert process.returncode == -signal.SIGTERM
