"""The weak spot of the shipped inventory: impact, check and the drill each find it, and one repair ends it for all three."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from typer.testing import CliRunner

from modelrouter.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED = Path(__file__).parents[2] / "providers.yaml"
WEAK = "medical-reports"


def typed(*words: str) -> str:
    """What a command prints."""
    result: Any = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return str(result.stdout)


def by_impact(file: Path) -> bool:
    """Whether one failure stops it."""
    facts = json.loads(typed("impact", str(file), "--json"))
    return any(WEAK in each["processes"] for each in facts["weak_spots"]["single"])


def by_check(file: Path) -> bool:
    """Whether the rule against single deployments speaks of it."""
    found = json.loads(typed("check", str(file), "--json"))["findings"]
    return any(each["rule"] == "R14" and WEAK in each["message"] for each in found)


def by_drill(file: Path, out: Path) -> bool:
    """Whether it did not live through the suspension of its provider, played."""
    words = ("--only", "suspended-aws", "--level", "simulated", "--out", str(out), "--json")
    (scenario,) = (
        each for each in json.loads(typed("drill", str(file), *words))["scenarios"] if each["id"] != "steady"
    )
    verdicts = {each["process"]: each["verdict"] for each in scenario["processes"]}
    return verdicts[WEAK] not in {"SURVIVED", "DEGRADED"}


def pasted(facts: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Sections joined, and what stands there replaced."""
    whole = dict(facts)
    for key, value in more.items():
        whole[key] = pasted(facts[key], value) if isinstance(facts.get(key), dict) else value
    return whole


def test_it_is_found_three_times_and_mended_once(tmp_path: Path) -> None:
    """What `impact --repair` prints, pasted into the file, makes all three fall silent."""
    facts = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    mended = tmp_path / "mended.yaml"
    mended.write_text(yaml.safe_dump(pasted(facts, yaml.safe_load(typed("impact", str(SHIPPED), "--repair")))))

    assert (by_impact(SHIPPED), by_check(SHIPPED), by_drill(SHIPPED, tmp_path / "before")) == (True, True, True)
    assert (by_impact(mended), by_check(mended), by_drill(mended, tmp_path / "after")) == (False, False, False)
