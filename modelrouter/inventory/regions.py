"""Countries, groups of countries, and which contains which.

Codes are ISO 3166-1 alpha-2 as of 2026. The EU's members are those since 2020-02-01; the EEA adds
Iceland, Liechtenstein and Norway. GLOBAL is for what may be processed anywhere: it contains
everything, and nothing but GLOBAL contains it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.inventory.masking import shown
from modelrouter.inventory.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COUNTRIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"

COUNTRIES = frozenset(_COUNTRIES.split())

GROUPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "EU": frozenset(_EU.split()),
        "EEA": frozenset({"EU", "IS", "LI", "NO"}),
        "EFTA": frozenset({"CH", "IS", "LI", "NO"}),
        "DACH": frozenset({"DE", "AT", "CH"}),
        "BENELUX": frozenset({"BE", "NL", "LU"}),
        "NORDICS": frozenset({"DK", "FI", "IS", "NO", "SE"}),
        "FIVE_EYES": frozenset({"AU", "CA", "GB", "NZ", "US"}),
        "G7": frozenset({"CA", "DE", "FR", "GB", "IT", "JP", "US"}),
        "GLOBAL": COUNTRIES | {"EU", "EEA", "EFTA", "DACH", "BENELUX", "NORDICS", "FIVE_EYES", "G7"},
    }
)
"""What is built in; a file adds its own under `regions:`."""

_MISNOMERS: Mapping[str, str] = MappingProxyType(
    {
        "UK": "GB", "EL": "GR", "USA": "US", "ENGLAND": "GB", "GERMANY": "DE", "FRANCE": "FR", "IRELAND": "IE", "NORWAY": "NO",
        "SWEDEN": "SE", "SWITZERLAND": "CH", "AUSTRIA": "AT", "CHINA": "CN", "JAPAN": "JP", "INDIA": "IN", "EUROPE": "EU",
        "EUROPEAN UNION": "EU", "WORLD": "GLOBAL", "WORLDWIDE": "GLOBAL", "ANY": "GLOBAL",
    }
)  # fmt: skip
"""What people write instead."""


def contents(own: Mapping[str, Iterable[str]]) -> Mapping[str, frozenset[str]]:
    """Everything that each group contains, directly or through another group; circles are no trouble here."""
    direct = {**GROUPS, **{name: frozenset(members) for name, members in own.items()}}
    everything = direct["GLOBAL"] | frozenset(own)
    return MappingProxyType({name: everything if name == "GLOBAL" else _reached(name, direct) for name in direct})


def _reached(name: str, direct: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(direct[name])
    while waiting:
        member = waiting.pop()
        if member not in found:
            found.add(member)
            waiting.extend(direct.get(member, ()))
    return frozenset(found)


def unknown_region(code: str, groups: Iterable[str]) -> tuple[str, str] | None:
    """Message and hint where this is neither a country nor a group; None where it is one."""
    groups = frozenset(groups)
    if code in COUNTRIES or code in groups:
        return None
    return f"{shown(code)} is no country or region", _hint(code, groups)


def unknown_country(code: str, groups: Iterable[str] = ()) -> tuple[str, str] | None:
    """Message and hint where this is no country; a group is none."""
    if code in COUNTRIES:
        return None
    if code in groups:
        return f"one country is wanted here, {shown(code)} is a group", "Write the two letters of the country."
    return f"{shown(code)} is no country", _hint(code, frozenset())


def _hint(code: str, groups: frozenset[str]) -> str:
    meant = _MISNOMERS.get(code.upper(), code.upper())
    if meant in COUNTRIES or meant in groups:
        # Norway: YAML reads the bare word as false.
        return 'Did you mean "NO", with the quotes?' if meant == "NO" else f"Did you mean {shown(meant)}?"
    if code.count("-") > 1 or code[-1:].isdigit():
        return "A provider's own region goes to `region:`; write the country here, as two letters."
    near = did_you_mean(code, groups)
    return near if near.startswith("Did") else "Write two letters, ISO 3166: DE."
