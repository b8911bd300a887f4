"""What is said where something is not found, or is not there at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from modelrouter.cli.app import app

SHIPPED = str(Path(__file__).parents[2] / "providers.yaml")


def run(*words: str) -> Any:
    """Type it."""
    result: Any = CliRunner().invoke(app, list(words), env={"COLUMNS": "200", "MODELROUTER_INVENTORY": None})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize("level", ["static", "simulated"])
@pytest.mark.parametrize(
    ("word", "meant"), [("F4O", "F40 ("), ("deepseek", "DeepSeek"), ("nothing-like-it", "list shows all")]
)
def test_an_incident_is_looked_for_by_id_and_by_title(word: str, meant: str, level: str) -> None:
    """Among incidents, never among scenarios; and the list is named."""
    done = run("drill", SHIPPED, "--level", level, "--incident", word)

    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: there is no incident {word!r}; ")
    assert meant in done.stderr
    assert done.stderr.endswith("--incident list shows all\n")


def test_an_empty_plan_is_told_how_plans_begin(tmp_path: Path) -> None:
    """And one that is not there is not answered with a verb that writes inventories."""
    (tmp_path / "plan.yaml").write_text("", encoding="utf-8")
    empty = run("drill", SHIPPED, "--plan", str(tmp_path / "plan.yaml"))
    missing = run("drill", SHIPPED, "--plan", str(tmp_path / "none.yaml"))

    assert (empty.exit_code, missing.exit_code) == (2, 2)
    assert "the file is empty. Begin with `drill: NAME`." in empty.stderr
    assert "there is no such file. Check the path." in missing.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--suspend", "provder:openai"], "there is no kind 'provder'; did you mean provider:openai?"),
        (["--withdraw", "famly:claude"], "there is no kind 'famly'; did you mean family:claude?"),
        (
            ["--suspend", "famly:claude"],
            "did you mean family:claude? But suspend takes provider, account, company or key",
        ),
    ],
)
def test_a_kind_that_is_mistyped_has_a_near_miss(words: list[str], said: str) -> None:
    """The kind is what is wrong, so the kind is what is offered."""
    done = run("impact", SHIPPED, *words)

    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("verb", ["impact", "capacity"])
def test_without_processes_there_is_nothing_to_judge(verb: str, tmp_path: Path) -> None:
    """Said in one line; it would be wrong to say that all is well."""
    file = tmp_path / "providers.yaml"
    file.write_text("inventory: nobody\n", encoding="utf-8")
    done = run(verb, str(file))

    assert (done.exit_code, done.stdout) == (2, "")
    assert "describes no process, so there is nothing to judge" in done.stderr


def test_one_process_is_one_process(tmp_path: Path) -> None:
    """Numbers and nouns agree."""
    file = tmp_path / "providers.yaml"
    file.write_text(
        "inventory: one\n"
        "providers: {own: {company: self, headquarters: DE, local: true}}\n"
        "models: {small: {developer: own, family: small, context: 8k}}\n"
        "deployments: {a: {provider: own, model: small, wire: openai-chat, url: 'http://localhost:1/v1', processing: [DE]}}\n"
        "processes: {letters: {owner: office, routes: [a]}}\n",
        encoding="utf-8",
    )

    assert run("impact", str(file)).stdout.startswith("one: 1 process, 1 deployment, ")


@pytest.mark.parametrize(
    "words", [["export", "openslo"], ["impact"], ["calendar"], ["capacity"], ["drill"]], ids=" ".join
)
def test_an_inventory_that_is_not_there_is_named(words: list[str]) -> None:
    """One exit code, and the file's own name."""
    done = run(*words, "nofile.yaml")

    assert (done.exit_code, "nofile.yaml" in done.stderr, "there is no such file" in done.stderr) == (2, True, True)
