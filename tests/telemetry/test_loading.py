"""While OpenTelemetry is loaded, requests on an event loop go on; what they were is told afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from modelrouter.telemetry.destination import MOST_ASIDE

if TYPE_CHECKING:
    from support.otlp import Receiver

LOST = "telemetry not delivered: requests go on, traces and metrics are lost"


def gated(receiver: Receiver, mode: str, count: int) -> dict[str, Any]:
    """What a process told whose library was not there before so many requests, and one more, were over."""
    done = subprocess.run(
        [sys.executable, "-m", "telemetry.gated", receiver.url, mode, str(count)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("mode", ["early", "reloaded"])
def test_no_request_waits_for_the_library(receiver: Receiver, mode: str) -> None:
    """Not with the first request, nor with the first after a reload brought the section; and none of them is lost."""
    assert gated(receiver, mode, 20) == {"answers": 21, "reached": True, "waited": False, "log": []}
    assert len(receiver.await_spans(42)) == 42


def test_what_is_put_aside_is_bounded(receiver: Receiver) -> None:
    """More requests than can be put aside are lost, which is said with their number; the others arrive."""
    told = gated(receiver, "early", MOST_ASIDE + 6)

    assert told["waited"] is False
    assert told["log"] == [
        f"{LOST}: more requests than can be put aside while OpenTelemetry is loaded",
        "telemetry is delivered again: 7",
    ]
    assert len(receiver.await_spans(2 * MOST_ASIDE)) == 2 * MOST_ASIDE


def test_a_library_that_cannot_be_loaded_is_said_once(receiver: Receiver) -> None:
    """By the kind of its error; requests are served all the same."""
    told = gated(receiver, "broken", 5)

    assert told == {
        "answers": 6,
        "reached": True,
        "waited": False,
        "log": [f"{LOST}: OpenTelemetry cannot be loaded: ImportError"],
    }
