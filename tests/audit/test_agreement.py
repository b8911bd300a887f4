"""Two readings of the law, by people who share no code."""

from __future__ import annotations

from tests.audit.agreement import main, run

TRIPLES = 5000


def test_the_reader_and_the_router_name_the_same_rules():
    """For random inventories, requests, deployments and days: permitted by both, or forbidden by the same rules."""
    counted, apart = run(TRIPLES)

    assert [] == apart
    assert min(counted["permitted"], counted["forbidden"]) > TRIPLES / 10


def test_the_command_tells_its_figures(capsys):
    """A longer run is one command."""
    assert main(["--triples", "50", "--from", "7"]) == 0
    assert "0 read differently" in capsys.readouterr().out
