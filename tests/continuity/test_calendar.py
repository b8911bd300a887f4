"""The calendar: every last day, what it takes, and who is left to serve whom."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.continuity.calendar import Calendar, Entry, Kind, Listed, calendar, matched
from modelrouter.continuity.factors import Graph
from modelrouter.inventory import parse

TODAY = date(2026, 11, 23)
TEXT = """\
inventory: dates
providers:
  near: {headquarters: FR, vendor: openai, contract: near-c, accounts: {main: {key: env:NEAR, ends: 2027-05-31}}}
  far: {headquarters: US, vendor: azure, contract: far-c, accounts: {eu: {key: env:FAR}}}
  home: {company: self, headquarters: DE, local: true}
contracts:
  near-c: {ends: 2027-03-31, notice: 60d}
  far-c: {ends: 2026-06-30, renews: 365d, notice: 30d}
models:
  n1: {developer: near, family: n, context: 8k}
  f1: {developer: far, family: f, context: 8k, retires: 2027-02-28}
deployments:
  near-one: {provider: near, model: n1, url: "https://near.test/v1"}
  far-one: {provider: far, model: f1, url: "https://far.test/v1"}
  far-two: {provider: far, model: f1, url: "https://far2.test/v1", retires: 2027-01-31, certificate_ends: 2026-12-24}
  home-one: {provider: home, model: f1, url: "http://home.test/v1"}
processes:
  claims: {owner: o, routes: [near-one, far-one]}
  letters: {owner: o, routes: [far-two, home-one]}
access:
  keys:
    billing: {hash: "sha256:0000000000000000000000000000000000000000000000000000000000000000", ends: 2026-12-31}
"""


def read(text: str = TEXT, today: date = TODAY, lines: tuple[Listed, ...] = ()) -> Calendar:
    """The calendar of an inventory."""
    return calendar(Graph.of(parse(text)), today, lines)


def told(found: Calendar) -> list[tuple[str, str, str, tuple[str, ...], tuple[str, ...]]]:
    """Day, kind, subject, what it takes and from whom."""
    return [(str(each.day), each.kind, each.subject, each.takes, each.processes) for each in found.entries]


def test_every_last_day_is_there_in_order() -> None:
    """Contracts with their notices, keys, models, deployments, certificates and callers, with what each takes."""
    assert told(read()) == [
        ("2026-12-24", "certificate-ends", "deployment:far-two", ("far-two",), ("letters",)),
        ("2026-12-31", "caller-ends", "caller:billing", (), ()),
        ("2027-01-30", "notice-due", "contract:near-c", (), ()),
        ("2027-01-31", "model-retires", "deployment:far-two", ("far-two",), ("letters",)),
        ("2027-02-28", "model-retires", "model:f1", ("far-one",), ("claims",)),
        ("2027-03-31", "contract-ends", "contract:near-c", ("near-one",), ("claims",)),
        ("2027-05-31", "key-ends", "key:near/main", ("near-one",), ("claims",)),
        ("2027-05-31", "notice-due", "contract:far-c", (), ()),
        ("2027-06-30", "contract-renews", "contract:far-c", (), ()),
    ]


def test_a_contract_that_renews_itself_takes_nothing() -> None:
    """Its present term is told, however often it has been renewed; without `renews` its end takes what it covers."""
    entries = {each.kind: each for each in read(today=date(2029, 1, 1)).entries if each.subject == "contract:far-c"}

    assert str(entries[Kind.CONTRACT_RENEWS].day) == "2029-06-29"  # three times 365 days
    assert str(entries[Kind.NOTICE_DUE].day) == "2029-05-30"
    ended = read(TEXT.replace("renews: 365d, ", ""))
    (end,) = [each for each in ended.entries if each.kind is Kind.CONTRACT_ENDS and each.subject == "contract:far-c"]

    assert (str(end.day), end.takes, end.processes) == ("2026-06-30", ("far-one", "far-two"), ("claims", "letters"))


def test_weights_of_our_own_stay() -> None:
    """A model that its developer retires goes on where it runs on our own servers."""
    assert all("home-one" not in each.takes for each in read().entries)
    assert read().routes["letters"].last is None


def test_each_process_has_a_day_for_its_first_choice_and_its_last_route() -> None:
    """claims: near-one to the end of its contract, far-one to the end of its model; letters has no end."""
    routes = read().routes
    claims, letters = routes["claims"], routes["letters"]

    assert claims.first is not None
    assert (claims.first.deployment, str(claims.first.day)) == ("near-one", "2027-03-31")
    assert claims.last is not None
    assert (claims.last.deployment, str(claims.last.day)) == ("near-one", "2027-03-31")
    assert letters.first is not None
    assert str(letters.first.day) == "2026-12-24"
    assert [str(each.day) for each in letters.endings] == ["2026-12-24", "None"]


@pytest.mark.parametrize(
    ("day", "claims", "letters"),
    [
        ("2026-12-24", "near-one", "far-two"),
        ("2026-12-25", "near-one", "home-one"),
        ("2027-03-31", "near-one", "home-one"),
        ("2027-04-01", None, "home-one"),
    ],
)
def test_a_last_day_is_still_served(day: str, claims: str | None, letters: str | None) -> None:
    """On the last day somebody still serves; the next day he is gone."""
    routes = read().routes

    assert (routes["claims"].serving(date.fromisoformat(day)), routes["letters"].serving(date.fromisoformat(day))) == (
        claims,
        letters,
    )


def test_only_permitted_deployments_count() -> None:
    """A deployment that policy refuses is no route, however long it lives."""
    policy = "policies: [{id: no-azure, provider: {not_in: [far]}}]\naccess:"
    routes = read(TEXT.replace("access:", policy)).routes

    assert [each.deployment for each in routes["claims"].endings] == ["near-one"]
    assert [each.deployment for each in routes["letters"].endings] == ["home-one"]


# Price lists.

OPENAI = """\
inventory: listed
providers:
  openai: {headquarters: US, accounts: {main: {key: env:K}}}
  azure: {headquarters: US, accounts: {main: {key: env:K}}}
  aws: {headquarters: US, accounts: {main: {key: env:K}}}
  home: {company: self, headquarters: DE, local: true, vendor: openai}
models:
  gpt-5: {developer: openai, family: gpt, context: 8k}
  old: {developer: openai, family: gpt, context: 8k, retires: 2027-01-01}
  claude: {developer: anthropic, family: claude, context: 8k}
deployments:
  direct: {provider: openai, model: gpt-5, url: "https://a.test/v1"}
  dated: {provider: openai, model: gpt-5, name: gpt-5-2025-08-07, url: "https://a.test/v1"}
  ours: {provider: azure, model: gpt-5, name: our-name, url: "https://b.test/v1"}
  stated: {provider: openai, model: old, url: "https://a.test/v1"}
  bedrock: {provider: aws, model: claude, wire: litellm, name: "bedrock/eu.anthropic.claude-v1:0", region: eu-central-1}
  local: {provider: home, model: gpt-5, url: "http://c.test/v1"}
processes: {p: {owner: o, routes: [direct, dated, ours, stated, bedrock, local]}}
"""
DAY = date(2026, 12, 11)


@pytest.mark.parametrize(
    ("line", "matches"),
    [
        (Listed("gpt-5", "openai", DAY), [("direct", "same-name"), ("dated", "same-model")]),
        (Listed("gpt-5-2025-08-07", "openai", DAY), [("dated", "same-name")]),
        (Listed("azure/gpt-5", "azure", DAY), [("ours", "same-model")]),
        (Listed("azure/our-name", "azure", DAY), [("ours", "same-name")]),
        (Listed("eu.anthropic.claude-v1:0", "bedrock_converse", DAY), [("bedrock", "same-name")]),
        (Listed("us.anthropic.claude-v1:0", "bedrock_converse", DAY), []),
        (Listed("gpt-5", "azure_ai", None), []),
        (Listed("openrouter/gpt-5", "openrouter", DAY), []),
        (Listed("old", "openai", date(2030, 1, 1)), []),
    ],
    ids=["by its name, or its model's", "by its own name first", "on Azure, by its model", "on Azure, by its name",
         "without the channel's prefix", "another region", "without a date", "another channel", "stated already"],
)  # fmt: skip
def test_a_line_is_about_what_is_called_so_at_the_same_vendor(line: Listed, matches: list[tuple[str, str]]) -> None:
    """The channel has to be the vendor's; names come before models; what is stated, or our own, is not asked about."""
    found = list(matched(parse(OPENAI), [line]))

    assert [(each.deployment, each.sure) for each in found] == matches
    assert all(each.name == line.name and each.ends == line.ends for each in found)


def test_a_line_without_a_date_ends_the_search() -> None:
    """The list knows this very name and no date for it: the date of a namesake says nothing."""
    lines = [Listed("gpt-5-2025-08-07", "openai", None), Listed("gpt-5", "openai", DAY)]

    assert [(each.deployment, each.sure) for each in matched(parse(OPENAI), lines)] == [("direct", "same-name")]


def test_the_earliest_of_several_lines_counts() -> None:
    """The same name in two channels of a vendor: the earlier day."""
    lines = [Listed("azure_ai/our-name", "azure_ai", date(2028, 1, 1)), Listed("azure/our-name", "azure", DAY)]

    assert [(each.deployment, each.ends) for each in matched(parse(OPENAI), lines)] == [("ours", DAY)]


def test_what_a_list_says_is_marked_as_such() -> None:
    """Its entries say how sure they are; what the inventory states is `stated`."""
    found = calendar(Graph.of(parse(OPENAI)), TODAY, [Listed("gpt-5", "openai", DAY)])

    assert [(each.subject, each.sure) for each in found.entries] == [
        ("deployment:dated", "same-model"),
        ("deployment:direct", "same-name"),
        ("model:old", "stated"),
    ]
    assert found.routes["p"].serving(date(2026, 12, 12)) == "ours"


# What is true of every calendar.

DAYS = st.none() | st.dates(date(2026, 1, 1), date(2029, 12, 31))


@given(DAYS, DAYS, DAYS, DAYS, st.dates(date(2026, 1, 1), date(2029, 12, 31)))
def test_nobody_serves_after_the_day_of_the_last_route(
    key: date | None, model: date | None, retires: date | None, certificate: date | None, day: date
) -> None:
    """Up to the day of its last route a process is served, and after it by nobody; entries are sorted."""

    def fact(name: str, value: date | None) -> str:
        return f", {name}: {value}" if value is not None else ""

    text = (
        "inventory: i\n"
        f"providers: {{p: {{headquarters: US, accounts: {{m: {{key: env:K{fact('ends', key)}}}}}}}, q: {{headquarters: US}}}}\n"
        f"models: {{a: {{developer: d, family: f, context: 8k{fact('retires', model)}}}, b: {{developer: d, family: g, context: 8k}}}}\n"
        "deployments:\n"
        f'  one: {{provider: p, model: a, url: "https://a.test/v1"{fact("retires", retires)}}}\n'
        f'  two: {{provider: q, model: b, url: "https://b.test/v1"{fact("certificate_ends", certificate)}}}\n'
        "processes: {x: {owner: o, routes: [one, two]}}\n"
    )
    found = read(text, day)
    route = found.routes["x"]
    days = [each.day for each in found.entries]

    assert days == sorted(days)
    assert (route.serving(day) is None) == (
        route.last is not None and route.last.day is not None and day > route.last.day
    )
    if route.last is not None and route.last.day is not None:
        assert route.serving(route.last.day) is not None
        assert route.serving(route.last.day + timedelta(days=1)) is None


def test_an_entry_says_where_the_inventory_says_so() -> None:
    """Each path leads to a key that is written there."""
    lines: list[Entry] = [each for each in read().entries if each.sure == "stated"]

    assert [".".join(each.path) for each in lines][:3] == [
        "deployments.far-two.certificate_ends",
        "access.keys.billing.ends",
        "contracts.near-c.notice",
    ]


CLAIMED = """\
  near-c: {begins: 2026-09-15, ends: 2027-03-31, renews: 365d, notice: 60d, provider_notice: 90d,
           exit: {plan: true, tested: 2026-02-28}, switching: {tested: 2026-06-01, every: 180d},
           sla: {availability: 99.9%, credits: [{below: 99.9%, credit: 10%}], claim_within: 30d}}
"""


def of_near(text: str, today: date = TODAY) -> list[tuple[str, str]]:
    """Day and kind of what concerns one contract."""
    found = read(TEXT.replace("  near-c: {ends: 2027-03-31, notice: 60d}\n", text), today)
    return [(str(each.day), each.kind) for each in found.entries if "near-c" in each.subject]


def test_notices_both_ways_claims_and_tests_have_their_days() -> None:
    """The provider's last day to give notice, tests a year or as often as stated after the last, windows to claim for."""
    assert of_near(CLAIMED) == [
        ("2026-11-28", "switching-test-due"),  # 180 days after 1 June
        ("2026-11-30", "claim-due"),  # October: its last day and 30 more
        ("2026-12-30", "claim-due"),  # November, which is not over
        ("2026-12-31", "provider-notice"),  # 90 days before 31 March
        ("2027-01-30", "notice-due"),
        ("2027-02-28", "exit-test-due"),
        ("2027-03-31", "contract-renews"),
    ]


@pytest.mark.parametrize(
    ("today", "days"),
    [
        (date(2026, 9, 10), ["2026-10-30"]),  # August was before the contract; September reaches into it
        (date(2026, 10, 30), ["2026-10-30", "2026-11-30"]),
        (date(2026, 10, 31), ["2026-11-30"]),
        (date(2028, 3, 1), ["2028-03-01", "2028-03-30", "2028-04-30"]),  # of January, February and March
        (date(2028, 3, 2), ["2028-03-30", "2028-04-30"]),  # 29 February and 30 days
    ],
)
def test_a_window_is_claimed_for_until_its_last_day(today: date, days: list[str]) -> None:
    """Windows before the contract are none of its; the last day is counted from the last day of the month, leap years too."""
    assert [day for day, kind in of_near(CLAIMED, today) if kind == "claim-due"] == days


def test_a_contract_that_was_terminated_asks_for_no_notice() -> None:
    """It does not renew itself, and no window after its end is claimed for; its end takes what is under it."""
    over = CLAIMED.replace("notice: 60d,", "notice: 60d, termination: {given: 2026-11-02, by: us, reason: breach},", 1)
    kinds = [kind for _, kind in of_near(over)]
    after = of_near(over, date(2027, 5, 15))

    assert "contract-ends" in kinds
    assert not {"contract-renews", "notice-due", "provider-notice"} & set(kinds)
    assert [day for day, kind in after if kind == "claim-due"] == []


def test_what_is_not_stated_has_no_day() -> None:
    """No claim without credits or a time to claim them in, no test where none was ever made or there is no plan."""
    assert of_near("  near-c: {exit: {plan: true}, sla: {credits: [{below: 99%, credit: 5%}]}}\n") == []
    assert of_near("  near-c: {exit: {plan: false, tested: 2026-01-01}, sla: {claim_within: 30d}}\n") == []
