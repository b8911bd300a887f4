"""What JavaScript's clients said over each pair of wires: one run of Node for a pair, which serves all of its tests."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from compat.stand import Pair, Stand

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
Said = dict[tuple[str, str], dict[str, Any]]
"""By client and ability."""


@pytest.fixture(scope="session")
def said(stand: Stand) -> Any:
    """Ask what was said over a pair."""
    known: dict[Pair, Said] = {}

    def over(pair: Pair) -> Said:
        if pair not in known:
            known[pair] = played(stand.url, pair)
        return known[pair]

    return over


def played(url: str, pair: Pair) -> Said:
    """Run every client over a pair."""
    command = [PACKAGES / ".bin" / "node", HERE / "clients.mjs", url, *pair]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    told = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    return {(each["client"], each["ability"]): each for each in told}
