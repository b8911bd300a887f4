"""What an inventory says, as plain values for records: everything that policies hang on, and nothing secret."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from modelrouter.core.contracts import Contract
from modelrouter.core.facts import ASIDE, facts
from modelrouter.core.inventory import Deployment, Model, Process, Provider
from modelrouter.core.known import FACTS
from modelrouter.core.rules import Policy, Rule
from modelrouter.inventory import parse
from modelrouter.inventory.loader import load

TOLD = {
    Provider: "accounts address certifications company contract export_licences headquarters id lei local owner parent_lei training "
    "upstreams vendor",
    Model: "capabilities context developer dimensions export_class family id licence lifecycle origin output retires weights",
    Deployment: "account certificate_ends certifications egress export_class export_licences id model name processing provider "
    "region retention_s retires spillover stands_on storage training upstreams wire",
    Process: "attempts criticality data id needs on_cut on_refusal owner routes segments upstreams users",
    Contract: "audit_rights begins ends export_controls id law log_export notice_s reference renews_s storage termination under",
    Policy: "from id rules until when",
    Rule: "at_most fact has in is not_in",
}
"""What readers of ledgers build on: a change here that breaks them raises `VERSION`."""
WHOLE = """\
inventory: small
regions: {HOME: [DE, FR]}
providers:
  one: {headquarters: US, owner: US, contract: c, training: false, certifications: [SOC2],
        accounts: {main: {key: env:VERY_SECRET_KEY}}}
models: {m: {developer: d, family: f, context: 10k, licence: MIT, export_class: EAR99}}
deployments:
  first: {provider: one, model: m, wire: openai-chat, url: "https://secret.example/v1", processing: [DE], storage: [FR],
          retention: 30d, headers: {x-team: "hush"}}
processes: {p: {owner: o, routes: [first], data: {class: personal, processing: [HOME], retention: 30d}}}
contracts: {c: {begins: 2026-01-01, ends: 2027-06-30, log_export: true}}
access: {keys: {team: {hash: "sha256:%s"}}}
policies:
  - {id: law, from: 2026-02-01, until: 2026-12-31, when: {data.class: personal}, processing: {in: [HOME], not_in: [FR]}}
""" % ("ab" * 32)


def of(kind: type) -> dict[str, Any]:
    """One thing of this kind, from the shipped inventory, as it is told."""
    told = facts(load("providers.yaml"))
    law = told["policies"][0]
    sections = {Provider: "providers", Model: "models", Deployment: "deployments", Process: "processes"}
    section = {**sections, Contract: "contracts"}.get(kind, "")
    found: dict[str, Any] = {Policy: law, Rule: law["rules"][0]}.get(kind) or next(iter(told[section].values()))
    return found


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_names_of_facts_are_a_promise(kind):
    """Ledgers outlive this version: what a reader looks for stays where it is."""
    assert TOLD[kind].split() == sorted(of(kind))


@pytest.mark.parametrize("kind", ASIDE, ids=lambda kind: kind.__name__)
def test_what_is_left_out_is_there_to_be_left_out(kind):
    """No name in the list of what is not told has outlived its field."""
    assert ASIDE[kind] <= {each.name for each in fields(kind)}


def test_every_fact_a_policy_may_ask_for_is_told():
    """By the deployment itself, its provider, its model or its contract; by the name that policies use."""
    names = {"retention": "retention_s", "provider": "id"}
    told = set().union(*(of(kind) for kind in (Deployment, Provider, Model, Contract)))

    assert {names.get(fact, fact) for fact in FACTS} <= told


def test_a_whole_inventory_is_plain_json_without_secrets():
    """Days and durations in one form, rules with their operators; no key, address or header."""
    told = facts(parse(WHOLE))
    text = json.dumps(told)

    assert told == json.loads(text)
    assert ["30d" not in text, told["deployments"]["first"]["retention_s"]] == [True, 30 * 86400.0]
    assert ("2026-01-01", "2027-06-30") == (told["contracts"]["c"]["begins"], told["contracts"]["c"]["ends"])
    assert [
        {
            "id": "law",
            "when": {"data.class": ["personal"]},
            "rules": [{"fact": "processing", "in": ["HOME"], "not_in": ["FR"], "has": [], "is": None, "at_most": None}],
            "from": "2026-02-01",
            "until": "2026-12-31",
        }
    ] == told["policies"]
    assert ["DE", "FR"] == told["regions"]["HOME"]
    assert {"id": "team", "processes": None, "ends": None} == told["access"]["team"]
    for secret in ("VERY_SECRET_KEY", "secret.example", "hush", "abab"):
        assert secret not in text


def test_inventories_that_say_the_same_tell_the_same():
    """The order of a file changes nothing, nor does what no policy hangs on."""
    one = parse(WHOLE)
    other = replace(
        one,
        deployments={name: replace(each, url="https://elsewhere.example") for name, each in one.deployments.items()},
        path="elsewhere.yaml",
    )

    assert facts(one) == facts(other)
