"""The register of information: linked, complete where the inventory is, and honest where it is not."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.registers import WHOLE

from modelrouter.governance.dora import codes
from modelrouter.governance.dora.files import MISSING, files
from modelrouter.governance.dora.gaps import gaps
from modelrouter.governance.dora.register import Register, register
from modelrouter.governance.dora.templates import REFERENCES, TEMPLATES
from modelrouter.inventory import parse
from modelrouter.inventory.loader import load

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

TODAY = date(2026, 11, 23)
SHIPPED = Path(__file__).parents[2] / "providers.yaml"


def dangling(filled: Register) -> list[object]:
    """References that lead nowhere, found without the code under test: as a supervisor's reader would."""
    lost: list[object] = []
    for template, columns, target, targets in REFERENCES:
        there = [tuple(row.get(each, "") for each in targets) for row in filled[target]]
        for row in filled[template]:
            wanted = tuple(row.get(each, "") for each in columns)
            if all(wanted) and wanted not in there:
                lost.append((template, columns, wanted))
    return lost


def test_all_fifteen_templates_are_there(whole: Inventory) -> None:
    """Each has its file, whose first line names its columns, and one more file says what is missing."""
    filled = register(whole, TODAY)
    written = files(filled, gaps(filled))

    assert len(TEMPLATES) == len(filled) == 15
    assert set(written) == {template.file for template in TEMPLATES.values()} | {MISSING}
    for template in TEMPLATES.values():
        rows = list(csv.reader(io.StringIO(written[template.file])))
        assert rows[0] == [column.code for column in template.columns]
        assert len(rows) == 1 + len(filled[template.code])
        assert {len(row) for row in rows} == {len(template.columns)}


def test_a_whole_inventory_leaves_only_what_no_inventory_can_say(whole: Inventory) -> None:
    """What remains: the group, total assets, own definitions, and identifiers of companies we have no contract with."""
    left = {(gap.template, gap.column) for gap in gaps(register(whole, TODAY))}

    assert left == {
        ("B_01.02", "c0050"), ("B_01.02", "c0060"), ("B_01.02", "c0080"), ("B_01.02", "c0110"),
        ("B_05.01", "c0020"), ("B_05.01", "c0110"), ("B_05.01", "c0120"), ("B_05.02", "c0040"), ("B_99.01", ""),
    }  # fmt: skip


def test_the_contract_is_told_as_agreed(whole: Inventory) -> None:
    """Term, notices both ways in days, law, places, storage and reliance of each function on each provider."""
    rows = register(whole, TODAY)["B_02.02"]
    first = next(row for row in rows if row["c0010"] == "C-1" and row["c0050"] == "F1")

    assert first == {
        "c0010": "C-1", "c0020": "529900T8BM49AURSDO55", "c0030": "549300MLH00Y3BN4HD49", "c0040": codes.LEI,
        "c0050": "F1", "c0060": "eba_TA:S19", "c0070": "2025-01-01", "c0080": "2027-01-01", "c0100": "60",
        "c0110": "90", "c0120": "eba_GA:DE", "c0130": "eba_GA:US", "c0140": "eba_BT:x28", "c0150": "eba_GA:US",
        "c0160": "eba_GA:US", "c0170": "eba_ZZ:x793", "c0180": "eba_ZZ:x796",
    }  # fmt: skip


def test_a_cell_holds_one_value(whole: Inventory) -> None:
    """A service in two countries is two rows; one that keeps nothing names no place of storage and never ends."""
    rows = [row for row in register(whole, TODAY)["B_02.02"] if row["c0010"] == "aws-ea"]

    assert [row["c0160"] for row in rows] == ["eba_GA:DE", "eba_GA:FR"]
    assert {row["c0140"] for row in rows} == {"eba_BT:x29"}
    assert {row["c0080"] for row in rows} == {codes.FOREVER}
    assert not any("c0150" in row for row in rows)


def test_the_supply_chain_goes_down_rank_by_rank(whole: Inventory) -> None:
    """As the contract states it, else as the upstreams stand on one another."""
    chains = {
        (row["c0010"], row["c0030"]): (row["c0050"], row.get("c0060")) for row in register(whole, TODAY)["B_05.02"]
    }

    assert chains == {
        ("C-1", "549300MLH00Y3BN4HD49"): ("1", None),
        ("C-1", "cloudflare"): ("2", "549300MLH00Y3BN4HD49"),
        ("C-1", "backbone"): ("3", "cloudflare"),
        ("aws-ea", "213800D1EI4B9WTWWD28"): ("1", None),
        ("aws-ea", "backbone"): ("2", "213800D1EI4B9WTWWD28"),
    }


def test_objectives_are_whole_hours(whole: Inventory) -> None:
    """An hour and a half counts as two; what is critical says yes and what is deferrable no."""
    first, second = register(whole, TODAY)["B_06.01"]

    assert (first["c0050"], first["c0080"], first["c0090"]) == ("eba_BT:x28", "2", "24")
    assert (second["c0050"], second["c0080"], second["c0100"]) == ("eba_BT:x29", "48", "eba_ZZ:x791")


def test_alternatives_are_those_who_may_serve(whole: Inventory) -> None:
    """A provider is replaceable when every function that uses it has somebody else permitted."""
    openai, aws = register(whole, TODAY)["B_07.01"]

    assert (openai["c0110"], openai["c0060"]) == ("eba_BT:x29", codes.NO_ALTERNATIVES)
    assert (aws["c0110"], aws["c0120"]) == ("eba_BT:x28", "openai, onprem")


def test_the_shipped_inventory_leads_nowhere_wrong() -> None:
    """No dangling key, and every gap that an inventory can fill names the key that fills it."""
    filled = register(load(SHIPPED), TODAY)
    found = gaps(filled)

    assert dangling(filled) == []
    assert not [gap for gap in found if "does not stand in" in gap.problem]
    assert {gap.fill for gap in found if gap.template == "B_06.01"} == {
        "processes.*.function.activity", "processes.*.function.assessed", "processes.*.function.id",
        "processes.*.objectives.rpo",
    }  # fmt: skip


def test_a_group_of_countries_is_a_gap_and_no_country() -> None:
    """`EU` is where something may be processed, but no cell of the register takes it."""
    filled = register(parse(WHOLE.replace("processing: [DE, FR]", "processing: [EU]")), TODAY)

    assert not any("eba_GA:EU" in row.values() for rows in filled.values() for row in rows)
    assert ("B_02.02", "c0160") in {(gap.template, gap.column) for gap in gaps(filled)}


def test_a_dangling_key_and_a_term_that_ends_before_it_begins_are_found(whole: Inventory) -> None:
    """The guard bites: a register in which a provider was lost on the way says so, at the row."""
    filled = register(parse(WHOLE.replace("begins: 2025-01-01", "begins: 2027-06-01")), TODAY)
    filled["B_05.01"] = filled["B_05.01"][1:]
    found = [gap.problem for gap in gaps(filled)]

    assert "549300MLH00Y3BN4HD49 does not stand in B_05.01" in found
    assert "the arrangement ends before it begins" in found
    assert not [gap for gap in gaps(register(whole, TODAY)) if gap.problem != "missing" and gap.column]


OPTIONAL = (
    "lei: 529900T8BM49AURSDO55, ", " lei: 549300MLH00Y3BN4HD49,", "reference: C-1, ", "begins: 2025-01-01, ", "notice: 60d, ",
    "id: F1, ", "id: F2, ", ", subcontractors: [backbone]", ", contract: aws-ea", "law: IE, ", "service_type: S19", ", retention: 30d",
)  # fmt: skip

FEWER = {", subcontractors: [backbone]", ", contract: aws-ea"}
"""Without these there are fewer rows, and so fewer cells to fill."""


@given(st.sets(st.sampled_from(OPTIONAL)))
def test_whatever_is_left_out_no_key_dangles(left_out: set[str]) -> None:
    """Property: fewer facts never make references that lead nowhere, and never fewer gaps."""
    text = WHOLE
    for part in left_out:
        text = text.replace(part, "")
    filled = register(parse(text), TODAY)

    assert dangling(filled) == []
    if left_out.isdisjoint(FEWER):
        assert len(gaps(filled)) >= len(gaps(register(parse(WHOLE), TODAY)))


@pytest.mark.parametrize("kind", ["cooperative bakery", ""])
def test_an_unknown_type_of_entity_is_a_gap(kind: str) -> None:
    """Only the register's own words have a code."""
    text = WHOLE.replace("type: credit institution, ", f"type: {kind}, " if kind else "")

    assert ("B_01.01", "c0040") in {(gap.template, gap.column) for gap in gaps(register(parse(text), TODAY))}


def test_contracts_under_another_are_linked_to_it() -> None:
    """The one above is overarching, and is there though no provider is under it; the reason of an end has its code."""
    text = WHOLE.replace(
        "contracts:\n",
        "contracts:\n  frame: {reference: C-0, currency: EUR, annual_cost: 1, under: group}\n  group: {}\n",
    )
    text = text.replace(
        "{reference: C-1,", "{reference: C-1, under: frame, termination: {given: 2026-10-01, reason: security},"
    )
    filled = register(parse(text), TODAY)
    rows = {row["c0010"]: (row["c0020"], row.get("c0030")) for row in filled["B_02.01"]}

    assert rows == {
        "C-1": (codes.SUBSEQUENT, "C-0"),
        "aws-ea": (codes.STANDALONE, None),
        "C-0": (codes.SUBSEQUENT, "group"),
        "group": (codes.OVERARCHING, None),
    }
    assert {row["c0010"]: row.get("c0090") for row in filled["B_02.02"]} == {"C-1": "eba_CO:x7", "aws-ea": None}
    assert dangling(filled) == []
