"""Bodies of any shape: what is not Responses at all is refused or malformed, and never an accident."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment

from modelrouter.errors import BadRequestError
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_responses import caller, dialect
from modelrouter.wire.passing import pass_on
from modelrouter.wire.sse import Event
from modelrouter.wire.translate import Rendered, StreamRenderer, render_answer, render_request

KEYS = st.sampled_from(
    [
        *(
            "type",
            "role",
            "content",
            "text",
            "input",
            "output",
            "tools",
            "name",
            "namespace",
            "id",
            "call_id",
            "status",
        ),
        *(
            "arguments",
            "summary",
            "encrypted_content",
            "format",
            "schema",
            "image_url",
            "file_data",
            "response",
            "item",
        ),
        *("delta", "usage", "error", "incomplete_details", "tool_choice", "reasoning", "include", "output_index"),
        *("previous_response_id", "conversation", "metadata", "logprobs", "top_logprobs", "action", "instructions"),
    ]
)
WORDS = st.sampled_from(
    [
        *("message", "reasoning", "function_call", "function_call_output", "custom", "custom_tool_call", "function"),
        *("namespace", "user", "assistant", "system", "output_text", "input_text", "input_image", "input_file", "refusal"),
        *("json_schema", "allowed_tools", "item_reference", "local_shell_call", "shell_call_output", "completed", "mr1.x"),
        *("rs_mr1x", "response.completed", "response.created", "response.output_item.added", "grammar", "additional_tools"),
        *("response.output_item.done", "response.output_text.delta", "response.function_call_arguments.delta", "{}"),
        *("response.reasoning_summary_text.delta", "response.incomplete", "response.failed", "error", "data:,", ""),
    ]
)  # fmt: skip
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 10**30), st.floats(allow_nan=False), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=15,
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=6)
TO = [deployment("d", wire=wire) for wire in ("openai-chat", "anthropic-messages", "gemini", "openai-responses")]


@settings(max_examples=100, deadline=None)
@given(OBJECTS, st.one_of(JSON, st.lists(OBJECTS, max_size=4)))
def test_requests_of_any_shape(members: dict[str, Any], said: Any) -> None:
    """A request is read, rendered for any wire or passed on, or refused as the caller's mistake."""
    body = {**members, "model": "claims", "input": said}
    with suppress(BadRequestError):
        caller.read_request(body)
        pass_on(json.dumps(body).encode(), body, TO[-1])
        for to in TO[:-1]:
            with suppress(BadRequestError):
                render_request("openai-responses", body, to)


@settings(max_examples=100, deadline=None)
@given(OBJECTS, st.one_of(JSON, st.lists(OBJECTS, max_size=4)))
def test_answers_of_any_shape(members: dict[str, Any], output: Any) -> None:
    """An answer is read whatever it holds, and rendered or malformed."""
    body = {**members, "output": output}
    dialect.read_answer(body)
    for target in ("openai-chat", "anthropic-messages"):
        with suppress(MalformedError):
            render_answer("openai-responses", target, body, request={}, model="m", created=1)


@settings(max_examples=100, deadline=None)
@given(st.lists(OBJECTS, max_size=6), JSON)
def test_streams_of_any_shape(bodies: list[dict[str, Any]], odd: Any) -> None:
    """An event is read whatever it holds, and rendered or malformed; what went wrong does not end the stream well."""
    renderer = StreamRenderer("openai-responses", "openai-chat", request={}, model="m", created=1)
    for body in [*bodies, odd]:
        event = Event(None, json.dumps(body).encode(), b"")
        dialect.read_event(event)
        with suppress(MalformedError):
            renderer.feed(event)
    renderer.close()


WHOLE = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x"}}],
}


@settings(max_examples=200, deadline=None)
@given(OBJECTS)
def test_answers_to_requests_of_any_shape(members: dict[str, Any]) -> None:
    """A request that any wire took is repeated in its answer: a caller's oddity is never a provider's failure."""
    body = {**members, "model": "claims", "input": "hi"}
    with suppress(BadRequestError):
        caller.read_request(body)
        if isinstance(render_request("openai-responses", body, TO[0]), Rendered):
            written = render_answer("openai-chat", "openai-responses", WHOLE, request=body, model="m", created=1)
            assert json.loads(written)["output"]
            StreamRenderer("openai-chat", "openai-responses", request=body, model="m", created=1)
