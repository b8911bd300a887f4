"""A month of traffic with two outages in it, from which everything can be worked out by hand.

September 2026, 30 days, 43,200 minutes, in UTC:

    claims    a request every minute, 43,200: alpha first, beta where alpha failed
    texts     a request every ten minutes, 4,320: beta alone
    letters   a request every hour, 720: gamma alone

    alpha   Tue  8th  09:00-11:30   outage                                       150 minutes
            Sun 20th  00:30-00:45   throttled: our own doing, does not count      15 minutes
                      00:45-01:50   silent                                        65 minutes
                      01:50-02:00   held by the router: not called                10 minutes
                      02:00-03:30   silent, in announced maintenance              90 minutes
    beta    Tue  8th  10:00-10:03   overloaded, while alpha is out: 3 requests of claims are lost
            Tue 15th  12:00-12:50   outage: 5 requests of texts are lost
    gamma   Thu  3rd  10:00, 11:00  outage: 2 requests of letters
            Fri 25th to Sat 26th    suspended: 48 requests of letters
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.recorded import Hop, Story, held, seconds, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelrouter.ledger.entry import Draft

INVENTORY = """\
inventory: example-bank
providers:
  alpha: {company: Alpha AI Inc, headquarters: US, contract: alpha-msa, accounts: {main: {key: env:ALPHA}}}
  beta: {company: Beta Cloud SA, headquarters: FR, contract: beta-ea, accounts: {main: {key: env:BETA}}}
  gamma: {company: Gamma GmbH, headquarters: DE, contract: gamma-basic, accounts: {main: {key: env:GAMMA}}}
models: {large: {developer: alpha, family: large, context: 200k}}
deployments:
  alpha-eu: {provider: alpha, model: large, url: "https://alpha.test/v1", region: eu-1}
  beta-eu: {provider: beta, model: large, url: "https://beta.test/v1", region: paris}
  gamma-eu: {provider: gamma, model: large, url: "https://gamma.test/v1"}
processes:
  claims: {owner: claims-operations, criticality: critical, routes: [alpha-eu, beta-eu], objectives: {rto: 30s}}
  texts: {owner: marketing, routes: [beta-eu], objectives: {rto: 4h}}
  letters: {owner: marketing, routes: [gamma-eu], objectives: {rto: 24h}}
contracts:
  alpha-msa:
    begins: 2025-01-01
    ends: 2027-12-31
    notice: 90d
    currency: EUR
    annual_cost: 360000
    suspension: {notice: 30d, appeal: true}
    export_controls: {liability: provider, classification: EAR99, notice: 14d}
    exit: {plan: true, tested: 2026-02-01}
    sla:
      availability: 99.9%
      measured: minutes
      maintenance: [{day: sunday, at: "02:00", length: 2h}]
      credits: [{below: 99.9%, credit: 10%}, {below: 99%, credit: 25%}]
      claim_within: 30d
  beta-ea:
    begins: 2025-01-01
    currency: USD
    annual_cost: 12000
    suspension: {notice: 24h}
    sla: {availability: 99.9%, credits: [{below: 99.9%, credit: 5%}]}
  gamma-basic:
    begins: 2026-01-01
    suspension: {notice: 30d, announced: [2026-09-20]}
    sla: {availability: 99.5%, measured: intervals, interval: 5m, credits: [{below: 99.5%, credit: 10%}]}
"""
BEGINS = "2026-09-01 00:00"
MINUTES = 43_200


def _within(at: float, begins: str, ends: str) -> bool:
    return seconds(f"2026-09-{begins}") <= at < seconds(f"2026-09-{ends}")


def _alpha(at: float) -> Hop:
    if _within(at, "08 09:00", "08 11:30"):
        return Hop("alpha-eu", "outage", 503, evidence="the service is unavailable")
    if _within(at, "20 00:30", "20 00:45"):
        return Hop("alpha-eu", "throttled", 429)
    if _within(at, "20 01:50", "20 02:00"):
        return Hop("alpha-eu", held="deployment:alpha-eu", took_s=0.0)
    if _within(at, "20 00:45", "20 03:30"):
        return Hop("alpha-eu", "timeout", None, took_s=2.0)
    return Hop("alpha-eu")


def _claims(at: float) -> list[Hop]:
    first = _alpha(at)
    if first.cause is None and first.held is None:
        return [first]
    down = _within(at, "08 10:00", "08 10:03")
    after = first.took_s
    return [first, Hop("beta-eu", "overloaded", 529, after) if down else Hop("beta-eu", at_s=after)]


def _beta(at: float) -> Hop:
    return Hop("beta-eu", "outage", 500) if _within(at, "15 12:00", "15 12:50") else Hop("beta-eu")


def _gamma(at: float) -> Hop:
    if _within(at, "03 10:00", "03 12:00"):
        return Hop("gamma-eu", "outage", 503)
    return Hop("gamma-eu", "suspended", 403) if _within(at, "25 00:00", "27 00:00") else Hop("gamma-eu")


def drafts(minutes: int = MINUTES) -> Iterator[Draft]:
    """All that is recorded of the month, or of so many minutes of it."""
    story, begins = Story(), seconds(BEGINS)
    for minute in range(minutes):
        at = begins + 60.0 * minute
        yield from story.request(at + 5, "claims", *_claims(at))
        if minute % 10 == 0:
            yield from story.request(at + 7, "texts", _beta(at))
        if minute % 60 == 0:
            yield from story.request(at + 11, "letters", _gamma(at))
    if minutes == MINUTES:
        yield held(seconds("2026-09-20 01:49:30"), "deployment:alpha-eu", "timeout")
        yield held(seconds("2026-09-20 01:59:30"), "deployment:alpha-eu", None)


def month(folder: Path, minutes: int = MINUTES) -> Path:
    """The inventory, with the ledger beside it."""
    write(folder / "ledger", drafts(minutes))
    file = folder / "providers.yaml"
    file.write_text(INVENTORY)
    return file
