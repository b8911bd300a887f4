"""Does a failure lead to the next deployment, and in time? R12, R13."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.continuity.lint.book import PATIENCE, ROUTING
from modelrouter.continuity.lint.rule import finding
from modelrouter.core.causes import PERMITS, Cause, Next

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.continuity.lint.rule import Finding, View

__all__ = ["patience", "routing"]

FAILURES = frozenset({401, 402, 403, 404, 408, 425, 429, 451, 498, 499}) | frozenset(range(500, 600))
"""Statuses with which providers say that they, not the request, are the trouble: no key, no money, no right, no such
model, too slow, too many, by order of law, and everything of their own."""


def routing(view: View) -> Iterator[Finding]:
    """R12. The built-in table lets every failure of a provider lead on; attempts and own signatures can undo that."""
    for process in view.inventory.processes.values():
        others = len(view.permitted(process)) - 1
        if process.attempts == 1 and others > 0:
            message = f"{process.id} makes one call a request, so whatever fails is never asked of the {others} others"
            yield finding(ROUTING, ("processes", process.id, "attempts"), message, "Write `attempts: 2` or more.")
    for index, signature in enumerate(view.inventory.signatures):
        after = PERMITS[Cause(signature.cause)].next
        status = signature.status
        if after is Next.YES or (status is not None and status not in FAILURES):
            continue
        path = ("signatures", index, "cause")
        when = f"with status {status} " if status is not None else ""
        ends = "ends every request" if after is Next.NO else f"is followed by the next deployment {after}"
        message = f"an error {when}that {signature.id!r} reads as {signature.cause} {ends}"
        if status is not None:
            message += f", and providers say with {status} that they themselves fail"
            yield finding(ROUTING, path, message, "Name the cause that is the provider's, or leave the status out.")
        else:
            yield finding(
                ROUTING,
                path,
                message,
                "Name the `status` it comes with, so that no failure of a provider is read so.",
                "note",
            )


def patience(view: View) -> Iterator[Finding]:
    """R13. When the last call of a request begins, if all before it stayed silent as long as they may."""
    for process in view.inventory.processes.values():
        goals = process.objectives
        silence = goals.first_token_s
        if silence is None:
            continue  # measured: never more than half of what is left while others stand
        calls = min(process.attempts, len(view.permitted(process)))
        begins = (calls - 1) * silence
        path = ("processes", process.id, "objectives", "first_token")
        for goal, word, length in (("deadline", "deadline", goals.deadline_s), ("rto", "recovery time", goals.rto_s)):
            if calls > 1 and begins >= length:
                message = (
                    f"after {calls - 1} silent calls of {silence:g} s the last deployment is asked at {begins:g} s,"
                    f" and the {word} is {length:g} s"
                )
                advice = f"Write `first_token: {_shorter(length, calls):g}s` or less, or a longer `{goal}`."
                yield finding(PATIENCE, path, message, advice)


def _shorter(length: float, calls: int) -> float:
    """A patience with which every call begins in time, and the last has as long as the others."""
    exact = length / calls
    return float(int(exact)) if exact >= 1 else round(exact, 2)
