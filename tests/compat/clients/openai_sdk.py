"""OpenAI's SDK, on both of its wires."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
from compat.clients.client import KEY, SCHEMA, City, Client
from compat.stand import PROCESS

import modelrouter

if TYPE_CHECKING:
    from compat.clients.client import Tool


class Chat(Client):
    """Chat completions."""

    name = "openai, chat completions"
    package = "openai"
    wire = "openai-chat"

    def set_up(self) -> None:
        """The SDK by its address, or modelrouter's own class."""
        self.sdk = (
            modelrouter.OpenAI(router=self.scene.router)
            if self.door == "in process"
            else openai.OpenAI(base_url=self.versioned, api_key=KEY, max_retries=0)
        )

    def whole(self, prompt: str) -> str:
        """One answer."""
        answer = self.sdk.chat.completions.create(model=PROCESS, messages=[{"role": "user", "content": prompt}])
        return answer.choices[0].message.content or ""

    def stream(self, prompt: str) -> str:
        """One answer, put together by the SDK's helper."""
        messages: Any = [{"role": "user", "content": prompt}]
        with self.sdk.chat.completions.stream(model=PROCESS, messages=messages) as stream:
            return stream.get_final_completion().choices[0].message.content or ""

    def loop(self, prompt: str, tool: Tool) -> str:
        """Streamed calls, whole results."""
        messages: Any = [{"role": "user", "content": prompt}]
        tools: Any = [{"type": "function", "function": {"name": "lookup", "parameters": SCHEMA, "strict": True}}]
        while True:
            with self.sdk.chat.completions.stream(model=PROCESS, messages=messages, tools=tools) as stream:
                message = stream.get_final_completion().choices[0].message
            if not message.tool_calls:
                return message.content or ""
            messages.append(message.model_dump(exclude_none=True, exclude={"parsed"}))
            messages += [
                {"role": "tool", "tool_call_id": call.id, "content": tool(**json.loads(call.function.arguments))}
                for call in message.tool_calls
            ]

    def shape(self, prompt: str) -> City | None:
        """Strict JSON schema, parsed by the SDK."""
        messages: Any = [{"role": "user", "content": prompt}]
        answer = self.sdk.chat.completions.parse(model=PROCESS, messages=messages, response_format=City)
        return answer.choices[0].message.parsed


class Responses(Chat):
    """Responses."""

    name = "openai, responses"
    wire = "openai-responses"

    def whole(self, prompt: str) -> str:
        """One answer."""
        return self.sdk.responses.create(model=PROCESS, input=prompt).output_text

    def stream(self, prompt: str) -> str:
        """One answer, put together by the SDK's helper."""
        with self.sdk.responses.stream(model=PROCESS, input=prompt) as stream:
            return stream.get_final_response().output_text

    def loop(self, prompt: str, tool: Tool) -> str:
        """Streamed, nothing stored."""
        said: Any = [{"role": "user", "content": prompt}]
        tools: Any = [{"type": "function", "name": "lookup", "parameters": SCHEMA, "strict": True}]
        while True:
            with self.sdk.responses.stream(model=PROCESS, input=said, tools=tools, store=False) as stream:
                answer = stream.get_final_response()
            calls = [item for item in answer.output if item.type == "function_call"]
            if not calls:
                return answer.output_text
            said += [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in answer.output]
            said += [
                {"type": "function_call_output", "call_id": call.call_id, "output": tool(**json.loads(call.arguments))}
                for call in calls
            ]

    def shape(self, prompt: str) -> City | None:
        """Strict JSON schema, parsed by the SDK."""
        return self.sdk.responses.parse(model=PROCESS, input=prompt, text_format=City).output_parsed


CLIENTS = (Chat, Responses)
