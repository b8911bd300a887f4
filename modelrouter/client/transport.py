"""The transport beneath an SDK: takes its HTTP requests and serves them through a router.

`httpx` and `httpx2` have the same transport interface, so one class serves both; which one is meant
a request tells by its own class. Nothing of the caller's request goes out but its body: the address and the
key are those of the deployment.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from math import inf
from typing import TYPE_CHECKING, Any, Self

import orjson

from modelrouter.client.context import gathered
from modelrouter.client.decisions import EXTENSION, RequestId
from modelrouter.core.traceparent import read as read_trace
from modelrouter.errors import BadRequestError, RequestFailedError, UnknownNameError
from modelrouter.router import Router
from modelrouter.wire.counting import count
from modelrouter.wire.dialects import CALLERS
from modelrouter.wire.listing import listed
from modelrouter.wire.paths import Endpoint, endpoint_of

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Iterator, Mapping
    from types import ModuleType

    import httpx

    from modelrouter.core.context import Context
    from modelrouter.core.decision import Decision
    from modelrouter.core.inventory import Inventory
    from modelrouter.runtime.answer import Answer, SyncAnswer

    class _Interface(httpx.BaseTransport, httpx.AsyncBaseTransport):
        """What type checkers are to see: httpx takes it for both of its transports, at run time by what it can do."""

else:
    _Interface = object

__all__ = ["RouterTransport", "transport"]

NOT_FOUND = 404
BAD_REQUEST = 400
JSON = {"content-type": "application/json"}
REQUEST_IDS = ("x-request-id", "request-id")
"""Where OpenAI's and Anthropic's SDK look for the id that they keep."""
LISTING = "openai-chat"
"""The dialect of errors where the path names no other."""


class RouterTransport(_Interface):
    """Serves the requests of an HTTP client through a router, whichever library and manner the client has.

    Give it to `httpx.Client`, `httpx.AsyncClient` and their like in `httpx2` as `transport`. `process` is that of
    every request that names none itself; `owned` closes the router with the client.
    """

    def __init__(self, router: Router, *, process: str | None = None, owned: bool = False) -> None:
        self.router = router
        self._process = process
        self._owned = owned

    def handle_request(self, request: Any) -> Any:
        """Serve one request."""
        make = _maker(_library(request))
        endpoint = _endpoint(request)
        if endpoint is None:
            return make.elsewhere(self.router, request)
        wire = endpoint.wire
        try:
            endpoint.check()
            if endpoint.counts:
                return make.counted(endpoint, request.read())
            answer = self.router.handle(wire, endpoint.complete(request.read()), self._context(wire, request))
        except (RequestFailedError, BadRequestError, UnknownNameError) as error:
            return make.failure(wire, error)
        request.extensions[EXTENSION] = answer.decision  # of a stream that breaks, SDKs tell the request alone
        return make.response(answer, make.sync_stream(answer) if answer.streamed else None)

    async def handle_async_request(self, request: Any) -> Any:
        """Serve one request."""
        make = _maker(_library(request))
        endpoint = _endpoint(request)
        if endpoint is None:
            return make.elsewhere(self.router, request)
        wire = endpoint.wire
        try:
            endpoint.check()
            if endpoint.counts:
                return make.counted(endpoint, await request.aread())
            body = endpoint.complete(await request.aread())
            answer = await self.router.ahandle(wire, body, self._context(wire, request))
        except (RequestFailedError, BadRequestError, UnknownNameError) as error:
            return make.failure(wire, error)
        request.extensions[EXTENSION] = answer.decision  # of a stream that breaks, SDKs tell the request alone
        return make.response(answer, make.async_stream(answer) if answer.streamed else None)

    def _context(self, wire: str, request: Any) -> Context:
        """What a request says of itself; raises BadRequestError."""
        context = gathered(request.headers)
        if context.process is None and self._process is not None:
            context = replace(context, process=self._process)
        if own := CALLERS[wire].HEADERS:
            spoken = {name: request.headers[name] for name in own if name in request.headers}
            context = replace(context, wire_headers=spoken)
        if (parent := request.headers.get("traceparent")) is not None:
            context = replace(context, trace=read_trace(parent, request.headers.get("tracestate", "")))
        limit = request.extensions.get("timeout", {}).get("read")
        if limit is not None and 0 < limit < (context.deadline_s or inf):
            context = replace(context, deadline_s=limit)  # the client's read timeout is what its user is ready to wait
        return context

    def close(self) -> None:
        """Close the router where it is this transport's own."""
        if self._owned:
            self.router.close()

    async def aclose(self) -> None:
        """Close the router where it is this transport's own."""
        if self._owned:
            await self.router.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def transport(
    inventory: Inventory | str | os.PathLike[str] | None = None,
    *,
    router: Router | None = None,
    process: str | None = None,
) -> RouterTransport:
    """What any SDK that takes an HTTP client can be given, to be served by the deployments of an inventory.

    `google.genai.Client(http_options={"httpx_client": httpx.Client(transport=modelrouter.transport())})`. It serves
    `httpx` and `httpx2`, synchronous and asynchronous clients alike, on the paths of every wire that callers may
    speak. `inventory` is a path or a loaded inventory (default: `$MODELROUTER_INVENTORY`, else `providers.yaml`), or
    give a `router` to share one; `process` is that of every request that names none itself.

    Raises InventoryError where the inventory cannot be used.
    """
    return RouterTransport(router or Router(inventory), process=process, owned=router is None)


def _library(request: Any) -> str:
    """The HTTP library of a request: its response must be of the same."""
    return type(request).__module__.partition(".")[0]


@cache
def _maker(library: str) -> _Maker:
    return _Maker(import_module(library))


def _endpoint(request: Any) -> Endpoint | None:
    """What an SDK's request asks; None where its path is no model call."""
    return endpoint_of(request.url.path, request.url.query) if request.method == "POST" else None


class _Maker:
    """Makes responses of one HTTP library."""

    def __init__(self, library: ModuleType) -> None:
        self._response = library.Response

        class Headers(library.Headers):  # type: ignore[name-defined,misc] # as above
            """Headers whose request id knows its decision: SDKs keep that id on what they parse."""

            decision: Decision

            def get(self, key: str, default: Any = None) -> Any:
                """As any headers; see the class."""
                return RequestId(self.decision) if key.lower() in REQUEST_IDS else super().get(key, default)

        class SyncStream(library.SyncByteStream):  # type: ignore[name-defined,misc] # as above
            """The bytes of a streamed answer."""

            def __init__(self, answer: SyncAnswer) -> None:
                self._answer = answer

            def __iter__(self) -> Iterator[bytes]:
                return iter(self._answer)

            def close(self) -> None:
                """Let go of the answer."""
                self._answer.close()

        class AsyncStream(library.AsyncByteStream):  # type: ignore[name-defined,misc] # as above
            """The bytes of a streamed answer."""

            def __init__(self, answer: Answer) -> None:
                self._answer = answer

            def __aiter__(self) -> AsyncIterator[bytes]:
                return self._answer.__aiter__()

            async def aclose(self) -> None:
                """Let go of the answer."""
                await self._answer.aclose()

        self._headers = Headers
        self.sync_stream = SyncStream
        self.async_stream = AsyncStream

    def response(self, answer: Answer | SyncAnswer, stream: Any) -> Any:
        """The response of an answer, which is closed where there can be none."""
        body = {"stream": stream} if stream is not None else {"content": answer.body}
        try:
            return self._decided(answer.status, answer.headers, answer.decision, body)
        except BaseException:
            answer.close()
            raise

    def counted(self, endpoint: Endpoint, body: bytes) -> Any:
        """The response to who asks how long a request is; raises BadRequestError."""
        return self._response(200, headers=JSON, content=count(endpoint, body))

    def failure(self, wire: str, error: RequestFailedError | BadRequestError | UnknownNameError) -> Any:
        """The response of a request that failed or cannot be understood."""
        if isinstance(error, RequestFailedError) and error.decision is not None:
            return self._decided(error.status, error.headers, error.decision, {"content": error.body})
        status, cause = (
            (NOT_FOUND, "model_unavailable") if isinstance(error, UnknownNameError) else (BAD_REQUEST, "bad_request")
        )
        body = CALLERS[wire].encode_error(status, cause, str(error))
        return self._response(status, headers=JSON | {"x-should-retry": "false"}, content=body)

    def _decided(self, status: int, headers: Mapping[str, str], decision: Decision, body: dict[str, Any]) -> Any:
        raw = [(name.encode(), value.encode(errors="replace")) for name, value in headers.items()]  # not always ASCII
        response = self._response(status, headers=raw, extensions={EXTENSION: decision}, **body)
        told = self._headers(response.headers)
        told.decision = decision
        response.headers = told
        return response

    def elsewhere(self, router: Router, request: Any) -> Any:
        """The response for every path but the model calls: the listing of names, or that there is nothing."""
        path, inventory = request.url.path, router.inventory
        try:
            known = listed(path, inventory, anthropic="anthropic-version" in request.headers)
        except UnknownNameError as error:
            return self.failure(LISTING, error)
        if known is not None and request.method == "GET":
            return self._response(200, headers=JSON, content=orjson.dumps(known))
        message = f"{request.method} {path} is not served by modelrouter; it serves model calls and the list of models"
        body = CALLERS[LISTING].encode_error(NOT_FOUND, "unsupported_feature", message)
        return self._response(NOT_FOUND, headers=JSON | {"x-should-retry": "false"}, content=body)
