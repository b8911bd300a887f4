"""Twins live on asyncio."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The loop of a rehearsal."""
    return "asyncio"
