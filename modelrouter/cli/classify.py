"""`modelrouter classify`: what an error means and how far it reaches."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from modelrouter.core.causes import PERMITS
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence, Fault, Surface

SURFACES: dict[str, Surface] = {"http": "http", "stream": "stream", "sse": "stream"}
"""Names of surfaces in the wild; any other is an exception's text."""


def main(
    text: Annotated[str | None, typer.Argument(help="The error: a body, an event, an exception's text.")] = None,
    *,
    file: Annotated[Path | None, typer.Option(help="Read the error from this file; - is standard input.")] = None,
    vendor: Annotated[str, typer.Option(help="Whose dialect: openai, anthropic, azure, bedrock, …")] = "generic",
    status: Annotated[int | None, typer.Option(help="The HTTP status, if an answer came.")] = None,
    surface: Annotated[str, typer.Option(help="http, stream or exception.")] = "",
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="NAME: VALUE; may be repeated.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read JSON lines, print a JSON line for each.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole fault as JSON.")] = False,
) -> None:
    """Explain an error: why a call failed, how far that reaches, what follows."""
    if jsonl:
        _lines(_source(text, file))
        return
    evidence = Evidence(
        vendor=vendor,
        surface=SURFACES.get(surface, "exception") if surface else ("http" if status else "exception"),
        status=status,
        headers=dict(_header(line) for line in header or ()),
        body=_source(text, file),
    )
    fault = classify(evidence, now=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(_fields(fault), ensure_ascii=False))
    else:
        _show(fault)


def _source(text: str | None, file: Path | None) -> str:
    if text is not None:
        return text
    if file is None or str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise typer.BadParameter(f"cannot read {str(file)!r}: {error.strerror}") from error


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise typer.BadParameter(f"{line!r} is no header; write NAME: VALUE, such as 'retry-after: 7'")
    return name.strip().lower(), value.strip()


def _lines(source: str) -> None:
    now = datetime.now(UTC)
    for number, line in enumerate(source.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise typer.BadParameter(f"line {number} is no JSON: {error}") from error
        fault = classify(_evidence(row), now=now)
        fields = _fields(fault)
        kept = ("cause", "scope", "retry_after_s", "certainty", "rule")
        typer.echo(json.dumps({"id": row.get("id"), **{name: fields[name] for name in kept}}, ensure_ascii=False))


def _evidence(row: dict[str, Any]) -> Evidence:
    body = row.get("body") or ""
    return Evidence(
        vendor=row.get("provider") or "generic",
        surface=SURFACES.get(row.get("surface") or "http", "exception"),
        status=row.get("status"),
        headers={str(name).lower(): str(value) for name, value in (row.get("headers") or {}).items()},
        body=body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
    )


def _fields(fault: Fault) -> dict[str, Any]:
    return {
        "cause": str(fault.cause),
        "scope": str(fault.scope),
        "retry_after_s": fault.retry_after_s,
        "certainty": fault.certainty,
        "rule": fault.rule,
        "evidence": fault.evidence,
        "stated": fault.stated,
    }


def _show(fault: Fault) -> None:
    permits = PERMITS[fault.cause]
    opens = permits.opens
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("cause", f"[bold]{fault.cause}[/bold]" + (" (the provider says so)" if fault.stated else ""))
    table.add_row("reaches", f"[bold]{fault.scope}[/bold]")
    table.add_row("come back", "not stated" if fault.retry_after_s is None else f"after {fault.retry_after_s:g} s")
    table.add_row("certainty", f"{fault.certainty:.0%}, rule {fault.rule}")
    table.add_row(
        "hold",
        "none" if opens is None else f"from {opens.first_s:g} s to {opens.longest_s:g} s, ends by {opens.ending}",
    )
    table.add_row("same again", str(permits.again))
    table.add_row("next one", str(permits.next))
    Console().print(table)
    Console().print(fault.evidence, style="italic", markup=False, highlight=False)
