"""A contract that has ended: a finding of a rule, which people and programs can address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from modelrouter.cli.app import app

EXAMPLE = Path(__file__).parents[2] / "examples" / "providers.yaml"
ENDED = "house ended on 2026-03-31"


def check(file: Path, today: str, *words: str) -> Any:
    """Everything that is found on a day, for programs."""
    done: Any = CliRunner().invoke(app, ["check", str(file), "--today", today, "--json", *words])
    return json.loads(done.stdout)


def test_a_contract_that_has_ended_is_addressed_by_a_rule(tmp_path: Path) -> None:
    """R16 from the day after its last; `--ignore` leaves it out, and SARIF names the rule."""
    file = tmp_path / "providers.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8") + "contracts: {house: {ends: 2026-03-31}}\n", encoding="utf-8")
    log = tmp_path / "log.sarif"
    after = check(file, "2026-04-01", "--sarif", str(log))
    results = json.loads(log.read_text(encoding="utf-8"))["runs"][0]["results"]

    assert [each["rule"] for each in after["findings"] if each["message"] == ENDED] == ["R16"]
    assert [each["ruleId"] for each in results if "ended on 2026-03-31" in each["message"]["text"]] == ["R16"]
    assert ENDED not in str(check(file, "2026-03-31"))
    assert ENDED not in str(check(file, "2026-04-01", "--ignore", "R16"))
    assert ENDED not in str(after["problems"])


def test_an_older_inventory_that_is_not_there_is_told_with_its_reason() -> None:
    """`check --diff` says why it cannot be compared."""
    done: Any = CliRunner().invoke(app, ["check", str(EXAMPLE), "--diff", "nofile.yaml"], env={"COLUMNS": "400"})

    assert done.exit_code == 2
    assert "there is no such file" in done.output
