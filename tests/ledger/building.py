"""Ledgers made at random, as writers leave them: begins, ends, kills, checkpoints, a rotation and redactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.ledger import chain, checkpoint, entry
from modelrouter.ledger.chain import CLOSED, Head
from modelrouter.ledger.checkpoint import Keys
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind, Sealed
from modelrouter.ledger.note import ED25519, Note, VerifierKey

if TYPE_CHECKING:
    from random import Random

ORIGIN = "ledger.example/router"
START = 1_780_000_000_000_000
PLAIN = (Kind.DECISION, Kind.ATTEMPT, Kind.HOLD, Kind.PROBE, Kind.DRILL, Kind.INVENTORY, Kind.POLICY, Kind.OPERATOR)
WORDS = ("process", "deployment", "cause", "rule", "status", "request_id", "caller", "tokens")


class Built(NamedTuple):
    """A ledger, and what an auditor has of it besides."""

    head: Head
    entries: tuple[Sealed, ...]
    secrets: tuple[Secret, ...]
    """The first key, and the one it was replaced by, if any."""
    notes: tuple[Note, ...]
    """Checkpoints kept elsewhere; the last is of the whole."""
    redacted: dict[int, frozenset[str]]

    @property
    def lines(self) -> list[bytes]:
        """As an export has them."""
        return [entry.line(each.raw, each.fields) + b"\n" for each in self.entries]

    @property
    def key(self) -> str:
        """The key that the auditor trusts."""
        return str(key_of(self.secrets[0]))


def key_of(secret: Secret, name: str = ORIGIN) -> VerifierKey:
    """The public half under a name."""
    return VerifierKey(name, ED25519, secret.public)


def value(random: Random, depth: int = 2) -> Any:
    """Anything that an entry may hold."""
    match random.randrange(8 if depth else 6):
        case 0:
            return random.choice([None, True, False])
        case 1:
            return random.randrange(-(2**53) + 1, 2**53)
        case 2:
            return random.uniform(-1, 1) * 10 ** random.randrange(-30, 30)
        case 6:
            return [value(random, depth - 1) for _ in range(random.randrange(4))]
        case 7:
            return {text(random): value(random, depth - 1) for _ in range(random.randrange(4))}
        case _:
            return text(random)


def text(random: Random) -> str:
    """Words, quotes, controls, and characters of every plane."""
    return "".join(
        random.choice(["a", "Z", "9", '"', "\\", "\n", "\x01", "\x7f", "é", "\u2028", "\ufb33", "😀", "},"])
        for _ in range(random.randrange(12))
    )


def draft(random: Random, time: int) -> Draft:
    """An entry of an ordinary kind."""
    names = random.sample(WORDS, random.randrange(1, len(WORDS)))
    return Draft(random.choice(PLAIN), time, {name: value(random) for name in names})


def build(random: Random, size: int) -> Built:
    """A ledger of about so many entries; the same for the same chance."""
    secrets = [Secret(random.randbytes(32))]
    head, entries = chain.start(ORIGIN), list[Sealed]()
    notes, redacted = list[Note](), dict[int, frozenset[str]]()
    rotation = random.randrange(size) if random.random() < 0.5 else size * 2
    while head.size < size:
        time = START + head.size * 1_000_000 + random.randrange(-2_000_000, 2_000_000)
        drafts = [_next(random, head, time, secrets, redacted, rotation)]
        head, made = chain.append(head, drafts, random.randbytes)
        entries += made
        if random.random() < 2 / size:
            notes.append(checkpoint.signed(checkpoint.of(head), secrets[-1:]))
    notes.append(checkpoint.signed(checkpoint.of(head), secrets[-1:]))
    for number, names in redacted.items():
        kept = entries[number]
        entries[number] = kept._replace(fields=entry.redact(kept.fields, names))
    return Built(head, tuple(entries), tuple(secrets), tuple(notes), redacted)


def _next(
    random: Random, head: Head, time: int, secrets: list[Secret], redacted: dict[int, frozenset[str]], rotation: int
) -> Draft:
    """One draft that has a place there."""
    if head.begun == CLOSED:
        return chain.begin(head, time, f"writer {head.size}", str(key_of(secrets[-1])))
    if head.size >= rotation and len(secrets) == 1:
        secrets.append(Secret(random.randbytes(32)))
        return checkpoint.rotation(head, time, *secrets)
    made = draft(random, time)
    match random.randrange(33):
        case 0:
            made = chain.end(head, time)
        case 1:
            made = chain.begin(head, time, f"writer {head.size}", str(key_of(secrets[-1])))
        case 2:
            made = checkpoint.reference(head, time, checkpoint.signed(checkpoint.of(head), secrets[-1:]))
        case 3:
            made = _redaction(random, head, time, redacted)
        case _:
            pass
    return made


def _redaction(random: Random, head: Head, time: int, redacted: dict[int, frozenset[str]]) -> Draft:
    """Some names of some entries: those of `STRUCTURE` have none of these names, and stay."""
    first = random.randrange(head.size)
    last = min(head.size - 1, first + random.randrange(3))
    names = frozenset(random.sample(WORDS, 2))
    for number in range(first, last + 1):
        redacted[number] = redacted.get(number, frozenset()) | names
    return chain.redaction(time, [(first, last)], names, "an operator", "asked to")


def keys_of(built: Built) -> Keys:
    """Which key signs when, from the ledger's own rotations."""
    keys = Keys.first(key_of(built.secrets[0]))
    for each in built.entries:
        said = entry.read(each.raw)
        if said.kind == Kind.ROTATION:
            keys = keys.rotated(each.number, entry.read_fields(each.fields)["note"].value)
    return keys
