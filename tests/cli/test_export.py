"""`modelrouter export` and `init --from-litellm`, as people type them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from support.registers import WHOLE
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.inventory.loader import load

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
model_list:
  - {model_name: assistant, litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY}}
  - {model_name: spare, litellm_params: {model: anthropic/claude-opus-4-8, api_key: sk-live-0123456789}}
router_settings: {fallbacks: [{assistant: [spare]}], allowed_fails: 3}
"""


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in a folder of its own, which is the present one."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "providers.yaml"
    file.write_text(WHOLE, encoding="utf-8")
    return file


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and everything that was printed."""
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "160"})
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("form", "file"),
    [("cyclonedx", "bom.cdx.json"), ("backstage", "catalog-info.yaml"), ("openslo", "openslo.yaml")],
)
def test_a_form_is_written_under_its_usual_name_or_where_one_says(inventory: Path, form: str, file: str) -> None:
    """And says where."""
    assert run("export", form) == (0, f"wrote {file}\n")
    assert run("export", form, str(inventory), "--out", "elsewhere") == (0, "wrote elsewhere\n")
    assert (inventory.parent / file).stat().st_size == (inventory.parent / "elsewhere").stat().st_size > 0


def test_the_bill_names_this_version(inventory: Path) -> None:
    """So that a reader knows who wrote it."""
    run("export", "cyclonedx")
    tool = json.loads((inventory.parent / "bom.cdx.json").read_text())["metadata"]["tools"]["components"][0]

    assert tool["name"] == "modelrouter"


def test_the_register_comes_with_what_is_missing(inventory: Path) -> None:
    """Fifteen templates and one list; --strict makes missing cells an exit code."""
    code, said = run("export", "dora")
    folder = inventory.parent / "dora-register"
    missing = list(csv.DictReader((folder / "missing.csv").read_text(encoding="utf-8").splitlines()))

    assert code == 0
    assert f"{len(missing)} cells to fill" in said
    assert "nowhere yet" in said
    assert len(list(folder.glob("b_*.csv"))) == 15
    assert run("export", "dora", "--strict")[0] == 1


def test_an_unknown_form_and_a_broken_inventory_are_one_clear_error(inventory: Path) -> None:
    """And nothing is written."""
    assert "it is one of dora, cyclonedx, backstage, openslo" in run("export", "spdx")[1]
    inventory.write_text("inventory: x\nnonsense: 1\n", encoding="utf-8")
    code, said = run("export", "cyclonedx")

    assert code == 2
    assert "there is no key 'nonsense' here" in said
    assert [each.name for each in inventory.parent.iterdir()] == ["providers.yaml"]


def test_a_folder_that_cannot_be_made_is_one_clear_error(inventory: Path) -> None:
    """A file stands in its place."""
    code, said = run("export", "dora", "--out", str(inventory))

    assert (code, "is part of the inventory" in said) == (2, True)


def test_a_proxys_configuration_becomes_a_draft(tmp_path: Path) -> None:
    """What could not be carried over is said, the key that stood in it is not copied, and `check` accepts the draft."""
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    file = tmp_path / "providers.yaml"
    code, said = run("init", str(file), "--from-litellm", str(tmp_path / "config.yaml"))

    assert code == 0
    assert "2 deployments, 2 processes" in said
    assert "allowed_fails was not carried over" in said
    assert "sk-live" not in said + file.read_text(encoding="utf-8")
    routes = [each.id for each in load(file).processes["assistant"].routes]
    assert routes == ["assistant-openai", "spare-anthropic"]
    assert run("check", str(file))[0] == 0


def test_a_configuration_that_cannot_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    """A missing file, and one that is something else."""
    (tmp_path / "config.yaml").write_text("hello", encoding="utf-8")
    file = tmp_path / "providers.yaml"

    assert run("init", str(file), "--from-litellm", str(tmp_path / "no.yaml"))[0] == 1
    code, said = run("init", str(file), "--from-litellm", str(tmp_path / "config.yaml"))
    assert code == 1
    assert "there is no list `model_list` in it" in said
    assert not file.exists()
