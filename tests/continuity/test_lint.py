"""Viability: every rule finds what it is for, at its place in the file, and nothing where there is nothing."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import pytest

from modelrouter.cli.findings import told
from modelrouter.continuity.calendar import Listed, matched
from modelrouter.continuity.capacity import losses
from modelrouter.continuity.factors import KINDS
from modelrouter.continuity.lint import RULES, lint
from modelrouter.continuity.lint import independence as together
from modelrouter.inventory import examine, parse

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 23)
HERE = "«"
"""Stands in a changed text where the finding must point to."""

GOOD = """\
inventory: good
entity: {name: Good AG, country: DE}
providers:
  near: {company: Near AG, headquarters: FR, contract: near-2024, accounts: {main: {key: env:NEAR, ends: 2027-12-31}}}
  far: {company: Far Inc, headquarters: US, contract: far-2024, accounts: {main: {key: env:FAR}}}
  home: {company: self, headquarters: DE, local: true}
contracts:
  near-2024: {ends: 2028-01-31, provider_notice: 180d}
  far-2024: {ends: 2026-12-31, renews: 365d, provider_notice: 180d}
models:
  n1: {developer: near, family: n, context: 200k, output: 32k, capabilities: [tools], lifecycle: active, retires: 2027-06-30}
  f1: {developer: far, family: f, context: 200k, output: 32k, capabilities: [tools]}
  h1: {developer: home, family: h, weights: open, context: 200k, output: 32k, capabilities: [tools]}
deployments:
  near-one: {provider: near, model: n1, url: "https://near.test/v1", processing: [EU], limits: {rpm: 500, tpm: 2M}, prices: {input: 2, output: 10}, retention: 0d, region: paris}
  far-one: {provider: far, model: f1, url: "https://far.test/v1", processing: [EU], limits: {rpm: 500, tpm: 2M}, prices: {input: 3, output: 12}, retention: 0d, region: dublin}
  home-one: {provider: home, model: h1, url: "http://home.test/v1", processing: [DE], limits: {rpm: 500}}
processes:
  claims:
    owner: claims-operations
    criticality: critical
    routes: [near-one, far-one, home-one]
    needs: {capabilities: [tools], context: 60000, output: 4000}
    data: {class: personal, processing: [EU], retention: 0d}
    objectives: {rto: 30s, deadline: 60s, first_token: 10s, minimum: 50%}
    demand: {rpm: 100, tokens_in: 2000, tokens_out: 400}
    attempts: 3
    migration: 90d
    quality: {scores: {near-one: 100%, far-one: 100%, home-one: 100%}}
policies:
  - {id: personal, when: {data.class: personal}, headquarters: {not_in: [CN]}}
"""


Change = tuple[str, str]


class Bad(NamedTuple):
    """What is changed in the good inventory, and the findings that this brings."""

    rule: str
    change: Change
    at: str
    """A piece of the changed text, with « at the place of the finding."""
    says: str
    severity: str = "warning"
    times: int = 1
    """So often the rule finds something; `says` is of the first."""
    more: tuple[Change, ...] = ()


ROUTE = "routes: [near-one, far-one, home-one]"
SECOND = "routes: [near-one, «far-one, home-one]"
N1, F1 = "n1: {developer: near, family: n, context: 200k", "f1: {developer: far, family: f, context: 200k, output: 32k"
FAR = 'far-one: {provider: far, model: f1, url: "https://far.test/v1", processing: [EU], limits: {rpm: 500, tpm: 2M}'
NEEDS = "needs: {capabilities: [tools], context: 60000, output: 4000}"
GOALS = "objectives: {rto: 30s, deadline: 60s, first_token: 10s, minimum: 50%}"
SCORES = "scores: {near-one: 100%, far-one: 100%, home-one: 100%}"
NEAR_TWO = (
    "processes:",
    '  near-two: {provider: near, model: n1, url: "https://two.test/v1", processing: [FR], limits: {rpm: 500, tpm: 2M}, retention: 0d, region: lyon}\nprocesses:',
)
ONE_MORE_SCORE = (SCORES, SCORES.replace("}", ", near-two: 100%}"))
BEDROCK = ("near: {company: Near AG", "near: {vendor: bedrock, company: Near AG")
STANDBY = (ROUTE, "routes: [home-one, near-one]")
LEGACY = ("lifecycle: active, retires: 2027-06-30", "lifecycle: legacy, retires: 2028-06-30")
KEPT = "prices: {input: 3, output: 12}, retention: 0d"


def signature(cause: str, rest: str) -> Change:
    """A signature of the operator's own."""
    return ("policies:", f"signatures: [{{id: own, cause: {cause}, scope: request, text: odd words{rest}}}]\npolicies:")


CASES = [
    Bad("R01", (F1, F1.replace("200k", "32k")), SECOND, "f1 holds 32,000 tokens and claims needs 60,000"),
    Bad("R01", (F1, F1.replace("200k", "2k")), SECOND, "f1 holds 2,000 tokens and an ordinary request takes 2,400",
        more=((NEEDS, "needs: {capabilities: [tools], output: 4000}"),)),
    Bad("R01", (F1, F1.replace("200k", "100k")), SECOND, "the first choice 200,000: longer requests have no fallback",
        "note", more=((NEEDS, "needs: {capabilities: [tools], output: 4000}"),)),
    Bad("R02", (F1 + ", capabilities: [tools]", F1), SECOND, "f1 lacks tools, which claims needs"),
    Bad("R02", (F1 + ", capabilities: [tools]", F1), SECOND, "f1 lacks tools, which the first choice can", "note",
        more=((NEEDS, "needs: {context: 60000, output: 4000}"),)),
    Bad("R03", (F1, F1.replace("32k", "2k")), SECOND, "f1 answers with at most 2,000 tokens and claims asks for 4,000"),
    Bad("R03", (F1, F1.replace("32k", "300")), SECOND, "at most 300 tokens and its ordinary answer takes 400",
        more=((NEEDS, "needs: {capabilities: [tools], context: 60000}"),)),
    Bad("R03", (F1, F1.removesuffix(", output: 32k")), SECOND, "nobody has said how long an answer f1 can give", "note"),
    Bad("R04", (FAR, FAR.replace("[EU]", "[US]")), SECOND, "claims.data.processing (processing US is not in EU)"),
    Bad("R04", (FAR, FAR.replace("processing: [EU], ", "")), SECOND, "(processing is not stated)"),
    Bad("R05", ("Far Inc, headquarters: US", "Far Inc, headquarters: CN"), SECOND, "personal (headquarters CN is excluded)"),
    Bad("R06", (ROUTE, "routes: [near-one, near-two]"), "routes: «[near-one, near-two]",
        "everything that may serve claims stands on account:near/main, key:near/main, provider:near and 6 more",
        more=(NEAR_TWO, ONE_MORE_SCORE)),
    Bad("R06", (ROUTE, "routes: [near-one, near-two, home-one]"), "[near-one, «near-two, home-one]",
        "near-two is lost together with the first choice, near-one", "note", more=(NEAR_TWO, ONE_MORE_SCORE)),
    Bad("R06", (ROUTE, "routes: [near-one, far-one]"), "routes: «[near-one, far-one]", "stands on jurisdiction:US", "note",
        more=(("Near AG, headquarters: FR", "Near AG, headquarters: US"),)),
    Bad("R06", ("key: env:FAR", "key: env:NEAR"), "far: {company: Far Inc, headquarters: US, contract: far-2024, accounts: {main: {key: «env:NEAR",
        "far/main carries the key of near/main, env:NEAR: in claims they stand in for one another"),
    Bad("R07", ("{key: env:FAR}", "{key: env:FAR, ends: 2026-11-22}"), "ends: «2026-11-22", "the key of far/main ended on 2026-11-22", "error"),
    Bad("R07", ("{key: env:FAR}", "{key: env:FAR, ends: 2026-12-23}"), "ends: «2026-12-23", "ends on 2026-12-23, in 30 days"),
    Bad("R07", ("main: {key: env:FAR}", "main: {}"), "«main: {}", "the account far/main names no key"),
    Bad("R07", ("accounts: {main: {key: env:FAR}}", "accounts: {}"), "«far-one: {provider", "far-one has no account"),
    Bad("R07", (FAR, FAR + ", certificate_ends: 2026-12-01"), "certificate_ends: «2026-12-01", "the certificate of far-one ends on 2026-12-01, in 8 days"),
    Bad("R07", (FAR, FAR + ", certificate_ends: 2026-11-01"), "certificate_ends: «2026-11-01", "the certificate of far-one ended on 2026-11-01", "error"),
    Bad("R08", ("retires: 2027-06-30", "retires: 2026-11-22"), "retires: «2026-11-22", "was retired on 2026-11-22", "error"),
    Bad("R08", ("retires: 2027-06-30", "retires: 2027-02-21"), "retires: «2027-02-21", "retires on 2027-02-21, in 90 days"),
    Bad("R08", (FAR, FAR + ", retires: 2026-12-11"), "retires: «2026-12-11", "f1 as far-one, which serves claims, retires on 2026-12-11, in 18 days"),
    Bad("R08", (F1, F1 + ", lifecycle: deprecated"), "lifecycle: «deprecated", "is deprecated, and nobody has said until when"),
    Bad("R08", (F1, F1 + ", lifecycle: legacy"), "lifecycle: «legacy", "is legacy, and nobody has said until when", "note"),
    Bad("R09", STANDBY, "«near-one: {provider", "near-one is nobody's first choice, and n1 is legacy", more=(BEDROCK, LEGACY)),
    Bad("R10", ("demand: {rpm: 100,", "demand: {rpm: 2400,"), "{rpm: «500}", "even in ordinary times only 62% of claims is served", times=2),
    Bad("R10", ("demand: {rpm: 100,", "demand: {rpm: 1200,"), "{rpm: «500}", "when account near/main is lost, 83% of claims is served and 90% is its minimum:"
        " far-one rpm, home-one rpm are used up", more=(("minimum: 50%", "minimum: 90%"),)),
    Bad("R10", ("[EU], limits: {rpm: 500, tpm: 2M}, prices: {input: 3", "[EU], prices: {input: 3"), "«far-one: {provider",
        "nobody has said what far-one carries, and claims may have to live on it", "note", more=(("demand: {rpm: 100,", "demand: {rpm: 1200,"),)),
    Bad("R11", (GOALS, GOALS.replace("50%", "50%, cost: 1.2")), SECOND, "a request costs 1.4 times what near-one takes for it; 1.2 times is allowed",
        more=(("limits: {rpm: 500}}", "limits: {rpm: 500}, prices: {input: 1, output: 1}}"),)),
    Bad("R11", (GOALS, GOALS.replace("50%", "50%, cost: 2")), "far-one, «home-one]", "the price of home-one is not known", "note"),
    Bad("R12", ("attempts: 3", "attempts: 1"), "attempts: «1", "claims makes one call a request, so whatever fails is never asked of the 2 others"),
    Bad("R12", signature("bad_request", ", status: 403"), "cause: «bad_request", "ends every request, and providers say with 403 that they themselves fail"),
    Bad("R12", signature("content_blocked", ", status: 429"), "cause: «content_blocked", "is followed by the next deployment only if the process says so"),
    Bad("R12", signature("bad_request", ""), "cause: «bad_request", "an error that 'own' reads as bad_request ends every request", "note"),
    Bad("R13", ("first_token: 10s", "first_token: 15s"), "first_token: «15s", "the last deployment is asked at 30 s, and the recovery time is 30 s"),
    Bad("R13", ("rto: 30s, deadline: 60s", "rto: 5m, deadline: 20s"), "first_token: «10s", "the last deployment is asked at 20 s, and the deadline is 20 s"),
    Bad("R14", (ROUTE, "routes: [home-one]"), "routes: «[home-one]", "home-one alone may serve claims: when it is lost, this stops"),
    Bad("R14", (ROUTE, "routes: [home-one]"), "routes: «[home-one]", "home-one alone may serve claims, with one call a request",
        more=(("attempts: 3", "attempts: 1"),)),
    Bad("R15", ("far-one: 100%", "far-one: 80%"), "far-one: «80%", "far-one passed 80% of the checks and 100% are asked for"),
    Bad("R15", ("far-one: 100%, ", ""), SECOND, "nobody has measured whether far-one is good enough", "note"),
    Bad("R16", ("ends: 2026-12-31", "ends: 2026-11-22"), "ends: «2026-11-22", "far-2024 ended on 2026-11-22",
        more=(("renews: 365d, ", ""),)),
    Bad("R16", ("renews: 365d, ", ""), "ends: «2026-12-31", "far-2024 ends on 2026-12-31, in 38 days, and nothing says that it renews; moving claims takes longer"),
    Bad("R16", ("renews: 365d, provider_notice: 180d", "renews: 365d, provider_notice: 30d"), "provider_notice: «30d",
        "the provider may stop with 30 days' notice, and moving claims takes 90"),
    Bad("R16", ("renews: 365d, provider_notice: 180d", "renews: 365d"), "«far-2024: {ends", "nobody has said how long before they stop", "note"),
    Bad("R17", (KEPT, KEPT.replace("0d", "30d")), SECOND, "far-one keeps data for 30 days; claims allows no time at all"),
    Bad("R17", (KEPT, KEPT.removesuffix(", retention: 0d")), SECOND, "nobody has said how long far-one keeps data"),
    Bad("R18", (FAR, FAR + ", spillover: near-one"), "spillover: «near-one", "near-one serves n1, and far-one f1", times=2),
    Bad("R18", (FAR, FAR.replace("[EU]", "[IE]") + ", spillover: far-two"), "spillover: «far-two", "far-two processes in EU, and far-one in IE",
        more=(("processes:", '  far-two: {provider: far, model: f1, url: "https://two.test/v1", processing: [EU]}\nprocesses:'),)),
]  # fmt: skip


def found(text: str, tmp_path: Path) -> list[tuple[str, str, int, int, str]]:
    """Rule, severity, line, column and message of everything that is found."""
    file = tmp_path / "providers.yaml"
    file.write_text(text)
    examined = examine(file)

    assert examined.errors == ()
    return [
        (each.rule, each.problem.severity, each.problem.line, each.problem.column, each.problem.message)
        for each in told(examined, TODAY)
        if each.rule
    ]


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: f"{bad.rule}-{bad.says[:40]}")
def test_a_rule_finds_what_it_is_for(bad: Bad, tmp_path: Path) -> None:
    """One change brings the findings of one rule and of no other, at the line and column of what has to change."""
    text = GOOD
    for old, new in (bad.change, *bad.more):
        assert text.count(old) == 1
        text = text.replace(old, new)
    piece = bad.at.replace(HERE, "")
    assert text.count(piece) == 1
    place = text.index(piece) + bad.at.index(HERE)
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)

    findings = found(text, tmp_path)

    assert [bad.rule] * bad.times == [each[0] for each in findings]
    assert [(bad.severity, line, column)] == [each[1:4] for each in findings if bad.says in each[4]]


def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path) -> None:
    """The inventory in which each case changes something keeps every rule, to the last note."""
    assert [] == found(GOOD, tmp_path)


def test_every_rule_is_tried() -> None:
    """Each of the eighteen rules has at least one case above."""
    assert {rule.id for rule in RULES} == {bad.rule for bad in CASES}


@pytest.mark.parametrize(
    ("change", "mended"),
    [
        ((BEDROCK, LEGACY, STANDBY), ("region: paris", "region: paris, health: {every: 1d, checks: [canary]}")),
        ((BEDROCK, LEGACY, STANDBY), ("lifecycle: legacy", "lifecycle: active")),
        ((("renews: 365d, ", ""),), ("ends: 2026-12-31", "ends: 2027-02-22")),
        ((signature("bad_request", ", status: 403"),), ("cause: bad_request", "cause: geofenced")),
        ((signature("bad_request", ", status: 403"),), ("status: 403", "status: 422")),
        (((ROUTE, "routes: [near-one, far-one]"), ("Near AG, headquarters: FR", "Near AG, headquarters: US")), ("country: DE", "country: US")),
        (((FAR, FAR + ", spillover: far-two"), ("processes:", '  far-two: {provider: far, model: f1, url: "https://two.test/v1", processing: [US]}\nprocesses:')), ("processing: [US]", "processing: [IE]")),
    ],
    ids=["a canary keeps a standby in use", "an active model is not taken away", "a contract that ends in 91 days",
         "a cause of the provider's", "a status of the request's", "everybody is under one law at home", "spilling within the EU"],
)  # fmt: skip
def test_what_mends_it_ends_the_finding(change: tuple[Change, ...], mended: Change, tmp_path: Path) -> None:
    """What a rule advises takes its finding away."""
    text = GOOD
    for old, new in change:
        text = text.replace(old, new)
    assert found(text, tmp_path)
    assert text.count(mended[0]) == 1

    text = text.replace(*mended)

    assert [] == found(text, tmp_path)


@pytest.mark.parametrize(
    ("name", "day", "severity", "says"),
    [
        ("near-1", date(2026, 12, 11), None, ""),
        ("f1", date(2026, 12, 11), "warning", "retires on 2026-12-11, in 18 days, if the price list is right about f1"),
        ("f1", date(2026, 11, 1), "warning", "retired on 2026-11-01, if the price list is right about f1"),
        ("f1", date(2027, 12, 11), None, ""),
    ],
)
def test_a_price_list_warns_of_what_the_inventory_does_not_state(
    name: str, day: date, severity: str | None, says: str
) -> None:
    """A retirement within 90 days that only the list knows of is R08 of the deployment, and never an error."""
    inventory = parse(GOOD.replace("far: {company", "far: {vendor: openai, company"))
    findings = list(lint(inventory, TODAY, matched(inventory, [Listed(name, "openai", day)])))

    assert [each.severity for each in findings] == ([severity] if severity else [])
    assert all(each.rule == "R08" and says in each.message for each in findings)
    assert all(each.path == ("deployments", "far-one") for each in findings)


def test_a_line_that_may_mean_another_version_is_a_note() -> None:
    """Where only the model's id is listed, it is worth a look, and no more."""
    inventory = parse(GOOD.replace("far: {company", "far: {vendor: openai, company").replace(FAR, FAR + ", name: own"))
    findings = list(lint(inventory, TODAY, matched(inventory, [Listed("f1", "openai", TODAY)])))

    assert [("R08", "note")] == [(each.rule, each.severity) for each in findings]


def test_every_kind_of_factor_can_be_named() -> None:
    """What is shared, and what is lost, can be any kind that the graph knows."""
    assert set(KINDS) == set(together.TELLING) == set(losses.TELLING)


def test_our_own_country_is_no_risk_of_ours(tmp_path: Path) -> None:
    """That everything stands on one law is a note, unless it is the law we live under ourselves."""
    text = GOOD.replace(ROUTE, "routes: [near-one, far-one]").replace(
        "Near AG, headquarters: FR", "Near AG, headquarters: US"
    )

    assert ["R06"] == [each[0] for each in found(text, tmp_path)]


def test_the_table_of_errors_leads_on_after_every_failure_of_a_provider(tmp_path: Path) -> None:
    """R12 is met by what is built in: a signature that names a cause of the provider's is never found."""
    for cause in (
        "throttled",
        "quota_exhausted",
        "suspended",
        "geofenced",
        "auth",
        "permission",
        "overloaded",
        "outage",
    ):
        text = GOOD.replace(*signature(cause, ", status: 529"))

        assert [] == found(text, tmp_path), cause


def test_rules_are_numbered_and_speak_in_sentences() -> None:
    """R01 to R18 in order, each name once, and every text a sentence."""
    assert [f"R{number:02}" for number in range(1, 19)] == [rule.id for rule in RULES]
    assert len(RULES) == len({rule.name for rule in RULES})
    for rule in RULES:
        for field in ("what", "why", "advice"):
            text = getattr(rule, field)

            assert text[0].isupper()
            assert text.endswith(".")
    assert {field.name for field in fields(RULES[0])} == {"id", "name", "severity", "what", "why", "advice"}


def test_a_day_changes_what_ends_and_nothing_else() -> None:
    """The same inventory on the same day gives the same findings; a later day only brings what has ended since."""
    inventory = parse(GOOD)
    early, again, late = (list(lint(inventory, day)) for day in (TODAY, TODAY, date(2030, 1, 1)))

    assert early == again == []
    assert {"R07", "R08", "R16"} == {each.rule for each in late}


def test_a_policy_is_judged_by_its_term() -> None:
    """One that is over excludes nobody; one to come is told with its first day, and one in force without."""
    terms = {"until: 2026-01-01": None, "from: 2099-01-01": "later from 2099-01-01", "from: 2026-01-01": "later"}
    for term, named in terms.items():
        policy = f"policies:\n  - {{id: later, {term}, provider: {{in: [near]}}}}\n"
        found = list(lint(parse(GOOD.replace("policies:\n", policy)), TODAY))
        excluding = [each.message for each in found if each.rule == "R05"]

        assert {each.rule for each in found} >= ({"R05", "R14"} if named else set())
        assert bool(found) is bool(excluding) is (named is not None)
        assert all(f"{named} (provider " in each for each in excluding)
