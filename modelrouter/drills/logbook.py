"""The ledger of a drill: what was planned, every request of every scenario as its router recorded it, and the verdicts.

Each scenario has a router of its own; their entries stand behind one another in one shard, and each says which scenario
it is of. Times are those at which something was written, also where the scenario's own time is simulated. Rehearsals
know no terms, so that the inventory's facts stand here without any.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from modelrouter.audit.reader import Auditor
from modelrouter.core.facts import facts
from modelrouter.core.moment import timeless
from modelrouter.drills.fingerprint import fingerprint
from modelrouter.errors import LedgerError
from modelrouter.ledger import drafts
from modelrouter.ledger.entry import Draft, Kind
from modelrouter.ledger.journal import Journal
from modelrouter.ledger.plain import plain
from modelrouter.ledger.recorder import Account, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.verdict import Judgement
    from modelrouter.ledger.ed25519 import Secret
    from modelrouter.ledger.store import Store
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.observers import Closing, Opening

__all__ = ["Listener", "Logbook", "Recorded"]

T = TypeVar("T")
PATIENCE_S = 60.0
"""A disk that takes longer than this has failed."""


class Recorded(NamedTuple):
    """What the independent reader makes of a drill's ledger. The same for the same seed."""

    requests: int
    hops: int
    """Calls that carried a request."""
    forbidden: int
    """Of these, and of the places in routes, what was forbidden."""
    first: str | None
    """The first that was, in words."""
    unjudged: int
    undecided: int
    """Requests without a decision."""
    orphans: int
    """Decisions without a request."""

    def departures(self) -> Iterator[str]:
        """What is not as it should be, one sentence each."""
        if self.forbidden:
            yield f"the ledger shows requests where they may not go, {self.forbidden:,} times: {self.first}"
        if self.unjudged:
            yield f"{self.unjudged:,} times the ledger does not say enough to judge"
        if self.undecided or self.orphans:
            yield (
                f"the ledger is not whole: {self.undecided:,} requests without a decision, "
                f"{self.orphans:,} decisions without a request"
            )


class Logbook:
    """The ledger of one drill, in one file; several drills may follow one another there."""

    def __init__(self, path: Path, inventory: Inventory, secret: Secret | None, *, real: bool = False) -> None:
        """`real` where requests are real ones, so that terms count; they are recorded by whoever serves them."""
        name = re.sub(r"[^\w.-]+", "-", inventory.name)
        self._journal = Journal(
            path,
            origin=f"modelrouter.drill/{name}",
            secret=secret,
            writer=f"modelrouter drill {os.getpid()} on {socket.gethostname()}",
        )
        self._inventory = inventory if real else timeless(inventory)
        self._real = real
        self._fingerprint = fingerprint(inventory)
        self._first = 0

    def begin(self, told: Mapping[str, Any]) -> None:
        """Write what is planned, and the facts by which it will be judged. Raises LedgerError where nothing can be written."""
        self._journal.append(
            [
                Draft(Kind.DRILL, _now(), {"event": "begun", **told, "fingerprint": self._fingerprint}),
                drafts.inventory(
                    "loaded", self._inventory.name, self._fingerprint, (), facts(self._inventory), time.time()
                ),
            ]
        )
        self._first = self._answer(lambda store: store.head.begun)

    def listener(self, scenario: str, now: Callable[[], float]) -> Listener:
        """An observer for the router of one scenario; `now` is that router's clock."""
        account = Account(lambda _: self._fingerprint, lambda _: facts(self._inventory))
        return Listener(_Marked(self._journal, scenario), cast("Clock", _Times(now)), account)

    def note(self, values: Mapping[str, Any]) -> None:
        """Write an entry of the drill's own."""
        self._journal.append([Draft(Kind.DRILL, _now(), values)])

    def judged(self, recording: Recording, judgements: Sequence[Judgement]) -> None:
        """Write what became of each process in one scenario, and whom the fault struck."""
        struck = Counter(call.deployment for call in recording.calls if call.injected and call.deployment is not None)
        verdicts = {
            each.process: {"verdict": str(each.verdict), "why": each.why, "breaches": each.breaches}
            for each in judgements
        }
        values = {"event": "judged", "scenario": recording.scenario.id, "fault_at_s": recording.fault_at}
        self.note({**values, "struck": dict(struck), "verdicts": verdicts})

    def audited(self) -> Recorded | None:
        """What the independent reader makes of all of this drill so far; None where others recorded it.

        Raises LedgerError.
        """
        if self._real:
            return None
        auditor = self._answer(self._read)
        first = auditor.forbidden[0] if auditor.forbidden else None
        return Recorded(
            requests=auditor.kinds["request"],
            hops=auditor.hops,
            forbidden=auditor.breaches,
            first=first and f"{first.deployment} for {first.process} ({first.path}): {first.rule}: {first.why}",
            unjudged=auditor.unjudged.total(),
            undecided=len(auditor.undecided),
            orphans=len(auditor.orphans),
        )

    def _read(self, store: Store) -> Auditor:
        auditor = Auditor()
        for row in store.rows(self._first):
            entry = plain(row)
            auditor.read({"number": entry.number, "kind": entry.kind, "time": entry.time, "values": entry.values})
        return auditor

    def _answer(self, question: Callable[[Store], T]) -> T:
        try:
            return self._journal.ask(question).result(PATIENCE_S)
        except TimeoutError:
            raise LedgerError(f"{self._journal.path} cannot be written", "look at its disk") from None

    def close(self) -> None:
        """Write what waits, an end, and a last checkpoint where there is a key."""
        self._journal.close()


class Listener(Recorder):
    """Records one scenario's router: its requests came in by a drill, and were written when they were written."""

    def __init__(self, journal: _Marked, clock: Clock, account: Account) -> None:
        super().__init__(cast("Journal", journal), clock, account)

    def opened(self, opening: Opening) -> None:
        """A request begins."""
        super().opened(opening._replace(wall=time.time(), door="drill"))

    def closed(self, closing: Closing) -> None:
        """A request is over."""
        super().closed(closing._replace(wall=time.time()))


class _Marked:
    """A journal as one scenario's recorder sees it: what it writes says so, and closing it leaves it to the others."""

    def __init__(self, journal: Journal, scenario: str) -> None:
        self._journal = journal
        self._scenario = scenario

    def append(self, made: Sequence[Draft], *more: Any) -> None:
        """Write these, marked."""
        marked = [each._replace(values={**each.values, "scenario": self._scenario}) for each in made]
        self._journal.append(marked, *more)

    def ask(self, question: Callable[[Store], T]) -> Future[T]:
        """As the journal."""
        return self._journal.ask(question)

    def close(self) -> None:
        """Others write on."""


class _Times:
    """A scenario's own clock, and the real time of day."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.wall = time.time
        self.chance = float


def _now() -> int:
    return int(time.time() * 1e6)
