"""The official SDK over two real servers, the first of which fails."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import openai
import pytest
from pydantic import BaseModel
from support.twins import calls, setting

from modelrouter import AsyncOpenAI, OpenAI, Router, decision_of
from modelrouter.core.holds import Phase
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection
from modelrouter.runtime.clock import SystemClock
from modelrouter.testing import Recorder

pytestmark = pytest.mark.alone

ASK = {"model": "claims-triage", "messages": [{"role": "user", "content": "Is this claim urgent?"}]}
TOOL = {
    "type": "function",
    "function": {
        "name": "find_claim",
        "description": "Find a claim by its number",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"number": {"type": "string"}},
            "required": ["number"],
            "additionalProperties": False,
        },
    },
}
PAIRS = [("openai", "anthropic"), ("anthropic", "openai"), ("openai", "openai")]


def run(promise):
    """Run one asynchronous test."""
    return asyncio.run(asyncio.wait_for(promise, 60))


@asynccontextmanager
async def client_of(at, *observers, clock=None, **options):
    """An SDK client over a router of its own."""
    async with (
        Router(at.inventory, observers=observers, clock=clock) as router,
        AsyncOpenAI(router=router, **options) as client,
    ):
        yield client


class Unlucky(SystemClock):
    """Real time, and the least lucky draw until it is told otherwise: holds last as long as they can."""

    luck = 0.99

    def chance(self) -> float:
        return self.luck


@pytest.mark.parametrize(
    ("first", "effect", "cause"),
    [("openai", Effect.GEOFENCED, "geofenced"), ("anthropic", Effect.SUSPENDED, "suspended")],
)
def test_blocked_one_after_another(tmp_path, first, effect, cause):
    """A blocked provider costs 200 requests in a row exactly one call, and the caller no failure."""

    async def promise():
        async with setting(tmp_path, first, "openai") as at:
            at.first.inject(Injection(effect=effect))
            async with client_of(at) as client:
                answers = [await client.chat.completions.create(**ASK) for _ in range(200)]
                cause_of_first = decision_of(answers[0]).trail[0].fault.cause

        assert 200 == sum(bool(answer.choices[0].message.content) for answer in answers)
        assert cause == cause_of_first
        assert 1 == calls(at.first)

    run(promise())


def test_blocked_thirty_two_at_a_time(tmp_path):
    """Asked 32 at a time, the blocked provider sees those in flight at the verdict and nothing after."""

    async def promise():
        async with setting(tmp_path, "openai", "anthropic") as at:
            at.first.inject(Injection(effect=Effect.GEOFENCED))
            async with client_of(at) as client:
                limit = asyncio.Semaphore(32)

                async def ask():
                    async with limit:
                        return await client.chat.completions.create(**ASK)

                answers = await asyncio.gather(*(ask() for _ in range(200)))

        assert 200 == len(answers)
        assert calls(at.first) <= 32

    run(promise())


def test_stated_wait_is_kept(tmp_path):
    """A provider that states a wait is left alone for exactly as long, then asked again."""

    async def promise():
        async with setting(tmp_path, "openai", "anthropic") as at:
            at.first.inject(Injection(effect=Effect.THROTTLED, retry_after_s=1))
            async with client_of(at) as client:
                await client.chat.completions.create(**ASK)
                at.first.clear()
                during = [await client.chat.completions.create(**ASK) for _ in range(10)]
                await asyncio.sleep(1.05)
                after = await client.chat.completions.create(**ASK)

        assert {"anthropic1-direct"} == {decision_of(answer).served_by for answer in during}
        assert "openai0-direct" == decision_of(after).served_by

    run(promise())


class Watching(Recorder):
    """Says when a hold is ready for its trial."""

    def __init__(self):
        super().__init__()
        self.ready = asyncio.Event()

    def changed(self, change):
        """Remember a hold."""
        super().changed(change)
        if change.after is not None and change.after.phase is Phase.TRIAL:
            self.ready.set()


def phases(recorder):
    """Where holds stood, in order."""
    return [str(change.after.phase) for change in recorder.changes if change.after]


def test_outage_is_held_tried_once_and_ramped(tmp_path):
    """Three failures in a row hold a deployment; its listing tells when it is back, and one trial brings it in steps."""

    async def promise():
        recorder, clock = Watching(), Unlucky()
        async with setting(tmp_path, "openai", "anthropic") as at:
            at.first.inject(Injection(effect=Effect.OUTAGE))
            async with client_of(at, recorder, clock=clock) as client:
                for _ in range(10):
                    await client.chat.completions.create(**ASK)
                failed = calls(at.first)
                await asyncio.sleep(1.05)  # longer than the hold lasts by time: the listing fails, so nobody tries
                await client.chat.completions.create(**ASK)
                meanwhile = calls(at.first)
                at.first.clear()
                await recorder.ready.wait()
                await asyncio.sleep(0.5)  # the trial is claimed among all processes first
                await client.chat.completions.create(**ASK)
                tried = calls(at.first)
                held_back = [await client.chat.completions.create(**ASK) for _ in range(5)]
                clock.luck = 0.01
                let_in = [await client.chat.completions.create(**ASK) for _ in range(5)]

        assert 3 == failed == meanwhile
        assert 1 == tried - failed
        assert ["open", "trial", "ramp"] == phases(recorder)
        assert {"anthropic1-direct"} == {decision_of(answer).served_by for answer in held_back}
        assert {"openai0-direct"} == {decision_of(answer).served_by for answer in let_in}

    run(promise())


@pytest.mark.parametrize("effect", [Effect.SILENT_STREAM, Effect.TIMEOUT, Effect.CUT_BEFORE_CONTENT, Effect.RESET])
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_failover_before_content_is_invisible(tmp_path, first, second, effect):
    """Whatever happens before the first content, the stream the caller sees is whole and from elsewhere."""

    async def promise():
        async with setting(tmp_path, first, second, first_token_s=0.5) as at:
            at.first.inject(Injection(effect=effect))
            async with client_of(at) as client:
                stream = await client.chat.completions.create(**ASK, stream=True)
                chunks = [chunk async for chunk in stream]

        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert f"{second}1-direct" in text
        assert "stop" == chunks[-1].choices[0].finish_reason
        assert 1 == len({chunk.id for chunk in chunks})

    run(promise())


@pytest.mark.parametrize("effect", [Effect.CUT_AFTER_CONTENT, Effect.STREAM_ERROR, Effect.MALFORMED_EVENT])
@pytest.mark.parametrize("first", ["openai", "anthropic"])
def test_cut_after_content_never_ends_cleanly(tmp_path, first, effect):
    """A stream that breaks after content raises the SDK's own error, after everything that came whole."""

    async def promise():
        recorder = Recorder()
        async with setting(tmp_path, first, "openai") as at:
            at.first.inject(Injection(effect=effect))
            async with client_of(at, recorder) as client:
                stream = await client.chat.completions.create(**ASK, stream=True)
                seen = ""
                with pytest.raises(openai.APIError) as raised:
                    async for chunk in stream:
                        seen += chunk.choices[0].delta.content or ""

        assert seen
        assert recorder.ends[0][1] is not None
        assert f"{first}0-direct" == decision_of(raised.value).served_by

    run(promise())


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_tools_survive_a_change_of_provider(tmp_path, first, second):
    """A tool call of one provider is answered by the other, whatever wire each speaks, and back again."""

    async def promise():
        async with (
            setting(tmp_path, first, second) as at,
            client_of(at) as client,
        ):
            asked = await client.chat.completions.create(**ASK, tools=[TOOL])
            call = asked.choices[0].message.tool_calls[0]
            history = [
                *ASK["messages"],
                asked.choices[0].message.model_dump(exclude_none=True),
                {"role": "tool", "tool_call_id": call.id, "content": "claim 17 is open"},
            ]
            await at.first.close_door()
            told = await client.chat.completions.create(model="claims-triage", messages=history, tools=[TOOL])
            await at.first.open_door()
            back = [*history, told.choices[0].message.model_dump(exclude_none=True), *ASK["messages"]]
            again = await client.with_options(timeout=9).chat.completions.create(
                model=f"{first}0-direct", messages=back
            )

        assert "find_claim" == call.function.name
        assert "number" in json.loads(call.function.arguments)
        assert f"{second}1-direct" in told.choices[0].message.content
        assert f"{first}0-direct" in again.choices[0].message.content

    run(promise())


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_streamed_tools(tmp_path, first, second):
    """The SDK's stream helper puts a tool call together, from either wire."""

    async def promise():
        async with (
            setting(tmp_path, first, second) as at,
            client_of(at) as client,
            client.chat.completions.stream(**ASK, tools=[TOOL]) as stream,
        ):
            final = await stream.get_final_completion()

        assert "find_claim" == final.choices[0].message.tool_calls[0].function.name
        assert "tool_calls" == final.choices[0].finish_reason

    run(promise())


def test_leaving_a_stream_cancels_upstream(tmp_path):
    """When the caller closes a stream, the provider is told, and no hold opens."""

    async def promise():
        async with (
            setting(tmp_path, "openai", "anthropic") as at,
            Router(at.inventory, observers=[]) as router,
            AsyncOpenAI(router=router) as client,
        ):
            at.first.inject(Injection(effect=Effect.STALL))
            stream = await client.chat.completions.create(**ASK, stream=True)
            await anext(aiter(stream))
            await stream.close()
            for _ in range(100):
                if at.first.log:
                    break
                await asyncio.sleep(0.02)

            assert at.first.log[0].done_at is None
            assert () == router.holds()

    run(promise())


def test_nobody_left_says_so_once(tmp_path):
    """When nothing can answer, the SDK raises its own error at once, with every attempt in it."""

    async def promise():
        async with setting(tmp_path, "openai", "anthropic") as at:
            at.first.inject(Injection(effect=Effect.SUSPENDED))
            at.second.inject(Injection(effect=Effect.SUSPENDED))
            async with client_of(at, max_retries=5) as client:
                with pytest.raises(openai.InternalServerError) as raised:
                    await client.chat.completions.create(**ASK)

        decision = decision_of(raised.value)
        assert ["suspended", "suspended"] == [str(attempt.fault.cause) for attempt in decision.trail]
        assert "false" == raised.value.response.headers["x-should-retry"]
        assert 2 == calls(at.first) + calls(at.second)

    run(promise())


def test_own_mistake_is_told_in_the_providers_words(tmp_path):
    """A request that is itself at fault is not carried around: the first provider's own error comes back."""

    async def promise():
        async with setting(tmp_path, "openai", "anthropic") as at:
            at.first.inject(Injection(effect=Effect.CONTENT_BLOCKED))
            async with client_of(at) as client:
                with pytest.raises(openai.BadRequestError):
                    await client.chat.completions.create(**ASK)

        assert 0 == calls(at.second)

    run(promise())


class Claim(BaseModel):
    """What the model must fill in."""

    number: str
    urgent: bool


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_parsed_answers_survive_a_change_of_provider(tmp_path, first, second):
    """`.parse()` gives the caller's own type, whichever provider filled it in."""

    async def promise():
        async with setting(tmp_path, first, second) as at, client_of(at) as client:
            before = await client.chat.completions.parse(**ASK, response_format=Claim)
            at.first.inject(Injection(effect=Effect.SUSPENDED))
            after = await client.chat.completions.parse(**ASK, response_format=Claim)

        assert isinstance(before.choices[0].message.parsed, Claim)
        assert isinstance(after.choices[0].message.parsed, Claim)
        assert f"{second}1-direct" == decision_of(after).served_by

    run(promise())


def test_the_synchronous_class_fails_over_too(tmp_path):
    """`OpenAI` in a thread: whole, streamed and parsed, over real sockets, with the first provider gone."""

    async def promise():
        async with setting(tmp_path, "openai", "anthropic") as at:
            await at.first.close_door()
            return await asyncio.to_thread(_in_a_thread, at.inventory)

    whole, streamed, parsed = run(promise())

    assert "anthropic1-direct" in whole
    assert "anthropic1-direct" in streamed
    assert isinstance(parsed, Claim)


def _in_a_thread(inventory):
    with Router(inventory, observers=[]) as router, OpenAI(router=router) as client:
        whole = client.chat.completions.create(**ASK).choices[0].message.content
        chunks = client.chat.completions.create(**ASK, stream=True)
        streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        parsed = client.chat.completions.parse(**ASK, response_format=Claim).choices[0].message.parsed
    return whole or "", streamed, parsed
