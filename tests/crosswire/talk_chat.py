"""Chat Completions, as the official SDK speaks them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crosswire.stage import PROCESS
from crosswire.talk import DESCRIPTION, DOT, LIMIT, PDF, SHAPE, SYSTEM, TOOLS, Call, Count, Kept, Said, Wanted
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from modelrouter import AsyncOpenAI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter import Router

FINISH = {"stop": "stop", "length": "length", "tool_calls": "tools"}


class ChatTalk(Kept):
    """One conversation."""

    def __init__(self, router: Router, wanted: Wanted) -> None:
        super().__init__(wanted)
        self._client = AsyncOpenAI(router=router)
        content: Any = wanted.prompt
        if wanted.image or wanted.document:
            content = [{"type": "text", "text": wanted.prompt}]
        if wanted.image:
            content.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DOT}"}})
        if wanted.document:
            file = {"filename": "claim.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
            content.append({"type": "file", "file": file})
        self.history += [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]

    async def say(self, *, stream: bool) -> Said:
        """See `Talk`."""
        create: Any = self._client.chat.completions.create
        if not stream:
            answer = await create(**self._request())
            return self._kept(ChatCompletion.model_validate(answer.to_dict()))
        state: Any = ChatCompletionStreamState()
        async for chunk in await create(
            **self._request(), stream=True, stream_options={"include_usage": True, "include_obfuscation": False}
        ):
            ChatCompletionChunk.model_validate(chunk.to_dict())
            state.handle_chunk(chunk)
        return self._kept(state.get_final_completion())

    def _request(self) -> dict[str, Any]:
        wanted = self.wanted
        request: dict[str, Any] = {"model": PROCESS, "messages": self.history, "max_completion_tokens": LIMIT}
        if wanted.tools:
            request["tools"] = [
                {
                    "type": "function",
                    "function": {"name": name, "description": DESCRIPTION, "parameters": TOOLS[name], "strict": True},
                }
                for name in wanted.tools
            ]
        if wanted.shape:
            described = {"name": "claim", "schema": SHAPE, "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": described}
        if wanted.hosted:
            request["web_search_options"] = {}
        if wanted.thinking:
            request["reasoning_effort"] = "low"
        return request

    def _kept(self, answer: Any) -> Said:
        (choice,) = answer.choices
        message, usage = choice.message, answer.usage
        self.history.append(message.to_dict(exclude_none=True) if hasattr(message, "parsed") else message)
        cached = usage.prompt_tokens_details.cached_tokens or 0
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
        return Said(
            text=message.content or "",
            calls=tuple(
                Call(id=call.id, name=call.function.name, arguments=json.loads(call.function.arguments))
                for call in message.tool_calls or ()
            ),
            finish=FINISH[choice.finish_reason],
            count=Count(
                input=usage.prompt_tokens - cached,
                cached=cached,
                output=usage.completion_tokens,
                reasoning=usage.completion_tokens_details.reasoning_tokens or 0,
            ),
            thought=(message.model_extra or {}).get("reasoning_content") or "",
            model=answer.model,
        )

    def answer(self, results: Mapping[str, str]) -> None:
        """See `Talk`."""
        self.history += [{"role": "tool", "tool_call_id": id_, "content": said} for id_, said in results.items()]

    def ask(self, prompt: str) -> None:
        """See `Talk`."""
        self.history.append({"role": "user", "content": prompt})

    async def close(self) -> None:
        """See `Talk`."""
        await self._client.close()
