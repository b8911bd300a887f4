"""What is in force on a day, and the next day on which that changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process

from modelrouter.core.contracts import Contract, Termination
from modelrouter.core.moment import day_at, in_force, lapse, midnight, next_change, timeless
from modelrouter.core.rules import Policy

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

START = date(2026, 1, 1)
DAYS = st.integers(0, 40).map(lambda days: START + timedelta(days=days))
TERMS = st.tuples(st.none() | DAYS, st.none() | DAYS)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))  # noqa: DTZ001 - naive by their strategy
def test_a_day_is_one_in_utc(at: datetime) -> None:
    """It begins at midnight, contains its moments, and ends before the next begins."""
    day = day_at(at.timestamp())

    assert day == at.date()
    assert midnight(day) <= at.timestamp() < midnight(day + timedelta(days=1))
    assert day_at(midnight(day)) == day


def described(
    policies: list[tuple[Any, Any]], contracts: list[tuple[Any, Any]], renewing: tuple[Any, Any]
) -> Inventory:
    """An inventory with these terms."""
    papers = [Contract(id=f"c{at}", begins=first, ends=last) for at, (first, last) in enumerate(contracts)]
    papers.append(Contract(id="renews", begins=renewing[0], ends=renewing[1], renews_s=86_400.0))
    papers.append(Contract(id="given", ends=renewing[1], renews_s=86_400.0, termination=Termination()))
    return inventory(
        process("p", deployment("d")),
        policies=tuple(Policy(id=f"p{at}", begins=first, ends=last) for at, (first, last) in enumerate(policies)),
        contracts={each.id: each for each in papers},
    )


def standing(of: Inventory, day: date | None) -> tuple[list[str], list[str]]:
    """The policies and contracts that are in force."""
    policies = [each.id for each in of.policies if in_force(each, day)]
    return policies, [each.id for each in of.contracts.values() if lapse(each, day) is None]


@given(st.lists(TERMS, max_size=3), st.lists(TERMS, max_size=3), TERMS, DAYS)
def test_nothing_changes_before_the_next_change_and_something_may_then(
    policies: list[tuple[Any, Any]], contracts: list[tuple[Any, Any]], renewing: tuple[Any, Any], day: date
) -> None:
    """Between a day and the day that is answered, what is in force stays the same; after the last, for ever."""
    of = described(policies, contracts, renewing)
    turn = next_change(of, day)
    ahead = (turn - day).days if turn is not None else 100

    assert ahead > 0
    assert all(standing(of, day + timedelta(days=each)) == standing(of, day) for each in range(ahead))


def test_the_next_change_is_found() -> None:
    """Beginnings are days, ends are the days after; what renews has no end, and what was given notice has one."""
    day = date(2026, 6, 1)
    none: list[tuple[Any, Any]] = []

    assert next_change(described([(date(2026, 6, 3), None)], none, (None, None)), day) == date(2026, 6, 3)
    assert next_change(described([(None, day)], none, (None, None)), day) == date(2026, 6, 2)
    assert next_change(described(none, [(None, date(2026, 6, 2))], (None, None)), day) == date(2026, 6, 3)
    assert next_change(described(none, none, (None, date(2026, 6, 9))), day) == date(2026, 6, 10)  # of the one given
    assert next_change(described([(day, date.max)], none, (None, None)), day) is None


@given(st.lists(TERMS, max_size=3), st.lists(TERMS, max_size=3), DAYS)
def test_without_terms_everything_stands_on_any_day(
    policies: list[tuple[Any, Any]], contracts: list[tuple[Any, Any]], day: date
) -> None:
    """What no day is asked of, and what has had its terms taken away, is in force as a whole."""
    of = described(policies, contracts, (None, None))

    assert standing(timeless(of), day) == standing(of, None) == standing(timeless(of), None)
    assert next_change(timeless(of), day) is None


@pytest.mark.parametrize("day", [date(1, 1, 1), date.max])
def test_the_ends_of_time_are_days(day: date) -> None:
    """The first and the last day that can be written are judged like any other."""
    of = described([(day, day)], [(day, day)], (day, day))

    assert standing(of, day) == (["p0"], ["c0", "renews", "given"])
    assert next_change(of, day) in (None, date(1, 1, 2))
