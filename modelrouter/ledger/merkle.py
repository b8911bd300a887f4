"""The tree of RFC 6962 over the entries: its root, what is kept of it to go on, and short proofs.

Leaves and nodes are hashed under different prefixes, so that none can pass for the other. A `Frontier` is all that
must be kept to append: one hash for each bit that is set in the size. Proofs are built from whatever can tell the hash
of a complete subtree (`Nodes`), and checked as RFC 9162, sections 2.1.3.2 and 2.1.4.2, says.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "EMPTY",
    "SIZE",
    "START",
    "Frontier",
    "Nodes",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "nodes_of",
    "root_of",
    "verify_consistency",
    "verify_inclusion",
]

SIZE = 32
"""Bytes of a hash."""
EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""

Nodes = Callable[[int, int], bytes]
"""Of a level and an index: the hash of the complete subtree over 2^level leaves from index * 2^level on."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two others."""
    return sha256(b"\x01" + left + right).digest()


class Frontier(NamedTuple):
    """A tree that is only appended to: its size, and its complete subtrees from the largest to the smallest."""

    size: int
    peaks: tuple[bytes, ...]

    def extended(self, leaves: Iterable[bytes]) -> Frontier:
        """The tree with these leaf hashes behind its own, built level by level."""
        row = list(leaves)
        size = self.size + len(row)
        old = list(self.peaks)
        peaks: list[bytes] = []
        level = 0
        while row:
            if self.size >> level & 1:
                row.insert(0, old.pop())
            if len(row) & 1:
                peaks.append(row.pop())
            pair = iter(row)
            row = [sha256(b"\x01" + left + right).digest() for left, right in zip(pair, pair, strict=True)]
            level += 1
        return Frontier(size, (*old, *reversed(peaks)))

    def root(self) -> bytes:
        """The hash over all leaves."""
        return _folded(self.peaks)

    def sound(self) -> bool:
        """Whether there is one hash for each bit of the size: to be asked of one that was read."""
        return self.size >= 0 and len(self.peaks) == self.size.bit_count() and {SIZE} >= set(map(len, self.peaks))


START = Frontier(0, ())
"""The tree without leaves."""


def _folded(peaks: Sequence[bytes]) -> bytes:
    """The hash over complete subtrees that stand beside each other, larger ones first."""
    if not peaks:
        return EMPTY
    found = peaks[-1]
    for peak in reversed(peaks[:-1]):
        found = node_hash(peak, found)
    return found


def nodes_of(leaves: Sequence[bytes]) -> Nodes:
    """The complete subtrees over these leaf hashes, all kept: twice their number."""
    rows = [list(leaves)]
    while len(rows[-1]) > 1:
        pair = iter(rows[-1])
        rows.append([node_hash(left, right) for left, right in zip(pair, pair, strict=False)])
    return lambda level, index: rows[level][index]


def root_of(size: int, nodes: Nodes) -> bytes:
    """The root that the tree had at this size, which it has reached."""
    return _over(0, size, nodes)


def _over(start: int, end: int, nodes: Nodes) -> bytes:
    """The hash over leaves from `start` to before `end`; `start` is the begin of a subtree at least so large."""
    peaks = []
    for level in range((end - start).bit_length() - 1, -1, -1):
        if (end - start) >> level & 1:
            peaks.append(nodes(level, start >> level))
            start += 1 << level
    return _folded(peaks)


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, nodes: Nodes) -> tuple[bytes, ...]:
    """What shows that a leaf is in the tree of this size, from its sibling upwards. Raises IndexError."""
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} in a tree of {size}")
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_over(middle, end, nodes))
            end = middle
        else:
            proof.append(_over(start, middle, nodes))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(old: int, new: int, nodes: Nodes) -> tuple[bytes, ...]:
    """What shows that the tree of one size begins with the tree of another. Raises IndexError.

    Empty where either is the empty tree or both are the same.
    """
    if not 0 <= old <= new:
        raise IndexError(f"a tree of {new} does not begin with one of {old}")
    if old in (0, new):
        return ()
    proof = []
    start, end = 0, new
    whole = True  # the old tree is still all of a subtree that its reader knows the hash of
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_over(middle, end, nodes))
            end = middle
        else:
            proof.append(_over(start, middle, nodes))
            start, whole = middle, False
    if not whole:
        proof.append(_over(start, end, nodes))
    return tuple(reversed(proof))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that this leaf hash stands there in the tree of that size and root."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0 or len(each) != SIZE:
            return False
        if place & 1 or place == last:
            found = node_hash(each, found)
            while place & 1 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the tree of the new size and root begins with that of the old ones."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and (old_root == new_root if old == new else old_root == EMPTY)
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path or any(len(each) != SIZE for each in path):
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while place & 1 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, each)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
