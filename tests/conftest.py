"""What all tests share: the environment they never touch, and small inventories."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # a script's background ignores interrupts, and so would our children
    signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore = [] if "LLAMA_SERVER" in os.environ else ["local"]  # `make local` has what these need


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """For `-m alone`, import only files that name the mark: to import them all takes a quarter of a minute."""
    if config.option.markexpr != "alone" or collection_path.suffix != ".py":
        return None
    return None if ".alone" in collection_path.read_text(encoding="utf-8") else True


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the hold files of tests out of the home of whoever runs them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
