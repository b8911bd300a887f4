"""Checks a ledger of modelrouter: this one file and Python 3.11 or newer are all it needs.

    python verifier.py FILE [--key KEY]... [--checkpoint FILE]... [--without-values]
    python verifier.py FILE --proof PROOF --key KEY

FILE holds one entry a line, as `modelrouter ledger export` writes it. Checked are the form of each line, the chain of
hashes, numbers, times, begins and ends of writers, each value against its commitment, redactions, rotations of keys,
and each checkpoint, those in the ledger and those given, against the tree. With --proof only the entry that the proof
speaks of is checked. Exit code 0: valid. 1: not, and each line of the answer says where. 2: the question is wrong.

What was cut off behind the last signed checkpoint, no ledger can show by itself: give the newest checkpoint that was
kept elsewhere. Without a key, the ledger's own word is taken for who signs it. docs/ledger-format.md has the format.
"""

# ruff: noqa: PLR2004 - the figures are those of RFC 8032, RFC 6962 and the notes of C2SP: names would hide them

from __future__ import annotations

import argparse
import json
import re
import sys
from array import array
from binascii import Error, a2b_base64, b2a_base64
from bisect import bisect_right
from functools import partial
from hashlib import sha256, sha512
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONGEST_LINE = 1 << 26
MOST_PROBLEMS = 100
CLOSED = -1
STRUCTURE = {"begin", "end", "redaction", "rotation", "checkpoint"}
LINE = re.compile(
    rb'\{"entry":(\{"after":"([A-Za-z0-9+/]{43}=)","commitments":\{((?:"[a-z][a-z0-9_]{0,63}":"[A-Za-z0-9+/]{43}=",?)*)'
    rb'\},"kind":"([a-z_]{1,32})","number":(0|[1-9][0-9]{0,15}),'
    rb'"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)","version":1\}),"fields":(\{.*\})\}\n'
)
COMMITMENT = re.compile(rb'"([a-z0-9_]+)":"([^"]+)"')
FIELD = re.compile(r'"([a-z0-9_]+)":\["([A-Za-z0-9+/]{22}==)",')


class WrongError(ValueError):
    """Something does not hold; the message says what."""


class Problem(NamedTuple):
    """Where a ledger is broken: somewhere from the first of these entries to the last."""

    first: int
    last: int
    what: str

    def __str__(self) -> str:
        place = f"entry {self.first}" if self.first == self.last else f"entries {self.first} to {self.last}"
        return f"{place}: {self.what}"


def base64(data: bytes) -> str:
    """Standard Base64 with padding."""
    return b2a_base64(data, newline=False).decode()


def unbase64(text: str, size: int) -> bytes:
    """So many bytes, from the one Base64 that they have."""
    try:
        data = a2b_base64(text.encode(), strict_mode=True)
    except Error:
        data = b""
    if len(data) != size or base64(data) != text:
        raise WrongError(f"no Base64 of {size} bytes: {text[:60]!r}")
    return data


# Ed25519 (RFC 8032), verification alone, in extended coordinates

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def added(one: Point, two: Point) -> Point:
    """The sum of two points."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def doubled(one: Point) -> Point:
    """A point added to itself."""
    a, b, c = one[0] * one[0] % P, one[1] * one[1] % P, 2 * one[2] * one[2] % P
    h, g = a + b, a - b
    e, f = h - (one[0] + one[1]) ** 2 % P, c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def point(data: bytes) -> Point | None:
    """The point that 32 bytes stand for."""
    sign, y = data[31] >> 7, int.from_bytes(data, "little") & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def genuine(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this key signed this message."""
    key = point(public)
    s = int.from_bytes(signature[32:], "little")
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    if key is None or base is None or len(signature) != 64 or s >= ORDER:
        return False
    h = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus = P - key[0], key[1], 1, P - key[3]
    table = [(0, 1, 1, 0), base, minus, added(base, minus)]
    found = table[0]
    for bit in range(252, -1, -1):
        found = doubled(found)
        both = (s >> bit & 1) + 2 * (h >> bit & 1)
        found = added(found, table[both]) if both else found
    inverse = pow(found[2], -1, P)
    x, y = found[0] * inverse % P, found[1] * inverse % P
    return signature[:32] == (y | (x & 1) << 255).to_bytes(32, "little")


# Signed notes, checkpoints and the tree


class Key(NamedTuple):
    """A verifier key: `name+id+Base64 of its type and 32 bytes`."""

    text: str
    name: str
    id: bytes
    type: int
    public: bytes


def key_of(text: str) -> Key:
    """The key that was passed on."""
    name, _, rest = text.strip().partition("+")
    shown, _, encoded = rest.partition("+")
    data = unbase64(encoded, 33)
    key = sha256(name.encode() + b"\n" + data).digest()[:4]
    if not name or shown != key.hex() or data[0] not in (1, 4):
        raise WrongError(f"no verifier key: {text.strip()[:80]!r}")
    return Key(text.strip(), name, key, data[0], data[1:])


def signers(note: str, keys: Iterable[Key]) -> tuple[str, set[Key]]:
    """The text of a note, and which of the keys signed it; one of them that did not is no signer but a forgery."""
    text, blank, below = note.rpartition("\n\n")
    text += "\n"
    known = {(key.name, key.id): key for key in keys}
    found: set[Key] = set()
    if not blank or not below.endswith("\n"):
        raise WrongError("no signed note")
    for line in below[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        data = unbase64(encoded, len(encoded) * 3 // 4 - encoded.count("="))
        key = known.get((name, data[:4]))
        if dash != "\u2014" or len(data) < 5:
            raise WrongError("no signed note")
        if key is None:
            continue
        time = b"cosignature/v1\ntime %d\n" % int.from_bytes(data[4:12], "big") if key.type == 4 else b""
        if key in found or not genuine(key.public, time + text.encode(), data[12 if time else 4 :]):
            raise WrongError(f"a signature by {name!r} that does not hold")
        found.add(key)
    return text, found


def checkpoint_of(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root."""
    lines = text.split("\n")
    if len(lines) < 4 or not re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]):
        raise WrongError("no checkpoint")
    return lines[0], int(lines[1]), unbase64(lines[2], 32)


def vouched(note: str, keys: Iterable[Key]) -> tuple[str, int, bytes, set[Key]]:
    """A checkpoint, and those who may speak for it: the ledger by its own name, and witnesses."""
    text, found = signers(note, keys)
    origin, size, root = checkpoint_of(text)
    return origin, size, root, {key for key in found if key.type == 4 or key.name == origin}


def notes_of(text: str) -> list[str]:
    """Checkpoints behind one another."""
    found = re.findall("(?:(?!\u2014 )[^\n]*\n)+(?:\u2014 [^\n]*\n)+", text)
    if not found or "".join(found) != text:
        raise WrongError("no checkpoint")
    return found


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two others."""
    return sha256(b"\x01" + left + right).digest()


def root_from(leaf: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to; None where it is no proof for this place (RFC 9162, 2.1.3.2)."""
    last = size - 1
    for each in hashes:
        if last <= 0:
            return None
        if index & 1 or index == last:
            leaf = node(each, leaf)
            while index & 1 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            leaf = node(leaf, each)
        index, last = index >> 1, last >> 1
    return leaf if last == 0 else None


# Values


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, each key once."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise WrongError("a key twice in a value")
    return found


decode = json.JSONDecoder(object_pairs_hook=unique).raw_decode


def values_of(commitments: bytes, fields: bytes) -> tuple[dict[str, Any], list[str]]:
    """The values that are revealed, each as it was committed to, and the names of those that are not."""
    pairs = COMMITMENT.findall(commitments)
    committed = {name.decode(): text for name, text in pairs}
    names = list(committed)
    if (
        names != sorted(names)
        or len(names) < len(pairs)
        or b",".join([b'"%b":"%b"' % pair for pair in pairs]) != commitments
    ):
        raise WrongError("its commitments are not in order")
    try:
        values = opened(fields.decode(), committed)
    except WrongError:
        raise
    except (ValueError, RecursionError):
        raise WrongError("its fields are no JSON") from None
    return values, [name for name in names if name not in values]


def opened(text: str, committed: dict[str, bytes]) -> dict[str, Any]:
    """The values in the fields; what was committed to are the bytes of each as they stand there."""
    values: dict[str, Any] = {}
    name, place, end = "", 1, len(text) - 1
    while place < end:
        field = FIELD.match(text, place)
        if field is None or field[1] <= name:
            raise WrongError("its fields are not in order")
        value, close = decode(text, field.end())
        said = sha256(unbase64(field[2], 16) + text[field.end() : close].encode()).digest()
        name, place = field[1], close + 2
        if b2a_base64(said, newline=False) != committed.get(name):
            raise WrongError(f"the value of {name!r} is not what was written")
        if text[close:place] != ("]}" if place > end else "],"):
            raise WrongError("its fields are not in order")
        values[name] = value
    if place != 1 + bool(values) * end:
        raise WrongError("its fields are not in order")
    return values


# A ledger, line by line


class Audit:
    """What is known of a ledger so far; beside eight bytes for each redacted value it grows with rotations alone."""

    def __init__(self, keys: Iterable[Key] = (), notes: Iterable[str] = (), *, values: bool = True) -> None:
        self.trusted, self.values = set(keys), values
        self.problems: list[Problem] = []
        self.known: dict[int, list[str]] = {}
        for note in notes:
            self.known.setdefault(checkpoint_of(note)[1], []).append(note)
        self.size, self.begun, self.interrupted = 0, CLOSED, 0
        self.origin, self.last, self.time = "", b"", b""
        self.key: Key | None = None
        self.peaks: list[bytes] = []
        self.whole, self.doubt = True, False
        self.agreed, self.signed = 0, 0
        self.missing: dict[str, array[int]] = {}
        self.redacted: dict[str, list[tuple[int, int]]] = {}

    def wrong(self, first: int, last: int, what: str) -> None:
        """Note a problem; one that is about order or content makes the tree worthless."""
        self.problems.append(Problem(max(first, 0), max(last, 0), what))

    def root(self) -> bytes:
        """Of the tree over what was read."""
        found = self.peaks[-1] if self.peaks else sha256(b"").digest()
        for peak in reversed(self.peaks[:-1]):
            found = node(peak, found)
        return found

    def take(self, line: bytes) -> None:
        """The next line of the file, with its end."""
        form = LINE.fullmatch(line)
        if form is None:
            self.wrong(self.size, self.size, "no whole entry stands here")
            self.size, self.last, self.whole, self.doubt = self.size + 1, b"", False, False
            return
        raw, after, commitments, kind, number, time, fields = form.groups()
        values = self.revealed(commitments, kind.decode(), int(number), fields)
        if self.size == 0 and kind == b"begin":
            self.origin = str(values.get("origin"))
            self.last = b2a_base64(sha256(f"modelrouter ledger 1\n{self.origin}".encode()).digest(), newline=False)
        if not self.follows(after, int(number)):
            return
        for note in self.known.pop(self.size, ()):
            self.attest(note)
        if time < self.time:
            self.wrong(self.size, self.size, "earlier than the entry before")
        self.structure(kind.decode(), values)
        leaf = sha256(b"\x00" + raw).digest()
        self.time, self.last, self.size = time, b2a_base64(leaf, newline=False), self.size + 1
        size = self.size - 1
        while size & 1 and self.whole:
            leaf, size = node(self.peaks.pop(), leaf), size >> 1
        self.peaks.append(leaf) if self.whole else self.peaks.clear()

    def revealed(self, commitments: bytes, kind: str, number: int, fields: bytes) -> dict[str, Any]:
        """The values that are there, checked; those that are not are noted."""
        if not (self.values or kind in STRUCTURE):
            return {}
        try:
            values, missing = values_of(commitments, fields)
        except WrongError as error:
            self.wrong(number, number, str(error))
            return {}
        if missing and kind in STRUCTURE:
            self.wrong(number, number, f"a {kind} without its {missing[0]!r}")
        for name in missing:
            self.missing.setdefault(name, array("Q")).append(number)
        return values

    def follows(self, after: bytes, number: int) -> bool:
        """Whether the next entry is to be taken for the one that it says; what is wrong with its place is noted."""
        if number != self.size and after != self.last:
            if number < self.size:
                self.wrong(number, self.size, f"entry {number} stands behind entry {self.size - 1}")
            else:
                self.wrong(self.size, number - 1, "missing")
            self.whole = self.doubt = False
            self.size = max(self.size, number)
            return number == self.size
        if number != self.size:
            self.wrong(self.size, self.size, f"says that it is entry {number}")
            self.whole = False
        if self.doubt:
            changed = self.size - 2 if after == self.last else self.size - 1
            self.wrong(changed, changed, "was changed: its neighbours do not agree with it")
            self.doubt = False
        elif after != self.last and self.last:
            self.whole, self.doubt = False, self.size > 0
            if not self.doubt:
                self.wrong(0, 0, "is not the first of this ledger, or was changed")
        return True

    def structure(self, kind: str, values: dict[str, Any]) -> None:
        """What entries say of the ledger itself."""
        if self.begun == CLOSED and kind != "begin":
            self.begun = self.size
            self.wrong(self.size, self.size, "without a writer that began")
        says = {"begin": self.begin, "end": self.end, "rotation": self.rotate, "redaction": self.redact}
        try:
            if kind == "checkpoint":
                self.attest(str(values.get("note")))
            elif kind in says:
                says[kind](values)
        except WrongError as error:
            self.wrong(self.size, self.size, str(error))
        except (LookupError, TypeError, ValueError):
            self.wrong(self.size, self.size, f"its {kind} does not say what it must")

    def begin(self, values: dict[str, Any]) -> None:
        """A writer begins."""
        before = "nothing" if self.size == 0 else "end" if self.begun == CLOSED else "interruption"
        self.interrupted += before == "interruption"
        self.begun = self.size
        if (values["before"], values["size"]) != (before, self.size):
            raise WrongError(f"says that {values['before']!r} came before it, and it was {before!r}")
        if values["origin"] != self.origin:
            raise WrongError("the begin of another ledger")
        if values["key"] is not None:
            key = key_of(str(values["key"]))
            if key.name != self.origin or self.key not in (None, key):
                raise WrongError("another key without a rotation")
            self.key = key

    def end(self, values: dict[str, Any]) -> None:
        """A writer ends."""
        begun, self.begun = self.begun, CLOSED
        if values["entries"] != self.size - begun + 1:
            raise WrongError("the end of another number of entries than its writer wrote")

    def rotate(self, values: dict[str, Any]) -> None:
        """One key hands over to another."""
        note = str(values["note"])
        said = note.split("\n")
        keys = [key_of(text) for text in said[3:5]]
        _, found = signers(note, keys)
        if said[:3] != ["modelrouter ledger key rotation", self.origin, str(self.size)] or said[5]:
            raise WrongError("the rotation of another place")
        if len(found) != 2 or keys[0] != self.key or keys[1].name != self.origin:
            raise WrongError("a rotation that not both keys signed")
        self.key = keys[1]
        self.trusted |= {keys[1]} if keys[0] in self.trusted else set()

    def redact(self, values: dict[str, Any]) -> None:
        """Fields of entries were taken away."""
        for first, last in values["entries"]:
            if not 0 <= first <= last < self.size:
                raise WrongError("a redaction of what is not before it")
            for name in values["fields"]:
                self.redacted.setdefault(name, []).append((first, last))

    def attested(self, note: str) -> tuple[int, bytes, bool]:
        """Size and root of a checkpoint that was rightly signed, and whether by a key that is trusted."""
        origin, size, root, found = vouched(note, self.trusted | ({self.key} if self.key else set()))
        if origin != self.origin or not found or (self.key and self.key not in found):
            raise WrongError(f"a checkpoint of size {size} that this ledger's key of that time did not sign")
        return size, root, bool(found & self.trusted)

    def attest(self, note: str, *, cut: bool = False) -> None:
        """Compare the tree with a checkpoint of this size, or of one that the ledger does not reach."""
        try:
            size, root, trusted = self.attested(note)
        except WrongError as error:
            self.wrong(self.agreed, self.size, str(error))
            return
        if cut:
            self.wrong(self.size, size - 1, f"cut off: a signed checkpoint knows {size} entries")
        elif size != self.size or (self.whole and root != self.root()):
            self.wrong(self.agreed, self.size - 1, "not what a signed checkpoint says: rewritten, or a fork")
            self.whole = False
        elif self.whole:
            self.agreed = size
            self.signed = size if trusted else self.signed

    def close(self) -> list[Problem]:
        """There are no more lines: every problem in the order of the entries, and last what redactions should tell of.

        These may follow from the others: the entry that told of a redaction may be one that is gone.
        """
        if self.doubt:
            self.wrong(self.size - 2, self.size - 1, "one of the two was changed")
        if not self.size:
            self.wrong(0, 0, "no entries")
        for size in sorted(self.known):
            for note in self.known[size] if size >= self.size else ():
                self.attest(note, cut=size > self.size)
        if self.trusted and not self.signed and not self.problems:
            self.wrong(0, self.size - 1, "no checkpoint is signed by a key that was given")
        return sorted(self.problems) + sorted(self.untold())

    def untold(self) -> Iterator[Problem]:
        """Values that were taken away, and no redaction tells of it."""
        for name, numbers in self.missing.items():
            spans = sorted(self.redacted.get(name, []))
            ends = list(accumulate((last for _, last in spans), max))
            for number in numbers:
                before = bisect_right(spans, (number, 1 << 63))
                if not before or ends[before - 1] < number:
                    yield Problem(number, number, f"without its {name!r}, and no redaction tells of it")


def lines_of(path: str) -> Iterator[bytes]:
    """The lines of a file; one that has no end within LONGEST_LINE is cut there."""
    with Path(path).open("rb") as file:
        yield from iter(partial(file.readline, LONGEST_LINE), b"")


def proven(lines: Iterable[bytes], proof: str, keys: list[Key]) -> str:
    """What a proof shows of the entry among these lines. Raises WrongError where it shows nothing."""
    above, _, note = proof.partition("\n\n")
    form = re.fullmatch("c2sp[.]org/tlog-proof@v1\n(?:extra .*\n)?index (0|[1-9][0-9]{0,15})((?:\n[^\n]+)*)", above)
    origin, size, root, found = vouched(note, keys)
    if form is None or not found:
        raise WrongError("no proof with a checkpoint that one of the keys signed")
    hashes = [unbase64(each, 32) for each in form[2].split()]
    entries = (LINE.fullmatch(line) for line in lines)
    entry = next((each for each in entries if each and each[5] == form[1].encode()), None)
    if entry is None:
        raise WrongError(f"the file has no entry {form[1]}")
    if root_from(sha256(b"\x00" + entry[1]).digest(), int(form[1]), size, hashes) != root:
        raise WrongError("the proof does not lead from this entry to the signed root")
    _, missing = values_of(entry[3], entry[7])
    return f"entry {form[1]} is in {origin} of {size} entries" + (
        f"; redacted: {', '.join(missing)}" if missing else ""
    )


def told(audit: Audit) -> str:
    """What can be said of a ledger in which nothing is wrong."""
    signed = (
        f"signed up to entry {audit.signed - 1} by a key that was given" if audit.signed else "no given key signs it"
    )
    broken = f"; {audit.interrupted} writers were interrupted" if audit.interrupted else ""
    covered = f"what follows entry {audit.agreed - 1}" if audit.agreed else "it"
    rest = f"; nothing signed covers {covered}" if audit.agreed < audit.size else ""
    return f"{audit.size} entries of {audit.origin}, root {base64(audit.root())}; {signed}{rest}{broken}"


def main(arguments: list[str] | None = None) -> int:
    """Answer the command line."""
    parser = argparse.ArgumentParser(description="Checks a ledger of modelrouter.")
    parser.add_argument("file", help="entries, one a line")
    parser.add_argument(
        "--key", action="append", default=[], type=key_of, help="a verifier key that is trusted: name+id+key"
    )
    parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help="checkpoints kept elsewhere")
    parser.add_argument("--proof", metavar="FILE", help="check one entry by this proof")
    parser.add_argument("--without-values", action="store_true", help="do not check values, which is faster")
    ask = parser.parse_args(arguments)
    try:
        notes = [b"".join(lines_of(path)) for path in ask.checkpoint]
        if ask.proof:
            answer, problems = (
                proven(lines_of(ask.file), b"".join(lines_of(ask.proof)).decode(), ask.key),
                list[Problem](),
            )
        else:
            audit = Audit(
                ask.key, [note for text in notes for note in notes_of(text.decode())], values=not ask.without_values
            )
            for line in lines_of(ask.file):
                audit.take(line)
                if len(audit.problems) > MOST_PROBLEMS:
                    break
            problems = audit.close()
            answer = told(audit)
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    except (WrongError, UnicodeDecodeError) as error:
        sys.stdout.write(f"not valid: {error}\n")
        return 1
    sys.stdout.write("".join(f"not valid: {problem}\n" for problem in problems[:MOST_PROBLEMS]) or f"valid: {answer}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
