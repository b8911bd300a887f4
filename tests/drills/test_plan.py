"""The drill object: read strictly, allowed or not, watched, played by the command, due again, signed."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.recordings import company
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.drills.fingerprint import fingerprint
from modelrouter.drills.level import frame
from modelrouter.drills.plan import Abort as AbortIf
from modelrouter.drills.plan import (
    Approval,
    Bounds,
    Expect,
    Freeze,
    Lease,
    Radius,
    Targets,
    expecting,
    objections,
    targeted,
)
from modelrouter.drills.planfile import parse_plan, plan_schema
from modelrouter.drills.selection import of_plan
from modelrouter.drills.watching import Sample, abort, departures, expired, measure, quantile
from modelrouter.errors import InventoryError
from modelrouter.inventory.loader import load, parse

WHEN = datetime(2026, 12, 20, 9, 0, tzinfo=UTC)
PLAN = dedent("""
    drill: q4
    owner: continuity
    title: OpenAI is lost
    level: simulated
    ticket: CHG-7
    approvals: [{by: A. Brandt, role: head of operations, date: 2026-11-16}, {by: B. Cole}]
    hypothesis: Sorting is served by Anthropic within ten seconds.
    scenario: [suspended-openai]
    seed: 7
    targets: {processes: [sorting]}
    steady: {for: 2m, before: {error_rate: 1%, p95: 4s}, after: {share: 99%}}
    abort: {error_rate: 10%, for: 20s, cost_per_minute: 50}
    blast_radius: {processes: 2, share: 5%, exclude: [crowded], freeze: [{begins: 2026-12-18, ends: 2027-01-06, why: year end}]}
    lease: {length: 15s}
    rollback: {when: aborted, within: 30s, verify: false}
    expect: {cost: 3}
    expects: {sorting: {rto: 10s, minimum: 80%, quality: 90%}}
    schedule: {every: 30d, max_age: 90d, on_change: true}
    evidence: {folder: evidence, keep: 1825d}
""")
COMPANY = dedent("""
    inventory: small
    providers:
      openai: {company: OpenAI, headquarters: US, accounts: {main: {key: env:NOBODY_SET_THIS}}}
      anthropic: {company: Anthropic, headquarters: US, accounts: {main: {key: env:NOR_THIS}}}
    models:
      gpt: {developer: openai, family: gpt, context: 100000}
      claude: {developer: anthropic, family: claude, context: 100000}
    deployments:
      gpt-direct: {provider: openai, model: gpt, wire: openai-chat, url: "https://api.openai.com/v1"}
      claude-direct: {provider: anthropic, model: claude, wire: anthropic-messages, url: "https://api.anthropic.com"}
    processes:
      sorting: {owner: a, criticality: standard, routes: [gpt-direct, claude-direct], demand: {rpm: 60}}
      stranded: {owner: b, criticality: critical, routes: [gpt-direct], demand: {rpm: 60}}
""")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with an inventory and a plan."""
    monkeypatch.chdir(tmp_path)
    Path("providers.yaml").write_text(COMPANY, encoding="utf-8")
    Path("drills").mkdir()
    Path("drills/q4.yaml").write_text(PLAN.replace("exclude: [crowded], ", ""), encoding="utf-8")
    return tmp_path


def run(*words: str):
    """The command, and what it printed."""
    return CliRunner().invoke(app, ["drill", *words], env={"COLUMNS": "200"})


def test_every_key_of_a_plan_is_taken_up():
    """What is written is what the plan says: durations in seconds, shares as fractions, days as days."""
    plan = parse_plan(PLAN, "drills/q4.yaml")

    assert (plan.id, plan.owner, plan.level, plan.ticket, plan.seed) == ("q4", "continuity", "simulated", "CHG-7", 7)
    assert plan.approvals == (Approval("A. Brandt", "head of operations", date(2026, 11, 16)), Approval("B. Cole"))
    assert (plan.scenarios, plan.targets) == (("suspended-openai",), Targets(("sorting",)))
    assert (plan.steady.for_s, plan.steady.before) == (120.0, Bounds(0.01, 4.0))
    assert plan.steady.after == Bounds(0.0, None, 0.99)
    assert plan.abort == AbortIf(error_rate=0.1, for_s=20.0, cost_per_minute=50.0)
    assert plan.radius == Radius(2, 0.05, ("crowded",), (Freeze(date(2026, 12, 18), date(2027, 1, 6), "year end"),))
    assert (plan.lease, plan.rollback.when, plan.rollback.verify) == (Lease(15.0), "aborted", False)
    assert (plan.expect, plan.expects["sorting"]) == (Expect(cost=3.0), Expect(10.0, 0.8, None, 0.9))
    assert (plan.schedule.every_s, plan.schedule.max_age_s) == (30 * 86400, 90 * 86400)
    assert (plan.evidence.folder, plan.path) == ("evidence", "drills/q4.yaml")


@pytest.mark.parametrize(
    ("written", "place", "told"),
    [
        ("ownr: x", "3:1", "there is no key 'ownr' here. Did you mean 'owner'?"),
        ("level: twins", "3:8", "'twins' is none of static, simulated, twin, canary, live. Did you mean 'twin'?"),
        ("steady: 2m", "3:9", "a mapping is wanted here, not '2m'"),
        ("abort: {error_rate: 5}", "3:21", "Write 5%."),
        ("approvals: [{by: A, on: 2026-01-01}]", "3:21", "the key 'on' is no text"),
        ("targets: {criticality: [vital]}", "3:25", "'vital' is none of critical"),
        ("scenario: {title: t, faults: [{fault: suspnd, scope: {vendor: x}}]}", "3:39", "Did you mean 'suspend'?"),
        (
            "scenario: {title: t, faults: [{fault: down, scope: {vendor: x}, at: 9s, until: 2s}]}",
            "3:80",
            "over before it begins",
        ),
        ("schedule: {max_age: 90}", "3:21", "its unit is missing"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(written, place, told):
    """File, line, column, and what to write instead."""
    text = f"drill: a\nowner: b\n{written}\n"
    text += "" if written.startswith("scenario") else "scenario: steady\n"
    with pytest.raises(InventoryError) as caught:
        parse_plan(text, "q4.yaml")

    assert any(str(each).startswith(f"q4.yaml:{place}:") and told in str(each) for each in caught.value.problems), [
        str(each) for each in caught.value.problems
    ]


def test_a_plan_names_whom_it_is_about_and_what_it_expects():
    """Named or of a criticality, never who is excluded; the plan's objectives take the place of the inventory's."""
    small = parse(COMPANY)
    plan = parse_plan(PLAN)

    assert [each.id for each in targeted(plan, small)] == ["sorting"]
    assert [each.id for each in targeted(replace(plan, targets=Targets()), small)] == ["sorting", "stranded"]
    assert [each.id for each in targeted(replace(plan, targets=Targets((), ("critical",))), small)] == ["stranded"]
    assert targeted(replace(plan, radius=Radius(exclude=("sorting",))), small) == ()
    expected = expecting(plan, small).processes
    assert (expected["sorting"].objectives.rto_s, expected["sorting"].objectives.minimum) == (10.0, 0.8)
    assert expected["sorting"].quality.floor == 0.9
    assert expected["stranded"] == small.processes["stranded"]


@pytest.mark.parametrize(
    ("changes", "share", "told"),
    [
        ({}, 0.0, "nothing is drilled from 2026-12-18 to 2027-01-06: year end"),
        ({"radius": Radius()}, 0.06, "it touches 6.0% of the requests, and at most 5.0% may be"),
        ({"radius": Radius(processes=0)}, 0.0, "processes touched: 1, and at most 0 may be"),
        ({"radius": Radius(), "level": "live", "targets": Targets(("stranded",)), "approvals": (Approval("A"), Approval("A"))}, 0.0, "it needs the leave of 2, and 1 gave it"),
        ({"radius": Radius(), "targets": Targets(("sortng",))}, 0.0, "it targets sortng, which the inventory does not know"),
        ({"radius": Radius(), "targets": Targets((), ("deferrable",))}, 0.0, "it targets no process at all"),
    ],
)  # fmt: skip
def test_what_touches_real_requests_needs_leave(changes, share, told):
    """A freeze, too large a share, too many processes, too few people: each is said before anything begins."""
    plan = replace(parse_plan(PLAN), level="canary", expects={})
    plan = replace(plan, **{"radius": replace(plan.radius, exclude=()), **changes})

    assert told in objections(plan, parse(COMPANY), WHEN, share=share)


def test_what_touches_nothing_real_needs_no_leave():
    """Against twins nobody is asked, whatever the calendar says."""
    plan = replace(parse_plan(PLAN), radius=replace(parse_plan(PLAN).radius, exclude=()), approvals=())

    assert objections(plan, parse(COMPANY), WHEN, share=1.0) == ()
    assert objections(replace(plan, level="canary"), parse(COMPANY), WHEN)


def sample(
    at: float, *, served: bool = True, process: str = "claims", critical: bool = True, cost: float | None = None
):
    """One request of a second."""
    return Sample(at, process, critical, served, 1.0, cost)


def test_steady_state_is_measured_and_judged():
    """Error rate, p95 and the share served, each with a sentence where it is not as it must be."""
    seen = [*(sample(at) for at in range(19)), sample(19, served=False)]
    found = measure(seen)

    assert (found.sent, found.p95_s) == (20, 1.0)
    assert found.error_rate == pytest.approx(0.05)
    assert departures(Bounds(0.05, 1.0, 0.95), found) == ()
    assert departures(Bounds(0.01, 0.5, 0.99), found) == (
        "5.0% of the requests failed, 1.0% may",
        "19 of 20 took up to 1.00 s, 0.5 s are allowed",
        "95.0% of the requests were served, 99.0% must be",
    )
    assert departures(Bounds(), measure([])) == ("nothing was sent, so that nothing is known",)
    assert departures(Bounds(None), measure([])) == ()


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_a_value_that_was_seen(values, share):
    """At least that share of the values is no larger, and it is one of them."""
    found = quantile(values, share)

    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6


def test_an_error_rate_aborts_once_it_has_stood_long_enough():
    """Failures of a critical process end the drill after the time named, not before; others never do."""
    failing = [sample(at, served=at % 2 == 0) for at in range(40)]
    conditions = AbortIf(error_rate=0.2, for_s=30.0)

    assert abort(conditions, failing[:20], 20.0) is None
    assert abort(conditions, failing, 39.0) == "50% of the requests of claims failed for 30 s, 20% may"
    assert abort(conditions, [each._replace(critical=False) for each in failing], 39.0) is None
    assert abort(conditions, [each._replace(served=True) for each in failing], 39.0) is None
    assert abort(replace(conditions, error_rate=None), failing, 39.0) is None


def test_each_other_reason_aborts_at_once():
    """An operator, a real incident, a call against policy, too much spent in a minute; in that order."""
    dear = [sample(at, cost=1.0) for at in range(100)]
    conditions = AbortIf(cost_per_minute=59.0)

    assert abort(conditions, [], 0.0, operator="A. Brandt", incident="x") == "stopped by A. Brandt"
    assert abort(conditions, [], 0.0, incident="azure is down") == "something really failed: azure is down"
    assert abort(conditions, [], 0.0, violations=1) == "1 calls went where they may not"
    assert abort(conditions, dear, 99.0) == "60.00 USD in a minute, 59 may be spent"
    assert abort(conditions, dear[:59], 58.0) is None
    assert abort(AbortIf(operator=False, incident=False), [], 0.0, operator="A", incident="B") is None


def test_a_lease_that_nobody_renews_ends():
    """After its length, not before."""
    assert not expired(Lease(15.0), 10.0, 25.0)
    assert expired(Lease(15.0), 10.0, 25.1)


def test_a_plan_is_played_and_its_evidence_found_again(home):
    """Due before it is played, fresh after it, compared with its last run, due again when the inventory changes."""
    before = run("--due", "drills")
    played = run("--plan", "drills/q4.yaml")
    fresh = run("--due", "drills", "--json")
    run("--plan", "drills/q4.yaml", "--out", "again")
    Path("providers.yaml").write_text(COMPANY.replace("rpm: 60", "rpm: 90"), encoding="utf-8")
    changed = run("--due", "drills")

    assert (before.exit_code, played.exit_code) == (1, 0), played.output
    assert "never played" in before.output
    assert "sorting, the one process targeted, survived 1 scenario; stranded did not" in played.output
    (folder,) = (home / "drills/evidence/q4").iterdir()
    report = json.loads((folder / "report.json").read_bytes())
    assert (report["level"], report["seed"], report["plan"]["id"], report["compared"]) == ("simulated", 7, "q4", None)
    assert [each["process"] for each in report["processes"] if each["concerned"]] == ["sorting"]
    assert fresh.exit_code == 0
    assert json.loads(fresh.stdout)[0]["due"] is False
    assert json.loads(Path("again/report.json").read_bytes())["compared"]["changes"] == []
    assert changed.exit_code == 1
    assert "the inventory has changed since" in changed.output


@pytest.mark.usefixtures("home")
def test_scenarios_may_lie_beside_plans():
    """A scenario of one's own is no plan and is not taken for a wrong one; a plan that is wrong is."""
    Path("drills/own.yaml").write_text("scenario: own\ntitle: x\nfaults: [{fault: down, scope: {vendor: openai}}]\n")
    beside = run("--due", "drills")
    Path("drills/wrong.yaml").write_text("dril: wrong\nowner: a\n", encoding="utf-8")
    wrong = run("--due", "drills")

    assert beside.exit_code == 1
    assert "1 plan due" in beside.output
    assert wrong.exit_code == 2
    assert "there is no key 'dril' here" in wrong.output


@pytest.mark.usefixtures("home")
def test_two_plans_of_one_name_are_refused():
    """Reports are kept by the name of the plan, so that two of one name would stand for each other."""
    Path("drills/copy.yaml").write_text(Path("drills/q4.yaml").read_text(), encoding="utf-8")
    result = run("--due", "drills")

    assert result.exit_code == 2
    assert "2 plans in drills are called q4" in result.output


def test_evidence_grows_old(home):
    """A run that is older than the plan allows is due, one of another level proves nothing."""
    run("--plan", "drills/q4.yaml")
    (file,) = home.glob("drills/evidence/q4/*/report.json")
    told = json.loads(file.read_bytes())
    began = datetime.fromisoformat(told["began"]) - timedelta(days=31)
    file.write_text(json.dumps({**told, "began": began.isoformat()}), encoding="utf-8")
    old = run("--due", "drills")
    file.write_text(json.dumps({**told, "level": "twin"}), encoding="utf-8")
    other = run("--due", "drills")
    file.write_text("no report", encoding="utf-8")
    broken = run("--due", "drills")

    assert (old.exit_code, other.exit_code, broken.exit_code) == (1, 1, 1)
    assert "to be played every 30 d, and it is 31 d old" in old.output
    assert "played at level twin alone" in other.output
    assert "never played" in broken.output


def test_the_same_seed_gives_the_same_bytes(home):
    """At level simulated nothing but what is declared differs between two reports; another seed gives others."""
    reports = []
    for place, seed in enumerate(("7", "7", "8")):
        only = ("--only", "throttled-openai", "--only", "suspended-openai")
        run("--level", "simulated", *only, "--seed", seed, "--out", str(place))
        told = json.loads((home / str(place) / "report.json").read_bytes())
        reports.append(
            json.dumps({key: value for key, value in told.items() if key not in ("began", "took_s", "host")})
        )

    assert reports[0] == reports[1]
    assert reports[0].replace('"seed": 7', "") != reports[2].replace('"seed": 8', "")


@pytest.mark.parametrize("form", ["pem", "hex", "base64"])
@pytest.mark.usefixtures("home")
def test_a_signed_report_shows_every_change(form):
    """Whatever form the key has: all is well first, and a file changed, missing or added is named, with exit code 1."""
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes_raw()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    Path("key").write_text({"pem": pem, "hex": raw.hex(), "base64": base64.b64encode(raw).decode()}[form])
    public = f"ed25519:{base64.b64encode(key.public_key().public_bytes_raw()).decode()}"
    Path("public.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    run("--level", "simulated", "--only", "steady", "--out", "report", "--sign", "file:key")

    well = run("--verify", "report", "--signer", "public.pem")
    stranger = run("--verify", "report", "--signer", f"ed25519:{'A' * 43}=")
    Path("report/index.html").write_text("all is well", encoding="utf-8")
    Path("report/junit.xml").unlink()
    Path("report/more.html").touch()
    changed = run("--verify", "report")

    assert (well.exit_code, stranger.exit_code, changed.exit_code) == (0, 1, 1)
    assert f"nothing was changed since {public} signed it" in well.output
    assert changed.output.splitlines() == [
        "✗ index.html was changed",
        "✗ junit.xml is missing",
        "✗ more.html was added",
    ]
    assert json.loads(Path("report/report.json").read_bytes())["signer"] == public


@pytest.mark.usefixtures("home")
def test_a_list_that_was_changed_as_well_does_not_pass():
    """Whoever changes a file and the list of files cannot sign it again; without any signature that is said."""
    Path("key").write_text("0f" * 32)
    run("--level", "simulated", "--only", "steady", "--out", "report", "--sign", "file:key")
    listed = json.loads(Path("report/signature.json").read_bytes())
    Path("report/signature.json").write_text(
        json.dumps({**listed, "files": {**listed["files"], "index.html": "0" * 64}})
    )
    forged = run("--verify", "report")
    Path("report/signature.json").write_text(json.dumps({"version": 1, "files": listed["files"]}))
    unsigned = run("--verify", "report")

    assert forged.exit_code == 1
    assert "signature.json was changed: its signature does not hold" in forged.output
    assert unsigned.exit_code == 0
    assert "a list that nobody signed" in unsigned.output
    assert "0f0f" not in forged.output + unsigned.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--plan", "nowhere.yaml"], "there is no such file"),
        (["--due", "nowhere"], "there is no plan in nowhere"),
        (["--plan", "drills/q4.yaml", "--only", "nothing"], "there is no scenario 'nothing'"),
        (["--incident", "F99"], "there is no incident 'F99'"),
        (["--only", "suspend@vendor:nobody"], "touches nothing here"),
        (["--only", "suspnd@vendor:openai"], "did you mean suspend"),
        (["--only", "price@vendor:openai"], "no call meets it"),
        (["--only", "steady", "--baseline", "providers.yaml"], "is no report of a drill"),
        (["--only", "steady", "--sign", "file:providers.yaml"], "is it the key alone"),
        (["--only", "steady", "--sign", "env:NOBODY_SET_THIS"], "NOBODY_SET_THIS is not set"),
        (["--verify", ".", "--signer", "nonsense"], "nonsense is no public key"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("home")
def test_what_cannot_be_done_is_exit_2(words, told):
    """Each in a line that says what is wrong, before anything is played."""
    result = run(*words)

    assert result.exit_code == 2, result.output
    assert told in result.output


@pytest.mark.usefixtures("home")
def test_real_requests_are_not_touched_without_leave():
    """A plan for a canary that nobody approved is refused before anything is looked for."""
    Path("drills/q4.yaml").write_text(
        "drill: q4\nowner: a\nlevel: canary\nscenario: suspended-openai\n", encoding="utf-8"
    )
    result = run("--plan", "drills/q4.yaml")

    assert result.exit_code == 2
    assert "it needs the leave of 1, and 0 gave it" in result.output


def test_a_plan_may_ask_the_graph_alone(home):
    """At level static nothing is played; who would be lost is said, kept, signed and found again."""
    Path("key").write_text("0f" * 32)
    plan = "drill: q4\nowner: a\nlevel: static\nscenario: suspended-openai\nevidence: {sign: 'file:key'}\n"
    Path("drills/q4.yaml").write_text(f"{plan}targets: {{processes: [sorting]}}\n", encoding="utf-8")
    served = run("--plan", "drills/q4.yaml")
    Path("drills/q4.yaml").write_text(plan, encoding="utf-8")
    lost = run("--plan", "drills/q4.yaml", "--json", "--out", "elsewhere")
    (folder,) = home.glob("drills/reports/q4/*")

    assert (served.exit_code, lost.exit_code) == (0, 1), served.output + lost.output
    assert "every process targeted would be served" in served.output
    assert json.loads(lost.stdout)["stopped"] == ["stranded"]
    assert json.loads(lost.stdout)["foreseen"][0]["verdicts"]["sorting"] == "DEGRADED"
    assert run("--verify", str(folder)).exit_code == 0
    assert run("--due", "drills").exit_code == 0


@pytest.mark.usefixtures("home")
def test_scenarios_of_plans_in_every_form():
    """A pattern, an incident, a fault at a scope, a file, and one written out: all are played."""
    Path("drills/own.yaml").write_text(
        "scenario: own\ntitle: slow\nfaults: [{fault: overload, scope: {vendor: openai}, share: 40%}]\n",
        encoding="utf-8",
    )
    written = "{title: two, faults: [{fault: suspend, scope: {vendor: openai}, until: 10m}]}"
    names = []
    for scenario in ("[suspended-*, F40]", "'throttle@vendor:openai'", "own.yaml", written):
        Path("drills/q4.yaml").write_text(
            f"drill: q4\nowner: a\nlevel: simulated\nscenario: {scenario}\n", encoding="utf-8"
        )
        result = run("--plan", "drills/q4.yaml", "--json", "--out", "out")
        assert result.exit_code in (0, 1), result.output
        names.append([each["id"] for each in json.loads(result.stdout)["scenarios"]])

    assert names == [["suspended-openai", "suspended-anthropic", "F40"], ["throttle@vendor:openai"], ["own"], ["q4"]]


def test_a_fingerprint_is_of_what_is_said():
    """Comments, order and file names change nothing; a fact does."""
    one = parse(COMPANY, "a.yaml")
    other = parse(f"# of the same\n{COMPANY}", "b.yaml")

    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(parse(COMPANY.replace("headquarters: US", "headquarters: DE", 1)))
    assert fingerprint(one) != fingerprint(company())
    assert fingerprint(load("providers.yaml")).startswith("sha256:")


CHECKS = "[{id: sum, prompt: What is six times seven?, contains: ['42']}, {id: shape, prompt: As JSON., json: true}]"


@pytest.mark.parametrize("level", ["simulated", "twin"])
def test_checks_are_asked_through_every_door_and_a_worse_model_fails_them(home, level):
    """A twin gives the answer that it is told; one that answers worse fails the process that brings checks, and no other."""
    own = f"routes: [gpt-direct, claude-direct], quality: {{checks: {CHECKS}}}, demand: {{rpm: 300}}"
    Path("providers.yaml").write_text(
        COMPANY.replace("routes: [gpt-direct, claude-direct], demand: {rpm: 60}", own), encoding="utf-8"
    )
    well = run("--level", level, "--only", "suspended-openai", "--out", "well")
    poor = run("--level", level, "--only", "worse@vendor:openai", "--out", "poor")

    def sorting(folder: str):
        return json.loads((home / folder / "report.json").read_bytes())["scenarios"][0]["processes"][0]

    assert (well.exit_code, poor.exit_code) == (1, 0), well.output + poor.output  # stranded is lost in the one alone
    assert sorting("well")["verdict"] == "SURVIVED"
    assert sorting("well")["checks"]["after_passed"] == sorting("well")["checks"]["after"] > 1
    assert sorting("well")["checks"]["unasked"] == []
    assert sorting("poor")["verdict"] == "FAILED_QUALITY"
    assert sorting("poor")["checks"]["before_passed"] == sorting("poor")["checks"]["before"] > 0
    assert sorting("poor")["checks"]["after_passed"] == 0


def test_the_plan_in_the_papers_is_one():
    """What docs/drills.md shows is read, valid by the schema for editors, and allowed on the shipped inventory."""
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", Path("docs/drills.md").read_text(), re.DOTALL | re.MULTILINE)
    plan = parse_plan(text, "drills/q4.yaml")
    shipped = load("providers.yaml")

    assert objections(plan, shipped, WHEN) == ()
    assert {each.id for each in targeted(plan, shipped)} == {"claims-triage", "customer-assistant", "broker-documents"}
    (scenario,) = of_plan(plan, shipped, frame("simulated", shipped))
    assert scenario.targets == {"gpt-azure-eu"}
    schema = json.loads(Path("docs/drill.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert schema == plan_schema()
    told = json.loads(json.dumps(yaml.safe_load(text), default=str))
    assert list(Draft202012Validator(schema).iter_errors(told)) == []
    assert list(Draft202012Validator(schema).iter_errors({**told, "levle": "twin"}))
