"""The rules as tables, one file a vendor family, and the book that errors are read with."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.signatures import edge, limits, power, requests, transport, vendors, weak
from modelrouter.core.signatures.book import Book, Shelf, build
from modelrouter.core.signatures.rule import squash
from modelrouter.core.signatures.weak import by_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.signatures.rule import Rule

__all__ = ["SHELVES", "TABLES", "VENDORS", "Book", "by_status", "the_book", "vendor_of"]

GENERIC = (
    *edge.RULES,
    *power.RULES,
    *transport.CLIENTS,
    *edge.PAGES,
    *limits.RULES,
    *transport.RULES[:1],
    *requests.RULES,
    *transport.RULES[1:-1],
    *requests.FORM,
    *transport.RULES[-1:],
    *requests.FORM_AT_LAST,
)

GENERAL_CODES = frozenset(squash(code) for rule in (*GENERIC, *weak.RULES) for code in rule.codes)

TABLES: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        **{vendor.name: vendor.rules for vendor in vendors.ALL},
        "orders": power.ORDERS,
        "generic": GENERIC,
        "weak": weak.RULES,
    }
)

VENDORS: Mapping[str, str] = MappingProxyType(
    {alias: vendor.name for vendor in vendors.ALL for alias in (vendor.name, *vendor.aliases)}
)
"""Every name a vendor goes by."""


def vendor_of(name: str) -> str:
    """Return the vendor whose dialect a name stands for, `generic` where nobody's does."""
    return VENDORS.get(name.lower(), "generic")


SHELVES = (
    Shelf("orders", 0.9, power.ORDERS),
    *(Shelf(vendor.name, 1.0, vendor.rules, only=vendor.name) for vendor in vendors.ALL),
    Shelf("generic", 0.8, GENERIC),
    *(Shelf(vendor.name, 0.7, vendor.rules, but=vendor.name, known=GENERAL_CODES) for vendor in vendors.ALL),
    Shelf("weak", 0.5, weak.RULES),
)
"""The tables in reading order."""


@cache
def the_book() -> Book:
    """Return the one book that every vendor's errors are read with; built at its first use."""
    return build(SHELVES)
