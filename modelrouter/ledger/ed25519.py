"""Ed25519 by the locked library `cryptography`; no other file of the ledger names it."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

__all__ = ["SIZE", "Secret", "public_from", "secret_from", "verify"]

SIZE = 32
"""Bytes of a key, secret or public."""
PEM = "-----BEGIN "


class Secret:
    """A secret key of 32 bytes that shows only its public half. Raises ValueError for another length."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()
        """The public key, 32 bytes."""

    def __repr__(self) -> str:
        return f"<secret of {self.public.hex()}>"

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes; the same for the same message."""
        return self._key.sign(message)

    def pem(self) -> bytes:
        """The secret itself, as OpenSSL writes it: for the one file that keeps it."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def secret_from(text: str) -> Secret | None:
    """The secret key in PEM as OpenSSL writes it, or in 32 bytes of hexadecimal or Base64; None where it is none."""
    if not text.lstrip().startswith(PEM):
        data = _bytes_of(text)
        return None if data is None else Secret(data)
    try:
        key = load_pem_private_key(text.strip().encode(), password=None)
    except (ValueError, TypeError):
        return None
    return Secret(key.private_bytes_raw()) if isinstance(key, Ed25519PrivateKey) else None


def public_from(text: str) -> bytes | None:
    """The public key in `ed25519:BASE64`, Base64, hexadecimal or PEM; None where it is none."""
    if not text.lstrip().startswith(PEM):
        return _bytes_of(text.strip().removeprefix("ed25519:"))
    try:
        key = load_pem_public_key(text.strip().encode())
    except ValueError:
        return None
    return key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else None


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this key signed this message; no key and no signature are too strange to be asked about."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _bytes_of(text: str) -> bytes | None:
    text = text.strip()
    try:
        data = bytes.fromhex(text) if len(text) == 2 * SIZE else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return data if len(data) == SIZE else None
