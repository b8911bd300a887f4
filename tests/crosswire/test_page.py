"""The page of the documentation says what the matrix proves."""

from __future__ import annotations

from pathlib import Path

from crosswire.page import LOSSES, page, rows
from crosswire.refusals import LOST

PAGE = Path(__file__).parents[2] / "docs" / "wires.md"


def test_the_page_is_fresh() -> None:
    """What stands in the documentation is what the tables say today."""
    assert PAGE.read_text() == page()


def test_a_stale_page_is_caught() -> None:
    """The promise above breaks where one cell differs."""
    assert page().replace("| yes |", "| refused |", 1) != page()


def test_every_loss_is_explained() -> None:
    """No cell names a loss of which the page does not say why."""
    assert all(f"`{name}`" in LOSSES for names in LOST.values() for name in names)
    assert len({len(row) for row in rows()}) == 1
