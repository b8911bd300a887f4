"""AWS's binary event stream: length, headers and payload, each guarded by a CRC32.

A frame is total length and headers length (4 bytes each, big endian), the CRC of those eight bytes, the headers,
the payload, and the CRC of everything before it. A header is a name with a one-byte length, the type 7 (text),
and a value with a two-byte length.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = 7
OVERHEAD = 16
"""Two lengths and two checksums."""


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message of the stream."""
    packed = b"".join(header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", len(packed) + len(payload) + OVERHEAD, len(packed))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + packed + payload
    return body + struct.pack(">I", zlib.crc32(body))


def header(name: str, value: str) -> bytes:
    """One header."""
    key, text = name.encode(), value.encode()
    return struct.pack(">B", len(key)) + key + struct.pack(">BH", TEXT, len(text)) + text


def event(kind: str, payload: bytes) -> bytes:
    """A frame that carries an event."""
    return frame({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, payload)


def exception(kind: str, payload: bytes) -> bytes:
    """A frame that carries an error."""
    return frame({":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}, payload)
