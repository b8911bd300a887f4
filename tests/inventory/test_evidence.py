"""`ledger:` and `record:` of an inventory: what they mean, and what is refused with the place and what to write."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from modelrouter.core.evidence import Anchor, Ledger, Record
from modelrouter.errors import InventoryError
from modelrouter.inventory.diff import diff, fingerprint
from modelrouter.inventory.loader import parse

SMALL = """\
inventory: small
providers: {{a: {{headquarters: DE}}}}
models: {{m: {{developer: d, family: f, context: 1000}}}}
deployments: {{x: {{provider: a, model: m, url: "https://a.example/v1"}}}}
processes: {{p: {{owner: o, routes: [x]{record}}}}}
{ledger}
"""


def written(ledger: str, record: str = "") -> str:
    """A small inventory with these sections."""
    return SMALL.format(ledger=ledger, record=f", record: {{{record}}}" if record else "")


def refused(ledger: str, record: str = "") -> list[str]:
    """What is said of it, with line and column."""
    with pytest.raises(InventoryError) as caught:
        parse(written(ledger, record))
    return [str(problem) for problem in caught.value.problems]


def test_a_folder_is_enough() -> None:
    """Everything else has its default; without the section nothing is recorded."""
    assert parse(written("")).ledger is None
    assert parse(written("")).processes["p"].record == Record(content=False, keep_s=30 * 86_400)
    assert parse(written("ledger: {folder: ledger}")).ledger == Ledger(folder="ledger", origin="small")


def test_everything_that_can_be_said() -> None:
    """Each key arrives where the runtime reads it."""
    inventory = parse(
        written(
            "ledger: {folder: /var/ledger, origin: ledger.example/router, durability: relaxed, unavailable: refuse,"
            " key: env:LEDGER_KEY, checkpoint: {entries: 50, every: 5s}, postgres: env:DSN, contents: {key: file:key},"
            ' anchors: [{file: anchor}, {witness: "https://w.example", key: w+1+2}, {syslog: "udp://127.0.0.1:514"}]}',
            "content: true, keep: 90d",
        )
    )

    assert inventory.ledger == Ledger(
        folder="/var/ledger",
        origin="ledger.example/router",
        durability="relaxed",
        unavailable="refuse",
        key="env:LEDGER_KEY",
        checkpoint_entries=50,
        checkpoint_s=5.0,
        postgres="env:DSN",
        contents_key="file:key",
        anchors=(
            Anchor(kind="file", where="anchor"),
            Anchor(kind="witness", where="https://w.example", key="w+1+2"),
            Anchor(kind="syslog", where="udp://127.0.0.1:514"),
        ),
    )
    assert inventory.processes["p"].record == Record(content=True, keep_s=90 * 86_400)


def test_relative_paths_are_beside_the_inventory() -> None:
    """Also when it is read from elsewhere."""
    ledger = Ledger(folder="ledger", origin="x")

    assert ledger.beside("/etc/router/providers.yaml") == PurePath("/etc/router/ledger")
    assert ledger.beside("/etc/router/providers.yaml", "/mnt/anchor") == PurePath("/mnt/anchor")


def test_contents_without_a_key_are_refused() -> None:
    """Prompts are kept encrypted or not at all; the problem stands at the process that asks."""
    for ledger in ("", "ledger: {folder: ledger}"):
        (said,) = refused(ledger, "content: true")
        assert said.startswith("providers.yaml:5:")
        assert "processes.p.record.content" in said
        assert "contents: {key: env:CONTENT_KEY}" in said
    assert parse(written("ledger: {folder: ledger}", "content: false")).ledger is not None


@pytest.mark.parametrize(
    ("anchor", "said"),
    [
        ("{}", "of no kind"),
        ('{file: a, syslog: "udp://h:514"}', "file and syslog at once"),
        ('{witness: "https://w.example"}', "'key' is missing"),
        ("{file: a, key: k}", "a file has no key"),
        ('{syslog: "http://h:1"}', "is no syslog receiver"),
        ('{witness: "ftp://w", key: k}', "is no address"),
    ],
)
def test_an_anchor_is_of_exactly_one_kind(anchor: str, said: str) -> None:
    """Each mistake is one problem, at its place."""
    (problem,) = refused(f"ledger: {{folder: ledger, anchors: [{anchor}]}}")

    assert said in problem
    assert "ledger.anchors[0]" in problem


@pytest.mark.parametrize(
    ("ledger", "said"),
    [
        ("ledger: {}", "'folder' is missing"),
        ("ledger: {folder: l, durability: strickt}", "Did you mean 'strict'?"),
        ("ledger: {folder: l, unavailable: drop}", "none of serve, refuse"),
        ("ledger: {folder: l, origin: a b}", "is no origin"),
        ("ledger: {folder: l, origin: a+b}", "is no origin"),
        ("ledger: {folder: l, key: 0123456789abcdef}", "does not say where the key is found"),
        ("ledger: {folder: l, checkpoint: {every: 10ms}}", "too often"),
        ("ledger: {folder: l, fodler: l}", "no key 'fodler'"),
    ],
)
def test_mistakes_are_named(ledger: str, said: str) -> None:
    """With the place in the file and what to write."""
    (problem,) = refused(ledger)

    assert problem.startswith("providers.yaml:6:")
    assert said in problem


def test_a_change_of_the_ledger_is_a_difference() -> None:
    """Reloads and reviews see it like any other."""
    before, after = parse(written("ledger: {folder: l}")), parse(written("ledger: {folder: l, durability: relaxed}"))

    assert [str(edit) for edit in diff(before, after)] == ["ledger durability: strict → relaxed"]
    assert fingerprint(before) != fingerprint(after)
    assert len(diff(parse(written("")), before)) >= 1
