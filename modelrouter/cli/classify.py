"""`modelrouter classify`: what an error means and how far it reaches."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

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

    from modelrouter.core.inventory import Inventory, Provider

SURFACES: dict[str, Surface] = {"http": "http", "stream": "stream", "sse": "stream", "exception": "exception"}
"""Names of surfaces in the wild; any other in a line of JSON is an exception's text."""
DIALECTS = frozenset({*VENDORS, *ALIASES})
ENDS: Mapping[Ending, str] = MappingProxyType(
    {Ending.TIME: "by itself", Ending.TRIAL: "when one call that tries it succeeds", Ending.RELEASE: ON_RELEASE}
)
"""How a hold ends, as `status` says it."""
GRAVE = ((7, "bold red"), (1, "bold yellow"), (0, "bold cyan"))
"""How a cause is shown from a gravity on: what others did to us, what else is held, what is the request's own matter."""


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
    provider: Annotated[
        str, typer.Option(metavar="ID", help="The provider of the --inventory that said it; its vendor is known there.")
    ] = "",
    model: Annotated[
        str, typer.Option(help="The model that was asked for: a good answer of another one is a failure.")
    ] = "",
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="NAME: VALUE; may be repeated.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read JSON lines, print a JSON line for each.")] = False,
    unknown: Annotated[
        bool,
        typer.Option("--unknown", help="List the errors of this inventory that no rule knew, with a rule for each."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole fault as JSON.")] = False,
) -> None:
    """Explain an error: why a call failed, how far that reaches, what follows."""
    if unknown:
        # A router and all that it needs: loaded here, it costs nothing where one error is explained.
        import_module("modelrouter.cli.unknown").show(inventory, as_json=as_json)
        return
    own = _own(inventory)
    source = _source(text, file)
    if not source.strip() and (jsonl or status is None):
        raise typer.BadParameter("there is nothing to explain: give the error's text, or its --status")
    if jsonl:
        _lines(source, own)
        return
    named = _provider(provider, own)
    evidence = Evidence(
        vendor=named.vendor if named and vendor == "generic" else vendor,
        surface=SURFACES[surface] if surface else ("http" if status else "exception"),
        status=status,
        headers=dict(_header(line) for line in header or ()),
        body=source,
        provider=provider,
        asked=model,
    )
    fault = classify(evidence, own.signatures if own else (), now=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(_fields(fault), ensure_ascii=False))
    else:
        _show(fault)


def _own(inventory: Path | None) -> Inventory | None:
    try:
        return None if inventory is None else load(inventory)
    except InventoryError as error:
        raise typer.BadParameter(f"{str(inventory)!r} cannot be used: {error.problems[0]}") from error


def _provider(name: str, own: Inventory | None) -> Provider | None:
    if not name:
        return None
    if own is None:
        raise typer.BadParameter("a --provider is one of an --inventory: name its file too, or the --vendor alone")
    if name not in own.providers:
        raise typer.BadParameter(f"there is no provider {shown(name)}. {did_you_mean(name, own.providers)}")
    return own.providers[name]


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


def _lines(source: str, own: Inventory | None) -> None:
    now = datetime.now(UTC)
    for number, line in enumerate(source.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise typer.BadParameter(f"line {number} is no JSON: {error}") from error
        fault = classify(_evidence(row, own), own.signatures if own else (), now=now)
        fields = _fields(fault)
        kept = ("cause", "scope", "retry_after_s", "certainty", "rule")
        typer.echo(json.dumps({"id": row.get("id"), **{name: fields[name] for name in kept}}, ensure_ascii=False))


def _evidence(row: dict[str, Any], own: Inventory | None) -> Evidence:
    """What a row tells. Its `provider` is one of the inventory, else a vendor; `model` is what was asked for."""
    body = row.get("body") or ""
    name = row.get("provider") or "generic"
    named = own.providers.get(name) if own else None
    return Evidence(
        vendor=named.vendor if named else name,
        provider=named.id if named else "",
        asked=str(row.get("model") or ""),
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
    style = next(style for least, style in GRAVE if permits.gravity >= least)
    table.add_row("cause", f"[{style}]{fault.cause}[/]" + (" (the provider says so)" if fault.stated else ""))
    table.add_row("reaches", f"[bold]{fault.scope}[/bold]")
    table.add_row(
        "come back",
        "not stated, or not to be believed" if fault.retry_after_s is None else f"after {fault.retry_after_s:g} s",
    )
    table.add_row("certainty", f"{fault.certainty:.0%}, rule {fault.rule}")
    table.add_row("hold", _hold(fault))
    table.add_row("same again", str(permits.again))
    table.add_row("next one", str(permits.next))
    table.add_row("read", Text(fault.evidence, style="italic"))
    Console(highlight=False).print(table)


def _hold(fault: Fault) -> str:
    """How long the domain would be kept out of use, and what ends that."""
    opens = PERMITS[fault.cause].opens
    if opens is None:
        return "none"
    length = f"{opens.first_s:g} s" + (f" to {opens.longest_s:g} s" if opens.longest_s > opens.first_s else "")
    if fault.retry_after_s is not None:
        length = f"{min(fault.retry_after_s, LONGEST_WAIT_S if opens.waivable else LONGEST_STATED_S):g} s, as stated"
    return f"{length}; ends {ENDS[opens.ending]}"
