from __future__ import annotations

from collections import Counter

import pytest

from ledger.tamper import WAYS, case, main

QUICK = 400
"""Cases; ten thousand are played by `python -m tests.ledger.tamper`."""
BATCH = 50
SOME = 150


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


def test_the_command_tells_what_it_played(capsys: pytest.CaptureFixture[str]) -> None:
    """Its last line counts the cases and those that are wrong."""
    assert 0 == main(["--cases", "20"])
    assert capsys.readouterr().out.endswith("20 cases, 0 wrong\n")
