"""OpenAI's Agents SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import agents
import openai
from compat.clients.client import KEY, City, Client, run
from compat.stand import PROCESS

import modelrouter

if TYPE_CHECKING:
    from compat.clients.client import Tool

QUIET = agents.RunConfig(tracing_disabled=True)


class OnResponses(Client):
    """Responses."""

    name = "OpenAI Agents SDK, responses"
    package = "openai-agents"
    wire = "openai-responses"
    make: Any = agents.OpenAIResponsesModel

    def agent(self, **options: Any) -> agents.Agent:
        """An agent whose model is asked by the SDK, or by modelrouter's own class."""
        sdk = (
            modelrouter.AsyncOpenAI(router=self.scene.router)
            if self.door == "in process"
            else openai.AsyncOpenAI(base_url=self.versioned, api_key=KEY, max_retries=0)
        )
        model = type(self).make(model=PROCESS, openai_client=sdk)
        return agents.Agent(name="clerk", instructions="Be short.", model=model, **options)

    def whole(self, prompt: str) -> str:
        """One turn."""
        return run(self._run(prompt))

    def stream(self, prompt: str) -> str:
        """One turn, its pieces joined."""
        return run(self._streamed(prompt))

    def loop(self, prompt: str, tool: Tool) -> str:
        """The agent calls the tool, streamed."""
        return run(self._streamed(prompt, tools=[agents.function_tool(tool)]))

    def shape(self, prompt: str) -> City | None:
        """Structured output."""
        return run(self._run(prompt, output_type=City))

    async def _run(self, prompt: str, **options: Any) -> Any:
        return (await agents.Runner.run(self.agent(**options), prompt, run_config=QUIET)).final_output

    async def _streamed(self, prompt: str, **options: Any) -> Any:
        result = agents.Runner.run_streamed(self.agent(**options), prompt, run_config=QUIET)
        async for _ in result.stream_events():
            pass
        return result.final_output


class OnChat(OnResponses):
    """Chat completions."""

    name = "OpenAI Agents SDK, chat completions"
    wire = "openai-chat"
    make = agents.OpenAIChatCompletionsModel


CLIENTS = (OnResponses, OnChat)
