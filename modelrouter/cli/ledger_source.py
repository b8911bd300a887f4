"""From the words of a command to the ledgers that it means, and what goes wrong with them to one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple, NoReturn

import typer

from modelrouter.cli.graphs import read_inventory, stop
from modelrouter.cli.opening import USUAL, fail
from modelrouter.core.evidence import Ledger
from modelrouter.errors import LedgerError, MissingSecretError
from modelrouter.inventory.secrets import resolve
from modelrouter.ledger.ed25519 import Secret, secret_from
from modelrouter.ledger.entry import MalformedError
from modelrouter.ledger.export.lines import CHECKPOINT, LINES
from modelrouter.ledger.plain import Plain, plain
from modelrouter.ledger.reading import Reader, opened, shards
from modelrouter.ledger.shards import KEY
from modelrouter.ledger.signing import head_path
from modelrouter.ledger.verifier import WrongError, notes_of

__all__ = [
    "Asked",
    "Books",
    "File",
    "Inventory",
    "Place",
    "Reference",
    "SigningKey",
    "Words",
    "asked",
    "called",
    "entry_of",
    "explained",
    "kept_beside",
    "located",
    "opened_all",
    "paths_of",
    "reference",
    "shard_of",
    "signer",
]

_ENTRY = re.compile(r"(?:[^#]*#)?\d+(?:-\d+)?|mr_\w+")
File = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE", help="A shard (0.db), a folder of shards, or an export; else the inventory's ledger."
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE|ENTRY",
        help="A shard (0.db), a folder of shards or an export, else the inventory's ledger; and entries: 42, or 0#42 "
        "where there are several shards.",
    ),
]
Inventory = Annotated[
    Path,
    typer.Option(
        "--inventory",
        "-f",
        metavar="FILE",
        help="The inventory whose ledger is meant where no file is named.",
        envvar="MODELROUTER_INVENTORY",
        show_default="providers.yaml",
    ),
]
SigningKey = Annotated[
    str | None,
    typer.Option(
        "--signing-key",
        metavar="REFERENCE",
        help="The ledger's secret key: env:NAME or file:PATH; else the inventory's, or key.pem beside the shards.",
    ),
]


class Asked(NamedTuple):
    """What the words of a command mean."""

    file: Path | None
    entries: tuple[str, ...]


class Reference(NamedTuple):
    """An entry, or a range of them, as people name it."""

    shard: str | None
    """The end of an origin; None where there is but one shard."""
    first: int
    last: int


class Place(NamedTuple):
    """A ledger that was asked for."""

    path: Path
    section: Ledger | None
    """What the inventory says of it; None where a file was named."""
    inventory: str = ""
    """The inventory's own file."""


class Books(NamedTuple):
    """A shard, open for reading."""

    name: str
    """By which its entries are called: `0` in `0#42`."""
    path: Path
    reader: Reader
    notes: list[str]
    """Of the checkpoint that stood beside it before it was opened."""


def kept_beside(path: Path) -> list[str]:
    """The checkpoint that stands beside a shard or an export: it covers what came after the last one inside."""
    beside = path.with_name(CHECKPOINT) if path.name == LINES else head_path(path)
    try:
        return notes_of(beside.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, WrongError):
        return []


def asked(words: Sequence[str] | None) -> Asked:
    """Tell a file from entries: a word that is no number and no request's id is a file, and there is one at most."""
    files = [word for word in words or () if not _ENTRY.fullmatch(word)]
    if len(files) > 1:
        stop(f"{files[0]} and {files[1]}: name one ledger")
    return Asked(Path(files[0]) if files else None, tuple(word for word in words or () if word not in files))


def reference(word: str) -> Reference:
    """Read `42`, `5-9`, `0#42` or `ledger.example/router/0#42`; another ends the command."""
    shard, _, numbers = word.rpartition("#")
    first, _, last = numbers.partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()) or int(last or first) < int(first):
        stop(f"{word!r} is no entry: write its number, a range such as 5-9, or 0#42 where there are several shards")
    return Reference(shard or None, int(first), int(last or first))


def located(file: Path | None, inventory: Path = USUAL, *, as_json: bool = False) -> Place:
    """The ledger that is meant; where there is none the command ends with exit code 2."""
    if file is not None:
        return Place(file, None)
    found = read_inventory(inventory, as_json=as_json)
    if found.ledger is None:
        stop(f"{inventory} keeps no ledger: name a file, or add a section ledger", as_json=as_json)
    return Place(Path(found.ledger.beside(found.path)), found.ledger, found.path)


def paths_of(place: Place) -> list[Path]:
    """The files of its shards, in order. Raises LedgerError where there is none."""
    path = place.path
    if not path.exists():
        missing = (
            "nothing was recorded there yet"
            if place.section is not None
            else "name a shard, a folder of shards, or an export"
        )
        raise LedgerError(f"{path} is not there", missing)
    if not path.is_dir():
        return [path]
    exported = [path / LINES] if (path / LINES).exists() else sorted(path.glob(f"*/{LINES}"))
    found = [each for each in shards(path) if each.stat().st_size] or exported  # a writer may have been killed at once
    if not found:
        raise LedgerError(f"{path} holds no ledger", "nothing was recorded there yet, or name another folder")
    return found


def called(path: Path) -> str:
    """What a shard is called by people."""
    return path.parent.name if path.name == LINES else path.stem


@contextmanager
def explained(*, as_json: bool = False) -> Iterator[None]:
    """What is wrong with a ledger or a key ends the command with one line and what to do about it."""
    try:
        yield
    except LedgerError as error:
        fail(error.what, [error.advice], as_json=as_json, advice=error.advice)
    except MissingSecretError as error:
        fail(str(error), as_json=as_json)
    except MalformedError as error:
        fail(f"not what a ledger holds: {error}", ["modelrouter ledger verify says where"], as_json=as_json)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}", as_json=as_json)


@contextmanager
def opened_all(place: Place, *, as_json: bool = False) -> Iterator[tuple[Books, ...]]:
    """Every shard, as it is now; those of a writer at work are copied."""
    with explained(as_json=as_json), ExitStack() as stack:
        noted = [(path, kept_beside(path)) for path in paths_of(place)]
        yield tuple(Books(called(path), path, stack.enter_context(opened(path)), notes) for path, notes in noted)


def shard_of(books: Sequence[Books], named: Reference, *, as_json: bool = False) -> Books:
    """The shard in which an entry is; where that is not clear, or it has no such entry, the command ends."""
    found = [each for each in books if named.shard is None or _is(each, named.shard)]
    if len(found) != 1:
        known = ", ".join(f"{each.name}#{named.first}" for each in books)
        stop(f"which shard is meant? write one of {known}", as_json=as_json)
    if named.last >= found[0].reader.size:
        _beyond(found[0], named.last, as_json=as_json)
    return found[0]


def _is(books: Books, shard: str) -> bool:
    origin = books.reader.origin if books.reader.size else ""
    return shard in (books.name, origin) or origin.endswith(f"/{shard}")


def _beyond(books: Books, number: int, *, as_json: bool) -> NoReturn:
    last = books.reader.size - 1
    stop(f"{books.path} has no entry {number}: its last is {last}" if last >= 0 else "it is empty", as_json=as_json)


def entry_of(books: Books, number: int) -> Plain:
    """One entry, to be read. Raises LedgerError where it is not there."""
    for row in books.reader.rows(number, number):
        return plain(row)
    raise LedgerError(f"{books.path}: entry {number} is missing", "modelrouter ledger verify says what is wrong")


def signer(place: Place, named: str | None) -> Secret | None:
    """The ledger's secret key where it can be had: as named, as the inventory says, or beside the shards.

    Raises LedgerError or MissingSecretError where one is named and cannot be used.
    """
    reference = named or (place.section.key if place.section is not None else None)
    if reference is not None:
        text, where = resolve(reference, pem=True).reveal(), reference
    else:
        beside = (place.path if place.path.is_dir() else place.path.parent) / KEY
        if not beside.exists():
            return None
        text, where = beside.read_text(encoding="utf-8"), str(beside)
    secret = secret_from(text)
    if secret is None:
        raise LedgerError(f"{where} holds no Ed25519 key", "name the key that signs this ledger")
    return secret
