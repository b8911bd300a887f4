from __future__ import annotations

from random import Random

import pytest

from modelrouter.ledger.merkle import (
    EMPTY,
    START,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    nodes_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The trees that implementations of Certificate Transparency are tested with."""

SIZE = 70
HASHES = [leaf_hash(bytes([number])) for number in range(SIZE)]
NODES = nodes_of(HASHES)


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(mth(leaves[:split]), mth(leaves[split:]))


TREES = [mth(HASHES[:size]) for size in range(SIZE + 1)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    """Known leaves have the known roots."""
    leaves = [leaf_hash(bytes.fromhex(text)) for text in LEAVES[:size]]

    assert ROOTS[size] == START.extended(leaves).root().hex()


def test_a_frontier_grows_as_the_tree_does() -> None:
    """One by one or many at a time, from every size to every other, the root is that of the RFC's definition."""
    for old in range(SIZE + 1):
        tree = START.extended(HASHES[:old])
        assert tree.sound()
        assert len(tree.peaks) == old.bit_count()
        for new in range(old, SIZE + 1):
            assert TREES[new] == tree.extended(HASHES[old:new]).root()


@pytest.mark.parametrize("frontier", [Frontier(3, (b"x" * 32,)), Frontier(1, (b"short",)), Frontier(-1, (b"x" * 32,))])
def test_a_frontier_that_was_damaged_is_not_sound(frontier: Frontier) -> None:
    """Too few hashes for its size, too short ones, or no size."""
    assert not frontier.sound()


def test_every_leaf_is_proven_in_every_tree() -> None:
    """An inclusion proof holds for its leaf, place, size and root, and for no other of them."""
    for size in range(1, SIZE + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, NODES)
            assert verify_inclusion(HASHES[index], index, size, proof, TREES[size])
            assert len(proof) <= (size - 1).bit_length()
            assert not verify_inclusion(HASHES[index], (index + 1) % size, size, proof, TREES[size]) or size == 1
            assert not verify_inclusion(HASHES[index - 1], index, size, proof, TREES[size]) or index - 1 == index
            assert not verify_inclusion(HASHES[index], index, size, proof, TREES[size - 1])
            assert not verify_inclusion(HASHES[index], index + size, size, proof, TREES[size])
            assert not verify_inclusion(HASHES[index], -1, size, proof, TREES[size])


def test_every_tree_begins_with_every_smaller_one() -> None:
    """A consistency proof holds for its two trees, and for no other root."""
    for new in range(SIZE + 1):
        for old in range(new + 1):
            proof = consistency_proof(old, new, NODES)
            assert verify_consistency(old, new, TREES[old], TREES[new], proof)
            if 0 < old < new:
                assert not verify_consistency(old, new, TREES[old - 1], TREES[new], proof)
                assert not verify_consistency(old, new, TREES[old], TREES[old], proof)
                assert not verify_consistency(old, new, TREES[old], TREES[new], proof[:-1])
                assert not verify_consistency(new, old, TREES[new], TREES[old], proof)


def forged(random: Random, true: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """A proof in which something is another thing."""
    hashes = list(true)
    match random.randrange(4):
        case 0:
            hashes.insert(random.randrange(len(hashes) + 1), random.choice(HASHES))
        case 1 if hashes:
            del hashes[random.randrange(len(hashes))]
        case 2 if len(hashes) > 1:
            hashes.append(hashes.pop(0))
        case _:
            hashes[:1] = [random.randbytes(random.choice([0, 31, 32, 33]))]
    return tuple(hashes)


def test_a_forged_proof_is_never_taken() -> None:
    """A hash more, one fewer, another one, or two in another order: 10,000 of them, and none holds."""
    random = Random(6962)
    for _ in range(5_000):
        size = random.randrange(2, SIZE + 1)
        index, old = random.randrange(size), random.randrange(1, size)
        inside = forged(random, inclusion_proof(index, size, NODES))
        begins = forged(random, consistency_proof(old, size, NODES))
        assert not verify_inclusion(HASHES[index], index, size, inside, TREES[size])
        assert not verify_consistency(old, size, TREES[old], TREES[size], begins)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    """A leaf outside the tree has no proof, and a tree does not begin with a larger one."""
    with pytest.raises(IndexError):
        inclusion_proof(index, size, NODES)
    with pytest.raises(IndexError):
        consistency_proof(size + 1, size, NODES)
