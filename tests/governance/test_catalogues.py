"""CycloneDX, Backstage and OpenSLO: valid by their own schemas and rules, and linked."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from modelrouter.governance.backstage import catalogue
from modelrouter.governance.cyclonedx import bill_of_materials
from modelrouter.governance.openslo import objectives, target
from modelrouter.inventory.loader import load

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SHIPPED = load(Path(__file__).parents[2] / "providers.yaml")


@pytest.fixture(params=["shipped", "whole"])
def inventory(request: pytest.FixtureRequest, whole: Inventory) -> Inventory:
    """The shipped one, and one in which everything is stated."""
    return SHIPPED if request.param == "shipped" else whole


def bill(inventory: Inventory) -> Any:
    """The bill of materials, read."""
    return json.loads(bill_of_materials(inventory, version="1.0", at=AT))


def test_the_bill_of_materials_is_valid_by_the_schema_of_cyclonedx(inventory: Inventory) -> None:
    """By the schema that CycloneDX's own library carries, strictly: no member that the schema does not know."""
    validator = JsonStrictValidator(SchemaVersion.V1_7)

    assert validator.validate_str(bill_of_materials(inventory, version="1.0", at=AT)) is None
    assert validator.validate_str('{"bomFormat": "CycloneDX", "specVersion": "1.7", "own": 1}') is not None


def test_every_reference_of_the_bill_leads_somewhere(inventory: Inventory) -> None:
    """Models, deployments, upstreams and processes each stand once, and depend on what stands there."""
    read = bill(inventory)
    refs = [each["bom-ref"] for each in [*read["components"], *read["services"]]]
    wanted = {ref for each in read["dependencies"] for ref in [each["ref"], *each.get("dependsOn", ())]}

    assert len(refs) == len(set(refs))
    assert wanted <= set(refs)
    assert {f"process:{name}" for name in inventory.processes} <= set(refs)


def test_the_bill_is_the_same_each_time(whole: Inventory) -> None:
    """Same inventory, version and time: same bytes; another inventory has another serial number."""
    assert bill_of_materials(whole, version="1", at=AT) == bill_of_materials(whole, version="1", at=AT)
    assert bill(whole)["serialNumber"] != bill(SHIPPED)["serialNumber"]


def test_what_has_no_field_stands_among_the_properties(whole: Inventory) -> None:
    """The order of a route, jurisdiction, retention and the contract's end are kept under our own name."""
    read = bill(whole)
    process = next(each for each in read["components"] if each["bom-ref"] == "process:claims")
    service = next(each for each in read["services"] if each["bom-ref"] == "deployment:gpt")
    told = {each["name"]: each["value"] for each in [*process["properties"], *service["properties"]]}

    assert told["modelrouter:routes"] == "gpt, gpt-aws, qwen"
    assert told["modelrouter:jurisdiction"] == "US"
    assert told["modelrouter:retention"] == "2592000s"
    assert told["modelrouter:contract.ends"] == "2027-01-01"
    assert service["data"][0]["classification"] == "personal"
    assert "env:A" not in bill_of_materials(whole, version="1", at=AT)


def test_the_catalogue_follows_the_rules_of_backstage(inventory: Inventory) -> None:
    """Names are short and plain, each kind has the members it must have, and all relations lead somewhere."""
    entities = list(yaml.safe_load_all(catalogue(inventory)))
    known = {f"{each['kind'].lower()}:{each['metadata']['name']}" for each in entities}

    assert len(known) == len(entities)
    required = {
        "System": {"owner"}, "Group": {"type", "children"}, "Resource": {"type", "owner"}, "Component": {"type", "lifecycle", "owner"},
    }  # fmt: skip
    for entity in entities:
        assert entity["apiVersion"] == "backstage.io/v1alpha1"
        assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", entity["metadata"]["name"])
        assert required[entity["kind"]] <= set(entity["spec"])
        assert all(isinstance(value, str) for value in entity["metadata"].get("annotations", {}).values())
        assert set(entity["spec"].get("dependsOn", ())) <= known
        owner = entity["spec"].get("owner")
        assert owner is None or owner in known or f"group:{owner}" in known


def test_the_objectives_follow_the_rules_of_openslo(inventory: Inventory) -> None:
    """Each process is a service with an objective whose target a disruption of its recovery time just meets."""
    documents = list(yaml.safe_load_all(objectives(inventory)))
    services = {each["metadata"]["name"] for each in documents if each["kind"] == "Service"}

    assert len(services) == len(inventory.processes)
    for slo in (each for each in documents if each["kind"] == "SLO"):
        spec = slo["spec"]
        assert slo["apiVersion"] == "openslo/v1"
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", slo["metadata"]["name"])
        assert spec["service"] in services
        assert len(spec["timeWindow"]) == 1
        assert spec["budgetingMethod"] == "Occurrences"
        assert 0 < spec["objectives"][0]["target"] < 1


def test_a_target_is_what_one_disruption_leaves(whole: Inventory) -> None:
    """Ninety minutes of thirty days is a fifth of a percent."""
    assert target(whole.processes["claims"]) == round(1 - 90 / (30 * 24 * 60), 6)
