"""The report: it renders whatever happened, and escapes whatever it is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import orjson
import pytest
from jsonschema import Draft202012Validator
from rich.console import Console
from support.recordings import FIRST, SECOND, call, company, moved, recording, refused, scenario, sent, steady

from modelrouter.core.inventory import Demand, Limits, Objectives
from modelrouter.drills.miniature import miniature
from modelrouter.drills.plan import Approval, Bounds, Plan, Steady
from modelrouter.drills.recording import Mark
from modelrouter.drills.rehearse import Rehearsal
from modelrouter.drills.report.bars import bars
from modelrouter.drills.report.capacity import loads
from modelrouter.drills.report.clauses import CLAUSES
from modelrouter.drills.report.compare import compared
from modelrouter.drills.report.duration import duration
from modelrouter.drills.report.facts import as_json, facts
from modelrouter.drills.report.findings import Origin, findings
from modelrouter.drills.report.journal import journal
from modelrouter.drills.report.junit import junit
from modelrouter.drills.report.page import page
from modelrouter.drills.report.picture import PALETTE, inks, picture
from modelrouter.drills.report.schema import json_schema
from modelrouter.drills.report.terminal import outcome, show
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.verdict import judge

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

HOSTILE = "<script>alert(1)</script>\"'&"
WHEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LOST = {"error": "InternalServerError: nobody"}


def found(*recordings, inventory: Inventory | None = None):
    """Findings of recordings made by hand."""
    one = inventory or company()
    return findings(Rehearsal(one, miniature(one), recordings, ()), began=WHEN, took_s=3.0)


def stranded():
    """A scenario that takes everything."""
    return recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5, **LOST)],
        [call("first", 0.5, "claims#1"), refused("first", 1.5, "claims#2")],
        scenario(permitted=("first",), remaining=()),
        marks=(Mark(1.51, "account:one/main", "suspended", "open"),),
    )


class Reader(HTMLParser):
    """Reads a page as a browser does: elements, their attributes, the text."""

    VOID = frozenset({"meta", "wbr", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_well_formed_and_whole():
    """Every element is closed, nothing is loaded from anywhere, and the weakness is named."""
    text = page(found(recording([sent("claims#1", 0.5)], [call("first", 0.5, "claims#1")], steady()), stranded()))
    read = Reader(text)

    assert read.open == []
    assert not {"script", "link", "img", "iframe"} & set(read.elements)
    assert not {"src", "onclick", "onload"} & read.attributes
    assert "NO_PERMITTED_ROUTE" in text
    assert "TLS, DNS and the way there" in text


def test_a_hostile_name_stays_text():
    """Whatever an inventory calls its processes, deployments and itself: in the page it is text, once escaped."""
    one = company(HOSTILE)
    one = replace(one, name=HOSTILE, path=HOSTILE)
    played = stranded()
    played = replace(
        played,
        scenario=replace(
            played.scenario,
            title=HOSTILE,
            subject=HOSTILE,
            kind=HOSTILE,
            expectations={HOSTILE: played.scenario.expectations["claims"]},
            faults=tuple(replace(fault, scope=HOSTILE) for fault in played.scenario.faults),
        ),
        sent=tuple(each._replace(process=HOSTILE, error=each.error and HOSTILE) for each in played.sent),
        marks=(Mark(1.5, HOSTILE, HOSTILE, "open"),),
    )
    text = page(found(played, inventory=one))
    read = Reader(text)

    assert "script" not in read.elements
    assert "<script" not in text
    assert HOSTILE in "".join(read.text)
    assert orjson.loads(as_json(found(played, inventory=one)))["inventory"]["name"] == HOSTILE


def test_a_hostile_plan_stays_text():
    """What a plan, an earlier report and a signer say is text as well, in every form."""
    plan = Plan(
        id=HOSTILE, owner=HOSTILE, title=HOSTILE, ticket=HOSTILE, hypothesis=HOSTILE, approvals=(Approval(HOSTILE),)
    )
    one = found(moved())
    old = orjson.loads(as_json(one))
    old["began"] = HOSTILE
    old["scenarios"][0]["processes"][0] |= {"verdict": HOSTILE}
    one = replace(one, origin=Origin(plan=plan, signer=HOSTILE, host=HOSTILE, baseline=old, ended=HOSTILE))
    read = Reader(page(one))

    assert "script" not in read.elements
    assert HOSTILE in "".join(read.text)
    assert ET.fromstring(junit(one)) is not None  # our own output
    assert orjson.loads(journal(one))["experiment"]["title"] == HOSTILE


def test_the_terminal_tells_what_changed():
    """A line on the earlier run: how many verdicts changed, which are worse."""
    one = found(stranded())
    old = orjson.loads(as_json(found(moved())))
    out = StringIO()
    show(replace(one, origin=Origin(baseline=old)), Console(file=out, width=200))

    assert (
        "since 2026-11-23T08:00:00+00:00: 1 verdict changed; worse: claims in suspended-one (SURVIVED, now NO_PERMITTED_ROUTE)"
        in out.getvalue()
    )


def test_the_picture_is_an_image_with_words():
    """An SVG that parses, says what it shows, and tells deployments apart by letter as well as by colour."""
    one, played = company(), moved()
    drawn = picture(one, played, judge(one, played), inks(one))
    root = ET.fromstring(drawn)  # our own output

    assert root.attrib["role"] == "img"
    assert "suspended-one" in root.attrib["aria-label"]
    letters = [element.text for element in root.iter("text") if element.attrib.get("class") == "letter"]
    assert letters == ["A", "B", "B"]
    titles = [element.text for element in root.iter("title")]
    assert titles[1] == "claims#2 at 1.50 s: met the fault, served by second after 0.10 s"
    assert any("over in 40 ms" in (element.text or "") for element in root.iter("text"))


def test_letters_stay_readable_on_their_colours():
    """White on each colour has the contrast that WCAG asks of text (4.5 to 1)."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert min(1.05 / (luminance(colour) + 0.05) for colour in PALETTE) >= 4.5


def test_the_facts_are_the_same_bytes_each_time():
    """Keys keep their order: two reports of one rehearsal differ in nothing."""
    assert as_json(found(moved())) == as_json(found(moved()))


@pytest.mark.parametrize(("criticality", "sign"), [("critical", "✗"), ("standard", "✓")])
def test_the_terminal_shows_table_matrix_and_conclusion(criticality, sign):
    """Who failed, where and why, in words; and whether that matters."""
    out = StringIO()
    show(found(stranded(), inventory=company(criticality=criticality)), Console(file=out, width=120))
    text = out.getvalue()

    assert "suspended-one" in text
    assert "NO_PERMITTED_ROUTE" in text
    assert "it may be served by first alone, and that is what fails" in text
    assert text.rstrip().splitlines()[-1].startswith(sign)


@pytest.mark.parametrize("width", [60, 80, 94, 100, 120])
def test_who_served_is_shown_at_every_width(width):
    """However narrow the terminal and long the scenario's name: the verdict is whole, who served is there, no line is cut."""
    long = replace(moved(), scenario=replace(moved().scenario, id="suspended-a-provider-with-a-rather-long-name"))
    gone = replace(stranded(), scenario=replace(stranded().scenario, id="gone-one"))
    out = StringIO()
    show(found(moved(), long, gone), Console(file=out, width=width))
    table = out.getvalue().split("\n\n")[0]

    assert "served by" in table
    assert table.count("second") == 2
    assert "NO_PERMITTED_ROUTE" in table
    assert "…" not in table
    assert ("detect" in table) is (width >= 100)
    assert max(map(len, table.splitlines())) <= width


SERVED = ([sent("claims#1", 0.5)], [call("first", 0.5, "claims#1")], steady())


@pytest.mark.parametrize(
    ("criticality", "recordings", "sentence"),
    [
        ("critical", [recording(*SERVED)], "claims, the one process marked critical or important, survived 1 scenario"),
        ("critical", [recording(*SERVED), stranded()], "claims did not survive all 2 scenarios"),
        ("critical", [stranded()], "claims did not survive the 1 scenario"),
        (
            "standard",
            [recording(*SERVED)],
            "the one process survived 1 scenario; it is not marked critical or important",
        ),
        ("standard", [stranded()], "claims did not survive 1 scenario; it is not marked critical or important"),
    ],
)
def test_the_conclusion_is_a_sentence(criticality, recordings, sentence):
    """One is not written as many, and nothing is said of critical processes where there is none."""
    judged = found(*recordings, inventory=company(criticality=criticality))

    assert judged.conclusion() == sentence
    assert "1 process ·" in page(judged)
    assert "1 scenarios" not in page(judged)


def test_progress_is_one_line_a_scenario():
    """What was touched is named with its verdict; calm is said once."""
    calm = recording([sent("claims#1", 0.5)], [call("first", 0.5, "claims#1")], steady())

    assert "claims SURVIVED" in outcome(moved().scenario, judge(company(), moved())).plain
    assert outcome(calm.scenario, judge(company(), calm)).plain.endswith("1 served throughout")


@pytest.mark.parametrize(("seconds", "text"), [(None, "–"), (0.0031, "3 ms"), (0.18, "0.18 s"), (12.5, "12.50 s")])  # noqa: RUF001 - the dash that is shown
def test_durations(seconds, text):
    """Short ones in milliseconds, none as a dash."""
    assert duration(seconds) == text


def shown(judged):
    """The text of the page, as a browser reads it."""
    return " ".join("".join(Reader(page(judged)).text).split())


def test_every_part_of_the_evidence_is_on_the_page():
    """Scope, recovery, findings, proofs, limits, clauses, signature: each has its place, and the list of parts leads there."""
    text = page(found(moved(), stranded()))
    parts = ["scope", "matrix", "recovery", "findings", "timelines", "policy", "capacity", "cost", "quality", "prediction",
             "detection", "deviations", "comparison", "limits", "provenance", "clauses", "signature"]  # fmt: skip

    for name in parts:
        assert text.count(f'id="{name}"') == 1, name
        assert f'<a href="#{name}">' in text, name
    for clause in CLAUSES:
        assert set(clause.sections) <= {*parts, "precedent"}


def test_an_incident_shows_its_sources_and_what_was_assumed():
    """Whoever reads what was repeated reads where it was reported, and what nobody reported."""
    scene = replace(
        moved().scenario, id="F40", kind="incident", precedent="F40", notes=("assumed: that it grew evenly",)
    )
    text = shown(found(replace(moved(), scenario=scene)))

    assert "F40 · A US directive switches a model family off for the whole world" in text
    assert "Sources:" in text
    assert "assumed That it grew evenly" in text


def test_findings_have_an_owner_and_a_day():
    """Fourteen days for what is critical, ninety for what is standard."""
    critical = facts(found(stranded())).findings[0]
    standard = facts(found(stranded(), inventory=company(criticality="standard"))).findings[0]

    assert (critical.owner, critical.due, critical.concerned) == ("tests", "2026-12-07", True)
    assert (standard.due, standard.concerned) == ("2027-02-21", False)


def test_what_is_unknown_is_said_and_never_nothing():
    """No price, no limit, no score, no check: each is told in words."""
    text = shown(found(moved()))
    (told,) = facts(found(moved())).scenarios[0].processes

    assert "unknown: nobody stated the price of first, second" in text
    assert "how good second is, nobody said" in text
    assert told.spending.multiple is None
    assert facts(found(moved())).steady_after.error_rate is None


def test_the_policy_proof_counts_every_call():
    """Three processes' worth of calls, where each went, and what was wrong with it."""
    abroad = company(routes=(FIRST, replace(SECOND, processing=("US",))))
    text = shown(found(moved(), inventory=abroad))

    assert "Each of the 4 calls in the providers' own logs" in text
    assert "first (EU) 2, second (US) 2" in text


@pytest.mark.parametrize(("limit", "said"), [(1000, "1,000"), (None, "unknown")])
def test_the_load_of_a_fallback_is_set_against_its_limit(limit, said):
    """Calls a minute at the whole demand, beside what the deployment declares."""
    crowded = company(routes=(FIRST, replace(SECOND, limits=Limits(rpm=limit))))
    (load,) = loads(found(moved(), inventory=crowded))

    assert (load.deployment, load.for_whom, load.refused, load.limit) == ("second", ("claims",), 0, limit)
    assert said in shown(found(moved(), inventory=crowded))


def test_a_prediction_that_failed_is_a_deviation():
    """Said to be lost, and served: a sentence says so, and the model's accuracy counts it."""
    served = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5)],
        [call("first", 0.5, "claims#1"), call("second", 1.5, "claims#2")],
        scenario(remaining=()),
    )
    told = facts(found(served))

    assert "suspended-one: claims was expected to be lost, and was served by second" in told.deviations
    assert (told.accuracy.wrongly_lost, told.accuracy.precision, told.accuracy.recall) == (1, 0.0, None)


def test_what_was_injected_is_set_beside_what_it_was_taken_for():
    """The first hold of the fault's own domains, and when the right cause was found."""
    marks = (Mark(0.2, "account:two/main", "throttled", "open"), Mark(1.6, "account:one/main", "auth", "open"))
    mistaken = replace(moved(), marks=marks)
    right = replace(moved(), marks=(Mark(1.6, "account:one/main", "suspended", "open"),))

    assert facts(found(mistaken)).detections[0].model_dump() == {
        "scenario": "suspended-one",
        "scope": "account:one/main",
        "injected": "suspended",
        "found": "auth",
        "whole": True,
        "after_s": None,
    }
    assert facts(found(right)).detections[0].after_s == pytest.approx(0.6)
    assert "suspended-one: suspended of account:one/main was taken for auth" in facts(found(mistaken)).deviations
    assert "suspended-one: 1 hold opened before anything failed" in facts(found(mistaken)).deviations


def test_what_fails_in_part_may_be_outlived_without_a_hold():
    """No hold for a fault that met every call is a deviation; for one that met a third of them it is a line of the table."""
    partial = tuple(replace(each, share=0.3) for each in moved().scenario.faults)
    partly = replace(moved(), scenario=replace(moved().scenario, faults=partial))
    said = "suspended-one: suspended of account:one/main was noticed by no hold"

    assert said in facts(found(moved())).deviations
    assert said not in facts(found(partly)).deviations
    assert "no hold" in shown(found(partly))


def test_the_document_is_what_its_schema_says():
    """The committed JSON Schema is that of the code, and a report is valid by it; a key too many is not."""
    schema = orjson.loads(Path("docs/drill-report.schema.json").read_bytes())
    told = orjson.loads(as_json(found(moved(), stranded())))
    validator = Draft202012Validator(schema)

    assert schema == json_schema()
    Draft202012Validator.check_schema(schema)
    assert list(validator.iter_errors(told)) == []
    assert list(validator.iter_errors({**told, "more": 1}))
    assert list(validator.iter_errors({**told, "passed": None}))


def baseline(**changes):
    """An earlier report of the usual course, with another verdict or time."""
    told = orjson.loads(as_json(found(moved())))
    (judged,) = told["scenarios"][0]["processes"]
    judged |= changes
    return told


@pytest.mark.parametrize(
    ("changes", "worse", "slower"),
    [
        ({"verdict": "SURVIVED"}, None, []),
        ({"verdict": "DEGRADED"}, False, []),
        ({"verdict": "SURVIVED", "failover_s": 0.001}, None, []),
    ],
)
def test_a_run_is_compared_with_an_earlier_one(changes, worse, slower):
    """A verdict that changed is told with its direction; what is within the machine's mood is not slower."""
    differs = compared(baseline(**changes), found(moved()))

    assert [each.worse for each in differs.changes] == ([] if worse is None else [worse])
    assert (differs.slower, differs.appeared, differs.gone) == (slower, [], [])


def test_what_became_worse_or_slower_or_is_new_is_told():
    """A worse verdict, a failover twice as long and half a second more, pairs that only one of the two has."""
    late = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5, 1.0)],
        [call("first", 0.5, "claims#1"), refused("first", 1.5, "claims#2"), call("second", 2.4, "claims#2")],
    )
    worse = compared(baseline(), found(stranded(), moved()))
    slower = compared(baseline(), found(late))
    other = compared(baseline(), found(replace(moved(), scenario=replace(moved().scenario, id="gone-one"))))

    assert [(each.was, each.now, each.worse) for each in compared(baseline(), found(stranded())).changes] == [
        ("SURVIVED", "NO_PERMITTED_ROUTE", True)
    ]
    assert worse.began == "2026-11-23T08:00:00+00:00"
    assert slower.slower == ["suspended-one: claims took 0.92 s to fail over, 40 ms before"]
    assert (other.appeared, other.gone) == (["gone-one / claims"], ["suspended-one / claims"])


def test_junit_fails_for_what_the_drill_is_about_alone():
    """A failure for a critical process, `skipped` for a standard one, an error for what could not be judged; always XML."""
    unclear = recording([sent("claims#1", 0.5, **LOST), sent("claims#2", 1.5)], [call("second", 1.5, "claims#2")])
    unclear = replace(unclear, scenario=replace(unclear.scenario, id="unclear"))
    hostile = replace(stranded(), scenario=replace(stranded().scenario, id="gone", title=f"{HOSTILE}\x00"))
    root = ET.fromstring(junit(found(hostile, unclear, moved())))  # our own output
    spared = ET.fromstring(junit(found(stranded(), inventory=company(criticality="standard"))))

    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("3", "1", "1")
    assert root.find(".//failure").attrib["type"] == "NO_PERMITTED_ROUTE"
    assert root.find(".//error").attrib["message"].startswith("INCONCLUSIVE: ")
    assert root.find(".//property").attrib["value"] == f"{HOSTILE}\N{REPLACEMENT CHARACTER}"
    assert (spared.attrib["failures"], spared.attrib["skipped"]) == ("0", "1")


def test_the_journal_is_one_of_the_chaos_toolkit():
    """The keys that its journals have, one run for each fault, and `deviated` where the drill failed."""
    told = orjson.loads(journal(found(stranded())))
    well = orjson.loads(journal(found(moved())))

    assert list(told) == [
        "chaoslib-version", "platform", "node", "experiment", "start", "status", "deviated", "steady_states", "run",
        "rollbacks", "end", "duration",
    ]  # fmt: skip
    assert (told["status"], told["deviated"], well["deviated"]) == ("completed", True, False)
    assert {"title", "description", "method"} <= told["experiment"].keys()
    assert told["run"][0]["activity"] == told["experiment"]["method"][0]
    assert told["run"][0]["output"] == {"claims": "NO_PERMITTED_ROUTE"}
    assert told["steady_states"]["before"]["steady_state_met"] is True


def test_bars_show_what_is_allowed_and_what_can_be_borne():
    """Each process has its bar with the objective, the tolerance where there is one, and what it took."""
    one = company(objectives=Objectives(rto_s=10, tolerance_s=3600))
    gone = replace(stranded(), scenario=replace(stranded().scenario, id="gone"))
    root = ET.fromstring(bars(found(moved(), gone, inventory=one)))  # our own output
    texts = [element.text for element in root.iter("text")]

    assert {"claims", "40 ms", "RTO 10 s", "borne 1 h", "not served again in gone"} <= set(texts)


def test_a_drill_that_ended_before_its_time_has_not_passed():
    """However well everything went until then: the reason is its conclusion, in every form of the report."""
    one = found(moved())
    ended = replace(one, origin=replace(one.origin, ended="stopped by A. Brandt"))

    assert (one.passed, ended.passed) == (True, False)
    assert ended.conclusion() == "ended before its time: stopped by A. Brandt"
    assert facts(ended).ended == "stopped by A. Brandt"
    assert orjson.loads(journal(ended))["status"] == "aborted"
    assert "Ended before its time: stopped by A. Brandt" in page(ended)


@pytest.mark.parametrize(
    ("level", "said", "unsaid"),
    [
        ("twin", "twins listen on loopback", "no connection is broken"),
        ("simulated", "callers ask the router itself", "a fault lasts seconds here"),
        ("canary", "a share alone met the fault", "twins take dummy keys"),
        ("live", "no connection is broken", "a share alone met the fault"),
    ],
)
def test_each_level_says_what_it_leaves_out(level, said, unsaid):
    """What was real and what was not depends on the level, and nothing else is claimed."""
    one = company()
    rehearsal = Rehearsal(one, miniature(one), (moved(),), (), level)
    text = shown(findings(rehearsal, began=WHEN, took_s=3.0)).casefold()

    assert said in text
    assert unsaid not in text


def test_the_load_of_a_fallback_is_that_of_the_declared_demand():
    """However few requests a rehearsal sent: sixty calls a minute that all move are sixty, and a refusal is counted."""
    busy = company(demand=Demand(rpm=60))
    full = replace(refused("second", 2.5, "claims#3"), effect=Effect.THROTTLED, injected=False)
    played = moved()
    crowded = replace(played, calls=(*played.calls[:-1], full))
    (calm,), (over,) = loads(found(played, inventory=busy)), loads(found(crowded, inventory=busy))

    assert calm.per_minute == pytest.approx(60.0)
    assert (over.per_minute, over.refused) == (pytest.approx(60.0), 1)


@pytest.mark.parametrize(("allowed", "holds"), [(0.01, False), (1.0, True)])
def test_a_drill_whose_steady_state_did_not_hold_proves_nothing(allowed, holds):
    """What the plan calls well is measured before the fault; where it was not so, nothing has passed, and that is said."""
    plan = Plan(id="q4", owner="a", steady=Steady(before=Bounds(p95_s=allowed)))
    one = found(moved())
    one = replace(one, origin=Origin(plan=plan))

    assert one.passed is holds
    if not holds:
        assert one.conclusion() == (
            "nothing is proved, for the steady state did not hold before anything failed: "
            "19 of 20 took up to 0.03 s, 0.01 s are allowed"
        )
        assert "the steady state did not hold before anything failed: 19 of 20 took up to 0.03 s" in "".join(
            one.deviations()
        )
        assert orjson.loads(journal(one))["steady_states"]["before"]["steady_state_met"] is False
