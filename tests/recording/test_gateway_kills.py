from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.alone
KILLING = Path(__file__).with_name("killing.py")


def kill(folder: Path, *options: str) -> dict[str, Any]:
    """What came of killing gateways over a ledger there."""
    done = subprocess.run(
        [sys.executable, KILLING, folder / "killed", *options], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def test_an_answer_that_names_its_entry_is_in_the_ledger_although_the_gateway_was_killed(tmp_path: Path) -> None:
    """Of 20 gateways, killed under load the moment an answer arrived: every answer named its entry, every one is there,
    the stand-alone verifier finds nothing wrong, and whoever came next said what had been interrupted, each once.
    """  # noqa: D205 - one promise
    came = kill(tmp_path, "--kills", "20", "--seed", "7")

    assert (came["kills"], came["lost"], came["shards"]) == (20, 0, 1)
    assert came["acknowledged"] == came["answers"] >= 200
    assert came["interrupted"] >= 20
    assert came["cut"] >= 1
    assert came["begun"] == 21


def test_nothing_is_promised_where_nothing_waits(tmp_path: Path) -> None:
    """A relaxed ledger acknowledges nothing, and what it has is whole all the same."""
    came = kill(tmp_path, "--kills", "3", "--durability", "relaxed")

    assert (came["acknowledged"], came["unacknowledged"]) == (0, came["answers"])
    assert came["requests"] >= 20
