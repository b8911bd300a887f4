from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelrouter.core.evidence import Ledger
from modelrouter.router import Router
from modelrouter.testing import ScriptedProvider, text
from recording.desk import small
from recording.killing import ORIGIN, Answer, judged

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


def test_an_answer_whose_entry_is_another_or_none_is_counted_as_lost(tmp_path: Path) -> None:
    """What judges the kills notices a wrong number, a wrong request and an entry that is not there."""
    ledger = Ledger(folder=str(tmp_path / "ledger"), origin=ORIGIN)
    provider = ScriptedProvider({"a": [text("hello")], "b": [text("b")]})
    with Router(small(), clients=provider.clients(), observers=[], hold_file=None, ledger=ledger) as router:
        answers = [router.chat("p", "hi") for _ in range(2)]
    first, second = (Answer(each.decision.id, each.headers["x-modelrouter-entry"]) for each in answers)
    forged = [
        first._replace(entry=second.entry),
        first._replace(entry=f"{ORIGIN}/0#999"),
        second._replace(request="mr_0"),
    ]

    assert judged(tmp_path / "ledger", [first, second])["lost"] == 0
    assert judged(tmp_path / "ledger", [first, second, *forged])["lost"] == 3
