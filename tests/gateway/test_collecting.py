"""How a server collects garbage."""

from __future__ import annotations

import gc

import pytest

from modelrouter.gateway.collecting import seldom


class Ring:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.self = self


def test_collections_as_a_whole_are_seldom() -> None:
    """So many objects that stay as 5,000 connections hold cause no whole collection; left to itself Python has several."""
    wholes: list[int] = []

    def note(phase: str, told: dict[str, int]) -> None:
        if phase == "stop" and told["generation"] == 2:
            wholes.append(1)

    gc.callbacks.append(note)
    try:
        with seldom():
            wholes.clear()
            kept = [[place] for place in range(200_000)]
            within = len(wholes)
        more = [[place] for place in range(200_000)]
    finally:
        gc.callbacks.remove(note)

    assert len(kept) == len(more)
    assert within == 0
    assert len(wholes) > within


def test_each_collection_looks_through_little() -> None:
    """Connections that come by the hundred are looked through in small lots: none of them stops the server for long."""
    lots: list[int] = []

    def note(phase: str, told: dict[str, int]) -> None:
        if phase == "start" and told["generation"] < 2:
            lots.append(sum(len(gc.get_objects(generation)) for generation in range(told["generation"] + 1)))

    with seldom():
        gc.callbacks.append(note)
        try:
            kept = [[place] for place in range(50_000)]
        finally:
            gc.callbacks.remove(note)

    assert len(kept) == 50_000
    assert 0 < max(lots) < 5_000


def test_what_is_dropped_young_is_freed() -> None:
    """Rings of objects are still found: a server that makes them does not grow without end."""
    with seldom():
        for _ in range(100_000):
            Ring()
        left = sum(isinstance(each, Ring) for each in gc.get_objects())

    assert left < 20_000


def test_everything_is_as_before_in_the_end() -> None:
    """A program that only had a server for a while has its own collector back, whatever happened."""
    before = gc.get_threshold(), gc.get_freeze_count()

    with pytest.raises(ValueError, match="any"), seldom():
        assert gc.get_freeze_count() > before[1]
        raise ValueError("any")

    assert (gc.get_threshold(), gc.get_freeze_count()) == before
