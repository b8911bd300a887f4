"""Where verbs write: never over the inventory, and one answer where nothing can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from modelrouter.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
inventory: house
include: [parts/more.yaml]
providers:
  one: {company: One, headquarters: DE, accounts: {main: {key: env:ONE_KEY}}}
models:
  small: {developer: one, family: small, context: 8k}
deployments:
  small-one: {provider: one, model: small, wire: openai-chat, url: "https://one.example/v1", processing: [DE]}
"""
PART = """\
processes: {letters: {owner: office, routes: [small-one]}}
"""
OVER = [
    ("export", "cyclonedx", "--out"),
    ("export", "backstage", "--out"),
    ("export", "openslo", "--out"),
    ("export", "dora", "--out"),
    ("impact", "--html"),
    ("check", "--sarif"),
    ("calendar", "--stated", "--ics"),
    ("calendar", "--stated", "--html"),
    ("drill", "--only", "suspended-one", "--level", "simulated", "--out"),
]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an inventory in two files; it is the present one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODELROUTER_INVENTORY", raising=False)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "more.yaml").write_text(PART, encoding="utf-8")
    (tmp_path / "providers.yaml").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "link.yaml").symlink_to("providers.yaml")
    return tmp_path


def run(*words: str) -> Any:
    """Type it."""
    result: Any = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize("target", ["providers.yaml", "parts/../parts/more.yaml", "link.yaml"])
@pytest.mark.parametrize("words", OVER, ids=" ".join)
def test_no_verb_writes_over_the_inventory(words: tuple[str, ...], target: str, house: Path) -> None:
    """Neither over the file, nor over a part of it, nor through a link: one error, and every byte is as it was."""
    done = run(*words, target)

    assert (done.exit_code, done.stderr) == (
        2,
        f"error: {target} is part of the inventory and is not written over: name another file\n",
    )
    assert (house / "providers.yaml").read_text(encoding="utf-8") == WHOLE
    assert (house / "parts" / "more.yaml").read_text(encoding="utf-8") == PART


@pytest.mark.parametrize("words", OVER, ids=" ".join)
def test_what_cannot_be_written_has_one_exit_code(words: tuple[str, ...], house: Path) -> None:
    """A file stands where a folder is wanted: 2, and one line that says where."""
    done = run(*words, "providers.yaml/below")

    assert done.exit_code == 2
    assert "providers.yaml/below" in done.stderr
    assert done.stderr.startswith("error: ")
    assert (house / "providers.yaml").read_text(encoding="utf-8") == WHOLE


@pytest.mark.parametrize("form", ["cyclonedx", "backstage", "openslo"])
def test_a_form_of_one_text_goes_to_standard_output(form: str, house: Path) -> None:
    """`--out -` prints it alone, and writes no file called so."""
    printed = run("export", form, "--out", "-").stdout
    run("export", form, "--out", "written")

    assert printed.splitlines()[0] == (house / "written").read_text(encoding="utf-8").splitlines()[0]
    assert len(printed.splitlines()) == len((house / "written").read_text(encoding="utf-8").splitlines())
    assert not (house / "-").exists()


@pytest.mark.parametrize("words", [each for each in OVER if each[0] not in ("drill", "export")], ids=" ".join)
def test_what_is_printed_is_not_mixed_with_what_is_written(words: tuple[str, ...], house: Path) -> None:
    """A verb that prints tables writes its file beside them; `-` is refused rather than taken for a file's name."""
    done = run(*words, "-")

    assert (done.exit_code, "name a file" in done.stderr, (house / "-").exists()) == (2, True, False)


def test_a_report_is_its_whole_folder(house: Path) -> None:
    """A folder that holds anything else is refused before anything is played; the next report goes over the last one."""
    words = ("drill", "--only", "suspended-one", "--level", "simulated", "--out")
    refused = run(*words, ".")

    assert refused.exit_code == 2
    assert "link.yaml" in refused.stderr
    assert "name another" in refused.stderr
    assert not (house / "report.json").exists()
    assert run(*words, "report").exit_code == run(*words, "report").exit_code != 2
    assert run("drill", "--verify", "report").exit_code == 0
