"""LiteLLM's SDK as a client, which runs in the main environment."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from compat.clients.client import KEY, SCHEMA, City, Client
from compat.stand import PROCESS

if TYPE_CHECKING:
    from compat.clients.client import Tool

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # read when it is imported; else it asks the network for prices
import litellm


class OnChat(Client):
    """`completion` on chat completions."""

    name = "LiteLLM, openai/"
    package = "litellm"
    wire = "openai-chat"
    doors = ("gateway",)
    prefix = "openai"

    @property
    def spoken(self) -> dict[str, Any]:
        """What every call says."""
        base = self.versioned if self.prefix == "openai" else self.scene.url
        return {"model": f"{self.prefix}/{PROCESS}", "api_base": base, "api_key": KEY, "num_retries": 0}

    def whole(self, prompt: str) -> str:
        """One answer."""
        answer = litellm.completion(messages=[{"role": "user", "content": prompt}], **self.spoken)
        return answer.choices[0].message.content

    def stream(self, prompt: str) -> str:
        """One answer in chunks."""
        chunks = litellm.completion(messages=[{"role": "user", "content": prompt}], stream=True, **self.spoken)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    def loop(self, prompt: str, tool: Tool) -> str:
        """Streamed calls, put together by its own builder."""
        messages: list[Any] = [{"role": "user", "content": prompt}]
        tools = [{"type": "function", "function": {"name": "lookup", "parameters": SCHEMA}}]
        while True:
            chunks = list(litellm.completion(messages=messages, tools=tools, stream=True, **self.spoken))
            message = litellm.stream_chunk_builder(chunks).choices[0].message
            if not message.tool_calls:
                return message.content
            messages.append(message.model_dump(exclude_none=True))
            messages += [
                {"role": "tool", "tool_call_id": call.id, "content": tool(**json.loads(call.function.arguments))}
                for call in message.tool_calls
            ]

    def shape(self, prompt: str) -> City:
        """JSON schema."""
        asked = [{"role": "user", "content": prompt}]
        answer = litellm.completion(messages=asked, response_format=City, **self.spoken)
        return City.model_validate_json(answer.choices[0].message.content)


class OnMessages(OnChat):
    """`completion` on Messages."""

    name = "LiteLLM, anthropic/"
    wire = "anthropic-messages"
    prefix = "anthropic"


class OnResponses(Client):
    """`responses` on Responses."""

    name = "LiteLLM, responses"
    package = "litellm"
    wire = "openai-responses"
    doors = ("gateway",)

    @property
    def spoken(self) -> dict[str, Any]:
        """What every call says."""
        return {"model": f"openai/{PROCESS}", "api_base": self.versioned, "api_key": KEY, "num_retries": 0}

    def whole(self, prompt: str) -> str:
        """One answer."""
        return litellm.responses(input=prompt, **self.spoken).output[0].content[0].text

    def stream(self, prompt: str) -> str:
        """One answer in events."""
        events = litellm.responses(input=prompt, stream=True, **self.spoken)
        return "".join(event.delta for event in events if event.type == "response.output_text.delta")


CLIENTS = (OnChat, OnMessages, OnResponses)
