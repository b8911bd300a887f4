"""Entries and hops as tables: CSV for people and spreadsheets, Parquet for analysis (through DuckDB)."""

from __future__ import annotations

import csv
import json
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from modelrouter.errors import LedgerError
from modelrouter.ledger.export import flat
from modelrouter.ledger.export.files import replaced, replaced_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from modelrouter.ledger.export.flat import Column
    from modelrouter.ledger.export.lines import Progress
    from modelrouter.ledger.plain import Plain

    Row = dict[str, Any]
    Told = Iterable[tuple[str, Plain]]

__all__ = ["Counted", "guarded", "write_csv", "write_parquet"]

ENTRIES, ATTEMPTS = "entries", "attempts"
FORMULAS = frozenset("=+-@\t\r\n")
"""What a spreadsheet may take for the beginning of a formula."""
STEP = 1000
"""Entries between two reports of progress."""
_LARGEST_ROW = 32 << 20
_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "1GB",
    "preserve_insertion_order": "true",
}
"""Of DuckDB: nothing is fetched, and memory is bounded."""


class Counted(NamedTuple):
    """Rows that were written."""

    entries: int
    attempts: int


def guarded(value: Any) -> Any:
    """A cell that no spreadsheet calculates: text that might be a formula stands behind an apostrophe."""
    return f"'{value}" if type(value) is str and value[:1] in FORMULAS else value


def write_csv(told: Told, folder: Path, progress: Progress) -> Counted:
    """Write `entries.csv` and `attempts.csv` into a folder; each entry comes with its ledger's origin. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        entries, attempts = (
            _sheet(opened.enter_context(replaced(folder / f"{name}.csv")), columns, opened)
            for name, columns in ((ENTRIES, flat.ENTRIES), (ATTEMPTS, flat.ATTEMPTS))
        )
        return _laid(told, entries, attempts, progress)


def write_parquet(told: Told, folder: Path, progress: Progress, *, by_day: bool = False) -> Counted:
    """Write `entries.parquet` and `attempts.parquet` into a folder; by day, a folder each with one more for each day.

    Raises LedgerError where DuckDB is not installed or fails, and OSError.
    """
    duckdb = _duckdb()
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".rows-") as within:
        rows = {name: Path(within, f"{name}.jsonl") for name in (ENTRIES, ATTEMPTS)}
        with rows[ENTRIES].open("wb") as entries, rows[ATTEMPTS].open("wb") as attempts:
            counted = _laid(told, _lines(entries), _lines(attempts), progress)
        try:
            with duckdb.connect(config={**_SETTINGS, "temp_directory": within}) as database:
                for name, columns in ((ENTRIES, flat.ENTRIES), (ATTEMPTS, flat.ATTEMPTS)):
                    _copied(database, rows[name], columns, folder / name, by_day=by_day)
        except duckdb.Error as error:
            raise LedgerError(f"DuckDB cannot write {folder} ({error})", "free some space, or take --to csv") from None
    return counted


def _laid(told: Told, entry: Callable[[Row], object], attempt: Callable[[Row], object], progress: Progress) -> Counted:
    """Each entry and hop as a row, and how many there were."""
    entries = attempts = 0
    for origin, each in told:
        entry(flat.entry(origin, each))
        entries += 1
        for hop in flat.attempts(origin, each):
            attempt(hop)
            attempts += 1
        if not entries % STEP:
            progress(STEP)
    progress(entries % STEP)
    return Counted(entries, attempts)


def _sheet(file: IO[bytes], columns: Sequence[Column], opened: ExitStack) -> Callable[[Row], object]:
    """What writes rows of text in UTF-8 with a head."""
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    opened.callback(text.detach)
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow([column.name for column in columns])
    return lambda row: sheet.writerow([guarded(value) for value in row.values()])


def _lines(file: IO[bytes]) -> Callable[[Row], object]:
    return lambda row: file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _duckdb() -> Any:
    try:
        import duckdb  # noqa: PLC0415 - a large library that one form alone needs
    except ImportError:
        raise LedgerError(
            "Parquet needs DuckDB, which is not installed", "pip install 'modelrouter[parquet]'"
        ) from None
    return duckdb


def _copied(database: Any, rows: Path, columns: Sequence[Column], target: Path, *, by_day: bool) -> None:
    """Rows as a file of Parquet, or as a folder of them."""
    types = {column.name: column.type for column in columns}
    found = database.read_json(str(rows), format="newline_delimited", columns=types, maximum_object_size=_LARGEST_ROW)
    if not by_day:
        with replaced(target.with_suffix(".parquet")) as file:
            found.write_parquet(file.name, compression="zstd", use_tmp_file=False)
        return
    with replaced_folder(target) as beside:
        dated = found.project("*, CAST(time AS DATE) AS day")
        dated.write_parquet(str(beside), compression="zstd", partition_by=["day"], overwrite=True)
