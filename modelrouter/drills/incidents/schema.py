"""What a file of an incident, or of a scenario of one's own, may say."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import WithJsonSchema

from modelrouter.drills.misfortunes import MISFORTUNES
from modelrouter.drills.scope import CALLERS, FACTS
from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.fields import Count, Day, Duration, Flag, Line, Number, Share, Words
from modelrouter.inventory.words import reads

if TYPE_CHECKING:
    from collections.abc import Mapping

Confidence = Literal["P", "L", "W", "unverified"]
CONFIDENCES: Mapping[str, str] = MappingProxyType(
    {
        "P": "the vendor's or an authority's own text",
        "L": "a law firm or the trade press",
        "W": "a page on the web",
        "unverified": "no source was seen",
    }
)
"""How far a report can be trusted."""

MisfortuneWord = Annotated[str, reads(MISFORTUNES), WithJsonSchema({"type": "string", "enum": list(MISFORTUNES)})]
FactWord = Annotated[str, reads((*FACTS, *CALLERS)), WithJsonSchema({"type": "string", "enum": [*FACTS, *CALLERS]})]
ConfidenceWord = Annotated[Confidence, reads(CONFIDENCES)]


class FlapEntry(Entry):
    """On and off."""

    down: Duration = about("For so long it stands.", "20m", unit="duration")
    up: Duration | None = about("For so long it is away; as long as it stands where this is not said.", "10m", None)


class HoursEntry(Entry):
    """Hours of the day, counted from the beginning."""

    opens: Number = about("From this hour.", 12, alias="from", unit="hour")
    closes: Number = about("To this hour.", 18, alias="until", unit="hour")


class FaultEntry(Entry):
    """One thing that goes wrong."""

    fault: MisfortuneWord = about("What goes wrong.", "suspend", unit="word")
    scope: dict[FactWord, Words] = about(
        "To whom: facts that all must fit, each with one value or several.", {"vendor": "openai"}
    )
    at: Duration = about("So long after the beginning.", "90m", 0.0, written="0s")
    until: Duration | None = about("So long after the beginning it is over. By default it stays.", "4h", None)
    share: Share = about("Of calls, so many.", "40%", 1.0, written="100%")
    sticky: Flag = about("The share is one of callers, who meet it always or never.", example=True, default=False)
    left: Share = about("Of limits that are cut, so much is left.", "40%", 0.5, written="50%")
    ramp: Duration | None = about("It grows to its whole within so long.", "20m", None)
    flap: FlapEntry | None = about("It comes and goes.", {"down": "20m", "up": "10m"}, None)
    hours: HoursEntry | None = about("It stands at these hours of each day alone.", {"from": 12, "until": 18}, None)
    retry_after: Duration | None = about("The wait that replies state. By default the vendor's usual one.", "30s", None)
    retention: Duration | None = about("With `terms`: for how long what is sent is kept.", "30d", None)
    times: Number | None = about("With `price`: the multiple of the usual price.", 4.5, None)
    assumed: list[Line] = about("What of this nobody reported.", ["the share"], [])


class SignalEntry(Entry):
    """Something that was said of it at the time."""

    at: Duration = about("So long after the beginning.", "60m", unit="duration")
    says: Line = about("What was said.", "the status page speaks of it", unit="sentence")


class StoryEntry(Entry):
    """What every file says."""

    title: Line = about("In a line.", "Sweden is gone for a day")
    announced: Duration | None = about("So long before, it was said that this would come.", "14d", None)
    compress: Count | None = about(
        "Seconds of it in one second of the rehearsal. By default all of it fits.", 240, None
    )
    faults: list[FaultEntry] = about("What goes wrong.", [{"fault": "down", "scope": {"vendor": "openai"}}], [])
    signals: list[SignalEntry] = about("What was said of it.", [{"at": "60m", "says": "the status page speaks"}], [])
    assumed: list[Line] = about("Assumptions about the whole.", ["that it comes on a working day"], [])


class ScenarioEntry(StoryEntry):
    """A scenario of one's own."""

    scenario: Line = about("Its id.", "lose-sweden", unit="name")


class IncidentEntry(StoryEntry):
    """Something that happened to others."""

    id: Line = about("F and a number.", "F25")
    when: Line = about("For people.", "2026-01-27, 09:00 to 16:12 UTC")
    begins: Day = about("The day on which it began.", "2026-01-27")
    lasted: Line = about("For people.", "7 h 12 min")
    what: Line = about("What happened, in our own words.", "One internal service ran out of memory.")
    confidence: ConfidenceWord = about("How far the report can be trusted: P, L, W or unverified.", "P")
    sources: list[Line] = about("Where it was read.", ["azure.status.microsoft"])
    questions: list[Line] = about("For people at a table, where there is nothing to play.", ["Who decides?"], [])
