"""`modelrouter drill`: what happened to others, listed, foretold and rehearsed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from modelrouter.cli.drill import main

ROOT = Path(__file__).parents[2]
SHIPPED = str(ROOT / "providers.yaml")


@pytest.fixture
def drill(monkeypatch):
    """The verb, as typed."""
    monkeypatch.setenv("COLUMNS", "160")
    alone = typer.Typer(add_completion=False)
    alone.command()(main)
    return lambda *words: CliRunner().invoke(alone, [SHIPPED, *words])


def test_all_incidents_are_listed(drill):
    """One row for each, with what it is for this inventory, and how many concern it."""
    told = drill("--incident", "list")

    assert told.exit_code == 0
    assert all(f"F{number:02}" in told.stdout for number in range(1, 47))
    assert "47 incidents, 30 of them concern nordlicht-versicherung" in told.stdout
    assert "nothing here is vendor:deepseek" in told.stdout


def test_the_list_for_programs(drill):
    """Everything that a file says, with sources and assumptions."""
    told = {each["id"]: each for each in json.loads(drill("--incident", "list", "--json").stdout)}

    assert len(told) == 47
    assert told["F40"]["here"] == "yes"
    assert told["F40"]["sources"]
    assert told["F40"]["assumed"]
    assert told["F46"]["questions"]


def test_the_graph_foretells_without_playing(drill, tmp_path, monkeypatch):
    """`--level static` names what is lost and who is left without service, and writes no report."""
    monkeypatch.chdir(tmp_path)
    told = drill("--level", "static", "--incident", "F40", "--json")
    (found,) = json.loads(told.stdout)

    assert told.exit_code == 0  # medical-reports is standard: nothing that matters is stopped
    assert found["factors"] == ["family:claude"]
    assert found["stopped"] == ["medical-reports"]
    assert not list(tmp_path.iterdir())


def test_what_matters_and_is_lost_is_an_exit_code(drill):
    """A scenario that stops something critical or important answers 1."""
    assert drill("--level", "static", "--scenario", "down@jurisdiction:US").exit_code == 1
    assert drill("--level", "static").exit_code == 0


def test_incidents_that_are_nothing_here_say_why(drill):
    """The table of what is foretold ends with them."""
    told = drill("--level", "static", "--incident", "F34")

    assert told.exit_code == 0
    assert "F34 does not concern this inventory: nothing here is vendor:deepseek" in told.stdout


def test_an_incident_of_another_name_is_refused(drill):
    """With a near miss, and the exit code of what could not be played."""
    told = drill("--level", "static", "--incident", "F400")

    assert told.exit_code == 2
    assert "there is no incident 'F400'; did you mean F40" in told.stderr


def test_the_june_withdrawal_is_rehearsed(drill, tmp_path):
    """On virtual time: the report names it, and the one process without another route stops."""
    told = drill("--level", "simulated", "--incident", "F40", "--out", str(tmp_path), "--json")
    verdicts = {each["process"]: each["verdict"] for each in json.loads(told.stdout)["scenarios"][0]["processes"]}

    assert told.exit_code == 0
    assert verdicts["medical-reports"] == "NO_PERMITTED_ROUTE"
    assert verdicts["claims-triage"] == "SURVIVED"
    assert (tmp_path / "index.html").is_file()


def test_a_scenario_is_read_from_its_file(drill, tmp_path):
    """A file of one's own is played by its name."""
    own = tmp_path / "own.yaml"
    own.write_text(
        "scenario: no-sweden\ntitle: Sweden is gone\nfaults: [{fault: down, scope: {region: swedencentral}}]\n"
    )

    told = drill("--level", "static", "--scenario", str(own))
    assert told.exit_code == 0
    assert "no-sweden" in told.stdout
    assert "region:azure/swedencentral" in told.stdout
