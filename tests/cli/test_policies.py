"""Policies on the command line: which rule removed what, for whom, and on which day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from modelrouter.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

FILE = """\
inventory: policies
contracts:
  paper: {ends: 2030-06-30}
providers:
  far: {headquarters: US, contract: paper, accounts: {main: {key: env:A}}}
  near: {headquarters: DE, local: true}
models:
  m: {developer: d, family: f, context: 32k}
  n: {developer: e, family: g, weights: open, context: 32k}
deployments:
  abroad: {provider: far, model: m, url: "https://a.example/v1", processing: [US]}
  home: {provider: near, model: n, url: "http://localhost:1/v1", processing: [DE]}
processes:
  letters: {owner: o, routes: [abroad, home]}
policies:
  - {id: minors, when: {person: minor}, processing: {in: [EU]}}
  - {id: federal, when: {segment: us-federal}, headquarters: {in: [US]}}
  - {id: later, processing: {in: [EU]}, from: 2029-01-01}
"""
NOW = ("--today", "2028-12-31")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The inventory above."""
    path = tmp_path / "providers.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def told(*words: str) -> Any:
    """What a verb prints for programs."""
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("words", "abroad", "home"),
    [
        (NOW, [], []),
        ((*NOW, "--person", "MINOR"), ["minors"], []),
        ((*NOW, "--segment", "us-federal"), [], ["federal"]),
        (("--today", "2029-01-01"), ["later"], []),
        (("--today", "2030-07-01", "--person", "minor"), ["contract:paper", "minors", "later"], []),
    ],
)
def test_explain_names_every_rule_of_a_day(
    file: Path, words: tuple[str, ...], abroad: list[str], home: list[str]
) -> None:
    """For whom and when is said on the command line; each deployment comes with every rule that removed it."""
    route = told("explain", "letters", "--inventory", str(file), *words)["route"]

    assert [[each["rule"] for each in step["excluded_by"]] for step in route] == [abroad, home]


def test_explain_tells_people(file: Path) -> None:
    """The rule and its reason, in a sentence; a slip is refused with what was meant."""
    words = ("explain", "letters", "--inventory", str(file))
    printed = CliRunner().invoke(app, [*words, "--today", "2030-07-01"]).stdout
    slip = CliRunner().invoke(app, [*words, "--person", "mino"])

    assert "abroad: not permitted by contract:paper: it ended on 2030-06-30" in printed
    assert "abroad: not permitted by later: processing US is not in EU" in printed
    assert slip.exit_code != 0
    assert "did you mean 'minor'" in slip.output


@pytest.mark.parametrize(
    ("day", "rules", "serving"),
    [
        ("2028-12-31", [], ["abroad", "home"]),
        ("2029-01-01", ["later"], ["home"]),
        ("2030-07-01", ["contract:paper", "later"], ["home"]),
    ],
)
def test_impact_judges_a_day(file: Path, day: str, rules: list[str], serving: list[str]) -> None:
    """Who may stand in, and by which rule who may not, on the day that is asked about."""
    (letters,) = told("impact", str(file), "--lose", "deployment:home", "--today", day)["processes"]

    assert [each["rule"] for each in letters["route"][0]["refused_by"]] == rules
    assert letters["served_by"] == [each for each in serving if each != "home"]
