"""Files of an export are there whole or not at all, and entries are chosen as they are asked for."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from modelrouter.ledger.entry import MalformedError, Sealed, read, read_fields
from modelrouter.ledger.export.files import replaced, replaced_folder
from modelrouter.ledger.plain import Wanted, first_at, plain, selected

from .building import build

if TYPE_CHECKING:
    from pathlib import Path


class StoppedError(Exception):
    """Something went wrong half way."""


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    """An error half way leaves what stood there, and nothing beside it."""
    file = tmp_path / "out"
    for text in (b"one", b"two"):
        with replaced(file) as out:
            out.write(text)
        assert file.read_bytes() == text
    with pytest.raises(StoppedError), replaced(file) as out:
        out.write(b"thr")
        raise StoppedError

    assert file.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    """Nothing of the one before is mixed with the new one; an error half way leaves the one before."""
    folder = tmp_path / "out"
    for name in ("one", "two"):
        with replaced_folder(folder) as beside:
            (beside / name).touch()
        assert [each.name for each in folder.iterdir()] == [name]
    with pytest.raises(StoppedError), replaced_folder(folder) as beside:
        (beside / "three").touch()
        raise StoppedError

    assert [each.name for each in folder.iterdir()] == ["two"]
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("seed", range(20))
def test_entries_are_read_as_they_were_written(seed: int) -> None:
    """Kind, number, time, names of what is gone and values, of every entry of ledgers made at random."""
    for each in build(Random(seed), 60).entries:
        told, whole, fields = plain(each), read(each.raw), read_fields(each.fields)
        assert (told.number, told.kind, told.time) == (whole.number, whole.kind, whole.time)
        assert told.redacted == tuple(name for name in whole.commitments if name not in fields)
        assert list(told.values) == list(fields)


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"after":"x","kind":"a","number":1,"time":"2","version":1}'])
def test_what_is_no_entry_is_refused(raw: bytes) -> None:
    """With one error, also where the fields are none."""
    with pytest.raises(MalformedError):
        plain(Sealed(0, raw, b"{}", b""))
    good = build(Random(1), 10).entries[1]
    for fields in (b"", b"[]", b'{"a":1}', b'{"a":["",1,2]}', b'{"a":["","\\ud800"]}', b"[" * 5000):
        with pytest.raises(MalformedError):
            plain(good._replace(fields=fields))


def test_times_choose_the_same_by_halving_as_by_looking() -> None:
    """The first entry that is not before a time, and none after the end."""
    entries = build(Random(5), 80).entries
    times = [read(each.raw).time for each in entries]
    for time in (*times, "", "9"):
        wanted = [number for number, each in enumerate(times) if each >= time]
        assert first_at(time, len(times), times.__getitem__) == (wanted[0] if wanted else len(times))
        assert [each.number for each in selected(entries, Wanted(since=time))] == wanted
        assert [each.number for each in selected(entries, Wanted(until=time or None))] == [
            number for number in range(len(times)) if not time or number not in wanted
        ]
