"""`modelrouter explain`: what would happen to a request now and why, without sending it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelrouter.cli.day import Today
from modelrouter.cli.forecast import Forecast, forecast, missing_key
from modelrouter.cli.holding import CLOCK, because, cause_of, ends, hold_fields
from modelrouter.cli.opening import USUAL, AsJson, InventoryFile, opened, show_json
from modelrouter.core.context import Context
from modelrouter.core.inventory import Deployment
from modelrouter.router import Explanation


def main(
    process: Annotated[str, typer.Argument(help="A process, an alias or a deployment.")],
    *,
    inventory: InventoryFile = USUAL,
    data_class: Annotated[str | None, typer.Option(help="Of the data of this request, such as personal.")] = None,
    country: Annotated[str | None, typer.Option(help="Of the end user, such as DE.")] = None,
    person: Annotated[str | None, typer.Option(help="What kind of person asks, such as employee.")] = None,
    segment: Annotated[str | None, typer.Option(help="The customer segment it is for.")] = None,
    today: Today = None,
    as_json: AsJson = False,
) -> None:
    """Say who would serve a process now and why, without sending."""
    with opened(inventory, as_json=as_json) as router:
        context = Context(data_class=data_class, country=country, person=person, segment=segment)
        explanation = router.explain(process, context, today)
        first = forecast(explanation, CLOCK.now())
    if as_json:
        show_json(_fields(process, explanation, first))
    else:
        _show(process, explanation, first, Console(highlight=False))


def _fields(asked: str, explanation: Explanation, first: Forecast) -> dict[str, Any]:
    process = explanation.candidates.process
    return {
        "asked": asked,
        "process": process.id,
        "first": first.deployment,
        "note": first.note,
        "route": [_step(explanation, deployment, first) for deployment in process.routes],
    }


def _step(explanation: Explanation, deployment: Deployment, first: Forecast) -> dict[str, Any]:
    barred = [exclusion for exclusion in explanation.candidates.excluded if exclusion.deployment is deployment]
    return {
        "deployment": deployment.id,
        "provider": deployment.provider.id,
        "account": deployment.account.name if deployment.account else None,
        "model": deployment.model.id,
        "region": deployment.region,
        "processing": list(deployment.processing),
        "permitted": not barred,
        "excluded_by": [{"rule": exclusion.rule, "why": exclusion.why} for exclusion in barred],
        "holds": [hold_fields(hold) for hold in explanation.holds.get(deployment.id, ())],
        "key_not_set": missing_key(deployment),
        "first": deployment.id == first.deployment,
    }


def _show(asked: str, explanation: Explanation, first: Forecast, console: Console) -> None:
    process = explanation.candidates.process
    meant = "" if asked == process.id else f", which {asked!r} means"
    reasons: list[Text] = []
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    for heading in ("", "deployment", "provider/account", "model", "region", "now"):
        table.add_column(heading, overflow="fold")
    for deployment in process.routes:
        called = deployment.id == first.deployment
        account = deployment.account.name if deployment.account else "-"
        table.add_row(
            Text("▶" if called else "", "bold green"),
            Text(deployment.id, "bold" if called else ""),
            f"{deployment.provider.id}/{account}",
            deployment.model.id,
            deployment.region or ", ".join(deployment.processing) or "-",
            _state(explanation, deployment, first),
        )
        reasons.extend(Text.assemble((f"{deployment.id}: ", "bold"), why) for why in _reasons(explanation, deployment))
    console.print(Text.assemble((process.id, "bold"), f"{meant} ({process.criticality})"))
    console.print(table)
    for reason in reasons:
        console.print(reason, soft_wrap=True)
    console.print(_verdict(first), soft_wrap=True)


def _state(explanation: Explanation, deployment: Deployment, first: Forecast) -> Text:
    if deployment not in explanation.candidates.permitted:
        return Text("not permitted", "red")
    if deployment.id == first.deployment:
        return Text("called first", "green")
    if explanation.holds[deployment.id]:
        return Text("held", "yellow")
    return Text("no key", "yellow") if missing_key(deployment) else Text("permitted", "green")


def _reasons(explanation: Explanation, deployment: Deployment) -> list[str]:
    reasons = [
        f"not permitted by {exclusion.rule}: {exclusion.why}"
        for exclusion in explanation.candidates.excluded
        if exclusion.deployment is deployment
    ]
    reasons.extend(
        f"{hold.domain} is held ({cause_of(hold)}): {because(hold)}; ends {ends(hold)}"
        for hold in explanation.holds.get(deployment.id, ())
    )
    if name := missing_key(deployment):
        reasons.append(f"its key {name} is not set here")
    return reasons


def _verdict(first: Forecast) -> Text:
    if first.deployment is None:
        return Text(f"nothing would be called: {first.note}", "bold red")
    return Text.assemble("first call: ", (first.deployment, "bold green"), f", {first.note}" if first.note else "")
