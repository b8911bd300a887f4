"""A drill's own ledger: what it keeps, that it verifies, and what an independent reader makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from support.inventories import deployment, inventory, process, provider
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.core.inventory import Data, Demand, Objectives
from modelrouter.drills import simulate
from modelrouter.drills.logbook import Logbook, Recorded
from modelrouter.drills.rehearse import plan, rehearse
from modelrouter.drills.report.findings import Origin, findings
from modelrouter.errors import LedgerError
from modelrouter.ledger.plain import plain
from modelrouter.ledger.reading import opened

SEED = "11" * 32
FIRST = deployment("first", of=provider("one"), processing=("DE",))
SECOND = deployment("second", of=provider("two"), processing=("US",))
STEADY = "steady"


def company(*routes, **facts):
    """Two providers, and a process that is served by both."""
    facts = {"demand": Demand(rpm=60), "objectives": Objectives(deadline_s=5.0), **facts}
    return inventory(process("claims", *(routes or (FIRST, SECOND)), **facts))


def entries(path):
    """What is written."""
    with opened(path) as reader:
        return [plain(row) for row in reader.rows()]


def simulated(kept, path, told=None):
    """One provider is lost, in simulated time; answers what the reader makes of the drill's ledger."""
    scenarios = [each for each in simulate.plan(kept) if each.id in (STEADY, "suspended-one")]
    book = Logbook(path, told or kept, None)
    book.begin({"drill": "test"})
    try:
        simulate.simulate(kept, scenarios, book=book)
        return book.audited()
    finally:
        book.close()


def test_every_request_of_every_scenario_is_kept_and_judged(tmp_path):
    """What was begun with which facts, each request with its hops and its scenario; nothing is left open or forbidden."""
    found = simulated(company(), tmp_path / "drill.db")
    written = entries(tmp_path / "drill.db")
    asked = [entry.values for entry in written if entry.kind == "request"]
    decided = [entry.values for entry in written if entry.kind == "decision"]

    assert ["begin", "drill", "inventory"] == [entry.kind for entry in written[:3]]
    assert "claims" in written[2].values["facts"]["processes"]
    assert {STEADY, "suspended-one"} == {values["scenario"] for values in asked}
    assert {"drill"} == {values["door"] for values in asked}
    assert len(asked) == len(decided) == found.requests > 0
    assert found.hops > found.requests, "the lost provider was called before the other"
    assert (0, 0, 0, 0) == (found.forbidden, found.unjudged, found.undecided, found.orphans)
    assert [] == list(found.departures())
    assert "end" == written[-1].kind


def test_a_policy_that_the_router_forgets_is_seen_in_the_ledger(tmp_path):
    """The facts are those that were to be rehearsed: a router that was given others is found out, hop by hop."""
    strict = company(data=Data(processing=("DE",)))
    found = simulated(company(), tmp_path / "drill.db", told=strict)

    assert found.forbidden > 0
    assert "second for claims" in found.first
    assert "claims.data.processing: processing US is not in DE" in found.first
    assert "where they may not go" in next(found.departures())


def test_drills_may_follow_one_another_in_one_file(tmp_path):
    """Each is judged by itself."""
    one = simulated(company(), tmp_path / "drill.db")
    two = simulated(company(), tmp_path / "drill.db")

    assert one == two
    assert ["drill", "drill"] == [entry.kind for entry in entries(tmp_path / "drill.db") if entry.kind == "drill"]


@pytest.mark.alone
def test_a_rehearsal_against_twins_is_kept_likewise(tmp_path):
    """Over sockets, several scenarios side by side."""
    kept = company()
    book = Logbook(tmp_path / "drill.db", kept, None)
    book.begin({"drill": "test"})
    rehearse(kept, [each for each in plan(kept) if each.id in (STEADY, "suspended-one")], book=book)
    found = book.audited()
    book.close()

    assert found.requests > 0
    assert [] == list(found.departures())
    asked = [entry.values["scenario"] for entry in entries(tmp_path / "drill.db") if entry.kind == "request"]
    assert {STEADY, "suspended-one"} == set(asked)


def test_a_ledger_that_cannot_be_written_is_said_at_once(tmp_path):
    """Before anything is played."""
    (tmp_path / "drill.db").write_text("no ledger")

    with pytest.raises(LedgerError):
        Logbook(tmp_path / "drill.db", company(), None).begin({"drill": "test"})


YAML = """\
inventory: small
providers:
  one: {headquarters: US, accounts: {main: {key: env:ONE_KEY}}}
  two: {headquarters: DE, accounts: {main: {key: env:TWO_KEY}}}
models:
  gpt-5.6: {developer: openai, family: gpt, context: 400k}
deployments:
  first: {provider: one, model: gpt-5.6, wire: openai-chat, url: "https://one.test/v1", processing: [DE]}
  second: {provider: two, model: gpt-5.6, wire: openai-chat, url: "https://two.test/v1", processing: [DE]}
processes:
  claims: {owner: claims, routes: [first, second], criticality: critical, data: {processing: [DE]}}
"""


class Desk:
    """Where drills are ordered."""

    def __init__(self, folder, text):
        self.folder = folder
        self.file = folder / "providers.yaml"
        self.file.write_text(text)
        (folder / "key").write_text(SEED)

    def drill(self, name, *words):
        """Play the loss of one provider, in simulated time."""
        where = ["--ledger", str(self.folder / f"{name}.db"), "--report", str(self.folder / name)]
        asked = ["drill", str(self.file), "--level", "simulated", "--only", "suspended-one", *where, *words]
        return self.run(*asked)

    def run(self, *words):
        """Type a command."""
        return CliRunner().invoke(app, words)


@pytest.fixture
def desk(tmp_path):
    """A desk with two providers and a key; no policy has a term in a rehearsal, so this one binds nobody but there."""
    return Desk(tmp_path, YAML.split("policies:", maxsplit=1)[0])


def test_a_drill_keeps_its_ledger_and_says_in_its_report_what_it_shows(desk):
    """Signed where there is a key, verified and audited like any other; the verdicts stand in it."""
    told = desk.drill("one", "--sign", f"file:{desk.folder / 'key'}")
    report = json.loads((desk.folder / "one" / "report.json").read_bytes())
    drills = [entry.values for entry in entries(desk.folder / "one.db") if entry.kind == "drill"]

    assert told.exit_code == 0, told.output
    assert report["ledger"]["requests"] == report["ledger"]["hops"] - sum(
        each["hits"] for scenario in report["scenarios"] for each in scenario["processes"]
    )
    assert (0, 0, 0) == tuple(report["ledger"][word] for word in ("forbidden", "unjudged", "orphans"))
    assert ["begun", "judged", "ended"] == [each["event"] for each in drills]
    assert ("simulated", ["suspended-one"], report["inventory"]["fingerprint"]) == (
        drills[0]["level"],
        drills[0]["scenarios"],
        drills[0]["fingerprint"],
    )
    assert "SURVIVED" == drills[1]["verdicts"]["claims"]["verdict"]
    assert drills[1]["struck"]["first"] > 0
    assert (True, report["ledger"]) == (drills[2]["passed"], drills[2]["audited"])
    assert desk.run("ledger", "verify", str(desk.folder / "one.db")).exit_code == 0
    assert (
        any(entry.kind == "checkpoint" for entry in entries(desk.folder / "one.db"))
        or (desk.folder / "one.head").exists()
    )
    assert desk.run("audit", str(desk.folder / "one.db")).exit_code == 0
    assert "Its ledger tells of" in (desk.folder / "one" / "index.html").read_text()


def test_the_same_seed_makes_the_same_report_with_a_ledger_too(desk):
    """Ids, salts and times of the ledger stay in the ledger."""
    reports = []
    for name in ("one", "two"):
        assert desk.drill(name, "--seed", "5").exit_code == 0
        told = json.loads((desk.folder / name / "report.json").read_bytes())
        reports.append({key: value for key, value in told.items() if key not in ("began", "took_s", "host")})

    assert reports[0] == reports[1]


def test_what_cannot_keep_a_ledger_says_so(desk):
    """Level static plays nothing, and a file that is no ledger is not written over."""
    told = desk.run("drill", str(desk.file), "--level", "static", "--ledger", str(desk.folder / "one.db"))
    assert (told.exit_code, "--ledger" in told.stderr) == (2, True)

    (desk.folder / "one.db").write_text("mine")
    told = desk.drill("one")

    assert told.exit_code == 2
    assert "mine" == (desk.folder / "one.db").read_text()


def test_a_drill_whose_ledger_shows_a_forbidden_hop_has_not_passed():
    """Whatever the verdicts: it says so first, and among what went otherwise."""
    kept = company()
    played = simulate.simulate(kept, [each for each in simulate.plan(kept) if each.id == STEADY])
    now = datetime(2027, 1, 15, tzinfo=UTC)
    lawful = Recorded(requests=1, hops=1, forbidden=0, first=None, unjudged=0, undecided=0, orphans=0)
    broken = lawful._replace(forbidden=1, first="second for claims (next): law: region x is excluded", orphans=2)

    good = findings(played, began=now, took_s=1.0, origin=Origin(recorded=lawful))
    bad = findings(played, began=now, took_s=1.0, origin=Origin(recorded=broken))

    assert (good.passed, bad.passed) == (True, False)
    assert bad.conclusion().endswith("as its ledger shows: second for claims (next): law: region x is excluded")
    assert set(bad.deviations()) - set(good.deviations()) == {
        "the ledger shows requests where they may not go, 1 times: second for claims (next): law: region x is excluded",
        "the ledger is not whole: 0 requests without a decision, 2 decisions without a request",
    }
