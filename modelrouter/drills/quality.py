"""A small pinned set of questions that a process brings, and whether answers to them are good enough.

What is good is asserted, never judged by a model: a text that must occur or must not, a regular expression,
being JSON. A twin has no thought of its own, so against twins each question carries an answer that passes, for
the twin to give (`answer with "…"`): what is then tested is that the question reaches whoever serves and that the
answer comes back unharmed, whole or streamed, through every wire; and a twin that was told to answer `worse`
fails, as a model that lost its wits would. How good a real model is, nobody learns from a twin: that is measured
beforehand and stated as the deployment's score.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelrouter.core.inventory import Inventory, Process, QualityCheck
    from modelrouter.drills.demand import Planned

__all__ = ["CHECK", "answerable", "asked_by", "failing", "passing_answer", "with_checks"]

CHECK = "check:"
"""Stands before the id of a check in what a planned request wants."""
PRINTABLE = re.compile(r"\\(.)")


def failing(check: QualityCheck, answer: str) -> str | None:
    """Which assertion does not hold of an answer; None where all do."""
    for text in check.contains:
        if text not in answer:
            return f"{text!r} does not occur"
    for text in check.excludes:
        if text in answer:
            return f"{text!r} occurs"
    if check.matches is not None and re.search(check.matches, answer) is None:
        return f"nothing matches {check.matches!r}"
    return "it is no JSON" if check.json and not _is_json(answer) else None


def passing_answer(check: QualityCheck) -> str | None:
    """An answer that passes, for a twin to give; None where none could be made up from the assertions alone."""
    plain = [] if check.matches is None else [PRINTABLE.sub(r"\1", check.matches.strip("^$"))]
    told = [*check.contains, *plain]
    candidates = [" ".join(told), " ".join(check.contains), json.dumps(told), json.dumps(dict.fromkeys(told, 1)), "{}"]
    return next((text for text in candidates if text and failing(check, text) is None), None)


def answerable(process: Process) -> tuple[QualityCheck, ...]:
    """The checks of a process that twins can answer."""
    return tuple(check for check in process.quality.checks if passing_answer(check) is not None)


def asked_by(inventory: Inventory) -> Mapping[tuple[str, str], QualityCheck]:
    """By process and what a planned request wants: the check it asks."""
    return {
        (process.id, f"{CHECK}{check.id}"): check
        for process in inventory.processes.values()
        for check in answerable(process)
    }


def with_checks(planned: Sequence[Planned], inventory: Inventory, since_s: float) -> tuple[Planned, ...]:
    """The same demand, in which every second request of a process that brings checks asks one of them.

    They take turns, before the fault (`since_s`) and again after it, so that the load stays as it was. Where a
    process has fewer requests than that needs, some checks are not asked; the report says how many were.
    """
    counts: dict[tuple[str, bool], int] = defaultdict(int)
    changed = []
    for request in planned:
        checks = answerable(inventory.processes[request.process])
        phase = (request.process, request.at_s >= since_s)
        turn, odd = divmod(counts[phase], 2)
        counts[phase] += 1
        changed.append(_asking(request, checks[turn % len(checks)]) if checks and odd else request)
    return tuple(changed)


def _asking(request: Planned, check: QualityCheck) -> Planned:
    if "input" in request.parameters:
        return request
    answer = json.dumps(passing_answer(check))
    content = f"{check.prompt} [[{request.marker}]] (A rehearsal: answer with {answer}.)"
    parameters: Mapping[str, Any] = {
        "model": request.process,
        "messages": [{"role": "user", "content": content}],
        "stream": request.parameters["stream"],
    }
    return request._replace(wants=f"{CHECK}{check.id}", parameters=parameters)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
