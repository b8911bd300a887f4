"""JSON in a spelling that no client writes and every reader takes."""

from __future__ import annotations

import json
import re

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def spelled_out(body: object) -> bytes:
    """Write a value with an escape for every letter of its texts and names, and blanks wherever they may stand."""
    text = json.dumps(body, indent=2, separators=(" , ", " : "), ensure_ascii=False)
    return _STRING.sub(lambda match: f'"{"".join(map(_escaped, json.loads(match[0])))}"', text).encode()


def _escaped(sign: str) -> str:
    units = sign.encode("utf-16-be", errors="surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
