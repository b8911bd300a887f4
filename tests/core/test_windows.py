"""Months, quarters and years in minutes, and the maintenance within them."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.contracts import Maintenance
from modelrouter.core.windows import Minutes, clock, day_of, maintained, minute_of, spanned, window, window_of

DAYS = st.dates(date(1971, 1, 1), date(2200, 12, 31))


def test_every_day_of_four_centuries_falls_into_the_window_that_the_calendar_says():
    """Months, quarters and years begin and end where the calendar has them, leap years and 1900 and 2000 included."""
    day = date(1899, 1, 1)
    while day < date(2101, 1, 1):
        month = window_of("month", day)
        length = calendar.monthrange(day.year, day.month)[1]
        assert (month.begins, month.last) == (day.replace(day=1), day.replace(day=length))
        quarter = window_of("quarter", day)
        first = {1: 1, 2: 4, 3: 7, 4: 10}[(day.month + 2) // 3]
        assert (quarter.begins, quarter.last.month) == (date(day.year, first, 1), first + 2)
        year = window_of("year", day)
        assert (year.begins, year.last) == (date(day.year, 1, 1), date(day.year, 12, 31))
        assert month.minutes.length == length * 1440
        assert year.minutes.length == (366 if calendar.isleap(day.year) else 365) * 1440
        day += timedelta(days=9)  # the ends of months are met in other ways below


@pytest.mark.parametrize("kind", ["month", "quarter", "year"])
def test_windows_follow_one_another_without_a_gap(kind):
    """The minute after one is the first of the next, through four leap years and a century; none is in two."""
    each = window_of(kind, date(2104, 12, 31))
    while each.begins > date(1899, 12, 31):
        before = each.before
        assert before.minutes.end == each.minutes.first
        assert before.after == each.begins
        assert window_of(kind, before.last) == before
        assert window_of(kind, each.begins) == each
        each = before


@given(DAYS, st.sampled_from(["month", "quarter", "year"]))
def test_a_window_is_asked_for_as_it_is_written(day, kind):
    """What it is called leads back to it."""
    found = window_of(kind, day)

    assert window(str(found)) == found


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-Q5", "26-09", "2026-9", "", "2026-09-01", "9999", "0000"])
def test_what_is_no_window_is_refused(text):
    """With the forms that there are."""
    with pytest.raises(ValueError, match="write 2026-09, 2026-Q3 or 2026"):
        window(text)


def test_a_minute_is_one_of_utc():
    """Days have 1,440 minutes, those of the changes to and from summer time too."""
    for day in (date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1)):
        first = minute_of(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        assert [day_of(first), day_of(first + 1439), day_of(first + 1440)] == [day, day, day + timedelta(days=1)]
        assert clock(first + 150) == f"{day} 02:30"


def test_maintenance_of_every_week_falls_on_its_weekday():
    """Four Sundays of September 2026, two hours each from 2 o'clock; in March 2026 there are five."""
    weekly = [Maintenance(day="sunday", at_s=7200, length_s=7200)]
    september = maintained(weekly, window("2026-09").minutes)

    assert [clock(each.first) for each in september] == [f"2026-09-{day:02} 02:00" for day in (6, 13, 20, 27)]
    assert {each.length for each in september} == {120}
    assert len(maintained(weekly, window("2026-03").minutes)) == 5


def test_maintenance_past_midnight_reaches_into_the_next_window():
    """What begins late on the last day is in both windows, in each with its own part; one date happens once."""
    late = [Maintenance(day="2026-09-30", at_s=82_800, length_s=3 * 3600)]

    assert [each.length for each in maintained(late, window("2026-09").minutes)] == [60]
    assert [each.length for each in maintained(late, window("2026-10").minutes)] == [120]
    assert maintained(late, window("2026-11").minutes) == ()


def test_a_minute_that_is_begun_is_a_whole_one():
    """Ninety seconds from 30 seconds past touch two minutes, a hundred three."""
    for length, minutes in ((90, 2), (100, 3)):
        short = [Maintenance(day="2026-09-30", at_s=30, length_s=length)]
        assert [each.length for each in maintained(short, window("2026-09").minutes)] == [minutes]


WORKS = st.lists(
    st.builds(
        Maintenance,
        day=st.sampled_from(["monday", "friday", "sunday", "2026-02-28", "2026-03-01", "2028-02-29"]),
        at_s=st.integers(0, 1439).map(lambda minute: minute * 60.0),
        length_s=st.integers(0, 3 * 1440).map(lambda minutes: minutes * 60.0),
    ),
    max_size=4,
)


@given(WORKS, st.integers(0, 3 * 1440), st.integers(0, 3 * 1440))
def test_maintenance_of_parts_is_that_of_the_whole(works, one, other):
    """However a stretch is divided, each minute is maintained in its part as in the whole; none is told twice."""
    whole = Minutes(window("2026-02").minutes.end - 2 * 1440, window("2026-02").minutes.end + 4 * 1440)
    cuts = [whole.first, *sorted(whole.first + each for each in (one, other)), whole.end]
    parts = [maintained(works, Minutes(a, b)) for a, b in pairwise(cuts)]
    together = maintained(works, whole)

    assert spanned(together) == frozenset().union(*map(spanned, parts))
    assert sum(each.length for each in together) == len(spanned(together))
