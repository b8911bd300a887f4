"""What a provider does with requests, whatever they came through: decides, answers, and writes its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from modelrouter.drills.twins.asked import marker
from modelrouter.drills.twins.desk import Desk
from modelrouter.drills.twins.entry import Entry
from modelrouter.drills.twins.keys import dummy_key, key_of, label
from modelrouter.drills.twins.limits import Accounts
from modelrouter.drills.twins.plan import Pace, Progress, Request
from modelrouter.drills.twins.play import Play

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modelrouter.core.inventory import Deployment, Provider
    from modelrouter.drills.twins.injection import Standing
    from modelrouter.drills.twins.paths import Place
    from modelrouter.drills.twins.plan import Plan
    from modelrouter.drills.twins.play import Line

PACE = Pace()
UNKNOWN_KEY = "?"


class Time(NamedTuple):
    """Where a reception learns what time it is."""

    now: Callable[[], float]
    """The seconds of its log."""
    wall: Callable[[], float]
    """Seconds since 1970, for what answers say of dates."""


class Reception:
    """One provider's requests and its log of them.

    The other settings are `Twin`'s.
    """

    def __init__(
        self,
        provider: Provider,
        deployments: Sequence[Deployment],
        *,
        pace: Pace = PACE,
        time: Time,
        accounts: Accounts | None = None,
    ) -> None:
        own = [deployment for deployment in deployments if deployment.provider.id == provider.id]
        self.provider = provider
        self.log: list[Entry] = []
        self.inside = 0
        """Requests under way: arrived and not yet in the log."""
        self._pace = pace
        self._clock = time.now
        self._desk = Desk(provider, own, tokens=pace.tokens, accounts=accounts or Accounts(), wall=time.wall)
        self._labels = {dummy_key(account): label(account) for account in provider.accounts.values()}
        self._arrived = 0

    @property
    def standing(self) -> Standing:
        """What is told to happen."""
        return self._desk.standing

    def arrived(self, place: Place, headers: Mapping[str, str], body: bytes, line: Line) -> Visit:
        """Take a request; the visit must be played, and left whatever becomes of it."""
        self._arrived += 1
        self.inside += 1
        request = Request(
            number=self._arrived, at=self._clock(), place=place, headers=headers, key=key_of(headers), body=read(body)
        )
        return Visit(self, request, self._desk.decide(request), line)

    def play(self, plan: Plan, progress: Progress, line: Line) -> Play:
        """The answer to be sent on a line."""
        return Play(exchange=line, plan=plan, pace=self._pace, clock=self._clock, progress=progress)

    def note(self, request: Request, plan: Plan, progress: Progress) -> None:
        """Write down a request that is over."""
        self.inside -= 1
        self.log.append(
            Entry(
                at=request.at,
                provider=self.provider.id,
                deployment=None if plan.deployment is None else plan.deployment.id,
                model=request.model,
                key_tail="" if request.key is None else self._labels.get(request.key, UNKNOWN_KEY),
                marker=marker(request.body or {}),
                effect=plan.effect,
                injected=plan.injection is not None and plan.injection.effect is plan.effect,
                probe=request.place.kind == "listing",
                stream=plan.asked.stream,
                status=progress.status,
                first_at=progress.first_at,
                done_at=progress.done_at,
                tokens_out=progress.tokens_out,
                whole=progress.whole,
            )
        )


class Visit:
    """One request inside."""

    def __init__(self, reception: Reception, request: Request, plan: Plan, line: Line) -> None:
        self._reception = reception
        self._request = request
        self._plan = plan
        self._line = line
        self._progress = Progress()

    async def play(self) -> None:
        """Answer it; cancelled where the caller goes away."""
        await self._reception.play(self._plan, self._progress, self._line).send()
        self.leave()  # at once: who has the answer may look for its entry

    def leave(self) -> None:
        """It is over; what it came to is in the log."""
        if self._progress.noted:
            return
        self._progress.noted = True
        if self._plan.gate is not None:
            self._plan.gate.leave()
        self._reception.note(self._request, self._plan, self._progress)


def read(body: bytes) -> dict[str, object] | None:
    """A body that is a JSON object; None for any other."""
    try:
        parsed = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        parsed = None
    return parsed if isinstance(parsed, dict) else None
