"""Service levels as written in the file, and whether they can be reckoned with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, WithJsonSchema

from modelrouter.core import contracts
from modelrouter.inventory.document import Text, child_of
from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.fields import (
    DAY,
    Count,
    Duration,
    Name,
    Share,
    described,
    read_day,
    read_duration,
    read_share,
    read_text,
    refusal,
    scalar_of,
)
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.references import is_word, select
from modelrouter.inventory.spelling import nearest
from modelrouter.inventory.words import CauseWord, Measure, Scope, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.inventory.document import Entries

__all__ = ["ServiceLevelEntry", "circular_contracts", "misplaced_promises", "service_level"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOCK = r"([01][0-9]|2[0-3]):([0-5][0-9])"
MINUTE_S, DAY_S = 60, 86_400


def read_maintained(value: object) -> str:
    """A weekday, or one date."""
    text = scalar_of(value, "a weekday or a date")
    if re.fullmatch(DAY, text):
        return str(read_day(value))
    if text not in WEEKDAYS:
        near = nearest(text, WEEKDAYS)
        hint = f"Did you mean {shown(near)}?" if near else "Write sunday, or 2026-12-31."
        raise refusal(f"{shown(text)} is no weekday and no date", hint)
    return str(text)


def read_clock(value: object) -> float:
    """A time of day in UTC, as seconds after midnight."""
    text = read_text(value)
    match = re.fullmatch(CLOCK, text)
    if match is None:
        raise refusal(f"{described(value)} is no time of day", 'Write "02:00", in UTC and in quotes.')
    return int(match[1]) * 3600.0 + int(match[2]) * 60.0


def read_interval_of_a_day(value: object) -> float:
    """So many whole minutes that a day holds a whole number of them."""
    seconds = read_duration(value)
    if seconds < MINUTE_S or seconds % MINUTE_S or DAY_S % seconds:
        raise refusal(f"{described(value)} does not divide a day into whole minutes", "Write 1m, 5m, 15m or 1h.")
    return seconds


def read_promise(value: object) -> float:
    """A share that can be missed: 0% cannot."""
    share = read_share(value)
    if not share:
        raise refusal("nothing can be less than 0%", "Write the share, or delete the line.")
    return share


Maintained = Annotated[
    str,
    BeforeValidator(read_maintained),
    WithJsonSchema({"type": "string", "pattern": f"^({'|'.join(WEEKDAYS)}|{DAY})$"}),
]
Clock = Annotated[float, BeforeValidator(read_clock), WithJsonSchema({"type": "string", "pattern": f"^{CLOCK}$"})]
DayPart = Annotated[float, BeforeValidator(read_interval_of_a_day), WithJsonSchema({"type": "string"})]
Promise = Annotated[float, BeforeValidator(read_promise), WithJsonSchema({"type": "string"})]


class MaintenanceEntry(Entry):
    """Announced work: what fails then does not count, and its minutes are no minutes of the window."""

    day: Maintained = about("Every week on this weekday, or once on this date.", "sunday", unit="weekday or date")
    at: Clock = about("When it begins, in UTC.", "02:00", unit="HH:MM")
    length: Duration = about("How long it may take; past midnight, too.", "2h", unit="duration")


class CreditEntry(Entry):
    """What comes back."""

    below: Promise = about("Where less than this was available.", "99.9%", unit="share")
    credit: Share = about("This share of the window's fee.", "10%", unit="share")


class ServiceLevelEntry(Entry):
    """What the provider promises, and how the contract counts it."""

    availability: Share | None = about("The share that is promised.", "99.9%", None, unit="share")
    window: Window = about("Over what: the calendar's `month`, `quarter` or `year`, in UTC.", "month", "month")
    measured: Measure = about(
        "`requests`: the share of calls that did not fail. `minutes`: the share of minutes that were not down."
        " `intervals`: what the mean failure rate of all intervals leaves.",
        "minutes",
        "requests",
    )
    interval: DayPart = about("`intervals`: how long each is.", "5m", 300.0, unit="duration", written="5m")
    counts: list[CauseWord] = about(
        "The causes of failures that count against the provider.",
        ["outage", "overloaded", "timeout", "network"],
        list(contracts.COUNTED),
    )
    excludes: list[CauseWord] | None = about(
        "The causes whose calls are left out. By default all that do not count; any other failed call is an answer.",
        ["throttled", "bad_request"],
        None,
    )
    least_requests: Count = about("A minute with fewer calls is not down.", 10, 1, unit="requests a minute")
    failing: Promise = about(
        "The share of a minute's calls that must fail for it to be down.", "5%", 1.0, unit="share", written="100%"
    )
    consecutive: Count = about("So many down minutes on end, or none of them counts.", 5, 1, unit="minutes")
    scope: Scope = about(
        "What is judged: the whole `contract`, each `region`, or each `deployment` by itself.", "region", "contract"
    )
    deployments: list[Name] = about(
        "What it is about. By default everything under the contract.", ["claude-direct"], []
    )
    maintenance: list[MaintenanceEntry] = about(
        "Announced work, which does not count.", [{"day": "sunday", "at": "02:00", "length": "2h"}], []
    )
    credits: list[CreditEntry] = about(
        "What comes back where less was available; the largest that is due counts.",
        [{"below": "99.9%", "credit": "10%"}, {"below": "99%", "credit": "25%"}],
        [],
    )
    claim_within: Duration | None = about(
        "How long after the end of a window its credits can be claimed.", "30d", None, unit="duration"
    )


def service_level(entry: ServiceLevelEntry) -> contracts.ServiceLevel:
    """The value of an entry."""
    return contracts.ServiceLevel(
        availability=entry.availability,
        window=entry.window,
        measured=entry.measured,
        interval_s=entry.interval,
        counts=tuple(entry.counts),
        excludes=None if entry.excludes is None else tuple(entry.excludes),
        least_requests=entry.least_requests,
        failing=entry.failing,
        consecutive=entry.consecutive,
        scope=entry.scope,
        deployments=tuple(entry.deployments),
        maintenance=tuple(
            contracts.Maintenance(day=each.day, at_s=each.at, length_s=each.length) for each in entry.maintenance
        ),
        credits=tuple(contracts.Credit(below=each.below, credit=each.credit) for each in entry.credits),
        claim_within_s=entry.claim_within,
    )


def misplaced_promises(tree: Entries) -> Iterator[Finding]:
    """Promises about deployments that are under another contract, or under none."""
    for path, node in select(tree, "contracts.*.sla.deployments.*"):
        provider = _word(tree, "deployments", str(node), "provider")
        if provider is None:
            continue  # no such deployment: said elsewhere
        under = _word(tree, "providers", provider, "contract")
        if under != path[1]:
            where = f"is under {shown(under)}" if under is not None else "is under no contract"
            hint = "Name deployments of providers whose `contract` is this one."
            yield Finding(path, f"{shown(str(node))} {where}", hint)


def circular_contracts(tree: Entries) -> Iterator[Finding]:
    """Contracts that are made under themselves, in one step or in several."""
    above = {str(path[1]): str(node) for path, node in select(tree, "contracts.*.under") if isinstance(node, Text)}
    for name, first in above.items():
        seen, step = {name}, first
        while step in above and step not in seen:
            seen.add(step)
            step = above[step]
        if step == name:
            message = f"{shown(name)} is made under itself"
            yield Finding(("contracts", name, "under"), message, "Name the overarching contract.")


def _word(tree: Entries, section: str, name: str, key: str) -> str | None:
    entry = child_of(tree[section], name) if section in tree else None
    found = child_of(entry, key) if entry is not None else None
    return str(found) if is_word(found) else None
