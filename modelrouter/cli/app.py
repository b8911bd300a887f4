"""The table of verbs. A verb is loaded when it is typed, so that none pays for the libraries of another."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from io import TextIOWrapper
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand
from typer.main import get_command

from modelrouter.cli.logs import configure

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VERBS", "app", "main"]


class Verb(NamedTuple):
    """Where a verb lives, and what the list of verbs says of it: the first line of its own help."""

    module: str
    help: str
    function: str = "main"
    group: str | None = None
    """Where it has verbs of its own: the table of them, whose head is the function."""
    extra: str | None = None
    """The part of the installation that it needs beyond the base."""
    without: int = 1
    """The exit code where that part is not installed."""


VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "ask": Verb("modelrouter.cli.ask", "Ask a process one thing, and say who answered and why."),
        "audit": Verb(
            "modelrouter.cli.audit",
            "Judge every recorded hop by the policies and contracts of its time, and say what is missing.",
        ),
        "calendar": Verb(
            "modelrouter.cli.calendar",
            "Say what ends when: contracts, notices, keys, models, certificates; and when a process loses its last route.",
        ),
        "capacity": Verb(
            "modelrouter.cli.capacity",
            "Say, for each loss, what lands on whom, whether it is carried, who is shed, and what would have to be bought.",
        ),
        "check": Verb(
            "modelrouter.cli.check",
            "Read the inventory and say everything that is wrong with it. Exit code 1 if there are errors.",
        ),
        "classify": Verb(
            "modelrouter.cli.classify", "Explain an error: why a call failed, how far that reaches, what follows."
        ),
        "contracts": Verb(
            "modelrouter.cli.contracts",
            "Show each promise of a contract beside what the ledger recorded, the credits that are due, and the next date.",
        ),
        "drill": Verb(
            "modelrouter.cli.drill",
            "Rehearse the loss of each provider, model family and local server, against twins on this machine.",
            extra="all",
            without=2,
        ),
        "explain": Verb("modelrouter.cli.explain", "Say who would serve a process now and why, without sending."),
        "export": Verb(
            "modelrouter.cli.export",
            "Write the inventory as a register of information (DORA), CycloneDX, Backstage or OpenSLO.",
        ),
        "hold": Verb("modelrouter.cli.hold", "Keep a fault domain out of use, in every process of this inventory."),
        "impact": Verb(
            "modelrouter.cli.impact",
            "Say what breaks if something is lost, and why; without events, what the inventory rests on.",
        ),
        "init": Verb(
            "modelrouter.cli.init",
            "Write a commented inventory to begin with. Keys are looked for by name and never read out.",
        ),
        "key": Verb(
            "modelrouter.cli.key", "Make a key for a caller of the gateway; the inventory keeps its hash alone."
        ),
        "ledger": Verb(
            "modelrouter.cli.ledger",
            "Read what was recorded, verify it, prove it, take values away, and hand it to others.",
            group="app",
        ),
        "release": Verb("modelrouter.cli.hold", "End a hold, whatever opened it.", function="release"),
        "run": Verb(
            "modelrouter.cli.run",
            "Run a program, in any language, with its model calls served from the inventory.",
            extra="gateway",
        ),
        "schema": Verb(
            "modelrouter.cli.schema", "Print the JSON Schema of the inventory, or write it with its reference page."
        ),
        "serve": Verb(
            "modelrouter.cli.serve",
            "Serve the inventory to any program, in any language, by base URL.",
            extra="gateway",
        ),
        "status": Verb("modelrouter.cli.status", "Say what is held now, why, how it ends, and whom it affects."),
    }
)


class LaterCommand(TyperCommand):
    """A verb that is known by name and loaded when it is used."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Load the verb and let it read its own arguments."""
        return _loaded(self.name or "").make_context(info_name, args, parent=parent, **extra)


def _loaded(name: str) -> Any:
    verb = VERBS[name]
    try:
        module = import_module(verb.module)
    except ModuleNotFoundError as error:
        if verb.extra is None:
            raise
        typer.echo(f"{name} needs {error.name}: pip install 'modelrouter[{verb.extra}]'", err=True)
        raise typer.Exit(verb.without) from None
    if verb.group is not None:
        return get_command(getattr(module, verb.group))
    alone = typer.Typer(add_completion=False)
    alone.command(name)(getattr(module, verb.function))
    return get_command(alone)


app = typer.Typer(
    name="modelrouter",
    help="Keep the business running when a model is taken away.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"modelrouter {version('modelrouter')}")
        raise typer.Exit


@app.callback()
def verbs(
    *, _: Annotated[bool, typer.Option("--version", help="Say which version this is.", callback=_version)] = False
) -> None:
    """Keep the business running when a model is taken away."""


def _nothing() -> None:
    """Stand for a verb in the list of verbs."""


for _name, _verb in VERBS.items():
    app.command(_name, cls=LaterCommand, help=_verb.help)(_nothing)


def main() -> None:
    """Run the command line. Logs go to standard error: standard output belongs to the verbs."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a sign is to show the rest.
            stream.reconfigure(errors="replace")
    configure()
    app()
