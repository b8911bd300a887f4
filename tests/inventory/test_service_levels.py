"""Contracts and their service levels: how they are written, what they become, and what does not fit."""

from __future__ import annotations

from datetime import date

import pytest
from support.inventory_texts import SMALL, said

from modelrouter.core.contracts import (
    COUNTED,
    Credit,
    ExportControls,
    Maintenance,
    ServiceLevel,
    Termination,
)
from modelrouter.inventory import parse

UNDER = SMALL.replace("{headquarters: US,", "{headquarters: US, contract: msa,", 1)


def contract(text: str):
    """The value of a contract."""
    return parse(f"{UNDER}contracts: {{msa: {{{text}}}}}\n").contracts["msa"]


def test_a_service_level_arrives_whole():
    """Every key, in seconds after midnight, fractions and seconds."""
    written = contract(
        "sla: {availability: 99.9%, window: quarter, measured: intervals, interval: 15m, counts: [outage, network],"
        " excludes: [throttled], least_requests: 10, failing: 5%, consecutive: 5, scope: region, deployments: [gpt],"
        ' maintenance: [{day: sunday, at: "02:30", length: 90m}, {day: 2026-12-24, at: "23:00", length: 2h}],'
        " credits: [{below: 99.9%, credit: 10%}, {below: 99%, credit: 25%}], claim_within: 30d}"
    )

    assert written.sla == ServiceLevel(
        availability=0.999,
        window="quarter",
        measured="intervals",
        interval_s=900.0,
        counts=("outage", "network"),
        excludes=("throttled",),
        least_requests=10,
        failing=0.05,
        consecutive=5,
        scope="region",
        deployments=("gpt",),
        maintenance=(
            Maintenance(day="sunday", at_s=9000.0, length_s=5400.0),
            Maintenance(day="2026-12-24", at_s=82_800.0, length_s=7200.0),
        ),
        credits=(Credit(below=0.999, credit=0.1), Credit(below=0.99, credit=0.25)),
        claim_within_s=30 * 86_400.0,
    )
    assert written.availability == 0.999


def test_what_a_contract_does_not_say_has_the_usual_meaning():
    """A month, by requests, for what the provider itself is to blame for; nothing promised, nothing due."""
    assert contract("").sla == ServiceLevel()
    assert (ServiceLevel().counts, ServiceLevel().excludes, ServiceLevel().window) == (COUNTED, None, "month")


def test_export_controls_announcements_and_tests_arrive():
    """Who is liable and on what ground, when a suspension was announced, how often an exit is to be tested."""
    written = contract(
        "export_controls: {liability: shared, classification: EAR99, licence: NLR, notice: 14d},"
        " suspension: {notice: 30d, announced: [2026-10-01, 2026-11-01]},"
        " exit: {plan: true, every: 180d}, switching: {every: 730d}"
    )

    assert written.export_controls == ExportControls(
        liability="shared", classification="EAR99", licence="NLR", notice_s=14 * 86_400.0
    )
    assert written.announced == (date(2026, 10, 1), date(2026, 11, 1))
    assert (written.exit.every_s, written.switching.every_s) == (180 * 86_400.0, 730 * 86_400.0)
    assert contract("").exit.every_s == 365 * 86_400.0


def test_a_contract_that_was_terminated_does_not_renew_itself():
    """Its end is then its end, whatever it says of renewal."""
    kept = contract("ends: 2027-06-30, renews: 365d")
    over = contract("ends: 2027-06-30, renews: 365d, termination: {given: 2026-11-02, by: us, reason: breach}")

    assert (kept.renews_s, kept.termination) == (365 * 86_400.0, None)
    assert (over.renews_s, over.termination) == (None, Termination(given=date(2026, 11, 2), by="us", reason="breach"))


REFUSED = {
    'sla: {maintenance: [{day: sundy, at: "02:00", length: 2h}]}': "'sundy' is no weekday and no date. Did you mean 'sunday'?",
    'sla: {maintenance: [{day: 2026-02-30, at: "02:00", length: 2h}]}': "there is no day '2026-02-30'",
    'sla: {maintenance: [{day: sunday, at: "24:00", length: 2h}]}': "'24:00' is no time of day",
    "sla: {maintenance: [{day: sunday, at: 22:30, length: 2h}]}": "without quotes YAML reads it as the number 1350",
    "sla: {interval: 7m}": "'7m' does not divide a day into whole minutes",
    "sla: {interval: 90s}": "'90s' does not divide a day into whole minutes",
    "sla: {failing: 0%}": "nothing can be less than 0%",
    "sla: {counts: [outtage]}": "Did you mean 'outage'?",
    "sla: {window: week}": "'week' is none of month, quarter, year",
    "sla: {deployments: [gtp]}": "there is no deployment 'gtp'. Did you mean 'gpt'?",
    "sla: {deployments: [qwen]}": "'qwen' is under no contract. Name deployments of providers whose `contract` is this one.",
    "under: mas": "there is no contract 'mas'",
    "under: msa": "'msa' is made under itself. Name the overarching contract.",
    "export_controls: {liability: them}": "'them' is none of provider, customer, shared",
    "termination: {by: they}": "'they' is none of us, provider",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_does_not_fit_is_told(text: str):
    """In one sentence with what to write instead, at the place where it stands."""
    told = "\n".join(said(f"{UNDER}contracts: {{msa: {{{text}}}}}\n"))

    assert REFUSED[text] in told


def test_contracts_under_one_another_in_a_ring_are_told():
    """In however many steps; one that is above another needs no provider of its own."""
    ring = said(f"{UNDER}contracts: {{msa: {{under: a}}, a: {{under: b}}, b: {{under: a}}}}\n")
    line = said(f"{UNDER}contracts: {{msa: {{under: a}}, a: {{under: b}}, b: {{}}}}\n")

    assert [each.partition(": ")[2] for each in ring] == [
        "contracts.a.under: 'a' is made under itself. Name the overarching contract.",
        "contracts.b.under: 'b' is made under itself. Name the overarching contract.",
    ]
    assert line == []
