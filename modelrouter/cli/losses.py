"""The options that say what happened, as `impact` and `capacity` share them, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

import typer

from modelrouter.cli.graphs import stop
from modelrouter.continuity import events
from modelrouter.continuity.events import Event
from modelrouter.continuity.factors import Graph
from modelrouter.errors import UsageError

__all__ = ["Ended", "Fenced", "Fencing", "Suspended", "Throttled", "Withdrawn", "geofences", "happened"]

Suspended = Annotated[
    list[str] | None, typer.Option(metavar="WHO", help="A provider, account, company or key that stops serving us.")
]
Withdrawn = Annotated[
    list[str] | None, typer.Option(metavar="WHAT", help="A family, model or developer that is served nowhere.")
]
Throttled = Annotated[
    list[str] | None, typer.Option(metavar="FACTOR=SHARE", help="What is left of it, as in account:azure/eu=50%.")
]
Ended = Annotated[list[str] | None, typer.Option(metavar="CONTRACT", help="A contract that ends.")]
Fenced = Annotated[
    list[str] | None, typer.Option(metavar="PLACE", help="A country or region that providers stop serving.")
]
Fencing = Annotated[
    list[str] | None, typer.Option(metavar="WHO", help="With --geofence: by this one; else by every one.")
]

WORDS: Mapping[str, Callable[[Graph, str], Event]] = MappingProxyType(
    {
        "suspend": events.suspend,
        "withdraw": events.withdraw,
        "end": events.end,
        "lose": events.lose,
        "throttle": events.throttle,
    }
)


def happened(graph: Graph, told: Mapping[str, Sequence[str] | None], *, as_json: bool) -> list[Event]:
    """What the options said, by their words; what is no event of this inventory ends the command with exit code 2."""
    found = []
    for word, texts in told.items():
        for text in texts or ():
            try:
                found.append(WORDS[word](graph, text))
            except UsageError as error:
                stop(f"--{word} {text}: {error}", events.known(graph, text, word), as_json=as_json)
    return found


def geofences(graph: Graph, places: Sequence[str], providers: Sequence[str], *, as_json: bool) -> list[Event]:
    """Places that all of these providers stop serving; as `happened`."""
    if providers and not places:
        stop("--provider says who geofences: write --geofence PLACE as well", (), as_json=as_json)
    try:
        return [events.geofence(graph, place, providers) for place in places]
    except UsageError as error:
        meant = events.known(graph, "", "geofence by") if providers else ()
        stop(f"--geofence: {error}", meant, as_json=as_json)
