"""Public test doubles: a scripted provider, clocks that do as told, and a recorder of decisions.

provider = ScriptedProvider({"claude-direct": [status(403, '{"error": …}')], "gpt-azure": [text("hello")]})
router = Router(inventory, clients=provider.clients(), clock=ManualClock(), hold_file=None)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from modelrouter.providers.base import PLAIN, CallOptions, ConnectionFailedError
from modelrouter.runtime.virtual import VirtualTime
from modelrouter.wire.dialects import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import Deployment
    from modelrouter.errors import InventoryError
    from modelrouter.providers.base import ProviderClient
    from modelrouter.router import Reloaded
    from modelrouter.runtime.leases import Change

__all__ = [
    "ManualClock",
    "Recorder",
    "Script",
    "ScriptedProvider",
    "VirtualTime",
    "broken",
    "silent",
    "status",
    "stream",
    "text",
]

GOOD = 200


@dataclass(frozen=True, slots=True)
class Script:
    """What one call comes to: a status and blocks of bytes, then an end, a break, or silence."""

    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[bytes, ...] = ()
    breaks: str | None = None
    """The connection fails with this text after the blocks."""
    silent: bool = False
    """Nothing comes after the blocks, for ever."""


def text(answer: str, model: str = "scripted") -> Script:
    """A whole chat completion."""
    body = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return Script(headers={"content-type": "application/json"}, blocks=(orjson.dumps(body),))


def stream(pieces: Iterable[str], *, breaks: str | None = None, silent: bool = False, ended: bool = True) -> Script:
    """A streamed chat completion: a role, one event for each piece, and, where `ended`, its proper end."""
    events = [_event({"role": "assistant", "content": ""})]
    events += [_event({"content": piece}) for piece in pieces]
    if ended and not breaks and not silent:
        events += [_event({}, "stop"), b"data: [DONE]\n\n"]
    return Script(headers={"content-type": "text/event-stream"}, blocks=tuple(events), breaks=breaks, silent=silent)


def status(code: int, body: str, headers: Mapping[str, str] | None = None) -> Script:
    """An answer with a status and a body."""
    return Script(code, dict(headers or {}), (body.encode(),))


def broken(message: str = "ConnectionRefusedError: [Errno 111] Connection refused") -> Script:
    """No answer at all."""
    return Script(code=0, breaks=message)


def silent() -> Script:
    """The call is taken and never answered."""
    return Script(code=0, silent=True)


def _event(delta: Mapping[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
    return b"data: " + orjson.dumps({**chunk, "choices": [choice]}) + b"\n\n"


class ScriptedProvider:
    """Answers calls from scripts, by deployment id; the last script of each repeats."""

    def __init__(self, scripts: Mapping[str, Sequence[Script]]) -> None:
        self._scripts = {name: list(script) for name, script in scripts.items()}
        self._played: list[tuple[str, Script]] = []
        self.calls: list[tuple[str, bytes]] = []
        """Deployment id and body of every call, in order."""
        self.listings: list[str] = []
        """Deployment id of every free probe."""
        self.listed = True
        """Whether free probes pass."""

    def play(self, deployment: str, scripts: Sequence[Script]) -> None:
        """Go on with other scripts for a deployment."""
        self._scripts[deployment] = list(scripts)

    def failed(self, deployment: str) -> int:
        """How often a deployment was called and its script was no answer."""
        return sum(1 for name, script in self._played if name == deployment and (script.breaks or script.code != GOOD))

    def clients(self) -> dict[str, ProviderClient]:
        """This provider for every wire, as `Router(clients=…)` takes it."""
        return dict.fromkeys(DIALECTS, self)

    def count(self, deployment: str) -> int:
        """How often a deployment was called."""
        return sum(1 for name, _ in self.calls if name == deployment)

    async def send(self, deployment: Deployment, body: bytes, options: CallOptions = PLAIN) -> ScriptedReply:  # noqa: ARG002 - the protocol names it
        """Play the next script of the deployment."""
        self.calls.append((deployment.id, body))
        scripts = self._scripts[deployment.id]
        script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        self._played.append((deployment.id, script))
        reply = ScriptedReply(script)
        if not script.code:
            await reply.block()
        return reply

    async def listing(self, deployment: Deployment) -> ScriptedReply:
        """Answer a free probe."""
        self.listings.append(deployment.id)
        return ScriptedReply(status(200 if self.listed else 403, deployment.name))

    def forget(self, deployment: Deployment) -> None:
        """Nothing is remembered."""

    async def aclose(self) -> None:
        """Nothing is open."""


class ScriptedReply:
    """One scripted answer."""

    def __init__(self, script: Script) -> None:
        self.status = script.code
        self.headers = script.headers
        self._blocks = list(script.blocks)
        self._script = script
        self.closed = False

    async def block(self) -> bytes:
        """The next block."""
        if self._blocks:
            return self._blocks.pop(0)
        if self._script.silent:
            await asyncio.Event().wait()
        if self._script.breaks:
            raise ConnectionFailedError(self._script.breaks)
        return b""

    async def read(self) -> bytes:
        """Every block."""
        parts = []
        while part := await self.block():
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        """Remember that somebody let go."""
        self.closed = True


class ManualClock:
    """A clock that stands still until it is told to move; chance is what one sets it to."""

    def __init__(self, now: float = 1000.0, *, luck: float = 0.5) -> None:
        self._now = now
        self.luck = luck

    def now(self) -> float:
        """Monotonic seconds."""
        return self._now

    def wall(self) -> float:
        """Seconds since 1970."""
        return 1_800_000_000.0 + self._now

    def chance(self) -> float:
        """The luck one has set."""
        return self.luck

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


class Recorder:
    """An observer that remembers everything."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.changes: list[Change] = []
        self.ends: list[tuple[Decision, Fault | None]] = []
        self.reloads: list[Reloaded | InventoryError] = []

    def decided(self, decision: Decision) -> None:
        """Remember a decision."""
        self.decisions.append(decision)

    def changed(self, change: Change) -> None:
        """Remember a hold."""
        self.changes.append(change)

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """Remember the end of a stream."""
        self.ends.append((decision, fault))

    def reloaded(self, reloaded: Reloaded) -> None:
        """Remember a reload."""
        self.reloads.append(reloaded)

    def reload_failed(self, error: InventoryError) -> None:
        """Remember why an inventory was refused."""
        self.reloads.append(error)
