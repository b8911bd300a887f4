"""What registers are filled from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.registers import WHOLE

from modelrouter.inventory import parse

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory


@pytest.fixture(scope="session")
def whole() -> Inventory:
    """Everything that registers ask for."""
    return parse(WHOLE)
