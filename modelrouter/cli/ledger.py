"""`modelrouter ledger`: what was recorded, whether it is still what was recorded, and how to show that to others."""

from __future__ import annotations

import typer

from modelrouter.cli.ledger_change import redact, rotate
from modelrouter.cli.ledger_export import export
from modelrouter.cli.ledger_fetch import fetch
from modelrouter.cli.ledger_prove import prove
from modelrouter.cli.ledger_show import show
from modelrouter.cli.ledger_tail import tail
from modelrouter.cli.ledger_verify import verify

__all__ = ["app", "main"]

app = typer.Typer(name="ledger", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Read what was recorded, verify it, prove it, take values away, and hand it to others."""


for _verb in (tail, show, verify, prove, redact, rotate, export, fetch):
    app.command(_verb.__name__)(_verb)
