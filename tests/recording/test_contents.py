from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from ledger.writing import rows

from modelrouter.core.evidence import Record
from modelrouter.errors import LedgerError, MissingSecretError
from modelrouter.ledger.contents import BODIES, KEYS, LONGEST, Contents, key_from, read, shred
from modelrouter.ledger.reading import opened
from modelrouter.ledger.store import Store
from modelrouter.testing import stream, text
from recording.desk import ORIGIN, left, on_loop, recording, scripted, small

if TYPE_CHECKING:
    from pathlib import Path

    from modelrouter.core.inventory import Inventory

KEY = bytes(range(32))
PROMPT = "the claim of Mrs Quillfeather"
DAY_S = 86_400.0


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENT_KEY", KEY.hex())


def keeping(*, days: float = 30) -> Inventory:
    """An inventory whose process records what is said."""
    return small(record=Record(content=True, keep_s=days * DAY_S))


def everything(folder: Path) -> bytes:
    """Every byte of every file of the ledger."""
    return b"".join(path.read_bytes() for path in sorted((folder / "ledger").iterdir()))


@on_loop
async def test_what_was_asked_and_answered_can_be_read_with_the_key_alone(tmp_path: Path) -> None:
    """The entries commit to what is kept; without the key there is nothing to read, and no byte of it in any file."""
    router = recording(tmp_path, scripted(a=[text("paid in full")]), keeping(), contents_key="env:CONTENT_KEY")
    await router.achat("p", PROMPT)
    await router.aclose()
    (request,), (decision,) = left(tmp_path, "request"), left(tmp_path, "decision")
    with opened(tmp_path / "ledger" / "0.db") as reader:
        asked = read(reader, request.values["content"], KEY)
        answered = read(reader, decision.values["content"], KEY)
        with pytest.raises(LedgerError, match="cannot be unwrapped"):
            read(reader, request.values["content"], bytes(32))
        bent = {**request.values["content"], "sha256": "0" * 64}
        with pytest.raises(LedgerError, match="not what its entry commits to"):
            read(reader, bent, KEY)
        swapped = {**request.values["content"], "place": decision.values["content"]["place"]}
        swapped["sha256"] = decision.values["content"]["sha256"]

    assert PROMPT.encode() in (asked or b"")
    assert b"paid in full" in (answered or b"")
    assert request.values["content"]["bytes"] == len(asked or b"")
    assert PROMPT.encode() not in everything(tmp_path)
    assert b"paid in full" not in everything(tmp_path)


@on_loop
async def test_a_stream_is_kept_as_its_caller_got_it(tmp_path: Path) -> None:
    """Every byte, with the entry that tells of its end."""
    router = recording(tmp_path, scripted(a=[stream(["one", "two"])]), keeping(), contents_key="env:CONTENT_KEY")
    answer = await router.achat("p", PROMPT, stream=True)
    got = b"".join([block async for block in answer])
    await router.aclose()
    (end,) = left(tmp_path, "stream")

    with opened(tmp_path / "ledger" / "0.db") as reader:
        assert read(reader, end.values["content"], KEY) == got


@on_loop
async def test_a_process_that_does_not_ask_keeps_nothing(tmp_path: Path) -> None:
    """A key for contents alone records none."""
    router = recording(tmp_path, contents_key="env:CONTENT_KEY")
    await router.achat("p", PROMPT)
    await router.aclose()

    assert ["content" in row.values for row in left(tmp_path, "request", "decision")] == [False, False]
    store = Store.open(tmp_path / "ledger" / "0.db", f"{ORIGIN}/0")
    assert store.names(KEYS) == store.names(BODIES) == []
    store.close()


@on_loop
async def test_after_its_time_nobody_can_read_it_and_the_ledger_still_verifies(tmp_path: Path) -> None:
    """The key of a day is destroyed on the day after the last one, and then what it encrypted; not a day earlier."""
    router = recording(tmp_path, scripted(), keeping(days=2), contents_key="env:CONTENT_KEY")
    await router.achat("p", PROMPT)
    await router.aclose()
    path = tmp_path / "ledger" / "0.db"
    (request,) = left(tmp_path, "request")
    until = date.fromisoformat(request.values["content"]["key"].removeprefix(KEYS)[:10])
    store = Store.open(path, f"{ORIGIN}/0")
    wrapped = store.get(request.values["content"]["key"])
    sealed = store.get(request.values["content"]["place"])
    assert wrapped is not None
    assert sealed is not None

    assert shred(store, until) == 0
    assert read(store, request.values["content"], KEY) is not None
    later = until.replace(year=until.year + 1)
    assert shred(store, later) == 1
    assert read(store, request.values["content"], KEY) is None
    while shred(store, later):
        pass
    assert store.names("content") == []
    store.close()

    assert wrapped not in everything(tmp_path)
    assert sealed not in everything(tmp_path)
    assert len(left(tmp_path)) == len(rows(path))


@on_loop
async def test_each_opening_looks_for_keys_whose_time_is_over(tmp_path: Path) -> None:
    """Also in shards that nobody writes any more."""
    short = keeping(days=0)
    both = [recording(tmp_path, scripted(), short, contents_key="env:CONTENT_KEY") for _ in range(2)]
    for router in both:
        await router.achat("p", PROMPT)
    for router in both:
        await router.aclose()
    for number in (0, 1):  # as if it had been the day before
        store = Store.open(tmp_path / "ledger" / f"{number}.db", f"{ORIGIN}/{number}")
        for name in store.names(KEYS):
            store.put(f"{KEYS}2001-01-01/{name.removeprefix(KEYS)[11:]}", b"wrapped")
            store.forget([name])
        store.close()
    for _ in range(20):  # one is enough, but for a machine so busy that it comes to nothing before it is closed
        later = recording(tmp_path, scripted(), short, contents_key="env:CONTENT_KEY")
        await later.start()
        await later.aclose()
        if not any(kept_of(tmp_path, number) for number in (0, 1)):
            break

    assert kept_of(tmp_path, 0) == kept_of(tmp_path, 1) == []


def kept_of(folder: Path, number: int) -> list[str]:
    """What a shard still has of contents."""
    store = Store.open(folder / "ledger" / f"{number}.db", f"{ORIGIN}/{number}")
    names = store.names("content")
    store.close()
    return names


def test_nothing_can_be_put_in_the_place_of_something_else() -> None:
    """What is moved to another name does not decrypt, even where the entry were changed with it."""
    contents = Contents(KEY)
    kept = [contents.keep(name, "p", "asked", name.encode(), wall=0.0, keep_s=DAY_S) for name in ("one", "two")]
    facts = {**kept[0].facts, **kept[1].facts}
    moved = dict(facts)
    moved[kept[0].field["place"]] = facts[kept[1].field["place"]]
    shelf = type("Shelf", (), {"get": staticmethod(moved.get)})()
    field = {**kept[0].field, "sha256": kept[1].field["sha256"]}

    with pytest.raises(LedgerError, match="cannot be decrypted"):
        read(shelf, field, KEY)


def test_what_is_very_long_is_kept_in_part_and_says_so() -> None:
    """The entry has the whole length and that of what is kept."""
    kept = Contents(KEY).keep("one", "p", "asked", bytes(LONGEST + 5), wall=0.0, keep_s=DAY_S)

    assert (kept.field["bytes"], kept.field["kept"]) == (LONGEST + 5, LONGEST)


@on_loop
async def test_of_a_very_long_stream_the_beginning_is_kept(tmp_path: Path) -> None:
    """Memory is bounded, and the entry says how long it was."""
    long = stream(["x" * (LONGEST // 4)] * 6)
    router = recording(tmp_path, scripted(a=[long]), keeping(), contents_key="env:CONTENT_KEY")
    answer = await router.achat("p", PROMPT, stream=True)
    got = b"".join([block async for block in answer])
    await router.aclose()
    (end,) = left(tmp_path, "stream")

    assert (end.values["content"]["bytes"], end.values["content"]["kept"]) == (len(got), LONGEST)
    with opened(tmp_path / "ledger" / "0.db") as reader:
        assert read(reader, end.values["content"], KEY) == got[:LONGEST]


def test_processes_and_days_have_keys_of_their_own() -> None:
    """Destroying one day of one process touches nothing else."""
    contents = Contents(KEY)
    names = {
        contents.keep("r", process, "asked", b"x", wall=wall, keep_s=DAY_S).field["key"]
        for process in ("p", "q")
        for wall in (0.0, 1.0, DAY_S)
    }

    assert len(names) == 4


@pytest.mark.parametrize("written", ["", "abc", "00" * 31, "zz" * 32])
def test_a_key_of_another_length_is_refused_without_being_shown(written: str) -> None:
    """Whoever reads the message learns nothing of the key."""
    with pytest.raises(LedgerError) as caught:
        key_from(written, "env:CONTENT_KEY")

    assert not written or written not in str(caught.value)


@on_loop
async def test_a_missing_key_for_contents_is_said_at_the_start(tmp_path: Path) -> None:
    """Not at the first prompt."""
    router = recording(tmp_path, scripted(), keeping(), contents_key="env:NO_CONTENT_KEY")
    with pytest.raises(MissingSecretError, match="NO_CONTENT_KEY"):
        await router.start()
    await router.aclose()
