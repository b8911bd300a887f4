"""Throw-away certificates, made by the `openssl` of the machine: an authority of our own, and leaves that are wrong."""

from __future__ import annotations

import ssl
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

AUTHORITY = "authority"
LEAVES = {
    "good": ("IP:127.0.0.1", "2"),
    "expired": ("IP:127.0.0.1", "-1"),
    "other-name": ("DNS:elsewhere.example", "2"),
}
"""For whom, and for how many days."""
SELF_SIGNED = "self-signed"
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def make(folder: Path) -> Path:
    """Write every certificate with its key into a folder; answers the file of the authority to trust."""
    for name in (AUTHORITY, SELF_SIGNED):
        named = ("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
        _openssl("req", "-x509", *CURVE, "-keyout", f"{name}.key", "-out", f"{name}.pem", *named, folder=folder)
    for name, (subject, days) in LEAVES.items():
        (folder / f"{name}.ext").write_text(f"subjectAltName={subject}\n")
        _openssl(
            "req",
            "-new",
            *CURVE,
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
            folder=folder,
        )
        signed = ("-CA", f"{AUTHORITY}.pem", "-CAkey", f"{AUTHORITY}.key", "-CAcreateserial", "-days", days)
        files = ("-in", f"{name}.csr", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        _openssl("x509", "-req", *files, *signed, folder=folder)
    return folder / f"{AUTHORITY}.pem"


def context(folder: Path, name: str) -> ssl.SSLContext:
    """What a server with that certificate needs."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return made


def _openssl(*words: str, folder: Path) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=30)
