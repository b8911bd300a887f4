"""Errors that no rule knew, as people and programs read them, and the rule that would know each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from modelrouter.cli.opening import opened, show_json
from modelrouter.core.unrecognised import suggested
from modelrouter.inventory.loader import default_inventory

if TYPE_CHECKING:
    from modelrouter.core.inventory import Signature
    from modelrouter.core.unrecognised import Unrecognised
    from modelrouter.router import Router

LISTED = 5
"""So many stand in `status`; the verb that lists them shows all."""
LONGEST = 70
"""Characters of a text in a table."""


def block(router: Router) -> Group:
    """A short table for `status`; nothing where every error was known."""
    entries = router.unrecognised()
    if not entries:
        return Group()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("count", "provider", "status", "text", "since"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "count" else "left")
    for entry in sorted(entries, key=lambda entry: -entry.count)[:LISTED]:
        text = _line(entry.text)
        shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        table.add_row(str(entry.count), entry.provider, _status(entry), Text(shown), _moment(entry.first))
    more = f"{len(entries) - LISTED} more; " if len(entries) > LISTED else ""
    advice = f"{more}modelrouter classify --unknown writes a rule for each{_forgotten(router)}"
    return Group(Text(), Text("errors that no rule knew", "bold yellow"), table, Text(advice, "dim"))


def fields(entry: Unrecognised) -> dict[str, Any]:
    """Plain values for JSON; times are ISO 8601 in UTC."""
    return {
        "count": entry.count,
        "provider": entry.provider,
        "status": entry.status,
        "text": entry.text,
        "first": _iso(entry.first),
        "last": _iso(entry.last),
        "deployment": entry.deployment,
        "sample": entry.sample,
        "taken_for": {"cause": str(entry.cause), "scope": str(entry.scope)},
    }


def show(inventory: Path | None, *, as_json: bool) -> None:
    """Print all of them with a rule for each: YAML to be pasted into the inventory, or one JSON object."""
    with opened(inventory or Path(default_inventory()), as_json=as_json) as router:
        entries = router.unrecognised()
        if as_json:
            listed = [fields(entry) | {"signature": _plain(suggested(entry))} for entry in entries]
            dropped = router.unrecognised_dropped()
            show_json({"inventory": router.inventory.name, "unrecognised": listed, "dropped": dropped})
        elif entries:
            typer.echo("\n".join([*_head(router, entries), *map(_entry, entries)]))
        else:
            typer.echo("every error was known")


def _head(router: Router, entries: tuple[Unrecognised, ...]) -> list[str]:
    count = len(entries)
    told = f"# {count} {'error' if count == 1 else 'errors'} that no rule knew{_forgotten(router)}."
    advice = "# Say what each means, see that its text occurs in no other error, and paste it into the inventory."
    return [told, advice, "signatures:"]


def _entry(entry: Unrecognised) -> str:
    times = "once" if entry.count == 1 else f"{entry.count} times"
    told = [
        f"  # {times} since {_moment(entry.first)}, last {_moment(entry.last)} from {entry.deployment}:",
        f"  #   {_line(entry.sample)}",
    ]
    rule = suggested(entry)
    if rule is None:
        return "\n".join([*told, "  # It has no words that stay the same, so no rule can be written from it."])
    status = f"    status: {rule.status}" if rule.status is not None else "    # it came without a status"
    written = [
        f"  - id: {rule.id}",
        f"    cause: {rule.cause}  # guessed from the status alone: say what it means",
        f"    scope: {rule.scope}  # guessed likewise",
        f"    text: {json.dumps(rule.text, ensure_ascii=False)}",
        f"    provider: {rule.provider}",
        status,
    ]
    return "\n".join([*told, *written])


def _plain(rule: Signature | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {
        "id": rule.id,
        "cause": rule.cause,
        "scope": rule.scope,
        "text": rule.text,
        "provider": rule.provider,
        "status": rule.status,
    }


def _forgotten(router: Router) -> str:
    dropped = router.unrecognised_dropped()
    return f"; {dropped} more were seen long ago and forgotten" if dropped else ""


def _status(entry: Unrecognised) -> str:
    return "none" if entry.status is None else str(entry.status)


def _line(text: str) -> str:
    """Foreign text on one line of a terminal, and of a comment: no line breaks of any kind, no control characters."""
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))


def _moment(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC).astimezone():%Y-%m-%d %H:%M}"


def _iso(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
