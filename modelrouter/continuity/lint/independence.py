"""Does a fallback live when the first choice dies? R06, R14."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from modelrouter.continuity.lint.book import ALONE, INDEPENDENCE
from modelrouter.continuity.lint.rule import finding, place_in_route

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelrouter.continuity.lint.rule import Finding, View
    from modelrouter.core.inventory import Account, Process

__all__ = ["alone", "shared_keys", "together"]

TELLING = (
    "deployment",
    "account",
    "key",
    "provider",
    "upstream",
    "family",
    "model",
    "developer",
    "region",
    "contract",
    "company",
    "jurisdiction",
)
"""Which of several shared factors is named first: the one that says most in one word."""
NAMED = 3
"""So many of them are named."""


def alone(view: View) -> Iterator[Finding]:
    """R14. That nobody at all may serve is told by `check` itself, as an error where the process matters."""
    for process in view.inventory.processes.values():
        permitted = view.permitted(process)
        if len(permitted) != 1:
            continue
        others = [each.id for each in process.routes if each.id != permitted[0].id]
        may_not = (
            f"; {', '.join(others)} {'is' if len(others) == 1 else 'are'} in the route and may not" if others else ""
        )
        once = ", with one call a request" if process.attempts == 1 else ""
        message = f"{permitted[0].id} alone may serve {process.id}{once}{may_not}: when it is lost, this stops"
        yield finding(ALONE, ("processes", process.id, "routes"), message, ALONE.advice)


def together(view: View) -> Iterator[Finding]:
    """R06. What all share is the process's own single point of failure; what one fallback shares, a note."""
    for process in view.inventory.processes.values():
        permitted = view.permitted(process)
        if len(permitted) < 2:  # noqa: PLR2004 - R14 tells of one
            continue
        factors = [frozenset(view.graph.paths[each.id]) for each in permitted]
        by_all = frozenset.intersection(*factors) - _at_home(view)
        if by_all:
            yield _of_all(process, by_all)
        for deployment, own in zip(permitted[1:], factors[1:], strict=True):
            shared = (own & factors[0]) - by_all - _at_home(view)
            if any(not each.startswith("jurisdiction:") for each in shared):
                message = f"{deployment.id} is lost together with the first choice, {permitted[0].id}: both stand on {_told(shared)}"
                advice = "Others of the route do not; ask one of them before it."
                yield finding(INDEPENDENCE, place_in_route(process, deployment), message, advice, "note")


def _of_all(process: Process, shared: frozenset[str]) -> Finding:
    only_law = all(each.startswith("jurisdiction:") for each in shared)
    message = f"everything that may serve {process.id} stands on {_told(shared)}"
    advice = (
        "Add a deployment that nobody there can order off: open weights of your own."
        if only_law
        else INDEPENDENCE.advice
    )
    return finding(INDEPENDENCE, ("processes", process.id, "routes"), message, advice, "note" if only_law else None)


def _at_home(view: View) -> frozenset[str]:
    """The law of one's own country binds oneself as well: to depend on it is no choice."""
    entity = view.inventory.entity
    return frozenset({f"jurisdiction:{entity.country}"} if entity is not None and entity.country else ())


def _told(factors: Iterable[str]) -> str:
    ranked = sorted(factors, key=lambda name: (TELLING.index(name.partition(":")[0]), name))
    more = f" and {len(ranked) - NAMED} more" if len(ranked) > NAMED else ""
    return ", ".join(ranked[:NAMED]) + more


def shared_keys(view: View) -> Iterator[Finding]:
    """R06 again: two accounts of one process that carry the same key are one account under two names."""
    told: set[tuple[str, str]] = set()
    for process in view.inventory.processes.values():
        accounts = {id(each.account): each.account for each in view.permitted(process) if each.account is not None}
        for one, other in combinations(accounts.values(), 2):
            pair = (_name(one), _name(other))
            if one.key is None or one.key != other.key or pair in told:
                continue
            told.add(pair)
            path = ("providers", other.provider, "accounts", other.name, "key")
            message = (
                f"{pair[1]} carries the key of {pair[0]}, {one.key}: in {process.id} they stand in for one another"
            )
            yield finding(INDEPENDENCE, path, message, "Give it a key of its own.")


def _name(account: Account) -> str:
    return f"{account.provider}/{account.name}"
