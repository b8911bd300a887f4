"""An agent's loop of twelve tool calls outlives the loss of its provider at any of them, over any pair of wires."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from crosswire.agent import LOSSES, everything, give_back, prompt, run, take_away, told
from crosswire.cases import CALLERS, RECALLED
from crosswire.stage import SEATS, staged
from crosswire.talk import Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from crosswire.agent import Ran
    from crosswire.stage import Stage

pytestmark = [
    pytest.mark.anyio,
    # litellm 1.106.2 looks at every attribute of pydantic objects, deprecated ones included.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    # It keeps the clients of a closed event loop, and lets go of them with a warning.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
STEPS = 12
TOOL = ("archive",)
NATIVE = [seat for seat in SEATS if "(" not in seat]
PAIRS = list(product(NATIVE, repeat=2))
LIBRARY = [seat for seat in SEATS if seat.startswith("litellm")]
LIBRARY_PAIRS = [pair for pair in product(NATIVE + LIBRARY, repeat=2) if not set(pair) <= set(NATIVE)]
"""Calls through litellm cost several times as much: of these, a quarter of the steps."""
TURNS = (
    "openai-responses",
    *("anthropic-messages", "gemini") * 2,
    "openai-chat",
    *("gemini", "anthropic-messages") * 3,
)
"""Callers' wires as they take turns; OpenAI's SDK spends up to a second of one loop on its own history, so it comes less often."""
DETOUR = 6
THINKERS = ["openai-responses", "anthropic-messages", "gemini"]
"""Wires whose reasoning is signed."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Twins live on asyncio."""
    return "asyncio"


async def loop(folder: Path, pair: tuple[str, str], caller: str, gone: int) -> tuple[Ran, Stage]:
    """One loop, before whose request number `gone` the first provider goes."""
    async with staged(folder, *pair) as stage:
        talk = CALLERS[caller](stage.router, Wanted(prompt=prompt(STEPS), tools=TOOL))

        def before(number: int) -> None:
            if number == gone:
                take_away(stage, 0, LOSSES[gone % len(LOSSES)])

        ran = await run(talk, stage, before, steps=STEPS, stream=gone % 2 == 0)
        await talk.close()
    return ran, stage


def is_whole(ran: Ran, stage: Stage, gone: int) -> None:
    """No step is lost or doubled, all that the tool said is known at the end, and the second served from the loss on."""
    one, other = (deployment.id for deployment in stage.deployments)
    assert ran.steps == list(range(1, STEPS + 1))
    assert ran.served == [one] * (gone - 1) + [other] * (STEPS + 2 - gone)
    assert ran.last is not None
    assert everything(STEPS) in ran.last.text


@pytest.mark.parametrize("gone", range(1, STEPS + 1))
@pytest.mark.parametrize("pair", PAIRS, ids=" to ".join)
async def test_the_loop_outlives_its_provider(tmp_path: Path, pair: tuple[str, str], gone: int) -> None:
    """Whichever step the first provider goes at, the loop finishes; callers' wires, ways to go, and streams take turns."""
    caller = TURNS[(gone + PAIRS.index(pair)) % len(TURNS)]
    is_whole(*await loop(tmp_path, pair, caller, gone), gone)


@pytest.mark.parametrize("pair", LIBRARY_PAIRS, ids=" to ".join)
async def test_the_loop_outlives_its_provider_behind_litellm(tmp_path: Path, pair: tuple[str, str]) -> None:
    """As above, where a library stands before one of the providers or both; every step in the turns of four pairs."""
    place = LIBRARY_PAIRS.index(pair)
    for gone in range(1 + place % 4, STEPS + 1, 4):
        is_whole(*await loop(tmp_path, pair, TURNS[(gone + place) % len(TURNS)], gone), gone)


async def detour(folder: Path, caller: str, *seats: str, names: dict[int, str] | None = None) -> tuple[Ran, Stage]:
    """A loop with reasoning, of whose seven requests the third and the fourth find the first provider gone."""
    async with staged(folder, *seats, names=names) as stage:
        talk = CALLERS[caller](stage.router, Wanted(prompt=prompt(DETOUR), tools=TOOL, thinking=True))

        def before(number: int) -> None:
            if number == 3:
                take_away(stage, 0, LOSSES[0])
            if number == 5:
                give_back(stage, 0)

        ran = await run(talk, stage, before, steps=DETOUR, stream=THINKERS.index(seats[0]) % 2 == 0)
        await talk.close()
    return ran, stage


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("first", "second"), list(product(THINKERS, NATIVE)))
async def test_reasoning_survives_a_detour(tmp_path: Path, caller: str, first: str, second: str) -> None:
    """The first provider goes and comes back: it takes all its own signed reasoning back, and none of the other's.

    Chat Completions have a place for Google's signatures alone.
    """
    ran, stage = await detour(tmp_path, caller, first, second)

    is_back(ran, stage)
    assert recalled(ran) == (0 if caller == "openai-chat" and first != "gemini" else 4)


@pytest.mark.parametrize("caller", CALLERS)
async def test_reasoning_of_one_model_is_not_shown_to_another(tmp_path: Path, caller: str) -> None:
    """A sister of the model stands in, on the same wire: neither refuses what the other has signed, for neither sees it."""
    wire = "anthropic-messages"
    ran, stage = await detour(tmp_path, caller, wire, wire, names={1: "claude-sonnet-4-8"})

    is_back(ran, stage)
    assert recalled(ran) == (0 if caller == "openai-chat" else 4)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("wire", THINKERS)
async def test_reasoning_from_before_a_restart_stops_nobody(
    tmp_path: Path, wire: str, caller: str, *, stream: bool
) -> None:
    """A router that has never seen the history goes on with it in another account and model, whoever signed what is in it."""
    wanted = Wanted(prompt=prompt(2), tools=TOOL, thinking=True)
    async with staged(tmp_path, wire, letters="a") as stage:
        before = CALLERS[caller](stage.router, wanted)
        said = await before.say(stream=stream)
        before.answer({said.calls[0].id: told(1)})
        await before.close()
    names = {0: "claude-sonnet-4-8"} if wire == "anthropic-messages" else None
    async with staged(tmp_path, wire, letters="b", names=names) as stage:
        after = CALLERS[caller](stage.router, wanted)
        after.history = before.history
        said = await after.say(stream=stream)
        await after.close()

    assert said.calls[0].arguments["step"] == 2


def is_back(ran: Ran, stage: Stage) -> None:
    """The other provider served while the first was gone, and nothing is missing."""
    one, other = (deployment.id for deployment in stage.deployments)
    assert ran.served == [one] * 2 + [other] * 2 + [one] * 3
    assert ran.steps == list(range(1, DETOUR + 1))
    assert ran.last is not None
    assert everything(DETOUR) in ran.last.text


def recalled(ran: Ran) -> int:
    """How many thoughts of its own the provider had before it at the end."""
    found = RECALLED.search(ran.last.text) if ran.last is not None else None
    return int(found[1]) if found else 0
