"""Bends ledgers at random in every way there is, and asks the verifier: `python -m tests.ledger.tamper --cases 10000`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from functools import cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.ledger import chain, checkpoint, entry, merkle
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Sealed
from modelrouter.ledger.proof import Proof
from modelrouter.ledger.verifier import Audit, Problem, WrongError, key_of, proven

from .building import Built, build, draft
from .building import key_of as public

if TYPE_CHECKING:
    from collections.abc import Callable

LEDGERS = 40
"""Different ones, each bent many times."""


class Bent(NamedTuple):
    """A ledger that somebody bent."""

    lines: list[bytes]
    places: range
    """The entries that were touched: one of them must be named."""
    notes: tuple[str, ...] | None = None
    """Other checkpoints than the auditor's own."""


@cache
def ledger(number: int) -> Built:
    """One of the ledgers."""
    random = Random(number)
    return build(random, random.randrange(8, 60))


def place_of(lines: list[bytes], offset: int) -> int:
    """The line that the byte of this offset is in."""
    for number, line in enumerate(lines):
        offset -= len(line)
        if offset < 0:
            return number
    return len(lines)


def flip(random: Random, built: Built) -> Bent:
    """One bit anywhere."""
    data = bytearray(b"".join(built.lines))
    offset = random.randrange(len(data))
    data[offset] ^= 1 << random.randrange(8)
    place = place_of(built.lines, offset)
    return Bent(cut(bytes(data)), range(place, place + 1))


def cut(data: bytes) -> list[bytes]:
    """The lines of a file."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def delete(random: Random, built: Built) -> Bent:
    """One entry, or several in a row, none of them the last."""
    lines = built.lines
    first = random.randrange(len(lines) - 1)
    last = min(first + random.choice([0, 0, 1, 5]), len(lines) - 2)
    del lines[first : last + 1]
    return Bent(lines, range(first, last + 1))


def swap(random: Random, built: Built) -> Bent:
    """Two entries."""
    lines = built.lines
    one, two = sorted(random.sample(range(len(lines)), 2))
    lines[one], lines[two] = lines[two], lines[one]
    return Bent(lines, range(one, one + 1))


def duplicate(random: Random, built: Built) -> Bent:
    """One entry, there or elsewhere."""
    lines = built.lines
    which = random.randrange(len(lines))
    where = random.choice([which + 1, random.randrange(len(lines) + 1)])
    lines.insert(where, lines[which])
    return Bent(lines, range(min(which, where), max(which, where) + 1))


def truncate(random: Random, built: Built) -> Bent:
    """Entries at the end, or bytes."""
    lines = built.lines
    if random.random() < 0.5:
        keep = random.randrange(len(lines))
        return Bent(lines[:keep], range(keep, len(lines)))
    data = b"".join(lines)
    keep = random.randrange(len(data))
    place = place_of(lines, keep)
    return Bent(cut(data[:keep]), range(place, len(lines)))


def _relinked(random: Random, built: Built, begin: int, drafts: list[Draft]) -> list[Sealed]:
    """Entries from there on that fit the ones before."""
    head = chain.walk(chain.start(built.head.origin), [each.raw for each in built.entries[:begin]])
    return list(built.entries[:begin]) + chain.append(head, drafts, random.randbytes)[1]


def _drafts(built: Built, begin: int) -> list[Draft]:
    """What the entries from there on were made of."""
    found = []
    for each in built.entries[begin:]:
        said = entry.read(each.raw)
        values = {name: field.value for name, field in entry.read_fields(each.fields).items()}
        found.append(Draft(entry.Kind(said.kind), built.head.time, values))
    return found


def rewrite(random: Random, built: Built) -> Bent:
    """Another value, and every hash after it made anew."""
    begin = random.randrange(1, len(built.entries))
    drafts = _drafts(built, begin)
    drafts[0] = drafts[0]._replace(values={**drafts[0].values, "cause": "another"})
    made = _relinked(random, built, begin, drafts)
    return Bent([entry.line(each.raw, each.fields) + b"\n" for each in made], range(begin, len(made)))


def rollback(random: Random, built: Built) -> Bent:
    """A backup that was gone on with: as many entries, other ones."""
    begin = random.randrange(1, len(built.entries))
    drafts = [draft(random, built.head.time) for _ in built.entries[begin:]]
    head = chain.walk(chain.start(built.head.origin), [each.raw for each in built.entries[:begin]])
    if head.begun == chain.CLOSED:
        drafts[0] = chain.begin(head, built.head.time, "another", built.key)
    made = _relinked(random, built, begin, drafts)
    return Bent([entry.line(each.raw, each.fields) + b"\n" for each in made], range(begin, len(made)))


def usurp(random: Random, built: Built) -> Bent:
    """History made anew, and its checkpoints signed with a key of one's own."""
    bent = rollback(random, built)
    head = chain.walk(chain.start(built.head.origin), [entry.parted(line[:-1])[0] for line in bent.lines])
    note = checkpoint.signed(checkpoint.of(head), [Secret(random.randbytes(32))])
    return bent._replace(notes=(str(note),), places=range(len(bent.lines)))


def withdraw(random: Random, built: Built) -> Bent:
    """A value with its salt, and nobody tells of it."""
    lines = built.lines
    while True:
        number = random.randrange(len(lines))
        fields = entry.read_fields(built.entries[number].fields)
        names = [name for name in fields if name not in built.redacted.get(number, ())]
        if names:
            kept = entry.redact(built.entries[number].fields, {random.choice(names)})
            lines[number] = entry.line(built.entries[number].raw, kept) + b"\n"
            return Bent(lines, range(number, number + 1))


def insert(random: Random, built: Built) -> Bent:
    """An entry that fits the one before it, with the next one's number."""
    begin = random.randrange(1, len(built.entries))
    after = built.entries[begin - 1].leaf
    made = entry.seal(Draft(entry.Kind.HOLD, built.head.time, {"cause": "none"}), begin, after, random.randbytes(16))
    lines = built.lines
    lines.insert(begin, entry.line(made.raw, made.fields) + b"\n")
    return Bent(lines, range(begin, begin + 1))


WAYS: tuple[Callable[[Random, Built], Bent], ...] = (
    flip,
    flip,
    flip,
    delete,
    swap,
    duplicate,
    truncate,
    rewrite,
    rollback,
    usurp,
    withdraw,
    insert,
)


def audited(lines: list[bytes], key: str, notes: tuple[str, ...]) -> list[Problem]:
    """What the verifier finds."""
    audit = Audit([key_of(key)], notes)
    for line in lines:
        audit.take(line)
    return audit.close()


def forged_proof(random: Random, built: Built) -> tuple[bytes, str]:
    """A line, and a proof of it in which something is another thing."""
    number = random.randrange(len(built.entries))
    nodes = merkle.nodes_of([each.leaf for each in built.entries])
    hashes = list(merkle.inclusion_proof(number, built.head.size, nodes))
    proof = Proof(number, tuple(hashes), built.notes[-1])
    line = built.lines[number]
    match random.randrange(5):
        case 0:
            text = bytearray(str(proof).encode())
            text[random.randrange(len(text))] ^= 1 << random.randrange(8)
            return line, text.decode(errors="replace")
        case 1:
            hashes.insert(random.randrange(len(hashes) + 1), random.randbytes(32))
        case 2:
            del hashes[random.randrange(len(hashes))]
        case 3:
            entries = [each for each in range(len(built.entries)) if each != number]
            other = random.choice(entries)
            line = built.lines[other].replace(b'"number":%d,' % other, b'"number":%d,' % number)
        case _:
            note = checkpoint.signed(checkpoint.of(built.head), [Secret(random.randbytes(32))])
            return line, str(proof._replace(checkpoint=note))
    return line, str(proof._replace(hashes=tuple(hashes)))


def is_proven(line: bytes, proof: str, key: str) -> bool:
    """Whether the verifier takes it."""
    try:
        proven([line], proof, [key_of(key)])
    except WrongError:
        return False
    return True


class Judged(NamedTuple):
    """What came of one case."""

    way: str
    complaint: str = ""
    """What is wrong with the verifier's answer; empty where it is right."""
    exact: bool = False
    """Whether the first problem names the first entry that was touched, alone."""


def case(seed: int) -> Judged:
    """One ledger, bent in one way."""
    random = Random(seed)
    built = ledger(random.randrange(LEDGERS))
    way = random.randrange(len(WAYS) + 1)
    if way == len(WAYS):
        line, proof = forged_proof(random, built)
        return Judged("forged proof", "taken" if is_proven(line, proof, str(public(built.secrets[-1]))) else "")
    bent = WAYS[way](random, built)
    name = WAYS[way].__name__
    if bent.lines == built.lines and bent.notes is None:
        return Judged(name)
    problems = audited(bent.lines, built.key, tuple(map(str, built.notes)) if bent.notes is None else bent.notes)
    if not problems:
        return Judged(name, "not found")
    first = problems[0]
    placed = any(first.first <= place <= first.last for place in bent.places)
    exact = first.first == bent.places.start == first.last
    return Judged(name, "" if placed else f"not placed: {bent.places}, and {problems[:3]}", exact)


def main(arguments: list[str] | None = None) -> int:
    """Play so many cases; 1 where one of them was not found, or not placed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    ask = parser.parse_args(arguments)
    found, exact, wrong = Counter[str](), Counter[str](), list[str]()
    for seed in range(ask.seed, ask.seed + ask.cases):
        judged = case(seed)
        found[judged.way] += 1
        exact[judged.way] += judged.exact
        if judged.complaint:
            wrong.append(f"seed {seed}, {judged.way}: {judged.complaint}")
    sys.stdout.write("".join(f"{count:7} {way}, {exact[way]} to the entry\n" for way, count in sorted(found.items())))
    sys.stdout.write("".join(f"{line}\n" for line in wrong[:50]) + f"{ask.cases} cases, {len(wrong)} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
