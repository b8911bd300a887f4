"""`modelrouter hold` and `release`: fault domains kept out of use by hand, in every process of an inventory."""

from __future__ import annotations

from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from modelrouter.cli.duration import seconds
from modelrouter.cli.holding import Holding, affected, ends
from modelrouter.cli.opening import USUAL, AsJson, InventoryFile, fail, opened, show_json
from modelrouter.core.domains import Kind, domains_of
from modelrouter.core.inventory import Inventory
from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator

NEAR = 3
DomainName = Annotated[str, typer.Argument(metavar="DOMAIN", help="KIND:NAME, such as provider:openai or family:gpt.")]


def _worded(reason: str) -> str:
    if not reason.strip():
        raise typer.BadParameter('a hold needs a reason: --reason "…"')
    return reason


def main(
    domain: DomainName,
    *,
    reason: Annotated[str, typer.Option(help="Why; whoever asks `status` reads it.", callback=_worded)],
    for_s: Annotated[
        float | None,
        typer.Option("--for", metavar="DURATION", parser=seconds, help="Such as 30m; until released where not given."),
    ] = None,
    inventory: InventoryFile = USUAL,
    as_json: AsJson = False,
) -> None:
    """Keep a fault domain out of use, in every process of this inventory."""
    with opened(inventory, as_json=as_json) as router:
        _require(router.inventory, domain, as_json=as_json)
        with _written(domain, as_json=as_json):
            hold = router.hold(domain, reason, for_s)
        holding = affected(router, hold)
    if as_json:
        show_json(holding.as_dict())
    else:
        typer.echo(f"held {hold.domain}, ends {ends(hold)}: {_reach(holding)}")


def release(domain: DomainName, *, inventory: InventoryFile = USUAL, as_json: AsJson = False) -> None:
    """End a hold, whatever opened it."""
    with opened(inventory, as_json=as_json) as router:
        _require(router.inventory, domain, as_json=as_json)
        with _written(domain, as_json=as_json):
            released = router.release(domain)
    if as_json:
        show_json({"domain": domain, "released": released})
    else:
        typer.echo(f"released {domain}" if released else f"{domain} was not held")


@contextmanager
def _written(domain: str, *, as_json: bool) -> Iterator[None]:
    """A hold that nobody else sees is none."""
    try:
        yield
    except OSError as error:
        fail(
            f"{domain}: the hold file could not be written, so other processes do not see this: {error}",
            as_json=as_json,
        )


def _reach(holding: Holding) -> str:
    reach = f"{_counted(holding.deployments, 'deployment')}, {_counted(holding.processes, 'process', 'processes')}"
    return reach + (f"; nothing would now serve {', '.join(holding.stopped)}" if holding.stopped else "")


def _counted(names: tuple[str, ...], one: str, many: str = "") -> str:
    return f"{len(names)} {one if len(names) == 1 else many or one + 's'}"


def _require(inventory: Inventory, text: str, *, as_json: bool) -> None:
    """End the command where the inventory has no such domain, with the near ones, else with all."""
    known = sorted({str(domain) for deployment in inventory.deployments.values() for domain in domains_of(deployment)})
    if text in known:
        return
    name = text.rpartition(":")[2]
    same = [domain for domain in known if domain.partition(":")[2] == name]
    near = list(dict.fromkeys([*same, *get_close_matches(text, known, NEAR)]))
    error = UnknownNameError("fault domain", text, near[:NEAR])
    fail(str(error), () if near else _by_kind(known), as_json=as_json, near=near, known=known)


def _by_kind(domains: list[str]) -> list[str]:
    """One line for each kind, the widest first: people mean those."""
    kinds = {kind: [name for name in domains if name.startswith(f"{kind}:")] for kind in reversed(Kind)}
    return ["known are:", *(", ".join(names) for names in kinds.values() if names)]
