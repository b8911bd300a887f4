"""Promises beside what was recorded: verdicts, notices, scopes and fees."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from support.recorded import seconds

from modelrouter.core.windows import minute_of
from modelrouter.governance.contracts.claim import definition, pack
from modelrouter.governance.contracts.cutoffs import cut_offs
from modelrouter.governance.contracts.promises import judge
from modelrouter.governance.contracts.record import ANSWERED, Failure, Record
from modelrouter.inventory import parse

if TYPE_CHECKING:
    from modelrouter.governance.contracts.promises import Judged, Promise

TEXT = """\
inventory: promises
providers:
  far: {headquarters: US, contract: c, accounts: {main: {key: env:FAR}}}
  near: {headquarters: DE, contract: c, accounts: {main: {key: env:NEAR}}}
  home: {company: self, headquarters: DE, local: true, contract: c}
models: {m: {developer: far, family: m, context: 8k}}
deployments:
  one: {provider: far, model: m, url: "https://one.test/v1", region: east}
  two: {provider: far, model: m, url: "https://two.test/v1", region: west}
  three: {provider: near, model: m, url: "https://three.test/v1"}
  own: {provider: home, model: m, url: "http://own.test/v1"}
processes: {p: {owner: o, routes: [one, two, three, own]}}
contracts:
  c: {CONTRACT}
"""
DAY = date(2026, 9, 15)
OVER = minute_of(seconds("2027-02-01 00:00"))


def judged(contract: str, record: Record | None = None, now: int = OVER, day: date = DAY) -> Judged:
    """A contract in the window that a day falls into."""
    inventory = parse(TEXT.replace("CONTRACT", contract))
    return judge(inventory, inventory.contracts["c"], record or calls(), day, now)


def calls(**failed: tuple[str, int]) -> Record:
    """A hundred calls on the 10th to each deployment but our own, of which so many failed for a cause."""
    record = Record()
    for name in ("one", "two", "three"):
        cause, times = failed.get(name, ("outage", 0))
        record.call(name, seconds("2026-09-10 12:00"), ANSWERED, 100 - times)
        record.call(name, seconds("2026-09-10 12:00"), cause, times)
    return record


def promise(found: Judged, name: str, about: str = "") -> Promise:
    """The one of that name."""
    (each,) = [each for each in found.promises if (each.name, each.about) == (name, about)]
    return each


def test_everything_under_a_contract_is_judged_together_our_own_servers_aside() -> None:
    """Three of 300 calls failed: 99%. What runs at home is nobody's promise."""
    found = judged("sla: {availability: 99%}", calls(one=("outage", 3)))

    assert [each.id for each in found.deployments] == ["one", "two", "three"]
    assert promise(found, "availability")[2:] == ("99%", "99%", "kept")


def test_each_region_or_deployment_is_judged_by_itself_where_the_contract_says_so() -> None:
    """What is fine in the west does not make up for the east; what it comes to is not known, as the fee of each is not."""
    sla = (
        "currency: EUR, annual_cost: 1200, sla: {availability: 99%, credits: [{below: 99%, credit: 10%}], scope: SCOPE}"
    )
    regions = judged(sla.replace("SCOPE", "region"), calls(one=("outage", 3)))
    deployments = judged(sla.replace("SCOPE", "deployment"), calls(three=("timeout", 5)))

    assert [(each.about, each.verdict) for each in regions.promises if each.name == "availability"] == [
        ("east", "broken"), ("west", "kept"), ("no region", "kept"),
    ]  # fmt: skip
    assert [(each.about, each.credit, each.amount) for each in regions.dues] == [("east", 0.1, None)]
    assert [each.about for each in deployments.broken] == ["three"]


def test_a_promise_about_some_deployments_asks_about_no_other() -> None:
    """Failures of what it is not about do not break it."""
    found = judged("sla: {availability: 99.9%, deployments: [two]}", calls(one=("outage", 50)))

    assert [each.deployments for each in found.measured] == [("two",)]
    assert promise(found, "availability").verdict == "kept"


@pytest.mark.parametrize(("window", "share"), [("month", 100.0), ("quarter", 300.0), ("year", 1200.0)])
def test_a_credit_is_a_share_of_the_windows_part_of_the_fee(window: str, share: float) -> None:
    """A twelfth of a year's fee for a month, a quarter for a quarter."""
    sla = f"sla: {{availability: 100%, window: {window}, credits: [{{below: 100%, credit: 100%}}], claim_within: 30d}}"
    found = judged(f"currency: EUR, annual_cost: 1200, {sla}", calls(two=("outage", 1)))

    assert [each.amount for each in found.dues] == [share]
    assert found.dues[0].until == found.window.last + timedelta(days=30)


def test_a_window_is_open_to_its_last_minute() -> None:
    """A minute before the month is over nothing is due and nothing broken; then it is."""
    sla = "sla: {availability: 99.9%, credits: [{below: 99.9%, credit: 10%}]}"
    end = minute_of(seconds("2026-10-01 00:00"))
    before, after = (judged(sla, calls(one=("outage", 9)), now) for now in (end - 1, end))

    assert (promise(before, "availability").verdict, before.dues, before.is_over) == ("open", (), False)
    assert (promise(after, "availability").verdict, len(after.dues), after.is_over) == ("broken", 1, True)


def test_what_was_never_promised_is_not_broken() -> None:
    """Without a figure the availability is told, and no more; without a call it is not known whether one was kept."""
    assert promise(judged("{}".strip("{}"), calls(one=("outage", 99))), "availability").verdict == "stated"
    silent = judged("sla: {availability: 99%}", Record())
    assert (promise(silent, "availability").verdict, silent.recorded) == ("unknown", False)
    assert promise(silent, "availability").measured == "no call recorded"


SUSPENDED = "suspension: {notice: 30d ANNOUNCED}"


@pytest.mark.parametrize(
    ("announced", "verdict", "told"),
    [
        ("", "broken", "on 2026-09-10 unannounced"),
        (", announced: [2026-09-09]", "broken", "on 2026-09-10 announced 1 day before"),
        (", announced: [2026-08-12]", "broken", "on 2026-09-10 announced 29 days before"),
        (", announced: [2026-08-11]", "kept", "on 2026-09-10 announced 30 days before"),
        (", announced: [2026-09-11]", "broken", "on 2026-09-10 unannounced"),
    ],
)
def test_a_suspension_is_held_against_its_notice(announced: str, verdict: str, told: str) -> None:
    """From the last announcement before it, in whole days; what was announced afterwards was not."""
    found = judged(SUSPENDED.replace(" ANNOUNCED", announced), calls(one=("suspended", 60)))

    assert promise(found, "notice of suspension")[3:] == (told, verdict)


def test_export_control_has_a_notice_of_its_own() -> None:
    """What ends for reasons of export control is no suspension; a promise of no notice is kept by none."""
    record = calls(two=("export_controlled", 1))
    found = judged("suspension: {notice: 30d}, export_controls: {notice: 14d}", record)

    assert promise(found, "notice of suspension").verdict == "kept"
    assert promise(found, "notice of export control").verdict == "broken"
    assert promise(judged("export_controls: {notice: 0h}", record), "notice of export control").verdict == "kept"
    assert promise(judged("sla: {}", record), "notice of export control").verdict == "stated"


def test_a_suspension_before_the_window_that_goes_on_is_in_it_one_that_ended_is_not() -> None:
    """It lasts until a call is answered again; deployments that were off together are one."""
    record = Record()
    for name, ends in (("one", "2026-09-02 00:00"), ("two", None)):
        record.call(name, seconds("2026-08-30 10:00"), "suspended")
        if ends is not None:
            record.call(name, seconds(ends), ANSWERED)
    (both,) = cut_offs(record, ["one", "two"])

    assert (both.deployments, both.end) == (("one", "two"), None)
    assert promise(judged("suspension: {notice: 1d}", record), "notice of suspension").verdict == "broken"
    del record.minutes["two"]
    october = judged("suspension: {notice: 1d}", record, day=date(2026, 10, 5))
    assert promise(october, "notice of suspension").verdict == "unknown"  # it was over, and nothing else is recorded


def test_a_suspension_goes_on_whatever_else_fails_meanwhile() -> None:
    """Another failure is no answer: one suspension, not two."""
    record = Record()
    for minute, ending in enumerate(("suspended", "timeout", "suspended", ANSWERED, "suspended")):
        record.call("one", seconds("2026-09-10 12:00") + 60 * minute, ending)

    assert [each.end is None for each in cut_offs(record, ["one"])] == [False, True]


def test_agreements_that_traffic_cannot_show_are_told_as_stated() -> None:
    """Liability, appeal, places, audits, switching and exit, with when they were last tried."""
    found = judged(
        "export_controls: {liability: shared, classification: EAR99, licence: NLR}, suspension: {appeal: false},"
        " storage: [DE, FR], audit_rights: true, log_export: true, switching: {transition: 30d, tested: 2026-05-01},"
        " exit: {plan: true}"
    )
    told = {each.name: (each.promised, each.measured) for each in found.promises if each.verdict == "stated"}

    assert told["liability for export controls"] == ("shared (EAR99 · NLR)", "")
    assert told["appeal against suspension"] == ("no", "")
    assert told["where data rest"] == ("DE, FR", "")
    assert told["audit rights"] == ("yes", "never audited, as far as is stated")
    assert told["help with switching"] == ("30 days of help", "last practised 2026-05-01")
    assert told["exit plan"] == ("yes", "never tested, as far as is stated")
    assert [each.name for each in found.promises if each.is_silent] == [
        "notice of suspension", "notice of export control",
    ]  # fmt: skip


def test_the_definition_is_told_in_words() -> None:
    """Each of the three, with what it hangs on."""
    by_minutes = judged("sla: {measured: minutes, failing: 5%, least_requests: 10, consecutive: 5}").contract.sla
    by_intervals = judged(
        "sla: {measured: intervals, interval: 15m, counts: [outage], excludes: [throttled]}"
    ).contract.sla

    assert "at least 10 calls of which 5% or more failed, 5 such minutes on end" in definition(by_minutes)
    assert "15 min" in definition(by_intervals)
    assert "failed for throttled are left out, any other is an answer" in definition(by_intervals)


def test_words_of_a_provider_do_not_become_formulas() -> None:
    """A spreadsheet that opens the pack finds text, in one line each."""
    record = calls(one=("outage", 1))
    at = seconds("2026-09-10 12:00")
    record.failures.append(
        Failure(at, 1.0, "one", "p", "outage", 503, "mr_1", "", "=cmd()\nx", cut=False, origin="o", number=7)
    )
    found = judged("sla: {availability: 99%}", record)
    lines = pack(found, record, ["o"])["failures.csv"].splitlines()

    assert len(lines) == 2
    assert "'=cmd() x" in lines[1]
