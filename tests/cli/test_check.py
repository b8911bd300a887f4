"""`modelrouter check`: viability beside what is wrong with the file, for people, pipelines and code hosts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.inventory_texts import SMALL, changed
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.continuity.lint import RULES

ROOT = Path(__file__).parents[2]
DAY = ("--today", "2026-11-23")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables and lines as on a wide terminal, and no inventory but the one that is named."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("MODELROUTER_INVENTORY", raising=False)


def run(*words: object) -> tuple[int, str]:
    """Exit code and output of a command."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A small inventory whose one process has one deployment alone."""
    file = tmp_path / "providers.yaml"
    file.write_text(changed("[gpt, qwen]", "[qwen]").replace("  gpt: {provider", "  spare: {provider"))
    return file


def test_a_finding_is_drawn_like_any_other_problem(alone: Path) -> None:
    """With the rule's id, the place, the line, the mark and the advice; notes are counted and not drawn."""
    code, output = run("check", alone, *DAY)

    assert code == 0
    assert (
        "warning[R14]: qwen alone may serve claims: when it is lost, this stops\n"
        f"  ──▶ {alone}:12:46  processes.claims.routes\n"
        "12 │   claims: {owner: claims-operations, routes: [qwen]}\n"
        "   │                                              ^\n"
        "   ╰─ Add a second permitted deployment of another provider, and another model family.\n"
    ) in output
    assert output.endswith("is right, 2 warnings, 1 note (--notes shows them)\n")
    assert "note[R10]" not in output


def test_notes_are_shown_when_asked_for(alone: Path) -> None:
    """--notes draws them, too."""
    _, output = run("check", alone, "--notes", *DAY)

    assert "note[R10]: nobody has said what qwen carries" in output
    assert output.endswith("is right, 2 warnings, 1 note\n")


def test_strict_fails_on_warnings_and_not_on_notes(alone: Path) -> None:
    """--strict ends with 1 for warnings; a rule that is ignored is not counted; notes never fail."""
    alone.write_text(alone.read_text().replace("  spare: {provider", "  # spare: {provider").replace("[tools]", "[]"))

    assert run("check", alone, *DAY)[0] == 0
    assert run("check", alone, "--strict", *DAY)[0] == 1
    text = SMALL.replace("[tools]", "[]")
    alone.write_text(text)

    assert "note" in run("check", alone, "--strict", *DAY)[1]
    assert run("check", alone, "--strict", *DAY)[0] == 0


def test_rules_can_be_left_out(alone: Path) -> None:
    """--ignore takes ids in any case, one or several; an id that is none is a wrong command line."""
    _, output = run("check", alone, "--ignore", "r14", "--ignore", "R15,R10", "--notes", *DAY)

    assert "[R" not in output
    code, output = run("check", alone, "--ignore", "R99", *DAY)

    assert code == 2
    assert "R99" in output


def test_programs_get_rule_place_and_advice(alone: Path) -> None:
    """--json lists findings beside problems, each with its rule, its name and its place."""
    report = json.loads(run("check", alone, "--json", *DAY)[1])

    assert report["findings"][-1] == {
        "rule": "R14",
        "name": "alone",
        "file": str(alone),
        "line": 12,
        "column": 46,
        "path": "processes.claims.routes",
        "message": "qwen alone may serve claims: when it is lost, this stops",
        "hint": "Add a second permitted deployment of another provider, and another model family.",
        "severity": "warning",
    }
    assert [problem["severity"] for problem in report["problems"]] == ["warning"] * len(report["problems"])


def test_an_error_of_viability_fails(alone: Path) -> None:
    """A key that has ended cannot serve: exit code 1, though the file loads."""
    alone.write_text(SMALL.replace("{key: env:OPENAI_API_KEY}", "{key: env:OPENAI_API_KEY, ends: 2026-11-22}"))
    code, output = run("check", alone, *DAY)

    assert code == 1
    assert "error[R07]: the key of openai/main ended on 2026-11-22" in output
    assert "loads, but names what cannot be used: 1 error" in output
    assert run("check", alone, "--today", "2026-11-22")[0] == 0
    assert run("check", alone, "--today", "tomorrow")[0] == 2


def test_the_shipped_inventory_passes_with_its_weakness_named() -> None:
    """Exit code 0; the route with one permitted deployment and the contract that ends are among the warnings."""
    code, output = run("check", ROOT / "providers.yaml", *DAY)

    assert code == 0
    assert "warning[R14]: claude-bedrock-eu alone may serve medical-reports" in output
    assert "warning[R04]: gemini-direct may not serve medical-reports" in output
    assert "warning[R16]: google-cloud ends on 2026-12-31, in 38 days" in output


TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}, "additionalProperties": False}  # fmt: skip
LEVEL = {"enum": ["error", "warning", "note"]}
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool", "results", "columnKind", "invocations"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "additionalProperties": False,
                    "properties": {
                        "driver": {
                            "type": "object",
                            "required": ["name", "version", "rules"],
                            "additionalProperties": False,
                            "properties": {
                                "name": {"const": "modelrouter"},
                                "version": {"type": "string", "minLength": 1},
                                "rules": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/rule"}},
                            },
                        }
                    },
                },
                "columnKind": {"const": "unicodeCodePoints"},
                "invocations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["executionSuccessful"],
                        "additionalProperties": False,
                        "properties": {"executionSuccessful": {"type": "boolean"}},
                    },
                },
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "rule": {
            "type": "object",
            "required": ["id", "name", "shortDescription", "fullDescription", "help", "defaultConfiguration"],
            "additionalProperties": False,
            "properties": {
                "id": {"type": "string", "pattern": "^[IR][0-9]{2}$"},
                "name": {"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
                "shortDescription": TEXT,
                "fullDescription": TEXT,
                "help": TEXT,
                "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}, "required": ["level"], "additionalProperties": False},
            },
        },
        "result": {
            "type": "object",
            "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": LEVEL,
                "message": TEXT,
                "locations": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/location"}},
                "partialFingerprints": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
            },
        },
        "location": {
            "type": "object",
            "required": ["physicalLocation"],
            "additionalProperties": False,
            "properties": {
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation", "region"],
                    "additionalProperties": False,
                    "properties": {
                        "artifactLocation": {"type": "object", "required": ["uri"], "additionalProperties": False, "properties": {"uri": {"type": "string", "pattern": "^[^ \\\\]+$"}}},
                        "region": {
                            "type": "object",
                            "required": ["startLine", "startColumn"],
                            "additionalProperties": False,
                            "properties": {"startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
                "logicalLocations": {
                    "type": "array",
                    "items": {"type": "object", "required": ["fullyQualifiedName", "kind"], "additionalProperties": False, "properties": {"fullyQualifiedName": {"type": "string"}, "kind": {"const": "member"}}},
                },
            },
        },
    },
}  # fmt: skip
"""The part of SARIF 2.1.0 that is written, as strict as the standard is, and closed: nothing else may stand there."""


def log_of(file: Path, into: Path) -> dict[str, Any]:
    """The SARIF log of an inventory, found valid."""
    run("check", file, "--sarif", into, *DAY)
    log: dict[str, Any] = json.loads(into.read_text())
    jsonschema.Draft202012Validator(SARIF).validate(log)
    return log


@pytest.mark.parametrize("file", ["providers.yaml", "examples/providers.yaml", "tests/inventory/broken/misspelt.yaml"])
def test_code_hosts_get_sarif(file: str, tmp_path: Path) -> None:
    """Every finding and every problem of the file, each with its rule and a fingerprint of its own."""
    (run_,) = log_of(ROOT / file, tmp_path / "log.sarif")["runs"]
    rules = run_["tool"]["driver"]["rules"]
    report = json.loads(run("check", ROOT / file, "--json", *DAY)[1])

    assert [rule["id"] for rule in rules] == ["I01", *(rule.id for rule in RULES)]
    assert len(run_["results"]) == len(report["problems"]) + len(report["findings"]) > 0
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run_["results"])
    prints = [result["partialFingerprints"]["finding/v1"] for result in run_["results"]]
    assert len(prints) == len(set(prints))
    assert run_["invocations"][0]["executionSuccessful"] is report["usable"]


def test_a_place_in_sarif_is_that_of_the_terminal(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same line and column; the file is named relative to where the command runs, with what an address escapes."""
    folder = alone.parent / "our inventory"
    folder.mkdir()
    file = folder / "providers.yaml"
    file.write_text(alone.read_text())
    monkeypatch.chdir(alone.parent)
    (run_,) = log_of(file.relative_to(alone.parent), alone.parent / "log.sarif")["runs"]
    result = run_["results"][-1]
    place = result["locations"][0]

    assert result["ruleId"] == "R14"
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "our%20inventory/providers.yaml"},
        "region": {"startLine": 12, "startColumn": 46},
    }
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "processes.claims.routes"


def test_a_fingerprint_outlives_a_move(alone: Path, tmp_path: Path) -> None:
    """A finding that only moves to another line is the same finding to whoever tracks them."""

    def prints() -> list[str]:
        results = log_of(alone, tmp_path / "log.sarif")["runs"][0]["results"]
        return [result["partialFingerprints"]["finding/v1"] for result in results]

    before = prints()
    alone.write_text("# one more line\n" + alone.read_text())

    assert before == prints()


@pytest.mark.parametrize("break_", ["level", "region", "extra", "index"])
def test_the_check_of_sarif_bites(break_: str, tmp_path: Path) -> None:
    """A log with a wrong level, a line 0, an unknown key or a rule that is not a number is no SARIF of ours."""
    log = log_of(ROOT / "providers.yaml", tmp_path / "log.sarif")
    result = log["runs"][0]["results"][0]
    {
        "level": lambda: result.update(level="grave"),
        "region": lambda: result["locations"][0]["physicalLocation"]["region"].update(startLine=0),
        "extra": lambda: result.update(line=3),
        "index": lambda: result.update(ruleIndex="R01"),
    }[break_]()

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SARIF).validate(log)


def test_sarif_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """One line and exit code 2."""
    code, output = run("check", ROOT / "providers.yaml", "--sarif", tmp_path / "none" / "log.sarif", *DAY)

    assert code == 2
    assert "cannot be written: No such file or directory" in output
