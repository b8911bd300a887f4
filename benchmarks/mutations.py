"""What happens to an error on its way to a log: other case and white space, envelopes, escapes, a lost end.

Every mutation keeps what the error means. All are deterministic for a given `Random`.
"""

from __future__ import annotations

import html
import json
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from random import Random

    from modelrouter.core.faults import Evidence

_ESCAPED = re.compile(r"(\\u[0-9a-fA-F]{4}|\\.)", re.DOTALL)
SPACES = (" ", "  ", "\n", "\r\n", "\t", "\u00a0")
LONGEST_LOSS = 0.05
"""The largest part of a text that is cut off at its end."""

BY_STATUS: Mapping[int, str] = MappingProxyType(
    {400: "BadRequestError", 401: "AuthenticationError", 403: "PermissionDeniedError", 404: "NotFoundError"}
    | {422: "UnprocessableEntityError", 429: "RateLimitError", 500: "InternalServerError"}
)
"""What clients call an answer by its status alone."""


class Mutant(NamedTuple):
    """A changed body, which text it came from and how."""

    kind: str
    index: int
    body: str


def _outside_escapes(change: Callable[[str], str], body: str) -> str:
    return "".join(part if number % 2 else change(part) for number, part in enumerate(_ESCAPED.split(body)))


def _any_case(body: str, chance: Random) -> str:
    change = chance.choice((str.upper, str.lower, str.title))
    return _outside_escapes(change, body)


def _white_space(body: str, chance: Random) -> str:
    return re.sub(" +", lambda _: chance.choice(SPACES), body)


def _margins(body: str, chance: Random) -> str:
    return f"{chance.choice(SPACES) * 3}{body}{chance.choice(SPACES) * 3}"


def _in_json(body: str, chance: Random) -> str:
    key = chance.choice(("message", "detail", "error", "msg", "body"))
    return json.dumps({"error": {key: body}}, ensure_ascii=chance.random() < 0.5, indent=chance.choice((None, 2)))


def _in_json_twice(body: str, chance: Random) -> str:
    return _in_json(_in_json(body, chance), chance)


def _as_repr(body: str, chance: Random) -> str:
    try:
        parsed = json.loads(body)
    except ValueError:
        return repr(body)
    return repr(parsed) if chance.random() < 0.5 else repr(body)


def _from_a_relay(body: str, chance: Random) -> str:
    error = chance.choice(
        (
            {"message": "Provider returned error", "metadata": {"raw": body, "provider_name": "Somebody"}},
            {"message": f"upstream error: {body}", "type": "upstream"},
            {"message": f"relay (channel 7): {body}"},
        )
    )
    return json.dumps({"error": error}, ensure_ascii=False)


def _in_a_log(body: str, chance: Random) -> str:
    head = chance.choice(
        (
            "2026-11-20T08:15:42Z ERROR llm: ",
            "[worker-3] call of the model failed: ",
            "Error: ",
            "  File 'a.py', in b\n",
        )
    )
    return f"{head}{body}"


def _as_an_event(body: str, chance: Random) -> str:
    return f"event: error\ndata: {' '.join(body.splitlines())}{chance.choice((chr(10), chr(10) * 2))}"


def _end_lost(body: str, chance: Random) -> str:
    return body[: len(body) - int(len(body) * LONGEST_LOSS * chance.random())].rstrip("}]\"' \n")


def _quotes_escaped(body: str, chance: Random) -> str:
    return body.replace("\\", "\\\\").replace('"', '\\"') if chance.random() < 0.7 else html.escape(body)


KINDS: Mapping[str, Callable[[str, Random], str]] = MappingProxyType(
    {
        "case": _any_case,
        "white space": _white_space,
        "margins": _margins,
        "in JSON": _in_json,
        "in JSON twice": _in_json_twice,
        "as a repr": _as_repr,
        "from a relay": _from_a_relay,
        "in a log": _in_a_log,
        "as an event": _as_an_event,
        "end lost": _end_lost,
        "escaped": _quotes_escaped,
        "as an exception": lambda body, _: body,  # needs the status: see `exception`
    }
)


def exception(body: str, status: int | None) -> str:
    """A body as the text of a client's exception for such a status."""
    name = BY_STATUS.get(status or 0, "InternalServerError" if (status or 0) > 500 else "APIStatusError")
    return f"client.{name}: Error code: {status} - {body}" if status else f"RuntimeError: {body}"


def mutants(texts: Iterable[Evidence], number: int, chance: Random) -> Iterator[Mutant]:
    """Yield so many mutants, kinds and texts taking turns."""
    given = list(texts)
    kinds = list(KINDS)
    for turn in range(number):
        index = turn // len(kinds) % len(given)
        kind = kinds[turn % len(kinds)]
        told = given[index]
        is_named = kind == "as an exception"
        body = exception(told.body, told.status) if is_named else KINDS[kind](told.body, chance)
        yield Mutant(kind, index, body)
