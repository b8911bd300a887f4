"""Turns what a router does into entries: an observer of everything, which writes to one journal.

A request is one entry before its first call and one when there is a decision; a stream adds one at its end. What was
begun and never ended, because the process was killed, is found at the next opening and said to be interrupted.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from getpass import getuser
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.errors import LedgerError
from modelrouter.ledger import drafts
from modelrouter.ledger.contents import LONGEST
from modelrouter.ledger.entry import Draft, Kind, read, read_fields
from modelrouter.ledger.waiting import LOG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from modelrouter.core.checks import Checked
    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import Inventory
    from modelrouter.ledger.contents import Contents
    from modelrouter.ledger.journal import Journal
    from modelrouter.ledger.store import Store
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.observers import Closing, Opening, Ordered

__all__ = ["OPEN", "Account", "Recorder", "unfinished"]

OPEN = "open"
"""The fact that names the number of the first entry that may belong to a request which is not over."""
PATIENCE_S = 30.0
"""What looking back may take at the end of a short life."""
Kept = Callable[[int | None], None]
Made = Callable[[], tuple[Draft, Mapping[str, bytes]]]
Wanted = Callable[[str], Kept | None]
"""Asked who waits for the decision of a request."""


class Account(NamedTuple):
    """What an inventory is, told in words of other rooms."""

    fingerprint: Callable[[Inventory], str]
    facts: Callable[[Inventory], Mapping[str, Any]]


class _Open:
    """A request that is not over."""

    __slots__ = ("answer", "content", "decided", "hops", "keep_s", "length", "number", "opening", "over")

    def __init__(self, opening: Opening) -> None:
        record = opening.route.process.record
        self.opening = opening
        self.number: int | None = None
        """Of its entry, once it is durable."""
        self.decided = False
        self.over = False
        """Its last entry is queued, and perhaps not durable yet."""
        self.hops = 0
        """Those that its decision told of."""
        self.content = record.content
        self.keep_s = record.keep_s
        self.answer = bytearray()
        """What the caller got of a stream, where that is kept: no more than is."""
        self.length = 0

    def hear(self, block: bytes) -> None:
        """More of the answer went to the caller."""
        self.length += len(block)
        if len(self.answer) < LONGEST:
            self.answer += block


class Recorder:
    """One router's entries in one journal. Its methods may be called from any thread, and raise nothing of their own.

    `wanted` is asked for whoever waits for a decision, on the thread that tells of it. What nobody waits for may become
    durable `linger_s` later, with what comes meanwhile.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        account: Account,
        *,
        contents: Contents | None = None,
        wanted: Wanted = lambda _: None,
        linger_s: float = 0.0,
    ) -> None:
        self.journal = journal
        self._clock = clock
        self._account = account
        self._contents = contents
        self._wanted = wanted
        self._linger_s = linger_s
        self.open: dict[str, _Open] = {}
        """Requests that are not over, by id."""
        self.lost = 0
        """Entries that could not be made; gaps stand in their places."""
        self._looked = self._is_said = False
        self._looking: Future[None] | None = None
        self._known: tuple[Inventory | None, str] = None, ""
        self._next = 0  # the least number that the next entry can have
        self._found: dict[tuple[str, str], tuple[bool | None, str]] = {}

    def begin(self, inventory: Inventory) -> None:
        """The first that is written: which inventory is in force, and what the writer before left undone."""
        self._append([self._inventory("loaded", inventory, ())])
        self.look_back()

    def look_back(self) -> None:
        """Say what the writer before left undone, once; in trouble that waits until this is called again."""
        if not self._looked:
            self._looking = self.journal.ask(self._look_back)

    def _look_back(self, store: Store) -> None:
        """On the journal's thread."""
        if self._looked:
            return
        self._looked = True
        left = list(unfinished(store, self._clock.wall()))
        if left:
            self._append(left, self._said)
        else:
            self._is_said = True

    def _said(self, number: int | None) -> None:
        self._is_said = number is not None
        self._kept(number)

    def facts(self) -> Mapping[str, bytes]:
        """What the journal keeps with each checkpoint; on its thread."""
        if not self._is_said:
            return {}  # what stands there still tells where to look for what the writer before left
        known = [each.number for each in list(self.open.values()) if each.number is not None]
        return {OPEN: b"%d" % min(known, default=self._next)}

    def opened(self, opening: Opening) -> None:
        """A request begins."""
        request = self.open[opening.id] = _Open(opening)
        draft, facts = self._made(request, lambda: self._first(request, opening))
        self._append([draft], lambda number: self._begun(request, number), facts)

    def _first(self, request: _Open, opening: Opening) -> tuple[Draft, Mapping[str, bytes]]:
        content, facts = self._keep(request, "asked", opening.body, opening.wall)
        return drafts.request(opening, self._fingerprint(opening.inventory), content), facts

    def _begun(self, request: _Open, number: int | None) -> None:
        request.number = self._next if number is None else number
        self._kept(number)

    def decided(self, decision: Decision) -> None:
        """A stream shows its first content; everything else is told by `closed`."""
        request = self.open.get(decision.id)
        if request is not None and request.opening.streamed and decision.outcome == "served":
            draft, _ = self._made(request, lambda: (drafts.decision(decision, self._clock.wall(), None), {}))
            request.decided, request.hops = True, len(decision.trail) if draft.kind != Kind.GAP else 0
            wanted = self._wanted(decision.id)
            self._append([draft], self._telling(draft, wanted), soon=wanted is not None)

    def closed(self, closing: Closing) -> None:
        """A request is over."""
        made = closing.decision
        request = self.open.get(made.id)
        if request is None:
            return
        request.over = True
        draft, facts = self._made(request, lambda: self._last(request, closing))
        wanted = self._wanted(made.id) if not request.decided and made.outcome != "interrupted" else None
        self._append([draft], self._over(made.id, draft, wanted), facts, soon=wanted is not None)

    def _last(self, request: _Open, closing: Closing) -> tuple[Draft, Mapping[str, bytes]]:
        if request.decided:
            content, facts = self._keep(request, "answered", bytes(request.answer), closing.wall)
            return drafts.stream(closing, request.hops, content), facts
        content, facts = self._keep(request, "answered", closing.body or b"", closing.wall)
        usage = closing.usage._asdict() if closing.usage is not None else None
        return drafts.decision(closing.decision, closing.wall, usage, content), facts

    def _made(self, request: _Open, make: Made) -> tuple[Draft, Mapping[str, bytes]]:
        """What `make` answers; where it cannot be made, a gap that says so, and an alarm.

        Before anybody is asked who waits for it: nobody may wait for what never comes.
        """
        try:
            return make()
        except Exception as error:  # noqa: BLE001 - the ledger itself tells of it
            LOG.exception("no entry can be made of what was to be recorded")
            self.lost += 1
            wall = request.opening.wall
            wall = round(wall, 4) if isfinite(wall) else 0.0
            why = f"no entry can be made of it: {type(error).__name__}"
            return Draft(Kind.GAP, int(wall * 1e6), {"lost": 1, "from": wall, "to": wall, "why": why}), {}

    def _over(self, id_: str, draft: Draft, wanted: Kept | None) -> Kept:
        told = self._telling(draft, wanted)

        def over(number: int | None) -> None:
            self.open.pop(id_, None)
            told(number)

        return over

    def _telling(self, draft: Draft, wanted: Kept | None) -> Kept:
        if wanted is None:
            return self._kept

        def told(number: int | None) -> None:
            self._kept(number)
            wanted(None if draft.kind == Kind.GAP else number)

        return told

    def tap(self, id_: str) -> Callable[[bytes], None] | None:
        """Who hears the bytes of a stream that are kept."""
        request = self.open.get(id_)
        return request.hear if request is not None and self._contents is not None and request.content else None

    def _keep(
        self, request: _Open, part: str, body: bytes, wall: float
    ) -> tuple[dict[str, Any] | None, dict[str, bytes]]:
        if self._contents is None or not request.content or not body:
            return None, {}
        opening = request.opening
        process = opening.route.process.id
        kept = self._contents.keep(opening.id, process, part, body, wall=wall, keep_s=request.keep_s)
        if part == "answered" and request.length:  # of a stream, which may have been longer than what was heard of it
            return {**kept.field, "bytes": request.length}, kept.facts
        return kept.field, kept.facts

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """`closed` tells of the end of a stream."""

    def changed(self, change: Change) -> None:
        """A hold opened, changed or ended."""
        made = drafts.hold(change, self._clock.wall(), self._since_1970)
        if made is not None:
            self._append([made])

    def ordered(self, ordered: Ordered) -> None:
        """A person held or released a domain here."""
        action, hold = ordered
        until = self._since_1970(hold.until) if action == "hold" and hold.until is not None else None
        self._append([drafts.operator(action, hold, until, whoever(), self._clock.wall())])

    def probed(self, checked: Checked) -> None:
        """What a check found, where that is news; each canary, for it is a call."""
        key = checked.deployment, str(checked.layer)
        found = checked.ok, checked.why
        news = self._found.get(key) != found
        self._found[key] = found
        if news or key[1] == "canary":
            self._append([drafts.probe(checked)])

    def drilled(self, values: Mapping[str, Any]) -> None:
        """A drill on real requests begins, or is over."""
        self._append([Draft(Kind.DRILL, int(self._clock.wall() * 1e6), values)])

    def reloaded(self, after: Inventory, edits: Sequence[str], sections: Mapping[Kind, Sequence[str]]) -> None:
        """Another inventory is in force; `sections` are the edits of those that have entries of their own."""
        wall = self._clock.wall()
        made = [self._inventory("reloaded", after, edits)]
        made += [drafts.section(kind, told, wall) for kind, told in sections.items() if told]
        self._append(made)

    def refused(self, inventory: Inventory, why: Sequence[str]) -> None:
        """One could not be used; that which stays in force is named."""
        wall, fingerprint = self._clock.wall(), self._fingerprint(inventory)
        self._append([drafts.inventory("refused", inventory.name, fingerprint, why, None, wall)])

    def close(self) -> None:
        """Say of what is still open that it was interrupted, and end the journal."""
        if self._looking is not None:
            with suppress(LedgerError, TimeoutError):  # in trouble: the next writer looks back further
                self._looking.result(PATIENCE_S)
        wall = self._clock.wall()
        for id_, request in [(id_, each) for id_, each in list(self.open.items()) if not each.over]:
            process = request.opening.route.process.id
            left = drafts.interrupted_stream(id_, wall) if request.decided else drafts.interrupted(id_, process, wall)
            self._append([left], self._over(id_, left, None))
        self.journal.close()

    def _inventory(self, event: str, inventory: Inventory, edits: Sequence[str]) -> Draft:
        name, fingerprint = inventory.name, self._fingerprint(inventory)
        facts = self._account.facts(inventory)
        return drafts.inventory(event, name, fingerprint, edits, facts, self._clock.wall())

    def _fingerprint(self, inventory: Inventory) -> str:
        """That of the last one asked for is remembered: nearly every request has the same."""
        known, told = self._known
        if inventory is not known:
            told = self._account.fingerprint(inventory)
            self._known = inventory, told
        return told

    def _append(
        self,
        made: Sequence[Draft],
        kept: Kept | None = None,
        facts: Mapping[str, bytes] | None = None,
        *,
        soon: bool = False,
    ) -> None:
        """`soon`: somebody waits for it; else others may join it, for a flush for each costs more than all else."""
        kept = kept or self._kept
        try:
            self.journal.append(made, kept, facts, 0.0 if soon else self._linger_s)
        except Exception:  # noqa: BLE001 - its clock is not ours; nobody may wait for what was not even queued
            LOG.exception("what was to be recorded could not be queued")
            self.lost += len(made)
            kept(None)

    def _kept(self, number: int | None) -> None:
        """On the journal's thread, but for None."""
        if number is not None:
            self._next = number + 1

    @property
    def entries(self) -> int:
        """How many entries are known to be durable."""
        return self._next

    def _since_1970(self, moment: float) -> float:
        return self._clock.wall() + moment - self._clock.now()


def unfinished(store: Store, wall: float) -> Iterator[Draft]:
    """What writers before the one at work began and never ended, as the entries that say so."""
    told = store.get(OPEN)
    first = int(told) if told is not None and told.isdigit() else 0
    open_: dict[str, tuple[str | None, bool]] = {}
    streams: dict[str, None] = {}
    for row in store.rows(first, store.head.begun - 1) if store.head.begun > first else ():
        kind = read(row.raw).kind
        if kind not in (Kind.REQUEST, Kind.DECISION, Kind.STREAM):
            continue
        values = {name: field.value for name, field in read_fields(row.fields).items()}
        id_ = str(values.get("id"))
        if kind == Kind.REQUEST:
            open_[id_] = values.get("process"), values.get("streamed") is True
        elif kind == Kind.DECISION:
            _, streamed = open_.pop(id_, (None, False))
            if streamed and values.get("outcome") == "served":
                streams[id_] = None
        else:
            streams.pop(id_, None)
    for id_, (process, _) in open_.items():
        yield drafts.interrupted(id_, process, wall)
    for id_ in streams:
        yield drafts.interrupted_stream(id_, wall)


def whoever() -> str:
    """Who runs this process, and where."""
    name = "unknown"
    with suppress(OSError, KeyError, ImportError):
        name = getuser()
    return f"{name}@{socket.gethostname()}"
