"""One call of one deployment: rendered, sent, read up to its first content, and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.classify import classify
from modelrouter.core.echo import struck, words_of
from modelrouter.core.faults import Evidence, Fault
from modelrouter.core.substitution import plain, refused
from modelrouter.providers.base import CallOptions, ConnectionFailedError, KeyUnavailableError
from modelrouter.runtime.keeping import Keepers
from modelrouter.runtime.origins import Origins
from modelrouter.runtime.streams import EMPTY, Stream, StreamFailedError, cut
from modelrouter.runtime.vectors import misfit
from modelrouter.wire import json_text
from modelrouter.wire.continuing import going_on, shown
from modelrouter.wire.dialects import CALLERS, DIALECTS, shape_of
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.passing import EXTRA, pass_on
from modelrouter.wire.retelling import Retelling, Voice
from modelrouter.wire.translate import NotPortable, Rendered, StreamRenderer, render_answer, render_request
from modelrouter.wire.unsealed import unsealed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelrouter.core.inventory import Deployment, OnCut, Signature
    from modelrouter.providers.base import ProviderClient, Reply
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.unrecognised import UnknownErrors
    from modelrouter.wire.reading import Asked, Usage

__all__ = ["Ask", "Caller", "Failure", "Shown", "broken_off", "unportable"]

SEALED = "generic.sealed_reasoning"
"""The rule of an answer that says so."""
GONE = "generic.not_kept"
"""The rule of an answer that knows no such thing: reasoning as well, which a request names beside its other items."""
ERROR_STATUS = 300
TELLING = 4096
"""Characters of an error of which something is kept."""
"""Redirects are refused like errors: destinations come from the inventory alone."""

_KEPT = ("content-type", "request-id", "x-request-id", "openai-", "x-ratelimit-", "anthropic-", "retry-after")
"""What an answer's headers may tell the caller; everything else stays between the provider and us."""


_NONE: Mapping[str, str] = MappingProxyType({})


class Ask(NamedTuple):
    """What a caller wants, in the wire it speaks."""

    wire: str
    body: bytes
    parsed: Mapping[str, Any]
    asked: Asked
    headers: Mapping[str, str] = _NONE
    """Those of the caller's headers that belong to its wire: see `CallerDialect.HEADERS`."""
    on_cut: OnCut = "error"
    """What becomes of its stream where that breaks off; see `runtime.continuing`."""
    retelling: Retelling | None = None
    """The answer so far, where the rest of it is asked for."""


class Shown(NamedTuple):
    """The call has something for the caller: a whole answer, or a stream at its first content."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    stream: Stream | None
    losses: tuple[str, ...]
    model: str = ""
    """What the provider says answered, where that is not the deployment's own name for the model."""
    usage: Usage | None = None
    """Of a whole answer, where it tells; a stream tells at its end."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The call failed; what the provider said is kept for the caller who speaks its wire."""

    fault: Fault
    status: int | None = None
    wire: str | None = None
    """That of `body`."""
    body: bytes = b""
    losses: tuple[str, ...] = ()


class Caller:
    """Makes calls for one router."""

    def __init__(
        self,
        clients: Mapping[str, ProviderClient],
        clock: Clock,
        signatures: Sequence[Signature] = (),
        unknown: UnknownErrors | None = None,
        origins: Origins | None = None,
        keepers: Keepers | None = None,
    ) -> None:
        self._clients = clients
        self._clock = clock
        self._signatures = signatures
        self._unknown = unknown
        self._origins = origins or Origins(clock)
        self._keepers = keepers or Keepers(clock)

    async def call(self, ask: Ask, deployment: Deployment, rendered: Rendered) -> Shown | Failure:
        """Call once, up to the whole answer or the first content of a stream. Sets no time limit.

        Where the answer is that a seal in the history does not hold, once more without any: who sealed what nobody can
        see, and that answer costs nothing. So too where it does not know reasoning that another provider kept.
        """
        result = await self._once(ask, deployment, rendered)
        if isinstance(result, Failure) and (
            result.fault.rule == SEALED or (result.fault.rule == GONE and not ask.asked.kept)
        ):
            bare = unsealed(shape_of(deployment.wire), rendered.body)
            if bare is not None:
                return await self._once(ask, deployment, Rendered(bare, (*rendered.losses, "thinking")))
        return result

    async def _once(self, ask: Ask, deployment: Deployment, rendered: Rendered) -> Shown | Failure:
        body, losses = rendered.body, rendered.losses
        try:
            reply = await self._clients[deployment.wire].send(deployment, body, _options(ask, deployment))
        except KeyUnavailableError as error:
            return Failure(_keyless(str(error)), losses=losses)
        except ConnectionFailedError as error:
            return Failure(self.judge(deployment, "exception", str(error), ask=ask), losses=losses)
        try:
            return await self._read(ask, deployment, reply, losses)
        except BaseException:
            reply.close()
            raise

    def render(self, ask: Ask, deployment: Deployment) -> Rendered | Fault:
        """Put a request into a deployment's wire; a fault where that wire cannot carry it."""
        rendered: Rendered | NotPortable
        if shape_of(deployment.wire) == ask.wire:
            purged = self._origins.purged(ask.body, ask.parsed, deployment)
            rendered = purged or pass_on(ask.body, ask.parsed, deployment)
        else:
            body = {name: value for name, value in ask.parsed.items() if name != EXTRA}
            rendered = render_request(ask.wire, body, deployment)
            if isinstance(rendered, Rendered):
                rendered = self._purged(rendered, deployment)
        if ask.retelling is not None and not isinstance(rendered, NotPortable):
            rendered = going_on(rendered, deployment, ask.retelling.text)
        if isinstance(rendered, NotPortable):
            return unportable(rendered.reason)
        return rendered

    def _purged(self, rendered: Rendered, deployment: Deployment) -> Rendered | NotPortable:
        """Take out what came back through another wire to this one, and was signed by another account or model."""
        purged = self._origins.purged(rendered.body, None, deployment)
        if not isinstance(purged, Rendered):
            return purged or rendered
        return Rendered(purged.body, tuple(dict.fromkeys((*rendered.losses, *purged.losses))))

    async def _read(self, ask: Ask, deployment: Deployment, reply: Reply, losses: tuple[str, ...]) -> Shown | Failure:
        try:
            if reply.status >= ERROR_STATUS:
                return await self._refused(ask, deployment, reply, losses)
            if ask.asked.stream:
                return await self._stream(ask, deployment, reply, losses)
            return self._whole(ask, deployment, reply, await reply.read(), losses)
        except (ConnectionFailedError, MalformedError) as error:
            reply.close()
            return Failure(cut(str(error)), reply.status, losses=losses)

    async def _refused(self, ask: Ask, deployment: Deployment, reply: Reply, losses: tuple[str, ...]) -> Failure:
        body = await reply.read()
        fault = self.judge(deployment, "http", body.decode(errors="replace"), reply, ask)
        if ask.retelling is not None and fault.cause is Cause.BAD_REQUEST:
            fault = unportable(f"it refused to go on: {fault.evidence}")  # the caller's own request had passed
        return Failure(fault, reply.status, deployment.wire, body, losses)

    def _whole(
        self, ask: Ask, deployment: Deployment, reply: Reply, body: bytes, losses: tuple[str, ...]
    ) -> Shown | Failure:
        try:
            parsed = json_text.glance(body)
        except MalformedError:
            parsed = None
        if not isinstance(parsed, dict):
            return Failure(self.judge(deployment, "http", body.decode(errors="replace"), reply, ask), reply.status)
        reading = DIALECTS[deployment.wire].read_answer(parsed)
        if reading.error is not None:
            return Failure(self.judge(deployment, "http", reading.error, reply, ask), reply.status)
        if reading.empty:
            return Failure(EMPTY, reply.status)
        other = refused(deployment, reading.model) or misfit(deployment, ask.asked.vectors, reading.vectors)
        if other is not None:
            return Failure(other, reply.status, losses=losses)
        self._origins.note_answer(deployment, body, parsed)
        if shape_of(deployment.wire) != ask.wire:
            model = reading.model or deployment.name
            exact = json_text.read(body)  # a glance bends integers that a tool's arguments may hold
            created = int(self._clock.wall())
            body = render_answer(deployment.wire, ask.wire, exact, request=ask.parsed, model=model, created=created)
        elif reading.kept:
            self._keepers.note(deployment, reading.kept)
        told = _told(deployment, reading.model)
        return Shown(reply.status, _kept(reply.headers), body, None, losses, told, reading.usage)

    async def _stream(self, ask: Ask, deployment: Deployment, reply: Reply, losses: tuple[str, ...]) -> Shown | Failure:
        stream = Stream(
            reply,
            DIALECTS[deployment.wire],
            self._renderer(ask, deployment),
            lambda text: self.judge(deployment, "stream", text, reply, ask),
            lambda fault: broken_off(ask.wire, deployment, fault) if ask.on_cut == "error" else b"",
        )
        stream.may_be_empty = ask.retelling is not None
        stream.listener = self._origins.listener(deployment)
        if shape_of(deployment.wire) == ask.wire:
            stream.keeps = partial(self._keepers.note, deployment)
        try:
            await stream.begin()
        except StreamFailedError as error:
            reply.close()
            fault = error.fault or self.judge(deployment, "stream", error.text or "", reply, ask)
            return Failure(fault, reply.status, losses=losses)
        if (other := refused(deployment, stream.model)) is not None:
            stream.close()
            return Failure(other, reply.status, losses=losses)
        return Shown(reply.status, _kept(reply.headers), b"", stream, losses, _told(deployment, stream.model))

    def _renderer(self, ask: Ask, deployment: Deployment) -> StreamRenderer | Voice | None:
        created = int(self._clock.wall())
        if ask.on_cut == "continue":
            if ask.retelling is not None:
                return Voice(deployment, ask.retelling, resumes=True)
            request = shown(ask.wire, ask.parsed, deployment)
            told = Retelling(ask.wire, request=request, model=deployment.name, created=created)
            return Voice(deployment, told, resumes=False)
        if shape_of(deployment.wire) == ask.wire:
            return None
        return StreamRenderer(deployment.wire, ask.wire, request=ask.parsed, model=deployment.name, created=created)

    def judge(
        self, deployment: Deployment, surface: str, text: str, reply: Reply | None = None, ask: Ask | None = None
    ) -> Fault:
        """Name the cause of a failure of this deployment; where no rule knows it, that is counted.

        What is kept of the text is without the words of the request, where that is given.
        """
        evidence = Evidence(
            vendor=deployment.provider.vendor,
            surface=surface,  # type: ignore[arg-type] # one of three literals, all of them written in this file
            status=reply.status if reply else None,
            headers=reply.headers if reply else {},
            body=text,
            provider=deployment.provider.id,
        )
        fault = classify(evidence, self._signatures, now=datetime.fromtimestamp(self._clock.wall(), UTC))
        if ask is not None and (words := words_of(ask.parsed)):
            fault = replace(fault, evidence=struck(fault.evidence, words))
            evidence = replace(evidence, body=struck(text[:TELLING], words))
        if self._unknown is not None:
            self._unknown.note(evidence, fault, deployment.id)
        return fault


def broken_off(wire: str, deployment: Deployment, fault: Fault) -> bytes:
    """Say in a caller's wire that the stream of a deployment broke off."""
    return CALLERS[wire].stream_error(fault.cause, f"{deployment.id}: {fault.evidence}")


def _options(ask: Ask, deployment: Deployment) -> CallOptions:
    if ask.headers and shape_of(deployment.wire) == ask.wire:
        return CallOptions(ask.asked.stream, ask.headers)
    return _BARE[ask.asked.stream]


_BARE = {streamed: CallOptions(streamed) for streamed in (False, True)}
"""Without headers of the caller's."""


def unportable(reason: str) -> Fault:
    """The fault of a deployment that cannot be asked this."""
    return Fault(
        cause=Cause.UNSUPPORTED_FEATURE,
        scope=Scope.REQUEST,
        rule="runtime.not_portable",
        evidence=reason,
        stated=True,
    )


def _told(deployment: Deployment, model: str | None) -> str:
    """The model that an answer names, as it may be shown; empty where that is no news."""
    return plain(model) if model and model != deployment.name else ""


def _keyless(evidence: str) -> Fault:
    return Fault(cause=Cause.AUTH, scope=Scope.KEY, rule="runtime.no_key", evidence=evidence, stated=True)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith(_KEPT)}
