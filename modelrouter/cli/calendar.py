"""`modelrouter calendar`: what ends when, and which process loses its last route?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelrouter.cli.check import InventoryFile
from modelrouter.cli.day import Today, day_of, read_day
from modelrouter.cli.graphs import read_inventory, stop
from modelrouter.cli.icalendar import icalendar
from modelrouter.cli.narrow import fits
from modelrouter.cli.opening import AsJson, show_json
from modelrouter.cli.pricelist import PriceList, price_list
from modelrouter.cli.writing import write
from modelrouter.continuity.calendar import LASTING, Calendar, Ending, Entry, Route, calendar
from modelrouter.continuity.factors import Graph
from modelrouter.core.moment import without_past
from modelrouter.pages.calendar import page

USUAL = timedelta(days=90)
COLUMNS = 45
"""Of the picture."""
FIRST, LATER, NOBODY = "█", "▒", "·"
COLOURS = {FIRST: "green", LATER: "yellow", NOBODY: "red"}
NEVER = "no end known"
ROOMY = 100
"""Columns from which on what an end takes has a column of its own."""


def main(
    file: InventoryFile = Path("providers.yaml"),
    *,
    until: Annotated[
        date | None,
        typer.Option("--until", metavar="DATE", help="Show what ends up to this day; else 90 days.", parser=read_day),
    ] = None,
    ics: Annotated[
        Path | None, typer.Option("--ics", metavar="FILE", help="Write it for calendar programs, too (iCalendar).")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page with a picture as well.")
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option("--price-list", metavar="FILE", help="LiteLLM's list, instead of the installed library's."),
    ] = None,
    stated: bool = typer.Option(False, "--stated", help="Only what the inventory states; no price list."),
    today: Today = None,
    as_json: AsJson = False,
) -> None:
    """Say what ends when: contracts, notices, keys, models, certificates; and when a process loses its last route."""
    day = day_of(today)
    end = until or day + USUAL
    if end < day:
        stop(f"--until {end} lies before {day}", as_json=as_json)
    if stated and prices is not None:
        stop("--stated asks no price list: it does not go together with --price-list", as_json=as_json)
    graph = Graph.of(without_past(read_inventory(file, as_json=as_json), day))
    listed = PriceList({}, "not asked", found=False) if stated else price_list(prices)
    if prices is not None and not listed.found:
        stop(f"--price-list: {listed.source}", as_json=as_json)
    if prices is not None and not listed.lines:
        stop(f"--price-list: {prices} is no list of models in LiteLLM's form", as_json=as_json)
    shown = _Shown(calendar(graph, day, listed.lines), day, end, listed)
    if ics is not None:
        wanted = shown.calendar.entries if until is None else shown.near
        made = icalendar(graph.inventory.name, (each for each in wanted if each.day >= day), day)
        write(ics, made, graph.inventory.files, as_json=as_json)
    if html is not None:
        drawn = page(graph.inventory.name, shown.calendar, day, end, _asked(shown))
        write(html, drawn, graph.inventory.files, as_json=as_json)
    if as_json:
        show_json(_facts(shown))
    else:
        _show(shown, Console(highlight=False))
        for each in (ics, html):
            if each is not None:
                typer.secho(f"written: {each}", dim=True)


class _Shown(NamedTuple):
    """A calendar, and the days that are looked at."""

    calendar: Calendar
    today: date
    until: date
    listed: PriceList

    @property
    def near(self) -> tuple[Entry, ...]:
        """What ends by then, and what has ended and is gone."""
        return tuple(each for each in self.calendar.entries if each.day <= self.until and self._matters(each))

    @property
    def later(self) -> tuple[Entry, ...]:
        """What ends after that."""
        return tuple(each for each in self.calendar.entries if each.day > self.until)

    def _matters(self, entry: Entry) -> bool:
        """A day that has passed without taking anything is history, unless something is still to be done about it."""
        return entry.day >= self.today or bool(entry.takes) or entry.kind in LASTING


def _facts(shown: _Shown) -> dict[str, Any]:
    return {
        "today": str(shown.today),
        "until": str(shown.until),
        "price_list": {"source": shown.listed.source, "found": shown.listed.found},
        "entries": [_entry(each, shown) for each in shown.calendar.entries],
        "processes": {name: _route(route, shown) for name, route in shown.calendar.routes.items()},
    }


def _entry(entry: Entry, shown: _Shown) -> dict[str, Any]:
    return {
        "day": str(entry.day),
        "days": (entry.day - shown.today).days,
        "kind": str(entry.kind),
        "subject": entry.subject,
        "said": entry.said,
        "sure": entry.sure,
        "path": ".".join(entry.path),
        "takes": list(entry.takes),
        "processes": list(entry.processes),
    }


def _route(route: Route, shown: _Shown) -> dict[str, Any]:
    last = route.last
    return {
        "now": route.serving(shown.today),
        "first": _ending(route.first) if route.first is not None else None,
        "last": _ending(last) if last is not None else None,
        "route": [_ending(each) for each in route.endings],
    }


def _ending(ending: Ending) -> dict[str, Any]:
    by = ending.entry
    return {"deployment": ending.deployment, "until": _day(ending.day), "by": by.said if by is not None else None}


def _day(day: date | None) -> str | None:
    return str(day) if day is not None else None


def _show(shown: _Shown, console: Console) -> None:
    length = (shown.until - shown.today).days
    near = shown.near
    head = f"{_plural(len(near), 'day')} to know of until {shown.until}, in {length} days"
    console.print(Text(head if near else f"nothing ends until {shown.until}, in {length} days", "bold"))
    if near:
        console.print(_table(near, shown.today, roomy=console.width >= ROOMY))
    if shown.later:
        last = shown.later[-1].day
        text = (
            f"{len(shown.later)} later: the next on {shown.later[0].day}, the last on {last} (--until {last} shows all)"
        )
        console.print(Text(text, "dim"), soft_wrap=True)
    console.print()
    picture = _picture(shown)
    console.print(picture if fits(picture, console) else _stacked_picture(shown))
    legend = f"{FIRST} first choice   {LATER} a fallback   {NOBODY} nobody is left"
    console.print(Text(legend, "dim"))
    console.print(Text(_asked(shown), "dim"), soft_wrap=True)


def _table(near: Sequence[Entry], today: date, *, roomy: bool) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(style="dim", overflow="fold")
    for entry in near:
        takes = f"takes {', '.join(entry.takes)}" if entry.takes else ""
        used = f" from {', '.join(entry.processes)}" if entry.processes else ""
        left = (entry.day - today).days
        when, told = Text(_left(left), _urgency(left)), takes + used
        if roomy:
            table.add_row(str(entry.day), when, entry.said, told)
        else:
            table.add_row(str(entry.day), when, Text.assemble(entry.said, (f"\n{told}" if told else "", "dim")))
    return table


def _left(days: int) -> str:
    if days < 0:
        return "1 day ago" if days == -1 else f"{-days} days ago"
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def _urgency(days: int) -> str:
    return "red" if days < 14 else "yellow" if days < 45 else ""  # noqa: PLR2004 - colours, not promises


def _picture(shown: _Shown) -> Table:
    """A bar for each process: who serves it as the days go by."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("process", no_wrap=True)
    table.add_column(f"{shown.today}{str(shown.until).rjust(COLUMNS - 10)}", no_wrap=True)
    table.add_column("first choice until", no_wrap=True)
    table.add_column("last route until", no_wrap=True)
    for name, route in shown.calendar.routes.items():
        bar = Text.assemble(*((sign, COLOURS[sign]) for sign in _bar(route, shown)))
        first, last = route.first, route.last
        table.add_row(name, bar, _until(first), _until(last) if route.endings else Text("nobody may serve it", "red"))
    return table


def _stacked_picture(shown: _Shown) -> Text:
    """The same where there is little room: three lines a process."""
    lines = [Text(f"{shown.today}{str(shown.until).rjust(COLUMNS - 10)}", "dim")]
    for name, route in shown.calendar.routes.items():
        lines.append(Text(name, "bold"))
        lines.append(Text.assemble(*((sign, COLOURS[sign]) for sign in _bar(route, shown))))
        lines.append(Text(f"  first choice until: {_until(route.first)}"))
        last = f"last route until: {_until(route.last)}" if route.endings else "nobody may serve it"
        lines.append(Text(f"  {last}", "" if route.endings else "red"))
    return Text("\n").join(lines)


def _bar(route: Route, shown: _Shown) -> Iterator[str]:
    """One sign for each stretch of days: what is true on the last day of it, since that is the worst."""
    length = (shown.until - shown.today).days
    for column in range(COLUMNS):
        day = shown.today + timedelta(days=((column + 1) * length) // COLUMNS)
        serving = route.serving(day)
        if serving is None:
            yield NOBODY
        else:
            yield FIRST if route.first is not None and serving == route.first.deployment else LATER


def _until(ending: Ending | None) -> str:
    if ending is None or ending.day is None:
        return NEVER
    return f"{ending.day} {ending.deployment}"


def _asked(shown: _Shown) -> str:
    by_list = sum(each.sure != "stated" for each in shown.calendar.entries)
    if not shown.listed.found:
        return f"retirements that the inventory does not state are not known: {shown.listed.source}"
    return f"retirements that the inventory does not state: {by_list or 'none'} found in the price list of {shown.listed.source}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
