"""The table of verbs."""

from __future__ import annotations

import typer

from modelrouter.cli import check, classify, init, schema

app = typer.Typer(
    name="modelrouter",
    help="Keep the business running when a model is taken away.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("check")(check.main)
app.command("classify")(classify.main)
app.command("init")(init.main)
app.command("schema")(schema.main)


@app.callback()
def verbs() -> None:
    """Keep the business running when a model is taken away."""


def main() -> None:
    """Run the command line."""
    app()
