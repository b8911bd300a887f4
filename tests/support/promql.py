"""Reads the part of PromQL that our dashboards and rules are written in, strictly: what it does not know is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""\s*(?:
    (?P<duration>\[(?:[0-9]+[smhd]|\$__rate_interval)\])
    |(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<sign>=~|!~|!=|==|<=|>=|[-+*/<>=(){},])
    )""",
    re.VERBOSE,
)
AGGREGATIONS = {"sum", "min", "max", "avg", "count"}
FUNCTIONS = {
    "rate": ("range",),
    "delta": ("range",),
    "histogram_quantile": ("number", "instant"),
    "vector": ("number",),
    "absent": ("instant",),
    "sort": ("instant",),
    "time": (),
}
BINARY = {"+", "-", "*", "/", "<", ">", "<=", ">=", "==", "!=", "or", "and", "unless"}
MATCHERS = {"=", "!=", "=~", "!~"}


@dataclass
class Query:
    """What a query names."""

    metrics: dict[str, set[str]] = field(default_factory=dict)
    """By metric: the labels that are asked of it."""
    labels: set[str] | None = None
    """Of what it gives; None: those of its metrics."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"{text!r}: nothing known at {text[at : at + 20]!r}")
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        self.at = 0
        self.metrics: dict[str, set[str]] = {}

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, wanted: str | None = None) -> str:
        _, text = self.peek()
        if wanted is not None and text != wanted:
            raise ValueError(f"{wanted!r} is wanted, not {text!r}")
        self.at += 1
        return text

    def kind(self, wanted: str) -> str:
        kind, text = self.peek()
        if kind != wanted:
            raise ValueError(f"a {wanted} is wanted, not {text!r}")
        return self.take()

    def expression(self) -> tuple[str, set[str] | None]:
        kind, labels = self.operand()
        while self.peek()[1] in BINARY:
            self.take()
            other, more = self.operand()
            if "range" in (kind, other):
                raise ValueError("a range has no arithmetic")
            if kind == "number":
                kind, labels = other, more
        return kind, labels

    def operand(self) -> tuple[str, set[str] | None]:
        kind, text = self.peek()
        if kind == "number":
            self.take()
            return "number", set()
        if text == "(":
            self.take()
            inner = self.expression()
            self.take(")")
            return inner
        name = self.kind("name")
        if name in AGGREGATIONS:
            return self.aggregation()
        if name in FUNCTIONS and self.peek()[1] == "(":
            return self.call(name)
        return self.selector(name)

    def aggregation(self) -> tuple[str, set[str]]:
        labels: set[str] = set()
        if self.peek()[1] == "by":
            self.take()
            labels = set(self.names())
        before = set(self.metrics)
        self.take("(")
        if self.expression()[0] != "instant":
            raise ValueError("only an instant vector can be aggregated")
        self.take(")")
        for metric in set(self.metrics) - before or self.metrics:
            self.metrics[metric] |= labels
        return "instant", labels

    def call(self, name: str) -> tuple[str, set[str] | None]:
        self.take("(")
        labels: set[str] | None = set()
        for place, wanted in enumerate(FUNCTIONS[name]):
            if place:
                self.take(",")
            kind, labels = self.expression()
            if kind != wanted:
                raise ValueError(f"{name} wants a {wanted}, not a {kind}")
        self.take(")")
        return ("number", set()) if name == "time" else ("instant", labels)

    def selector(self, metric: str) -> tuple[str, set[str] | None]:
        asked = self.metrics.setdefault(metric, set())
        if self.peek()[1] == "{":
            self.take()
            while True:
                asked.add(self.kind("name"))
                if self.take() not in MATCHERS:
                    raise ValueError("a matcher is wanted")
                self.kind("string")
                if self.take() == "}":
                    break
        if self.peek()[0] == "duration":
            self.take()
            return "range", None
        return "instant", None

    def names(self) -> list[str]:
        self.take("(")
        found = [self.kind("name")]
        while self.peek()[1] == ",":
            self.take()
            found.append(self.kind("name"))
        self.take(")")
        return found


def read(text: str) -> Query:
    """Read a query; raises ValueError where it is none."""
    reader = _Reader(text)
    kind, labels = reader.expression()
    if reader.peek()[0] != "end":
        raise ValueError(f"{text!r} goes on with {reader.peek()[1]!r}")
    if kind == "range":
        raise ValueError(f"{text!r} gives a range, which nothing can show")
    return Query(reader.metrics, labels)
