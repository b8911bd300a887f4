"""Two readings of the law, by people who share no code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.agreement import main, run

if TYPE_CHECKING:
    import pytest

TRIPLES = 5000


def test_the_reader_and_the_router_name_the_same_rules() -> None:
    """For random inventories, requests, deployments and days: permitted by both, or forbidden by the same rules."""
    counted, apart = run(TRIPLES)

    assert [] == apart
    assert min(counted["permitted"], counted["forbidden"]) > TRIPLES / 10


def test_the_command_tells_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """A longer run is one command."""
    assert main(["--triples", "50", "--from", "7"]) == 0
    assert "0 read differently" in capsys.readouterr().out
