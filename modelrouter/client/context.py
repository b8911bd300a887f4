"""What a block of code says of all the requests it makes."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypedDict, Unpack

from modelrouter.core.context import NOBODY, extended, from_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.core.context import Context

__all__ = ["PREFIX", "Said", "context", "gathered"]

PREFIX = "x-modelrouter-"

_current: ContextVar[Context] = ContextVar("modelrouter_context", default=NOBODY)


class Said(TypedDict, total=False):
    """What may be said of requests; None says nothing."""

    process: str | None
    data_class: str | None
    country: str | None
    person: str | None
    segment: str | None
    deadline: float | None
    restart: bool | None


@contextmanager
def context(**given: Unpack[Said]) -> Iterator[None]:
    """Say of every request made inside this block for whom and under which circumstances it is.

    Blocks nest, the inner one wins, but a class of data adds to those of the outer ones, and a class of persons
    (`person`, such as `minor`) or a `segment` is said once; each thread and task has its own. `deadline` is in
    seconds, to the first content; `restart` says that the caller understands that a stream may begin anew, where a
    process allows that. Raises BadRequestError for values that cannot be.
    """
    said = extended(_current.get(), {word: value for word, value in given.items() if value is not None})
    token = _current.set(said)
    try:
        yield
    finally:
        _current.reset(token)


def gathered(headers: Mapping[str, str]) -> Context:
    """The context of one request: the block it is made in, and over it its `x-modelrouter-*` headers."""
    return from_headers(headers, _current.get())
