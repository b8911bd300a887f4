"""`modelrouter init`: a first inventory, from the keys and local servers that are there."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from modelrouter.cli.check import InventoryFile
from modelrouter.cli.opening import fail
from modelrouter.cli.pricelist import price_list
from modelrouter.cli.printable import printable
from modelrouter.drills.report.counted import counted
from modelrouter.inventory import parse
from modelrouter.inventory.fields import NAME
from modelrouter.inventory.migration.draft import draft
from modelrouter.inventory.migration.litellm_config import UnreadableError, read_config
from modelrouter.inventory.secrets import names_set
from modelrouter.inventory.starter import OFFERS, Server, starter

# Where each kind of server listens unless told otherwise.
PORTS = {"ollama": 11434, "vllm": 8000, "llamacpp": 8080, "lmstudio": 1234}
PATIENCE_S = 1.0  # for a server on the same machine


def main(
    file: InventoryFile = Path("providers.yaml"),
    force: bool = typer.Option(False, "--force", help="Overwrite the file if there is one."),
    no_probe: bool = typer.Option(False, "--no-probe", help="Do not ask whether local servers answer on loopback."),
    from_litellm: Annotated[
        Path | None,
        typer.Option(metavar="CONFIG", help="Draft it from the config.yaml of a LiteLLM proxy instead."),
    ] = None,
) -> None:
    """Write a commented inventory to begin with. Keys are looked for by name and never read out."""
    console = Console(highlight=False)
    if file.exists() and not force:
        console.print(f"{file} is there already; --force overwrites it", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    if from_litellm is not None:
        _drafted(from_litellm, file, console)
        return
    variables = names_set(offer.variable for offer in OFFERS)
    servers = () if no_probe else local_servers(PORTS)
    _write(starter(_name_of(file), variables, servers), file, console)
    for variable in variables:
        console.print(f"  found the key {variable}", markup=False)
    for server in servers:
        console.print(
            f"  found {server.kind} at {server.url} with {', '.join(server.models) or 'no model'}", markup=False
        )
    if not variables and not servers:
        console.print("  found neither keys nor local servers; wrote a suggestion", markup=False)
    console.print(f"wrote {file}; next: modelrouter check {file}", style="green", markup=False, soft_wrap=True)


def _drafted(config: Path, file: Path, console: Console) -> None:
    """Write what a LiteLLM proxy's configuration says, and tell what it could not carry over."""
    try:
        imported = read_config(config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        fail(f"{config} cannot be read: {reason}")
    except UnreadableError as error:
        fail(f"{config} cannot be imported: {error}")
    _write(draft(_name_of(file), imported, price_list().models), file, console)
    for note in imported.notes:
        console.print(f"  {printable(note)}", style="yellow", markup=False, soft_wrap=True)
    size = f"{counted(len(imported.places), 'deployment')}, {counted(len(imported.served), 'process')}"
    told = f"wrote {file} ({size}); lines with `check:` were assumed; next: modelrouter check {file}"
    console.print(told, style="green", markup=False, soft_wrap=True)


def _write(text: str, file: Path, console: Console) -> None:
    parse(text, str(file))
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        console.print(f"{file} cannot be written: {error.strerror}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def local_servers(ports: dict[str, int]) -> tuple[Server, ...]:
    """Those that answer a listing of models on loopback, all asked at once; takes at most 1 s."""
    with ThreadPoolExecutor(len(ports)) as pool:
        answers = pool.map(lambda item: _asked(*item), ports.items())
        return tuple(server for server in answers if server is not None)


def _asked(kind: str, port: int) -> Server | None:
    url = f"http://localhost:{port}/v1"
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/v1/models", timeout=PATIENCE_S, trust_env=False)
        models = [str(model["id"]) for model in answer.raise_for_status().json()["data"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    return Server(kind, url, tuple(models))


def _name_of(file: Path) -> str:
    """The folder's name, where it can be one."""
    name = re.sub("[^A-Za-z0-9._-]+", "-", file.resolve().parent.name).strip("-._")
    return name if re.fullmatch(NAME, name) else "my-company"
