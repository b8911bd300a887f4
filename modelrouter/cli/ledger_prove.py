"""`modelrouter ledger prove`: one entry, and what shows anybody that it is in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelrouter.cli.graphs import stop
from modelrouter.cli.ledger_facts import key_at, newest
from modelrouter.cli.ledger_source import (
    Books,
    Inventory,
    Place,
    SigningKey,
    Words,
    asked,
    located,
    opened_all,
    reference,
    shard_of,
    signer,
)
from modelrouter.cli.opening import USUAL, AsJson, fail, show_json
from modelrouter.cli.writing import write
from modelrouter.errors import LedgerError
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import line
from modelrouter.ledger.keeping import hold, signed_now
from modelrouter.ledger.merkle import inclusion_proof
from modelrouter.ledger.note import Note, VerifierKey
from modelrouter.ledger.proof import Proof
from modelrouter.ledger.reading import Lines
from modelrouter.ledger.verifier import WrongError, key_of, proven

__all__ = ["prove"]

LINE, PROOF = ".jsonl", ".tlog-proof"


def prove(
    words: Words,
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to: FILE.jsonl and FILE.tlog-proof; else entry-NUMBER.")
    ] = None,
    signing_key: SigningKey = None,
    inventory: Inventory = USUAL,
    as_json: AsJson = False,
) -> None:
    """Write an entry and the proof that it is in the ledger: for one of ten million, less than 1.5 KB."""
    wanted = asked(words)
    if len(wanted.entries) != 1:
        stop("one entry at a time: write its number", as_json=as_json)
    named = reference(wanted.entries[0])
    if named.first != named.last:
        stop("one entry at a time", as_json=as_json)
    place = located(wanted.file, inventory, as_json=as_json)
    with opened_all(place, as_json=as_json) as books:
        shard = shard_of(books, named, as_json=as_json)
        note = _covering(place, shard, named.first, signing_key, as_json=as_json)
        key, text, proof = _proven(shard, named.first, note)
    base = out or Path(f"entry-{named.first}")
    base = base.with_suffix("") if base.suffix in (LINE, PROOF) else base
    files = base.with_name(base.name + LINE), base.with_name(base.name + PROOF)
    write(files[0], text, (), as_json=as_json)
    write(files[1], proof, (), as_json=as_json)
    size = Checkpoint.read(note.text).size
    if as_json:
        facts = {"entry": named.first, "ledger": key.name, "of": size, "key": str(key), "bytes": len(proof)}
        show_json({**facts, "files": [str(file) for file in files]})
        return
    typer.secho(f"wrote {files[0]} and {files[1]}: entry {named.first} is in {key.name} of {size} entries", fg="green")
    typer.echo("anybody can check it, with Python alone (modelrouter ledger verify --verifier verifier.py):")
    typer.echo(f"  python verifier.py {files[0]} --proof {files[1]} --key {key}")


def _covering(place: Place, books: Books, number: int, named: str | None, *, as_json: bool) -> Note:
    """The newest checkpoint, or one that is signed now where that does not reach the entry yet."""
    note = newest(books)
    if note is not None and Checkpoint.read(note.text).size > number:
        return note
    secret = None if isinstance(books.reader, Lines) else signer(place, named)
    if secret is None:
        covered = Checkpoint.read(note.text).size if note is not None else 0
        fail(
            f"no signed checkpoint covers entry {number} yet: the newest knows {covered} entries",
            ["name the ledger's key with --signing-key to sign one now, or wait for the writer's next"],
            as_json=as_json,
        )
    with hold(books.path) as store:
        return signed_now(store, secret)


def _proven(books: Books, number: int, note: Note) -> tuple[VerifierKey, bytes, bytes]:
    """The ledger's key, the entry's line and its proof, as the verifier takes them."""
    checkpoint, reader = Checkpoint.read(note.text), books.reader
    if checkpoint.size > reader.size:
        raise LedgerError(
            f"{books.path} was cut off: a checkpoint knows {checkpoint.size} entries",
            "modelrouter ledger verify says where",
        )
    key = key_at(reader, note)
    row = next(reader.rows(number, number))
    text = line(row.raw, row.fields) + b"\n"
    proof = str(Proof(number, inclusion_proof(number, checkpoint.size, reader.nodes()), note))
    try:
        proven([text], proof, [key_of(str(key))])
    except WrongError as error:
        raise LedgerError(
            f"{books.path}: entry {number} cannot be proved ({error})", "modelrouter ledger verify says where"
        ) from None
    return key, text, proof.encode()
