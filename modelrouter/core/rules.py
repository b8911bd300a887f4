"""Policies as frozen values: what must be true of whoever serves a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

__all__ = ["Policy", "Rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Conditions on one fact of a deployment, all of which must hold. A fact that nobody stated meets none of them."""

    fact: str
    """One of `known.FACTS`."""
    allowed: frozenset[str] | None = None
    """Every member of the fact is one of these."""
    denied: frozenset[str] = frozenset()
    """No member of the fact is one of these."""
    has: frozenset[str] = frozenset()
    """All of these are members of the fact."""
    flag: bool | None = None
    """The fact is this."""
    at_most: float | None = None
    """The fact is no longer than so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Where `when` matches a request, every rule must hold for every deployment that serves it."""

    id: str
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    begins: date | None = None
    ends: date | None = None
    """Its last day; days are those of UTC."""
