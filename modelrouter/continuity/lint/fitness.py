"""Can whoever stands in a route do the work? R01, R02, R03, R11, R15."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.continuity.lint.book import CAPABILITY, CONTEXT, COST, OUTPUT, QUALITY
from modelrouter.continuity.lint.rule import finding, place_in_route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.continuity.lint.rule import Finding, View
    from modelrouter.core.inventory import Deployment, Process

__all__ = ["capabilities", "context", "cost", "output", "quality"]

MILLION = 1_000_000


def context(view: View) -> Iterator[Finding]:
    """R01. What the process needs, an answer included where it says how long; else its ordinary requests."""
    for process in view.inventory.processes.values():
        needs, demand = process.needs, process.demand
        declared = needs.context
        ordinary = demand.tokens_in + demand.tokens_out
        first = next(iter(view.permitted(process)), None)
        for deployment in process.routes:
            window, model = deployment.model.context, deployment.model.id
            path = place_in_route(process, deployment)
            if declared > window:
                message = f"{model} holds {window:,} tokens and {process.id} needs {declared:,}: it never serves"
                yield finding(CONTEXT, path, message, CONTEXT.advice)
            elif ordinary > window:
                message = f"{model} holds {window:,} tokens and an ordinary request takes {ordinary:,}, answer included"
                yield finding(CONTEXT, path, message, CONTEXT.advice)
            elif not declared and first is not None and window < first.model.context:
                message = f"{model} holds {window:,} tokens, the first choice {first.model.context:,}: longer requests have no fallback here"
                advice = f"State how long they get: `needs: {{context: {ordinary}}}` or more."
                yield finding(CONTEXT, path, message, advice, "note")


def capabilities(view: View) -> Iterator[Finding]:
    """R02. Where the process states no needs, what the first choice can and a fallback cannot is worth a note."""
    for process in view.inventory.processes.values():
        needed = process.needs.capabilities
        first = next(iter(view.permitted(process)), None)
        for deployment in process.routes:
            can = deployment.model.capabilities
            path = place_in_route(process, deployment)
            if lacking := needed - can:
                message = f"{deployment.model.id} lacks {_listed(lacking)}, which {process.id} needs: it never serves"
                yield finding(CAPABILITY, path, message, CAPABILITY.advice)
            elif not needed and first is not None and (fewer := first.model.capabilities - can):
                message = f"{deployment.model.id} lacks {_listed(fewer)}, which the first choice can: requests with it have no fallback here"
                advice = f"If {process.id} uses it, say so under `needs: {{capabilities: […]}}`, and take a fallback that can."
                yield finding(CAPABILITY, path, message, advice, "note")


def output(view: View) -> Iterator[Finding]:
    """R03. The longest answer that is asked for; where nobody says, the ordinary one."""
    for process in view.inventory.processes.values():
        longest = process.needs.output
        wanted = longest or process.demand.tokens_out
        for deployment in process.routes:
            model, path = deployment.model, place_in_route(process, deployment)
            if model.output is not None and model.output < wanted:
                asked = f"{process.id} asks for {wanted:,}" if longest else f"its ordinary answer takes {wanted:,}"
                message = f"{model.id} answers with at most {model.output:,} tokens and {asked}"
                yield finding(OUTPUT, path, message, OUTPUT.advice)
            elif model.output is None and longest is not None:
                message = f"nobody has said how long an answer {model.id} can give; {process.id} asks for {longest:,}"
                yield finding(OUTPUT, path, message, f"State `output` of the model {model.id}.", "note")


def cost(view: View) -> Iterator[Finding]:
    """R11. An ordinary request at the fallback, as a multiple of the same at the first choice."""
    for process in view.inventory.processes.values():
        most = process.objectives.cost
        permitted = view.permitted(process)
        if most is None or not permitted:
            continue
        usual = _price(process, permitted[0])
        for deployment in permitted[1:]:
            price = _price(process, deployment)
            path = place_in_route(process, deployment)
            if price is None or usual is None:
                unpriced = deployment.id if price is None else permitted[0].id
                message = f"the price of {unpriced} is not known, so nobody can say whether {deployment.id} keeps to {most:g} times"
                yield finding(COST, path, message, f"State `prices` of {unpriced}.", "note")
            elif price > most * usual:
                times = f"{price / usual:.1f} times" if usual else "something where the first choice costs nothing:"
                message = f"a request costs {times} what {permitted[0].id} takes for it; {most:g} times is allowed"
                yield finding(COST, path, message, COST.advice)


def quality(view: View) -> Iterator[Finding]:
    """R15. A score below the floor warns; a score that is missing is a note for the process."""
    for process in view.inventory.processes.values():
        scores, floor = process.quality.scores, process.quality.floor
        permitted = view.permitted(process)
        for deployment in permitted:
            score = scores.get(deployment.id)
            if score is not None and score < floor:
                message = f"{deployment.id} passed {score:.0%} of the checks and {floor:.0%} are asked for"
                advice = "Take a better model into the route, mend the prompt, or lower `quality.floor` knowingly."
                yield finding(
                    QUALITY, ("processes", process.id, "quality", "scores", deployment.id), message, advice, "warning"
                )
        unmeasured = [deployment for deployment in permitted[1:] if deployment.id not in scores]
        if unmeasured:
            names = ", ".join(deployment.id for deployment in unmeasured)
            path = place_in_route(process, unmeasured[0])
            yield finding(
                QUALITY, path, f"nobody has measured whether {names} is good enough for {process.id}", QUALITY.advice
            )


def _price(process: Process, deployment: Deployment) -> float | None:
    """US dollars for one ordinary request; None where no price is known."""
    prices, demand = deployment.prices, process.demand
    if prices is None:
        return None
    return (demand.tokens_in * prices.input + demand.tokens_out * prices.output) / MILLION


def _listed(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
