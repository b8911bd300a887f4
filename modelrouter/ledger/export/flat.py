"""Entries as rows of two tables: one row an entry, and one row for each hop of a request.

What an entry does not have, or what was taken away, is None. The column `fields` has every value that is revealed, as
one JSON object, so nothing is lost by being laid flat.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from modelrouter.ledger.entry import base64

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from modelrouter.ledger.plain import Plain

__all__ = ["ATTEMPTS", "ENTRIES", "Column", "attempts", "entry"]

Type = Literal["BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "TIMESTAMP"]


class Column(NamedTuple):
    """A column of a table."""

    name: str
    type: Type
    """As SQL names it."""


def _columns(**types: Type) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in types.items())


ENTRIES = _columns(
    ledger="VARCHAR",
    number="BIGINT",
    time="TIMESTAMP",
    kind="VARCHAR",
    leaf_hash="VARCHAR",
    request_id="VARCHAR",
    process="VARCHAR",
    asked="VARCHAR",
    wire="VARCHAR",
    door="VARCHAR",
    streamed="BOOLEAN",
    principal="VARCHAR",
    data_classes="VARCHAR",
    country="VARCHAR",
    person="VARCHAR",
    segment="VARCHAR",
    route="VARCHAR",
    outcome="VARCHAR",
    served_by="VARCHAR",
    took_s="DOUBLE",
    attempts="BIGINT",
    excluded="BIGINT",
    cause="VARCHAR",
    domain="VARCHAR",
    input_tokens="BIGINT",
    cached_tokens="BIGINT",
    output_tokens="BIGINT",
    reasoning_tokens="BIGINT",
    redacted="VARCHAR",
    fields="VARCHAR",
)
"""One row an entry; `ledger` is the origin, `leaf_hash` in Base64."""

ATTEMPTS = _columns(
    ledger="VARCHAR",
    number="BIGINT",
    time="TIMESTAMP",
    kind="VARCHAR",
    request_id="VARCHAR",
    process="VARCHAR",
    place="BIGINT",
    deployment="VARCHAR",
    at_s="DOUBLE",
    took_s="DOUBLE",
    status="BIGINT",
    cause="VARCHAR",
    scope="VARCHAR",
    rule="VARCHAR",
    held="VARCHAR",
    outrun="BOOLEAN",
    cut="BOOLEAN",
    model="VARCHAR",
    losses="VARCHAR",
    evidence="VARCHAR",
)
"""One row a hop; `number` is that of the entry, `place` counts from 0 within it."""

_PYTHON: Mapping[Type, tuple[type, ...]] = MappingProxyType(
    {"BIGINT": (int,), "DOUBLE": (int, float), "BOOLEAN": (bool,), "VARCHAR": (str,), "TIMESTAMP": ()}
)
_LISTS = frozenset({"data_classes", "route", "losses"})


def _types(columns: Iterable[Column]) -> Mapping[str, tuple[type, ...]]:
    """What a value of each column may be."""
    return MappingProxyType({each.name: (list,) if each.name in _LISTS else _PYTHON[each.type] for each in columns})


_ENTRY_TYPES, _ATTEMPT_TYPES = _types(ENTRIES), _types(ATTEMPTS)
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_TOKENS = MappingProxyType({f"{name}_tokens": name for name in ("input", "cached", "output", "reasoning")})


def entry(origin: str, told: Plain) -> dict[str, Any]:
    """The row of an entry."""
    values = told.values
    usage = _object(values.get("usage"))
    found = values | _object(values.get("circumstances"))
    found |= {column: usage.get(name) for column, name in _TOKENS.items()} if usage else {}
    found |= {
        "principal": _object(values.get("caller")).get("principal"),
        "request_id": values.get("id"),
        "attempts": len(_list(values["trail"])) if "trail" in values else None,
        "excluded": len(_list(values["excluded"])) if "excluded" in values else None,
        "cause": values.get("cause") or _object(values.get("after")).get("cause"),
    }
    row = _laid(found, _ENTRY_TYPES)
    row |= {"ledger": origin, "number": told.number, "time": told.time, "kind": told.kind}
    row["leaf_hash"] = base64(told.sealed.leaf)
    row["redacted"] = ", ".join(told.redacted) or None
    row["fields"] = _written(values)
    return row


def attempts(origin: str, told: Plain) -> Iterator[dict[str, Any]]:
    """The rows of its hops."""
    head = {
        "ledger": origin,
        "number": told.number,
        "time": told.time,
        "kind": told.kind,
        "request_id": _text(told.values.get("id")),
        "process": _text(told.values.get("process")),
    }
    for place, hop in enumerate(_list(told.values.get("trail"))):
        yield _laid(_object(hop), _ATTEMPT_TYPES) | head | {"place": place}


def _laid(found: dict[str, Any], types: Mapping[str, tuple[type, ...]]) -> dict[str, Any]:
    """A row in the order of its columns: each value that is of its column's type; lists are told with commas between."""
    row: dict[str, Any] = dict.fromkeys(types)
    for name, value in found.items():
        if type(value) in types.get(name, ()):
            row[name] = ", ".join(map(str, value)) if type(value) is list else value
    return row


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
