"""`modelrouter status`: what is held now, why, how it ends, and whom it affects."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from modelrouter.cli.duration import spoken
from modelrouter.cli.evidence import fields as ledger_fields
from modelrouter.cli.evidence import line as ledger_line
from modelrouter.cli.health import by_deployment, fields, shown
from modelrouter.cli.holding import CLOCK, Holding, because, cause_of, ends, holdings
from modelrouter.cli.opening import USUAL, AsJson, InventoryFile, opened, show_json
from modelrouter.cli.unknown import block as unknown_block
from modelrouter.cli.unknown import fields as unknown_fields
from modelrouter.router import Router

EVERY_S = 1.0
"""As often as a router looks at what other processes have changed."""


def main(
    *,
    inventory: InventoryFile = USUAL,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again each second, until interrupted.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Ask every deployment everything that is free first; exit 1 if any fails.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is held now, why, how it ends, and whom it affects."""
    with opened(inventory, as_json=as_json) as router:
        failed = check and any(checked.ok is False for checked in router.check())
        if watch:
            _watch(router, as_json=as_json)
        elif as_json:
            show_json(_fields(router))
        else:
            Console(highlight=False).print(_drawn(router))
    if failed:
        raise typer.Exit(1)


def _watch(router: Router, *, as_json: bool) -> None:
    try:
        if as_json:
            while True:
                typer.echo(orjson.dumps(_fields(router)).decode())
                time.sleep(EVERY_S)
        with Live(_drawn(router), console=Console(highlight=False), auto_refresh=False) as live:
            while True:
                time.sleep(EVERY_S)
                live.update(_drawn(router), refresh=True)
    except KeyboardInterrupt:
        return


def _fields(router: Router) -> dict[str, Any]:
    standing = holdings(router)
    checks = by_deployment(router.health())
    return {
        "inventory": router.inventory.name,
        "holds": [holding.as_dict() for holding in standing],
        "deployments": {
            name: {
                "provider": deployment.provider.id,
                "held_by": _barring(name, standing),
                "checks": fields(checks.get(name, [])),
            }
            for name, deployment in router.inventory.deployments.items()
        },
        "ledger": ledger_fields(router.inventory),
        "unrecognised": [unknown_fields(entry) for entry in router.unrecognised()],
        "unrecognised_dropped": router.unrecognised_dropped(),
    }


def _barring(deployment: str, standing: tuple[Holding, ...]) -> list[str]:
    return [str(holding.hold.domain) for holding in standing if deployment in holding.deployments]


def _drawn(router: Router) -> Group:
    standing = holdings(router)
    count = len(standing)
    head = (
        Text(f"{count} {'domain is' if count == 1 else 'domains are'} held", "bold yellow")
        if standing
        else Text("nothing is held", "bold green")
    )
    name = Text(f"{router.inventory.name} ({Path(router.inventory.path).name})", "dim")
    deployments, unknown = _deployments(router, standing), unknown_block(router)
    ledger = ledger_line(router.inventory)
    recorded = () if ledger is None else (Text(), ledger)
    return Group(Text.assemble(head, "  ", name), *map(_block, standing), Text(), deployments, *recorded, unknown)


def _block(holding: Holding) -> Group:
    hold = holding.hold
    told = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    told.add_column(style="dim")
    told.add_column(overflow="fold")
    told.add_row("   ends", ends(hold))
    told.add_row("   why", Text(because(hold)))
    told.add_row("   deployments", ", ".join(holding.deployments) or "none")
    told.add_row("   processes", _processes(holding))
    age = spoken(CLOCK.now() - hold.since)
    title = Text.assemble(("● ", "yellow"), (str(hold.domain), "bold"), f"  {cause_of(hold)}, {hold.phase}, for {age}")
    return Group(Text(), title, told)


def _processes(holding: Holding) -> Text:
    names = [
        Text(f"{name} (stopped)", "bold red") if name in holding.stopped else Text(name) for name in holding.processes
    ]
    return Text(", ").join(names) if names else Text("none")


def _deployments(router: Router, standing: tuple[Holding, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    checks = by_deployment(router.health())
    for heading in ("deployment", "provider", "model", "now", "last check"):
        table.add_column(heading, overflow="fold")
    for name, deployment in router.inventory.deployments.items():
        barring = _barring(name, standing)
        now = Text(f"held: {', '.join(barring)}", "yellow") if barring else Text("free", "green")
        table.add_row(name, deployment.provider.id, deployment.model.id, now, shown(checks, name))
    return table
