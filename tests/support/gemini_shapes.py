"""Google's `generateContent` as its reference describes it, strictly: what is not named here may not be sent."""

from __future__ import annotations

import itertools
from typing import Any, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Call(_Shape):
    """A call that the model asks for."""

    id: str | None = None
    name: str
    args: dict[str, Any]


class Result(_Shape):
    """What a function answered: always an object."""

    id: str | None = None
    name: str
    response: dict[str, Any]


class Blob(_Shape):
    """Bytes in the request."""

    mime_type: str
    data: str


class File(_Shape):
    """Bytes at an address."""

    mime_type: str
    file_uri: str


class Part(_Shape):
    """One of several kinds of content; exactly one."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: Base64Bytes | Literal["skip_thought_signature_validator"] | None = None
    inline_data: Blob | None = None
    file_data: File | None = None
    function_call: Call | None = None
    function_response: Result | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Part:
        kinds = [self.text, self.inline_data, self.file_data, self.function_call, self.function_response]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("a part must have exactly one kind of content")
        return self


class Content(_Shape):
    """What one side said."""

    role: Literal["user", "model"]
    parts: list[Part]

    @model_validator(mode="after")
    def _not_empty(self) -> Content:
        if not self.parts:
            raise ValueError("a content must have a part")
        return self


class System(_Shape):
    """The instruction above a conversation."""

    parts: list[Part]


class Declaration(_Shape):
    """A function."""

    name: str
    description: str | None = None
    parameters_json_schema: dict[str, Any] | None = None


class Tool(_Shape):
    """Functions."""

    function_declarations: list[Declaration]


class Calling(_Shape):
    """Whether functions are called."""

    mode: Literal["AUTO", "ANY", "NONE", "VALIDATED"]
    allowed_function_names: list[str] | None = None


class ToolConfig(_Shape):
    """How tools are used."""

    function_calling_config: Calling


class ThinkingConfig(_Shape):
    """How much is thought: by one of two measures."""

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: Literal["MINIMAL", "LOW", "MEDIUM", "HIGH"] | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> ThinkingConfig:
        if self.thinking_budget is not None and self.thinking_level is not None:
            raise ValueError("a budget and a level exclude each other")
        return self


class Config(_Shape):
    """How the answer is made."""

    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    stop_sequences: list[str] | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    response_mime_type: Literal["application/json"] | None = None
    response_json_schema: dict[str, Any] | None = None
    thinking_config: ThinkingConfig | None = None


class Request(_Shape):
    """A whole request; the order of turns is what Google's servers demand."""

    system_instruction: System | None = None
    contents: list[Content]
    tools: list[Tool] | None = None
    tool_config: ToolConfig | None = None
    generation_config: Config | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Request:
        roles = [content.role for content in self.contents]
        if roles[0] != "user" or roles[-1] != "user" or any(a == b for a, b in itertools.pairwise(roles)):
            raise ValueError("turns must alternate, and begin and end with the user's")
        for said, heard in zip(self.contents, self.contents[1:], strict=False):
            calls = [(part.function_call.id, part.function_call.name) for part in said.parts if part.function_call]
            answers = [
                (part.function_response.id, part.function_response.name)
                for part in heard.parts
                if part.function_response
            ]
            if (calls or answers) and said.role == "model" and calls != answers:
                raise ValueError("each call must be answered in the turn behind it, under its own name")
        return self


class Token(_Shape):
    """How likely a token was."""

    token: str
    log_probability: float


class Tokens(_Shape):
    """The alternatives to a token."""

    candidates: list[Token]


class Logprobs(_Shape):
    """How likely the tokens of an answer were."""

    chosen_candidates: list[Token]
    top_candidates: list[Tokens] | None = None


class Candidate(_Shape):
    """One answer."""

    content: Content
    finish_reason: Literal["STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL"] | None = None
    finish_message: str | None = None
    index: int
    logprobs_result: Logprobs | None = None


class Usage(_Shape):
    """Tokens; the total is the sum of what does not overlap."""

    prompt_token_count: int
    candidates_token_count: int
    total_token_count: int
    cached_content_token_count: int = 0
    thoughts_token_count: int = 0

    @model_validator(mode="after")
    def _adds_up(self) -> Usage:
        if self.total_token_count != self.prompt_token_count + self.candidates_token_count + self.thoughts_token_count:
            raise ValueError("the total is not the sum")
        return self


class Response(_Shape):
    """A whole answer, or one event of a stream."""

    candidates: list[Candidate]
    usage_metadata: Usage | None = None
    model_version: str
    response_id: str
