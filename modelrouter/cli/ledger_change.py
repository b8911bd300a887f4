"""`modelrouter ledger redact` and `rotate`: values taken away, and another key from here on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from modelrouter.cli.graphs import stop
from modelrouter.cli.ledger_progress import progress
from modelrouter.cli.ledger_source import (
    Books,
    File,
    Inventory,
    Place,
    SigningKey,
    Words,
    asked,
    explained,
    located,
    opened_all,
    paths_of,
    reference,
    shard_of,
    signer,
)
from modelrouter.cli.opening import USUAL, AsJson, fail, show_json
from modelrouter.errors import LedgerError
from modelrouter.inventory.secrets import resolve
from modelrouter.ledger.ed25519 import Secret, secret_from
from modelrouter.ledger.entry import NAME, STRUCTURE, Kind, read
from modelrouter.ledger.keeping import Redacted, Why, cleaned, hold, redacted, rotated
from modelrouter.ledger.note import ED25519, VerifierKey
from modelrouter.ledger.plain import Wanted, selected
from modelrouter.ledger.reading import Lines
from modelrouter.ledger.shards import KEY

__all__ = ["redact", "rotate"]

PERSONAL = ("caller", "circumstances", "content")
"""What entries say of a caller: taken where no field is named."""


def _told(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("this stands in the ledger for ever: say it in words")
    return text


def _field(text: str) -> str:
    if not NAME.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no name of a field")
    return text


def redact(
    words: Words = None,
    *,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME", help="What is taken away; may be repeated.", parser=_field),
    ] = None,
    principal: Annotated[
        str | None, typer.Option("--principal", metavar="NAME", help="From every request of this caller.")
    ] = None,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason; it stays in the ledger.", callback=_told)],
    who: Annotated[str, typer.Option(metavar="NAME", help="Who asks for it; it stays in the ledger.", callback=_told)],
    signing_key: SigningKey = None,
    inventory: Inventory = USUAL,
    as_json: AsJson = False,
) -> None:
    """Take values away for ever; the ledger tells that they were there, and every proof stays valid.

    Of a caller, without --field: who it is, its circumstances, and what was kept of prompts and answers.
    """
    wanted = asked(words)
    if bool(wanted.entries) == (principal is not None):
        stop("name entries, or a caller with --principal", as_json=as_json)
    if wanted.entries and not field:
        stop("name what is to be taken away: --field NAME", as_json=as_json)
    place, names, begun = located(wanted.file, inventory, as_json=as_json), field or list(PERSONAL), time.monotonic()
    with opened_all(place, as_json=as_json) as books:
        if principal is not None:
            chosen = {each.path: _of_caller(each, principal) for each in books}
        else:
            chosen = _named(books, wanted.entries, names, as_json=as_json)
    with explained(as_json=as_json):
        secret = signer(place, signing_key)
        done = [_redacted(path, each, names, Why(who, why), secret) for path, each in chosen.items() if each]
    entries, values = sum(each.entries for each in done), sum(each.values for each in done)
    if not values:
        fail(f"there is nothing to take away: no {' or '.join(names)} is there any more", as_json=as_json)
    if as_json:
        show_json({"entries": entries, "values": values, "seconds": round(time.monotonic() - begun, 3)})
    else:
        gone = "1 value is" if values == 1 else f"{values} values are"
        told = "1 entry" if entries == 1 else f"{entries} entries"
        typer.secho(f"{gone} gone from {told}, and from every file of the ledger", fg="green")
        typer.secho("exports, copies and backups that were made before still have them", dim=True)


def _named(
    books: Sequence[Books], entries: Iterable[str], names: Sequence[str], *, as_json: bool
) -> dict[Path, list[int]]:
    """The numbers that were asked for, of each shard; one that may not be redacted ends the command."""
    found: dict[Path, set[int]] = {}
    for word in entries:
        named = reference(word)
        shard = shard_of(books, named, as_json=as_json)
        _require_shard(shard, as_json=as_json)
        for row in shard.reader.rows(named.first, named.last):
            entry = read(row.raw)
            if entry.kind in STRUCTURE:
                stop(f"entry {row.number} is a {entry.kind}: nothing of these is ever redacted", as_json=as_json)
            if not entry.commitments.keys() & set(names) and named.first == named.last:
                known = ", ".join(entry.commitments)
                stop(f"entry {row.number} has no {' or '.join(names)}; it has {known}", as_json=as_json)
        found.setdefault(shard.path, set()).update(range(named.first, named.last + 1))
    return {path: sorted(numbers) for path, numbers in found.items()}


def _of_caller(books: Books, principal: str) -> list[int]:
    """The entries of every request of a caller, in order: what is known of a request by its id is its caller's."""
    requests: set[str] = set()
    numbers: list[int] = []
    text, reader = principal.encode(), books.reader
    wanted = Wanted(frozenset([Kind.REQUEST, Kind.DECISION, Kind.STREAM, Kind.ATTEMPT]))
    with progress(f"reading {books.name}", reader.size) as done:
        for entry in selected(reader.rows(), wanted):
            done(1)
            caller = entry.values.get("caller")
            if text in entry.sealed.fields and isinstance(caller, dict) and caller.get("principal") == principal:
                requests.add(entry.request or "")
            if entry.request in requests:
                numbers.append(entry.number)
    if numbers:
        _require_shard(books, as_json=False)
    return numbers


def _require_shard(books: Books, *, as_json: bool) -> None:
    if isinstance(books.reader, Lines):
        stop(f"{books.path} is an export: redact the ledger, and export it again", as_json=as_json)


def _redacted(path: Path, numbers: Sequence[int], names: Sequence[str], reason: Why, secret: Secret | None) -> Redacted:
    with hold(path) as store:
        found = redacted(store, numbers, names, reason, secret)
    cleaned(path, found.remains)
    return found


def rotate(
    file: File = None,
    *,
    new: Annotated[
        str | None,
        typer.Option(
            "--new", metavar="REFERENCE", help="The new key: env:NAME, or file:PATH, which is made if need be."
        ),
    ] = None,
    signing_key: SigningKey = None,
    inventory: Inventory = USUAL,
    as_json: AsJson = False,
) -> None:
    """Let another key sign from here on: an entry that both keys sign hands over, in every shard.

    Without --new the key's own file gets the new one once every shard has handed over.
    """
    place = located(file, inventory, as_json=as_json)
    with explained(as_json=as_json):
        old = signer(place, signing_key)
        if old is None:
            fail("the key that signs this ledger is not known", ["name it with --signing-key"], as_json=as_json)
        kept = _file_of(place, signing_key)
        pending, secret = _new_key(kept, new)
        with ExitStack() as stack:
            stores = [stack.enter_context(hold(path)) for path in paths_of(place)]
            changed = [rotated(store, old, secret) for store in stores]
            keys = [str(VerifierKey(store.head.origin, ED25519, secret.public)) for store in stores]
        if pending is not None and kept is not None:
            pending.replace(kept)
    where = new or f"file:{kept}"
    if as_json:
        show_json({"rotated": sum(changed), "key": where, "verifier_keys": keys})
        return
    typer.secho(f"{sum(changed)} of {len(keys)} shards handed over to {where}", fg="green")
    for key in keys:
        typer.echo(f"  {key}")
    if new is not None:
        typer.echo(f"from here on the inventory must say: ledger: {{key: {new}}}")


def _file_of(place: Place, named: str | None) -> Path | None:
    """The file that the key in use is in; None where it comes from elsewhere."""
    text = named or (place.section.key if place.section is not None else None)
    if text is None:
        return (place.path if place.path.is_dir() else place.path.parent) / KEY
    kind, _, path = text.partition(":")
    return Path(path) if kind == "file" else None


def _new_key(kept: Path | None, new: str | None) -> tuple[Path | None, Secret]:
    """The new key, and the file where it waits to take the old one's place.

    One that waits already, from a rotation that was cut short, is taken. Raises LedgerError, MissingSecretError.
    """
    if new is None and kept is None:
        raise LedgerError("the key in use is in no file", "say where the new one is: --new file:PATH or --new env:NAME")
    if new is None and kept is not None:
        pending = kept.with_name(f"{kept.name}.new")
        return pending, _made(pending)
    kind, _, path = str(new).partition(":")
    secret = _made(Path(path)) if kind == "file" else secret_from(resolve(str(new), pem=True).reveal())
    if secret is None:
        raise LedgerError(
            f"{new} holds no Ed25519 key", "write 32 random bytes in hexadecimal, or a key as OpenSSL does"
        )
    return None, secret


def _made(path: Path) -> Secret:
    """The key in a file, made there where there is none: readable for its owner alone."""
    if not path.exists():
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(Secret(os.urandom(32)).pem())
            out.flush()
            os.fsync(out.fileno())
    secret = secret_from(path.read_text(encoding="utf-8"))
    if secret is None:
        raise LedgerError(f"{path} holds no Ed25519 key", "remove it, or name another file")
    return secret
