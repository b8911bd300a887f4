"""The rules as tables, one file a vendor family, and the book that a vendor's errors are read with."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.signatures import edge, limits, power, requests, transport, vendors, weak
from modelrouter.core.signatures.book import Book, build
from modelrouter.core.signatures.weak import by_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.signatures.rule import Rule

__all__ = ["TABLES", "VENDORS", "Book", "book_of", "by_status", "vendor_of"]

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


def book_of(name: str) -> Book:
    """Return the rules in the order in which a vendor's errors are read."""
    return _book(vendor_of(name))


@cache
def _book(vendor: str) -> Book:
    own = [(vendor, 1.0, False, TABLES[vendor])] if vendor != "generic" else []
    others = [(other.name, 0.7, True, other.rules) for other in vendors.ALL if other.name != vendor]
    return build(
        [
            ("orders", 0.9, False, power.ORDERS),
            *own,
            ("generic", 0.8, False, GENERIC),
            *others,
            ("weak", 0.5, False, weak.RULES),
        ]
    )
