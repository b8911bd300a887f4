"""LangChain's chat models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
from compat.clients.client import KEY, SCHEMA, City, Client
from compat.stand import PROCESS
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI

if TYPE_CHECKING:
    from compat.clients.client import Tool
    from langchain_core.language_models import BaseChatModel


class OnChat(Client):
    """ChatOpenAI on chat completions."""

    name = "LangChain, ChatOpenAI on chat completions"
    package = "langchain-openai"
    wire = "openai-chat"
    model: BaseChatModel

    def set_up(self) -> None:
        """Make the model."""
        self.model = self.openai()

    def openai(self, **options: Any) -> ChatOpenAI:
        """ChatOpenAI, by its address or over an HTTP client with a router in it."""
        http = self.http(openai.DefaultHttpxClient)
        return ChatOpenAI(
            model=PROCESS, base_url=self.versioned, api_key=KEY, max_retries=0, http_client=http, **options
        )

    def whole(self, prompt: str) -> str:
        """One answer."""
        return self.model.invoke(prompt).text

    def stream(self, prompt: str) -> str:
        """One answer in chunks."""
        return "".join(chunk.text for chunk in self.model.stream(prompt))

    def loop(self, prompt: str, tool: Tool) -> str:
        """Bound tools, streamed."""
        function = {"name": "lookup", "description": "Look a policy up.", "parameters": SCHEMA}
        bound = self.model.bind_tools([{"type": "function", "function": function}])
        messages: list[Any] = [HumanMessage(prompt)]
        while True:
            chunks = list(bound.stream(messages))
            said = sum(chunks[1:], start=chunks[0])
            if not said.tool_calls:
                return said.text
            results = [ToolMessage(tool(**call["args"]), tool_call_id=call["id"]) for call in said.tool_calls]
            messages += [said, *results]

    def shape(self, prompt: str) -> City | None:
        """What the library takes for structured output by itself."""
        return self.model.with_structured_output(City).invoke(prompt)


class OnResponses(OnChat):
    """ChatOpenAI on Responses."""

    name = "LangChain, ChatOpenAI on responses"
    wire = "openai-responses"

    def set_up(self) -> None:
        """Make the model."""
        self.model = self.openai(use_responses_api=True)


class OnMessages(OnChat):
    """ChatAnthropic."""

    name = "LangChain, ChatAnthropic"
    package = "langchain-anthropic"
    wire = "anthropic-messages"
    doors = ("gateway",)

    def set_up(self) -> None:
        """Make the model."""
        self.model = ChatAnthropic(model=PROCESS, base_url=self.scene.url, api_key=KEY, max_retries=0, max_tokens=1000)


CLIENTS = (OnChat, OnResponses, OnMessages)
