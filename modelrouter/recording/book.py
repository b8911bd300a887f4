"""One opened ledger: the shard that this process writes, its recorder, and what keeps copies of it."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from modelrouter.core.evidence import HOST
from modelrouter.core.facts import facts
from modelrouter.errors import LedgerError, MissingSecretError
from modelrouter.inventory.diff import fingerprint
from modelrouter.inventory.secrets import resolve
from modelrouter.ledger.anchors.anchoring import Anchoring
from modelrouter.ledger.anchors.places import places_of
from modelrouter.ledger.contents import Contents, key_from
from modelrouter.ledger.ed25519 import secret_from
from modelrouter.ledger.journal import Journal
from modelrouter.ledger.keeping import origin_of
from modelrouter.ledger.recorder import Account, Recorder
from modelrouter.ledger.shards import claim, key_of
from modelrouter.ledger.shipping import Shipping
from modelrouter.recording.shredding import Shredder
from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.core.evidence import Ledger
    from modelrouter.core.inventory import Inventory
    from modelrouter.ledger.ed25519 import Secret
    from modelrouter.ledger.shards import Shard
    from modelrouter.ledger.trouble import Trouble
    from modelrouter.runtime.clock import Clock

    Wanted = Callable[["Book", str], Callable[[int | None], None] | None]

__all__ = ["Book"]

FIRST_S = 10.0
"""How long the first entries are waited for where nothing is served without."""
ENDING_S = 60.0
"""So long the end of a ledger that a reload took away is waited for."""
LOOK_S = 0.2
"""How often it is looked whether the last request of a ledger that a reload took away is over."""
LINGER_S = {"strict": 0.005, "relaxed": 0.05}
"""So much later than it happened may be durable what nobody waits for."""
ACCOUNT = Account(fingerprint, facts)


class Book:
    """A shard at work. Raises LedgerError and MissingSecretError where it cannot be opened.

    `wanted` is asked who waits for the decision of a request.
    """

    def __init__(self, inventory: Inventory, ledger: Ledger, clock: Clock, wanted: Wanted) -> None:
        def beside(path: str | None = None) -> Path:
            return Path(ledger.beside(inventory.path, path)).expanduser()

        if ledger.postgres is not None and find_spec("psycopg") is None:
            raise LedgerError("`ledger: postgres:` needs psycopg", "pip install 'modelrouter[postgres]'")
        folder = beside()
        secret = _secret(ledger.key) if ledger.key is not None else key_of(folder)
        contents = _contents(ledger.contents_key)
        places = places_of(ledger.anchors, beside)
        self.ledger = ledger
        self._alarms: dict[str, str] = {}
        shard = _continued(claim(folder, ledger.named(socket.gethostname())), ledger)
        self.origin = shard.origin
        self._anchoring = Anchoring(places, self._alarm, wall=clock.wall) if places else None
        self.journal = Journal(
            shard.path,
            origin=shard.origin,
            secret=secret,
            writer=f"modelrouter {os.getpid()} on {socket.gethostname()}",
            wall=clock.wall,
            told=self._told,
            checkpoint_entries=ledger.checkpoint_entries,
            checkpoint_s=ledger.checkpoint_s,
            on_checkpoint=self._anchoring.offer if self._anchoring is not None else None,
            facts=self._facts,
            lock=shard.lock,
        )
        self.recorder = Recorder(
            self.journal,
            clock,
            ACCOUNT,
            contents=contents,
            wanted=lambda id_: wanted(self, id_),
            linger_s=LINGER_S[ledger.durability],
        )
        self._shipping = self._copied(ledger.postgres, clock) if ledger.postgres is not None else None
        self._shredder = Shredder(self.journal, ledger.origin, clock.wall) if contents is not None else None
        self._retiring: threading.Thread | None = None
        self._over = threading.Event()

    def _copied(self, reference: str, clock: Clock) -> Shipping:
        """To the database whose address is asked for anew each time, so that it may change."""
        return Shipping(self.journal, lambda: resolve(reference).reveal(), self._alarm, wall=clock.wall)

    def begin(self, inventory: Inventory) -> None:
        """Write what comes first, and begin to copy. Where nothing may be served without it, wait until that is durable.

        What cannot be begun is closed again; raises whatever hinders it.
        """
        try:
            self.recorder.begin(inventory)
            if self.ledger.unavailable == "refuse":
                with suppress(LedgerError, TimeoutError):  # then the journal is in trouble, and says so
                    self.journal.ask(lambda _: None).result(FIRST_S)
            if self._anchoring is not None:
                self._anchoring.start(self.journal)
            if self._shipping is not None:
                self._shipping.start()
            if self._shredder is not None:
                self._shredder.start()
        except BaseException:
            self.close()
            raise

    def _facts(self) -> Mapping[str, bytes]:
        return self.recorder.facts()

    @property
    def outside(self) -> tuple[str, ...]:
        """What is wrong with the places that keep copies."""
        return tuple(f"{place}: {what}" for place, what in sorted(self._alarms.items()))

    @property
    def behind(self) -> int:
        """Entries that PostgreSQL has not yet."""
        return self._shipping.progress.behind if self._shipping is not None else 0

    def _alarm(self, place: str, what: str | None) -> None:
        """A place that keeps copies is in trouble, or well again; on any thread."""
        if what is None:
            self._alarms.pop(place, None)
            logger().info("the ledger is copied again", place=place)
        else:
            self._alarms[place] = what
            logger().error("the ledger is not copied: what is recorded stays here", place=place, why=what)

    def _told(self, trouble: Trouble | None) -> None:
        """Nothing becomes durable, or all is well again; on the journal's thread."""
        if trouble is None:
            self.recorder.look_back()
            logger().info("the ledger takes entries again", origin=self.origin)
        else:
            logger().error(
                "nothing is recorded: entries wait in memory",
                origin=self.origin,
                why=trouble.what,
                advice=trouble.advice,
            )

    def retire(self, ended: Callable[[Book], None]) -> None:
        """End it as soon as the requests that began with it are over, and tell of that, on another thread."""
        if self._retiring is None:
            thread = threading.Thread(target=self._retire, args=[ended], name="modelrouter-ledger-end", daemon=True)
            with suppress(RuntimeError, MemoryError):  # without a thread it is ended with the router
                thread.start()
                self._retiring = thread

    def _retire(self, ended: Callable[[Book], None]) -> None:
        while self.recorder.open and not self._over.wait(LOOK_S):
            pass
        self._end()
        ended(self)

    def close(self) -> None:
        """Write what waits and the end, and let copies be made of it; may take some seconds."""
        self._over.set()
        if self._retiring is not None:
            self._retiring.join(ENDING_S)
        self._end()

    def _end(self) -> None:
        if self.journal.closed:
            return
        if self._shredder is not None:
            self._shredder.close()
        self.recorder.close()
        if self._anchoring is not None:
            self._anchoring.close()
        if self._shipping is not None:
            self._shipping.close()


def _continued(shard: Shard, ledger: Ledger) -> Shard:
    """Under the origin that the shard was begun with, where the machine had another name then."""
    if HOST in ledger.origin and shard.path.exists():
        with suppress(LedgerError):  # it has no entry yet; or the journal will say what is wrong with it
            before = origin_of(shard.path)
            return shard._replace(origin=before) if ledger.goes_on(before) else shard
    return shard


def _secret(reference: str) -> Secret:
    secret = secret_from(resolve(reference, pem=True).reveal())
    if secret is None:
        raise MissingSecretError(
            f"{reference} holds no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`, "
            "or write 32 random bytes in hexadecimal"
        )
    return secret


def _contents(reference: str | None) -> Contents | None:
    return None if reference is None else Contents(key_from(resolve(reference).reveal(), reference))
