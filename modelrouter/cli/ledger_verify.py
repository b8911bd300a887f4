"""`modelrouter ledger verify`: is a ledger what was written, and if not, where is it not?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from modelrouter.cli.graphs import stop
from modelrouter.cli.ledger_progress import progress
from modelrouter.cli.ledger_source import File, Inventory, called, kept_beside, located, paths_of
from modelrouter.cli.opening import USUAL, AsJson, show_json
from modelrouter.cli.printable import printable
from modelrouter.cli.writing import write
from modelrouter.errors import LedgerError
from modelrouter.ledger.entry import line
from modelrouter.ledger.merkle import leaf_hash
from modelrouter.ledger.reading import Lines, Reader, opened
from modelrouter.ledger.verifier import (
    MOST_PROBLEMS,
    Audit,
    Key,
    Problem,
    WrongError,
    base64,
    checkpoint_of,
    key_of,
    lines_of,
    notes_of,
    told,
)

__all__ = ["verify"]

STEP = 1000
"""Entries between two reports of progress."""
WITNESS = 4
"""The type of the keys of witnesses, who speak for any ledger."""


class _Judged(NamedTuple):
    """What came of one shard."""

    name: str
    path: Path
    audit: Audit
    problems: list[Problem]
    """In their order; empty where all is well."""


def _key(text: str) -> Key:
    try:
        return key_of(text)
    except (WrongError, UnicodeEncodeError) as error:
        raise typer.BadParameter(f"{error}: name+id+key is expected, as `modelrouter ledger show` prints it") from None


def verify(
    file: File = None,
    *,
    key: Annotated[
        list[Key] | None,
        typer.Option("--key", metavar="KEY", help="A verifier key that you trust; may be repeated.", parser=_key),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="Checkpoints that were kept elsewhere; may be repeated."),
    ] = None,
    without_values: Annotated[
        bool, typer.Option("--without-values", help="Do not check values against their commitments: faster.")
    ] = False,
    verifier: Annotated[
        Path | None, typer.Option("--verifier", metavar="FILE", help="Only write out the verifier, for an auditor.")
    ] = None,
    inventory: Inventory = USUAL,
    as_json: AsJson = False,
) -> None:
    """Check that nothing was changed, removed or put in. Exit code 1 if it was, with the place of each problem."""
    if verifier is not None:
        write(verifier, files("modelrouter.ledger").joinpath("verifier.py").read_bytes(), (), as_json=as_json)
        typer.echo(f"wrote {verifier}: it needs Python 3.11 and nothing else")
        return
    place = located(file, inventory, as_json=as_json)
    given = _given(checkpoint or (), as_json=as_json)
    try:
        paths = paths_of(place)
    except LedgerError as error:
        stop(str(error), as_json=as_json)
    judged = [_judged(path, key or (), given, values=not without_values, as_json=as_json) for path in paths]
    missing = _missing(given, [each.audit.origin for each in judged], folder=place.path.is_dir())
    if as_json:
        show_json(_facts(judged, missing))
    else:
        _show(judged, missing, Console(highlight=False))
    raise typer.Exit(1 if missing or any(each.problems for each in judged) else 0)


def _given(paths: Sequence[Path], *, as_json: bool) -> list[str]:
    """The checkpoints in these files; one without any ends the command with exit code 2."""
    found: list[str] = []
    for path in paths:
        try:
            notes = notes_of(path.read_text(encoding="utf-8"))
            for note in notes:
                checkpoint_of(note)
        except OSError as error:
            stop(f"{path}: {error.strerror}", as_json=as_json)
        except (WrongError, UnicodeDecodeError):
            stop(f"{path} holds no signed checkpoints", as_json=as_json)
        found += notes
    return found


def _judged(path: Path, keys: Sequence[Key], given: Sequence[str], *, values: bool, as_json: bool) -> _Judged:
    """The verifier's judgement of a shard, and whether what is kept beside its entries agrees with them."""
    own = kept_beside(path)  # before the entries are read: a writer at work signs more meanwhile
    if not path.exists():
        stop(f"{path} is not there", as_json=as_json)
    try:
        with Lines(path) if path.suffix == ".jsonl" else opened(path) as reader:
            if path.suffix == ".db" and not reader.size:
                return _empty(path, own)
            origin = _origin(reader)
            trusted = [each for each in keys if origin in ("", each.name) or each.type == WITNESS]
            notes = [note for note in (*given, *own) if origin in ("", checkpoint_of(note)[0])]
            audit = Audit(trusted, notes, values=values)
            with progress(f"verifying {called(path)}", reader.size) as done:
                extra = _read(reader, audit, done)
    except LedgerError as error:
        if path.suffix != ".db":
            stop(str(error), as_json=as_json)
        return _Judged(called(path), path, Audit(), [Problem(0, 0, error.what)])
    if keys and not trusted:
        extra.append(Problem(0, max(audit.size - 1, 0), "no key that was given is this ledger's"))
    return _Judged(called(path), path, audit, audit.close() + extra)


def _empty(path: Path, own: Sequence[str]) -> _Judged:
    """A shard whose writer was killed before its first entry; one of which more was signed was emptied."""
    signed = max((checkpoint_of(note)[1] for note in own), default=0)
    cut = [Problem(0, signed - 1, f"cut off: a checkpoint knows {signed} entries")] if signed else []
    return _Judged(called(path), path, Audit(), cut)


def _origin(reader: Reader) -> str:
    """Whose ledger it is; empty where its first entry does not say so, which the verifier then tells."""
    try:
        return reader.origin
    except LedgerError:
        return ""


def _read(reader: Reader, audit: Audit, done: Callable[[int], object]) -> list[Problem]:
    """Let the verifier read every line; answered is what is wrong with the file that the lines are kept in."""
    extra: list[Problem] = []
    try:
        for place, each in enumerate(_lines(reader, extra), 1):
            audit.take(each)
            if len(audit.problems) > MOST_PROBLEMS:
                return extra
            if not place % STEP:
                done(STEP)
        if not isinstance(reader, Lines) and not audit.problems and audit.size:
            _compare(reader, audit, extra)
    except LedgerError as error:
        extra.append(Problem(audit.size, audit.size, error.what))
    return extra


def _lines(reader: Reader, extra: list[Problem]) -> Iterator[bytes]:
    """The lines of an export as they are, or those that an export of the shard would have."""
    if isinstance(reader, Lines):
        yield from lines_of(str(reader.path))
        return
    for place, row in enumerate(reader.rows()):
        if row.leaf != leaf_hash(row.raw) and len(extra) < MOST_PROBLEMS:
            extra.append(Problem(place, place, "the hash that is kept beside it is not its own"))
        yield line(row.raw, row.fields) + b"\n"


def _compare(reader: Reader, audit: Audit, extra: list[Problem]) -> None:
    """Whether the shard's own head and tree are those of its entries."""
    head = reader.head
    if head.size != audit.size or head.tree.root() != audit.root():
        extra.append(Problem(audit.size - 1, audit.size - 1, "the head that is kept beside the entries is another"))


def _missing(given: Iterable[str], origins: Sequence[str], *, folder: bool) -> list[str]:
    """Ledgers that a checkpoint speaks of, and that should be here and are not."""
    spoken: dict[str, int] = {}
    for note in given:
        origin, size, _ = checkpoint_of(note)
        spoken[origin] = max(size, spoken.get(origin, 0))
    near = {origin.rpartition("/")[0] for origin in origins}
    none = bool(spoken) and not spoken.keys() & set(origins)
    return [
        f"a checkpoint speaks of {size} entries of {origin}, which is not here"
        for origin, size in spoken.items()
        if origin not in origins and (none or (folder and origin.rpartition("/")[0] in near))
    ]


def _facts(judged: Sequence[_Judged], missing: Sequence[str]) -> dict[str, Any]:
    return {
        "valid": not missing and not any(each.problems for each in judged),
        "missing": list(missing),
        "ledgers": [
            {
                "file": str(each.path),
                "origin": each.audit.origin,
                "valid": not each.problems,
                "entries": each.audit.size,
                "root": base64(each.audit.root()) if each.audit.whole else None,
                "checkpoints_agree_up_to": each.audit.agreed,
                "signed_by_given_keys_up_to": each.audit.signed,
                "interrupted_writers": each.audit.interrupted,
                "problems": [problem._asdict() for problem in each.problems[:MOST_PROBLEMS]],
            }
            for each in judged
        ],
    }


def _show(judged: Sequence[_Judged], missing: Sequence[str], console: Console) -> None:
    for each in judged:
        name = Text(str(each.path), "bold")
        if not each.problems and not each.audit.size:
            console.print(Text.assemble(("valid  ", "green"), name, "  no entries yet"), soft_wrap=True)
        elif not each.problems:
            console.print(Text.assemble(("valid  ", "green"), name, "  ", printable(told(each.audit))), soft_wrap=True)
        for problem in each.problems[:MOST_PROBLEMS]:
            said = printable(str(problem))
            console.print(Text.assemble(("not valid  ", "bold red"), name, "  ", said), soft_wrap=True)
    for said in missing:
        console.print(Text.assemble(("not valid  ", "bold red"), printable(said)), soft_wrap=True)
