"""Secrets: named in the inventory, resolved at the first call, never shown.

The one file that reads the environment for secrets.
"""

from __future__ import annotations

import hmac
import os
import shlex
import subprocess
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, Self, final

from modelrouter.errors import MissingSecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LARGEST = 65_536  # bytes; a service account with its private key needs three thousand
PEM = "-----BEGIN "
PATIENCE_S = 10.0  # what a password manager may take to answer


@final
class Secret:
    """A secret that shows only where it came from: in `repr`, `str`, formats and tracebacks.

    It refuses to be pickled, and JSON encoders do not know it. `reveal()` gives the value.
    """

    __slots__ = ("_reference", "_value")

    def __init__(self, value: str, reference: str) -> None:
        self._value = value
        self._reference = reference

    def reveal(self) -> str:
        """The value; call this where it is sent, and nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return f"<secret {self._reference}>"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment] # a hash would tell equal secrets apart from others

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled; pass its reference")


def resolve(reference: str, *, pem: bool = False) -> Secret:
    """Fetch what `env:NAME`, `file:PATH` or `exec:COMMAND` names; may block for 10 s.

    What goes into a header is a single line; with `pem`, a key in that form may have several.

    A file's and a command's last line break does not count. Raises MissingSecretError, which names
    the reference and what to do, never the value.
    """
    kind, _, name = reference.partition(":")
    fetch = _FETCH.get(kind)
    if fetch is None or not name:
        raise MissingSecretError("a secret is written env:NAME, file:PATH or exec:COMMAND")
    value = fetch(name)
    if not value:
        raise MissingSecretError(f"{reference} is empty: put the key there")
    shown = "".join(value.splitlines()) if pem and value.startswith(PEM) else value
    if not shown.isprintable() or not shown.isascii():
        raise MissingSecretError(f"{reference} holds characters that no header can carry: is it the key alone?")
    return Secret(value, reference)


def names_set(names: Iterable[str]) -> tuple[str, ...]:
    """Those of these environment variables that are set and not empty; their values stay where they are."""
    return tuple(name for name in names if os.environ.get(name, "").strip())


def _from_environment(name: str) -> str:
    try:
        return os.environ[name].strip()
    except KeyError:
        raise MissingSecretError(
            f"the environment variable {name} is not set: export it, or name another in the inventory"
        ) from None


def _from_file(name: str) -> str:
    path = Path(name).expanduser()
    try:
        if path.stat().st_size > LARGEST:
            raise MissingSecretError(f"file:{name} is larger than {LARGEST:,} bytes: is it the key alone?")
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise MissingSecretError(
            f"file:{name} cannot be read ({error.strerror}): check the path and its permissions"
        ) from None
    except UnicodeDecodeError:
        raise MissingSecretError(f"file:{name} is no text: is it the key alone?") from None


def _from_command(command: str) -> str:
    try:
        words = shlex.split(command)
        done = subprocess.run(words, capture_output=True, check=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL)  # noqa: S603 - the operator's own command, without a shell
        return done.stdout[: LARGEST + 1].decode().strip()
    except (ValueError, IndexError):
        reason = "it is no command that can be run, or it did not answer with text"
    except OSError as error:
        reason = error.strerror or "it cannot be started"
    except subprocess.CalledProcessError as error:
        reason = f"exit code {error.returncode}"
    except subprocess.TimeoutExpired:
        reason = f"no answer in {PATIENCE_S:g} s"
    # Raised here, outside the handlers: their errors carry the output, and the output may hold the secret.
    raise MissingSecretError(f"exec:{command} failed ({reason}): run it by hand to see why")


_FETCH: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"env": _from_environment, "file": _from_file, "exec": _from_command}
)
