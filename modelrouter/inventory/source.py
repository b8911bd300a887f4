"""The bytes of an inventory file, as text: or one problem that says why not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelrouter.inventory.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 10_000_000  # bytes; ten thousand processes need about three million
EMPTY, MISSING = "the file is empty", "there is no such file"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# With what YAML 1.1 takes for line ends and no editor does: U+0085, U+2028 and U+2029 would shift every place we tell.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff")


def read_file(path: Path, file: str) -> str | Problem:
    """Read a file; the problem is told under the name `file`."""
    try:
        if path.stat().st_size > LARGEST:
            return _too_large(file)
        return decoded(path.read_bytes(), file)
    except FileNotFoundError:
        return Problem(file, 1, 1, "", MISSING, "Write one with `modelrouter init`, or name another.")
    except OSError as error:
        return Problem(
            file, 1, 1, "", f"the file cannot be read: {error.strerror}", "Check the path and its permissions."
        )


def decoded(data: bytes, file: str) -> str | Problem:
    """Decode UTF-8 without a byte order mark."""
    if data.startswith(_UTF8_MARK):
        return Problem(file, 1, 1, "", "the file begins with a byte order mark", "Save it as UTF-8 without BOM.")
    if data.startswith(_UTF16_MARKS):
        return Problem(file, 1, 1, "", "the file is UTF-16", "Save it as UTF-8 without BOM.")
    try:
        return checked(data.decode(), file)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        return Problem(file, line, column, "", "this byte is no UTF-8", "Save the file as UTF-8.")


def checked(text: str, file: str) -> str | Problem:
    """Refuse what is too large, empty, or holds characters that nobody can see."""
    if len(text) > LARGEST:
        return _too_large(file)
    if not any(line and not line.startswith("#") for line in map(str.strip, text.splitlines())):
        return Problem(
            file,
            1,
            1,
            "",
            EMPTY,
            "Begin with `inventory: NAME`, or let `modelrouter init` write a start.",
        )
    if odd := _UNPRINTABLE.search(text):
        before = text[: odd.start()]
        line, column = before.count("\n") + 1, odd.start() - before.rfind("\n")
        name = f"U+{ord(odd.group()):04X}"
        return Problem(file, line, column, "", f"the invisible character {name} stands here", "Remove it.")
    return text


def _too_large(file: str) -> Problem:
    megabytes = LARGEST // 1_000_000
    return Problem(
        file, 1, 1, "", f"the file is larger than {megabytes} MB", "Split it, and join the parts with `include:`."
    )
