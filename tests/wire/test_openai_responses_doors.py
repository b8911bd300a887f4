"""The official SDK speaking Responses over real servers of every wire, the first of which is taken away in the middle."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
import pytest
from pydantic import BaseModel
from support.inventories import deployment, inventory, process, provider

from modelrouter import AsyncOpenAI, Router, decision_of
from modelrouter.core.inventory import Deployment, Objectives
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection
from modelrouter.drills.twins.keys import dummy_key
from modelrouter.drills.twins.twin import Pace, Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from pathlib import Path

RESPONSES = ("openai", "openai-responses")
FOREIGN = [("openai", "openai-chat"), ("anthropic", "anthropic-messages"), ("gemini", "gemini")]
OTHERS = [*FOREIGN, RESPONSES]
SHAPE = {
    "type": "object",
    "properties": {"policy": {"type": "string"}},
    "required": ["policy"],
    "additionalProperties": False,
}
LOOKUP: Any = {"type": "function", "name": "lookup", "description": "Finds.", "parameters": SHAPE, "strict": True}
AGENT: Any = {
    "model": "claims",
    "instructions": "You are an agent.",
    "tools": [
        {"type": "namespace", "name": "mcp__claims", "description": "Claims.", "tools": [LOOKUP]},
        {"type": "web_search"},
    ],
    "parallel_tool_calls": False,
    "reasoning": {"effort": "low", "summary": "auto"},
    "include": ["reasoning.encrypted_content"],
    "store": False,
}


def run(promise: Awaitable[None]) -> None:
    """Run one asynchronous test."""

    async def bounded() -> None:
        await asyncio.wait_for(promise, 60)

    asyncio.run(bounded())


@asynccontextmanager
async def serving(folder: Path, *kinds: tuple[str, str]) -> AsyncIterator[tuple[AsyncOpenAI, list[Twin]]]:
    """The SDK over a route of twins, each given by its vendor and its wire."""
    twins: list[Twin] = []
    routes: list[Deployment] = []
    for number, (vendor, wire) in enumerate(kinds):
        key = folder / f"{number}.key"
        owner = provider(f"{vendor}{number}", vendor=vendor, local=True, key=f"file:{key}")
        key.write_text(dummy_key(owner.accounts["main"]))
        described = deployment(f"{vendor}{number}", of=owner, wire=wire)
        twin = Twin(owner, [described], pace=Pace(first_token_s=0.005, token_gap_s=0.001))
        await twin.start()
        twins.append(twin)
        routes.append(replace(described, url=twin.base_url(described)))
    made = inventory(process("claims", *routes, objectives=Objectives(deadline_s=20.0)))
    try:
        async with Router(made, observers=[]) as router, AsyncOpenAI(router=router) as client:
            yield client, twins
    finally:
        for twin in twins:
            await twin.stop()


def sent_back(response: Any) -> list[Any]:
    """The output as agents send it back with the next request."""
    return [item.model_dump(exclude_none=True) for item in response.output]


@pytest.mark.parametrize("second", OTHERS)
@pytest.mark.parametrize("streamed", [False, True])
def test_an_agent_goes_on_at_another_wire(tmp_path: Path, second: tuple[str, str], *, streamed: bool) -> None:
    """Taken away between a call and its result, the first provider is not missed; the tool's words arrive (14, 29)."""

    async def promise() -> None:
        async with serving(tmp_path, RESPONSES, second) as (client, twins):
            history: list[Any] = [{"role": "user", "content": "Which policy?"}]
            begun = await client.responses.create(input=history, **{**AGENT, "tools": [LOOKUP]})
            twins[0].inject(Injection(effect=Effect.SUSPENDED))
            call = begun.output[-1]
            assert (call.type, decision_of(begun).served_by) == ("function_call", "openai0")
            result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "policy 7"}
            history += [*sent_back(begun), result]
            asked = {**AGENT, "tools": [LOOKUP], "input": history}
            if second == RESPONSES:  # another account, which can read none of the first one's reasoning
                asked["input"] = [item for item in history if item.get("type") != "reasoning"]
                for item in asked["input"]:
                    item.pop("id", None)
            if streamed:
                async with client.responses.stream(**asked) as stream:
                    answer: Any = await stream.get_final_response()
            else:
                answer = await client.responses.create(**asked)
                assert decision_of(answer).served_by == f"{second[0]}1"

        assert answer.status == "completed"
        assert "policy 7" in answer.output_text

    run(promise())


@pytest.mark.parametrize("wire", FOREIGN)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_in_a_namespace_is_called_by_both_names(
    tmp_path: Path, wire: tuple[str, str], *, streamed: bool
) -> None:
    """Agents find their tool by namespace and name, whoever called it, and the search nobody has is left out (29)."""

    async def promise() -> None:
        async with serving(tmp_path, wire) as (client, _):
            history: list[Any] = [{"role": "user", "content": "Which policy?"}]
            if streamed:
                async with client.responses.stream(input=history, **AGENT) as stream:
                    begun: Any = await stream.get_final_response()
            else:
                begun = await client.responses.create(input=history, **AGENT)
                assert "tools.web_search" in decision_of(begun).trail[-1].losses
            call = begun.output[-1]
            result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "policy 7"}
            ended = await client.responses.create(input=[*history, *sent_back(begun), result], **AGENT)

        assert (call.type, call.namespace, call.name) == ("function_call", "mcp__claims", "lookup")
        assert "policy 7" in ended.output_text

    run(promise())


@pytest.mark.parametrize("wire", FOREIGN)
def test_free_text_reaches_its_tool(tmp_path: Path, wire: tuple[str, str]) -> None:
    """A tool that takes free text is called with text, not with JSON (29)."""
    patch: Any = {"type": "custom", "name": "apply_patch", "description": "Edits files."}

    async def promise() -> None:
        async with serving(tmp_path, wire) as (client, _):
            async with client.responses.stream(model="claims", input="Edit.", tools=[patch]) as stream:
                kinds = [event.type async for event in stream]
                answer: Any = await stream.get_final_response()
            call = answer.output[-1]
            told: Any = {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "patched"}
            ended = await client.responses.create(
                model="claims", input=[{"role": "user", "content": "Edit."}, *sent_back(answer), told], tools=[patch]
            )

        assert (call.type, call.name) == ("custom_tool_call", "apply_patch")
        assert not call.input.startswith("{")
        assert "response.custom_tool_call_input.done" in kinds
        assert "patched" in ended.output_text

    run(promise())


class Verdict(BaseModel):
    """What the model shall say."""

    urgent: bool


@pytest.mark.parametrize("wire", OTHERS)
def test_a_schema_holds_at_every_wire(tmp_path: Path, wire: tuple[str, str]) -> None:
    """The SDK parses the answer into the caller's own type (61, 62)."""

    async def promise() -> None:
        async with serving(tmp_path, wire) as (client, _):
            parsed = await client.responses.parse(model="claims", input="Is it urgent?", text_format=Verdict)

        assert isinstance(parsed.output_parsed, Verdict)

    run(promise())


def test_what_a_provider_keeps_goes_nowhere_else(tmp_path: Path) -> None:
    """An earlier answer that one provider keeps is asked of no other wire, and the caller is told why (68)."""

    async def promise() -> None:
        async with serving(tmp_path, ("anthropic", "anthropic-messages")) as (client, _):
            with pytest.raises(openai.APIStatusError, match="previous_response_id resp_1 is known to one provider"):
                await client.responses.create(model="claims", input="hi", previous_response_id="resp_1")

    run(promise())


@pytest.mark.parametrize("wire", OTHERS)
def test_a_stream_that_breaks_off_is_an_error(tmp_path: Path, wire: tuple[str, str]) -> None:
    """Whatever wire broke, the SDK raises and has seen no end (75)."""

    async def promise() -> None:
        async with serving(tmp_path, wire) as (client, (twin,)):
            twin.inject(Injection(effect=Effect.CUT_AFTER_CONTENT))
            seen: set[str] = set()
            with pytest.raises(openai.APIError):
                async for event in await client.responses.create(model="claims", input="hi", stream=True):
                    seen.add(event.type)

        assert "response.output_text.delta" in seen
        assert not {"response.completed", "response.incomplete", "response.failed"} & seen

    run(promise())


@pytest.mark.parametrize("streamed", [False, True])
def test_chat_over_a_deployment_of_this_wire(tmp_path: Path, *, streamed: bool) -> None:
    """Callers of Chat Completions use it without noticing, through a loop with a tool."""
    function = {"name": "lookup", "parameters": SHAPE, "strict": True}
    tools: Any = [{"type": "function", "function": function}]
    messages: list[Any] = [{"role": "user", "content": "Which policy?"}]

    async def ask(client: AsyncOpenAI) -> Any:
        if not streamed:
            return await client.chat.completions.create(model="claims", messages=messages, tools=tools)
        async with client.chat.completions.stream(model="claims", messages=messages, tools=tools) as stream:
            return await stream.get_final_completion()

    async def promise() -> None:
        async with serving(tmp_path, RESPONSES) as (client, _):
            message = (await ask(client)).choices[0].message
            calls = message.tool_calls
            messages.append(message.model_dump(exclude_none=True))
            messages.extend({"role": "tool", "tool_call_id": call.id, "content": "policy 7"} for call in calls)
            ended = await ask(client)

        assert [call.function.name for call in calls] == ["lookup"]
        assert "policy 7" in ended.choices[0].message.content

    run(promise())
