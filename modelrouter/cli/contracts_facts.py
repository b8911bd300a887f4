"""What `modelrouter contracts` found, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelrouter.core.windows import clock
from modelrouter.governance.contracts.measure import Level
from modelrouter.governance.contracts.promises import Judged
from modelrouter.governance.contracts.record import Record
from modelrouter.pages.contracts import Shown

__all__ = ["facts"]


def facts(
    window: str, shown: Sequence[Shown], record: Record, sources: Sequence[str], *, unkept: bool
) -> dict[str, Any]:
    """Plain values. Times are UTC to the minute, shares fractions of one, lengths seconds."""
    return {
        "window": window,
        "ledger": {
            "read": list(sources),
            "entries": record.entries,
            "unreadable": record.unreadable,
            "interrupted": record.interrupted,
            "lost": record.lost,
        },
        "contracts": {each.judged.contract.id: _contract(each, unkept=unkept) for each in shown},
        "broken": sum(len(each.judged.broken) for each in shown),
    }


def _contract(shown: Shown, *, unkept: bool) -> dict[str, Any]:
    judged = shown.judged
    promises = judged.broken if unkept else judged.promises
    return {
        "term": shown.term,
        "next": shown.next or None,
        "window": str(judged.window),
        "over": judged.is_over,
        "until": clock(judged.passed.end),
        "deployments": [each.id for each in judged.deployments],
        "promised": judged.contract.sla.availability,
        "measured": {
            each.about or judged.contract.id: {"deployments": list(each.deployments), **_level(each.level)}
            for each in judged.measured
        },
        "promises": [each._asdict() for each in promises],
        "credits": [
            {**each._asdict(), "until": None if each.until is None else str(each.until)} for each in judged.dues
        ],
        "currency": judged.contract.currency,
        "allowances": [each._asdict() for each in judged.allowances],
        "cut_offs": _cut_offs(judged),
    }


def _level(level: Level) -> dict[str, Any]:
    return {
        "availability": level.availability,
        "felt": level.felt,
        **level.counts._asdict(),
        "maintained": level.maintained,
        "minutes": level.minutes,
        "down": level.down,
        "maintenance": level.maintenance,
        "unmeasured": level.unmeasured,
        "outages": [
            {
                "from": clock(each.minutes.first),
                "to": clock(each.minutes.end),
                "minutes": each.minutes.length,
                "down": each.down,
                "maintenance": each.maintenance,
                "calls": each.calls,
                "failed": each.failed,
                "causes": dict(each.causes),
            }
            for each in level.outages
        ],
    }


def _cut_offs(judged: Judged) -> list[dict[str, Any]]:
    return [
        {
            "cause": each.cause,
            "from": clock(each.first),
            "to": None if each.end is None else clock(each.end),
            "deployments": list(each.deployments),
        }
        for each in judged.cut_offs
    ]
