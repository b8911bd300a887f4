"""What a rule lets through: every fact and operator, known, unknown and in one's own house; conditions, days and names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process, provider

from modelrouter.core.candidates import candidates, process_named
from modelrouter.core.context import NOBODY, Context
from modelrouter.core.contracts import Contract, Termination
from modelrouter.core.inventory import Data, Model
from modelrouter.core.known import FACTS, FLAGS, LENGTHS, LISTS, PLACES, WORDS
from modelrouter.core.policy import applies, broken, objections, refuse_unknown
from modelrouter.core.rules import Policy, Rule
from modelrouter.errors import BadRequestError
from modelrouter.inventory.regions import contents

DAY_S = 86_400.0
REGIONS = contents({"ADEQUATE": ("EEA", "CH")})
A_DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class World:
    """What is stated, by where it is stated."""

    deployment: dict[str, Any] = field(default_factory=dict)
    provider: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    contract: dict[str, Any] = field(default_factory=dict)

    def objections(self, rule: Rule, *, local: bool = False) -> list[str]:
        """Why one rule excludes the deployment of this world."""
        facts = {"developer": "maker", "family": "line", "context": 1000, **self.model}
        of = provider("seller", local=local, contract="paper", **self.provider)
        one = deployment(
            "d", of=of, model=Model(id="m", **facts), **{"processing": (), "region": None, **self.deployment}
        )
        described = inventory(
            process("p", one), regions=REGIONS, contracts={"paper": Contract(id="paper", **self.contract)}
        )
        return [why for _, why in broken("rule", rule, one, described)]


@dataclass(frozen=True)
class Case:
    """One fact under one operator: a world in which it holds, one in which it does not, and what nobody stating it means."""

    name: str
    rule: Rule
    good: World
    bad: World
    local: bool = False
    """Whether the rule holds of one's own server of which nothing is stated."""
    nothing: World | None = field(default_factory=World)
    """A world in which the fact is not stated; None: it always is."""


def among(*values: str) -> dict[str, Any]:
    """`in`."""
    return {"allowed": frozenset(values)}


def none_of(*values: str) -> dict[str, Any]:
    """`not_in`."""
    return {"denied": frozenset(values)}


def case(fact: str, how: dict[str, Any], good: World, bad: World, **more: Any) -> Case:
    """A case by its fact and its operator."""
    return Case(f"{fact}-{next(iter(how))}", Rule(fact=fact, **how), good, bad, **more)


def words(fact: str, where: str, good: Any, bad: Any, *values: str, **more: Any) -> list[Case]:
    """Both operators of a fact in words: `good` lies among the values, `bad` does not."""
    inside, outside = World(**{where: {fact: good}}), World(**{where: {fact: bad}})
    return [
        case(fact, among(*values), inside, outside, **more),
        case(fact, none_of(*values), outside, inside, **more),
    ]


CASES = [
    *words("processing", "deployment", ("DE", "FR"), ("US",), "EU"),
    *words("storage", "deployment", ("DE",), ("US",), "EU"),
    *words("storage", "contract", ("DE",), ("US",), "EU"),
    *words("egress", "deployment", "DE", "US", "ADEQUATE"),
    *words("region", "deployment", "eu-central-1", "us-east-1", "eu-central-1"),
    *words("owner", "provider", "FR", "US", "EEA"),
    *words("headquarters", "provider", "FR", "US", "EEA", nothing=None),
    *words("company", "provider", "Near SE", "Far Inc", "near se", nothing=None),
    *words("origin", "model", "FR", "CN", "EU"),
    *words("developer", "model", "near", "far", "NEAR", nothing=None),
    *words("family", "model", "near", "far", "near", nothing=None),
    *words("weights", "model", "open", "closed", "open", nothing=None),
    *words("licence", "model", "Apache-2.0", "own", "apache-2.0", "mit"),
    *words("export_class", "model", "EAR99", "4E091", "ear99"),
    *words("export_class", "deployment", "EAR99", "4E091", "EAR99"),
    case("provider", among("seller"), World(), World(), nothing=None),
    *(
        case(
            fact,
            {"has": frozenset({"ISO27001", "c5"})},
            World(**{where: {fact: ("iso27001", "SOC2", "C5")}}),
            World(**{where: {fact: ("ISO27001",)}}),
        )
        for fact in LISTS
        for where in ("deployment", "provider")
    ),
    *(
        case(
            "training",
            {"flag": flag},
            World(**{where: {"training": flag}}),
            World(**{where: {"training": not flag}}),
            local=not flag,
        )
        for flag in (True, False)
        for where in ("deployment", "provider")
    ),
    *(
        case(fact, {"flag": flag}, World(contract={fact: flag}), World(contract={fact: not flag}), local=flag)
        for flag in (True, False)
        for fact in ("log_export", "audit_rights")
    ),
    case(
        "retention",
        {"at_most": 7 * DAY_S},
        World(deployment={"retention_s": 7 * DAY_S}),
        World(deployment={"retention_s": 7 * DAY_S + 1}),
        local=True,
    ),
]


IDS = [f"{each.name}-{place}" for place, each in enumerate(CASES)]
SILENT = [each for each in CASES if each.nothing is not None]


def test_every_fact_has_a_case_for_each_of_its_operators() -> None:
    """The table below leaves nothing out that a policy may ask."""
    asked = {(each.rule.fact, each.name.partition("-")[2]) for each in CASES}
    wanted = {(fact, how) for fact in WORDS for how in ("allowed", "denied") if fact != "provider"}
    wanted |= {(fact, "has") for fact in LISTS} | {(fact, "flag") for fact in FLAGS}
    wanted |= {(fact, "at_most") for fact in LENGTHS} | {("provider", "allowed")}

    assert asked == wanted
    assert {fact for fact, _ in asked} == set(FACTS)
    assert set(WORDS) > PLACES


@pytest.mark.parametrize("each", CASES, ids=IDS)
def test_what_is_known_decides(each: Case) -> None:
    """A fact that meets the rule lets through, one that does not excludes; in one's own house as anywhere."""
    for local in (False, True):
        assert each.good.objections(each.rule, local=local) == []
        if each.good != each.bad:
            why, *_ = each.bad.objections(each.rule, local=local)
            assert why.startswith(each.rule.fact)
            assert not why.endswith("is not stated")


@pytest.mark.parametrize("each", SILENT, ids=[name for each, name in zip(CASES, IDS, strict=True) if each in SILENT])
def test_what_is_unknown_is_not_permitted(each: Case) -> None:
    """Whatever the operator, a fact that nobody stated excludes, in one sentence; one's own servers as documented."""
    assert each.nothing is not None
    unstated = [f"{each.rule.fact} is not stated"]

    assert each.nothing.objections(each.rule) == unstated
    at_home = each.nothing.objections(each.rule, local=True)
    if each.rule.fact in {"training", "log_export", "audit_rights", "retention"}:
        assert (at_home == []) is each.local
        assert unstated != at_home
    else:
        assert at_home == unstated


def test_both_operators_of_one_rule_must_hold() -> None:
    """`in` and `not_in` beside one another: within the one, and outside the other; the unknown is told once."""
    rule = Rule(fact="processing", **among("EU"), **none_of("FR"))

    assert World(deployment={"processing": ("DE",)}).objections(rule) == []
    assert World(deployment={"processing": ("FR",)}).objections(rule) == ["processing FR is excluded"]
    assert World(deployment={"processing": ("US",)}).objections(rule) == ["processing US is not in EU"]
    assert World().objections(rule) == ["processing is not stated"]


@pytest.mark.parametrize(
    ("place", "how", "permitted"),
    [
        ("DE", among("ADEQUATE"), True),
        ("EU", among("ADEQUATE"), True),
        ("ADEQUATE", among("EU"), False),
        ("GLOBAL", among("EU"), False),
        ("GLOBAL", none_of("US"), False),
        ("EU", none_of("DE"), False),
        ("DE", none_of("ADEQUATE"), False),
        ("US", none_of("ADEQUATE"), True),
        ("EU", none_of("DACH"), False),
        ("DACH", none_of("EU"), False),
        ("EU", none_of("BENELUX"), False),
        ("G7", none_of("FIVE_EYES"), False),
        ("EEA", none_of("EFTA"), False),
        ("NORDICS", none_of("EU"), False),
        ("DACH", none_of("BENELUX"), True),
        ("EU", none_of("FIVE_EYES"), True),
        ("EFTA", none_of("EU", "G7"), True),
        ("EU", among("DACH"), False),
        ("EEA", among("EU", "EFTA"), False),
    ],
)
def test_places_contain_one_another(place: str, how: dict[str, Any], permitted: bool) -> None:  # noqa: FBT001 - a column
    """A place lies in its groups; one that has any member in common with an excluded place is excluded with it."""
    world = World(deployment={"processing": (place,)})

    assert (world.objections(Rule(fact="processing", **how)) == []) is permitted


def test_one_member_that_breaks_it_is_enough() -> None:
    """A list satisfies a rule only whole, and each member that does not is told."""
    world = World(deployment={"processing": ("DE", "US", "CN")})

    assert world.objections(Rule(fact="processing", **among("EU"))) == [
        "processing US is not in EU",
        "processing CN is not in EU",
    ]


@pytest.mark.parametrize("fact", ["training", "certifications", "export_licences", "export_class", "storage"])
def test_the_nearer_word_comes_first(fact: str) -> None:
    """What a deployment says of itself is not mended by what its provider, model or contract says."""
    rules = {
        "training": Rule(fact=fact, flag=False),
        "certifications": Rule(fact=fact, has=frozenset({"C5"})),
        "export_licences": Rule(fact=fact, has=frozenset({"C5"})),
        "export_class": Rule(fact=fact, **among("EAR99")),
        "storage": Rule(fact=fact, **among("EU")),
    }
    good = {"training": False, "export_class": "EAR99", "storage": ("DE",)}.get(fact, ("C5",))
    bad = {"training": True, "export_class": "4E091", "storage": ("US",)}.get(fact, ("SOC2",))
    further = {"export_class": "model", "storage": "contract"}.get(fact, "provider")

    assert World(**{"deployment": {fact: bad}, further: {fact: good}}).objections(rules[fact]) != []
    assert World(**{"deployment": {fact: good}, further: {fact: bad}}).objections(rules[fact]) == []


def test_reasons_name_what_is_asked_and_what_is_there() -> None:
    """In the words of the file: which certificate is missing, what training is, how long is too long."""
    held = World(provider={"certifications": ("SOC2",), "training": True}, deployment={"retention_s": 30 * DAY_S})

    assert held.objections(Rule(fact="certifications", has=frozenset({"SOC2", "C5", "ISO27001"}))) == [
        "certifications lack C5, ISO27001"
    ]
    assert held.objections(Rule(fact="training", flag=False)) == ["training is true, false is asked for"]
    assert held.objections(Rule(fact="retention", at_most=0.0)) == ["retention 30 days is longer than 0"]


# -- to which requests ------------------------------------------------------------------------------------------------

ONE = deployment("one", processing=("DE",))
P = process("claims", ONE, data=Data(cls="Personal"), segments=("Insurers", "brokers"))
CONDITIONS = {
    "process": ("CLAIMS", NOBODY, "letters"),
    "owner": ("Tests", NOBODY, "others"),
    "criticality": ("Standard", NOBODY, "critical"),
    "data.class": ("personal", NOBODY, "public"),
    "country": ("de", Context(country="DE"), "FR"),
    "person": ("Minor", Context(person="mINOR"), "employee"),
    "segment": ("insurers", NOBODY, "us-federal"),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_capitals_meet_every_condition(condition: str) -> None:
    """A condition is met by its value in any case, by no other value, and by nothing that was not said."""
    value, context, other = CONDITIONS[condition]

    assert applies(Policy(id="x", when={condition: frozenset({value, "more"})}), P, context)
    assert not applies(Policy(id="x", when={condition: frozenset({other})}), P, context)
    assert not applies(Policy(id="x", when={"person": frozenset({"minor"})}), P, NOBODY)


def test_all_conditions_must_be_met() -> None:
    """One that fits and one that does not is none that fits; no condition at all is everybody."""
    both = {"segment": frozenset({"brokers"}), "person": frozenset({"minor"})}

    assert applies(Policy(id="x", when=both), P, Context(person="minor"))
    assert not applies(Policy(id="x", when=both), P, Context(person="employee"))
    assert applies(Policy(id="x"), P, NOBODY)


def test_a_segment_is_one_of_the_process_or_of_the_request() -> None:
    """What the request says comes beside what the process serves, and takes none of it away."""
    federal = Policy(id="x", when={"segment": frozenset({"us-federal"})})
    brokers = Policy(id="x", when={"segment": frozenset({"brokers"})})
    said = Context(segment="US-Federal")

    assert applies(federal, P, said)
    assert applies(brokers, P, said)


KNOWS = inventory(
    P,
    policies=(
        Policy(id="x", when={"person": frozenset({"Minor"}), "data.class": frozenset({"health"})}),
        Policy(id="y", when={"segment": frozenset({"us-federal"})}, ends=date(2020, 1, 1)),
    ),
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"person": "minro"}, "class of persons 'minro'; did you mean 'minor'"),
        ({"segment": "us-fedral"}, "segment 'us-fedral'; did you mean 'us-federal'"),
        ({"segment": "xyz"}, "segment 'xyz'; known are brokers, insurers, us-federal"),
        ({"data_class": "persnal"}, "data class 'persnal'; did you mean 'personal'"),
    ],
)
def test_a_word_that_nobody_knows_is_refused(said: dict[str, Any], told: str) -> None:
    """A slip would drop the policy that was meant: it is an error with what is known; those that are known pass."""
    with pytest.raises(BadRequestError, match=told):
        refuse_unknown(KNOWS, Context(**said))
    with pytest.raises(BadRequestError, match="it knows none"):
        refuse_unknown(inventory(process("bare", ONE)), Context(person="minor"))

    refuse_unknown(KNOWS, Context(person="MINOR", segment="Brokers", data_class="Health"))


# -- from when, until when --------------------------------------------------------------------------------------------

LATER = A_DAY + timedelta(days=1)
EARLIER = A_DAY - timedelta(days=1)


def excluded(
    policies: tuple[Policy, ...] = (), day: date | None = A_DAY, *, local: bool = False, **contract: Any
) -> list[str]:
    """The rules that exclude one deployment on a day."""
    one = deployment("d", of=provider("seller", contract="paper", local=local), processing=("DE",))
    asking = process("p", one)
    described = inventory(asking, policies=policies, contracts={"paper": Contract(id="paper", **contract)})
    return [each.rule for each in candidates(described, asking, NOBODY, day=day).excluded]


@pytest.mark.parametrize(
    ("begins", "ends", "binds"),
    [
        (None, None, True),
        (A_DAY, None, True),
        (LATER, None, False),
        (None, A_DAY, True),
        (None, EARLIER, False),
        (EARLIER, LATER, True),
        (A_DAY, A_DAY, True),
    ],
)
def test_a_policy_binds_from_its_first_day_to_its_last(begins: date, ends: date, binds: bool) -> None:  # noqa: FBT001 - a column
    """Both days belong to it; where no day is asked about, every policy binds."""
    policy = Policy(id="x", rules=(Rule(fact="origin", **none_of("CN")),), begins=begins, ends=ends)

    assert excluded((policy,)) == ["x"] * binds
    assert excluded((policy,), None) == ["x"]


@pytest.mark.parametrize(
    ("contract", "why"),
    [
        ({}, None),
        ({"begins": A_DAY, "ends": A_DAY}, None),
        ({"begins": LATER}, f"it begins on {LATER}"),
        ({"ends": EARLIER}, f"it ended on {EARLIER}"),
        ({"ends": EARLIER, "renews_s": 365 * DAY_S}, None),
        ({"ends": EARLIER, "renews_s": 0.0}, f"it ended on {EARLIER}"),
        ({"ends": EARLIER, "renews_s": 365 * DAY_S, "termination": Termination()}, f"it ended on {EARLIER}"),
        ({"ends": A_DAY, "renews_s": 365 * DAY_S, "termination": Termination()}, None),
    ],
)
def test_nothing_is_sent_under_a_contract_that_does_not_run(contract: dict[str, Any], why: str | None) -> None:
    """Before its first day, after its last unless it renews; the rule is the contract. Nobody ends one's own house."""
    expected = [] if why is None else ["contract:paper"]
    one = deployment("d", of=provider("seller", contract="paper"))
    described = inventory(process("p", one), contracts={"paper": Contract(id="paper", **contract)})

    assert excluded(**contract) == expected
    assert [each.why for each in objections(described, process("p", one), NOBODY, one, A_DAY)] == [why] * len(expected)
    assert excluded(local=True, **contract) == []
    assert excluded(day=None, **contract) == []


# -- a request that names a deployment --------------------------------------------------------------------------------


def test_a_request_that_names_a_deployment_is_held_to_all_who_route_there() -> None:
    """It is permitted only where it would be for each of its processes: residency, retention, and their policies."""
    far, near, spare = (
        deployment("far", processing=("US",)),
        deployment("near", processing=("DE",)),
        deployment("spare", processing=("US",)),
    )
    careful = process("careful", near, far, data=Data(cls="personal", processing=("EU",), retention_s=DAY_S))
    open_to_all = process("open", far)
    personal = Policy(
        id="personal", when={"data.class": frozenset({"personal"})}, rules=(Rule(fact="training", flag=False),)
    )
    whole = inventory(careful, open_to_all, policies=(personal,), regions=REGIONS)
    whole = replace(whole, deployments={**whole.deployments, "spare": spare})

    def rules(name: str, inside: Any = whole, context: Context = NOBODY) -> list[str]:
        return [each.rule for each in candidates(inside, process_named(inside, name), context).excluded]

    assert rules("open") == []
    assert rules("far") == ["careful.data.processing", "careful.data.retention", "personal"]
    assert rules("near") == ["careful.data.retention", "personal"]
    assert rules("spare") == ["careful.data.processing", "careful.data.retention", "personal"]
    alone = inventory(open_to_all, policies=(personal,), regions=REGIONS)
    assert rules("far", alone) == []
    assert rules("far", alone, Context(data_class="personal")) == ["personal"]
    (first, *_) = candidates(whole, process_named(whole, "far"), NOBODY).excluded
    assert first.why == "processing US is not in EU; the request names no process and may be meant for careful"


# -- properties -------------------------------------------------------------------------------------------------------

COUNTRIES = ("DE", "FR", "US", "CN")
STATED: dict[str, tuple[str, st.SearchStrategy[Any], Any]] = {
    "processing": ("deployment", st.lists(st.sampled_from((*COUNTRIES, "EU", "GLOBAL")), max_size=3).map(tuple), ()),
    "storage": ("deployment", st.lists(st.sampled_from(COUNTRIES), max_size=2).map(tuple), ()),
    "egress": ("deployment", st.none() | st.sampled_from(COUNTRIES), None),
    "owner": ("provider", st.none() | st.sampled_from(COUNTRIES), None),
    "origin": ("model", st.none() | st.sampled_from(COUNTRIES), None),
    "licence": ("model", st.none() | st.sampled_from(("MIT", "own")), None),
    "certifications": ("provider", st.lists(st.sampled_from(("C5", "SOC2")), max_size=2).map(tuple), ()),
    "training": ("provider", st.none() | st.booleans(), None),
    "retention": ("deployment", st.none() | st.sampled_from((0.0, DAY_S, 30 * DAY_S)), None),
}
PLACE = st.frozensets(st.sampled_from((*COUNTRIES, "EU", "GLOBAL")), min_size=1, max_size=3)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule about any of those facts."""
    fact = draw(st.sampled_from(sorted(STATED)))
    if fact in LISTS:
        return Rule(fact=fact, has=draw(st.frozensets(st.sampled_from(("c5", "SOC2")), min_size=1)))
    if fact in FLAGS:
        return Rule(fact=fact, flag=draw(st.booleans()))
    if fact in LENGTHS:
        return Rule(fact=fact, at_most=draw(st.sampled_from((0.0, DAY_S, 7 * DAY_S))))
    values = st.frozensets(st.sampled_from(("mit", "own", "gpl")), min_size=1) if fact == "licence" else PLACE
    return Rule(fact=fact, allowed=draw(st.none() | values), denied=draw(values))


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Any facts, each perhaps not stated."""
    return {fact: draw(values) for fact, (_, values, _) in STATED.items()}


def permitted(facts: dict[str, Any], asked: list[Rule]) -> bool:
    """Whether a deployment with these facts may serve under a policy with these rules."""
    stated: dict[str, dict[str, Any]] = {"deployment": {}, "provider": {}, "model": {}}
    for fact, value in facts.items():
        stated[STATED[fact][0]]["retention_s" if fact == "retention" else fact] = value
    world = World(**stated)
    return not any(world.objections(rule) for rule in asked)


@settings(max_examples=300)
@given(worlds(), st.lists(rules(), min_size=1, max_size=4))
def test_who_is_permitted_states_every_fact_that_is_asked_for(facts: dict[str, Any], asked: list[Rule]) -> None:
    """Taking any fact away that a rule asks for excludes, whatever was permitted before: silence never permits more."""
    for rule in asked:
        silent = {**facts, rule.fact: STATED[rule.fact][2]}

        assert not permitted(silent, asked)
        assert permitted(facts, asked) <= (facts[rule.fact] != STATED[rule.fact][2])


@settings(max_examples=300)
@given(worlds(), st.lists(rules(), max_size=4), rules())
def test_a_further_rule_never_permits_more(facts: dict[str, Any], asked: list[Rule], more: Rule) -> None:
    """Policies only take away: whoever is permitted under more rules is permitted under fewer."""
    assert permitted(facts, [*asked, more]) <= permitted(facts, asked)


@settings(max_examples=300)
@given(worlds(), rules(), st.sampled_from((*COUNTRIES, "EU", "GLOBAL")))
def test_a_further_place_never_permits_more(facts: dict[str, Any], rule: Rule, more: str) -> None:
    """Where more places may process than before, nothing is permitted that was not, once any was stated."""
    wider = {**facts, "processing": (*facts["processing"], more)}

    if facts["processing"]:
        assert permitted(wider, [rule]) <= permitted(facts, [rule])


@settings(max_examples=300)
@given(
    st.dictionaries(st.sampled_from("UVWXYZ"), st.sets(st.sampled_from(("U", "V", "W", *COUNTRIES)), min_size=1)),
    st.data(),
)
def test_whatever_two_places_share_excludes_by_each_of_them(own: dict[str, set[str]], data: st.DataObject) -> None:
    """`not_in` permits a place only if nothing in it lies in a denied one, however groups overlap, nest or run in circles."""
    regions = contents({"U": {"DE"}, "V": {"FR", "US"}, "W": {"U", "CN"}, **own})
    place = st.sampled_from((*COUNTRIES, *regions))
    value, denied = data.draw(place), data.draw(st.frozensets(place, min_size=1, max_size=3))
    one = deployment("d", processing=(value,))
    found = broken("rule", Rule(fact="processing", denied=denied), one, inventory(process("p", one), regions=regions))

    def whole(name: str) -> list[str]:
        return [name, *regions.get(name, ())]

    shared = any(inner in whole(each) for each in denied for inner in whole(value))
    assert [each.why for each in found] == ([f"processing {value} is excluded"] if shared else [])
