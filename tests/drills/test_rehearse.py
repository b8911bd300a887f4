"""Whole rehearsals: real twins, the real router under the real SDK, the command itself."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.core.causes import Cause
from modelrouter.drills.guard import Guard
from modelrouter.drills.miniature import miniature
from modelrouter.drills.rehearse import plan, rehearse
from modelrouter.drills.stage import Library, Stage
from modelrouter.drills.verdict import Verdict
from modelrouter.inventory.loader import load

COMPANY = dedent("""
    inventory: small
    providers:
      openai: {company: OpenAI, headquarters: US, accounts: {main: {key: env:NOBODY_SET_THIS}}}
      anthropic: {company: Anthropic, headquarters: US, accounts: {main: {key: env:NOR_THIS}}}
    models:
      gpt: {developer: openai, family: gpt, context: 100000, capabilities: [tools, json_schema]}
      claude: {developer: anthropic, family: claude, context: 100000, capabilities: [tools, json_schema]}
      claude-mini: {developer: anthropic, family: claude, context: 100000}
    deployments:
      gpt-direct: {provider: openai, model: gpt, wire: openai-chat, url: "https://api.openai.com/v1"}
      claude-direct: {provider: anthropic, model: claude, wire: anthropic-messages, url: "https://api.anthropic.com"}
      claude-small:
        {provider: anthropic, model: claude-mini, wire: anthropic-messages, url: "https://api.anthropic.com", limits: {rpm: 60}}
    processes:
      sorting:
        owner: a
        criticality: critical
        routes: [gpt-direct, claude-direct]
        needs: {capabilities: [tools]}
        demand: {rpm: 120}
      stranded: {owner: b, criticality: CRITICALITY, routes: [gpt-direct], demand: {rpm: 60}}
      crowded:
        owner: c
        criticality: important
        routes: [gpt-direct, claude-small]
        objectives: {deadline: 2s, minimum: 10%}
        demand: {rpm: 200}
""")


@pytest.fixture
def drill(tmp_path):
    """Run `modelrouter drill` on a small company; answers the result and the report."""

    def run(criticality: str, *options: str):
        file = tmp_path / "providers.yaml"
        file.write_text(COMPANY.replace("CRITICALITY", criticality), encoding="utf-8")
        out = tmp_path / "report"
        result = CliRunner().invoke(app, ["drill", str(file), "--out", str(out), *options])
        report = out / "report.json"
        return result, json.loads(report.read_bytes()) if report.exists() else None, out

    return run


def test_a_rehearsal_from_end_to_end(drill):
    """Two providers and three processes, one of them alone, one with a small fallback: verdicts, figures, files, exit 0."""
    result, report, out = drill("standard", "--only", "suspended-openai", "--only", "throttled-anthropic")
    played = {each["id"]: each for each in report["scenarios"]}
    sorting, stranded, crowded = played["suspended-openai"]["processes"]

    assert result.exit_code == 0, result.output
    assert list(played) == ["throttled-anthropic", "suspended-openai"]
    assert (sorting["verdict"], sorting["lost"], sorting["served_after"].keys()) == ("SURVIVED", 0, {"claude-direct"})
    assert (stranded["verdict"], stranded["remaining"]) == ("NO_PERMITTED_ROUTE", [])
    assert (crowded["verdict"], crowded["served_after"].keys()) == ("DEGRADED", {"claude-small"})
    assert 0 < crowded["lost"] < crowded["sent"]
    assert sorting["hits"] + stranded["hits"] + crowded["hits"] >= 1
    assert all(each["verdict"] == "SURVIVED" for each in played["throttled-anthropic"]["processes"])
    assert played["suspended-openai"]["holds"][0]["domain"] == "account:openai/main"
    assert (report["passed"], report["machine"]["refused"]) == (True, [])
    assert "NO_PERMITTED_ROUTE" in result.output
    assert "every critical and important process survived 2 scenarios; stranded did not" in result.output
    _words(report)
    _page((out / "index.html").read_text(encoding="utf-8"))


def _words(report):
    """Causes and verdicts are the words of the house, and only those."""
    verdicts = {each["verdict"] for scenario in report["scenarios"] for each in scenario["processes"]}
    causes = {fault["cause"] for scenario in report["scenarios"] for fault in scenario["faults"]}

    assert verdicts <= set(Verdict)
    assert list(report["verdicts"]) == list(Verdict)
    assert causes == {"suspended", "throttled"}
    assert causes <= set(Cause)
    assert list(report)[:6] == ["version", "inventory", "software", "host", "began", "took_s"]
    assert report["version"] == 2


def _page(page):
    """The page needs nothing from outside and shows each scenario."""
    assert page.count("<svg") == 3  # a timeline for each scenario, and the recovery of all
    assert 'id="suspended-openai"' in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


def test_a_critical_process_that_is_lost_fails_the_drill(drill):
    """Exit 1, and the report for programs alone on standard output."""
    result, report, _ = drill("critical", "--only", "suspended-openai", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout) == report
    assert report["passed"] is False
    assert report["conclusion"] == "stranded did not survive the 1 scenario"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--only", "suspended-opnai"], "did you mean suspended-openai"),
        (["--out", "/dev/null/nowhere", "--only", "steady"], "cannot be written"),
    ],
)
def test_what_cannot_be_played_is_exit_2(drill, options, told):
    """A scenario that does not exist, a folder that cannot be: one line that says so, and nothing of a verdict."""
    result, report, _ = drill("standard", *options)

    assert (result.exit_code, report) == (2, None)
    assert told in result.output


def test_what_is_being_done_is_told_as_it_changes(tmp_path):
    """Whoever waits hears of the setting up and of each batch before it is played, not only when it is over."""
    file = tmp_path / "providers.yaml"
    file.write_text(COMPANY.replace("CRITICALITY", "standard"), encoding="utf-8")
    inventory = load(file)
    scenarios = [replace(each, duration_s=0.1) for each in plan(inventory)[:3]]
    told: list[str] = []
    rehearse(inventory, scenarios, jobs=2, told=lambda each: told.append(each.scenario.id), doing=told.append)

    assert told == [
        "putting up twins and asking each once",
        "playing steady and 1 more",
        "steady",
        "throttled-openai",
        "playing throttled-anthropic",
        "throttled-anthropic",
    ]


def test_an_inventory_without_processes_is_exit_2(tmp_path):
    """There is nothing to rehearse: one line says so, and no report is written."""
    file = tmp_path / "empty.yaml"
    file.write_text(COMPANY[: COMPANY.index("processes:")], encoding="utf-8")
    result = CliRunner().invoke(app, ["drill", str(file), "--out", str(tmp_path / "report")])

    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1
    assert "describes no process" in result.output
    assert not (tmp_path / "report").exists()


def test_a_drill_without_its_libraries_is_exit_2():
    """What is not installed cannot be played: that is no verdict, and the line says what to install."""
    script = "import sys; sys.modules['openai'] = None; sys.argv = ['modelrouter', 'drill']\n"
    script += "from modelrouter.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "drill needs openai: pip install 'modelrouter[all]'\n"


def test_an_unusable_inventory_is_exit_2(tmp_path):
    """The first problem is named, and where to see all of them."""
    file = tmp_path / "broken.yaml"
    file.write_text("inventory: x\nprovders: {}\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["drill", str(file), "--out", str(tmp_path)])

    assert result.exit_code == 2
    assert "modelrouter check" in result.output


@pytest.mark.filterwarnings("ignore")  # litellm's import warns, and leaves its models half made where that is an error
@pytest.mark.anyio
async def test_litellm_is_served_by_its_twin_alone():
    """A deployment that litellm calls arrives at the twin with its dummy key, and nothing else is dialled."""
    shipped = load("providers.yaml")
    library = Library()
    with Guard() as guard:
        async with Stage(shipped, miniature(shipped), library) as stage:
            answer = await stage.client.chat.completions.create(
                model="claude-bedrock-eu", messages=[{"role": "user", "content": "Hello [[one]]"}]
            )
            (entry,) = stage.log()
        await library.end()

    assert "claude-bedrock-eu" in answer.choices[0].message.content
    assert (entry.deployment, entry.key_tail, entry.marker) == ("claude-bedrock-eu", "aws/prod", "one")
    assert guard.refused == []


SEARCH = dedent("""
    inventory: search
    providers:
      openai: {headquarters: US, accounts: {main: {key: env:NOBODY_SET_THIS}}}
      azure: {headquarters: US, accounts: {main: {key: env:NOR_THIS}}}
    models:
      large: {developer: openai, family: embedding, context: 8k, dimensions: 3072, capabilities: [embeddings]}
    deployments:
      first: {provider: openai, model: large, wire: openai-embeddings, url: "https://a.example/v1"}
      second: {provider: azure, model: large, wire: openai-embeddings, url: "https://b.example/v1"}
    processes:
      search: {owner: a, criticality: critical, routes: [first, second], demand: {rpm: 120}}
""")


def test_embeddings_are_rehearsed_as_such(tmp_path):
    """A process of embeddings asks for vectors, and its second provider serves when the first is gone."""
    file = tmp_path / "providers.yaml"
    file.write_text(SEARCH, encoding="utf-8")
    out = tmp_path / "report"

    result = CliRunner().invoke(app, ["drill", str(file), "--out", str(out), "--only", "suspended-openai"])

    (search,) = json.loads((out / "report.json").read_bytes())["scenarios"][0]["processes"]
    assert result.exit_code == 0, result.output
    assert (search["verdict"], search["lost"], search["served_after"].keys()) == ("SURVIVED", 0, {"second"})
