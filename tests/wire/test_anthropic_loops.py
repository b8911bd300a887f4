"""An agent that speaks Messages through the official library, its loop of calls moved to another provider at every turn.

The providers are twins on real sockets, which refuse what the real services refuse: a foreign signature, an id of
another alphabet, a budget for thinking in a loop that began without any.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter import AsyncAnthropic, Router
from modelrouter.core.inventory import Model
from modelrouter.drills.twins.keys import dummy_key
from modelrouter.drills.twins.twin import Pace, Twin
from modelrouter.testing import Recorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from modelrouter.core.inventory import Wire

ROUNDS = 6
TOOL = {
    "name": "find_claim",
    "input_schema": {"type": "object", "properties": {"step": {"type": "integer"}}, "required": ["step"]},
}
VENDORS: dict[Wire, str] = {
    "openai-chat": "openai",
    "openai-responses": "openai",
    "gemini": "gemini",
    "anthropic-messages": "anthropic",
}
OTHERS: list[Wire] = ["openai-chat", "openai-responses", "gemini"]


@asynccontextmanager
async def agent(folder: Path, *wires: tuple[Wire, str]) -> AsyncIterator[tuple[AsyncAnthropic, list[str], Recorder]]:
    """The library over a router with one deployment for each wire and model, and the deployments' names."""
    async with AsyncExitStack() as rooms:
        routes = []
        for place, (wire, name) in enumerate(wires):
            key = folder / f"{place}.key"
            owner = provider(f"{VENDORS[wire]}{place}", vendor=VENDORS[wire], local=True, key=f"file:{key}")
            key.write_text(dummy_key(owner.accounts["main"]))
            can = frozenset({"tools", "thinking"})
            model = Model(id=name, developer="x", family="x", context=200_000, output=32_000, capabilities=can)
            described = replace(deployment(f"d{place}", of=owner, wire=wire, model=model, url=None), name=name)
            twin = await rooms.enter_async_context(Twin(owner, [described], pace=Pace(first_token_s=0, token_gap_s=0)))
            routes.append(replace(described, url=twin.base_url(described)))
        recorder = Recorder()
        router = await rooms.enter_async_context(
            Router(inventory(process("claims", *routes)), observers=[recorder], hold_file=None)
        )
        yield AsyncAnthropic(router=router), [route.id for route in routes], recorder


async def loop(client: AsyncAnthropic, names: list[str], thinking: dict[str, Any], *, stream: bool) -> list[Any]:
    """Answer calls until there is an answer in text, asking the deployments in turn; gives all answers."""
    said: list[Any] = [{"role": "user", "content": f"Do it in {ROUNDS} steps."}]
    answers: list[Any] = []
    while not answers or answers[-1].stop_reason == "tool_use":
        messages: Any = client.messages
        ask = {
            "model": names[len(answers) % len(names)],
            "max_tokens": 8000,
            "messages": said,
            "tools": [TOOL],
            "thinking": thinking,
        }
        if stream:
            async with messages.stream(**ask) as told:
                answers.append(await told.get_final_message())
        else:
            answers.append(await messages.create(**ask))
        content = [block.model_dump(exclude_none=True, exclude={"parsed_output"}) for block in answers[-1].content]
        results = [
            {"type": "tool_result", "tool_use_id": block["id"], "content": str(block["input"]["step"])}
            for block in content
            if block["type"] == "tool_use"
        ]
        said += [{"role": "assistant", "content": content}, {"role": "user", "content": results}]
    return answers


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("claude", "thinking"),
    [("claude-sonnet-4-5", {"type": "enabled", "budget_tokens": 2000}), ("claude-opus-4-8", {"type": "adaptive"})],
)
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("begins", [0, 1])
def test_a_loop_that_changes_wires_at_every_turn(
    tmp_path: Path, other: Wire, claude: str, thinking: dict[str, Any], begins: int, *, stream: bool
) -> None:
    """Whoever begins, every call is answered and the last answer knows every result, with thinking asked for."""

    async def promise() -> None:
        models: dict[Wire, str] = {"gemini": "gemini-3.1-pro"}
        wires: list[tuple[Wire, str]] = [("anthropic-messages", claude), (other, models.get(other, "gpt-5.6"))]
        async with agent(tmp_path, *wires) as (client, names, recorder):
            answers = await loop(client, names[begins:] + names[:begins], thinking, stream=stream)
            calls = [block for answer in answers for block in answer.content if block.type == "tool_use"]
            text = next(block.text for block in answers[-1].content if block.type == "text")

        assert [call.input["step"] for call in calls] == list(range(1, ROUNDS + 1))
        assert len({call.id for call in calls}) == ROUNDS
        assert "The tool said 1, 2, 3, 4, 5, 6." in text
        assert all(len(decision.trail) == 1 for decision in recorder.decisions)

    asyncio.run(asyncio.wait_for(promise(), 60))
