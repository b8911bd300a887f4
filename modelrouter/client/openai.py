"""`OpenAI` and `AsyncOpenAI`: the installed SDK's own classes, with a router underneath."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self

import openai

from modelrouter.client.context import PREFIX
from modelrouter.client.transport import transports
from modelrouter.errors import UsageError
from modelrouter.router import Router

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from modelrouter.core.inventory import Inventory

__all__ = ["AsyncOpenAI", "OpenAI"]

NOWHERE = "http://modelrouter.invalid/v1"
"""Only its path matters: no request of the SDK leaves the process as such (RFC 2606 reserves the name)."""
NO_KEY = "modelrouter"
"""Keys are the inventory's; the SDK wants one all the same."""

_library = import_module(openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])
_TRANSPORTS = transports(_library)


class _NoCookies(_library.Cookies):  # type: ignore[name-defined,misc] # a class of whichever library the SDK has
    """Holds nothing: no provider's cookie reaches a caller, and looking for one costs a tenth of a call."""

    def extract_cookies(self, response: object) -> None:
        """There are none."""

    def set_cookie_header(self, request: object) -> None:
        """There are none."""


_NO_COOKIES = _NoCookies()


class _HttpClient(openai.DefaultHttpxClient):
    """The SDK's own HTTP client over a router."""

    cookies = property(lambda _: _NO_COOKIES, doc="None.")


class _AsyncHttpClient(openai.DefaultAsyncHttpxClient):
    """The SDK's own asynchronous HTTP client over a router."""

    cookies = property(lambda _: _NO_COOKIES, doc="None.")


class _Routed:
    """What both classes add to the SDK's: a router underneath, shared by copies."""

    _http_client: ClassVar[type[Any]]
    _transport: ClassVar[type[Any]]
    router: Router

    def __init__(
        self,
        *,
        inventory: Inventory | str | os.PathLike[str] | None = None,
        router: Router | None = None,
        process: str | None = None,
        **options: Any,
    ) -> None:
        client = options.pop("http_client", None)
        if client is None:
            self.router = router or Router(inventory)
            client = self._http_client(transport=self._transport(self.router, owned=router is None))
        elif isinstance(client, self._http_client) and router is not None:
            self.router = router  # a copy brings both
        else:
            raise UsageError(_FOREIGN)
        super().__init__(**{**_options(options, process), "http_client": client})

    def copy(self, *, _extra_kwargs: Mapping[str, Any] | None = None, **options: Any) -> Self:
        """As the SDK's; the copy shares the router."""
        extra = {**(_extra_kwargs or {}), "router": self.router}
        copied: Self = super().copy(**options, _extra_kwargs=extra)  # type: ignore[misc] # the SDK's, next in line
        return copied

    with_options = copy


class OpenAI(_Routed, openai.OpenAI):
    """`openai.OpenAI`, served by the deployments of an inventory.

    `model=` names a business process, an alias or a deployment. `inventory` is a path or a loaded
    inventory (default: `$MODELROUTER_INVENTORY`, else `providers.yaml`), or give a `router` to share one.
    `process` is the process of every request, whatever `model` says. Everything else is the SDK's;
    `api_key`, `base_url` and environment variables of the SDK choose nothing here. Retries of the SDK
    are off: the router has its own.
    """

    _http_client = _HttpClient
    _transport = _TRANSPORTS.sync


class AsyncOpenAI(_Routed, openai.AsyncOpenAI):
    """`openai.AsyncOpenAI`, served by the deployments of an inventory; see `OpenAI`."""

    _http_client = _AsyncHttpClient
    _transport = _TRANSPORTS.asynchronous


_FOREIGN = "http_client cannot be chosen here: requests leave through the router, by the addresses of the inventory"


def _options(options: dict[str, Any], process: str | None) -> dict[str, Any]:
    """The SDK's own options, with what only the inventory decides taken out of its hands."""
    headers = dict(options.pop("default_headers", None) or {})
    if process is not None:
        headers[f"{PREFIX}process"] = process
    return {"max_retries": 0, **options, "api_key": NO_KEY, "base_url": NOWHERE, "default_headers": headers}
