"""`modelrouter serve`, where it refuses; tests/gateway shows it at work."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Desk


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "gateway.example"])
def test_refuses_other_machines(desk: Desk, host: str) -> None:
    """It does not start where other machines could reach it, and says why."""
    result = desk.run("serve", "--host", host, "--port", "0")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: the gateway does not listen on {host!r} without keys")


def test_port_in_use(desk: Desk) -> None:
    """A port that somebody has is one clear line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = desk.run("serve", "--port", port)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: port {port} of 127.0.0.1 is in use: choose another with --port\n"


def test_wrong_inventory(desk: Desk) -> None:
    """An inventory that cannot be used is not served."""
    desk.file.write_text("inventory: [")
    result = desk.run("serve", "--port", "0")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "cannot be used: " in result.stderr
