"""Waiting for nothing."""

from __future__ import annotations

import asyncio


async def forever() -> None:
    """Wait until cancelled."""
    await asyncio.get_running_loop().create_future()
