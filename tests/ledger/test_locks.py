"""Locks of a ledger's shards."""

from __future__ import annotations

import gc
import os
import weakref
from typing import TYPE_CHECKING

import pytest

from modelrouter.ledger.shards import Lock

if TYPE_CHECKING:
    from pathlib import Path


def test_locks_leave_nothing_behind_for_forks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is registered for forked children stays for ever: taking locks registers nothing, and they are not kept alive."""
    registered: list[object] = []
    monkeypatch.setattr(os, "register_at_fork", lambda **hooks: registered.append(hooks))
    taken = [Lock.of(tmp_path / f"{number}.db") for number in range(3)]
    alive = [weakref.ref(each) for each in taken]
    del taken
    gc.collect()

    assert registered == []
    assert [each() for each in alive] == [None] * 3


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_holds_no_lock_of_its_parent(tmp_path: Path) -> None:
    """It lives on, and the parent lets go: then the shard is free for others."""
    first, second = (Lock.of(tmp_path / f"{number}.db") for number in range(2))
    ready, told = os.pipe()
    stay, over = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(over)
        os.write(told, b"x")
        os.read(stay, 1)  # until the parent closes its end
        os._exit(0)
    os.read(ready, 1)
    held = [Lock.taken(each.path) is None for each in (first, second)]
    first.release()
    second.release()
    free = [Lock.taken(each.path) is not None for each in (first, second)]
    for each in (ready, told, stay, over):
        os.close(each)
    status = os.waitpid(child, 0)[1]

    assert (held, free, status) == ([True, True], [True, True], 0)
