"""Responses, as the official SDK speaks them, stateless."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crosswire.stage import PROCESS
from crosswire.talk import DESCRIPTION, DOT, LIMIT, PDF, SHAPE, SYSTEM, TOOLS, Call, Count, Kept, Said, Wanted
from openai.types.responses import Response

from modelrouter import AsyncOpenAI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter import Router

TERMINAL = ("response.completed", "response.incomplete")


class ResponsesTalk(Kept):
    """One conversation."""

    def __init__(self, router: Router, wanted: Wanted) -> None:
        super().__init__(wanted)
        self._client = AsyncOpenAI(router=router)
        content: Any = wanted.prompt
        if wanted.image or wanted.document:
            content = [{"type": "input_text", "text": wanted.prompt}]
        if wanted.image:
            content.append({"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{DOT}"})
        if wanted.document:
            data = f"data:application/pdf;base64,{PDF}"
            content.append({"type": "input_file", "filename": "claim.pdf", "file_data": data})
        self.history.append({"role": "user", "content": content})

    async def say(self, *, stream: bool) -> Said:
        """See `Talk`."""
        create: Any = self._client.responses.create
        if not stream:
            answer = await create(**self._request())
            return self._kept(Response.model_validate(answer.to_dict()))
        numbers, last, deltas = [], None, []
        async for event in await create(**self._request(), stream=True):
            type(event).model_validate(event.to_dict())
            numbers.append(event.sequence_number)
            last = event
            if event.type == "response.output_text.delta":
                deltas.append(event.delta)
        assert last is not None
        assert last.type in TERMINAL
        assert numbers == list(range(len(numbers)))
        assert "".join(deltas) == last.response.output_text
        return self._kept(last.response)

    def _request(self) -> dict[str, Any]:
        wanted = self.wanted
        request: dict[str, Any] = {
            "model": PROCESS,
            "instructions": SYSTEM,
            "input": self.history,
            "max_output_tokens": LIMIT,
            "store": False,
        }
        if wanted.tools:
            request["tools"] = [
                {
                    "type": "function",
                    "name": name,
                    "description": DESCRIPTION,
                    "parameters": TOOLS[name],
                    "strict": True,
                }
                for name in wanted.tools
            ]
        if wanted.hosted:
            request["tools"] = [{"type": "web_search"}]
        if wanted.shape:
            request["text"] = {"format": {"type": "json_schema", "name": "claim", "schema": SHAPE, "strict": True}}
        if wanted.thinking:
            request["reasoning"] = {"effort": "low", "summary": "auto"}
            request["include"] = ["reasoning.encrypted_content"]
        return request

    def _kept(self, answer: Response) -> Said:
        self.history += answer.output
        usage = answer.usage
        assert usage is not None
        assert usage.total_tokens == usage.input_tokens + usage.output_tokens
        cached = usage.input_tokens_details.cached_tokens
        calls = [item for item in answer.output if item.type == "function_call"]
        thoughts = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
        finish = "tools" if calls else "stop" if answer.status == "completed" else "length"
        return Said(
            text=answer.output_text,
            calls=tuple(Call(id=call.call_id, name=call.name, arguments=json.loads(call.arguments)) for call in calls),
            finish=finish,
            count=Count(
                input=usage.input_tokens - cached,
                cached=cached,
                output=usage.output_tokens,
                reasoning=usage.output_tokens_details.reasoning_tokens,
            ),
            thought="".join(thoughts),
            model=answer.model,
        )

    def answer(self, results: Mapping[str, str]) -> None:
        """See `Talk`."""
        self.history += [
            {"type": "function_call_output", "call_id": id_, "output": said} for id_, said in results.items()
        ]

    def ask(self, prompt: str) -> None:
        """See `Talk`."""
        self.history.append({"role": "user", "content": prompt})

    async def close(self) -> None:
        """See `Talk`."""
        await self._client.close()
