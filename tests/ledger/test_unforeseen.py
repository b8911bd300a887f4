"""Errors that nobody foresaw, in the log: their kind and their way, and never what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.writing import Desk, probe
from modelrouter.ledger.entry import Draft, Kind

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "sk-of-the-caller"


def spoken(*_: Any) -> Any:
    """What a library does that quotes what it was given."""
    try:
        dict[str, str]()[SECRET]
    except LookupError as error:
        raise RuntimeError(f"not so: {SECRET}") from error


class Unmakeable(dict[str, Any]):
    """Values of which no entry can be made."""

    def __len__(self) -> int:
        spoken()
        return 0


@pytest.mark.parametrize("where", ["kept", "facts", "entry"])
def test_the_log_says_kind_and_way_and_no_message(tmp_path: Path, caplog: pytest.LogCaptureFixture, where: str) -> None:
    """Whoever is told, whatever is kept beside a checkpoint, whatever was to be recorded: nothing of it is repeated."""
    made = Desk(tmp_path / "0.db", checkpoint_entries=5, **({"facts": spoken} if where == "facts" else {}))
    if where == "kept":
        made.journal.append([probe(1)], spoken)
    if where == "entry":
        made.journal.append([Draft(Kind.PROBE, 1, Unmakeable(a=1))])
    for number in range(8):
        made.write(probe(number))
    made.journal.close()

    said = [each for each in caplog.records if each.name == "modelrouter.ledger"]
    assert said
    assert SECRET not in caplog.text
    for each in said:
        assert "RuntimeError at " in each.getMessage()
        assert "spoken, after KeyError at ledger/test_unforeseen.py:" in each.getMessage()
