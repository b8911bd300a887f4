"""Contracts held against what a router really recorded, of calls over real sockets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cli.conftest import Desk

TOMORROW = str((datetime.now(UTC) + timedelta(days=1)).date())
MORE = """
contracts:
  msa: {sla: {availability: 99.9%, credits: [{below: 99.9%, credit: 10%}]}}
ledger: {folder: ledger, origin: ledger.example/contracts}
"""


@pytest.fixture
def under(desk: Desk) -> Desk:
    """The desk, its first provider outside the house and under a contract, with a ledger."""
    text = desk.file.read_text()
    desk.file.write_text(text.replace("company: First Inc, local: true", "company: First Inc, contract: msa", 1) + MORE)
    return desk


def measured(desk: Desk) -> dict[str, Any]:
    """What is known of the contract, once today is over."""
    found = desk.json("contracts", "-f", str(desk.file), "--today", TOMORROW)["contracts"]["msa"]["measured"]["msa"]
    return {each: found[each] for each in ("answered", "failed", "left_out", "kept_away")}


def test_nothing_is_measured_before_anything_was_recorded(under: Desk) -> None:
    """The inventory's ledger is meant where none is named; where it has not begun, nothing is made up."""
    assert measured(under) == {"answered": 0, "failed": 0, "left_out": 0, "kept_away": 0}
    assert "nothing is measured" in under.run("contracts", "-f", str(under.file)).output


def test_calls_that_failed_count_for_the_contract_though_every_request_was_served(under: Desk) -> None:
    """Two answers, then an outage that failover hides from callers: the ledger has each failed call of the provider."""
    for mode, times in (("ok", 2), ("status", 1)):
        under.first.mode = mode  # type: ignore[assignment]  # one of its modes
        for _ in range(times):
            assert under.run("ask", "claims", "hello", "--no-stream").exit_code == 0
    failed = under.first.calls - 2

    assert failed >= 1
    assert measured(under) == {"answered": 2, "failed": failed, "left_out": 0, "kept_away": 0}


def test_a_stream_that_the_provider_cut_is_a_failed_call(under: Desk) -> None:
    """It had begun well, and its decision says that it was served; its end takes that back, and `network` must count."""
    under.first.mode = "cut"
    under.run("ask", "claims", "hello")

    assert under.first.calls == 1
    assert measured(under) == {"answered": 0, "failed": 0, "left_out": 1, "kept_away": 0}
    under.file.write_text(
        under.file.read_text().replace("availability: 99.9%", "availability: 99.9%, counts: [network]")
    )
    assert measured(under) == {"answered": 0, "failed": 1, "left_out": 0, "kept_away": 0}
