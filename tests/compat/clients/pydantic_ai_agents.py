"""pydantic-ai's agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import httpx
import openai
from compat.clients.client import KEY, City, Client, run
from compat.stand import PROCESS
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

if TYPE_CHECKING:
    from compat.clients.client import Tool


class OnChat(Client):
    """Chat completions."""

    name = "pydantic-ai, OpenAI chat completions"
    package = "pydantic-ai-slim"
    wire = "openai-chat"

    def model(self) -> Any:
        """Chat completions."""
        return OpenAIChatModel(PROCESS, provider=self.openai())

    def openai(self) -> OpenAIProvider:
        """The provider, by its address or over an HTTP client with a router in it."""
        return OpenAIProvider(
            base_url=self.versioned, api_key=KEY, http_client=self.http(openai.DefaultAsyncHttpxClient)
        )

    def whole(self, prompt: str) -> str:
        """One answer."""
        return run(self._run(prompt))

    def stream(self, prompt: str) -> str:
        """One answer in pieces."""

        async def streamed() -> str:
            async with Agent(self.model()).run_stream(prompt) as result:
                return "".join([piece async for piece in result.stream_text(delta=True)])

        return run(streamed())

    def loop(self, prompt: str, tool: Tool) -> str:
        """The agent calls the tool."""
        return run(self._run(prompt, tools=[tool]))

    def shape(self, prompt: str) -> City | None:
        """Structured output by a tool, as the library does by itself."""
        return run(self._run(prompt, output_type=City))

    async def _run(self, prompt: str, **options: Any) -> Any:
        return (await Agent(self.model(), **options).run(prompt)).output


class OnResponses(OnChat):
    """Responses."""

    name = "pydantic-ai, OpenAI responses"
    wire = "openai-responses"

    def model(self) -> Any:
        """Responses."""
        return OpenAIResponsesModel(PROCESS, provider=self.openai())


class OnMessages(OnChat):
    """Messages."""

    name = "pydantic-ai, Anthropic messages"
    wire = "anthropic-messages"

    def model(self) -> Any:
        """Messages."""
        http = self.http(anthropic.DefaultAsyncHttpxClient)
        sdk = anthropic.AsyncAnthropic(base_url=self.scene.url, api_key=KEY, max_retries=0, http_client=http)
        return AnthropicModel(PROCESS, provider=AnthropicProvider(anthropic_client=sdk))


class OnGenerate(OnChat):
    """generateContent."""

    name = "pydantic-ai, Google generateContent"
    wire = "gemini"

    def model(self) -> Any:
        """The model that Google's SDK asks."""
        http = self.http(httpx.AsyncClient)
        return GoogleModel(PROCESS, provider=GoogleProvider(api_key=KEY, base_url=self.scene.url, http_client=http))


CLIENTS = (OnChat, OnResponses, OnMessages, OnGenerate)
