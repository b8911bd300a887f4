"""How a vendor says no: rows of a table, filled in with the facts of one call."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.causes import Cause
    from modelrouter.drills.twins.effects import Effect

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way to fail; `{names}` in texts and headers are facts of the call (`Facts.words`)."""

    status: int
    body: Json
    """A structure is sent as JSON, a text as it is."""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_s: float | None = None
    """The wait it asks for unless the injection says another; None where the vendor names none."""
    cause: Cause | None = None
    """What it means, where that is not what its effect means elsewhere."""
    source: str
    """Where this shape was seen."""
    assumed: bool = False
    """No real sample is known: drawn from the vendor's neighbouring errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A vendor: its rows, and the headers it puts on its answers."""

    vendor: str
    rows: Mapping[Effect, Row]
    headers: Mapping[str, str]
    """On every answer, errors included."""
    served: Mapping[str, str] = field(default_factory=dict)
    """On answers that succeed."""
    retry: Mapping[str, str] = field(default_factory=dict)
    """How it says for how long to stay away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a text may speak of."""

    number: int
    """Of the call on this twin; request ids are made from it, so that runs repeat."""
    model: str = ""
    region: str = "westeurope"
    limit: int = 60
    tokens: int = 0
    window: int = 0
    message: str = ""
    reset: str = ""
    """RFC 3339, when limits are whole again."""
    retry_s: float | None = None

    def words(self) -> dict[str, str]:
        """Everything that a template may name."""
        wait = self.retry_s or 0.0
        digits = f"{self.number:012x}"
        return {
            "model": self.model,
            "title": title(self.model),
            "region": self.region,
            "limit": str(self.limit),
            "tokens": str(self.tokens),
            "window": str(self.window),
            "message": self.message,
            "reset": self.reset,
            "id": f"011CTwin{self.number:016d}",
            "hex": f"70f1e000{digits:0>24}",
            "uuid": f"70f1e000-0000-4000-8000-{digits}",
            "wait": f"{wait:g}",
            "wait_whole": str(math.ceil(wait)),
            "wait_ms": str(round(wait * 1000)),
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer, ready to send."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes


def title(model: str) -> str:
    """A model's name as vendors print it: `eu.anthropic.claude-opus-4-8` becomes `Claude Opus 4.8`."""
    plain = model.rsplit("/", 1)[-1].rsplit(".claude", 1)
    words = (f"claude{plain[1]}" if len(plain) > 1 else plain[0]).split("-")
    name = " ".join(word.capitalize() for word in words if not word[:1].isdigit())
    version = ".".join(word for word in words if word[:1].isdigit() and len(word) < len("20260101"))
    return f"{name} {version}".strip()


def filled(value: Json, words: Mapping[str, str]) -> Json:
    """The structure with its templates filled in."""
    match value:
        case str():
            return value.format_map(words)
        case list():
            return [filled(item, words) for item in value]
        case dict():
            return {name: filled(item, words) for name, item in value.items()}
        case _:
            return value


def encoded(body: Json) -> bytes:
    """A text as it is, everything else as JSON."""
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def failure(dialect: Dialect, row: Row, facts: Facts, *, states_wait: bool = True) -> Failure:
    """What the vendor would send; the wait is the row's where the facts name none. Its text may state one all the same."""
    wait = row.retry_s if facts.retry_s is None else facts.retry_s
    words = replace(facts, retry_s=wait).words()
    templates = {**dialect.headers, **row.headers, **({} if wait is None or not states_wait else dialect.retry)}
    headers = {name: text.format_map(words) for name, text in templates.items()}
    return Failure(row.status, {"content-type": row.content_type, **headers}, encoded(filled(row.body, words)))
