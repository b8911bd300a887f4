"""What `modelrouter capacity` is asked with: numbers that are none, and a peak that nobody states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from modelrouter.cli.app import app

if TYPE_CHECKING:
    from click.testing import Result

SHIPPED = Path(__file__).parents[2] / "providers.yaml"
BARE = """\
inventory: bare
providers: {home: {company: self, headquarters: DE, local: true}}
models: {h1: {developer: home, family: h, weights: open, context: 200k}}
deployments: {one: {provider: home, model: h1, url: "http://home.test/v1", limits: {rpm: 40}}}
processes: {claims: {owner: o, routes: [one], demand: {rpm: 30}}}
"""


def run(*words: object) -> Result:
    """Type it."""
    result: Any = CliRunner().invoke(app, ["capacity", *(str(word) for word in words)])
    return result  # type: ignore[no-any-return] # typer's own copy of click's class in newer versions


@pytest.mark.parametrize("option", ["--load", "--surge"])
@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_what_is_no_number_is_refused_in_one_line(option: str, number: str) -> None:
    """Exit code 2 and an error, for people and for programs; never a table of nothing."""
    told = run(SHIPPED, option, number)
    asked = run(SHIPPED, option, number, "--json")

    assert (told.exit_code, asked.exit_code) == (2, 2)
    assert told.output == "error: --surge is a number of 1 or more, and --load one not below 0\n"
    assert "--load" in json.loads(asked.stdout)["error"]


def test_a_peak_that_nobody_states_is_said(tmp_path: Path) -> None:
    """--peak changes nothing then; where one process states its peak, nothing is said."""
    file = tmp_path / "providers.yaml"
    file.write_text(BARE)

    assert "--peak changes nothing: no process states demand.peak" in run(file, "--peak").output
    assert json.loads(run(file, "--peak", "--json").stdout)["no_peak_stated"] is True
    assert "--peak changes" not in run(file).output
    file.write_text(BARE.replace("rpm: 30", "rpm: 30, peak: 2"))
    assert "--peak changes" not in run(file, "--peak").output
