"""Tables in pipes and logs of 60 and 80 columns: verdicts, processes, shares and dates are the last to be cut."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.inventory.loader import load

if TYPE_CHECKING:
    from click.testing import Result

SHIPPED = Path(__file__).parents[2] / "providers.yaml"
PROCESSES = tuple(load(SHIPPED).processes)


@pytest.fixture(autouse=True, params=[60, 80, 120])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Columns of the terminal."""
    monkeypatch.setenv("COLUMNS", str(request.param))
    monkeypatch.delenv("MODELROUTER_INVENTORY", raising=False)
    return int(request.param)


def printed(verb: str, *words: object) -> str:
    """What it prints of the shipped inventory; nothing is ever cut."""
    found: Any = CliRunner().invoke(app, [verb, str(SHIPPED), *(str(word) for word in words)])
    result: Result = found
    assert result.exit_code == 0, result.output
    assert "…" not in result.output
    return result.output


@pytest.mark.parametrize("words", [(), ("--lose", "provider:azure"), ("--load", "1.7")])
def test_every_verdict_of_capacity_is_whole(words: tuple[str, ...]) -> None:
    """Each process with its verdict and its share on the same or the next line."""
    output = printed("capacity", *words)

    for name in PROCESSES:
        verdict = r"(?:WHOLE|KEPT|SHORT|UNKNOWN|STOPPED)"
        assert re.search(rf"{verdict} +{name} \w+ *\n +\d+% of \d+ rpm|{name} +{verdict} +\d+% of \d+ rpm", output), (
            name
        )


def test_every_loss_says_what_falls_short() -> None:
    """Its name and the minima that are kept stand whole in a line, and whoever is short by name."""
    output = printed("capacity")

    assert re.search(r"6 of 7 +family:claude \+2 alike|family:claude \+2 alike +6 of 7", output)
    assert re.search(r"medical-reports\s\(nobody\spermitted\)", output)
    assert re.search(r"0% +86% +gemini-direct tpm 1M|gemini-direct tpm +1M +0% +86%", output)


def test_every_process_of_the_calendar_is_whole() -> None:
    """Its name, and the days until which its first choice and its last route serve."""
    output = printed("calendar", "--stated", "--today", "2026-11-23", "--until", "2027-12-31")

    for name in PROCESSES:
        assert re.search(rf"^{name}\b", output, re.MULTILINE), name
    assert re.search(r"^2026-12-31 +in 38 days +google-cloud", output, re.MULTILINE)
    assert re.search(r"^campaign-texts\b[^a-z]*(first choice until: )?2026-12-31 gemini-flash", output, re.MULTILINE)


def test_every_incident_is_listed_whole(width: int) -> None:
    """Each by its number, in order; where there is little room, with when, trust and whether it concerns us under it."""
    output = printed("drill", "--incident", "list")
    numbers = re.findall(r"^(F\w+) +\S", output, re.MULTILINE)

    assert numbers == sorted(numbers)
    assert f"{len(numbers)} incidents, " in output
    if width <= 80:
        told = r"F02 +OpenAI fails in bursts under an attack +\n +2023-11-08; lasted hours +\n +trust unverified; here: yes +\n"
        assert re.search(told, output)
