"""generateContent over plain HTTP, its answers held to types written after the published reference.

Google's SDK is not among our dependencies; `httpx` stands in, on the transport that the SDK would be given.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import httpx
from crosswire.stage import PROCESS
from crosswire.talk import DESCRIPTION, DOT, LIMIT, PDF, SHAPE, SYSTEM, TOOLS, Call, Count, Kept, Said, Wanted
from pydantic import BaseModel, ConfigDict, Field

import modelrouter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter import Router

ROOT = "http://gemini.invalid/v1beta/models"
FINISH = {"STOP": "stop", "MAX_TOKENS": "length"}


class RefusedRequestError(Exception):
    """The answer is an error; the message is its body."""


class Strict(BaseModel):
    """Knows its fields and takes no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FunctionCall(Strict):
    """A call."""

    id: str | None = None
    name: str
    args: dict[str, Any] = Field(default_factory=dict)


class Part(Strict):
    """A part of a model's turn."""

    text: str | None = None
    thought: bool | None = None
    thoughtSignature: str | None = None  # noqa: N815 - the wire's name
    functionCall: FunctionCall | None = None  # noqa: N815 - the wire's name


class Content(Strict):
    """A model's turn."""

    role: Literal["model"]
    parts: list[Part] = Field(default_factory=list)


class Candidate(Strict):
    """An answer."""

    content: Content | None = None
    finishReason: Literal["STOP", "MAX_TOKENS", "SAFETY"] | None = None  # noqa: N815 - the wire's name
    index: int = 0


class UsageMetadata(Strict):
    """Counts."""

    promptTokenCount: int = 0  # noqa: N815 - the wire's name
    candidatesTokenCount: int = 0  # noqa: N815 - the wire's name
    totalTokenCount: int = 0  # noqa: N815 - the wire's name
    cachedContentTokenCount: int = 0  # noqa: N815 - the wire's name
    thoughtsTokenCount: int = 0  # noqa: N815 - the wire's name
    promptTokensDetails: list[dict[str, Any]] = Field(default_factory=list)  # noqa: N815 - the wire's name


class GenerateContentResponse(Strict):
    """An answer, or a chunk of one."""

    candidates: list[Candidate] = Field(default_factory=list)
    usageMetadata: UsageMetadata | None = None  # noqa: N815 - the wire's name
    modelVersion: str | None = None  # noqa: N815 - the wire's name
    responseId: str | None = None  # noqa: N815 - the wire's name
    createTime: str | None = None  # noqa: N815 - the wire's name


class GeminiTalk(Kept):
    """One conversation."""

    def __init__(self, router: Router, wanted: Wanted) -> None:
        super().__init__(wanted)
        self._client = httpx.AsyncClient(transport=modelrouter.transport(router=router))
        parts: list[dict[str, Any]] = [{"text": wanted.prompt}]
        if wanted.image:
            parts.append({"inlineData": {"mimeType": "image/png", "data": DOT}})
        if wanted.document:
            parts.append({"inlineData": {"mimeType": "application/pdf", "data": PDF}})
        self.history.append({"role": "user", "parts": parts})
        self._calls: dict[str, Call] = {}

    async def say(self, *, stream: bool) -> Said:
        """See `Talk`."""
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        response = await self._client.post(f"{ROOT}/{PROCESS}:{verb}", json=self._request())
        if response.status_code != httpx.codes.OK:
            raise RefusedRequestError(response.text)
        if not stream:
            return self._kept([GenerateContentResponse.model_validate(response.json())])
        events = [line for line in response.text.replace("\r\n", "\n").split("\n\n") if line]
        assert all(event.startswith("data: ") and "\n" not in event for event in events)
        chunks = [json.loads(event[6:]) for event in events]
        if "error" in chunks[-1]:
            raise RefusedRequestError(events[-1])
        return self._kept([GenerateContentResponse.model_validate(chunk) for chunk in chunks])

    def _request(self) -> dict[str, Any]:
        wanted = self.wanted
        generation: dict[str, Any] = {"maxOutputTokens": LIMIT}
        request: dict[str, Any] = {
            "systemInstruction": {"parts": [{"text": SYSTEM}]},
            "contents": self.history,
            "generationConfig": generation,
        }
        if wanted.tools:
            declared = [
                {"name": name, "description": DESCRIPTION, "parametersJsonSchema": TOOLS[name]} for name in wanted.tools
            ]
            request["tools"] = [{"functionDeclarations": declared}]
        if wanted.hosted:
            request["tools"] = [{"googleSearch": {}}]
        if wanted.shape:
            generation |= {"responseMimeType": "application/json", "responseJsonSchema": SHAPE}
        if wanted.thinking:
            generation["thinkingConfig"] = {"includeThoughts": True, "thinkingLevel": "low"}
        return request

    def _kept(self, chunks: list[GenerateContentResponse]) -> Said:
        parts = [
            part
            for chunk in chunks
            for one in chunk.candidates
            if one.content is not None
            for part in one.content.parts
        ]
        self.history.append({"role": "model", "parts": [part.model_dump(exclude_none=True) for part in parts]})
        made = [part.functionCall for part in parts if part.functionCall is not None]
        calls = tuple(
            Call(id=call.id or f"{len(self.history)}-{place}", name=call.name, arguments=call.args)
            for place, call in enumerate(made)
        )
        self._calls |= {call.id: call for call in calls}
        finishes = [one.finishReason for chunk in chunks for one in chunk.candidates]
        assert finishes[-1] is not None
        assert not any(finishes[:-1])
        usage = chunks[-1].usageMetadata
        assert usage is not None
        output = usage.candidatesTokenCount + usage.thoughtsTokenCount
        assert usage.totalTokenCount == usage.promptTokenCount + output
        return Said(
            text="".join(part.text or "" for part in parts if not part.thought),
            calls=calls,
            finish="tools" if calls else FINISH[finishes[-1]],
            count=Count(
                input=usage.promptTokenCount - usage.cachedContentTokenCount,
                cached=usage.cachedContentTokenCount,
                output=output,
                reasoning=usage.thoughtsTokenCount,
            ),
            thought="".join(part.text or "" for part in parts if part.thought),
            model=chunks[-1].modelVersion or "",
        )

    def answer(self, results: Mapping[str, str]) -> None:
        """See `Talk`; a result names its call only where the call had an id."""
        parts = []
        for id_, said in results.items():
            response: dict[str, Any] = {"name": self._calls[id_].name, "response": {"output": said}}
            parts.append({"functionResponse": response | ({} if "-" in id_ and id_[0].isdigit() else {"id": id_})})
        self.history.append({"role": "user", "parts": parts})

    def ask(self, prompt: str) -> None:
        """See `Talk`."""
        self.history.append({"role": "user", "parts": [{"text": prompt}]})

    async def close(self) -> None:
        """See `Talk`."""
        await self._client.aclose()
