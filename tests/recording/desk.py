"""Routers that record, and what they left."""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Any

from ledger.writing import Row, audited, rows
from support.inventories import deployment, inventory, process

from modelrouter.core.evidence import Ledger
from modelrouter.ledger.note import ED25519, Note, VerifierKey
from modelrouter.ledger.shards import key_of, shards
from modelrouter.ledger.signing import head_path
from modelrouter.router import Router
from modelrouter.testing import ScriptedProvider, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from modelrouter.core.inventory import Inventory
    from modelrouter.testing import Script

ORIGIN = "ledger.example/router"


def on_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run a test on an event loop of its own."""

    @wraps(test)
    def run(**given: Any) -> None:
        async def whole() -> None:
            async with asyncio.timeout(60):
                await test(**given)

        asyncio.run(whole())

    return run


def kept_in(folder: Path, **how: Any) -> Ledger:
    """A ledger in this folder."""
    return Ledger(folder=str(folder / "ledger"), origin=ORIGIN, **how)


def small(**facts: Any) -> Inventory:
    """One process that goes to `a`, then to `b`."""
    return inventory(process("p", deployment("a"), deployment("b"), **facts))


def recording(
    folder: Path, provider: ScriptedProvider | None = None, of: Inventory | None = None, **how: Any
) -> Router:
    """A router that records beside nobody."""
    provider = provider or scripted()
    return Router(
        of or small(), clients=provider.clients(), observers=[], hold_file=None, ledger=kept_in(folder, **how)
    )


def scripted(a: list[Script] | None = None, b: list[Script] | None = None) -> ScriptedProvider:
    """A provider of both deployments; what is not scripted answers."""
    return ScriptedProvider({"a": a or [text("hello")], "b": b or [text("from b")]})


def left(folder: Path, *kinds: str) -> list[Row]:
    """What stands in the first shard, of these kinds or all, after its verifier found nothing wrong."""
    ledger = folder / "ledger"
    path = ledger / "0.db"
    key = str(VerifierKey(f"{ORIGIN}/0", ED25519, key_of(ledger).public))
    head = head_path(path)
    audited(path, [Note.read(head.read_text())] if head.exists() else [], key if head.exists() else None)
    return [row for row in rows(path) if not kinds or row.kind in kinds]


def shard_count(folder: Path) -> int:
    """How many shards there are."""
    ledger = folder / "ledger"
    return len(shards(ledger)) if ledger.exists() else 0
