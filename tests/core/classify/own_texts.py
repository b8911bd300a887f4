"""Errors in our own words, in the envelopes and with the documented codes of each vendor, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.classify.texts import asia, clients, hosts, majors

from modelrouter.core.causes import Cause
from modelrouter.core.faults import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator


class Text(NamedTuple):
    """An error, and every cause that a person would accept for it."""

    evidence: Evidence
    causes: frozenset[Cause]


def _texts() -> Iterator[Text]:
    for part in (majors.TEXTS, asia.TEXTS, hosts.TEXTS, clients.TEXTS):
        for vendor, rows in part.items():
            for causes, status, body in rows:
                evidence = Evidence(
                    vendor=vendor, surface="exception" if status is None else "http", status=status, body=body
                )
                yield Text(evidence, frozenset(map(Cause, causes.split("|"))))


TEXTS = tuple(_texts())
