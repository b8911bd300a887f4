"""What a ledger costs: `python -m benchmarks.ledger`. CPU time of one core, the best of several rounds.

An entry here is a decision with ten fields, about 800 bytes that are hashed and as many beside them. Signing is apart,
and so are values against their commitments.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from modelrouter.ledger import chain, checkpoint, entry, merkle
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind, Sealed
from modelrouter.ledger.note import ED25519, VerifierKey
from modelrouter.ledger.proof import Proof
from modelrouter.ledger.verifier import Audit, genuine, key_of, proven

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRIES = 20_000
ROUNDS = 5
BATCH = 64
MANY = 10_000_000
ORIGIN = "ledger.example/router"


def decision(number: int) -> Draft:
    """What a router tells of one request."""
    values = {
        "request_id": f"01KB{number:022d}",
        "process": "claims-triage",
        "caller": "team-claims",
        "deployment": "anthropic-eu-sonnet",
        "cause": None,
        "rule": "residency-eu",
        "excluded": [["openai-us", "residency-eu"], ["azure-eu", "hold"]],
        "attempts": 1,
        "latency_us": 812_345,
        "tokens": {"input": 1834, "output": 211},
    }
    return Draft(Kind.DECISION, 1_780_000_000_000_000 + number * 5_000, values)


def filled(count: int) -> tuple[chain.Head, list[Sealed]]:
    """A ledger of so many entries, written in batches."""
    head = chain.start(ORIGIN)
    head, made = chain.append(head, [chain.begin(head, 1_780_000_000_000_000, "writer", None)], os.urandom)
    for first in range(1, count, BATCH):
        head, more = chain.append(head, [decision(n) for n in range(first, min(first + BATCH, count))], os.urandom)
        made += more
    return head, made


def seconds(work: Callable[[], object]) -> float:
    """CPU time of the best round."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def audited(lines: list[bytes], *, values: bool) -> None:
    """The stand-alone verifier over lines."""
    audit = Audit(values=values)
    for line in lines:
        audit.take(line)
    assert audit.close() == []


def proof_of_many(secret: Secret) -> tuple[bytes, str]:
    """One of ten million entries and its proof; the other subtrees are hashes at random, which cost as much."""
    head, made = filled(2)
    place = MANY // 3
    sealed = entry.seal(decision(place), place, made[-1].leaf, os.urandom(160))
    known = {(level, place >> level ^ 1): os.urandom(32) for level in range(24)}
    hashes = merkle.inclusion_proof(place, MANY, lambda level, index: known.setdefault((level, index), os.urandom(32)))
    found, index, last = sealed.leaf, place, MANY - 1
    for each in hashes:
        if index & 1 or index == last:
            found = merkle.node_hash(each, found)
            while index & 1 == 0:
                index, last = index >> 1, last >> 1
        else:
            found = merkle.node_hash(found, each)
        index, last = index >> 1, last >> 1
    note = checkpoint.signed(checkpoint.Checkpoint(head.origin, MANY, found), [secret])
    return entry.line(sealed.raw, sealed.fields) + b"\n", str(Proof(place, hashes, note))


def main() -> None:
    """Measure and tell."""
    head, made = filled(ENTRIES)
    raws = [each.raw for each in made]
    lines = [entry.line(each.raw, each.fields) + b"\n" for each in made]
    leaves = [each.leaf for each in made]
    secret = Secret(os.urandom(32))
    line, proof = proof_of_many(secret)
    keys = [key_of(str(VerifierKey(ORIGIN, ED25519, secret.public)))]
    table = Table("what", "entries/s", "µs each")

    def row(what: str, work: Callable[[], object], count: int = ENTRIES) -> None:
        each = seconds(work) / count
        table.add_row(what, f"{1 / each:,.0f}", f"{each * 1e6:,.2f}")

    row("append, in batches of 64", lambda: filled(ENTRIES))
    row("verify chain and tree over the bytes", lambda: chain.walk(chain.start(ORIGIN), raws))
    row("tree alone, from leaf hashes", lambda: merkle.START.extended(leaves))
    row("values against commitments", lambda: [entry.check(each.raw, each.fields) for each in made])
    row("verifier.py without values", lambda: audited(lines, values=False))
    row("verifier.py, everything", lambda: audited(lines, values=True))
    row("sign a checkpoint", lambda: checkpoint.signed(checkpoint.of(head), [secret]), 1)
    row("verifier.py, one signature", lambda: genuine(secret.public, b"text", secret.sign(b"text")), 1)
    row("verifier.py, proof of one of 10,000,000", lambda: proven([line], proof, keys), 1)
    Console().print(table)
    print(f"an entry: {len(raws[-1])} bytes hashed, a line of {len(lines[-1])}; a proof: {len(proof.encode())} bytes")


if __name__ == "__main__":
    main()
