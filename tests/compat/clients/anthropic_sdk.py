"""Anthropic's SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
from compat.clients.client import KEY, SCHEMA, City, Client
from compat.stand import PROCESS

import modelrouter

if TYPE_CHECKING:
    from compat.clients.client import Tool

LENGTH = 1000


class Messages(Client):
    """Messages."""

    name = "anthropic, messages"
    package = "anthropic"
    wire = "anthropic-messages"

    def set_up(self) -> None:
        """The SDK by its address, or modelrouter's own class."""
        self.sdk = (
            modelrouter.Anthropic(router=self.scene.router)
            if self.door == "in process"
            else anthropic.Anthropic(base_url=self.scene.url, api_key=KEY, max_retries=0)
        )

    def whole(self, prompt: str) -> str:
        """One answer, whose length was counted before."""
        messages: Any = [{"role": "user", "content": prompt}]
        assert self.sdk.messages.count_tokens(model=PROCESS, messages=messages).input_tokens > 0
        return text(self.sdk.messages.create(model=PROCESS, max_tokens=LENGTH, messages=messages))

    def stream(self, prompt: str) -> str:
        """One answer, put together by the SDK's helper."""
        messages: Any = [{"role": "user", "content": prompt}]
        with self.sdk.messages.stream(model=PROCESS, max_tokens=LENGTH, messages=messages) as stream:
            return text(stream.get_final_message())

    def loop(self, prompt: str, tool: Tool) -> str:
        """Streamed calls, whole results."""
        messages: Any = [{"role": "user", "content": prompt}]
        tools: Any = [{"name": "lookup", "input_schema": SCHEMA}]
        while True:
            with self.sdk.messages.stream(model=PROCESS, max_tokens=LENGTH, messages=messages, tools=tools) as stream:
                message = stream.get_final_message()
            calls = [block for block in message.content if block.type == "tool_use"]
            if not calls:
                return text(message)
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": tool(**call.input)} for call in calls]
            messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]

    def shape(self, prompt: str) -> City | None:
        """JSON schema, parsed by the SDK."""
        messages: Any = [{"role": "user", "content": prompt}]
        answer = self.sdk.messages.parse(model=PROCESS, max_tokens=LENGTH, messages=messages, output_format=City)
        return answer.parsed_output


def text(message: anthropic.types.Message) -> str:
    """Its text."""
    return "".join(block.text for block in message.content if block.type == "text")


CLIENTS = (Messages,)
