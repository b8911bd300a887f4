"""`modelrouter classify`: what an error means and how far it reaches."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from modelrouter.cli.holding import ON_RELEASE
from modelrouter.core.causes import PERMITS, Ending
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence, Fault, Surface
from modelrouter.core.holds import LONGEST_STATED_S, LONGEST_WAIT_S
from modelrouter.core.signatures import VENDORS as ALIASES
from modelrouter.errors import InventoryError
from modelrouter.inventory import load
from modelrouter.inventory.masking import shown
from modelrouter.inventory.spelling import did_you_mean
from modelrouter.inventory.vendors import VENDORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from modelrouter.core.inventory import Signature

SURFACES: dict[str, Surface] = {"http": "http", "stream": "stream", "sse": "stream", "exception": "exception"}
"""Names of surfaces in the wild; any other in a line of JSON is an exception's text."""
DIALECTS = frozenset({*VENDORS, *ALIASES})
ENDS: Mapping[Ending, str] = MappingProxyType(
    {Ending.TIME: "by itself", Ending.TRIAL: "when one call that tries it succeeds", Ending.RELEASE: ON_RELEASE}
)
"""How a hold ends, as `status` says it."""


def _one_of(known: Iterable[str]) -> Callable[[str], str]:
    def read(word: str) -> str:
        if word and word.lower() not in known:
            raise typer.BadParameter(f"{shown(word)} is not known. {did_you_mean(word, known)}")
        return word.lower()

    return read


def main(
    text: Annotated[str | None, typer.Argument(help="The error: a body, an event, an exception's text.")] = None,
    *,
    file: Annotated[Path | None, typer.Option(help="Read the error from this file; - is standard input.")] = None,
    vendor: Annotated[
        str, typer.Option(help="Whose dialect: openai, anthropic, azure, bedrock, …", callback=_one_of(DIALECTS))
    ] = "generic",
    status: Annotated[int | None, typer.Option(min=100, max=599, help="The HTTP status, if an answer came.")] = None,
    surface: Annotated[str, typer.Option(help="http, stream or exception.", callback=_one_of(SURFACES))] = "",
    inventory: Annotated[
        Path | None,
        typer.Option("--inventory", metavar="FILE", help="Read the `signatures:` of this inventory before all others."),
    ] = None,
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="NAME: VALUE; may be repeated.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read JSON lines, print a JSON line for each.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole fault as JSON.")] = False,
) -> None:
    """Explain an error: why a call failed, how far that reaches, what follows."""
    signatures = _signatures(inventory)
    source = _source(text, file)
    if not source.strip() and (jsonl or status is None):
        raise typer.BadParameter("there is nothing to explain: give the error's text, or its --status")
    if jsonl:
        _lines(source, signatures)
        return
    evidence = Evidence(
        vendor=vendor,
        surface=SURFACES[surface] if surface else ("http" if status else "exception"),
        status=status,
        headers=dict(_header(line) for line in header or ()),
        body=source,
    )
    fault = classify(evidence, signatures, now=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(_fields(fault), ensure_ascii=False))
    else:
        _show(fault)


def _signatures(inventory: Path | None) -> tuple[Signature, ...]:
    try:
        return () if inventory is None else load(inventory).signatures
    except InventoryError as error:
        raise typer.BadParameter(f"{str(inventory)!r} cannot be used: {error.problems[0]}") from error


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


def _lines(source: str, signatures: tuple[Signature, ...]) -> None:
    now = datetime.now(UTC)
    for number, line in enumerate(source.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise typer.BadParameter(f"line {number} is no JSON: {error}") from error
        fault = classify(_evidence(row), signatures, now=now)
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
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("cause", f"[bold]{fault.cause}[/bold]" + (" (the provider says so)" if fault.stated else ""))
    table.add_row("reaches", f"[bold]{fault.scope}[/bold]")
    table.add_row("come back", "not stated" if fault.retry_after_s is None else f"after {fault.retry_after_s:g} s")
    table.add_row("certainty", f"{fault.certainty:.0%}, rule {fault.rule}")
    table.add_row("hold", _hold(fault))
    table.add_row("same again", str(permits.again))
    table.add_row("next one", str(permits.next))
    Console().print(table)
    Console().print(fault.evidence, style="italic", markup=False, highlight=False)


def _hold(fault: Fault) -> str:
    """How long the domain would be kept out of use, and what ends that."""
    opens = PERMITS[fault.cause].opens
    if opens is None:
        return "none"
    length = f"{opens.first_s:g} s" + (f" to {opens.longest_s:g} s" if opens.longest_s > opens.first_s else "")
    if fault.retry_after_s is not None:
        length = f"{min(fault.retry_after_s, LONGEST_WAIT_S if opens.waivable else LONGEST_STATED_S):g} s, as stated"
    return f"{length}; ends {ENDS[opens.ending]}"
