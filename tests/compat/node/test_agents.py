"""Whole agents at work: while their own tool runs, the provider that called it is taken away.

The tool is a shell, and what it runs takes the provider away itself, then says something that only a shell can say.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from compat.node.packages import CLAUDE_CODE, CODEX, PACKAGES
from compat.stand import CONTROL, PROCESS

if TYPE_CHECKING:
    from pathlib import Path

    from compat.node.packages import Packaged
    from compat.stand import Scene

RAN = "the shell ran 42"
CODEX_SETTINGS = """\
model = "{process}"
model_provider = "gateway"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.gateway]
name = "gateway"
base_url = "{url}/v1"
env_key = "GATEWAY_KEY"
wire_api = "responses"
supports_websockets = false
request_max_retries = 0
stream_max_retries = 0
"""


def work(url: str) -> str:
    """What the shell is told to do."""
    return f"curl --silent --fail --request POST {url}{CONTROL}take-away && echo the shell ran $((6 * 7))"


def run(command: list[str], home: Path, **variables: str) -> str:
    """Run an agent that knows of nothing but its home and these variables; gives what it printed."""
    ran = subprocess.run(
        command,
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return ran.stdout


def claude_code(scene: Scene, home: Path) -> str:
    """Claude Code's last word."""
    prompt = f"call Bash with {json.dumps({'command': work(scene.url)})}"
    command = [str(PACKAGES / ".bin" / "claude"), "--print", prompt, "--model", PROCESS, "--output-format", "json"]
    said = run(
        [*command, "--allowedTools", "Bash"],
        home,
        ANTHROPIC_BASE_URL=scene.url,
        ANTHROPIC_AUTH_TOKEN="unused",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        DISABLE_AUTOUPDATER="1",
    )
    return str(json.loads(said)["result"])


def codex(scene: Scene, home: Path) -> str:
    """Codex's last word."""
    (home / "config.toml").write_text(CODEX_SETTINGS.format(process=PROCESS, url=scene.url))
    prompt = f"call exec_command with {json.dumps({'cmd': work(scene.url)})}"
    command = [str(PACKAGES / ".bin" / "codex"), "exec", "--skip-git-repo-check", "--json", prompt]
    events = [
        json.loads(line)
        for line in run(command, home, CODEX_HOME=str(home), GATEWAY_KEY="unused").splitlines()
        if line.startswith("{")
    ]
    spoken = [event["item"]["text"] for event in events if event.get("item", {}).get("type") == "agent_message"]
    return str(spoken[-1])


@pytest.mark.parametrize("client", [CLAUDE_CODE, CODEX], ids=lambda client: client.name)
@pytest.mark.parametrize("ability", ["loop"])
def test_an_agent_finishes(scene: Scene, tmp_path: Path, client: Packaged, ability: str) -> None:  # noqa: ARG001 - the record's
    """It prints what its tool said, by way of a provider that did not call that tool."""
    said = (claude_code if client is CLAUDE_CODE else codex)(scene, tmp_path)

    assert said.startswith(scene.says(scene.second, " The tool said "))
    assert RAN in said
    first, second = scene.served
    assert first >= 1
    assert second >= 1
