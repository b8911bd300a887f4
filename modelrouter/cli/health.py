"""What checks found, as people and programs read it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from modelrouter.cli.duration import spoken
from modelrouter.cli.holding import CLOCK
from modelrouter.cli.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modelrouter.core.checks import Checked

__all__ = ["by_deployment", "fields", "shown"]


def by_deployment(checks: Iterable[Checked]) -> dict[str, list[Checked]]:
    """The checks of each deployment, the latest first."""
    found: dict[str, list[Checked]] = {}
    for checked in sorted(checks, key=lambda each: each.at, reverse=True):
        found.setdefault(checked.deployment, []).append(checked)
    return found


def fields(checks: Sequence[Checked]) -> list[dict[str, Any]]:
    """Plain values, without the deployment they are listed under."""
    return [{name: value for name, value in asdict(each).items() if name != "deployment"} for each in checks]


def shown(checks: Mapping[str, Sequence[Checked]], deployment: str) -> Text:
    """`listing ok, 80 ms, 12 s ago, next in 48 s`: what failed, else what was asked last."""
    known = checks.get(deployment, ())
    if not known:
        return Text("never", "dim")
    # Of one round the highest layer says most; what fails says more than anything that does not.
    one = next((each for each in known if each.ok is False), None) or known[0]
    wall = CLOCK.wall()
    state = {True: ("ok", "green"), False: ("failed", "bold red"), None: ("tells nothing", "yellow")}[one.ok]
    took = [f"{one.took_s * 1000:.0f} ms"] if one.took_s else []
    due = [f"next in {spoken(one.next_at - wall)}"] if one.next_at is not None and one.next_at > wall else []
    rest = ", ".join([*took, f"{spoken(max(0.0, wall - one.at))} ago", *due])
    why = f": {printable(one.why)}" if one.why else ""
    return Text.assemble(f"{one.layer} ", state, f"{why}, {rest}")
