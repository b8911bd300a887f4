"""The independent reader: what it finds in a ledger, and what it says that it cannot judge."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process, provider

from audit.ledgers import NOON, Ledger
from modelrouter.audit import reader
from modelrouter.core.contracts import Contract, Termination
from modelrouter.core.facts import facts
from modelrouter.core.inventory import AccessKey, Data, Deployment, Inventory, Model
from modelrouter.core.rules import Policy, Rule
from modelrouter.inventory.regions import contents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY_S = 86400.0
DAY = date(2027, 1, 15)
MODEL = Model(id="m", developer="dev", family="claude", context=1000, weights="open", origin="FR", licence="MIT")
OF = provider(
    "p", headquarters="US", owner="US", training=True, certifications=("ISO27001",), contract="c", company="Corp"
)
ONE = deployment(
    "one", of=OF, model=MODEL, processing=("DE", "FR"), retention_s=DAY_S, export_class="EAR99", egress="DE"
)
CONTRACT = Contract(id="c", storage=("US",), log_export=True)
BARE = deployment("bare", of=provider("q"), model=replace(MODEL, id="n", origin=None), processing=())
HOME = deployment("home", of=provider("own", local=True), model=MODEL, processing=("DE",))


def law(*rules: Rule, **more: Any) -> Policy:
    """A policy with these rules."""
    return Policy(id="law", rules=rules, **more)


def estate(
    *policies: Policy,
    routes: tuple[Deployment, ...] = (ONE, BARE, HOME),
    contract: Contract = CONTRACT,
    access: dict[str, AccessKey] | None = None,
    **of_process: Any,
) -> Inventory:
    """An inventory with one process, and these policies."""
    return inventory(
        process("claims", *routes, **of_process),
        policies=policies,
        contracts={"c": contract},
        regions=contents({}),
        access=access or {},
    )


def forbidding(kept: Inventory, *called: str, at: str = NOON, **said: Any) -> list[tuple[str, str]]:
    """Which rules forbid which deployments to one request."""
    ledger = Ledger(kept, at)
    ledger.serve("claims", *called, **said)
    return sorted({(each.deployment, each.rule) for each in ledger.audited().forbidden})


RULES = [
    (Rule(fact="processing", allowed=frozenset({"EU"})), {"bare"}),
    (Rule(fact="processing", allowed=frozenset({"DE"})), {"one", "bare"}),
    (Rule(fact="processing", denied=frozenset({"EU"})), {"one", "bare", "home"}),
    (Rule(fact="processing", denied=frozenset({"CN"})), {"bare"}),
    (Rule(fact="storage", allowed=frozenset({"US"})), {"bare", "home"}),
    (Rule(fact="egress", denied=frozenset({"US"})), {"bare", "home"}),
    (Rule(fact="headquarters", denied=frozenset({"FIVE_EYES"})), {"one", "bare", "home"}),
    (Rule(fact="owner", allowed=frozenset({"G7"})), {"bare", "home"}),
    (Rule(fact="origin", allowed=frozenset({"EU"})), {"bare"}),
    (Rule(fact="company", denied=frozenset({"corp"})), {"one"}),
    (Rule(fact="provider", allowed=frozenset({"P", "OWN"})), {"bare"}),
    (Rule(fact="family", allowed=frozenset({"Claude"})), set()),
    (Rule(fact="developer", denied=frozenset({"DEV"})), {"one", "bare", "home"}),
    (Rule(fact="weights", allowed=frozenset({"closed"})), {"one", "bare", "home"}),
    (Rule(fact="licence", allowed=frozenset({"mit"})), set()),
    (Rule(fact="region", allowed=frozenset({"eu"})), set()),
    (Rule(fact="export_class", allowed=frozenset({"EAR99"})), {"bare", "home"}),
    (Rule(fact="certifications", has=frozenset({"iso27001"})), {"bare", "home"}),
    (Rule(fact="certifications", has=frozenset({"ISO27001", "SOC2"})), {"one", "bare", "home"}),
    (Rule(fact="export_licences", has=frozenset({"NLR"})), {"one", "bare", "home"}),
    (Rule(fact="training", flag=False), {"one", "bare"}),
    (Rule(fact="training", flag=True), {"bare", "home"}),
    (Rule(fact="log_export", flag=True), {"bare"}),
    (Rule(fact="audit_rights", flag=True), {"one", "bare"}),
    (Rule(fact="retention", at_most=DAY_S), {"bare"}),
    (Rule(fact="retention", at_most=0.0), {"one", "bare"}),
    (Rule(fact="processing", allowed=frozenset({"EU"}), denied=frozenset({"FR"})), {"one", "bare"}),
]
"""A rule, and whom it forbids: `one` states most, `bare` states little, `home` stands in one's own house."""


@pytest.mark.parametrize(("rule", "forbidden"), RULES, ids=[f"{at}-{rule.fact}" for at, (rule, _) in enumerate(RULES)])
def test_each_operator_is_read_as_written(rule: Rule, forbidden: set[str]) -> None:
    """Members, groups, capitals, what is held, what is so, how long; and what nobody stated breaks any rule."""
    found = forbidding(estate(law(rule)), "one", "bare", "home")

    assert {(name, "law") for name in forbidden} == set(found)


@pytest.mark.parametrize(
    ("place", "denied", "excluded"),
    [
        ("EU", "DACH", True),
        ("DACH", "EU", True),
        ("EU", "BENELUX", True),
        ("G7", "FIVE_EYES", True),
        ("EEA", "EFTA", True),
        ("GLOBAL", "US", True),
        ("DE", "DACH", True),
        ("DACH", "DE", True),
        ("DACH", "BENELUX", False),
        ("EU", "FIVE_EYES", False),
        ("EFTA", "G7", False),
    ],
)
def test_what_shares_a_member_with_a_denied_place_is_denied(place: str, denied: str, *, excluded: bool) -> None:
    """Neither must contain the other."""
    one = replace(ONE, processing=(place,))
    found = forbidding(estate(law(Rule(fact="processing", denied=frozenset({denied}))), routes=(one,)), "one")

    assert found == ([("one", "law")] if excluded else [])


MEMBERS = st.sampled_from(("DE", "FR", "US", "CN", "A", "B"))


@settings(max_examples=200)
@given(
    st.fixed_dictionaries({name: st.frozensets(MEMBERS, max_size=4) for name in "ABCD"}),
    st.sampled_from(("A", "B", "C", "D", "DE", "US")),
    st.frozensets(st.sampled_from(("A", "B", "C", "D", "FR", "CN")), min_size=1, max_size=2),
)
def test_overlaps_are_found_as_by_hand(own: dict[str, frozenset[str]], place: str, denied: frozenset[str]) -> None:
    """Groups of any shape: denied where the place and one of the denied have one name in common, found one by one."""
    regions = contents(own)
    one = replace(ONE, processing=(place,))
    kept = replace(estate(law(Rule(fact="processing", denied=denied)), routes=(one,)), regions=regions)
    read = reader.Law(json.loads(json.dumps(facts(kept)))).objections(reader.Who("claims"), "one", DAY)
    shared = [
        (inner, outer)
        for each in denied
        for inner in [place, *regions.get(place, ())]
        for outer in [each, *regions.get(each, ())]
        if inner == outer
    ]

    assert bool([each for each in read if each.rule == "law"]) is bool(shared)


@pytest.mark.parametrize(
    ("when", "said", "applies"),
    [
        ({}, {}, True),
        ({"process": {"CLAIMS"}}, {}, True),
        ({"process": {"other"}}, {}, False),
        ({"criticality": {"standard", "critical"}}, {}, True),
        ({"owner": {"Tests"}}, {}, True),
        ({"data.class": {"personal"}}, {}, True),
        ({"data.class": {"secret"}}, {"data_classes": ["SECRET"]}, True),
        ({"data.class": {"secret"}}, {}, False),
        ({"segment": {"retail"}}, {}, True),
        ({"segment": {"federal"}}, {"segment": "Federal"}, True),
        ({"country": {"DE"}}, {"country": "de"}, True),
        ({"country": {"DE"}}, {}, False),
        ({"person": {"minor"}}, {"person": "minor"}, True),
        ({"person": {"minor"}}, {"person": "employee"}, False),
        ({"country": {"DE"}, "person": {"minor"}}, {"country": "DE"}, False),
    ],
)
def test_a_policy_binds_whom_its_conditions_name(
    when: dict[str, set[str]],
    said: dict[str, Any],
    *,
    applies: bool,
) -> None:
    """Every condition must be met by one of the values; what nobody stated meets none."""
    conditions = {word: frozenset(values) for word, values in when.items()}
    bound = estate(
        law(Rule(fact="weights", allowed=frozenset({"closed"})), when=conditions),
        data=Data(cls="personal"),
        segments=("Retail",),
    )

    assert ([("one", "law")] if applies else []) == forbidding(bound, "one", **said)


@pytest.mark.parametrize(
    ("day", "forbidden"), [("2027-01-14", False), ("2027-01-15", True), ("2027-01-16", True), ("2027-01-17", False)]
)
def test_a_policy_binds_from_its_first_day_to_its_last(day: str, *, forbidden: bool) -> None:
    """Days are those of UTC, and both ends count."""
    term = {"begins": date(2027, 1, 15), "ends": date(2027, 1, 16)}
    bound = estate(law(Rule(fact="weights", allowed=frozenset({"closed"})), **term))

    for moment in ("00:00:02.000000", "23:59:59.999999"):
        assert forbidden is bool(forbidding(bound, "one", at=f"{day}T{moment}Z"))


@pytest.mark.parametrize(
    ("contract", "name", "forbidden"),
    [
        ({"begins": date(2027, 1, 16)}, "one", True),
        ({"begins": date(2027, 1, 15)}, "one", False),
        ({"ends": date(2027, 1, 15)}, "one", False),
        ({"ends": date(2027, 1, 14)}, "one", True),
        ({"ends": date(2027, 1, 14), "renews_s": 365 * DAY_S}, "one", False),
        ({"ends": date(2027, 1, 14), "renews_s": 365 * DAY_S, "termination": Termination()}, "one", True),
        ({"ends": date(2027, 1, 14)}, "home", False),
    ],
)
def test_nothing_is_sent_under_a_contract_that_does_not_run(
    contract: dict[str, Any], name: str, *, forbidden: bool
) -> None:
    """Before its first day, after its last, unless it renews itself and nobody gave notice; one's own house has none."""
    home = replace(HOME, provider=replace(HOME.provider, contract="c"))
    kept = estate(routes=(ONE, home), contract=replace(CONTRACT, **contract))

    assert ([(name, "contract:c")] if forbidden else []) == forbidding(kept, name)


def test_a_process_s_own_limits_are_judged_too() -> None:
    """Where its data may be processed, and for how long it may be kept."""
    bound = estate(data=Data(processing=("EU",), retention_s=0.0))

    assert [
        ("bare", "claims.data.processing"),
        ("bare", "claims.data.retention"),
        ("one", "claims.data.retention"),
    ] == forbidding(bound, "one", "bare", "home")


def test_a_request_for_a_deployment_is_judged_as_any_process_that_might_have_sent_it() -> None:
    """It has no process of its own, so that it must be fit for nobody and for each that has it in its route."""
    ledger = Ledger(estate(data=Data(processing=("FR",))))
    ledger.serve("one", "one")
    alone = Ledger(estate(routes=(HOME,), data=Data(retention_s=0.0)))
    alone.serve("home", "home")

    assert [("one", "claims.data.processing")] == [(e.deployment, e.rule) for e in ledger.audited().forbidden][:1]
    assert alone.audited().clean


def test_a_hop_off_its_route_is_found_whatever_the_law_says() -> None:
    """A deployment that the process does not have, one that was not permitted at the start, one that nobody knows."""
    ledger = Ledger(estate(routes=(ONE, HOME)))
    ledger.ask("a", "claims", "home")
    ledger.decide("a", "home", "one")
    ledger.serve("claims", "nowhere")
    ledger.serve("nobody", "one")

    found = [(each.entry, each.path, each.rule) for each in ledger.audited().forbidden]

    assert [(3, "next", "route"), (4, "route", "inventory"), (5, "first", "inventory")] == found[:3]
    assert (6, "route", "inventory") in found


def test_every_kind_of_hop_is_judged_and_counted_by_how_it_came_about() -> None:
    """First calls, others after them, the same again, hedges, those that go on with a stream; held ones were none."""
    ledger = Ledger(estate(law(Rule(fact="weights", allowed=frozenset({"closed"})))))
    ledger.ask("a", "claims", "one", "bare", "home")
    hops: list[tuple[str, dict[str, Any]]] = [
        ("one", {}),
        ("bare", {}),
        ("one", {}),
        ("home", {"outrun": True}),
        ("home", {"held": "provider:own"}),
    ]
    ledger.write("decision", id="a", outcome="served", trail=[{"deployment": name, **more} for name, more in hops])
    ledger.decide("a", "bare", kind="stream", outcome="complete")
    ledger.write("probe", deployment="one", layer="canary", outcome="passed")
    ledger.write("probe", deployment="one", layer="canary", outcome="passed", process="claims", circumstances={})

    auditor = ledger.audited()

    assert {"first": 1, "next": 1, "again": 1, "beside": 1, "continued": 1, "probe": 1} == dict(auditor.paths)
    assert (6, 3, 1) == (auditor.hops, auditor.named, auditor.spared)
    assert {"first", "next", "again", "beside", "continued", "probe", "route"} == {e.path for e in auditor.forbidden}
    assert 9 == auditor.breaches


def test_who_may_use_what_is_judged_where_the_caller_is_known() -> None:
    """A key that is for other processes, one that has ended; a caller whom the inventory does not name is not asked after."""
    keys = {
        "narrow": AccessKey(id="narrow", digest="0" * 64, processes=frozenset({"other"})),
        "old": AccessKey(id="old", digest="0" * 64, ends=date(2027, 1, 14)),
        "good": AccessKey(id="good", digest="0" * 64, processes=frozenset({"claims"}), ends=date(2027, 1, 15)),
    }
    kept = estate(access=keys)

    assert [("one", "access")] == forbidding(kept, "one", principal="narrow")
    assert [("one", "access")] == forbidding(kept, "one", principal="old")
    assert [] == forbidding(kept, "one", principal="good")
    assert [] == forbidding(kept, "one", principal="somebody")


def test_the_law_is_that_of_the_inventory_in_force_when_the_request_began() -> None:
    """Not that of a later one, even where its hops come after the reload; a refused inventory changes nothing."""
    strict = estate(law(Rule(fact="weights", allowed=frozenset({"closed"}))))
    ledger = Ledger(estate())
    ledger.ask("early", "claims", "one")
    ledger.at = NOON.replace("12:00", "12:10")
    ledger.load(strict, "reloaded")
    ledger.decide("early", "one")
    ledger.write("inventory", event="refused", name="tests")
    ledger.at = NOON.replace("12:00", "12:20")
    ledger.serve("claims", "one")

    assert [(6, "route"), (7, "first")] == [(each.entry, each.path) for each in ledger.audited().forbidden]


def test_what_was_routed_within_the_last_second_of_another_law_is_told_apart() -> None:
    """A request recorded just behind a reload, or just behind midnight, may have been routed just before it."""
    strict = law(Rule(fact="weights", allowed=frozenset({"closed"})), begins=date(2027, 1, 15))
    reloaded = Ledger(estate())
    reloaded.load(estate(strict), "reloaded")
    reloaded.at = NOON.replace("12:00:00.0", "12:00:00.9")
    reloaded.serve("claims", "one")
    reloaded.at = NOON.replace("12:00:00.0", "12:00:01.1")
    reloaded.serve("claims", "one")
    midnight = Ledger(estate(strict), "2027-01-15T00:00:00.500000Z")
    midnight.serve("claims", "one")

    assert (2, [5, 6]) == (reloaded.audited().late, [each.entry for each in reloaded.audited().forbidden])
    assert (2, 0) == (midnight.audited().late, midnight.audited().breaches)


UNJUDGED: dict[str, tuple[Callable[[list[dict[str, Any]]], object], int]] = {
    "no inventory": (lambda entries: entries[1].update(kind="end"), 2),
    "redacted circumstances": (lambda entries: entries[2]["values"].pop("circumstances"), 2),
    "redacted trail": (lambda entries: entries[3]["values"].pop("trail"), 1),
    "redacted facts": (lambda entries: entries[1]["values"].pop("facts"), 2),
    "facts of version 2": (lambda entries: entries[1]["values"]["facts"].update(version=2), 2),
    "a rule on colour": (lambda entries: _law(entries)["rules"][0].update(fact="colour"), 2),
    "a rule with like": (lambda entries: _law(entries)["rules"][0].update(like="o*"), 2),
    "values of weather": (lambda entries: _law(entries)["when"].update(weather=["fair"]), 2),
    "another shape": (lambda entries: entries[1]["values"]["facts"]["models"]["m"].pop("licence"), 2),
}
"""What nobody can judge: how it comes about, and how many times it is said."""


def _law(entries: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = entries[1]["values"]["facts"]["policies"][0]
    return found


@pytest.mark.parametrize("why", UNJUDGED)
def test_what_cannot_be_judged_is_counted_apart_with_the_reason(why: str) -> None:
    """It is never taken for permitted, nor for forbidden."""
    ledger = Ledger(estate(law(Rule(fact="weights", allowed=frozenset({"closed"})))))
    ledger.serve("claims", "one")
    spoil, times = UNJUDGED[why]
    spoil(ledger.entries)

    auditor = ledger.audited()

    assert times == auditor.unjudged.total()
    assert why.rsplit(maxsplit=1)[-1] in next(iter(auditor.unjudged)) or "redacted" in why
    assert (2 - times, 2 - times) == (auditor.breaches, len(auditor.forbidden))


def test_entries_of_another_shape_end_no_reading() -> None:
    """What nobody can read is counted, and what follows is judged all the same."""
    ledger = Ledger(estate(law(Rule(fact="weights", allowed=frozenset({"closed"})))))
    ledger.ask("a", "claims", "one")
    ledger.write("decision", id="a", outcome="served", trail=["one"])
    ledger.write("request", id=["b"], route="one")
    ledger.write("gap", lost="many")
    ledger.write("decision", id=7, outcome=8)
    ledger.serve("claims", "one")

    auditor = ledger.audited()

    assert auditor.unjudged_at.keys() == {reader.ANOTHER_SHAPE}
    assert {2, 7, 8} == {each.entry for each in auditor.forbidden}


def test_requests_are_judged_by_the_inventory_that_they_name() -> None:
    """However close they stand to a reload; one that the ledger never told of cannot be judged by."""
    strict = law(Rule(fact="weights", allowed=frozenset({"closed"})))
    ledger = Ledger()
    for mark, kept in (("f1", estate(strict)), ("f2", estate())):
        ledger.load(kept)
        ledger.entries[-1]["values"]["fingerprint"] = mark
    for mark in ("f1", "f2", "f3"):
        ledger.serve("claims", "one")
        ledger.entries[-2]["values"]["inventory"] = mark

    auditor = ledger.audited()

    assert {3, 4} == {each.entry for each in auditor.forbidden}
    assert {"its inventory is not told of": 7} == auditor.unjudged_at


def test_a_request_whose_caller_is_redacted_is_judged_without_one() -> None:
    """Who asked is what is redacted first; where the data went is judged all the same."""
    ledger = Ledger(estate(law(Rule(fact="weights", allowed=frozenset({"closed"})))))
    ledger.serve("claims", "one")
    del ledger.entries[-2]["values"]["caller"]

    assert 2 == ledger.audited().breaches


def test_a_ledger_must_be_complete() -> None:
    """A decision without its request is wrong, a request without a decision is named, and numbers that are not there."""
    ledger = Ledger(estate())
    ledger.ask("open", "claims", "one")
    ledger.decide("lone", "one")
    ledger.decide("lone", "one", kind="stream")
    ledger.ask("twice", "claims", "one")
    ledger.decide("twice", "one", outcome="failed")
    ledger.decide("twice", "one", outcome="failed")
    del ledger.entries[3]

    auditor = ledger.audited()

    assert [(2, "open")] == auditor.undecided
    assert [4, 7] == [entry for entry, _ in auditor.orphans]
    assert [(3, 3)] == auditor.missing
    assert not auditor.clean


def test_what_a_gap_accounts_for_is_excused() -> None:
    """So many entries as the gap tells of may be without their request, and no more."""
    ledger = Ledger(estate())
    ledger.write("gap", lost=1, why="the disk was full", **{"from": 1.0, "to": 2.0})
    ledger.decide("lost", "one")
    ledger.decide("lone", "one")

    auditor = ledger.audited()

    assert (1, [4]) == (auditor.excused, [entry for entry, _ in auditor.orphans])
    assert [{"entry": 2, "lost": 1, "from": 1.0, "to": 2.0, "why": "the disk was full"}] == auditor.gaps


def test_a_ledger_that_begins_in_its_middle_is_not_blamed_for_it() -> None:
    """Where the first entries were moved elsewhere, decisions stand without their requests."""
    ledger = Ledger(estate())
    ledger.decide("lone", "one")
    for entry in ledger.entries:
        entry["number"] += 100

    assert (True, 1) == (ledger.audited().clean, ledger.audited().excused)


def alone(tmp_path: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The reader as it is handed out: one file in a folder, and a Python that sees nothing else of ours."""
    copy = tmp_path / "reader.py"
    shutil.copyfile(reader.__file__, copy)
    (tmp_path / "ledger.jsonl").write_text(text)
    command = [sys.executable, "-I", "-S", str(copy), "ledger.jsonl", *words]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_it_can_be_handed_out_as_one_file(tmp_path: Path) -> None:
    """Copied alone, it judges an export, and its exit code says what came of it."""
    good, bad = Ledger(estate()), Ledger(estate(law(Rule(fact="weights", allowed=frozenset({"closed"})))))
    good.serve("claims", "one")
    bad.serve("claims", "one")

    told = alone(tmp_path, good.exported())
    assert (0, "") == (told.returncode, told.stderr)
    assert "1 hops and 1 places in routes judged, 0 forbidden" in told.stdout

    told = alone(tmp_path, bad.exported())
    assert 1 == told.returncode
    assert "entry 3: one (first) was forbidden to claims for mr_2: law: weights open is not in closed" in told.stdout

    told = alone(tmp_path, bad.exported(), "--json")
    assert (1, 2, False) == (told.returncode, json.loads(told.stdout)["breaches"], json.loads(told.stdout)["clean"])

    for text in ("no ledger\n", '{"entry": {}}\n', "[]\n"):
        told = alone(tmp_path, text)
        assert (2, "") == (told.returncode, told.stdout)
        assert "is no ledger" in told.stderr
