"""Signs the files of a report, and finds what was changed afterwards.

`signature.json` lists the SHA-256 of every other file of the folder; with a key it carries an Ed25519 signature
over that list. Without one it still finds damage, but whoever changes a file may change the list as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from modelrouter.drills.ed25519 import SIZE, public_key, sign, verifies
from modelrouter.errors import MissingSecretError
from modelrouter.inventory.secrets import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["SIGNATURE", "Checked", "Key", "key_from", "public_from", "sign_folder", "verify_folder"]

SIGNATURE = "signature.json"
VERSION = 1
PEM_BEGINS = "-----BEGIN PRIVATE KEY-----"
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
"""What stands before the 32 bytes in the file that `openssl genpkey -algorithm ed25519` writes (RFC 8410)."""
SPKI = bytes.fromhex("302a300506032b6570032100")
"""The same before a public key."""


class Key(NamedTuple):
    """A secret key that shows only its public half."""

    secret: bytes
    public: bytes

    def __repr__(self) -> str:
        return f"<key {self.name}>"

    @property
    def name(self) -> str:
        """The public key as people pass it on: `ed25519:` and base64."""
        return named(self.public)


class Checked(NamedTuple):
    """What came of checking a folder."""

    wrong: tuple[str, ...]
    """Each file that is not what it was, and how; empty where all is well."""
    signer: str | None
    """The public key whose signature holds; None where there is none."""


def named(public: bytes) -> str:
    """A public key as people pass it on."""
    return f"ed25519:{base64.b64encode(public).decode()}"


def key_from(reference: str) -> Key:
    """The key behind `env:NAME` or `file:PATH`: PEM as OpenSSL writes it, or 32 bytes in hexadecimal or base64.

    Raises MissingSecretError, which never shows what was found.
    """
    kind, _, name = reference.partition(":")
    path = Path(name).expanduser()
    try:
        pem = kind == "file" and path.read_text(encoding="utf-8").lstrip().startswith(PEM_BEGINS)
        text = path.read_text(encoding="utf-8") if pem else resolve(reference).reveal()
    except (OSError, UnicodeDecodeError):
        text = resolve(reference).reveal()  # which says what is wrong with it
    secret = _bytes_of(text, PKCS8)
    if secret is None:
        raise MissingSecretError(
            f"{reference} holds no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`, "
            "or write 32 random bytes in hexadecimal"
        )
    return Key(secret, public_key(secret))


def public_from(text: str) -> bytes | None:
    """The public key in `ed25519:BASE64`, base64, hexadecimal or PEM; None where it is none."""
    return _bytes_of(text.strip().removeprefix("ed25519:"), SPKI)


def sign_folder(folder: Path, names: Iterable[str], key: Key | None) -> None:
    """Write `signature.json` over these files of the folder; without a key it lists them alone. Raises OSError."""
    files = {name: _digest(folder / name) for name in sorted(names)}
    made: dict[str, Any] = {"version": VERSION, "files": files}
    if key is not None:
        made |= {"key": key.name, "signature": base64.b64encode(sign(key.secret, _message(files))).decode()}
    (folder / SIGNATURE).write_bytes(orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def verify_folder(folder: Path, expected: bytes | None = None) -> Checked:
    """Whether every file is what it was when the folder was signed, by `expected` where that is given.

    A file that was added is reported as well: it would be taken for part of the report.
    """
    try:
        made = orjson.loads((folder / SIGNATURE).read_bytes())
        files = {str(name): str(digest) for name, digest in made["files"].items()}
    except OSError as error:
        return Checked((f"{SIGNATURE} cannot be read: {error.strerror}",), None)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return Checked((f"{SIGNATURE} is no list of files",), None)
    wrong = list(_wrong(folder, files))
    public = public_from(str(made.get("key", "")))
    holds = public is not None and verifies(public, _message(files), _decoded(str(made.get("signature", ""))) or b"")
    if not holds and ("signature" in made or "key" in made):
        wrong.append(f"{SIGNATURE} was changed: its signature does not hold")
    if expected is not None and not (holds and public == expected):
        wrong.append(f"{SIGNATURE} is not signed by {named(expected)}")
    return Checked(tuple(wrong), named(public) if holds and public is not None else None)


def _wrong(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """Each file that is not what the list says."""
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()} - {SIGNATURE}
    for name in sorted({*files, *present}):
        if name not in present:
            yield f"{name} is missing"
        elif name not in files:
            yield f"{name} was added"
        elif _digest(folder / name) != files[name]:
            yield f"{name} was changed"


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _message(files: Mapping[str, str]) -> bytes:
    """The bytes that are signed: one line for each file, as `sha256sum` writes it, in the order of their names."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return f"modelrouter drill report {VERSION}\n{lines}".encode()


def _bytes_of(text: str, prefix: bytes) -> bytes | None:
    """The 32 bytes of a key, however it is written."""
    lines = [line.strip() for line in text.strip().splitlines() if not line.startswith("-----")]
    data = _decoded("".join(lines))
    if data is None:
        return None
    data = data.removeprefix(prefix)
    return data if len(data) == SIZE else None


def _decoded(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) if len(text) == 2 * SIZE else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
