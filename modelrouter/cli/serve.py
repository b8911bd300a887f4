"""`modelrouter serve`: the gateway, for any program on this machine."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelrouter.cli.forecast import forecast
from modelrouter.cli.holding import CLOCK
from modelrouter.cli.logs import Logs, configure_all
from modelrouter.cli.opening import USUAL, InventoryFile, opened
from modelrouter.cli.reloads import show_reload
from modelrouter.gateway.accesslog import AccessLog
from modelrouter.gateway.app import Gateway
from modelrouter.gateway.collecting import seldom
from modelrouter.gateway.loopback import is_loopback
from modelrouter.gateway.metrics import Metrics
from modelrouter.gateway.rehearsing import Rehearsing
from modelrouter.gateway.reloading import Reloading
from modelrouter.gateway.server import address, bound, server
from modelrouter.router import Router
from modelrouter.runtime.observers import LogObserver


def main(
    *,
    host: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine only with keys under `access:`.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    inventory: InventoryFile = USUAL,
    watch: Annotated[bool, typer.Option(help="Take up changes of the inventory's files; SIGHUP always does.")] = True,
    logs: Annotated[
        Logs | None, typer.Option(help="How log lines look; by default text on a terminal, else JSON.")
    ] = None,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Log a line for every model call, without what was said in it.")
    ] = False,
) -> None:
    """Serve the inventory to any program, in any language, by base URL."""
    console = Console(highlight=False)
    metrics = Metrics()
    observers = [LogObserver(), metrics, *([AccessLog()] if access_log else ())]
    with (
        opened(inventory, observers=observers) as router,
        bound(host, port, keys=bool(router.inventory.access)) as listening,
    ):
        configure_all(logs or (Logs.TEXT if sys.stderr.isatty() else Logs.JSON))
        with (
            Reloading(router, partial(show_reload, console), watches=watch) as reloading,
            Rehearsing(router, router.hold_file) as rehearsing,
        ):
            signal.signal(signal.SIGHUP, lambda *_: reloading.now())
            _show(router, address(listening), console)
            with suppress(KeyboardInterrupt):  # the server has shut down by then
                gateway = Gateway(router, private=is_loopback(host), metrics=metrics, rehearsing=rehearsing)
                with seldom():
                    server(gateway).run(sockets=[listening])
        typer.echo("stopped")


def _show(router: Router, url: str, console: Console) -> None:
    inventory = router.inventory
    console.print(Text.assemble(("modelrouter", "bold"), f" serves {inventory.name} on ", (url, "bold green")))
    console.print(Text(f"inventory: {inventory.path}", "dim"), soft_wrap=True)
    if (ledger := inventory.ledger) is not None:
        console.print(Text(f"recorded in: {ledger.beside(inventory.path)}, {ledger.durability}", "dim"), soft_wrap=True)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("process", "criticality", "first deployment", "also called"):
        table.add_column(heading, overflow="fold")
    for name, process in inventory.processes.items():
        aliases = [alias for alias, meant in inventory.aliases.items() if meant == name]
        table.add_row(name, process.criticality, _first(router, name), Text(", ".join(aliases), "dim"))
    console.print(table)
    console.print()
    key = "$KEY" if inventory.access else "unused"
    callers = f"the keys of {', '.join(inventory.access)}" if inventory.access else "no key: it is this machine's alone"
    console.print(f"callers need {callers}; a process is what they name as their model:")
    console.print(Text(f"  export OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY={key}", "bold"), soft_wrap=True)
    console.print(Text(f"  export ANTHROPIC_BASE_URL={url} ANTHROPIC_API_KEY={key}", "bold"), soft_wrap=True)
    console.print()


def _first(router: Router, process: str) -> Text:
    first = forecast(router.explain(process), CLOCK.now())
    return Text(first.deployment) if first.deployment else Text(f"none: {first.note}", "yellow")
