"""The pieces of inventory in the papers are right, and so are the plans and scenarios of drills."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.drills.incidents import parse_scenario
from modelrouter.drills.planfile import parse_plan
from modelrouter.errors import InventoryError
from modelrouter.inventory import parse

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [
    (f"{page.stem}-{place}", block) for page in PAGES for place, block in enumerate(BLOCK.findall(page.read_text()))
]
OTHERS = {"drill": parse_plan, "scenario": parse_scenario}
"""Files of another kind, by the key that they begin with."""


def first_key(block):
    """What a block begins with."""
    return next(iter(yaml.safe_load(block)))


PIECES = [(place, block) for place, block in BLOCKS if first_key(block) not in OTHERS]
REHEARSED = [(place, block) for place, block in BLOCKS if first_key(block) in OTHERS]


def loaded(block):
    """A whole inventory as it stands; sections of one, in the place of the same sections of the shipped one."""
    if "inventory" in yaml.safe_load(block):
        return parse(block)
    shipped = yaml.safe_load((ROOT / "providers.yaml").read_text())
    others = {section: value for section, value in shipped.items() if section not in yaml.safe_load(block)}
    return parse(yaml.safe_dump(others, sort_keys=False) + block)


@pytest.mark.parametrize("block", [block for _, block in PIECES], ids=[page for page, _ in PIECES])
def test_what_a_page_shows_of_an_inventory_is_right(block):
    """Every YAML block of a page loads, by itself or as sections of the shipped inventory."""
    assert loaded(block)


@pytest.mark.parametrize("block", [block for _, block in REHEARSED], ids=[page for page, _ in REHEARSED])
def test_what_a_page_shows_of_drills_is_right(block):
    """A plan is read as one, and a scenario as one; a word that is none is refused."""
    read = OTHERS[first_key(block)]

    assert read(block)
    with pytest.raises(InventoryError, match="there is no key 'more'"):
        read(f"{block}\nmore: 1\n")


@pytest.mark.parametrize("block", [block for _, block in PIECES], ids=[page for page, _ in PIECES])
def test_a_rule_of_ones_own_is_needed(block):
    """What a page shows as an own rule for errors is read by no built-in rule, and by the own one as it says."""
    signatures = loaded(block).signatures
    for own in signatures:
        evidence = Evidence(vendor=own.provider or "generic", status=403, body=own.text)

        assert classify(evidence).rule == "status.403"
        assert (classify(evidence, signatures).cause, classify(evidence, signatures).scope) == (own.cause, own.scope)


def test_a_piece_that_is_wrong_is_caught():
    """There are such blocks, and the promise above breaks on one that names a vendor that is none."""
    assert "troubleshooting-0" in {place for place, _ in PIECES}
    with pytest.raises(InventoryError, match="acme"):
        loaded("signatures: [{id: a, provider: acme, text: x, cause: quota_exhausted, scope: account}]\n")
