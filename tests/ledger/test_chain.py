from __future__ import annotations

from io import BytesIO
from random import Random

import pytest

from ledger.building import ORIGIN, Built, build, draft
from modelrouter.ledger import chain, entry
from modelrouter.ledger.canonical import NoCanonicalFormError
from modelrouter.ledger.chain import CLOSED, Head
from modelrouter.ledger.entry import BrokenError, Draft, Kind, MalformedError
from modelrouter.ledger.merkle import START


def ledger(seed: int = 1, size: int = 30) -> Built:
    """One at random."""
    return build(Random(seed), size)


def raws(built: Built) -> list[bytes]:
    """Its hashed bytes."""
    return [each.raw for each in built.entries]


@pytest.mark.parametrize("seed", range(10))
def test_a_ledger_is_walked_to_the_head_that_wrote_it(seed: int) -> None:
    """Whole, or from any place on: the same size, root, last hash, time and writer."""
    built = ledger(seed)
    half = chain.walk(chain.start(ORIGIN), raws(built)[:11])

    assert built.head == chain.walk(chain.start(ORIGIN), raws(built))
    assert built.head == chain.walk(half, raws(built)[11:])
    assert built.head.tree == START.extended([each.leaf for each in built.entries])


def test_a_walk_in_blocks_is_one_walk() -> None:
    """Thousands of entries end where they end, whatever is taken at a time."""
    head, made = chain.append(
        chain.start(ORIGIN), [chain.begin(chain.start(ORIGIN), 5, "w", None)], Random(1).randbytes
    )
    head, more = chain.append(head, [Draft(Kind.HOLD, 9, {})] * (chain.BLOCK + 5), Random(1).randbytes)

    assert head == chain.walk(chain.start(ORIGIN), (each.raw for each in made + more))


def test_one_batch_or_many_write_the_same() -> None:
    """How drafts are grouped leaves no trace."""
    random = Random(3)
    drafts = [chain.begin(chain.start(ORIGIN), 0, "w", None), *(draft(random, n) for n in range(20))]
    together, made = chain.append(chain.start(ORIGIN), drafts, Random(4).randbytes)
    salts = BytesIO(Random(4).randbytes(16 * sum(len(each.values) for each in drafts)))
    head, alone = chain.start(ORIGIN), []
    for each in drafts:
        head, one = chain.append(head, [each], salts.read)
        alone += one

    assert (together, made) == (head, alone)


def test_a_failed_batch_leaves_the_head_as_it_was() -> None:
    """A value without a form in the middle of a batch: nothing of it was appended."""
    head = ledger().head
    before = chain.dump(head)

    with pytest.raises(NoCanonicalFormError):
        chain.append(
            head, [chain.begin(head, 0, "w", None), Draft(Kind.HOLD, 0, {"a": float("nan")})], Random(1).randbytes
        )
    assert before == chain.dump(head)


def test_begin_says_how_the_writer_before_stopped() -> None:
    """Nothing before the first, an end, or an interruption."""
    random = Random(5)
    head = chain.start(ORIGIN)
    told = []
    for ended in (False, True, False):
        begin = chain.begin(head, 0, "w", None)
        told.append(begin.values["before"])
        head, _ = chain.append(head, [begin, draft(random, 0)], random.randbytes)
        if ended:
            head, made = chain.append(head, [chain.end(head, 0)], random.randbytes)
            assert 3 == entry.read_fields(made[0].fields)["entries"].value
    assert ["nothing", "interruption", "end"] == told


def test_nothing_is_written_without_a_begin() -> None:
    """Neither at the start nor after an end."""
    head, random = chain.start(ORIGIN), Random(1)
    with pytest.raises(MalformedError, match="without a writer that began"):
        chain.append(head, [draft(random, 0)], random.randbytes)
    head, _ = chain.append(
        head, [chain.begin(head, 0, "w", None), Draft(Kind.END, 0, {"entries": 2})], random.randbytes
    )
    assert head.begun == CLOSED
    with pytest.raises(MalformedError, match="without a writer that began"):
        chain.append(head, [draft(random, 0)], random.randbytes)


def test_time_never_goes_back() -> None:
    """A clock that was set back is held until it has caught up, over batches too."""
    head, random = chain.start(ORIGIN), Random(1)
    head, one = chain.append(head, [chain.begin(head, 1_000_000, "w", None), Draft(Kind.HOLD, 5, {})], random.randbytes)
    head, two = chain.append(head, [Draft(Kind.HOLD, 7, {}), Draft(Kind.HOLD, 2_000_000, {})], random.randbytes)

    assert ["1970-01-01T00:00:01.000000Z"] * 3 + ["1970-01-01T00:00:02.000000Z"] == [
        entry.read(each.raw).time for each in one + two
    ]


def _edited(lines: list[bytes], place: int, old: bytes, new: bytes) -> list[bytes]:
    assert old in lines[place]
    return [*lines[:place], lines[place].replace(old, new), *lines[place + 1 :]]


def test_a_broken_chain_says_where() -> None:
    """A change, a gap, another order, another ledger's start: the first entry that does not fit is named."""
    lines = raws(ledger())
    start = chain.start(ORIGIN)
    for place, bent, why in [
        (12, _edited(lines, 11, b'"commitments"', b'"commitmentz"'), "not the form|does not follow"),
        (11, lines[:11] + lines[12:], "the entry 12 stands in its place"),
        (11, [*lines[:11], lines[12], lines[11], *lines[13:]], "the entry 12 stands in its place"),
        (11, [*lines[:11], lines[10], *lines[11:]], "the entry 10 stands in its place"),
        (11, [*lines[:11], b"", *lines[11:]], "not the form of an entry"),
        (11, _edited(lines, 11, b'"number":11', b'"number":12'), "the entry 12 stands in its place"),
    ]:
        with pytest.raises(BrokenError, match=why) as broken:
            chain.walk(start, bent)
        assert place == broken.value.number
    with pytest.raises(BrokenError, match="of another ledger"):
        chain.walk(chain.start("other.example"), lines)


def test_an_entry_without_a_writer_or_earlier_than_the_one_before_is_found() -> None:
    """Even where every hash is right, because whoever wrote it made them so."""
    head, random = chain.start(ORIGIN), Random(1)
    alone = entry.seal(Draft(Kind.HOLD, 0, {}), 0, head.after, b"")
    with pytest.raises(BrokenError, match="entry 0: without a writer"):
        chain.walk(head, [alone.raw])
    head, made = chain.append(head, [chain.begin(head, 10, "w", None)], random.randbytes)
    early = entry.seal(Draft(Kind.HOLD, 9, {}), 1, head.after, b"")
    with pytest.raises(BrokenError, match="entry 1: earlier"):
        chain.walk(chain.start(ORIGIN), [made[0].raw, early.raw])


@pytest.mark.parametrize("origin", ["", "with space", "a+b", "line\nbreak", "x" * 201])
def test_an_origin_is_a_plain_name(origin: str) -> None:
    """Signed notes cannot name other ones."""
    with pytest.raises(MalformedError, match="no origin"):
        chain.start(origin)


def test_a_head_can_be_kept() -> None:
    """What was dumped is loaded; what is no head is refused."""
    head = ledger().head
    data = chain.dump(head)

    assert head == chain.load(data)
    assert isinstance(chain.load(data), Head)
    for bent in (
        b"{}",
        b"[]",
        data.replace(b'"begun":', b'"began":'),
        data.replace(b'"tree":[', b'"tree":[9'),
        data.replace(b'"after":"', b'"after":"A'),
    ):
        with pytest.raises(MalformedError, match="not the head"):
            chain.load(bent)
