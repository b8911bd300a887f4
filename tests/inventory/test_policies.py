"""Policies as they are written: what is read, what is refused with a sentence, and what is only warned of."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from modelrouter.continuity.factors import Graph
from modelrouter.continuity.remedy import remedy
from modelrouter.continuity.remedy_text import lines
from modelrouter.core.candidates import candidates
from modelrouter.core.context import NOBODY
from modelrouter.core.rules import Rule
from modelrouter.errors import InventoryError
from modelrouter.inventory import parse
from modelrouter.inventory.loader import examine

if TYPE_CHECKING:
    from pathlib import Path

    from modelrouter.inventory.problems import Problem

TEXT = """\
inventory: policies
contracts:
  paper: {ends: 2099-12-31, storage: [DE], audit_rights: true}
providers:
  near: {headquarters: DE, owner: FR, contract: paper, training: false, certifications: [ISO27001, C5], export_licences: [L-1], accounts: {main: {key: env:A}}}
models:
  m: {developer: d, family: f, origin: FR, licence: apache-2.0, export_class: EAR99, context: 32k}
deployments:
  one: {provider: near, model: m, url: "https://a.example/v1", processing: [DE], retention: 1d}
processes:
  letters: {owner: o, criticality: critical, routes: [one], segments: [insurers]}
policies:
"""
STRICT = """\
  - id: strict
    from: 2026-01-01
    until: 2099-12-31
    storage: {in: [EU]}
    owner: {in: [EEA]}
    licence: {in: [Apache-2.0]}
    export_class: {not_in: [4E091]}
    export_licences: {has: [L-1]}
    certifications: {has: [c5]}
    training: {is: false}
    retention: {at_most: 7d}
    audit_rights: {is: true}
"""


def test_every_fact_is_read_and_asked() -> None:
    """What a file says arrives: each operator as it is written, the term, and every fact from where it is stated."""
    inventory = parse(TEXT + STRICT)
    (policy,) = inventory.policies
    rules = {rule.fact: rule for rule in policy.rules}

    assert (policy.begins, policy.ends) == (date(2026, 1, 1), date(2099, 12, 31))
    assert rules["storage"] == Rule(fact="storage", allowed=frozenset({"EU"}))
    assert rules["export_class"] == Rule(fact="export_class", denied=frozenset({"4E091"}))
    assert rules["certifications"] == Rule(fact="certifications", has=frozenset({"c5"}))
    assert rules["training"] == Rule(fact="training", flag=False)
    assert rules["retention"] == Rule(fact="retention", at_most=7 * 86_400.0)
    assert candidates(inventory, inventory.processes["letters"], NOBODY).excluded == ()


@pytest.mark.parametrize(
    ("taken", "fact"),
    [
        (", storage: [DE]", "storage"),
        (", owner: FR", "owner"),
        (", licence: apache-2.0", "licence"),
        (", export_class: EAR99", "export_class"),
        (", export_licences: [L-1]", "export_licences"),
        (", certifications: [ISO27001, C5]", "certifications"),
        (", training: false", "training"),
        (", retention: 1d", "retention"),
        (", audit_rights: true", "audit_rights"),
    ],
)
def test_each_fact_is_missed(taken: str, fact: str) -> None:
    """Whichever line is taken out of the file, the policy excludes and says what is not stated."""
    inventory = parse(TEXT.replace(taken, "") + STRICT)
    found = candidates(inventory, inventory.processes["letters"], NOBODY).excluded

    assert [(each.rule, each.why) for each in found] == [("strict", f"{fact} is not stated")]


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("certifications: {in: [C5]}", "there is no key 'in' here"),
        ("training: {is: no}", "'no' is not true or false"),
        ("training: false", "a mapping is wanted here"),
        ("retention: {at_most: 7}", "its unit is missing"),
        ("retention: {}", "'at_most' is missing"),
        ("certifications: {has: []}", "the list is empty"),
        ("storage: {in: [UK]}", "'UK' is no country or region. Did you mean 'GB'?"),
        ("owner: {not_in: [USA]}", "'USA' is no country or region. Did you mean 'US'?"),
        ("training: {is: false}, from: 2026-02-01, until: 2026-01-31", "it is over before it begins, on 2026-02-01"),
        ("from: 2026-02-01", "this policy asks for nothing"),
        ("trainin: {is: false}", "there is no key 'trainin' here. Did you mean 'training'?"),
        ("training: {is: false}, when: {segmnt: x}", "Did you mean 'segment'?"),
    ],
)
def test_what_is_wrong_is_told(policy: str, told: str) -> None:
    """A slip in a policy is an error with its place and what to write."""
    with pytest.raises(InventoryError, match=r"policies\[0\]") as raised:
        parse(f"{TEXT}  - {{id: x, {policy}}}\n")

    assert any(told in str(each) for each in raised.value.problems)


def said(path: Path, text: str) -> tuple[Problem, ...]:
    """Everything that `check` says of a file."""
    file = path / "providers.yaml"
    file.write_text(text, encoding="utf-8")
    return examine(file).problems


@pytest.mark.parametrize(
    ("policy", "near"),
    [
        ("certifications: {has: [ISO2701]}, from: 2026-01-01", "'ISO27001'"),
        ("licence: {in: [apache-2]}, from: 2026-01-01", "'apache-2.0'"),
        ("training: {is: false}, when: {segment: insurer}", "'insurers'"),
        ("training: {is: false}, when: {owner: O, segment: INSURERS}", None),
    ],
)
def test_near_misses_are_warned_of(tmp_path: Path, policy: str, near: str | None) -> None:
    """A word that is nearly one of the inventory is a warning; another case of it is the same word."""
    warned = [each for each in said(tmp_path, f"{TEXT}  - {{id: x, {policy}}}\n") if "is called" in each.message]

    assert [each.hint for each in warned] == ([] if near is None else [f"Did you mean {near}?"])


@pytest.mark.parametrize(
    ("term", "severity"), [("", "error"), (", from: 2099-01-01", "warning"), (", until: 2020-01-01", "warning")]
)
def test_a_policy_with_a_term_makes_no_inventory_unusable(tmp_path: Path, term: str, severity: str) -> None:
    """That a critical process is left with nobody is an error, but where a policy will not always be there to say so."""
    found = said(tmp_path, f"{TEXT}  - {{id: x, weights: {{in: [open]}}{term}}}\n")
    unserved = [each.severity for each in found if "no deployment of the route" in each.message]

    assert unserved == [severity]


def test_what_is_to_be_added_is_what_policies_ask_for() -> None:
    """The newcomer that mends a single point of failure states all that the policy wants, in YAML that loads."""
    asked = STRICT.replace("    audit_rights: {is: true}\n", "")
    inventory = parse(TEXT + asked)
    found = remedy(Graph.of(inventory))
    facts: dict[str, Any] = yaml.safe_load("\n".join(lines(found)))
    (new,) = found.newcomers
    merged = {**yaml.safe_load(TEXT + asked)}
    for section in ("providers", "models", "deployments"):
        merged[section] = {**merged[section], **facts[section]}
    merged["processes"]["letters"]["routes"] = facts["processes"]["letters"]["routes"]
    after = parse(yaml.safe_dump(merged, sort_keys=False))

    assert [each.id for each in candidates(after, after.processes["letters"], NOBODY).permitted] == [
        "one",
        new.deployment.id,
    ]
    assert new.deployment.training is False
    assert new.deployment.certifications == ("c5",)


def test_what_only_a_contract_can_promise_is_said_to_be_missing() -> None:
    """A policy that asks for rights under a contract is nothing that a deployment alone can meet: that is told."""
    found = remedy(Graph.of(parse(TEXT + STRICT)))

    assert found.helpless["letters"] == "strict would refuse it for letters: audit_rights is not stated"
