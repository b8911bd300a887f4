"""`--aralia FOLDER`: published fault trees, which are not ours to hand out, checked where somebody has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the folder of the Aralia trees in Open-PSA XML."""
    parser.addoption(
        "--aralia", default=None, metavar="FOLDER", help="also solve the Aralia fault trees in this folder"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without the trees there is nothing to check."""
    return True if collection_path.name == "test_aralia.py" and not config.getoption("--aralia", None) else None
