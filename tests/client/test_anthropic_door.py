"""Anthropic's official SDK, in process and over HTTP, over real servers of either wire, the first of which fails."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import anthropic
import pytest
from support.gateway import serving
from support.twins import calls, setting

from modelrouter import Anthropic, AsyncAnthropic, Router, decision_of
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection
from modelrouter.errors import UsageError

ASK = {
    "model": "claims-triage",
    "max_tokens": 200,
    "messages": [{"role": "user", "content": "Is this claim urgent?"}],
}
TOOL = {
    "name": "find_claim",
    "description": "Find a claim by its number",
    "input_schema": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
}
PAIRS = [("openai", "anthropic"), ("anthropic", "openai"), ("openai", "openai"), ("anthropic", "anthropic")]
DOORS = ["in process", "over http"]


def run(promise):
    """Run one asynchronous test."""
    return asyncio.run(asyncio.wait_for(promise, 60))


@asynccontextmanager
async def client_of(at, door):
    """The SDK over a router of its own, through one of the doors."""
    router = Router(at.inventory, observers=(), hold_file=None)
    if door == "in process":
        async with router, AsyncAnthropic(router=router) as client:
            yield client
    else:
        with serving(router) as url:
            async with anthropic.AsyncAnthropic(base_url=url, api_key="unused", max_retries=0) as client:
                yield client


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_whole_answers_survive_a_change_of_provider(tmp_path, first, second, door):
    """A message comes back whole while the first provider is gone, whichever wire the second speaks."""

    async def promise():
        async with setting(tmp_path, first, second) as at:
            at.first.inject(Injection(effect=Effect.SUSPENDED))
            async with client_of(at, door) as client:
                answers = [await client.messages.create(**ASK) for _ in range(3)]

            assert calls(at.first) == 1
        for answer in answers:
            assert (answer.type, answer.role, answer.stop_reason) == ("message", "assistant", "end_turn")
            assert answer.content[0].text
            assert answer.id.startswith("msg_")
            assert answer.usage.output_tokens > 0

    run(promise())


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_streams_survive_a_change_of_provider(tmp_path, first, second, door):
    """A stream whose first provider is gone is complete, and what the SDK gathers from it is the whole message."""

    async def promise():
        async with setting(tmp_path, first, second) as at:
            at.first.inject(Injection(effect=Effect.OUTAGE))
            async with client_of(at, door) as client, client.messages.stream(**ASK) as stream:
                pieces = [piece async for piece in stream.text_stream]
                whole = await stream.get_final_message()

        assert "".join(pieces) == whole.content[0].text != ""
        assert whole.stop_reason == "end_turn"

    run(promise())


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_tool_loop_survives_a_change_of_provider(tmp_path, first, second, door):
    """The first provider is taken away between a call and its result; the second goes on with both."""

    async def promise():
        async with setting(tmp_path, first, second) as at, client_of(at, door) as client:
            asked = {**ASK, "tools": [TOOL]}
            called = await client.messages.create(**asked)
            use = called.content[-1]
            at.first.inject(Injection(effect=Effect.GEOFENCED))
            result = {"type": "tool_result", "tool_use_id": use.id, "content": "urgent"}
            history = [
                *ASK["messages"],
                {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in called.content]},
                {"role": "user", "content": [result]},
            ]
            answer = await client.messages.create(**{**asked, "messages": history})

        assert (use.type, use.name, called.stop_reason) == ("tool_use", "find_claim", "tool_use")
        assert (answer.stop_reason, answer.content[0].type) == ("end_turn", "text")

    run(promise())


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("first", ["anthropic", "openai"])
def test_a_cut_after_content_never_ends_cleanly(tmp_path, first, door):
    """A stream that breaks off after content raises the SDK's own error, after everything that came whole."""

    async def promise():
        seen = ""
        async with setting(tmp_path, first, "openai") as at:
            at.first.inject(Injection(effect=Effect.CUT_AFTER_CONTENT))
            async with client_of(at, door) as client:
                with pytest.raises(anthropic.APIError, match="0-direct"):
                    async with client.messages.stream(**ASK) as stream:
                        async for piece in stream.text_stream:
                            seen += piece

        assert seen

    run(promise())


@pytest.mark.parametrize("door", DOORS)
def test_nobody_left_says_so_once(tmp_path, door):
    """Where nobody can serve, the SDK raises its own error of the right class, and asks once."""

    async def promise():
        async with setting(tmp_path, "anthropic", "openai") as at:
            for twin in (at.first, at.second):
                twin.inject(Injection(effect=Effect.SUSPENDED))
            async with client_of(at, door) as client:
                with pytest.raises(anthropic.APIStatusError) as raised:
                    await client.messages.create(**ASK)

            assert raised.value.status_code == 503
            assert [calls(twin) for twin in (at.first, at.second)] == [1, 1]

    run(promise())


@pytest.mark.parametrize("door", DOORS)
def test_an_unknown_name(tmp_path, door):
    """A model that is none is the SDK's own not-found error."""

    async def promise():
        async with setting(tmp_path, "anthropic", "openai") as at, client_of(at, door) as client:
            with pytest.raises(anthropic.NotFoundError, match="claims-triage"):
                await client.messages.create(**{**ASK, "model": "claims-triag"})

    run(promise())


@pytest.mark.parametrize("door", DOORS)
def test_counting_and_listing(tmp_path, door):
    """Tokens are counted and names listed without asking any provider."""

    async def promise():
        async with setting(tmp_path, "openai", "anthropic") as at, client_of(at, door) as client:
            counted = await client.messages.count_tokens(model="claims-triage", messages=ASK["messages"])
            listed = [model.id async for model in client.models.list()]

            assert [calls(twin) for twin in (at.first, at.second)] == [0, 0]
        assert counted.input_tokens >= 4
        assert listed[:2] == ["claims-triage", "gpt-5.6"]

    run(promise())


def test_the_synchronous_class(tmp_path):
    """Without an event loop the same: whole, streamed, and the decision behind both."""

    async def scene():
        async with setting(tmp_path, "openai", "anthropic") as at:
            at.first.inject(Injection(effect=Effect.OUTAGE))
            return await asyncio.to_thread(asked, at)

    def asked(at):
        with Anthropic(inventory=at.inventory) as client:
            whole = client.messages.create(**ASK)
            with client.messages.stream(**ASK) as stream:
                text = "".join(stream.text_stream)
            return whole, text, decision_of(whole)

    whole, text, decision = run(scene())

    assert whole.content[0].text
    assert text
    assert decision.served_by == "anthropic1-direct"
    assert isinstance(whole, anthropic.types.Message)


def test_the_classes_are_the_sdks_own(tmp_path, monkeypatch):
    """Copies share the router; keys, addresses and profiles of the SDK choose nothing; a foreign HTTP client is refused."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-somebody")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://elsewhere.test")

    async def promise():
        async with setting(tmp_path, "openai", "anthropic") as at:
            with Router(at.inventory, observers=(), hold_file=None) as router:
                client = Anthropic(router=router, auth_token="mine", base_url="http://elsewhere.test")
                copied = client.with_options(timeout=5)
                answer = await asyncio.to_thread(copied.messages.create, **ASK)

        assert isinstance(client, anthropic.Anthropic)
        assert copied.router is router
        assert answer.content[0].text
        with pytest.raises(UsageError, match="http_client"):
            Anthropic(router=router, http_client=anthropic.DefaultHttpxClient())

    run(promise())
