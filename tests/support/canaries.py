"""Secrets and prompts that occur nowhere else, and a search that finds them in whatever form they are written."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["KEYS", "PROMPTS", "Found", "forms", "found"]

PREFIX = 16
"""So much of a secret is as bad as all of it: half of a key is guessed."""

KEYS: Mapping[str, str] = {
    "key in the environment": "sk-proj-Qz7vKxT2mWpL9sRbN4yHcJd8FgAe3uVo",
    "key in a file": "Zk3LqwP8vTn6RyXb2MdJh9GsCf5AeUo7",  # no prefix that would give it away
    "key from a command": "9f8e2b7c4d1a6f3e5b0c8d7a2e4f6b1c",
    "access key": "mr-Vb6Yt1Zr8Qw3Kp5Xn9Lc7Jh2Md4Gs0FaTu6Ie1Ob3Pq5",
    "key of the ledger": "b7e4d1c8f2a96053e7b4d1c8f2a96053e7b4d1c8f2a96053e7b4d1c8f2a96053",
    "key of contents": "4c1f8e5b2a97d06e3c1f8e5b2a97d06e3c1f8e5b2a97d06e3c1f8e5b2a97d06e",
    "password of the database": "Gx5Np8Tq2Wv7Ym4Rk9",
    "token of the receiver": "Bearer Tn7Wq4Xe9Rk2Vm6Yb3Lp8Zs5",
    "header of the caller": "caller-Hd4Kx7Pw2Nq9Tz6Vm3",
    "cookie": "session=Wy8Rb3Kq6Tx1Nv5Zm9",
    "password in an address": "Pj6Xr2Lk9Wm4Tb7Qn",
    "literal key": "sk-ant-api03-Lm4Kv8Rq1Xt6Zp3Wn9Yb5",
    "literal hash": "mr-Nr5Tx8Wq2Lm7Kb4Vz9Yp3Hd6Jc1Fg7Sa4Ei9Uo2Xt5",
}
"""Found nowhere at all, but where they are sent to whom they are for."""

PROMPTS: Mapping[str, str] = {
    "prompt": "the moth Quixana dictated ledger eleven to harbour Vostrikel",
    "system prompt": "answer as comptroller Ombrelthwaite of the northern granary",
    "arguments of a tool": "pelargonium-shipment-7741-to-Brankovice",
    "answer": "Marzipolkan will arrive on the ferry of Thursday",
}
"""Found in what asks for them alone: the call to the provider, and the answer to the caller."""


@dataclass(frozen=True)
class Found:
    """A secret where it should not be."""

    channel: str
    secret: str
    form: str

    def __str__(self) -> str:
        return f"{self.channel}: {self.secret}, {self.form}"


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """Every way to write a secret that we look for, and the beginning of each that is long enough to give it away."""
    raw = secret.encode()
    yield from _with_beginning("plain", raw)
    yield "in capitals", raw.upper()
    yield "in small letters", raw.lower()
    yield "hexadecimal", raw.hex().encode()
    yield "URL-encoded", quote(secret, safe="").encode()
    yield "form-encoded", quote_plus(secret).encode()
    yield "in JSON", json.dumps(secret)[1:-1].encode()
    yield "in JSON within JSON", json.dumps(json.dumps(secret))[3:-3].encode()
    yield "backwards", raw[::-1]
    for shift in range(3):  # base64 of a text depends on where in it the secret stands
        whole = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        middle = whole[(4 if shift else 0) : -2]
        yield f"base64, {shift} on", middle.encode()
        yield f"base64 for URLs, {shift} on", middle.replace("+", "-").replace("/", "_").encode()


def _with_beginning(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, raw
    words = raw.removeprefix(b"Bearer ").removeprefix(b"session=")
    if len(words) > PREFIX:
        yield f"{name}, its first {PREFIX}", words[:PREFIX]
        yield f"{name}, its last {PREFIX}", words[-PREFIX:]


def found(channel: str, told: bytes, secrets: Mapping[str, str]) -> list[Found]:
    """Every secret that a channel tells."""
    return [
        Found(channel, name, form)
        for name, secret in secrets.items()
        for form, written in forms(secret)
        if written in told
    ]
