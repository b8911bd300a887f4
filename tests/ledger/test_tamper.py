from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from ledger.building import Built, key_of
from ledger.tamper import LEDGERS, WAYS, case, ledger, main, withdraw
from modelrouter.ledger import chain, checkpoint, entry
from modelrouter.ledger.checkpoint import Checkpoint, Keys
from modelrouter.ledger.entry import BrokenError, Kind, MalformedError

QUICK = 300
"""Cases; ten thousand are played by `python -m tests.ledger.tamper`."""
BATCH = 50
SOME = 100


@pytest.mark.parametrize("first", range(0, QUICK, BATCH))
def test_whoever_bends_a_ledger_is_found_and_the_place_is_named(first: int) -> None:
    """Flips, deletions, swaps, duplicates, truncation, rewriting, rollback, foreign keys, withdrawals, forged proofs."""
    assert [] == [(seed, judged) for seed in range(first, first + BATCH) if (judged := case(seed)).complaint]


def test_every_way_is_tried_and_most_places_are_exact() -> None:
    """Among few cases is each way, and four of five flipped bits are placed to the entry."""
    judged = [case(seed) for seed in range(SOME)]
    ways = Counter(each.way for each in judged)
    exact = Counter(each.way for each in judged if each.exact)

    assert {"forged proof", *(way.__name__ for way in WAYS)} == ways.keys()
    assert exact["flip"] >= 0.8 * ways["flip"]


@pytest.mark.parametrize("first", range(1_000, 1_100, BATCH))
def test_two_readers_who_share_no_code_agree(first: int) -> None:
    """What the stand-alone file finds in a bent ledger, the room's own functions find as well."""
    for seed in range(first, first + BATCH):
        random = Random(seed)
        built = ledger(random.randrange(LEDGERS))
        way = random.choice([each for each in WAYS if each is not withdraw])
        bent = way(random, built)
        assert broken(built.lines, built) is None
        assert bent.lines == built.lines or broken(bent.lines, built), (seed, way)


def broken(lines: list[bytes], built: Built) -> str | None:
    """What the room's own functions find; withdrawn values are the verifier's to find."""
    head, keys = chain.start(built.head.origin), Keys.first(key_of(built.secrets[0]))
    places = {Checkpoint.read(note.text).size: note for note in built.notes}
    try:
        for text in lines:
            if not text.endswith(b"\n"):
                return "cut off"
            raw, fields = entry.parted(text[:-1])
            head = chain.walk(head, [raw])
            missing = entry.check(raw, fields)
            if entry.read(raw).kind == Kind.ROTATION and not missing:
                keys = keys.rotated(head.size - 1, entry.read_fields(fields)["note"].value)
            if head.size in places and keys.verify(places.pop(head.size))[0] != checkpoint.of(head):
                return "rewritten"
    except (BrokenError, MalformedError) as error:
        return str(error)
    return "cut off" if places else None


def test_the_command_tells_what_it_played(capsys: pytest.CaptureFixture[str]) -> None:
    """Its last line counts the cases and those that are wrong."""
    assert 0 == main(["--cases", "20"])
    assert capsys.readouterr().out.endswith("20 cases, 0 wrong\n")
