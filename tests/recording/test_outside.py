"""A whole router with everything outside: a real PostgreSQL that is away and comes back, a witness, a file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from ledger.fleet_desk import eventually, same
from support.postgres import Server
from support.witness import Witness

from modelrouter.core.evidence import Anchor
from modelrouter.ledger.checkpoint import Checkpoint, several
from modelrouter.ledger.shards import key_of
from recording.desk import ORIGIN, left, on_loop, recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


async def so(true: Callable[[], object]) -> None:
    """Wait until something is so, and let the router go on meanwhile."""
    await asyncio.to_thread(eventually, true)


@pytest.mark.alone
@on_loop
async def test_answers_come_while_everything_outside_is_away_and_all_of_it_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer names its durable entry; what is away is told of; in the end both have all, anchored and cosigned."""
    server = Server()
    dsn = server.database()
    monkeypatch.setenv("LEDGER_DSN", dsn)
    witness = Witness(**{f"{ORIGIN}/0": key_of(tmp_path / "ledger").public})
    witness.mode = "broken"
    file = tmp_path / "anchor"
    try:
        with witness.serving() as address:
            anchors = (Anchor(kind="witness", where=address, key=witness.key), Anchor(kind="file", where=str(file)))
            router = recording(tmp_path, postgres="env:LEDGER_DSN", anchors=anchors, checkpoint_entries=10)
            server.stop()
            for number in range(40):
                answer = await router.achat("p", f"question {number}")
                assert answer.headers["x-modelrouter-entry"].startswith(f"{ORIGIN}/0#")
            await so(lambda: router.ledger is not None and len(router.ledger.outside) == 2)
            assert router.ledger is not None
            assert router.ledger.behind >= 80
            assert dsn not in repr(router.ledger)
            server.start()
            witness.mode = "honest"
            await so(lambda: router.ledger is not None and not router.ledger.outside and not router.ledger.behind)
            await router.aclose()
        rows = left(tmp_path)
        assert same(server, dsn, tmp_path / "ledger" / "0.db", f"{ORIGIN}/0") == len(rows)
    finally:
        server.remove()

    assert Checkpoint.read(several(file.read_text())[-1].text).size == len(rows)
    assert witness.last[f"{ORIGIN}/0"][0] == len(rows)
    assert {"kept", "failed", "cosigned"} <= {row.values["outcome"] for row in rows if row.kind == "anchor"}
