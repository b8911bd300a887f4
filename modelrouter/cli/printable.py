"""Foreign text on a terminal: what models and providers write may not steer it."""

from __future__ import annotations

from types import MappingProxyType

# C0 and C1 without tab and line break: escape sequences move the cursor, retitle windows, write clipboards.
_CONTROLS = MappingProxyType({code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"})


def printable(text: str) -> str:
    """The text without control characters; tabs and line breaks stay."""
    return text.translate(_CONTROLS)
