"""Model calls over HTTP: a request in a caller's wire goes in, the answer of whichever deployment served comes out.

Written against ASGI itself, since this is the path of every request. The same for all wires.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.context import HEADERS, Context, from_headers
from modelrouter.core.traceparent import read as read_trace
from modelrouter.errors import BadRequestError, NotAllowedError, RequestFailedError, UnknownNameError
from modelrouter.gateway.body import MAX_BODY, ClientGoneError, TooLargeError, read_body
from modelrouter.gateway.reply import begin, refuse, rendered, reply
from modelrouter.runtime.log import crashed
from modelrouter.wire.counting import count
from modelrouter.wire.dialects import CALLERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Send

    from modelrouter.core.inventory import AccessKey
    from modelrouter.gateway.presence import Presence
    from modelrouter.gateway.rehearsing import Rehearsing
    from modelrouter.router import Router
    from modelrouter.runtime.answer import Answer
    from modelrouter.wire.paths import Endpoint

__all__ = ["Calls"]

_HEADERS: Mapping[bytes, str] = MappingProxyType({name.encode(): name for name in HEADERS})
_SAID = frozenset(_HEADERS)
_OWN: Mapping[str, tuple[bytes, ...]] = MappingProxyType(
    {wire: tuple(name.encode() for name in sorted(caller.HEADERS)) for wire, caller in CALLERS.items()}
)
"""By wire: those of a caller's headers that belong to it."""
CALLERS_KEPT = 256
"""So many callers are remembered; beyond that the memory starts anew."""
JSON: Mapping[str, str] = MappingProxyType({"content-type": "application/json"})
_UNBUFFERED = MappingProxyType({"cache-control": "no-cache", "x-accel-buffering": "no"})
"""Proxies between us and the caller must not collect a stream."""


class Calls:
    """Serves the model calls of one router, or of whatever stands in front of it."""

    def __init__(self, router: Router | Rehearsing, process: str | None = None) -> None:
        self._router = router
        self._nobody = Context(process=process, door="gateway")
        self._callers: dict[tuple[str, AccessKey | None, tuple[bytes | None, ...]], Context] = {}

    async def serve(
        self, endpoint: Endpoint, headers: Mapping[bytes, bytes], key: AccessKey | None, client: Presence, send: Send
    ) -> None:
        """Serve one request; a client that goes away takes its call to the provider with it."""
        wire = endpoint.wire
        try:
            body = await read_body(headers, client.receive)
        except TooLargeError:
            message = f"the body is larger than {MAX_BODY // 1024 // 1024} MB"
            await refuse(send, wire, 413, "request_too_large", message)
            return
        except ClientGoneError:
            return
        async with client:
            await self._answer(endpoint, headers, key, body, client, send)

    async def _answer(
        self,
        endpoint: Endpoint,
        headers: Mapping[bytes, bytes],
        key: AccessKey | None,
        body: bytes,
        client: Presence,
        send: Send,
    ) -> None:
        wire = endpoint.wire
        try:
            endpoint.check()
            if endpoint.counts:
                await reply(send, 200, JSON, count(endpoint, body))
                return
            answer = await self._router.ahandle(wire, endpoint.complete(body), self._context(wire, headers, key))
        except RequestFailedError as error:
            await reply(send, error.status, error.headers, error.body)
        except UnknownNameError as error:
            await refuse(send, wire, 404, "model_unavailable", str(error))
        except NotAllowedError as error:
            await refuse(send, wire, 403, "permission", str(error))
        except BadRequestError as error:
            await refuse(send, wire, 400, "bad_request", str(error))
        except Exception as error:  # noqa: BLE001 - the border to a caller, who gets an answer whatever happens here
            crashed("request failed inside the gateway", error)
            await refuse(send, wire, 500, "internal_error", "the gateway failed; its log says why")
        else:
            await _deliver(answer, client, send)

    def _context(self, wire: str, headers: Mapping[bytes, bytes], key: AccessKey | None) -> Context:
        """What a request says of itself, and what its key says of its caller."""
        own = _OWN[wire]
        caller = self._caller(wire, key, headers) if key is not None or own else self._nobody
        if (parent := headers.get(b"traceparent")) is not None:
            state = headers.get(b"tracestate", b"")
            caller = replace(caller, trace=read_trace(parent.decode("latin-1"), state.decode("latin-1")))
        if _SAID.isdisjoint(headers):
            return caller
        return from_headers(
            {_HEADERS[name]: headers[name].decode("latin-1") for name in _SAID & headers.keys()}, caller
        )

    def _caller(self, wire: str, key: AccessKey | None, headers: Mapping[bytes, bytes]) -> Context:
        """What a key and the headers of a wire say: the same of all requests of one program, so it is remembered."""
        said = tuple([headers.get(name) for name in _OWN[wire]])
        caller = self._callers.get((wire, key, said))
        if caller is None:
            if len(self._callers) >= CALLERS_KEPT:
                self._callers.clear()
            spoken = {
                name.decode(): value.decode("latin-1")
                for name, value in zip(_OWN[wire], said, strict=True)
                if value is not None
            }
            caller = replace(self._nobody, wire_headers=spoken)
            if key is not None:
                caller = replace(caller, principal=key.id, allowed=key.processes)
            self._callers[wire, key, said] = caller
        return caller


async def _deliver(answer: Answer, client: Presence, send: Send) -> None:
    if not answer.streamed:
        body = answer.body
        if client.answer is None or not client.answer(answer.status, rendered(answer.headers, body), body):
            await reply(send, answer.status, answer.headers, body)
        return
    async with answer:
        await begin(send, answer.status, {**answer.headers, **_UNBUFFERED})
        if client.write is not None:
            answer.pour(client.write)
        while block := await answer.block():  # iterating would cost a generator's step for every chunk
            await send({"type": "http.response.body", "body": block, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
