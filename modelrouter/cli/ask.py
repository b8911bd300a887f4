"""`modelrouter ask`: one prompt through the router, answered on the terminal."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from modelrouter.cli.duration import seconds
from modelrouter.cli.forecast import missing_key
from modelrouter.cli.holding import because
from modelrouter.cli.opening import USUAL, AsJson, InventoryFile, fail, opened, show_json
from modelrouter.cli.printable import printable
from modelrouter.core.context import Context
from modelrouter.core.decision import Attempt, Decision
from modelrouter.core.holds import Hold
from modelrouter.errors import RequestFailedError
from modelrouter.router import Router
from modelrouter.runtime.answer import SyncAnswer


def main(
    process: Annotated[str, typer.Argument(help="A process, an alias or a deployment.")],
    text: Annotated[str, typer.Argument(help="What to ask; - reads standard input.")],
    *,
    inventory: InventoryFile = USUAL,
    data_class: Annotated[str | None, typer.Option(help="Of the data of this request, such as personal.")] = None,
    country: Annotated[str | None, typer.Option(help="Of the end user, such as DE.")] = None,
    person: Annotated[str | None, typer.Option(help="What kind of person asks, such as employee.")] = None,
    segment: Annotated[str | None, typer.Option(help="The customer segment it is for.")] = None,
    deadline: Annotated[
        float | None,
        typer.Option(metavar="DURATION", parser=seconds, help="To the first content, over all attempts: 20s."),
    ] = None,
    no_stream: Annotated[bool, typer.Option("--no-stream", help="Wait for the whole answer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a process one thing, and say who answered and why."""
    context = Context(data_class=data_class, country=country, person=person, segment=segment, deadline_s=deadline)
    prompt = sys.stdin.read() if text == "-" else text
    with opened(inventory, as_json=as_json) as router:
        try:
            with router.chat(process, prompt, context=context, stream=not (no_stream or as_json)) as answer:
                _show(answer, as_json=as_json)
        except RequestFailedError as error:
            _fail(router, error, as_json=as_json)


def _show(answer: SyncAnswer, *, as_json: bool) -> None:
    if as_json:
        body = answer.json()
        show_json(
            {
                "text": answer.text,
                "model": body.get("model"),
                "usage": body.get("usage"),
                "decision": answer.decision.as_dict(),
            }
        )
        return
    if answer.streamed:
        for event in answer.events():
            _write(_piece(event))
    else:
        _write(answer.text)
    typer.echo()
    _whisper(answer.decision)


def _piece(event: dict[str, Any]) -> str:
    choices = event.get("choices") or [{}]
    return (choices[0].get("delta") or {}).get("content") or ""


def _write(text: str) -> None:
    """A terminal gets what it can show; a file or a pipe gets what the model wrote."""
    typer.echo(printable(text) if sys.stdout.isatty() else text, nl=False)


def _whisper(decision: Decision) -> None:
    took = f" ({decision.took_s:.2f} s to the first content)"
    typer.secho(printable(f"{decision}{took}"), dim=True, err=True)


def _fail(router: Router, error: RequestFailedError, *, as_json: bool) -> None:
    decision = error.decision
    if decision is None:
        fail(str(error), as_json=as_json)
    holds = {str(hold.domain): hold for hold in router.holds()}
    reasons = [_reason(attempt, holds) for attempt in decision.trail if attempt.held or attempt.fault]
    excluded = [f"{deployment.id}: not permitted by {rule} ({why})" for deployment, rule, why in decision.excluded]
    if decision.served_by:
        typer.echo()
    head = str(error) if decision.served_by else f"{decision.process} was not served{_remedy(router, decision)}"
    fail(head, dict.fromkeys([*reasons, *excluded]), as_json=as_json, decision=decision.as_dict())


def _remedy(router: Router, decision: Decision) -> str:
    """What whoever reads it can do: give the keys that are missing, end a hold, or look closer."""
    tried = [router.inventory.deployments[attempt.deployment] for attempt in decision.trail]
    variables = dict.fromkeys(name for deployment in tried if (name := missing_key(deployment)))
    held = dict.fromkeys(attempt.held for attempt in decision.trail if attempt.held)
    if variables:
        after = "".join(f", then modelrouter release {domain}" for domain in held if domain.startswith("key:"))
        return f": set {' or '.join(variables)}{after}"
    if held:
        return f": {', '.join(held)} held; modelrouter release {next(iter(held))} would end that"
    return f"; modelrouter explain {decision.asked} says more" if not decision.trail else ""


def _reason(attempt: Attempt, holds: dict[str, Hold]) -> str:
    """Why one deployment did not answer."""
    if attempt.held:
        hold = holds.get(attempt.held)
        return f"{attempt.deployment}: not called, {attempt.held} is held" + (f" ({because(hold)})" if hold else "")
    cause, evidence = (attempt.fault.cause, attempt.fault.evidence) if attempt.fault else ("", "")
    return f"{attempt.deployment}: {cause}" + (f", {evidence}" if evidence else "")
