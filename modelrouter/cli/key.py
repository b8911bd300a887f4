"""`modelrouter key`: a key for a caller of the gateway."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from modelrouter.access.keys import digest_of, new_key
from modelrouter.cli.opening import AsJson, show_json
from modelrouter.inventory.fields import NAME


def _named(name: str) -> str:
    if not re.fullmatch(NAME, name):
        raise typer.BadParameter("use letters, digits, dots, dashes and underscores")
    return name


def main(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Who will hold it; decisions cite this.", callback=_named)
    ],
    *,
    process: Annotated[
        list[str] | None, typer.Option(help="What it may be used for; again for more. Default: all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key for a caller of the gateway; the inventory keeps its hash alone."""
    key = new_key()
    entry = {"hash": f"sha256:{digest_of(key)}", **({"processes": process} if process else {})}
    if as_json:
        show_json({"name": name, "key": key, "access": {"keys": {name: entry}}})
        return
    typer.echo(key)
    told = Console(stderr=True, highlight=False)
    told.print(Text("This is the key, shown this once: give it to its holder. The inventory gets its hash:", "dim"))
    told.print()
    processes = f", processes: [{', '.join(process)}]" if process else ""
    told.print(Text(f'access:\n  keys:\n    {name}: {{hash: "{entry["hash"]}"{processes}}}'), soft_wrap=True)
