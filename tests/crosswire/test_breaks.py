"""A provider that fails inside an answer, on every wire: before its first content nobody notices, after it nobody is deceived."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import anthropic
import openai
import pytest
from crosswire.cases import CALLERS, is_calls, is_text
from crosswire.stage import SEATS, staged
from crosswire.talk import Wanted
from crosswire.talk_gemini import RefusedRequestError

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection
from modelrouter.errors import StreamCutError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio
NATIVE = [seat for seat in SEATS if "(" not in seat]
EARLY = (
    Effect.STREAM_ERROR,
    Effect.MALFORMED_EVENT,
    Effect.CUT_BEFORE_CONTENT,
    Effect.EMPTY_COMPLETION,
    Effect.HTML_200,
)
LATE = (Effect.STREAM_ERROR, Effect.MALFORMED_EVENT, Effect.CUT_AFTER_CONTENT)
STATED = (Effect.THROTTLED, Effect.QUOTA_EXHAUSTED, Effect.SUSPENDED, Effect.GEOFENCED, Effect.AUTH, Effect.OVERLOADED)
CUT = (openai.APIError, anthropic.APIError, RefusedRequestError, StreamCutError)
"""How a caller hears of it."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Twins live on asyncio."""
    return "asyncio"


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("seat", "effect"), list(product(NATIVE, EARLY)))
async def test_a_break_before_content_is_not_noticed(tmp_path: Path, seat: str, effect: Effect, caller: str) -> None:
    """The next deployment's whole answer arrives as if it had been asked alone."""
    other = NATIVE[(NATIVE.index(seat) + 1) % len(NATIVE)]
    async with staged(tmp_path, seat, other) as stage:
        stage.twins[0].inject(Injection(effect=effect, after_events=0))
        talk = CALLERS[caller](stage.router, Wanted())
        said = await talk.say(stream=True)
        await talk.close()

    is_text(said, stage, place=1)
    assert stage.last.served_by == stage.deployments[1].id


@pytest.mark.parametrize("tools", [(), ("archive",)], ids=["text", "call"])
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("seat", "effect"), list(product(NATIVE, LATE)))
async def test_a_break_after_content_never_looks_whole(
    tmp_path: Path, seat: str, effect: Effect, caller: str, tools: tuple[str, ...]
) -> None:
    """What has begun and breaks off ends in an error, in the middle of a text as in that of a call."""
    async with staged(tmp_path, seat) as stage:
        stage.twins[0].inject(Injection(effect=effect, after_events=2))
        talk = CALLERS[caller](stage.router, Wanted(tools=tools))
        with pytest.raises(CUT):
            await talk.say(stream=True)
        await talk.close()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("seat", "effect"), list(product(NATIVE, STATED)))
async def test_a_stated_refusal_is_known_on_every_wire(
    tmp_path: Path, seat: str, effect: Effect, *, stream: bool
) -> None:
    """What the provider says in this wire's envelope is taken for what it is, and the next one calls the tool."""
    other = NATIVE[(NATIVE.index(seat) + 1) % len(NATIVE)]
    async with staged(tmp_path, seat, other) as stage:
        stage.twins[0].inject(Injection(effect=effect))
        talk = CALLERS[other](stage.router, Wanted(tools=("archive",)))
        said = await talk.say(stream=stream)
        await talk.close()

    is_calls(said, ("archive", {"step": 1, "tags": ["twin"]}))
    fault = stage.last.trail[0].fault
    assert fault is not None
    assert fault.cause == str(effect)
