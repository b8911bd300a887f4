"""An agent that calls tools in a loop, and a provider that is taken away in the middle of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosswire.stage import Stage
    from crosswire.talk import Said, Talk

LOSSES = (Effect.SUSPENDED, Effect.OUTAGE, Effect.MODEL_UNAVAILABLE, Effect.RESET)
"""How a provider goes, in turns."""


@dataclass(slots=True)
class Ran:
    """What became of a loop."""

    steps: list[int] = field(default_factory=list)
    """As the calls of the tool counted them."""
    served: list[str] = field(default_factory=list)
    """Who answered each time."""
    last: Said | None = None


async def run(talk: Talk, stage: Stage, before: Callable[[int], None], *, steps: int, stream: bool) -> Ran:
    """Answer calls until the model calls no more; `before` is told the number of each request, from 1."""
    ran = Ran()
    for number in range(1, steps + 2):
        before(number)
        said = await talk.say(stream=stream)
        ran.served.append(str(stage.last.served_by))
        ran.last = said
        if not said.calls:
            break
        (call,) = said.calls
        ran.steps.append(int(call.arguments["step"]))
        talk.answer({call.id: told(len(ran.steps))})
    return ran


def prompt(steps: int) -> str:
    """What the user asks for."""
    return f"Archive them in {steps} steps."


def told(step: int) -> str:
    """What the tool says at a step."""
    return f"filed {step}"


def everything(steps: int) -> str:
    """What the model has heard after the last step."""
    return f"The tool said {', '.join(told(step) for step in range(1, steps + 1))}."


def take_away(stage: Stage, place: int, effect: Effect) -> None:
    """From now on, that deployment's provider fails."""
    stage.twins[place].inject(Injection(effect=effect))


def give_back(stage: Stage, place: int) -> None:
    """The provider is well again, and nothing is held against it."""
    stage.twins[place].clear()
    for hold in stage.router.holds():
        stage.router.release(str(hold.domain))
