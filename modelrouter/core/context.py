"""What a request brings besides its body."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from modelrouter.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.traceparent import Trace

LONGEST = 64
"""Characters of a text: names are shorter, and routes are remembered by them."""
ONCE = ("person", "segment")
"""What nobody further in can say otherwise."""
_COUNTRY = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who asks, for which process, under which circumstances; None leaves it to the inventory.

    Raises BadRequestError for values that cannot be. Upper and lower case of what is said in words are the same.
    """

    process: str | None = None
    """Overrides the process that the `model` of the body names."""
    data_class: str | None = None
    """Beside the class that the process declares: policies of both apply."""
    outer_classes: frozenset[str] = frozenset()
    """What was said of the data further out: nobody further in can take it back."""
    country: str | None = None
    """Of the end user, two letters of ISO 3166."""
    person: str | None = None
    """What kind of person uses it or asks, in the inventory's own words: `employee`, `minor`."""
    segment: str | None = None
    """The customer segment it is for, beside those that the process serves."""
    deadline_s: float | None = None
    """To the first content, over all attempts; the process's own deadline still bounds it."""
    restart: bool = False
    """The caller understands that a streamed answer may begin anew, where a marked event says so."""
    principal: str | None = None
    """The authenticated caller; only a door sets it."""
    allowed: frozenset[str] | None = None
    """The processes that the caller may use; None: all of them. Only a door sets it."""
    wire_headers: Mapping[str, str] = field(default_factory=dict)
    """Of the caller's headers those that belong to its wire, in lower case; only a door sets them."""
    door: Literal["gateway", "library", "drill"] = "library"
    """What the request came in by; only a door sets it."""
    trace: Trace | None = None
    """The caller's own trace, which this request is a part of; only a door sets it."""

    def __post_init__(self) -> None:
        for word in ("process", "data_class", "country", *ONCE):
            if len(getattr(self, word) or "") > LONGEST:
                raise BadRequestError(f"{word!r} of the request context is longer than {LONGEST} characters")
        for word in ("data_class", *ONCE):
            if (said := getattr(self, word)) is not None:
                object.__setattr__(self, word, said.casefold())
        if self.country is not None:
            if not _COUNTRY.fullmatch(self.country):
                raise BadRequestError("'country' of the request context must be two letters of ISO 3166, such as DE")
            object.__setattr__(self, "country", self.country.upper())
        if self.deadline_s is not None and not 0 < self.deadline_s < inf:
            raise BadRequestError("'deadline' of the request context must be a number of seconds, more than 0")

    @property
    def data_classes(self) -> frozenset[str]:
        """Every class that was said of the data."""
        return self.outer_classes if self.data_class is None else self.outer_classes | {self.data_class}


NOBODY = Context()
"""Nothing is known of the caller."""

GIVEN: Mapping[str, type | tuple[type, ...]] = MappingProxyType(
    {
        "process": str,
        "data_class": str,
        "country": str,
        "person": str,
        "segment": str,
        "deadline": (int, float),
        "restart": bool,
    }
)
"""What callers may say of their request, and as what; `deadline` is in seconds."""
_SWITCHES: Mapping[str, bool] = MappingProxyType({"1": True, "true": True, "0": False, "false": False})
"""How headers say yes and no."""

HEADERS: Mapping[str, str] = MappingProxyType({f"x-modelrouter-{word.replace('_', '-')}": word for word in GIVEN})
"""The headers that say it, and the words they mean."""


def extended(context: Context, given: Mapping[str, Any] | None) -> Context:
    """Add what a caller says of its own request; what it says wins, but a class of data only adds to those known.

    Raises BadRequestError for unknown words, values of the wrong kind, and another person or segment than was said.
    """
    if not given:
        return context
    if not hasattr(given, "items"):
        raise BadRequestError("'modelrouter' in the body must be an object")
    changes: dict[str, Any] = {}
    for word, value in given.items():
        if word not in GIVEN:
            near = get_close_matches(word[:LONGEST], GIVEN, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(GIVEN)}"
            raise BadRequestError(f"the request context knows no {word[:LONGEST]!r}{hint}")
        if not isinstance(value, GIVEN[word]) or (isinstance(value, bool) and GIVEN[word] is not bool):
            raise BadRequestError(f"{word!r} of the request context cannot be {value!r:.80}")
        changes["deadline_s" if word == "deadline" else word] = value
    for word in ONCE:
        said, now = getattr(context, word), changes.get(word)
        if said is not None and now is not None and now.casefold() != said:
            raise BadRequestError(f"{word!r} of the request context is {said!r} already and cannot be {now!r:.80}")
    return replace(context, **changes, outer_classes=context.data_classes)


def from_headers(headers: Mapping[str, str], context: Context = NOBODY) -> Context:
    """Add to a context what a request's headers state; names are lower case. Raises BadRequestError."""
    given: dict[str, Any] = {word: headers[name] for name, word in HEADERS.items() if name in headers}
    if "deadline" in given:
        with suppress(ValueError):  # stays a text then, which `extended` refuses in its own words
            given["deadline"] = float(given["deadline"])
    if "restart" in given:
        given["restart"] = _SWITCHES.get(given["restart"].strip().lower(), given["restart"])
    return extended(context, given)
