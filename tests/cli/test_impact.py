"""`modelrouter impact`, typed as people type it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.testing import CliRunner

from modelrouter.cli.app import app

if TYPE_CHECKING:
    from click.testing import Result

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "providers.yaml"
DAY = "2026-11-23"


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("MODELROUTER_INVENTORY", raising=False)


def run(*words: str, file: Path = SHIPPED) -> Result:
    """Type it, of an inventory."""
    named = [] if "--diff" in words else [str(file)]
    result: Any = CliRunner().invoke(app, ["impact", *named, "--today", DAY, *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result  # type: ignore[no-any-return] # typer's own copy of click's class in newer versions


def told(*words: str, file: Path = SHIPPED, code: int = 0) -> Any:
    """The same, for programs."""
    result = run(*words, "--json", file=file)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def verdicts(facts: Any) -> dict[str, str]:
    """Process → verdict."""
    return {each["process"]: each["verdict"] for each in facts["processes"]}


def merged(base: Any, more: Any) -> Any:
    """What somebody does who pastes lines into a file: sections are joined, and what stands there is replaced."""
    if not isinstance(base, dict) or not isinstance(more, dict):
        return more
    return {**base, **{key: merged(base.get(key), value) for key, value in more.items()}}


def written(folder: Path, facts: Any, name: str = "inventory.yaml") -> Path:
    """An inventory as a file."""
    file = folder / name
    file.write_text(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return file


def shipped() -> Any:
    """The shipped inventory as plain values."""
    return yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))


class TestEvents:
    """What breaks if."""

    def test_several_at_once(self) -> None:
        """Every event is told, every process judged, and the gravest come first."""
        facts = told(
            *("--suspend", "provider:anthropic", "--withdraw", "family:claude"),
            *("--throttle", "account:azure/insurance=50%", "--lose", "upstream:cloudflare"),
            *("--geofence", "DE", "--provider", "openai", "--end", "contract:google-cloud"),
        )

        assert [each["said"] for each in facts["events"]] == [
            "provider anthropic suspends our accounts",
            "family claude is withdrawn",
            "contract google-cloud ends",
            "upstream cloudflare is lost",
            "account azure/insurance is throttled to 50%",
            "provider openai shuts out DE",
        ]
        assert verdicts(facts) == {
            "broker-documents": "DOWN",
            "medical-reports": "DOWN",
            "claims-triage": "DEGRADED",
            "payment-screening": "DEGRADED",
            "customer-assistant": "DEGRADED",
            "developer-assistant": "DEGRADED",
            "campaign-texts": "DEGRADED",
        }
        assert facts["verdicts"] == {"DOWN": 2, "NO_PERMITTED_ROUTE": 0, "DEGRADED": 5, "SAFE": 0}
        assert facts["throttled"] == [{"deployment": "gpt-azure-eu", "left": 0.5}]
        assert facts["stopped_weight"] == 4 + 2

    def test_the_reason_tree(self) -> None:
        """Each deployment of the route: through what it is lost, or by which rule it may not serve."""
        facts = told("--lose", "provider:aws")

        medical = facts["processes"][0]
        assert (medical["process"], medical["verdict"], medical["served_by"]) == (
            "medical-reports",
            "NO_PERMITTED_ROUTE",
            [],
        )
        assert medical["route"][0]["causes"] == [{"path": ["provider:aws"], "note": "lost"}]
        assert [each["rule"] for each in medical["route"][1]["refused_by"]] == [
            "medical-reports.data.processing",
            "eu-personal",
        ]
        broker = next(each for each in facts["processes"] if each["process"] == "broker-documents")
        assert broker["route"][0]["causes"] == [{"path": ["provider:anthropic", "provider:aws"], "note": "lost"}]
        assert broker["served_by"] == ["gpt-direct", "gemini-direct"]

    def test_for_people(self) -> None:
        """The verdict, who serves, what is left, and the way to the loss."""
        printed = run("--suspend", "aws").stdout

        assert "▶ provider aws suspends our accounts" in printed
        assert re.search(r"medical-reports standard +NO_PERMITTED_ROUTE +nobody +0%", printed)
        assert "✗ claude-bedrock-eu ← account aws/prod: suspended by provider aws" in printed
        assert "⊘ gemini-direct not permitted by eu-personal: processing GLOBAL is not in EU" in printed
        assert "✗ 1 NO_PERMITTED_ROUTE, 4 DEGRADED, 2 SAFE; 2 of 29 by weight" in printed

    def test_every_verdict_is_given_for_the_shipped_inventory(self) -> None:
        """DOWN, NO_PERMITTED_ROUTE, DEGRADED and SAFE."""
        given = set(verdicts(told("--suspend", "aws")).values()) | set(verdicts(told("--lose", "US")).values())

        assert given == {"DOWN", "NO_PERMITTED_ROUTE", "DEGRADED", "SAFE"}

    @pytest.mark.parametrize("columns", ["60", "80", "200"])
    def test_a_narrow_terminal_shows_it_too(self, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
        """Nothing is wider than the terminal but lines that may wrap by themselves."""
        monkeypatch.setenv("COLUMNS", columns)

        printed = run("--lose", "US").stdout

        assert all(len(line.rstrip()) <= int(columns) for line in printed.splitlines() if not line.startswith("✗"))
        assert "medical-reports" in printed

    def test_one_process_alone(self) -> None:
        """By its name or an alias."""
        assert list(verdicts(told("--lose", "US", "--process", "gpt-4o"))) == ["customer-assistant"]

    def test_concentration_moves(self) -> None:
        """Who serves first then, beside who did before."""
        facts = told("--withdraw", "claude")

        by = {(each["dimension"], each["measure"]): each for each in facts["concentration"]}
        family = by["family", "processes"]
        assert family["hhi"] > family["hhi_before"]
        assert family["shares"][0]["name"] == "gpt"
        assert family["unserved"] == ["medical-reports"]
        assert by["provider", "spend"]["unit"] == "US dollars a day"

    def test_what_is_not_known_is_named(self, tmp_path: Path) -> None:
        """A deployment without egress, of processes without users: told, and taken as not hit."""
        facts = shipped()
        del facts["deployments"]["gemini-flash"]["egress"]
        facts["processes"]["campaign-texts"].pop("users", None)
        file = written(tmp_path, facts)

        judged = told("--geofence", "DE", "--provider", "google", file=file)

        assert verdicts(judged)["campaign-texts"] == "SAFE"
        (unknown,) = judged["unknown"]
        assert unknown.startswith("gemini-flash states no egress, and campaign-texts no users")
        assert "? gemini-flash states no egress" in run("--geofence", "DE", "--provider", "google", file=file).stdout


class TestExitCodes:
    """For CI."""

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (["--suspend", "aws"], 0),
            (["--suspend", "aws", "--fail-on", "down"], 1),
            (["--suspend", "google", "--fail-on", "down"], 0),
            (["--suspend", "google", "--fail-on", "degraded"], 1),
            (["--suspend", "google", "--fail-on", "degraded", "--process", "claims-triage"], 0),
            (["--fail-on", "down"], 0),
            (["--fail-on", "spof"], 1),
            (["--fail-on", "spof", "--process", "claims-triage"], 0),
        ],
    )
    def test_fail_on(self, words: list[str], code: int) -> None:
        """Zero, unless what is looked for is found among the processes that are asked about."""
        assert run(*words).exit_code == code


class TestMistakes:
    """Exit code 2, one line, and what might have been meant."""

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--suspend", "provider:antropic"], "no provider 'antropic'; did you mean 'anthropic'?\n  known: provider:anthropic, provider:aws"),
            (["--lose", "clodflare"], "no factor 'clodflare'; did you mean 'cloudflare'"),
            (["--lose", "clodflare"], "known: deployment:NAME, key:NAME"),
            (["--lose", "anthropic"], "'anthropic' may be developer:anthropic or provider:anthropic: write which"),
            (["--end", "x"], "known: contract:anthropic-msa, contract:openai-services"),
            (["--withdraw", "provider:aws"], "withdraw takes family, model or developer, and 'provider:aws' is a provider"),
            (["--throttle", "azure"], "as in account:azure/eu=50%"),
            (["--geofence", "Germany"], "no country or region 'Germany'"),
            (["--geofence", "DE", "--provider", "opnai"], "no provider 'opnai'; did you mean 'openai'"),
            (["--provider", "openai"], "write --geofence PLACE as well"),
            (["--process", "claims"], "no process 'claims'; did you mean 'claims-triage'"),
            (["--suspend", "onprem"], "nobody outside can suspend onprem, which is our own"),
            (["--independence", "qwen-local"], "write both: --independence DEPLOYMENT --of PROCESS"),
            (["--independence", "qwen-locl", "--of", "claims-triage"], "no deployment 'qwen-locl'; did you mean"),
            (["--html", "/nowhere/at/all.html"], "/nowhere/at/all.html cannot be written: No such file"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_meant(self, words: list[str], said: str) -> None:
        """Named, with a near miss, and the list of that kind."""
        result = run(*words)

        assert result.exit_code == 2
        assert said in result.stderr

    def test_an_inventory_that_is_wrong(self, tmp_path: Path) -> None:
        """What is wrong first, and who shows everything."""
        file = tmp_path / "bad.yaml"
        file.write_text("inventory: bad\nprocesses: {a: {}}\n")

        result = run(file=file)

        assert result.exit_code == 2
        assert f"modelrouter check {file} shows everything" in result.stderr

    def test_for_programs(self) -> None:
        """The same as one object."""
        facts = told("--end", "nothing", code=2)

        assert facts["error"].startswith("--end nothing: the inventory has no contract 'nothing'")
        assert "contract:anthropic-msa" in facts["known"]


class TestOverview:
    """Without events: what the inventory rests on."""

    def test_weak_spots_and_what_would_mend_them(self) -> None:
        """The weak spot of the shipped inventory, under each of its names, and the additions."""
        facts = told()

        by_law, medical = facts["weak_spots"]["single"]
        assert by_law["factors"] == ["jurisdiction:US"]
        assert medical["processes"] == ["medical-reports"]
        assert {"provider:aws", "family:claude", "key:aws/prod"} <= set(medical["factors"])
        assert facts["repair"]["additions"] == 3
        (new,) = facts["repair"]["new_deployments"]
        assert new["serves"] == ["medical-reports"]
        assert {each["process"]: each["must_fail"] for each in facts["processes"]}["medical-reports"] == 1

    def test_for_people(self) -> None:
        """Each part has its heading, and what is weak stands under it."""
        printed = run().stdout

        for heading in (
            "Single points of failure",
            "Worse together than alone",
            "Concentration of whoever serves first",
        ):
            assert heading in printed
        assert re.search(r"medical-reports standard +1 of 2 +1 +11", printed)
        assert "+ broker-documents: add mistral-local to its route" in printed
        assert "! medical-reports: nothing permitted is at hand; needs a new deployment" in printed

    def test_what_takes_one_process_down(self) -> None:
        """By name its minimal cut sets are listed, those that are alike together; their number is exact."""
        facts = told("--process", "claims-triage")
        printed = run("--process", "claims-triage").stdout

        (claims,) = facts["processes"]
        pairs, triples = claims["minimal"]
        assert (pairs["order"], pairs["sets"], triples["sets"]) == (2, 4, 400)
        assert claims["cut_sets"] == {"2": 4, "3": 400}
        assert ["jurisdiction:US"] in pairs["one_of_each"]
        assert (
            "4 of 2: any of [provider onprem, family qwen, model qwen3-32b and 1 more] with any of [jurisdiction US]"
            in printed
        )
        assert told()["processes"][0]["minimal"] is None

    def test_by_criticality(self) -> None:
        """How many of each are stopped, and how many one failure would stop."""
        lost, calm = told("--lose", "US")["criticalities"], run().stdout

        assert lost["important"] == {"processes": 2, "stopped": 1, "one_failure_stops": 1}
        assert lost["critical"] == {"processes": 2, "stopped": 0, "one_failure_stops": 0}
        assert "No single failure stops 2 of 2 critical, 1 of 2 important, 1 of 2 standard, 0 of 1 deferrable." in calm


class TestRepair:
    """The YAML that mends."""

    def test_what_it_prints_makes_the_weak_spots_go_away(self, tmp_path: Path) -> None:
        """Pasted into the shipped inventory, nothing fails alone any more, and `check` has no error."""
        lines = run("--repair").stdout
        file = written(tmp_path, merged(shipped(), yaml.safe_load(lines)))

        mended = told(file=file)

        assert mended["weak_spots"]["single"] == []
        assert mended["repair"]["additions"] == 0
        assert {each["must_fail"] for each in mended["processes"]} == {2}
        assert verdicts(told("--lose", "provider:aws", file=file))["medical-reports"] == "DEGRADED"
        checked: Any = CliRunner().invoke(app, ["check", str(file), "--json"])
        assert [each for each in json.loads(checked.stdout)["problems"] if each["severity"] == "error"] == []
        assert run("--repair", file=file).stdout == "# Nothing fails alone: no addition is needed.\n"

    def test_part_of_it_mends_part(self, tmp_path: Path) -> None:
        """Without the new deployment the weak spot stays: it is that which mends it."""
        facts = yaml.safe_load(run("--repair").stdout)
        del facts["processes"]["medical-reports"]
        file = written(tmp_path, merged(shipped(), facts))

        (left,) = told(file=file)["weak_spots"]["single"]

        assert left["processes"] == ["medical-reports"]

    def test_for_programs(self) -> None:
        """The same lines, and what is in them."""
        facts = told("--repair")

        assert facts["yaml"] == run("--repair").stdout
        assert {each["process"]: each["added"] for each in facts["routes"]} == {
            "broker-documents": ["mistral-local"],
            "medical-reports": ["medical-reports-fallback"],
            "campaign-texts": ["qwen-local"],
        }

    def test_what_nothing_mends_is_said(self, tmp_path: Path) -> None:
        """A gateway of one's own is no deployment's to mend."""
        facts = shipped()
        facts["upstreams"]["gateway"] = {"company": "self", "kind": "gateway"}
        facts["processes"]["claims-triage"]["upstreams"] = ["gateway"]

        printed = run("--repair", file=written(tmp_path, facts)).stdout

        assert "# claims-triage depends itself on upstream:gateway; no deployment mends that" in printed


class TestIndependence:
    """Would it be a fallback in its own right?"""

    def test_for_people(self) -> None:
        """What is shared, through what on either side, and what it would end."""
        printed = run("--independence", "claude-direct", "--of", "campaign-texts").stdout

        assert "✗ claude-direct is not independent of campaign-texts" in printed
        assert "both ← provider anthropic ← provider aws  |  provider aws" in printed
        assert "✓ mistral-local is independent of broker-documents" in run(
            "--independence", "mistral-local", "--of", "broker-documents"
        ).stdout  # fmt: skip

    def test_for_programs(self) -> None:
        """The same."""
        facts = told("--independence", "claude-direct", "--of", "medical-reports")

        assert not facts["permitted"]
        assert facts["compared_with"][0]["nearest"] == "model:claude-opus-4-8"


class TestDiff:
    """Two inventories."""

    def test_a_route_that_was_shortened_fails_the_check(self, tmp_path: Path) -> None:
        """Exit code 1, who survives less, and why."""
        facts = shipped()
        facts["processes"]["broker-documents"]["routes"] = ["claude-direct", "gpt-direct"]
        new = written(tmp_path, facts)

        result = run("--diff", str(SHIPPED), str(new))

        assert result.exit_code == 1
        assert "✗ broker-documents survives less" in result.stdout
        assert "taken down alone now by company:Cloudflare Inc, upstream:cloudflare" in result.stdout
        assert "may no longer be served by gemini-direct" in result.stdout
        assert run("--diff", str(new), str(SHIPPED)).exit_code == 0

    def test_for_programs(self, tmp_path: Path) -> None:
        """What changed for each process."""
        facts = shipped()
        facts["processes"]["medical-reports"]["routes"] = ["claude-bedrock-eu"]
        facts["processes"]["campaign-texts"]["routes"] = ["gemini-flash", "nova-bedrock-eu", "qwen-local"]

        compared = told("--diff", str(SHIPPED), str(written(tmp_path, facts)))

        by = {each["process"]: each for each in compared["processes"]}
        assert (compared["fell"], by["medical-reports"]["survives"], by["campaign-texts"]["survives"]) == (
            False,
            "same",
            "more",
        )
        assert by["campaign-texts"]["single_removed"] == ["jurisdiction:US"]
        assert (by["campaign-texts"]["must_fail_before"], by["campaign-texts"]["must_fail"]) == (1, 2)


class _Page(HTMLParser):
    """What a browser would fetch, and what it would show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [str(value) for name, value in attrs if name in {"src", "href", "action", "data"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


class TestPage:
    """One self-contained page."""

    @pytest.mark.parametrize("words", [[], ["--lose", "US"], ["--suspend", "aws", "--throttle", "azure=20%"]])
    def test_it_needs_nothing_else_and_says_the_same(self, tmp_path: Path, words: list[str]) -> None:
        """No script, nothing fetched, every tag closed; every process that is not safe is drawn and explained."""
        file = tmp_path / "impact.html"
        run(*words, "--html", str(file))

        page = _Page(file.read_text(encoding="utf-8"))

        assert page.fetched == []
        assert "script" not in page.tags
        assert page.open == []
        assert page.tags.count("svg") == 1
        shown = " ".join(page.text)
        for name, verdict in verdicts(told(*words)).items():
            assert name in shown
            assert verdict in shown or not words

    def test_the_picture_leaves_out_what_is_not_concerned(self, tmp_path: Path) -> None:
        """A process that is safe has no card, and is named beneath."""
        file = tmp_path / "impact.html"
        run("--suspend", "google", "--html", str(file))

        text = file.read_text(encoding="utf-8")

        picture = text[text.index("<svg") : text.index("</svg>")]
        assert "broker-documents" in picture
        assert "claims-triage" not in picture
        assert "Not affected, and not drawn: " in text

    def test_of_many_processes_the_gravest_are_drawn(self, tmp_path: Path) -> None:
        """The others are counted; the table has them all."""
        facts = shipped()
        for number in range(30):
            facts["processes"][f"letters-{number}"] = facts["processes"]["campaign-texts"]
        source, file = written(tmp_path, facts), tmp_path / "impact.html"
        run("--lose", "US", "--html", str(file), file=source)

        text = file.read_text(encoding="utf-8")

        picture, rest = text[text.index("<svg") : text.index("</svg>")], text[text.index("</svg>") :]
        assert "broker-documents" in picture
        assert picture.count("letters-") < 30
        assert "more processes of lesser weight, not drawn." in rest
        assert all(f"letters-{number}" in rest for number in range(30))

    def test_what_is_not_known_stands_on_the_page(self, tmp_path: Path) -> None:
        """As on the terminal."""
        facts = shipped()
        del facts["deployments"]["gemini-flash"]["egress"]
        facts["processes"]["campaign-texts"].pop("users", None)
        file = tmp_path / "impact.html"
        run("--geofence", "DE", "--html", str(file), file=written(tmp_path, facts))

        assert "Not known: gemini-flash states no egress, and campaign-texts no users" in file.read_text(
            encoding="utf-8"
        )

    def test_names_cannot_become_markup(self, tmp_path: Path) -> None:
        """Whatever an owner is called."""
        facts = shipped()
        facts["processes"]["claims-triage"]["owner"] = "<script>alert(1)</script>"
        facts["providers"]["aws"]["company"] = '"><img src=x>'
        file = tmp_path / "impact.html"

        run("--html", str(file), file=written(tmp_path, facts))
        run("--lose", "aws", "--html", str(tmp_path / "lost.html"), file=written(tmp_path, facts))

        for text in (file.read_text(encoding="utf-8"), (tmp_path / "lost.html").read_text(encoding="utf-8")):
            assert "<script" not in text
            assert "<img" not in text

    def test_the_same_inventory_gives_the_same_bytes(self, tmp_path: Path) -> None:
        """No clock and no chance."""
        first, second = tmp_path / "a.html", tmp_path / "b.html"
        run("--html", str(first))
        run("--html", str(second))

        assert first.read_bytes() == second.read_bytes()
