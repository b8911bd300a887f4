"""The codes of the closed options in the register.

Source: the drop-down lists of the European Banking Authority's template of the register, taxonomy 4.0.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import date

__all__ = [
    "COMPANY",
    "ENTITY_TYPES",
    "FOREVER",
    "IMPACTS",
    "LEI",
    "MIGRATION",
    "NOT_ASSESSED",
    "NOT_A_BRANCH",
    "NO_ALTERNATIVES",
    "OVERARCHING",
    "REINTEGRATION",
    "RELIANCE",
    "SENSITIVENESS",
    "SERVICES",
    "STANDALONE",
    "SUBSEQUENT",
    "SUBSTITUTABILITY",
    "TERMINATIONS",
    "country",
    "currency",
    "day",
    "days",
    "hours",
    "yes",
]

LEI = "eba_qCO:qx2000"
"""The type of identification code: Legal Entity Identifier."""
STANDALONE = "eba_CO:x1"
OVERARCHING = "eba_CO:x2"
SUBSEQUENT = "eba_CO:x3"
NOT_A_BRANCH = "eba_ZZ:x839"
COMPANY = "eba_CT:x212"
NOT_ASSESSED = "eba_ZZ:x799"
NO_ALTERNATIVES = "eba_ZZ:x963"
MIGRATION = "eba_ZZ:x964"
FOREVER = "9999-12-31"
"""Stands for a date that there is not: an arrangement without an end, an entity that is not deleted."""

TERMINATIONS: Mapping[str, str] = MappingProxyType(
    {
        "expired": "eba_CO:x4",
        "breach": "eba_CO:x5",
        "impediments": "eba_CO:x6",
        "security": "eba_CO:x7",
        "authority": "eba_CO:x8",
        "other": "eba_CO:x9",
    }
)
IMPACTS: Mapping[str, str] = MappingProxyType({"low": "eba_ZZ:x791", "medium": "eba_ZZ:x792", "high": "eba_ZZ:x793"})
SENSITIVENESS: Mapping[str, str] = MappingProxyType(
    {
        "public": IMPACTS["low"],
        "internal": IMPACTS["low"],
        "confidential": IMPACTS["medium"],
        "personal": IMPACTS["high"],
        "secret": IMPACTS["high"],
        "health": IMPACTS["high"],
    }
)
"""By usual words for data classes; other words are one's own, and a gap."""
RELIANCE: Mapping[str, str] = MappingProxyType({"low": "eba_ZZ:x795", "material": "eba_ZZ:x796", "full": "eba_ZZ:x797"})
SUBSTITUTABILITY: Mapping[str, str] = MappingProxyType(
    {"none": "eba_ZZ:x959", "hard": "eba_ZZ:x960", "medium": "eba_ZZ:x961", "easy": "eba_ZZ:x962"}
)
REINTEGRATION: Mapping[str, str] = MappingProxyType(
    {"easy": "eba_ZZ:x798", "difficult": "eba_ZZ:x966", "complex": "eba_ZZ:x967"}
)
SERVICES: Mapping[str, str] = MappingProxyType({f"S{number:02}": f"eba_TA:S{number:02}" for number in range(1, 20)})
"""The nineteen types of services of annex III; a model that is called over the network is usually S19 or S18."""
ENTITY_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "credit institution": "eba_CT:x12",
        "payment institution": "eba_CT:x300",
        "account information service provider": "eba_CT:x301",
        "electronic money institution": "eba_CT:x302",
        "investment firm": "eba_CT:x599",
        "crypto-asset service provider": "eba_CT:x303",
        "issuer of asset-referenced tokens": "eba_CT:x310",
        "central securities depository": "eba_CT:x304",
        "central counterparty": "eba_CT:x643",
        "trading venue": "eba_CT:x305",
        "trade repository": "eba_CT:x306",
        "manager of alternative investment funds": "eba_CT:x307",
        "management company": "eba_CT:x639",
        "data reporting service provider": "eba_CT:x308",
        "insurance undertaking": "eba_CT:x309",
        "reinsurance undertaking": "eba_CT:x309",
        "insurance intermediary": "eba_CT:x320",
        "institution for occupational retirement provision": "eba_CT:x311",
        "credit rating agency": "eba_CT:x312",
        "administrator of critical benchmarks": "eba_CT:x313",
        "crowdfunding service provider": "eba_CT:x314",
        "securitisation repository": "eba_CT:x315",
        "other financial entity": "eba_CT:x316",
        "ICT intra-group service provider": "eba_CT:x317",
        "other non-financial entity": "eba_CT:x318",
    }
)


def country(code: str | None, groups: Container[str]) -> str:
    """A country; empty where it is unknown or one of the groups of countries, which no cell takes."""
    return "" if code is None or code in groups else f"eba_GA:{code}"


def currency(code: str | None) -> str:
    """A currency; empty where it is unknown."""
    return f"eba_CU:{code}" if code is not None else ""


def yes(answer: bool | None) -> str:  # noqa: FBT001  # three answers: yes, no, unknown
    """Yes or no; empty where nobody knows."""
    return "" if answer is None else "eba_BT:x28" if answer else "eba_BT:x29"


def day(value: date | None) -> str:
    """A date; empty where it is unknown."""
    return "" if value is None else value.isoformat()


def days(seconds: float | None) -> str:
    """Whole days; what is less than a day more counts as one."""
    return "" if seconds is None else str(math.ceil(seconds / 86400))


def hours(seconds: float | None) -> str:
    """Whole hours, as the register counts objectives; what is less than an hour more counts as one."""
    return "" if seconds is None else str(math.ceil(seconds / 3600))
