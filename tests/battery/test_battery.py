"""The quick part of the battery: every case once through each door, with patience shortened.

One run in a process of its own, as `make battery` has it; the tests look at what it wrote. Time is not judged here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from battery.case import Case, Expect
from battery.cases import CASES
from battery.judge import judge, rows
from battery.play import Played, Shown, shown
from battery.primary import Primary, whole_text
from battery.seen import Seen

from modelrouter.core.causes import Cause

ROOT = Path(__file__).parents[2]
QUICK = [case.name for case in CASES if case.quick]
CASE = Case(name="lost", how="", primary=Primary(), expect=Expect(cause="outage"))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one quick run wrote, by case."""
    file = tmp_path_factory.mktemp("battery") / "battery.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-m", "battery", "--quick", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert file.exists(), done.stdout + done.stderr
    written = json.loads(file.read_text())
    return {"summary": written["summary"], **{case["case"]: case for case in written["cases"]}}


@pytest.mark.parametrize("name", QUICK)
def test_comes_out_as_it_must(measured: dict[str, Any], name: str) -> None:
    """What callers saw, who was called and how often, and what it was taken for are as the case says."""
    assert measured[name]["played"]
    assert [] == measured[name]["wrong"]


def test_nothing_is_passed_for_what_it_is_not(measured: dict[str, Any]) -> None:
    """Over all cases: no part of an answer passed as whole, no failure shown where a healthy deployment stood."""
    assert all(line["good"] for line in measured["summary"]), measured["summary"]


def test_every_cause_has_a_case() -> None:
    """Each cause of the design's table is met by at least one case; `cancelled` is the caller's own doing."""
    met = {case.expect.cause for case in CASES} | {str(Cause.CANCELLED) for case in CASES if case.plan == "leaves"}

    assert set(map(str, Cause)) <= met


def test_the_page_lists_every_case() -> None:
    """`docs/battery.md` was written from the cases of today."""
    page = (ROOT / "docs" / "battery.md").read_text()

    assert [] == [case.name for case in CASES if f"| `{case.name}` | {case.how} |" not in page]


def seen(text: str = "", **facts: Any) -> Shown:
    """A request as its caller saw it."""
    headers = {"x-modelrouter-trail": facts.pop("trail", "lost-first=outage; lost-second=served")}
    return shown(CASE, Seen(text=text, headers=headers, **facts))


def played(*requests: Shown, **facts: Any) -> Played:
    """One play of the case."""
    return Played(CASE, "sdk", "whole", shown=list(requests), **facts)


WHOLE = whole_text("lost-second")


def test_a_good_course_passes() -> None:
    """A whole answer of the second, one call of the first."""
    assert [] == judge(played(seen(WHOLE, finished=True), calls=1), timed=True)


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (seen(WHOLE[:-3], finished=True), "part of an answer was passed as whole"),
        (seen(WHOLE), "part of an answer was passed as whole"),
        (seen(whole_text("lost-first") + WHOLE, finished=True), "part of an answer was passed as whole"),
        (seen(whole_text("lost-first"), finished=True), "first answered, and second is expected"),
        (seen(failed=True, error="InternalServerError", status=503), "the caller saw error"),
        (seen(WHOLE[:9], failed=True, error="APIError"), "the caller saw cut"),
        (seen(hung=True), "the caller saw hung"),
        (seen(WHOLE, finished=True, trail="lost-first=auth; lost-second=served"), "the cause is taken for auth"),
        (seen(WHOLE, finished=True, first_s=9.0), "request 1 waited 9 s"),
    ],
)
def test_each_guard_bites(request_: Shown, told: str) -> None:
    """What a caller must not see is found, whatever it is."""
    wrong = judge(played(request_), timed=True)

    assert any(each.startswith(told) for each in wrong), wrong


def test_calls_too_many_are_found() -> None:
    """More calls of a failing deployment than its cause permits."""
    wrong = judge(played(seen(WHOLE, finished=True), calls=2), timed=True)

    assert ["2 calls of the failing deployment, at most 1 are expected"] == wrong


def test_the_promises_over_all_cases_are_counted() -> None:
    """Truncated answers and needless failures are counted by request."""
    cut, failed = seen(WHOLE[:5], finished=True), seen(failed=True, error="X", status=503)

    (row,) = rows([played(cut, failed, failed)], timed=False)

    assert (1, 2) == (row.truncated, row.needless)
