"""A witness on loopback that keeps to C2SP tlog-witness, and can be told to misbehave. It shares no code with ours."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "witness.example/w1"


class Answer(NamedTuple):
    """A status, a body, and headers."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


ODD = {
    "huge": Answer(200, b"x" * 1_000_000),
    "moved": Answer(307, b"", (("Location", "http://127.0.0.1:9/add-checkpoint"),)),
    "broken": Answer(503, b""),
    "odd": Answer(409, b"a few\n"),
}
"""What it answers to everything when it is told to."""


def _bent(line: bytes, how: str) -> bytes:
    """A cosignature that is none: of a changed byte, under another's name, or left out."""
    if how == "lying":
        _, _, data = line.decode().split()
        bent = bytearray(base64.b64decode(data))
        bent[-1] ^= 1
        return f"\u2014 {NAME} {base64.b64encode(bent).decode()}\n".encode()
    return line.replace(NAME.encode(), b"another.example") if how == "stranger" else b""


class Witness:
    """Knows ledgers by origin and public key, and of each the checkpoint that it cosigned last."""

    def __init__(self, **known: bytes) -> None:
        self.secret = Ed25519PrivateKey.generate()
        self.known = known
        self.last: dict[str, tuple[int, bytes]] = {}
        self.mode = "honest"
        self.asked: list[str] = []
        self._lock = threading.Lock()

    @property
    def key(self) -> str:
        """Its verifier key, for cosignatures."""
        public = b"\x04" + self.secret.public_key().public_bytes_raw()
        return f"{NAME}+{_id(NAME, public).hex()}+{base64.b64encode(public).decode()}"

    def answer(self, request: str) -> Answer:
        """To one body of add-checkpoint."""
        with self._lock:
            self.asked.append(request)
            found = self._answer(request)
        if self.mode in ODD:
            return ODD[self.mode]
        if found.status == 200 and self.mode in ("lying", "stranger", "silent"):
            return Answer(200, _bent(found.body, self.mode))
        return found

    def _answer(self, request: str) -> Answer:
        head, _, note = request.partition("\n\n")
        old, *proof = head.split("\n")
        text, _, signatures = note.partition("\n\n")
        origin, size, root = text.split("\n")[:3]
        if origin not in self.known:
            return Answer(404, b"")
        if not self._signed(origin, f"{text}\n", signatures):
            return Answer(403, b"")
        word, was = old.split(" ")
        if word != "old" or int(was) > int(size):
            return Answer(400, b"")
        last, last_root = self.last.get(origin, (0, hashlib.sha256().digest()))
        if int(was) != last:
            return Answer(409, b"%d\n" % last, (("Content-Type", "text/x.tlog.size"),))
        hashes = [base64.b64decode(each, validate=True) for each in proof]
        if not _continues(last, int(size), (last_root, base64.b64decode(root)), hashes):
            return Answer(422, b"")
        self.last[origin] = int(size), base64.b64decode(root)
        return Answer(200, self._cosigned(f"{text}\n").encode())

    def _signed(self, origin: str, text: str, signatures: str) -> bool:
        for line in signatures.splitlines():
            _, name, data = line.split(" ")
            if name == origin and base64.b64decode(data)[:4] == _id(origin, b"\x01" + self.known[origin]):
                with suppress(InvalidSignature):
                    Ed25519PublicKey.from_public_bytes(self.known[origin]).verify(
                        base64.b64decode(data)[4:], text.encode()
                    )
                    return True
        return False

    def _cosigned(self, text: str) -> str:
        now = 0 if self.mode == "timeless" else int(time.time())
        data = self.secret.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
        public = b"\x04" + self.secret.public_key().public_bytes_raw()
        return f"\u2014 {NAME} {base64.b64encode(_id(NAME, public) + now.to_bytes(8, 'big') + data).decode()}\n"

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/w1"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(witness: Witness) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = witness.answer(body) if self.path == "/w1/add-checkpoint" else Answer(404, b"")
            if witness.mode == "slow":
                with suppress(OSError):
                    for each in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500:  # a header without an end, byte for byte
                        self.wfile.write(bytes([each]))
                        time.sleep(0.05)
                return
            self.send_response(found.status)
            for name, value in found.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(found.body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


def _id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(f"{name}\n".encode() + public).digest()[:4]


def _continues(old: int, new: int, roots: tuple[bytes, bytes], proof: list[bytes]) -> bool:
    """RFC 6962, 2.1.2, by its own recursion: what the proof says of both roots, taken apart from the top."""
    if old == 0:
        return not proof
    rest = list(proof)

    def both(old: int, new: int, *, whole: bool) -> tuple[bytes, bytes]:
        if old == new:
            same = roots[0] if whole else rest.pop()
            return same, same
        middle = 1
        while middle * 2 < new:
            middle *= 2
        beside = rest.pop()
        if old <= middle:
            first, second = both(old, middle, whole=whole)
            return first, _node(second, beside)
        first, second = both(old - middle, new - middle, whole=False)
        return _node(beside, first), _node(beside, second)

    try:
        return both(old, new, whole=True) == roots and not rest
    except IndexError:
        return False


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
