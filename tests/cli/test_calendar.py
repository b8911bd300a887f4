"""`modelrouter calendar`: for people, for programs, and for calendar programs."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.cli.icalendar import escaped, folded, icalendar
from modelrouter.cli.pricelist import price_list
from modelrouter.continuity.calendar import Entry, Kind

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "providers.yaml"
DAY = ("--today", "2026-11-23")
STATED = (*DAY, "--stated")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables as on a wide terminal."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("MODELROUTER_INVENTORY", raising=False)


def run(*words: object) -> tuple[int, str]:
    """Exit code and output of a command."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


def test_people_see_what_ends_within_ninety_days_and_who_serves_whom() -> None:
    """The contract that ends on 31 December, its notice, an exit plan to test, and a bar whose second half is the fallback's."""
    code, output = run("calendar", SHIPPED, *STATED)

    assert code == 0
    assert output.startswith("3 days to know of until 2027-02-21, in 90 days\n")
    assert "2026-12-01  in 8 days   last day to give notice for google-cloud, which ends on 2026-12-31" in output
    assert re.search(
        r"2026-12-31  in 38 days  google-cloud ends +takes gemini-direct, gemini-flash from broker-documents, campaign-texts",
        output,
    )
    assert "the exit plan for microsoft-enterprise, last tested on 2026-02-11, is to be tested by then" in output
    assert "10 later: the next on 2027-03-01, the last on 2028-12-31 (--until 2028-12-31 shows all)" in output
    assert re.search(r"campaign-texts +█{19}▒{26} +2026-12-31 gemini-flash +2028-09-30 nova-bedrock-eu", output)
    assert re.search(r"claims-triage +█{45} +2028-09-30 claude-bedrock-eu +no end known", output)
    assert output.endswith("retirements that the inventory does not state are not known: not asked\n")


def test_what_ends_later_is_shown_when_asked_for() -> None:
    """--until moves the end; the bar of a process that loses its last route ends in dots."""
    _, output = run("calendar", SHIPPED, "--until", "2028-12-31", *STATED)

    assert "microsoft-enterprise ends" in output
    assert "later:" not in output
    assert re.search(r"broker-documents +█+·+ +2027-06-30 claude-direct +2027-06-30 claude-direct", output)


def test_what_has_ended_is_still_gone() -> None:
    """Past days that took something stay in view, and so does a test that is due; a past notice does not."""
    _, output = run("calendar", SHIPPED, "--today", "2027-01-02", "--stated")
    _, later = run("calendar", SHIPPED, "--today", "2027-03-11", "--stated")

    assert re.search(r"2026-12-31  2 days ago  google-cloud ends", output)
    assert "last day to give notice for google-cloud" not in output
    assert re.search(r"2027-02-11  28 days ago +the exit plan for microsoft-enterprise", later)


def test_a_calendar_without_anything() -> None:
    """Nothing ends: that is said, and everybody is served."""
    code, output = run("calendar", ROOT / "examples" / "providers.yaml", *STATED)

    assert code == 0
    assert output.startswith("nothing ends until 2027-02-21, in 90 days\n")
    assert "▒" not in output.split("first choice   ")[0]


def test_programs_get_all_of_it() -> None:
    """--json holds every day, near or far, and the whole route of every process."""
    report = json.loads(run("calendar", SHIPPED, "--json", *STATED)[1])
    texts = report["processes"]["campaign-texts"]

    assert len(report["entries"]) == 13
    assert report["entries"][1] == {
        "day": "2026-12-31",
        "days": 38,
        "kind": "contract-ends",
        "subject": "contract:google-cloud",
        "said": "google-cloud ends",
        "sure": "stated",
        "path": "contracts.google-cloud.ends",
        "takes": ["gemini-direct", "gemini-flash"],
        "processes": ["broker-documents", "campaign-texts"],
    }
    assert (texts["now"], texts["first"]["until"], texts["last"]["deployment"]) == (
        "gemini-flash",
        "2026-12-31",
        "nova-bedrock-eu",
    )
    assert report["processes"]["claims-triage"]["last"] is None


def test_a_wrong_question_is_told() -> None:
    """A day that is none, an end before the beginning, an inventory that cannot be used: exit code 2."""
    assert run("calendar", SHIPPED, "--until", "soon")[0] == 2
    code, output = run("calendar", SHIPPED, "--until", "2020-01-01", *DAY)

    assert (code, output) == (2, "error: --until 2020-01-01 lies before 2026-11-23\n")
    assert json.loads(run("calendar", ROOT / "none.yaml", "--json")[1])["error"].startswith(
        f"{ROOT}/none.yaml cannot be used"
    )


# Price lists.


def listing(tmp_path: Path, models: object) -> Path:
    """A price list in a file."""
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(models))
    return file


def test_a_price_list_tells_of_retirements(tmp_path: Path) -> None:
    """A dated line of the same channel and name becomes a day, marked as what the list says."""
    models = {
        "sample_spec": {"litellm_provider": "one of …", "deprecation_date": "YYYY-MM-DD"},
        "claude-opus-4-8": {"litellm_provider": "anthropic", "deprecation_date": "2026-12-15"},
        "azure/gpt-5.6": {"litellm_provider": "azure", "deprecation_date": "2028-01-11"},
        "odd": 3,
    }
    _, output = run("calendar", SHIPPED, "--price-list", listing(tmp_path, models), *DAY)
    report = json.loads(run("calendar", SHIPPED, "--price-list", listing(tmp_path, models), "--json", *DAY)[1])

    assert re.search(
        r"2026-12-15  in 22 days  claude-direct retires, as the price list says of claude-opus-4-8 +takes claude-direct from"
        r" broker-documents, developer-assistant",
        output,
    )
    assert "2 found in the price list of" in output
    assert [(each["subject"], each["sure"]) for each in report["entries"] if each["sure"] != "stated"] == [
        ("deployment:claude-direct", "same-name"),
        ("deployment:gpt-azure-eu", "same-model"),
    ]


def test_the_installed_library_is_read_and_not_loaded() -> None:
    """LiteLLM's own list is found beside the library: thousands of lines, hundreds with a date."""
    found = price_list()

    assert found.found
    assert re.fullmatch(r"litellm [0-9.]+", found.source)
    assert len(found.lines) > 1000
    assert sum(line.ends is not None for line in found.lines) > 100


@pytest.mark.parametrize("content", [b"[", b"[]", b"\xff", b"{}", b'{"a": 1}', b'{"a": {"b": 2}}'])
def test_a_price_list_that_is_none_is_told(content: bytes, tmp_path: Path) -> None:
    """What cannot be read as one ends the command with exit code 2, and never with a traceback."""
    file = tmp_path / "prices.json"
    file.write_bytes(content)
    code, output = run("calendar", SHIPPED, "--price-list", file)

    assert code == 2
    assert output.startswith(f"error: --price-list: {file} is no ")
    assert run("calendar", SHIPPED, "--price-list", tmp_path / "none.json")[0] == 2


def test_a_list_is_either_asked_or_not(tmp_path: Path) -> None:
    """`--stated` with a price list is refused before either is read."""
    code, output = run("calendar", SHIPPED, "--price-list", listing(tmp_path, {}), *STATED)

    assert code == 2
    assert "--stated asks no price list" in output


# iCalendar.


class Component(NamedTuple):
    """A component of a calendar: its properties with their parameters, and what lies in it."""

    name: str
    properties: list[tuple[str, str, str]]
    inside: list[Any]

    def value(self, name: str) -> str:
        """The value of a property that stands here once."""
        (value,) = [value for own, _, value in self.properties if own == name]
        return value


LINE = re.compile(r"([A-Z-]+)((?:;[A-Z-]+=[^;:,\"]+)*):([^\x00-\x08\x0a-\x1f\x7f]*)")


def parsed(content: bytes) -> Component:
    """Read RFC 5545 strictly: line ends, lengths, folding, names, nesting."""
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    physical = content.removesuffix(b"\r\n").split(b"\r\n")
    assert all(0 < len(line) <= 75 for line in physical)
    for piece in physical:
        piece.decode()  # folding cuts no character
    stack = [Component("", [], [])]
    for line in content.decode().removesuffix("\r\n").replace("\r\n ", "").split("\r\n"):
        found = LINE.fullmatch(line)
        assert found is not None, line
        name, parameters, value = found.groups()
        if name == "BEGIN":
            stack.append(Component(value, [], []))
        elif name == "END":
            done = stack.pop()
            assert done.name == value
            stack[-1].inside.append(done)
        else:
            stack[-1].properties.append((name, parameters, value))
    (root,) = stack[0].inside
    assert isinstance(root, Component)
    return root


def check(content: bytes) -> list[Component]:
    """The events of a calendar that keeps the rules of RFC 5545 for what we write."""
    root = parsed(content)
    assert root.name == "VCALENDAR"
    assert root.value("VERSION") == "2.0"
    assert root.value("PRODID")
    for event in root.inside:
        assert event.name == "VEVENT"
        assert re.fullmatch(r"[0-9a-f]{32}@modelrouter", event.value("UID"))
        assert re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", event.value("DTSTAMP"))
        start, end = (
            datetime.strptime(event.value(name), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
            for name in ("DTSTART", "DTEND")
        )
        assert (end - start).days == 1
        assert all(
            ";VALUE=DATE" == parameters for name, parameters, _ in event.properties if name in {"DTSTART", "DTEND"}
        )
        assert event.value("SUMMARY")
        (alarm,) = event.inside
        assert alarm.name == "VALARM"
        assert alarm.value("ACTION") == "DISPLAY"
        assert re.fullmatch(r"-P[0-9]+D", alarm.value("TRIGGER"))
        assert alarm.value("DESCRIPTION")
    uids = [event.value("UID") for event in root.inside]
    assert len(uids) == len(set(uids))
    return list(root.inside)


def plain(value: str) -> str:
    """A text as it was before it was escaped."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def test_calendar_programs_get_every_day_to_come(tmp_path: Path) -> None:
    """One event for each, with what it takes; --until bounds it; what is past is left out."""
    file = tmp_path / "ends.ics"
    code, output = run("calendar", SHIPPED, "--ics", file, *STATED)
    events = check(file.read_bytes())

    assert code == 0
    assert output.endswith(f"written: {file}\n")
    assert [event.value("DTSTART") for event in events][:2] == ["20261201", "20261231"]
    assert len(events) == 13
    assert plain(events[1].value("DESCRIPTION")) == (
        "Stated in contracts.google-cloud.ends.\nTakes gemini-direct, gemini-flash.\nUsed by broker-documents, campaign-texts."
    )
    run("calendar", SHIPPED, "--ics", file, "--until", "2026-12-31", *STATED)

    assert len(check(file.read_bytes())) == 2
    run("calendar", SHIPPED, "--ics", file, "--today", "2026-12-31", "--stated")

    assert len(check(file.read_bytes())) == 12


def test_an_event_that_moves_stays_the_same_event(tmp_path: Path) -> None:
    """The identity of an event is what ends, not when; the same day gives the same bytes."""
    inventory = tmp_path / "providers.yaml"
    text = SHIPPED.read_text()
    written = []
    for end in ("2026-12-31", "2026-12-31", "2027-01-31"):
        inventory.write_text(text.replace("ends: 2026-12-31", f"ends: {end}"))
        run("calendar", inventory, "--ics", tmp_path / "ends.ics", *STATED)
        written.append((tmp_path / "ends.ics").read_bytes())
    before, after = ({event.value("UID"): event.value("DTSTART") for event in check(each)} for each in written[1:])

    assert written[0] == written[1]
    assert before.keys() == after.keys()
    assert [(before[uid], after[uid]) for uid in before if before[uid] != after[uid]] == [
        ("20261201", "20270101"),
        ("20261231", "20270131"),
    ]


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_survives_a_calendar(said: str, name: str) -> None:
    """Commas, line ends, emoji, controls: the calendar stays valid, and printable text comes back as it was."""
    entry = Entry(day=date(2027, 1, 1), kind=Kind.KEY_ENDS, subject="key:a/b", said="x" + said, path=("a",))
    content = icalendar(name, [entry], date(2026, 11, 23))
    assert len(Calendar.from_ical(content).walk("VEVENT")) == 1  # as a parser of the field reads it
    (event,) = check(content)
    flat = said.replace("\r\n", "\n").replace("\r", "\n")
    printable = "x" + "".join(char for char in flat if char.isprintable() or char in "\n\t")

    assert plain(event.value("SUMMARY")) == printable


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=400))
def test_folding_is_undone_by_unfolding(line: str) -> None:
    """No piece is longer than 75 octets, and joined they are the line."""
    pieces = folded(line).split("\r\n")

    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert all(piece.startswith(" ") for piece in pieces[1:])
    assert "".join([pieces[0], *(piece[1:] for piece in pieces[1:])]) == line


def test_what_has_a_meaning_in_calendars_is_escaped() -> None:
    """RFC 5545, 3.3.11."""
    assert escaped("a;b,c\\d\ne") == "a\\;b\\,c\\\\d\\ne"


@pytest.mark.parametrize(
    "broken",
    [
        lambda content: content.replace(b"\r\n", b"\n"),
        lambda content: content.replace(b"SUMMARY:", b"SUMMARY:" + b"x" * 80),
        lambda content: content.replace(b"END:VALARM\r\n", b"", 1),
        lambda content: content.replace(b"UID:", b"ID:", 1),
        lambda content: content.replace(b"T000000Z", b"T000000", 1),
        lambda content: content + content,
    ],
    ids=["line ends", "long lines", "nesting", "no identity", "no zone", "two calendars"],
)
def test_the_check_of_calendars_bites(broken: Any, tmp_path: Path) -> None:
    """A calendar with any of these faults is none."""
    run("calendar", SHIPPED, "--ics", tmp_path / "ends.ics", *STATED)
    content = (tmp_path / "ends.ics").read_bytes()
    assert check(content)

    with pytest.raises((AssertionError, ValueError)):
        check(broken(content))


def test_a_calendar_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """One line and exit code 2."""
    code, output = run("calendar", SHIPPED, "--ics", tmp_path / "none" / "ends.ics", *STATED)

    assert code == 2
    assert "cannot be written: No such file or directory" in output
