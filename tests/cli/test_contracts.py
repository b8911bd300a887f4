"""`modelrouter contracts` over a month of recorded traffic, equal to what was worked out by hand."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from support.pages import read_page
from support.recorded import ORIGIN, Hop, Story, seconds, write
from support.september import INVENTORY, month
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.ledger import verifier
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.note import ED25519, VerifierKey
from modelrouter.ledger.plain import plain
from modelrouter.ledger.reading import opened

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture(scope="module")
def september(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The month of `support.september`: 48,240 requests, two outages of alpha's."""
    return month(tmp_path_factory.mktemp("september"))


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first six hours of that month."""
    return month(tmp_path_factory.mktemp("beginning"), 360)


@pytest.fixture(scope="module")
def written(september: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """What people read, and what is written beside it."""
    folder = tmp_path_factory.mktemp("written")
    result = run(september, "--claim", folder / "claim", "--page", folder / "page.html")
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.output.splitlines()]
    return Written(lines, (folder / "page.html").read_text(), folder / "claim" / "alpha-msa-2026-09")


class Written(NamedTuple):
    """What one run of the command leaves."""

    lines: list[str]
    page: str
    claim: Path


def run(file: Path, *words: object, today: str = "2026-10-05") -> Result:
    """Ask for contracts on a day after the month."""
    asked = ["contracts", "-f", file, "--ledger", file.parent / "ledger", "--today", today, *words]
    result: Any = CliRunner().invoke(app, [str(word) for word in asked], env={"COLUMNS": "160"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result  # type: ignore[no-any-return] # typer's own copy of click's class in newer versions


@pytest.fixture(scope="module")
def found(september: Path) -> Any:
    """What is told to programs."""
    result = run(september, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_month_with_two_outages_is_what_a_hand_calculation_says(found: Any) -> None:
    """Alpha, by minutes.

    30 days are 43,200 minutes. Sundays are the 6th, 13th, 20th and 27th: 4 x 2 h of maintenance are 480 minutes, so
    the contract asks about 43,200 - 480 = 42,720. Down are the 150 minutes of the first outage; of the 180 minutes of
    the second, 15 were throttled and do not count, 10 were not tried, 90 were maintenance, and 65 are left: 150 + 65 =
    215. (42,720 - 215) / 42,720 = 42,505 / 42,720 = 0.99496722846...; had the 10 failed, 42,495 / 42,720 = 0.9947331460...
    """
    alpha = found["contracts"]["alpha-msa"]
    level = alpha["measured"]["alpha-msa"]

    assert (level["minutes"], level["maintenance"], level["down"]) == (42_720, 480, 215)
    assert level["availability"] == pytest.approx(0.99496722846, abs=1e-11)
    assert level["felt"] == pytest.approx(0.99473314606, abs=1e-11)
    # calls: 42,720 outside maintenance, of which 215 failed, 15 were throttled, 10 kept away: 42,480 are left
    assert [level[each] for each in ("answered", "failed", "left_out", "kept_away")] == [42_480, 215, 15, 10]
    assert level["maintained"] == 480  # one a minute
    assert level["unmeasured"] == 25  # throttled 15, kept away 10
    assert [
        [each[key] for key in ("from", "to", "minutes", "down", "maintenance", "calls", "failed", "causes")]
        for each in level["outages"]
    ] == [
        ["2026-09-08 09:00", "2026-09-08 11:30", 150, 150, 0, 150, 150, {"outage": 150}],
        ["2026-09-20 00:30", "2026-09-20 03:30", 180, 65, 90, 170, 65, {"throttled": 15, "timeout": 155}],
    ]


def test_the_credit_is_what_a_hand_calculation_says(found: Any) -> None:
    """99.4967% is below 99.9% and not below 99%: 10% of 360,000 / 12 = 30,000 are 3,000, to be claimed in 30 days."""
    assert found["contracts"]["alpha-msa"]["credits"] == [
        {
            "about": "",
            "availability": found["contracts"]["alpha-msa"]["measured"]["alpha-msa"]["availability"],
            "below": 0.999,
            "credit": 0.1,
            "amount": 3000.0,
            "until": "2026-10-30",
        }
    ]


def test_calls_that_failover_saved_count_for_whoever_failed_them(found: Any) -> None:
    """Beta, by requests.

    It was called 150 + 15 + 65 + 10 + 90 = 330 times in alpha's place and 4,320 times for texts: 4,650. Failed are 3
    and 5: (4,650 - 8) / 4,650 = 0.99827956989..., below 99.9%: 5% of 12,000 / 12 = 1,000 are 50.
    """
    beta = found["contracts"]["beta-ea"]
    level = beta["measured"]["beta-ea"]

    assert (level["answered"], level["failed"]) == (4_642, 8)
    assert level["availability"] == pytest.approx(0.99827956989, abs=1e-11)
    assert [(each["credit"], each["amount"], each["until"]) for each in beta["credits"]] == [(0.05, 50.0, None)]


def test_failure_rates_of_intervals_are_averaged(found: Any) -> None:
    """Gamma, by intervals: 8,640 of five minutes; two have the rate 1, so (8,640 - 2) / 8,640 = 0.99976851851..."""
    level = found["contracts"]["gamma-basic"]["measured"]["gamma-basic"]

    assert level["availability"] == pytest.approx(0.99976851852, abs=1e-11)
    assert [level[each] for each in ("answered", "failed", "left_out")] == [670, 2, 48]


def test_a_suspension_is_held_against_the_notice_that_was_promised(found: Any) -> None:
    """Gamma was switched off on the 25th, announced on the 20th: 5 days, where 30 were promised."""
    gamma = found["contracts"]["gamma-basic"]
    (promise,) = [each for each in gamma["promises"] if each["name"] == "notice of suspension"]

    assert promise["promised"] == "30 days before"
    assert promise["measured"] == "on 2026-09-25 announced 5 days before"
    assert promise["verdict"] == "broken"
    assert gamma["cut_offs"] == [
        {"cause": "suspended", "from": "2026-09-25 00:00", "to": "2026-09-27 00:00", "deployments": ["gamma-eu"]}
    ]


def test_a_credit_stands_beside_what_a_process_can_bear(found: Any) -> None:
    """99.9% of 43,200 minutes allows 43.2 minutes, 2,592 s; claims can bear 30 s. The longest outage took 180 minutes."""
    assert found["contracts"]["alpha-msa"]["allowances"] == [
        {"process": "claims", "rto_s": 30.0, "allowed_s": 2592.0, "worst_s": 10800.0, "lost": 3}
    ]
    assert {each["process"]: each["lost"] for each in found["contracts"]["beta-ea"]["allowances"]} == {
        "claims": 3,
        "texts": 5,
    }


def test_the_window_is_the_last_whole_month_that_was_recorded(beginning: Path, found: Any) -> None:
    """Asked for nothing, in October, it is September; another is what was asked for, and nothing is known of it."""
    assert (found["window"], found["contracts"]["alpha-msa"]["over"]) == ("2026-09", True)
    august = json.loads(run(beginning, "--window", "2026-08", "--json").stdout)["contracts"]["alpha-msa"]

    assert august["measured"]["alpha-msa"]["availability"] is None
    assert august["promises"][0]["verdict"] == "unknown"
    assert august["credits"] == []


def test_a_month_that_is_not_over_is_neither_kept_nor_broken(september: Path) -> None:
    """On the 15th what came so far is told, over the minutes that have passed, and no credit is due yet."""
    found = json.loads(run(september, "--json", today="2026-09-15").stdout)["contracts"]["alpha-msa"]
    level = found["measured"]["alpha-msa"]

    assert (found["over"], found["until"], found["credits"]) == (False, "2026-09-15 00:00", [])
    assert (level["minutes"], level["down"]) == (14 * 1440 - 2 * 120, 150)
    assert found["promises"][0]["verdict"] == "open"


def test_unkept_promises_end_with_an_exit_code(september: Path, beginning: Path) -> None:
    """`--unkept` shows those alone and exits 1; where every promise was kept it exits 0."""
    result = run(september, "--unkept")
    kept = run(beginning, "--unkept")

    assert result.exit_code == 1
    assert "99.4967%" in result.output
    assert "appeal" not in result.output
    assert (kept.exit_code, kept.output.splitlines()[0]) == (0, "no promise is known to have been broken in 2026-09")


def test_people_read_each_promise_beside_what_was_recorded(written: Written) -> None:
    """A table for each contract: promised, recorded, verdict; the credit; what the promise allows; what is next."""
    lines = written.lines
    (row,) = [line.split() for line in lines if "99.4967%" in line]

    assert "alpha-msa  2025-01-01 to 2027-12-31; 2026-09" in lines
    assert "  next: 2026-10-30 last day to claim credits of alpha-msa for 2026-09" in lines
    assert "  credit due: 10% of the fee of 2026-09, 3,000.00 EUR, to be claimed by 2026-10-30" in lines
    assert (
        "  claims can bear 30 s: the promise allows 43 min 12 s; the longest outage was 3 h, 3 requests lost" in lines
    )
    assert row == ["availability", "99.9%", "99.4967%", "broken"]


def test_the_paper_shows_what_people_read(written: Written) -> None:
    """The lines of docs/contracts.md are those of this month, blanks between columns aside."""
    paper = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text()
    block = paper.partition("```console\n$ modelrouter contracts alpha-msa")[2].partition("```")[0].splitlines()[1:]
    read = {" ".join(line.split()) for line in written.lines}

    assert len(block) > 10
    assert [line for line in block if " ".join(line.split()) not in read] == []


def test_a_claim_pack_holds_every_failed_call(written: Written) -> None:
    """Times, causes, statuses, ids and entry numbers of 320 failed calls: 215 count, 90 fell in maintenance."""
    folder = written.claim
    failures, entries = (read_csv(folder / name) for name in ("failures.csv", "entries.csv"))
    counted = [each["counts"] for each in failures]
    first = failures[0]

    assert sorted(path.name for path in folder.iterdir()) == [
        "entries.csv", "failures.csv", "minutes.csv", "proofs", "summary.html", "summary.md",
    ]  # fmt: skip
    assert (len(failures), counted.count("yes"), counted.count("no"), counted.count("maintenance")) == (
        320,
        215,
        15,
        90,
    )
    assert (first["time"], first["deployment"], first["cause"], first["status"]) == (
        "2026-09-08T09:00:05.000Z", "alpha-eu", "outage", "503",
    )  # fmt: skip
    assert first["request"].startswith("mr_")
    assert {each["entry"] for each in failures} == {each["entry"] for each in entries}
    assert "Promised: 99.9%." in (folder / "summary.md").read_text()
    assert "3,000.00 EUR" in (folder / "summary.md").read_text()


def test_the_numbers_of_a_claim_lead_to_the_entries(september: Path, written: Written) -> None:
    """The entry that a failed call names is the decision of its request, in the ledger that is named."""
    first = read_csv(written.claim / "failures.csv")[0]
    with opened(september.parent / "ledger" / "0.db") as reader:
        (entry,) = [plain(row) for row in reader.rows(int(first["entry"]), int(first["entry"]))]
        origin = reader.origin

    assert (first["ledger"], first["request"]) == (origin, entry.values["id"])
    assert entry.values["trail"][0]["cause"] == "outage"


def test_what_is_claimed_is_proven_by_the_verifier_alone(tmp_path: Path) -> None:
    """Each entry that a signed checkpoint covers has a proof, which no other line passes; of later ones the way is told."""
    story = Story()
    at = seconds("2026-09-08 09:00")
    failed = [
        draft for each in range(3) for draft in story.request(at + each, "claims", Hop("alpha-eu", "outage", 503))
    ]
    after = story.request(at + 86_400, "claims", Hop("alpha-eu", "timeout", None))
    secret = Secret(bytes(range(32)))
    write(tmp_path / "ledger", failed, signed_by=secret, unsigned=after)
    (tmp_path / "providers.yaml").write_text(INVENTORY)
    result = run(tmp_path / "providers.yaml", "alpha-msa", "--claim", tmp_path / "claim")
    folder = tmp_path / "claim" / "alpha-msa-2026-09" / "proofs"
    key = verifier.key_of(str(VerifierKey(ORIGIN, ED25519, secret.public)))
    proofs = sorted(folder.glob("*.tlog-proof"))
    told = (folder / "README.md").read_text()

    assert result.exit_code == 0, result.output
    assert [each.name for each in proofs] == ["0-2.tlog-proof", "0-4.tlog-proof", "0-6.tlog-proof"]
    for each in proofs:
        lines = [each.with_suffix(".jsonl").read_bytes()]
        assert verifier.proven(lines, each.read_text(), [key]).endswith(f"is in {ORIGIN} of 7 entries")
        with pytest.raises(verifier.WrongError):
            verifier.proven([lines[0].replace(b'"failed"', b'"served"')], each.read_text(), [key])
    assert "modelrouter ledger prove" in told
    assert told.count("ledger/0.db 8") == 1


def test_the_counts_of_every_minute_add_up_to_the_claim(written: Written) -> None:
    """Whoever adds up `minutes.csv` comes to the figures of the summary."""
    rows = read_csv(written.claim / "minutes.csv")
    counting = [row for row in rows if row["maintenance"] == "0"]

    assert len(rows) == 43_200
    assert sum(int(row["down"]) for row in rows) == 215
    assert [sum(int(row[each]) for row in counting) for each in ("answered", "failed", "left_out", "kept_away")] == [
        42_480, 215, 15, 10,
    ]  # fmt: skip


def test_the_page_tells_the_same_as_the_hand_calculation(written: Written) -> None:
    """Well formed, without a script or anything from elsewhere, with the figures and both outages in words."""
    page = read_page(written.page)
    told = {attrs["aria-label"] for tag, attrs in page.tags if attrs.get("role") == "img"}

    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "img")]
    assert "99.9% promised · 215 of 42,695 calls failed · 215 of 42,720 minutes down" in page.text
    assert "10% of the fee of 2026-09 comes back: 3,000.00 EUR, to be claimed by 2026-10-30" in page.text
    assert (
        "alpha-msa in 2026-09: 2026-09-08 09:00 to 2026-09-08 11:30, 150 minutes down; "
        "2026-09-20 00:30 to 2026-09-20 03:30, 65 minutes down"
    ) in told
    assert "3 promises not kept: alpha-msa on availability, beta-ea on availability" in page.text


def test_the_picture_shows_each_hour_for_what_was_worst_in_it(written: Written) -> None:
    """Of alpha's 720 hours 3 and 2 are down, and 8 are maintenance from end to end, whatever failed in it."""
    page = read_page(written.page)
    first = written.page.index("<svg")
    picture = written.page[first : written.page.index("</svg>", first)]

    assert [picture.count(f'class="c-{tone}"') for tone in ("down", "work", "other", "part")] == [5, 8, 0, 0]
    assert "2026-09-08 11:00: 30 of 60 minutes down, 30 calls failed" in page.text


def test_without_a_ledger_the_register_is_still_shown(beginning: Path) -> None:
    """Nothing is measured, and nothing is said to be broken."""
    result: Any = CliRunner().invoke(app, ["contracts", "-f", str(beginning), "--today", "2026-10-05"])

    assert result.exit_code == 0
    assert "nothing is measured" in result.output
    assert "broken" not in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["zeta"], "the inventory has no contract 'zeta'; it has alpha-msa, beta-ea, gamma-basic"),
        (["--window", "2026-13"], "--window: '2026-13' is no month, quarter or year: write 2026-09, 2026-Q3 or 2026"),
    ],
)
def test_what_cannot_be_judged_ends_with_exit_code_2(beginning: Path, words: list[str], said: str) -> None:
    """A contract or window that there is not is said in one line."""
    result = run(beginning, *words)

    assert (result.exit_code, result.stderr) == (2, f"error: {said}\n")


def test_what_is_no_ledger_is_not_read_as_an_empty_one(beginning: Path) -> None:
    """A file that holds no ledger ends the command: no availability is made up."""
    result: Any = CliRunner().invoke(app, ["contracts", "-f", str(beginning), "--ledger", str(beginning)])

    assert result.exit_code == 2
    assert "is no ledger" in result.output


def read_csv(path: Path) -> list[dict[str, str]]:
    """A table of a claim pack."""
    return list(csv.DictReader(io.StringIO(path.read_text())))
