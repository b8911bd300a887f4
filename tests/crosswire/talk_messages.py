"""Messages, as the official SDK speaks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anthropic.types import Message
from crosswire.stage import PROCESS
from crosswire.talk import DESCRIPTION, DOT, LIMIT, PDF, SHAPE, SYSTEM, TOOLS, Call, Count, Kept, Said, Wanted

from modelrouter import AsyncAnthropic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter import Router

FINISH = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tools"}


class MessagesTalk(Kept):
    """One conversation."""

    def __init__(self, router: Router, wanted: Wanted) -> None:
        super().__init__(wanted)
        self._client = AsyncAnthropic(router=router)
        content: Any = wanted.prompt
        if wanted.image or wanted.document:
            content = [{"type": "text", "text": wanted.prompt}]
        if wanted.image:
            source = {"type": "base64", "media_type": "image/png", "data": DOT}
            content.append({"type": "image", "source": source})
        if wanted.document:
            source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
            content.append({"type": "document", "source": source})
        self.history.append({"role": "user", "content": content})

    async def say(self, *, stream: bool) -> Said:
        """See `Talk`."""
        messages: Any = self._client.messages
        if not stream:
            return self._kept(await messages.create(**self._request()))
        open_, last = None, ""
        async with messages.stream(**self._request()) as events:
            async for event in events:
                type(event).model_validate(event.to_dict())
                if event.type == "content_block_start":
                    assert open_ is None
                    open_ = event.index
                if event.type == "content_block_stop":
                    assert open_ == event.index
                    open_ = None
                last = event.type
            answer = await events.get_final_message()
        assert last == "message_stop"
        return self._kept(answer)

    def _request(self) -> dict[str, Any]:
        wanted = self.wanted
        request: dict[str, Any] = {
            "model": PROCESS,
            "system": SYSTEM,
            "messages": self.history,
            "max_tokens": LIMIT,
        }
        if wanted.tools:
            request["tools"] = [
                {"name": name, "description": DESCRIPTION, "input_schema": TOOLS[name]} for name in wanted.tools
            ]
        if wanted.hosted:
            request["tools"] = [{"type": "web_search_20250305", "name": "web_search"}]
        if wanted.shape:
            request["output_config"] = {"format": {"type": "json_schema", "schema": SHAPE}}
        if wanted.thinking:
            request["thinking"] = {"type": "adaptive", "display": "summarized"}
            request["output_config"] = {"effort": "low"}
        return request

    def _kept(self, answer: Any) -> Said:
        Message.model_validate(answer.to_dict())
        self.history.append({"role": "assistant", "content": answer.content})
        usage = answer.usage
        details = usage.output_tokens_details
        return Said(
            text="".join(block.text for block in answer.content if block.type == "text"),
            calls=tuple(
                Call(id=block.id, name=block.name, arguments=block.input)
                for block in answer.content
                if block.type == "tool_use"
            ),
            finish=FINISH[answer.stop_reason],
            count=Count(
                input=usage.input_tokens,
                cached=usage.cache_read_input_tokens or 0,
                output=usage.output_tokens,
                reasoning=details.thinking_tokens if details is not None else None,
            ),
            thought="".join(block.thinking for block in answer.content if block.type == "thinking"),
            model=answer.model,
        )

    def answer(self, results: Mapping[str, str]) -> None:
        """See `Talk`."""
        content = [{"type": "tool_result", "tool_use_id": id_, "content": said} for id_, said in results.items()]
        self.history.append({"role": "user", "content": content})

    def ask(self, prompt: str) -> None:
        """See `Talk`."""
        self.history.append({"role": "user", "content": prompt})

    async def close(self) -> None:
        """See `Talk`."""
        await self._client.close()
