"""What our classes add to an official SDK's own: a router underneath, shared by copies."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self

from modelrouter.client.context import PREFIX
from modelrouter.client.transport import RouterTransport
from modelrouter.errors import UsageError
from modelrouter.router import Router

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from types import ModuleType

    from modelrouter.core.inventory import Inventory

__all__ = ["NOWHERE", "Routed", "http_clients"]

NOWHERE = "http://modelrouter.invalid"
"""Only the paths below it matter: no request of the SDK leaves the process as such (RFC 2606 reserves the name)."""
NO_KEY = "modelrouter"
"""Keys are the inventory's; SDKs want one all the same."""


def http_clients(sdk: ModuleType) -> tuple[type[Any], type[Any]]:
    """The synchronous and the asynchronous HTTP client of an SDK, without cookies, as classes of its own."""
    library = import_module(sdk.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])
    none = _no_cookies(library)

    class HttpClient(sdk.DefaultHttpxClient):  # type: ignore[name-defined,misc] # a class of the SDK given
        """The SDK's own HTTP client over a router."""

        cookies = property(lambda _: none, doc="None.")

    class AsyncHttpClient(sdk.DefaultAsyncHttpxClient):  # type: ignore[name-defined,misc] # as above
        """The SDK's own asynchronous HTTP client over a router."""

        cookies = property(lambda _: none, doc="None.")

    return HttpClient, AsyncHttpClient


def _no_cookies(library: ModuleType) -> object:
    class NoCookies(library.Cookies):  # type: ignore[name-defined,misc] # a class of the library given
        """Holds nothing: no provider's cookie reaches a caller, and looking for one costs a tenth of a call."""

        def extract_cookies(self, response: object) -> None:
            """There are none."""

        def set_cookie_header(self, request: object) -> None:
            """There are none."""

    return NoCookies()


class Routed:
    """Comes before the SDK's class among the bases of ours."""

    _http_client: ClassVar[type[Any]]
    _root: ClassVar[str] = NOWHERE
    """What the SDK takes for its base address: its paths are those of the wire."""
    _credentials: ClassVar[tuple[str, ...]] = ()
    """Arguments of the SDK that choose a key in other ways than `api_key`, and must not beside it."""
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
        options = {name: value for name, value in options.items() if name not in self._credentials}
        if client is None:
            self.router = router or Router(inventory)
            client = self._http_client(transport=RouterTransport(self.router, owned=router is None))
        elif isinstance(client, self._http_client) and router is not None:
            self.router = router  # a copy brings both
        else:
            raise UsageError(_FOREIGN)
        super().__init__(**{**_options(options, process), "base_url": self._root, "http_client": client})

    def copy(self, *, _extra_kwargs: Mapping[str, Any] | None = None, **options: Any) -> Self:
        """As the SDK's; the copy shares the router."""
        extra = {**(_extra_kwargs or {}), "router": self.router}
        copied: Self = super().copy(**options, _extra_kwargs=extra)  # type: ignore[misc] # the SDK's, next in line
        return copied

    with_options = copy


_FOREIGN = "http_client cannot be chosen here: requests leave through the router, by the addresses of the inventory"


def _options(options: dict[str, Any], process: str | None) -> dict[str, Any]:
    """The SDK's own options, with what only the inventory decides taken out of its hands."""
    headers = dict(options.pop("default_headers", None) or {})
    if process is not None:
        headers[f"{PREFIX}process"] = process
    return {"max_retries": 0, **options, "api_key": NO_KEY, "default_headers": headers}
