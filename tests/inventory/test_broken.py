"""Five broken inventories, and every word that is said about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelrouter.errors import InventoryError
from modelrouter.inventory import examine, load

BROKEN = Path(__file__).parent / "broken"
NAMES = sorted(path.stem for path in BROKEN.glob("*.yaml"))


def test_there_are_five() -> None:
    """The examples are found, and each has its expected messages."""
    assert len(NAMES) == 5
    assert sorted(path.stem for path in BROKEN.glob("*.txt")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_problem_is_told_at_once_with_its_place(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All problems of a file come together, sorted by place, each with line, column, meaning and what to write."""
    monkeypatch.chdir(BROKEN)
    expected = (BROKEN / f"{name}.txt").read_text(encoding="utf-8").splitlines()

    assert [str(problem) for problem in examine(f"{name}.yaml").problems] == expected


@pytest.mark.parametrize("name", NAMES)
def test_loading_raises_them_all(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error carries the same problems as values, and its text is all of them."""
    monkeypatch.chdir(BROKEN)
    with pytest.raises(InventoryError) as caught:
        load(f"{name}.yaml")

    assert caught.value.problems == examine(f"{name}.yaml").problems
    assert str(caught.value) == (BROKEN / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize("secret", ["Zq7hPq2mVt9sLk3xWn8rBd5f", "hunter2", "correct-horse-battery"])
def test_no_message_repeats_a_secret(secret: str) -> None:
    """What was pasted into the file does not come back out of it."""
    assert secret in (BROKEN / "secrets.yaml").read_text(encoding="utf-8")
    assert secret not in (BROKEN / "secrets.txt").read_text(encoding="utf-8")
