"""What differs between two inventories, in places and in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
from support.gateway import INVENTORY

from modelrouter.core.inventory import Inventory
from modelrouter.inventory.diff import diff, fingerprint
from modelrouter.inventory.loader import parse

TEXT = INVENTORY.format(first="http://localhost:1/v1", second="http://localhost:2/v1")
SIGNATURES = """\
signatures:
  - {id: one, cause: suspended, scope: account, text: first words}
  - {id: two, cause: throttled, scope: account, text: other words}
"""


ZEROS = "0" * 64


def edits(*changes: tuple[str, str]) -> list[str]:
    """What is said of a file in which texts were replaced."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return [str(edit) for edit in diff(parse(TEXT), parse(text))]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("region: us-east", "region: eu-west", ["deployment gpt region: us-east → eu-west"]),
        ("env:FIRST_KEY", "env:OTHER", ["provider first accounts.main.key: env:FIRST_KEY → env:OTHER"]),
        ("deadline: 20s", "deadline: 40s", ["process claims objectives.deadline: 20 → 40"]),
        ("routes: [gpt, qwen]", "routes: [qwen, gpt]", ["process claims routes: gpt, qwen → qwen, gpt"]),
        (", region: us-east", "", ["deployment gpt region removed: us-east"]),
        ("gpt-4o: claims", "gpt-4o: letters", ["alias gpt-4o: claims → letters"]),
        ("inventory: two-upstreams", "inventory: renamed", ["inventory: two-upstreams → renamed"]),
        (
            "  archive: {owner: records, routes: [gpt]}\n",
            "",
            ["process archive removed: standard, gpt"],
        ),
        ("in: [DE]", "in: [DE, US]", ["policy personal-at-home rules.headquarters.allowed: DE → DE, US"]),
    ],
)
def test_says_what_changed(old: str, new: str, said: list[str]) -> None:
    """One sentence for each difference, in the words of the file, and nothing for what stayed."""
    assert edits((old, new)) == said


def test_an_entry_that_came_is_one_edit_with_its_facts() -> None:
    """It has a place, no value before, and its facts by their places."""
    more = TEXT.replace("processes:\n", "processes:\n  new: {owner: me, routes: [qwen]}\n")
    (edit,) = diff(parse(TEXT), parse(more))

    assert (edit.path, edit.kind, edit.before) == ("processes.new", "added", None)
    assert isinstance(edit.after, dict)
    assert edit.after["routes"] == ("qwen",)


def test_values_of_headers_are_compared_and_never_shown() -> None:
    """A header may be confidential: that it changed is said, not to what."""
    old, new = (TEXT.replace("region: us-east", f"headers: {{x-team: {team}}}") for team in ("wombat", "numbat"))
    (edit,) = diff(parse(old), parse(new))

    assert edit.path == "deployments.gpt.headers.x-team"
    assert "wombat" not in repr(edit) + str(edit)
    assert "numbat" not in repr(edit) + str(edit)


def test_the_order_of_signatures_counts() -> None:
    """The first that fits decides, so another order is a difference; one that came is no other order."""
    two = parse(TEXT + SIGNATURES)
    turned = replace(two, signatures=two.signatures[::-1])
    assert [edit.path for edit in diff(two, turned)] == ["signatures.order"]
    assert [edit.path for edit in diff(parse(TEXT), two)] == ["signatures.one", "signatures.two"]
    assert fingerprint(two) != fingerprint(turned)


def test_every_part_of_an_inventory_is_compared() -> None:
    """Whichever field is emptied, that is a difference; only where it was read from is none."""
    whole = parse(
        "entity: {name: Example Bank}\nledger: {folder: ledger}\ntelemetry: {otlp: 'http://127.0.0.1:4318'}\n"
        f"access: {{keys: {{app: {{hash: 'sha256:{ZEROS}'}}}}}}\n"
        "upstreams: {cloud: {company: C}}\ncontracts: {k: {ends: 2027-01-01}}\nregions: {HERE: [DE]}\n"
        + TEXT.replace("headquarters: DE", "headquarters: {value: DE, source: register}")
        + SIGNATURES
    )
    unseen = []
    for field in fields(Inventory):
        value = getattr(whole, field.name)
        alone = field.name in ("entity", "ledger", "telemetry")
        nothing = None if alone else {} if isinstance(value, Mapping) else type(value)()
        emptied: Any = {field.name: nothing}
        other = replace(whole, **emptied)
        assert value or field.name == "files"
        assert (fingerprint(other) != fingerprint(whole)) == bool(diff(whole, other))
        if not diff(whole, other):
            unseen.append(field.name)

    assert unseen == ["path", "files"]
    assert diff(whole, whole) == ()


def test_what_has_no_name_is_told_by_its_place() -> None:
    """Credits, maintenance and their like stand in a list without names: a change of one is a difference, in its place."""
    contract = (
        "contracts: {k: {sla: {credits: [{below: 99.9%, credit: 10%}, {below: 99%, credit: 25%}],"
        ' maintenance: [{day: sunday, at: "02:00", length: 2h}]}}}\n'
    )
    before, after = (parse(TEXT + each) for each in (contract, contract.replace("credit: 25%", "credit: 30%")))

    assert [str(edit) for edit in diff(before, after)] == ["contract k sla.credits.2.credit: 0.25 → 0.3"]
    assert fingerprint(before) != fingerprint(after)
