"""Proofs for a claim: each entry that tells of a failed call, with what shows that it is in the signed ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from modelrouter.cli.ledger_facts import key_at, newest
from modelrouter.cli.ledger_source import Books, Place, opened_all
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import line
from modelrouter.ledger.merkle import inclusion_proof
from modelrouter.ledger.proof import Proof

__all__ = ["FOLDER", "proofs"]

FOLDER = "proofs"
README = "README.md"
_NODES = 100_000


def proofs(entries: Iterable[tuple[str, int]], paths: Sequence[Path], *, as_json: bool = False) -> dict[str, bytes]:
    """Files by name: of each entry (origin and number) its line and its proof, and how to check them.

    Only what a checkpoint covers already can be proven without the ledger's key; of the rest it is said how to.
    What is wrong with a ledger ends the command.
    """
    wanted: dict[str, list[int]] = {}
    for origin, number in entries:
        wanted.setdefault(origin, []).append(number)
    made: dict[str, bytes] = {}
    told = ["# Proofs", ""]
    for path in paths:
        with opened_all(Place(path, None), as_json=as_json) as shards:
            for books in shards:
                numbers = sorted(set(wanted.pop(books.reader.origin, [])))
                if numbers:
                    told += _of_shard(books, numbers, made)
    return {**made, README: "\n".join([*told, ""]).encode()}


def _of_shard(books: Books, numbers: Sequence[int], made: dict[str, bytes]) -> list[str]:
    """Add the files of one shard, and tell of them."""
    note = newest(books)
    size = 0 if note is None else Checkpoint.read(note.text).size
    covered = [number for number in numbers if number < size]
    rest = [number for number in numbers if number >= size]
    lines: list[str] = []
    if note is not None and covered:
        nodes = lru_cache(_NODES)(books.reader.nodes())
        for number in covered:
            row = next(books.reader.rows(number, number))
            name = f"{books.name}-{number}"
            made[f"{name}.jsonl"] = line(row.raw, row.fields) + b"\n"
            made[f"{name}.tlog-proof"] = str(Proof(number, inclusion_proof(number, size, nodes), note)).encode()
        first, key = f"{books.name}-{covered[0]}", key_at(books.reader, note)
        lines += [
            f"{len(covered)} entries of {key.name}, each with the proof that it is one of the {size} that were signed.",
            "Anybody can check them with Python alone (`modelrouter ledger verify --verifier verifier.py` writes it):",
            "",
            f"    python verifier.py {first}.jsonl --proof {first}.tlog-proof --key {key}",
            "",
        ]
    if rest:
        lines += [
            f"{len(rest)} entries of {books.reader.origin} are covered by no checkpoint that is signed; with its key:",
            "",
            *(f"    modelrouter ledger prove {books.path} {number}" for number in rest),
            "",
        ]
    return lines
