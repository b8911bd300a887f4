"""Signs the files of a report, and finds what was changed afterwards.

`signature.json` lists the SHA-256 of every other file of the folder; with a key it carries an Ed25519 signature
over that list. Without one it still finds damage, but whoever changes a file may change the list as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from modelrouter.errors import MissingSecretError
from modelrouter.inventory.secrets import resolve
from modelrouter.ledger.ed25519 import Secret, public_from, secret_from, verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["SIGNATURE", "Checked", "Key", "key_from", "public_from", "sign_folder", "verify_folder"]

SIGNATURE = "signature.json"
VERSION = 1


class Key:
    """A secret key that shows only its public half."""

    def __init__(self, secret: Secret) -> None:
        self.secret = secret
        """It shows only its public half as well."""
        self.name = named(secret.public)
        """The public key as people pass it on: `ed25519:` and base64."""

    def __repr__(self) -> str:
        return f"<key {self.name}>"

    def sign(self, message: bytes) -> str:
        """The signature in base64; the same for the same message."""
        return base64.b64encode(self.secret.sign(message)).decode()


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
    secret = secret_from(resolve(reference, pem=True).reveal())
    if secret is None:
        raise MissingSecretError(
            f"{reference} holds no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`, "
            "or write 32 random bytes in hexadecimal"
        )
    return Key(secret)


def sign_folder(folder: Path, names: Iterable[str], key: Key | None) -> None:
    """Write `signature.json` over these files of the folder; without a key it lists them alone. Raises OSError."""
    files = {name: _digest(folder / name) for name in sorted(names)}
    made: dict[str, Any] = {"version": VERSION, "files": files}
    if key is not None:
        made |= {"key": key.name, "signature": key.sign(_message(files))}
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
    holds = public is not None and _holds(public, files, str(made.get("signature", "")))
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


def _holds(public: bytes, files: Mapping[str, str], signature: str) -> bool:
    try:
        data = base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    return verify(public, _message(files), data)
