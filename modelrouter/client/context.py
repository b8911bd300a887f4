"""What a block of code says of all the requests it makes."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

from modelrouter.core.context import NOBODY, extended

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.core.context import Context

__all__ = ["PREFIX", "context", "gathered"]

PREFIX = "x-modelrouter-"

_current: ContextVar[Context] = ContextVar("modelrouter_context", default=NOBODY)


@contextmanager
def context(
    *,
    process: str | None = None,
    data_class: str | None = None,
    country: str | None = None,
    deadline: float | None = None,
) -> Iterator[None]:
    """Say of every request made inside this block for whom and under which circumstances it is.

    Blocks nest, the inner one wins; each thread and task has its own. `deadline` is in seconds, to the
    first content. Raises BadRequestError for values that cannot be.
    """
    given = {"process": process, "data_class": data_class, "country": country, "deadline": deadline}
    said = extended(_current.get(), {word: value for word, value in given.items() if value is not None})
    token = _current.set(said)
    try:
        yield
    finally:
        _current.reset(token)


def gathered(headers: Mapping[str, str]) -> Context:
    """The context of one request: the block it is made in, and over it its `x-modelrouter-*` headers."""
    given = {word: headers[name] for word, name in _HEADERS.items() if name in headers}
    return extended(_current.get(), _numbered(given)) if given else _current.get()


_HEADERS = {word: PREFIX + word.replace("_", "-") for word in ("process", "data_class", "country", "deadline")}


def _numbered(given: Mapping[str, str]) -> dict[str, str | float]:
    read: dict[str, str | float] = dict(given)
    with suppress(ValueError):  # stays a text then, which `extended` refuses in its own words
        read["deadline"] = float(given.get("deadline", ""))
    return read
