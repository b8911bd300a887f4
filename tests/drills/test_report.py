"""The report: it renders whatever happened, and escapes whatever it is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import StringIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import orjson
import pytest
from rich.console import Console
from support.recordings import call, company, moved, recording, refused, scenario, sent, steady

from modelrouter.drills.miniature import miniature
from modelrouter.drills.recording import Mark
from modelrouter.drills.rehearse import Rehearsal
from modelrouter.drills.report.duration import duration
from modelrouter.drills.report.facts import as_json
from modelrouter.drills.report.findings import findings
from modelrouter.drills.report.page import page
from modelrouter.drills.report.picture import PALETTE, inks, picture
from modelrouter.drills.report.terminal import outcome, show
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
