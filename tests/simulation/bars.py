"""What a provider has said that binds: waits it stated, and causes that are law or definitive.

Kept from the answers that the simulated providers gave, never from the router's holds. Where several
routers share their holds, what one hears from the others may lift a bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelrouter.core.holds import Phase

from .journal import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.core.holds import Hold

    from .journal import Call, Journal, Request
    from .world import World

GRAIN_S = 0.006
TRIAL_LASTS_S = 60.0
MINUTE = 60.0

DEFINITIVE: Mapping[str, tuple[str, float | None]] = {
    # what was played: the domain that is barred, and for how long at least; None: until a listing shows it again
    "quota": ("account", 5 * MINUTE),
    "quota_stated": ("account", 0.0),
    "suspended": ("account", None),
    "geofenced": ("provider-egress", 15 * MINUTE),
    "export": ("family", None),
    "auth": ("key", None),
    "withdrawn": ("provider-model", 10 * MINUTE),
    "permission": ("account-model", 10 * MINUTE),
}
NAMED = frozenset({"family", "provider-model", "account-model"})
"""Only a listing that names the model speaks for these."""
STATED = frozenset({"throttled_stated", "overloaded_stated", "quota_stated"})
WIDTH: Mapping[str, str] = {
    "throttled_stated": "account-model",
    "overloaded_stated": "provider-model-region",
    "quota_stated": "account",
}
"""What a stated wait holds."""


@dataclass(slots=True)
class Bar:
    """One domain that a provider has closed."""

    since: float
    until: float | None
    """When time alone makes it ready for a trial."""
    proven: bool = False
    """A listing, or time, made it ready."""
    trial: Call | None = None


class Bars:
    """Every bar of every router."""

    def __init__(self, world: World, journal: Journal, fail: Callable[[str], None]) -> None:
        self._world = world
        self._journal = journal
        self._fail = fail
        self._bars: list[dict[str, Bar]] = [{} for _ in range(world.routers)]
        self._waits: list[dict[str, tuple[float, float, str]]] = [{} for _ in range(world.routers)]
        self._changes: list[dict[str, float]] = [{} for _ in range(world.routers)]

    def called(self, call: Call, name: str) -> None:
        """May this call have been made?"""
        now, own = call.begun, self._world.estate.domains[call.deployment]
        since, until, _ = self._waits[call.router].get(call.deployment, (0.0, 0.0, ""))
        if since < now < until - GRAIN_S:
            self._fail(f"{name} was made {until - now:.3f} s before the wait was over that had been stated")
        for domain, bar in self._bars[call.router].items():
            if domain in own:
                self._tried(call, domain, bar, name)

    def _tried(self, call: Call, domain: str, bar: Bar, name: str) -> None:
        now = call.begun
        ready = bar.proven or (bar.until is not None and now >= bar.until - GRAIN_S)
        if not ready:
            if now > bar.since:
                self._fail(f"{name} was made although {domain} is closed")
            return
        trial = bar.trial
        if trial is not None and trial.over == OPEN and now - trial.begun < TRIAL_LASTS_S and now > trial.begun:
            self._fail(f"{name} tries {domain} while call {trial.number} does")
        if trial is None or trial.over != OPEN:
            bar.trial = call

    def shown(self, call: Call) -> None:
        """A call showed content: what it tried is open again."""
        bars = self._bars[call.router]
        for domain in [domain for domain, bar in bars.items() if bar.trial is call]:
            del bars[domain]

    def over(self, call: Call, request: Request) -> None:
        """A call is over: did its provider say something that binds?"""
        kind = call.play.kind
        if call.over != "read" or request.outcome != OPEN:
            return
        now = self._journal.now()
        if call.play.wait_s is not None and not self._moved_on(call, WIDTH[kind]):
            until = now + call.play.wait_s
            self._waits[call.router][call.deployment] = (now, until, self._domain(call.deployment, WIDTH[kind]))
        if kind in DEFINITIVE and not self._moved_on(call, DEFINITIVE[kind][0]):
            width, least = DEFINITIVE[kind]
            domain = self._domain(call.deployment, width)
            least = call.play.wait_s if call.play.wait_s is not None else least
            self._close(call.router, domain, now, None if least is None else now + least)

    def _close(self, router: int, domain: str, now: float, until: float | None) -> None:
        before = self._bars[router].get(domain)
        if before is not None and not before.proven and (before.until is None or before.until > now):
            until = None if before.until is None or until is None else max(before.until, until)
        self._bars[router][domain] = Bar(now, until)

    def _moved_on(self, call: Call, width: str) -> bool:
        """Whether the domain changed while the call was under way: what it says is history then."""
        changed = self._changes[call.router].get(self._domain(call.deployment, width))
        return changed is not None and changed >= call.begun

    def _domain(self, deployment: str, width: str) -> str:
        return next(name for name in self._world.estate.domains[deployment] if name.startswith(f"{width}:"))

    def listed(self, deployment: str, router: int, *, named: bool | None) -> None:
        """A listing was answered."""
        for domain, bar in self._bars[router].items():
            kind = domain.partition(":")[0]
            speaks = kind == "key" if named is None else named or kind not in NAMED
            if domain in self._world.estate.domains[deployment] and speaks:
                bar.proven = True

    def released(self, domain: str) -> None:
        """An operator released a domain."""
        for router, bars in enumerate(self._bars):
            bars.pop(domain, None)
            self._forget_waits(router, domain)

    def _forget_waits(self, router: int, domain: str) -> None:
        waits = self._waits[router]
        for name in [name for name, (_, _, held) in waits.items() if held == domain]:
            del waits[name]

    def changed(self, router: int, domain: str, after: Hold | None) -> None:
        """The router says that a hold changed."""
        self._changes[router][domain] = self._journal.now()
        if self._world.routers > 1 and (after is None or after.phase is not Phase.OPEN):
            self._bars[router].pop(domain, None)
