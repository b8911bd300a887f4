"""The page of `modelrouter calendar`: whole, self-contained, and true to the calendar."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pages import read_page
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.continuity.calendar import Calendar, Ending, Entry, Kind, Route
from modelrouter.pages.calendar import page, spans

ROOT = Path(__file__).parents[2]
BEGINS, ENDS = date(2026, 11, 23), date(2027, 12, 31)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the shipped inventory, to the end of the next year."""
    file = tmp_path_factory.mktemp("page") / "calendar.html"
    words = ["calendar", ROOT / "providers.yaml", "--until", ENDS, "--today", BEGINS, "--stated", "--html", file]
    result = CliRunner().invoke(app, [str(word) for word in words])

    assert result.exit_code == 0
    assert result.output.endswith(f"written: {file}\n")
    return file.read_text()


def test_the_page_says_who_is_left_to_serve_whom(shipped: str) -> None:
    """A lane for each process, its stretches told in words as well; what ends, day by day."""
    found = read_page(shipped)
    lanes = {attrs["aria-label"] for tag, attrs in found.tags if attrs.get("role") == "img"}

    assert "By 2027-12-31 nobody is left to serve broker-documents" in found.text
    assert (
        "broker-documents: claude-direct from 2026-11-23 to 2027-06-30; nobody from 2027-07-01 to 2027-12-31" in lanes
    )
    assert "claims-triage: claude-bedrock-eu from 2026-11-23 to 2027-12-31" in lanes
    assert len(lanes) == 7
    assert "last day to give notice for google-cloud, which ends on 2026-12-31" in found.text


def test_the_page_needs_nothing_else(shipped: str) -> None:
    """No script, no address, nothing fetched; the same question gives the same bytes."""
    found = read_page(shipped)

    assert {"script", "link", "img", "iframe"}.isdisjoint(tag for tag, _ in found.tags)
    assert not [attrs for _, attrs in found.tags if {"src", "href"} & attrs.keys()]
    assert "default-src 'none'" in shipped
    assert not re.search(r"url\(|@import|https?://", shipped)


def test_names_cannot_break_out_of_the_page() -> None:
    """What the inventory calls things is text, wherever it stands."""
    evil = '"><script>alert(1)</script>&'
    entry = Entry(
        day=BEGINS, kind=Kind.KEY_ENDS, subject=evil, said=evil, path=(evil,), takes=(evil,), processes=(evil,)
    )
    found = Calendar(entries=(entry,), routes={evil: Route(evil, (Ending(evil, entry),))})
    parsed = read_page(page(evil, found, BEGINS, ENDS, evil))

    assert "script" not in {tag for tag, _ in parsed.tags}
    assert parsed.text.count(evil) >= 5


DAYS = st.none() | st.dates(BEGINS - timedelta(days=30), ENDS + timedelta(days=30))


@given(st.lists(DAYS, max_size=4))
def test_stretches_cover_every_day_once(days: list[date | None]) -> None:
    """Without a gap, with whoever serves on each day, and no two alike beside one another."""

    def ended(day: date) -> Entry:
        return Entry(day=day, kind=Kind.KEY_ENDS, subject="k", said="k", path=("k",))

    route = Route("p", tuple(Ending(f"d{n}", None if day is None else ended(day)) for n, day in enumerate(days)))
    found = list(spans(route, BEGINS, ENDS))

    assert found[0].begins == BEGINS
    assert found[-1].ends == ENDS
    for one, other in pairwise(found):
        assert other.begins == one.ends + timedelta(days=1)
        assert other.deployment != one.deployment
    for each in found:
        assert each.deployment == route.serving(each.begins) == route.serving(each.ends)
        assert each.is_first == (route.first is not None and each.deployment == route.first.deployment)
    assert sum(each.days for each in found) == (ENDS - BEGINS).days + 1
