"""The router: the one place that wires inventory, runtime, providers and observers together."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self

from modelrouter.core.causes import Cause
from modelrouter.core.context import NOBODY, Context
from modelrouter.core.domains import Domain, Kind, domains_of
from modelrouter.core.holds import by_operator
from modelrouter.core.inventory import Inventory
from modelrouter.errors import InventoryError, MissingSecretError, UnknownNameError
from modelrouter.inventory.diff import Edit, diff
from modelrouter.inventory.loader import default_inventory, load
from modelrouter.inventory.secrets import resolve
from modelrouter.providers.base import KeyUnavailableError
from modelrouter.providers.clients import Clients
from modelrouter.recording.evidence import Evidence
from modelrouter.runtime.answer import Answer, SyncAnswer
from modelrouter.runtime.asking import Asking
from modelrouter.runtime.board import Board
from modelrouter.runtime.calls import Caller
from modelrouter.runtime.chat import chat_body
from modelrouter.runtime.checkfile import CheckFile
from modelrouter.runtime.checkfile import beside as checks_beside
from modelrouter.runtime.clock import SystemClock
from modelrouter.runtime.drive import Driver
from modelrouter.runtime.holdfile import HoldFile, default_path
from modelrouter.runtime.keeping import Keepers
from modelrouter.runtime.observers import LogObserver, Observers
from modelrouter.runtime.origins import Origins
from modelrouter.runtime.parts import Parts
from modelrouter.runtime.portal import Portal
from modelrouter.runtime.serving import Serving
from modelrouter.runtime.state import State
from modelrouter.runtime.unrecognised import UnknownErrors, beside
from modelrouter.runtime.watch import Watch
from modelrouter.wire.body import parse

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from modelrouter.core.candidates import Candidates
    from modelrouter.core.checks import Checked
    from modelrouter.core.evidence import Ledger
    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Deployment
    from modelrouter.core.unrecognised import Unrecognised
    from modelrouter.providers.base import ProviderClient
    from modelrouter.recording.record import Condition
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.observers import Observer

__all__ = ["Explanation", "Reloaded", "Router"]

DEFAULT: Final = "default"
"""A hold file in its usual place: see `runtime.holdfile.default_path`. The ledger that the inventory names."""


class Explanation(NamedTuple):
    """What would happen to a request now, without sending it."""

    candidates: Candidates
    holds: Mapping[str, tuple[Hold, ...]]
    """By deployment id: the holds that stand in its way."""


class Reloaded(NamedTuple):
    """What a reload came to."""

    before: Inventory
    after: Inventory
    edits: tuple[Edit, ...]
    """What differs; empty where nothing does."""
    ended: tuple[Hold, ...]
    """Holds that are over with it: of domains that are gone, and of keys that are others now."""


class Router:
    """Serves business processes from the deployments of one inventory.

    Two routers know nothing of each other, but for the holds of one inventory, which they share
    through its hold file. Usable from threads (`handle`, `chat`) and event loops (`ahandle`, `achat`) at
    once. Close it, or use it as a context manager.

    `inventory` is a loaded inventory or a path; None means `default_inventory()`. `clients` replaces
    what calls the deployments, by wire. `hold_file` None keeps the holds to this router alone. `ledger` None records
    nothing, and another one records there, whatever the inventory says.
    Raises InventoryError where the inventory cannot be used.
    """

    def __init__(
        self,
        inventory: Inventory | str | os.PathLike[str] | None = None,
        *,
        observers: Sequence[Observer] | None = None,
        clients: Mapping[str, ProviderClient] | None = None,
        clock: Clock | None = None,
        hold_file: Path | str | None = DEFAULT,
        ledger: Ledger | Literal["default"] | None = DEFAULT,
    ) -> None:
        inventory = inventory if isinstance(inventory, Inventory) else load(inventory or default_inventory())
        self._clock: Clock = clock or SystemClock()
        self._clients = Clients(_key_of, clients)
        self._observers = Observers(observers if observers is not None else [LogObserver()])
        self._state = State(inventory, self._clock)
        path = default_path(inventory) if hold_file == DEFAULT else Path(hold_file) if hold_file else None
        self.hold_file = path  # None: they are its own
        self._board = Board(self._state, HoldFile(path, self._clock), self._clock) if path else None
        self._unknown = UnknownErrors(beside(path) if path else None, self._clock, logs=bool(self._observers.all))
        self._origins, self._keepers = Origins(self._clock), Keepers(self._clock)
        self._parts = parts = self._made(inventory)
        checks = CheckFile(checks_beside(path)) if path else None
        asking = Asking(parts.clients, self._clock, checks, self._observers.probed)
        self._watch = Watch(self._state, inventory, asking, parts.driver.caller, self._publish, self._board)
        self._evidence = evidence = Evidence(inventory, ledger, self._clock, self._observers)
        served = self._watch.served
        self._serving = Serving(self._clock, self._observers, self._keepers, served, evidence.records)
        self._portal = Portal()
        self._reloading = Lock()

    def _made(self, inventory: Inventory, driver: Driver | None = None) -> Parts:
        clients = self._clients.of(inventory)
        caller = Caller(clients, self._clock, inventory.signatures, self._unknown, self._origins, self._keepers)
        driver = replace(driver, caller=caller) if driver else Driver(self._state, caller, self._clock, self._publish)
        return Parts(inventory, clients, driver)

    @property
    def inventory(self) -> Inventory:
        """The inventory that is in force: `reload` puts another in its place."""
        return self._parts.inventory

    def reload(self, inventory: Inventory | str | os.PathLike[str] | None = None) -> Reloaded:
        """Go over to another inventory, at once and as a whole; None reads the file of the present one again.

        Requests under way finish with the inventory they began with. Holds stand, but for those of domains that
        are gone and of keys that are others now; the hold file stays the same. Reads files and may take a
        moment: on an event loop, `await asyncio.to_thread(router.reload)`.

        Raises InventoryError where the new one cannot be used: the old one stays in force, whole.
        """
        with self._reloading:
            try:
                after = inventory if isinstance(inventory, Inventory) else load(inventory or self.inventory.path)
            except InventoryError as error:
                self._observers.tell_reload("reload_failed", error)
                raise
            return self._swap(after)

    def _swap(self, after: Inventory) -> Reloaded:
        before, parts = self.inventory, self._made(after, self._parts.driver)
        for deployment in before.deployments.values():
            if after.deployments.get(deployment.id) != deployment:
                self._clients.forget(deployment)
        changes = self._state.reload(after)  # it knows the deployments of both from here on
        self._parts = parts
        self._watch.reload(after, parts.clients, parts.driver.caller)
        gone = [change for change in changes if change.domain not in self._state.posts.domains]
        if self._board is not None:
            self._board.reload([change.domain for change in gone], before, after)
        self._publish(gone, ours=False)  # another process may still have these domains
        self._publish([change for change in changes if change not in gone])
        ended = tuple(change.before for change in changes if change.before)
        reloaded = Reloaded(before, after, diff(before, after), ended)
        self._evidence.reloaded(reloaded)
        self._serving = replace(self._serving, records=self._evidence.records)
        return reloaded

    def aside(self, wrap: Callable[[ProviderClient], ProviderClient]) -> Router:
        """Another router over the same connections, with holds of its own; its calls go through `wrap`.

        It checks nothing unasked, and knows whose signatures and stored answers are whose. Its requests are recorded in
        the same ledger, as a drill's. Closing it closes no line.
        """
        clients = {wire: wrap(each) for wire, each in self._parts.clients.items()}
        deployments = {name: replace(each, health=None) for name, each in self.inventory.deployments.items()}
        alike = replace(self.inventory, deployments=deployments, telemetry=None)  # without checks, and seen by nobody
        seen = self._evidence.beside(self.inventory)
        other = Router(alike, clients=clients, clock=self._clock, observers=seen, hold_file=None, ledger=None)
        other._origins, other._keepers = self._origins, self._keepers
        other._parts = other._made(alike, other._parts.driver)
        other._serving = replace(other._serving, keepers=self._keepers, records=self._evidence.records)
        return other

    async def ahandle(self, wire: str, body: bytes, context: Context = NOBODY) -> Answer:
        """Serve one request, given as the bytes of a body in a caller's wire.

        `wire` is one of `wire.dialects.CALLERS`. Raises BadRequestError, UnknownNameError, NotAllowedError, or a
        RequestFailedError that holds the answer for the caller.
        """
        return await self._serve(wire, body, parse(body), context)

    async def _serve(self, wire: str, body: bytes, parsed: Mapping[str, Any], context: Context) -> Answer:
        self._attend()
        return await self._serving.serve(self._parts, wire, body, parsed, context)

    def handle(self, wire: str, body: bytes, context: Context = NOBODY) -> SyncAnswer:
        """As `ahandle`, for a thread without an event loop."""
        return self._portal.run(partial(self._in_sync, wire, body, parse(body), context))

    async def _in_sync(self, wire: str, body: bytes, parsed: Mapping[str, Any], context: Context) -> SyncAnswer:
        return SyncAnswer(await self._serve(wire, body, parsed, context), self._portal)

    async def achat(
        self, process: str, messages: str | Sequence[Mapping[str, Any]], *, context: Context = NOBODY, **parameters: Any
    ) -> Answer:
        """Ask a process in the shape of OpenAI's Chat Completions, without an SDK.

        `messages` may be one text. `parameters` are those of the API: `stream=True`, `tools=…`.
        """
        body, parsed = chat_body(process, messages, parameters)
        return await self._serve("openai-chat", body, parsed, context)

    def chat(
        self, process: str, messages: str | Sequence[Mapping[str, Any]], *, context: Context = NOBODY, **parameters: Any
    ) -> SyncAnswer:
        """As `achat`, for a thread without an event loop."""
        body, parsed = chat_body(process, messages, parameters)
        return self._portal.run(partial(self._in_sync, "openai-chat", body, parsed, context))

    def explain(self, process: str, context: Context = NOBODY, today: date | None = None) -> Explanation:
        """What would happen to a request now and why, without sending it; with `today`, by the policies of that day.

        Raises UnknownNameError, and BadRequestError for words that nobody knows.
        """
        route = self._parts.route(process, context, frozenset(), 0, today)
        holds = {hold.domain: hold for hold in self.holds()}
        barred = {
            deployment.id: tuple(holds[domain] for domain in domains_of(deployment) if domain in holds)
            for deployment in route.permitted
        }
        return Explanation(route, barred)

    def holds(self) -> tuple[Hold, ...]:
        """Every hold that stands now, those of other processes included."""
        self._attend()
        return self._state.holds()

    def unrecognised(self) -> tuple[Unrecognised, ...]:
        """Errors that no rule knew, of all processes that share the hold file, the latest first; at most 200.

        Those that a signature of the inventory reads by now are left out.
        """
        signatures = self.inventory.signatures
        return tuple(entry for entry in self._unknown.tally().entries if not entry.known_to(signatures))

    def unrecognised_dropped(self) -> int:
        """How many such errors were forgotten for later ones, since counting began."""
        return self._unknown.tally().dropped

    def hold(self, domain: str, reason: str, for_s: float | None = None) -> Hold:
        """Keep a domain (`provider:openai`, `family:claude`, …) out of use, for so many seconds or until released.

        It reaches every router of this inventory within a second. Raises UnknownNameError, and OSError
        where the hold file cannot be written.
        """
        self._attend()  # what has ended is told before what is ordered now
        now = self._clock.now()
        hold = by_operator(self._domain(domain), reason, now, None if for_s is None else now + for_s)
        self._order("hold", hold, self._state.place([hold]))
        return hold

    def release(self, domain: str) -> bool:
        """End a hold, whatever opened it; False where there was none. Raises as `hold`."""
        self._attend()
        changes = self._state.lift([self._domain(domain)])
        for change in changes:
            if change.before is not None:
                self._order("release", change.before, [change])
        return bool(changes)

    def _order(self, action: str, hold: Hold, changes: Sequence[Change]) -> None:
        self._observers.ordered(action, hold)
        if changes and self._board is not None:
            self._board.order(changes)
        self._publish([change._replace(by="operator") for change in changes], ours=False)

    def _domain(self, text: str) -> Domain:
        known = self._state.posts.domains | {hold.domain for hold in self._state.holds()}
        try:
            domain = Domain.parse(text)
        except ValueError as error:
            raise UnknownNameError("fault domain", text, get_close_matches(text, map(str, known), 3)) from error
        if domain not in known:
            raise UnknownNameError("fault domain", text, get_close_matches(text, map(str, known), 3))
        return domain

    def drilled(self, values: Mapping[str, Any]) -> None:
        """Write into the ledger, where there is one, that a drill on real requests begins or is over."""
        self._evidence.drilled(values)

    async def start(self) -> None:
        """Begin what runs beside requests, on this event loop: scheduled checks, and probes of what is held.

        The first request does so too; `async with` and the gateway do it at once, and open the ledger. Raises
        LedgerError and MissingSecretError where that cannot be had and the inventory serves nothing without.
        """
        await self._evidence.start()
        self._attend()

    @property
    def ledger(self) -> Condition | None:
        """How the ledger is; None where the inventory names none."""
        return self._evidence.condition

    def health(self) -> tuple[Checked, ...]:
        """What checks and probes found last, of each layer of each deployment, by any process of this inventory."""
        return self._watch.noted()

    async def acheck(self) -> tuple[Checked, ...]:
        """Ask every deployment everything that is free, once, now. It opens and ends no hold."""
        return await self._watch.check()

    def check(self) -> tuple[Checked, ...]:
        """As `acheck`, for a thread without an event loop."""
        return self._portal.run(self.acheck)

    async def aclose(self) -> None:
        """Close what belongs to the running event loop, and finish writing."""
        await self._watch.aclose()
        self._parts.driver.close()
        await self._clients.aclose()
        if self._board is not None:
            self._board.close()
        self._unknown.close()
        await self._evidence.aclose()

    def close(self) -> None:
        """Close what the synchronous calls opened, and finish writing."""
        self._portal.close(self.aclose)
        if self._board is not None:
            self._board.close()
        self._unknown.close()
        self._evidence.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _attend(self) -> None:
        """Take over what other processes changed, and see that every hold that needs a probe has one."""
        if self._board is not None:
            self._publish([change._replace(by="elsewhere") for change in self._board.look()], ours=False)
        self._publish(self._state.ended())
        self._watch.attend()

    def _publish(self, changes: Sequence[Change], *, ours: bool = True) -> None:
        """Carry what follows from changed holds, outside the state's lock."""
        if not changes:
            return
        for change in changes:
            cause = change.after.cause if change.after else None
            for waiting in change.waiting:
                waiting.moved(str(change.domain), cause or Cause.CANCELLED)
            if change.domain.kind is Kind.KEY:
                self._forget(change.domain)
            self._observers.tell("changed", change)
        if ours and self._board is not None:
            self._board.tell(changes)
        self._watch.attend([change.after for change in changes if change.after])

    def _forget(self, domain: Domain) -> None:
        for deployment in self._state.posts.within(domain):
            self._clients.forget(deployment)


def _key_of(deployment: Deployment) -> str | None:
    account = deployment.account
    if account is None or account.key is None:
        return None
    try:
        return resolve(account.key).reveal()
    except MissingSecretError as error:
        raise KeyUnavailableError(str(error)) from error
