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
    from collections.abc import Iterator, Mapping

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

_ACCEPTED: Mapping[str, type | tuple[type, ...]] = MappingProxyType(
    {"BIGINT": int, "DOUBLE": (int, float), "BOOLEAN": bool, "VARCHAR": str}
)
_LISTS = frozenset({"data_classes", "route", "losses"})
_TOKENS = MappingProxyType({f"{name}_tokens": name for name in ("input", "cached", "output", "reasoning")})


def entry(origin: str, told: Plain) -> dict[str, Any]:
    """The row of an entry."""
    values = told.values
    caller, circumstances, usage = (_object(values.get(name)) for name in ("caller", "circumstances", "usage"))
    found = {
        **values,
        **circumstances,
        **{column: usage.get(name) for column, name in _TOKENS.items()},
        "principal": caller.get("principal"),
        "request_id": values.get("id"),
        "attempts": len(_list(values["trail"])) if "trail" in values else None,
        "excluded": len(_list(values["excluded"])) if "excluded" in values else None,
        "cause": values.get("cause") or _object(values.get("after")).get("cause"),
        "redacted": ", ".join(told.redacted) or None,
        "fields": json.dumps(values, ensure_ascii=False, separators=(",", ":")),
    }
    row = {column.name: _cell(found.get(column.name), column) for column in ENTRIES}
    row |= {"ledger": origin, "number": told.number, "time": told.time, "kind": told.kind}
    row["leaf_hash"] = base64(told.sealed.leaf)
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
        found = _object(hop)
        rest = {column.name: _cell(found.get(column.name), column) for column in ATTEMPTS[len(head) + 1 :]}
        yield {**head, "place": place, **rest}


def _cell(value: Any, column: Column) -> Any:
    """The value where it is of the column's type; lists are told with commas between."""
    if column.name in _LISTS and isinstance(value, list):
        return ", ".join(map(str, value))
    if column.type == "TIMESTAMP" or value is None or (isinstance(value, bool) and column.type != "BOOLEAN"):
        return None
    return value if isinstance(value, _ACCEPTED[column.type]) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
