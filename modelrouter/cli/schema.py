"""`modelrouter schema`: the form of the inventory, for editors and for readers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from modelrouter.cli.opening import fail
from modelrouter.inventory.json_schema import json_schema
from modelrouter.inventory.reference import MARK, reference_page


def main(
    write: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it here, and the reference page `inventory.md` beside it."),
    ] = None,
) -> None:
    """Print the JSON Schema of the inventory, or write it with its reference page."""
    text = schema_text()
    if write is None:
        typer.echo(text, nl=False)
        return
    page = write.parent / "inventory.md"
    try:
        if page.exists() and MARK not in page.read_text(encoding="utf-8", errors="replace"):
            fail(f"{page} is there already and was not generated: move it, or choose another folder")
        write.write_text(text, encoding="utf-8")
        page.write_text(reference_page(), encoding="utf-8")
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}")
    typer.echo(f"wrote {write} and {page}")


def schema_text() -> str:
    """The JSON Schema as it stands in the file."""
    return orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
