"""A calendar that calendar programs read: iCalendar, RFC 5545.

One all-day event for each entry, with a reminder beforehand. An event keeps its UID when its day moves, so that a program
that reads the file again moves it, too.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from modelrouter.continuity.calendar import Entry

__all__ = ["escaped", "folded", "icalendar"]

WIDEST = 75
"""Octets of a line, its end aside (RFC 5545, 3.1)."""
END = "\r\n"
REMINDERS = {
    "notice-due": 30,
    "contract-ends": 60,
    "contract-renews": 30,
    "model-retires": 60,
    "key-ends": 14,
    "exit-test-due": 60,
    "switching-test-due": 60,
}
"""Days before; 14 for what is not named."""


def icalendar(name: str, entries: Iterable[Entry], today: date) -> bytes:
    """Write a calendar. Same entries on the same day: same bytes."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//modelrouter//calendar//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{escaped(f'{name}: what ends')}",
    ]
    for entry in entries:
        lines += _event(name, entry, today)
    lines.append("END:VCALENDAR")
    return "".join(folded(line) + END for line in lines).encode()


def _event(name: str, entry: Entry, today: date) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(name, entry)}"
    yield f"DTSTAMP:{today:%Y%m%d}T000000Z"
    yield f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escaped(entry.said)}"
    yield f"DESCRIPTION:{escaped(_description(entry))}"
    yield f"CATEGORIES:{escaped(entry.kind)}"
    yield "TRANSP:TRANSPARENT"
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"TRIGGER:-P{REMINDERS.get(entry.kind, 14)}D"
    yield f"DESCRIPTION:{escaped(entry.said)}"
    yield "END:VALARM"
    yield "END:VEVENT"


def _uid(name: str, entry: Entry) -> str:
    """The same for the same thing, whenever it happens."""
    what = f"{name}\0{entry.kind}\0{entry.subject}\0{entry.sure}"
    return f"{hashlib.sha256(what.encode()).hexdigest()[:32]}@modelrouter"


def _description(entry: Entry) -> str:
    said = [f"Stated in {'.'.join(entry.path)}." if entry.sure == "stated" else "Not stated in the inventory."]
    if entry.takes:
        said.append(f"Takes {', '.join(entry.takes)}.")
    if entry.processes:
        said.append(f"Used by {', '.join(entry.processes)}.")
    return "\n".join(said)


def escaped(text: str) -> str:
    """A text as the value of a property (3.3.11): no comma, semicolon, backslash or line end of its own."""
    flat = text.replace("\r\n", "\n").replace("\r", "\n").replace("\\", "\\\\")
    flat = flat.replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return "".join(char for char in flat if char.isprintable() or char == "\t")


def folded(line: str) -> str:
    """A line in pieces of at most 75 octets, each further one begun by a space; no character is cut (3.1)."""
    pieces = [""]
    room = WIDEST
    for char in line:
        size = len(char.encode())
        if size > room:
            pieces.append("")
            room = WIDEST - 1
        pieces[-1] += char
        room -= size
    return f"{END} ".join(pieces)
