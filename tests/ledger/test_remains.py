"""What is looked for after a redaction is found wherever it is, however much is looked for."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from modelrouter.ledger.entry import base64
from modelrouter.ledger.remains import CHUNK, FEW, Remains, files_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("others", [0, FEW, FEW + 1, 1000])
@pytest.mark.parametrize("place", [0, 5000, CHUNK - 10, CHUNK, 2 * CHUNK - 13])
def test_a_salt_is_found_anywhere(tmp_path: Path, others: int, place: int) -> None:
    """Alone or among many, at the beginning and across the border of two blocks; what is not there is not found."""
    random, file = Random(place + others), tmp_path / "0.db"
    salts = [random.randbytes(16) for _ in range(others + 1)]
    remains = Remains()
    for salt in salts:
        remains.salt(salt)
    field = b'"' + base64(salts[-1]).encode() + b'",{"principal":"anna"}'
    file.write_bytes(bytes(place) + field + bytes(2 * CHUNK))
    assert remains.in_any([file]) == [file]

    file.write_bytes(bytes(place) + field.replace(b'"', b'"A', 1)[:20] + bytes(2 * CHUNK) + b'"' + b"A" * 22 + b'==",1')
    assert remains.in_any([file]) == []


def test_a_body_is_found(tmp_path: Path) -> None:
    """By its first bytes, which are chance."""
    remains, body = Remains(), Random(1).randbytes(500)
    remains.body(body)
    remains.body(b"")
    (tmp_path / "a").write_bytes(bytes(CHUNK - 3) + body)
    (tmp_path / "b").write_bytes(body[40:])

    assert remains.in_any([tmp_path / "a", tmp_path / "b"]) == [tmp_path / "a"]


def test_every_file_of_a_shard_is_looked_into(tmp_path: Path) -> None:
    """Its log, its checkpoint, and copies that readers make; not those of other shards."""
    names = ["0.db", "0.db-wal", "0.head", "1.db", "10.db", "key.pem"]
    (tmp_path / ".copy-x").mkdir()
    for name in [*names, ".copy-x/copy.db", ".copy-x/copy.db-wal"]:
        (tmp_path / name).touch()

    found = {path.relative_to(tmp_path).as_posix() for path in files_of(tmp_path / "0.db")}
    assert found == {"0.db", "0.db-wal", "0.head", ".copy-x/copy.db", ".copy-x/copy.db-wal"}
