"""Ed25519 signatures (RFC 8032, section 5.1) with the standard library alone.

For signing a report now and then, on one's own machine, and for anybody who wants to check one: it takes
milliseconds and its time depends on the key, so it is not for a service that signs on demand of others.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

__all__ = ["public_key", "sign", "verifies"]

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)
SIZE = 32
"""Bytes of a key, and of each half of a signature."""


class _Point(NamedTuple):
    """In extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z."""

    x: int
    y: int
    z: int
    t: int


def public_key(secret: bytes) -> bytes:
    """The 32 bytes that belong to a secret of 32 bytes; raises ValueError for another length."""
    scalar, _ = _expanded(secret)
    return _packed(_times(scalar, BASE))


def sign(secret: bytes, message: bytes) -> bytes:
    """64 bytes, the same for the same message."""
    scalar, prefix = _expanded(secret)
    public = _packed(_times(scalar, BASE))
    nonce = _number(prefix + message)
    commitment = _packed(_times(nonce, BASE))
    answer = (nonce + _number(commitment + public + message) * scalar) % ORDER
    return commitment + answer.to_bytes(SIZE, "little")


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether whoever holds the secret of this public key signed exactly this message; raises nothing."""
    if len(public) != SIZE or len(signature) != 2 * SIZE:
        return False
    holder, commitment = _unpacked(public), _unpacked(signature[:SIZE])
    answer = int.from_bytes(signature[SIZE:], "little")
    if holder is None or commitment is None or answer >= ORDER:
        return False
    challenge = _number(signature[:SIZE] + public + message)
    return _equal(_times(answer, BASE), _sum(commitment, _times(challenge, holder)))


def _expanded(secret: bytes) -> tuple[int, bytes]:
    if len(secret) != SIZE:
        raise ValueError(f"a key of Ed25519 has {SIZE} bytes, not {len(secret)}")
    digest = hashlib.sha512(secret).digest()
    scalar = int.from_bytes(digest[:SIZE], "little")
    scalar &= (1 << 254) - 8
    return scalar | 1 << 254, digest[SIZE:]


def _number(data: bytes) -> int:
    return int.from_bytes(hashlib.sha512(data).digest(), "little") % ORDER


def _sum(one: _Point, other: _Point) -> _Point:
    a = (one.y - one.x) * (other.y - other.x) % PRIME
    b = (one.y + one.x) * (other.y + other.x) % PRIME
    c = 2 * one.t * other.t * CURVE % PRIME
    d = 2 * one.z * other.z % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return _Point(e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def _times(scalar: int, point: _Point) -> _Point:
    total = _Point(0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        scalar >>= 1
    return total


def _equal(one: _Point, other: _Point) -> bool:
    return (one.x * other.z - other.x * one.z) % PRIME == 0 and (one.y * other.z - other.y * one.z) % PRIME == 0


def _packed(point: _Point) -> bytes:
    inverse = pow(point.z, PRIME - 2, PRIME)
    x, y = point.x * inverse % PRIME, point.y * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(SIZE, "little")


def _unpacked(data: bytes) -> _Point | None:
    """The point of 32 bytes; None where they are none, or written in a way that is not the only one."""
    y = int.from_bytes(data, "little")
    odd, y = y >> 255, y & ((1 << 255) - 1)
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(CURVE * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if (x * x - square) % PRIME or (x == 0 and odd):
        return None
    x = PRIME - x if x & 1 != odd else x
    return _Point(x, y, 1, x * y % PRIME)


def _base() -> _Point:
    point = _unpacked((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(SIZE, "little"))
    if point is None:
        raise ValueError("the base point is on the curve")
    return point


BASE = _base()
