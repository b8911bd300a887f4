"""Options that do not go together are refused, never swallowed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from modelrouter.cli.app import app

SHIPPED = str(Path(__file__).parents[2] / "providers.yaml")
EXAMPLE = str(Path(__file__).parents[2] / "examples" / "providers.yaml")


def run(*words: str) -> Any:
    """Type it."""
    result: Any = CliRunner().invoke(app, list(words), env={"COLUMNS": "200", "MODELROUTER_INVENTORY": None})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--repair", "--suspend", "openai"], "--repair does not go together with --suspend"),
        (
            ["--repair", "--process", "claims-triage", "--html", "x.html"],
            "--repair does not go together with --process, --html",
        ),
        (["--repair", "--diff", EXAMPLE, EXAMPLE], "--diff does not go together with --repair"),
        (["--diff", EXAMPLE, EXAMPLE, "--fail-on", "down"], "--diff does not go together with --fail-on"),
        (
            ["--independence", "gpt-direct", "--of", "hr-letters", "--end", "x"],
            "--independence does not go together with --end",
        ),
    ],
    ids=str,
)
def test_impact_answers_one_question_at_a_time(words: list[str], said: str) -> None:
    """What a question would not look at is refused by name, with exit code 2."""
    done = run("impact", EXAMPLE, *words)

    assert (done.exit_code, done.stderr) == (2, f"error: {said}\n")


def test_a_repair_fails_where_it_is_asked_to() -> None:
    """`--repair --fail-on` prints the same lines, and its exit code is that of the question without `--repair`."""
    plain = run("impact", EXAMPLE, "--repair")
    spof = run("impact", EXAMPLE, "--repair", "--fail-on", "spof")
    down = run("impact", EXAMPLE, "--repair", "--fail-on", "down")

    assert plain.stdout == spof.stdout == down.stdout
    assert spof.exit_code == run("impact", EXAMPLE, "--fail-on", "spof").exit_code == 1
    assert plain.exit_code == down.exit_code == run("impact", EXAMPLE, "--fail-on", "down").exit_code == 0


@pytest.mark.parametrize("option", ["--out", "--sign", "--baseline"])
def test_a_static_drill_writes_no_evidence_and_says_so(option: str, tmp_path: Path) -> None:
    """Without a plan; nothing is written."""
    done = run("drill", SHIPPED, "--level", "static", option, str(tmp_path / "x"))

    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert done.stderr.endswith(f"so it does not go together with {option}\n")


@pytest.mark.parametrize("form", ["cyclonedx", "backstage", "openslo"])
def test_only_the_register_has_mandatory_cells(form: str, tmp_path: Path) -> None:
    """`--strict` is refused for the other forms, and nothing is written."""
    done = run("export", form, SHIPPED, "--strict", "--out", str(tmp_path / "x"))

    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "it goes with dora alone" in done.stderr


def test_a_key_in_pem_comes_from_the_environment_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report that it signs is found whole, by people and by programs, and a change is told to both."""
    secret = Ed25519PrivateKey.generate()
    pem = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    monkeypatch.setenv("DRILL_KEY", pem)
    out = tmp_path / "report"
    words = ["--level", "simulated", "--only", "suspended-openai", "--sign", "env:DRILL_KEY", "--out", str(out)]
    played = run("drill", EXAMPLE, *words)
    told = run("drill", "--verify", str(out), "--json")

    assert played.exit_code in {0, 1}, played.output
    assert json.loads(told.stdout)["whole"] is True
    assert json.loads(told.stdout)["signer"].startswith("ed25519:")
    (out / "report.json").write_text("{}", encoding="utf-8")
    changed = run("drill", "--verify", str(out), "--json")
    assert (changed.exit_code, json.loads(changed.stdout)["wrong"]) == (1, ["report.json was changed"])


def test_a_key_with_a_control_character_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several lines are allowed, and nothing else that nobody can see."""
    monkeypatch.setenv("DRILL_KEY", "-----BEGIN \x07PRIVATE KEY-----")
    done = run("drill", EXAMPLE, "--sign", "env:DRILL_KEY", "--out", str(tmp_path / "x"))

    assert (done.exit_code, "is it the key alone" in done.stderr) == (2, True)


def test_where_there_is_no_report_nothing_is_verified(tmp_path: Path) -> None:
    """An empty folder, and one that is not there: exit code 2, and never the code of a report that was changed."""
    for folder in (tmp_path, tmp_path / "none"):
        done = run("drill", "--verify", str(folder))
        assert (done.exit_code, "there is no report of a drill in" in done.stderr) == (2, True)
