from __future__ import annotations

from random import Random

import pytest

from ledger.building import ORIGIN, build, key_of, keys_of
from modelrouter.ledger import checkpoint, entry, merkle
from modelrouter.ledger.checkpoint import Checkpoint, Keys
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind, MalformedError
from modelrouter.ledger.merkle import SIZE, Frontier, inclusion_proof, nodes_of
from modelrouter.ledger.note import sign
from modelrouter.ledger.proof import Proof, proves
from modelrouter.ledger.verifier import WrongError, proven
from modelrouter.ledger.verifier import key_of as trusted

MILLIONS = 10_000_000
LARGEST_PROOF = 1_500
"""Bytes."""


def test_every_entry_is_proven_after_redaction_too() -> None:
    """Whatever was redacted, the proof of each entry holds for its bytes, here and in the stand-alone file."""
    built = next(one for seed in range(99) if (one := build(Random(seed), 40)).redacted)
    keys, nodes = keys_of(built), nodes_of([each.leaf for each in built.entries])
    trust = [trusted(str(key_of(built.secrets[-1])))]
    for each in built.entries:
        proof = Proof(each.number, inclusion_proof(each.number, built.head.size, nodes), built.notes[-1])
        assert proof == Proof.read(str(proof))
        assert proves(proof, each.raw, keys)
        answer = proven([entry.line(each.raw, each.fields) + b"\n"], str(proof), trust)
        assert ("redacted: " in answer) == bool(entry.check(each.raw, each.fields))


def test_a_proof_is_of_one_entry() -> None:
    """Not of its neighbour, and not by keys that did not sign."""
    built = build(Random(12), 20)
    nodes = nodes_of([each.leaf for each in built.entries])
    proof = Proof(7, inclusion_proof(7, built.head.size, nodes), built.notes[-1])
    stranger = Secret(bytes(32))

    assert not proves(proof, built.entries[8].raw, keys_of(built))
    assert not proves(proof._replace(number=8), built.entries[8].raw, keys_of(built))
    with pytest.raises(MalformedError, match="key of its time"):
        proves(proof, built.entries[7].raw, Keys.first(key_of(stranger)))
    with pytest.raises(WrongError, match="one of the keys signed"):
        proven(built.lines, str(proof), [trusted(str(key_of(stranger)))])
    other = sign(proof.checkpoint.text, [("ledger.example/another", stranger)])
    with pytest.raises(WrongError, match="one of the keys signed"):
        proven(
            built.lines,
            str(proof._replace(checkpoint=other)),
            [trusted(str(key_of(stranger, "ledger.example/another")))],
        )
    with pytest.raises(WrongError, match="no entry 7"):
        proven(built.lines[8:], str(proof), [trusted(str(key_of(built.secrets[-1])))])


@pytest.mark.parametrize("number", [0, 1, 3_333_333, MILLIONS - 2, MILLIONS - 1])
def test_one_of_ten_million_is_proven_in_1500_bytes(number: int) -> None:
    """The tree stands for ten million: its other subtrees are hashes at random, as true ones look."""
    random, secret = Random(number), Secret(bytes(32))
    made = entry.seal(Draft(Kind.HOLD, 0, {"cause": "outage"}), number, bytes(SIZE), bytes(16))
    tree = _tree(random, number, made.leaf)
    peaks = [tree(level, (MILLIONS >> level) - 1) for level in range(24, -1, -1) if MILLIONS >> level & 1]
    place = Checkpoint(ORIGIN, MILLIONS, Frontier(MILLIONS, tuple(peaks)).root())
    proof = Proof(number, inclusion_proof(number, MILLIONS, tree), checkpoint.signed(place, [secret]))

    assert proves(proof, made.raw, Keys.first(key_of(secret)))
    assert proven([entry.line(made.raw, made.fields) + b"\n"], str(proof), [trusted(str(key_of(secret)))])
    assert len(str(proof).encode()) <= LARGEST_PROOF
    assert not proves(proof._replace(number=number ^ 1), made.raw, Keys.first(key_of(secret)))


def _tree(random: Random, number: int, leaf: bytes) -> merkle.Nodes:
    """Nodes at random beside the way from one leaf upwards."""
    known: dict[tuple[int, int], bytes] = {(0, number): leaf}

    def node(level: int, index: int) -> bytes:
        if (level, index) not in known and level and number >> level == index:
            known[level, index] = merkle.node_hash(node(level - 1, index * 2), node(level - 1, index * 2 + 1))
        return known.setdefault((level, index), random.randbytes(SIZE))

    return node


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"),
        ("c2sp.org", "c2sp-org"),
        ("index 7", "index 07"),
        ("index 7", "index"),
        ("index 7\n", "index 7\nAAAA\n"),
        ("index 7\n", "index 7\n" + ("A" * 43 + "=\n") * 64),
        ("\n\n", "\n"),
    ],
)
def test_what_is_no_proof_is_refused(old: str, new: str) -> None:
    """First line, index, hashes and checkpoint: each has one form."""
    built = build(Random(12), 20)
    nodes = nodes_of([each.leaf for each in built.entries])
    text = str(Proof(7, inclusion_proof(7, built.head.size, nodes), built.notes[-1]))
    assert old in text

    with pytest.raises(MalformedError):
        Proof.read(text.replace(old, new, 1))
    with pytest.raises(WrongError):
        proven(built.lines, text.replace(old, new, 1), [trusted(str(key_of(built.secrets[-1])))])


def test_extra_data_is_passed_over() -> None:
    """The format allows a line of it, which nothing vouches for."""
    built = build(Random(12), 20)
    nodes = nodes_of([each.leaf for each in built.entries])
    proof = Proof(7, inclusion_proof(7, built.head.size, nodes), built.notes[-1])
    text = str(proof).replace("\nindex", "\nextra AAAA\nindex", 1)

    assert proof == Proof.read(text)
    assert proven(built.lines, text, [trusted(str(key_of(built.secrets[-1])))])
