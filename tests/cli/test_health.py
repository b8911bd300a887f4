"""`status --check`: every deployment asked now, from the command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.conftest import Desk


def test_everything_is_asked_and_told(desk: Desk) -> None:
    """Before anybody asks there is nothing to tell; then each deployment has its line, and other commands see it."""
    before, now, after = desk.run("status"), desk.run("status", "--check"), desk.run("status")

    assert re.search(r"gpt .*never", before.stdout)
    assert (0, 0) == (now.exit_code, after.exit_code)
    for result in (now, after):
        assert re.search(r"gpt +first .*free +listing ok, \d+ ms, .* ago", result.stdout)
        assert re.search(r"qwen +second .*free +listing ok", result.stdout)


def test_layers_are_told_to_programs(desk: Desk) -> None:
    """As JSON, each layer of each deployment with its latency and its time."""
    checks = desk.json("status", "--check")["deployments"]["gpt"]["checks"]

    assert {"dns": True, "connect": True, "listing": True} == {check["layer"]: check["ok"] for check in checks}
    assert all(check["took_s"] >= 0 and check["at"] > 0 for check in checks)


def test_a_deployment_that_fails_fails_the_command(desk: Desk) -> None:
    """A pipeline stops, and a person reads why; nothing is held by it."""
    text = desk.file.read_text()
    desk.file.write_text(text.replace(desk.first.url, "http://127.0.0.1:9/v1"))
    result = desk.run("status", "--check")

    assert 1 == result.exit_code
    assert re.search(r"connect failed: connection +refused", result.stdout)
    assert result.stdout.startswith("nothing is held")
