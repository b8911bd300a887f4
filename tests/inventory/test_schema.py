"""The schema: complete, true to the reader, and fresh where it is written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # comes with litellm
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modelrouter.cli.schema import schema_text
from modelrouter.core.policy import CIRCUMSTANCES, FACTS
from modelrouter.inventory.document import Entries
from modelrouter.inventory.entry import Entry
from modelrouter.inventory.json_schema import json_schema
from modelrouter.inventory.reading import read
from modelrouter.inventory.reference import reference_page
from modelrouter.inventory.regions import COUNTRIES, GROUPS, contents
from modelrouter.inventory.schema import File, flow, validate
from modelrouter.inventory.work import PolicyEntry

ROOT = Path(__file__).parents[2]
ENTRIES = sorted(
    # Other rooms have entries of their own, once they are loaded.
    (entry for entry in Entry.__subclasses__() if entry.__module__.startswith("modelrouter.inventory.")),
    key=lambda entry: entry.__name__,
)
FIELDS = [(entry, name) for entry in ENTRIES for name in entry.model_fields]


def ids(value: object) -> str:
    """A readable name for a case."""
    return value.__name__ if isinstance(value, type) else str(value)


@pytest.mark.parametrize(("entry", "name"), FIELDS, ids=ids)
def test_every_key_is_described_and_its_example_can_be_written(entry: type[Entry], name: str) -> None:
    """Each key has a description and an example, and the example reads as it stands in the reference."""
    field = entry.model_fields[name]
    key = field.alias or name
    (example,) = field.examples or [None]
    tree, problems = read(f"{key}: {flow(example)}\n", "example.yaml")
    errors = [] if tree is None else complaints(entry, tree)

    assert field.description
    assert field.description.endswith((".", "GLOBAL."))
    assert example is not None
    assert problems == []
    assert [error for error in errors if error["loc"][:1] == (key,)] == []


def complaints(entry: type[Entry], tree: object) -> list[Any]:
    """What one entry says about a tree."""
    try:
        entry.model_validate(tree)
    except ValidationError as error:
        return list(error.errors())
    return []


def test_defaults_are_shown_as_people_write_them() -> None:
    """A default that the schema states is one that the reader understands as the same."""
    tree, _ = read(
        "inventory: a\nprocesses:\n  p: {owner: o, routes: [r], objectives: {rto: 60s, deadline: 60s, minimum: 100%}}\n",
        "f",
    )
    assert isinstance(tree, Entries)
    file, findings = validate(tree)
    stated = json_schema()["$defs"]["ObjectivesEntry"]["properties"]

    assert findings == []
    assert file is not None
    assert (stated["rto"]["default"], stated["deadline"]["default"], stated["minimum"]["default"]) == (
        "60s",
        "60s",
        "100%",
    )
    assert file.processes["p"].objectives == type(file.processes["p"].objectives)()


def test_policies_know_every_fact_and_circumstance() -> None:
    """What the core can ask of a deployment or a request, the file can say, and nothing else."""
    conditions = PolicyEntry.model_fields["when"].description or ""

    assert set(PolicyEntry.model_fields) - {"id", "when", "begins", "ends"} == set(FACTS)
    assert all(condition in conditions for condition in CIRCUMSTANCES)


def test_countries_are_those_of_the_standard() -> None:
    """ISO 3166-1 has 249 codes; every group is made of them and of other groups."""
    assert len(COUNTRIES) == 249
    assert all(members <= COUNTRIES | set(GROUPS) for members in GROUPS.values())
    assert len(GROUPS["EU"]) == 27


def test_written_pages_are_fresh() -> None:
    """The files in docs are what the schema gives now."""
    assert (ROOT / "docs" / "providers.schema.json").read_text(encoding="utf-8") == schema_text()
    assert (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8") == reference_page()


def test_the_reference_describes_every_entry() -> None:
    """No part of the schema is left out of the page."""
    page = reference_page()
    parts = json_schema()["$defs"]

    assert {f"{entry.__name__}" for entry in ENTRIES} == {*parts, "File"}
    assert all(part["description"] in page for part in parts.values())
    assert all(f"| `{key}` |" in page for part in parts.values() for key in part["properties"])


def shipped() -> Any:
    """The shipped inventory as an editor sees it: dates are texts in YAML 1.2."""
    return json.loads(json.dumps(yaml.safe_load((ROOT / "providers.yaml").read_text(encoding="utf-8")), default=str))


def test_editors_accept_the_shipped_inventory() -> None:
    """The JSON Schema is valid, and finds nothing wrong with what the loader accepts."""
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    assert list(jsonschema.Draft202012Validator(schema).iter_errors(shipped())) == []


WRONG = [
    ({"inventory": "a", "acess": {}}, "acess"),
    ({"inventory": "a", "providers": {"p q": {"headquarters": "DE"}}}, "p q"),
    ({"inventory": "a", "providers": {"p": {"headquarters": None}}}, "headquarters"),
    ({"inventory": "a", "processes": {"p": {"owner": "o", "routes": [], "objectives": {}}}}, "routes"),
    ({"inventory": "a", "processes": {"p": {"owner": "o", "routes": ["r"], "objectives": {"rto": "30"}}}}, "rto"),
    ({"inventory": "a", "providers": {"p": {"headquarters": {"value": "DE", "sorce": "x"}}}}, "headquarters"),
]


@pytest.mark.parametrize(("document", "where"), WRONG, ids=ids)
def test_editors_find_what_the_loader_finds(document: object, where: str) -> None:
    """Unknown keys, wrong units and empty lists are underlined while one writes."""
    errors = list(jsonschema.Draft202012Validator(json_schema()).iter_errors(document))

    assert len(errors) == 1
    assert where in f"{errors[0].json_path} {errors[0].message}"


@given(st.sampled_from(sorted(COUNTRIES)), st.sampled_from(["EU", "EEA", "GLOBAL", "G7"]))
def test_groups_contain_what_their_groups_contain(country: str, group: str) -> None:
    """Membership is transitive: who is in the EU is in the EEA, and all are in GLOBAL."""
    inside = contents({})

    assert country in inside["GLOBAL"]
    assert group == "GLOBAL" or group in inside["GLOBAL"]
    assert (country in inside["EU"]) <= (country in inside["EEA"])


def test_the_file_model_is_the_root() -> None:
    """Every section of the file is a key of the schema."""
    assert set(json_schema()["properties"]) == set(File.model_fields)
