"""What a request brings besides its body."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who asks, for which process, under which circumstances; None leaves it to the inventory."""

    process: str | None = None
    """Overrides the process that the `model` of the body names."""
    data_class: str | None = None
    """Beside the class that the process declares: policies of both apply."""
    country: str | None = None
    """Of the end user, ISO 3166."""
    deadline_s: float | None = None
    """To the first content, over all attempts; the process's own deadline still bounds it."""
    principal: str | None = None
    """The authenticated caller; only a door sets it."""


NOBODY = Context()
"""Nothing is known of the caller."""

GIVEN: Mapping[str, type | tuple[type, ...]] = MappingProxyType(
    {"process": str, "data_class": str, "country": str, "deadline": (int, float)}
)
"""What callers may say of their request, and as what; `deadline` is in seconds."""

HEADERS: Mapping[str, str] = MappingProxyType({f"x-modelrouter-{word.replace('_', '-')}": word for word in GIVEN})
"""The headers that say it, and the words they mean."""


def extended(context: Context, given: Mapping[str, Any] | None) -> Context:
    """Add what a caller says of its own request; what it says wins.

    Raises BadRequestError for unknown words and values of the wrong kind.
    """
    if not given:
        return context
    if not hasattr(given, "items"):
        raise BadRequestError("'modelrouter' in the body must be an object")
    changes: dict[str, Any] = {}
    for word, value in given.items():
        if word not in GIVEN:
            near = get_close_matches(word, GIVEN, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(GIVEN)}"
            raise BadRequestError(f"the request context knows no {word!r}{hint}")
        if not isinstance(value, GIVEN[word]) or isinstance(value, bool):
            raise BadRequestError(f"{word!r} of the request context cannot be {value!r}")
        changes["deadline_s" if word == "deadline" else word] = value
    if changes.get("deadline_s", 1) <= 0:
        raise BadRequestError("'deadline' of the request context must be more than 0 seconds")
    return replace(context, **changes)


def from_headers(headers: Mapping[str, str], context: Context = NOBODY) -> Context:
    """Add to a context what a request's headers state; names are lower case. Raises BadRequestError."""
    given: dict[str, Any] = {word: headers[name] for name, word in HEADERS.items() if name in headers}
    if "deadline" in given:
        with suppress(ValueError):  # stays a text then, which `extended` refuses in its own words
            given["deadline"] = float(given["deadline"])
    return extended(context, given)
