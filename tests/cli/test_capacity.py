"""`modelrouter capacity`: for people, for programs, for pipelines."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.cli.capacity_tables import amount

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "providers.yaml"

SMALL = """\
inventory: small
providers:
  far: {headquarters: US, accounts: {main: {key: env:FAR, limits: {tpm: 150k}}}}
  home: {company: self, headquarters: DE, local: true}
models:
  f1: {developer: far, family: f, context: 200k}
  h1: {developer: home, family: h, weights: open, context: 200k}
deployments:
  far-one: {provider: far, model: f1, url: "https://far.test/v1", limits: {rpm: 200}, prices: {input: 2, output: 4}}
  home-one: {provider: home, model: h1, url: "http://home.test/v1", limits: {rpm: 40, concurrency: 4}}
processes:
  claims: {owner: o, criticality: critical, routes: [far-one, home-one], demand: {rpm: 50, tokens_in: 800, tokens_out: 200, peak: 2}, objectives: {minimum: 50%}}
  texts: {owner: o, criticality: deferrable, routes: [far-one, home-one], demand: {rpm: 60, tokens_in: 800, tokens_out: 200}, objectives: {minimum: 0%}}
"""


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables as on a wide terminal."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("MODELROUTER_INVENTORY", raising=False)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two processes, a provider with an account limit, and a server of one's own."""
    file = tmp_path / "providers.yaml"
    file.write_text(SMALL)
    return file


def run(*words: object) -> tuple[int, str]:
    """Exit code and output of a command."""
    result = CliRunner().invoke(app, ["capacity", *(str(word) for word in words)])
    return result.exit_code, result.output


def facts(*words: object) -> dict[str, Any]:
    """What --json says."""
    report: dict[str, Any] = json.loads(run(*words, "--json")[1])
    return report


def test_people_see_one_loss_in_full(small: Path) -> None:
    """Who is served by whom, what is used up, what it costs beside ordinary times, what to buy, what is not known."""
    code, output = run(small, "--lose", "provider:far")

    assert code == 0
    assert "provider far is lost" in output
    assert re.search(
        r"claims +KEPT +80% of 50 rpm +50% +home-one 40 +home-one rpm\ncritical +ordinary 100% +\n", output
    )
    assert re.search(r"texts +KEPT +0% of 60 rpm +0% +nobody +home-one rpm\ndeferrable +ordinary 100% +\n", output)
    assert "US dollars an hour, where prices are known: 0.00 (in ordinary times 15.84)" in output
    assert "not in it, since nobody has said what they cost: home-one (40 rpm)" in output
    assert "every process keeps its minimum through provider far is lost" in output
    assert "headroom through this loss: minima are kept up to 1.6 times this demand" in output
    assert output.endswith("not counted without --call-takes: home-one concurrency\n")


def test_people_see_every_single_loss(small: Path) -> None:
    """One line for each loss, every limit at its fullest, and the headroom in ordinary times and after any loss."""
    code, output = run(small, "--load", "1.7")

    assert code == 0
    assert re.search(r"provider:far \+5 alike +1 of 2 +claims 47% +0\+ +home-one rpm 100%\n", output)
    assert re.search(r"far/main tpm +150,000 +100% +100%\s*\n", output)
    assert re.search(r"home-one rpm +40 +9[23]% +100% +(account:far/main|provider:far)", output)
    assert re.search(r"deployment home-one +\+3 +requests a minute +40 → 43", output)
    assert re.search(r"headroom through any one of these losses: minima are kept up to 0\.94\d? times", output)


def test_the_shipped_inventory_serves_its_weak_process_last() -> None:
    """What is left after the loss of Azure is filled by graver processes first: medical-reports gets what remains."""
    azure = facts(SHIPPED, "--lose", "provider:azure")["losses"][0]["processes"]

    assert azure["medical-reports"]["word"] == "KEPT"
    assert azure["medical-reports"]["used_up"] == [{"owner": "deployment:claude-bedrock-eu", "limit": "tpm"}]
    assert azure["claims-triage"]["word"] == azure["payment-screening"]["word"] == "WHOLE"
    every = facts(SHIPPED)

    assert {("provider:aws", "medical-reports", "STOPPED")} <= {
        (each["lost"], each["process"], each["word"]) for each in every["hopeless"]
    }


def test_pipelines_fail_on_a_minimum(small: Path) -> None:
    """--fail-on minimum ends with 1 where one is not kept, and with 0 where all are."""
    assert run(small, "--fail-on", "minimum")[0] == 0
    assert run(small, "--fail-on", "minimum", "--load", "1.7")[0] == 1
    assert run(small, "--lose", "provider:home", "--fail-on", "minimum", "--load", "1.7")[0] == 0
    assert run(small, "--load", "1.7")[0] == 0


def test_programs_get_everything(small: Path) -> None:
    """Assumptions, ordinary times, each loss with its processes and limits, and what to buy."""
    report = facts(small, "--surge", "2", "--lose", "provider:home")
    (lost,) = report["losses"]

    assert report["assumed"] == {"surge": 2.0, "load": 1.0, "at_peak": False, "call_s": None}
    assert report["ordinary"]["processes"]["texts"]["by"] == {"far-one": 60.0}
    assert lost["lost"] == ["provider:home"]
    assert lost["others_flee"] is True
    assert lost["processes"]["claims"] == {
        "word": "WHOLE",
        "criticality": "critical",
        "wanted_rpm": 50.0,
        "served_rpm": 50.0,
        "share": 1.0,
        "minimum": 0.5,
        "keeps_minimum": True,
        "by": {"far-one": 50.0},
        "unknown_rpm": 0,
        "used_up": [],
    }
    assert lost["processes"]["texts"]["served_rpm"] == pytest.approx(25.0)
    assert lost["processes"]["texts"]["used_up"] == [{"owner": "account:far/main", "limit": "tpm"}]
    assert {"owner": "account:far/main", "limit": "tpm", "used": 75_000.0, "worth": 75_000.0} in [
        each | {"used": round(each["used"])} for each in lost["limits"]
    ]
    assert report["unlimited"] == []
    assert report["not_counted"] == ["home-one concurrency"]


def test_what_is_assumed_can_be_said(small: Path) -> None:
    """--peak, --load and --call-takes change what is asked and what is counted."""
    assert facts(small, "--peak")["ordinary"]["processes"]["claims"]["wanted_rpm"] == 100
    assert facts(small, "--load", "3")["ordinary"]["processes"]["claims"]["wanted_rpm"] == 150
    lost = facts(small, "--call-takes", "12s", "--lose", "provider:far")

    assert lost["losses"][0]["processes"]["claims"]["served_rpm"] == pytest.approx(20.0)
    assert lost["not_counted"] == []


def test_events_may_be_said_in_their_own_words(small: Path) -> None:
    """A suspension and a throttle are losses as well, several at once."""
    report = facts(small, "--suspend", "provider:far", "--throttle", "deployment:home-one=50%")

    assert report["losses"][0]["processes"]["claims"]["served_rpm"] == pytest.approx(20.0)
    assert report["losses"][0]["others_flee"] is False


def test_a_geofence_is_a_loss_for_whoever_calls_from_there(small: Path) -> None:
    """Deployments whose egress lies in the place are gone, of the provider that is named; others flee as well."""
    small.write_text(SMALL.replace("far-one: {provider: far,", "far-one: {provider: far, egress: DE,"))
    (shut,) = facts(small, "--geofence", "DE", "--provider", "far")["losses"]
    (elsewhere,) = facts(small, "--geofence", "FR")["losses"]

    assert shut["processes"]["claims"]["by"] == {"home-one": pytest.approx(40.0)}
    assert shut["others_flee"] is True
    assert elsewhere["processes"]["claims"]["by"] == {"far-one": pytest.approx(50.0)}
    assert run(small, "--provider", "far")[0] == 2
    assert run(small, "--geofence", "Atlantis")[0] == 2


def test_a_wrong_question_is_told(small: Path) -> None:
    """A factor that does not exist, a surge below 1, a file that is none: exit code 2, one line or one object."""
    code, output = run(small, "--lose", "provider:fra")

    assert code == 2
    assert output.startswith("error: --lose provider:fra: ")
    assert "far" in output
    assert run(small, "--surge", "0.5")[0] == 2
    assert "error" in facts(small.parent / "none.yaml")
    assert run(small, "--lose", "provider:far", "--fail-on", "maximum")[0] == 2


@pytest.mark.parametrize(
    ("number", "said"), [(240, "240"), (150_000, "150,000"), (1_500_000, "1.5M"), (2_000_001, "2,000,001")]
)
def test_limits_are_said_as_people_write_them(number: float, said: str) -> None:
    """Millions where they are round."""
    assert amount(number) == said
