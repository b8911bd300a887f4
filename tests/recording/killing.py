"""Kill -9 gateways under load: `python tests/recording/killing.py FOLDER --kills 1000`.

A real gateway on a real socket, in a process of its own, is asked by several clients at once, whole answers and streams in turn.
At a moment by chance, most often the very one at which an answer's head arrived, it is killed, and another is started over
the same ledger. What an answer named in `x-modelrouter-entry` must stand there: the decision of that very request. Prints
as JSON what came of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from ledger.writing import audited, rows
from support.upstream import Upstream

from modelrouter.gateway.app import Gateway
from modelrouter.gateway.server import server
from modelrouter.ledger.note import ED25519, Note, VerifierKey
from modelrouter.ledger.shards import key_of
from modelrouter.ledger.signing import head_path
from modelrouter.router import Router

if TYPE_CHECKING:
    from ledger.writing import Row

ORIGIN = "ledger.example/gateway"
CLIENTS = 12
MOST = 60
"""Answers of one life, at most."""
OPENING_S = 20.0
INVENTORY = """\
inventory: killed
providers: {{up: {{headquarters: DE, local: true}}}}
models: {{m: {{developer: d, family: f, context: 400k}}}}
deployments: {{there: {{provider: up, model: m, url: "{url}"}}}}
processes: {{claims: {{owner: o, routes: [there]}}}}
ledger: {{folder: ledger, origin: {origin}, durability: {durability}, checkpoint: {{entries: 200, every: 1s}}}}
"""
HEADER = b"x-modelrouter-entry: "
REQUEST = b"x-modelrouter-request: "


class Slow(Upstream):
    """A provider that takes its time, so that requests are under way at any moment."""

    chance = Random(0)

    async def _answer(self, asked: dict[str, Any], send: Any) -> None:
        await asyncio.sleep(self.chance.uniform(0, 0.02))
        await super()._answer(asked, send)


class Answer(NamedTuple):
    """What the head of an answer said."""

    request: str
    entry: str | None


def child(work: Any) -> int:
    """Do this in a process of its own, which ends with it."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def provide(up: Upstream) -> None:
    """Serve until somebody ends this process; that callers are gone is no news here."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with up:
        time.sleep(86_400)


def gateway(file: Path, listening: socket.socket) -> None:
    """What is killed."""
    server(Gateway(Router(file, observers=[]))).run(sockets=[listening])


class Life:
    """One gateway's life as its clients saw it."""

    def __init__(self, port: int, pid: int, chance: Random, *, at_head: bool) -> None:
        self.port, self.pid = port, pid
        self.answers: list[Answer] = []
        self._fatal = chance.randrange(1, MOST)
        self._at_head = at_head
        self._number = 0

    async def live(self) -> None:
        """Ask until it is dead."""
        async with asyncio.timeout(60):
            await asyncio.gather(*(self._client() for _ in range(CLIENTS)))

    async def _client(self) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                while True:
                    self._number += 1
                    await self._ask(reader, writer, streamed=self._number % 3 == 0)
            finally:
                writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, streamed: bool) -> None:
        asked = {"model": "claims", "messages": [{"role": "user", "content": "x"}], "stream": streamed}
        body = json.dumps(asked).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        told = await reader.readuntil(b"\r\n\r\n")
        self._heard(told)
        length = _after(told, b"content-length: ")
        if length is not None:
            await reader.readexactly(int(length))
        else:
            await reader.readuntil(b"\r\n0\r\n\r\n")

    def _heard(self, told: bytes) -> None:
        """An answer's head is here: note it, and at the fatal one let nothing more happen over there."""
        fatal = len(self.answers) + 1 == self._fatal
        if fatal and self._at_head:
            os.kill(self.pid, signal.SIGKILL)
        entry = _after(told, HEADER)
        self.answers.append(Answer((_after(told, REQUEST) or b"").decode(), entry.decode() if entry else None))
        if fatal and not self._at_head:
            asyncio.get_running_loop().call_later(0.003, os.kill, self.pid, signal.SIGKILL)


def _after(told: bytes, name: bytes) -> bytes | None:
    _, found, rest = told.partition(b"\r\n" + name)
    return rest.partition(b"\r\n")[0] if found else None


def lived(file: Path, chance: Random) -> list[Answer]:
    """One gateway from its start to its death."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    pid = child(lambda: gateway(file, listening))
    listening.close()
    life = Life(port, pid, chance, at_head=chance.random() < 0.7)
    asyncio.run(life.live())
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return life.answers


def judged(ledger: Path, answers: list[Answer]) -> Counter[str]:
    """What the ledger knows of the answers; what must not be raises AssertionError."""
    shards = {f"{ORIGIN}/{path.stem}": rows(path) for path in sorted(ledger.glob("*.db"))}
    secret = key_of(ledger)
    for path in ledger.glob("*.db"):
        note = Note.read(head_path(path).read_text())
        audited(path, [note], str(VerifierKey(f"{ORIGIN}/{path.stem}", ED25519, secret.public)))
    sums = Counter({"answers": len(answers), "shards": len(shards), "acknowledged": 0, "lost": 0})
    for answer in answers:
        if answer.entry is None:
            sums["unacknowledged"] += 1
            continue
        sums["acknowledged"] += 1
        origin, _, number = answer.entry.rpartition("#")
        found = shards.get(origin, [])
        entry = found[int(number)] if int(number) < len(found) else None
        sums["lost"] += entry is None or entry.kind != "decision" or entry.values["id"] != answer.request
    for found in shards.values():
        sums.update(told(found))
    return sums


def told(found: list[Row]) -> Counter[str]:
    """Every request has one decision, and every stream one end."""
    requests = {row.values["id"]: row for row in found if row.kind == "request"}
    decisions = [row for row in found if row.kind == "decision"]
    streams = [row for row in found if row.kind == "stream"]
    begun = [
        row for row in decisions if requests[row.values["id"]].values["streamed"] and row.values["outcome"] == "served"
    ]
    assert sorted(requests) == sorted(row.values["id"] for row in decisions)
    assert sorted(row.values["id"] for row in begun) == sorted(row.values["id"] for row in streams)
    outcomes = Counter(row.values["outcome"] for row in decisions)
    return Counter(
        entries=len(found),
        requests=len(requests),
        interrupted=outcomes["interrupted"],
        failed=outcomes["failed"],
        cut=sum(row.values["cause"] == "interrupted" for row in streams),
        begun=sum(row.kind == "begin" for row in found),
    )


def run(folder: Path, kills: int, seed: int, durability: str) -> dict[str, int]:
    """So many kills of gateways over one ledger."""
    chance = Random(seed)
    up = Slow("of the many words that a provider has to say " * 4)
    provider = child(lambda: provide(up))
    file = folder / "providers.yaml"
    file.write_text(INVENTORY.format(url=up.url, origin=ORIGIN, durability=durability))
    answers: list[Answer] = []
    try:
        for _ in range(kills):
            answers += lived(file, chance)
    finally:
        os.kill(provider, signal.SIGKILL)
        os.waitpid(provider, 0)
    with Router(file, observers=[], hold_file=None) as last:  # whoever comes next says what was interrupted
        asyncio.run(last.start())
    sums = judged(folder / "ledger", answers)
    return {"kills": kills, **sums}


def main() -> None:
    """Answer the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--durability", choices=("strict", "relaxed"), default="strict")
    ask = parser.parse_args()
    shutil.rmtree(ask.folder, ignore_errors=True)
    ask.folder.mkdir(parents=True)
    os.environ["XDG_STATE_HOME"] = str(ask.folder / "state")
    came = run(ask.folder, ask.kills, ask.seed, ask.durability)
    sys.stdout.write(json.dumps(came) + "\n")
    sys.exit(1 if came["lost"] else 0)


if __name__ == "__main__":
    main()
