from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ledger.writing import audited, rows

TROUBLE = Path(__file__).with_name("trouble.py")
ALARM = "nothing is recorded: entries wait in memory"


def seen(folder: Path, unavailable: str) -> dict[str, Any]:
    """What the callers of a gateway saw while its disk was full."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, TROUBLE, folder, unavailable], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def test_answers_go_out_without_the_header_while_the_disk_is_full(tmp_path: Path) -> None:
    """`serve`: at once, with an alarm, shown to Prometheus and orchestrators; later everything is in the ledger."""
    told = seen(tmp_path / "here", "serve")

    assert told["before"] == told["after"] == {"status": 200, "kept": True, "called": True}
    assert told["amid"] == [{"status": 200, "kept": False, "called": True}] * 10
    assert (told["well"]["ledger"], told["ill"]["ledger"], told["ill"]["status"]) == ("well", "in trouble", "ready")
    assert (told["trouble"], told["over"], told["lost"]) == (1.0, 0.0, 0.0)
    assert told["waiting"] >= 20
    assert told["alarms"] == [ALARM]
    path = tmp_path / "here" / "ledger" / "0.db"
    found = rows(path)
    audited(path, key=None)
    asked = {row.values["id"] for row in found if row.kind == "request"}
    assert len(asked) >= 13
    assert asked == {row.values["id"] for row in found if row.kind == "decision"}


def test_nothing_is_served_while_the_disk_is_full_where_the_inventory_says_so(tmp_path: Path) -> None:
    """`refuse`: 503 before any provider is called, and orchestrators are told to send nobody here."""
    told = seen(tmp_path / "here", "refuse")

    assert told["before"] == told["after"] == {"status": 200, "kept": True, "called": True}
    assert told["amid"] == [{"status": 503, "kept": False, "called": False}] * 10
    assert (told["ill"]["status"], told["ill"]["ledger"], told["over"]) == ("not ready", "in trouble", 0.0)
    assert told["alarms"] == [ALARM]
