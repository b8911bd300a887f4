from __future__ import annotations

from random import Random

import pytest

from modelrouter.ledger.entry import MalformedError
from modelrouter.ledger.merkle import (
    START,
    inclusion_proof,
    leaf_hash,
    nodes_of,
    verify_inclusion,
)
from modelrouter.ledger.tiles import NOTHING, bundle, bundle_path, entries_of, nodes_in, tile_path

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (tile_path(0, 0), "tile/0/000"),
        (tile_path(1, 1_234_067), "tile/1/x001/x234/067"),
        (tile_path(0, 273, 112), "tile/0/273.p/112"),
        (tile_path(2, 1_000, 1), "tile/2/x001/000.p/1"),
        (bundle_path(70_000), "tile/entries/x070/000"),
        (bundle_path(3, 255), "tile/entries/003.p/255"),
    ],
)
def test_files_are_named_as_the_format_has_them(path: str, text: str) -> None:
    """Three digits a folder, and the width of what is partial."""
    assert text == path


def test_a_tree_of_70_000_has_the_tiles_of_the_formats_own_example() -> None:
    """273 full tiles of leaves and one of 112, one full of level 1 and one of 17, and one of width 1 above."""
    tree, full = NOTHING.extended(LEAVES)

    assert ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"] == [tile.path for tile in tree.partial()]
    assert [f"tile/0/{number:03d}" for number in range(273)] + ["tile/1/000"] == sorted(tile.path for tile in full)
    assert {8192} == {len(tile.data) for tile in full}
    assert [112 * 32, 17 * 32, 32] == [len(tile.data) for tile in tree.partial()]


def test_tiles_do_not_depend_on_how_many_come_at_a_time() -> None:
    """Exported in many steps, every file is what it is in one."""
    random = Random(1)
    tree, full, place = NOTHING, [], 0
    while place < 2_000:
        step = random.randrange(1, 700)
        tree, more = tree.extended(LEAVES[place : min(place + step, 2_000)])
        full += more
        place += step

    whole, at_once = NOTHING.extended(LEAVES[:2_000])
    assert (whole, sorted(at_once)) == (tree, sorted(full))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 2_000, 70_000])
def test_every_proof_can_be_built_from_tiles(size: int) -> None:
    """The same as from the leaves themselves."""
    tree, full = NOTHING.extended(LEAVES[:size])
    files = {tile.path.partition(".p/")[0]: tile.data for tile in [*full, *tree.partial()]}
    root = START.extended(LEAVES[:size]).root()
    random = Random(size)
    for index in {0, size - 1, *(random.randrange(size) for _ in range(20))}:
        proof = inclusion_proof(index, size, nodes_in(lambda level, number: files[tile_path(level, number)]))
        assert proof == inclusion_proof(index, size, nodes_of(LEAVES[:size]))
        assert verify_inclusion(LEAVES[index], index, size, proof, root)


def test_a_tile_that_is_too_short_proves_nothing() -> None:
    """A tile with hashes missing, or with part of one, is named."""
    with pytest.raises(MalformedError, match="tile/0/000 is cut off"):
        inclusion_proof(0, 4, nodes_in(lambda _level, _number: b"x" * 32))
    with pytest.raises(MalformedError, match="tile/0/000 is cut off"):
        inclusion_proof(0, 4, nodes_in(lambda _level, _number: b"x" * 130))


def test_entries_come_out_of_a_bundle_as_they_went_in() -> None:
    """Empty ones and long ones too; a bundle that is cut off anywhere inside of an entry is refused."""
    raws = [b"", b"one", b"x" * 65_535]
    data = bundle(raws)

    assert raws == list(entries_of(data))
    for cut in (1, 3, 6, 8, len(data) - 1):
        with pytest.raises(MalformedError, match="cut off"):
            list(entries_of(data[:cut]))
