"""What is read from Chat Completions, and the errors that are written in it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import openai
import pytest

from modelrouter.core.causes import Cause
from modelrouter.errors import BadRequestError
from modelrouter.wire.dialects import CALLERS, DIALECTS
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_chat import caller as openai_chat_caller
from modelrouter.wire.openai_chat import dialect as openai_chat
from modelrouter.wire.reading import NOTHING, Reading, Usage
from modelrouter.wire.sse import Event, Splitter

if TYPE_CHECKING:
    from collections.abc import Iterator


def chunk(delta: object = None, finish: str | None = None, **members: object) -> Event:
    """One chunk of a stream, as a server would send it."""
    choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **members}
    (event,) = Splitter().feed(b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n")
    return event


def answer(message: object, finish: str | None = "stop", **members: object) -> dict[str, Any]:
    """A whole answer."""
    return {"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": finish}], **members}


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "x"},
        {"content": " "},
        {"reasoning_content": "x"},
        {"reasoning": "x"},
        {"refusal": "no"},
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]},
    ],
)
def test_content_is_text_reasoning_refusal_or_a_tool_call(delta: object) -> None:
    """The first of these is where a stream is committed to its caller."""
    assert openai_chat.read_event(chunk(delta)).content
    assert openai_chat.read_answer(answer(delta)).content


@pytest.mark.parametrize(
    "event",
    [
        chunk({"role": "assistant"}),
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": None, "tool_calls": []}),
        chunk(choices=None),
        chunk(choices=[]),
        Event(None, b"", b": OPENROUTER PROCESSING\n\n"),
        Event(None, b"[]", b""),
    ],
)
def test_a_role_a_ping_or_an_empty_start_is_nothing(event: Event) -> None:
    """What carries no content neither commits, ends nor fails a stream (76)."""
    reading = openai_chat.read_event(event)

    assert (reading.content, reading.ended, reading.error, reading.empty) == (False, False, None, False)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (chunk(choices=[], error={"code": 502, "message": "upstream gone"}), "upstream gone"),
        (chunk(finish="error"), "finish_reason 'error'"),
        (chunk(finish="insufficient_system_resource"), "insufficient_system_resource"),
        (chunk(choices=[{"delta": {}, "finish_reason": "error", "error": {"message": "cut"}}]), "cut"),
        (Event("error", b'{"message":"boom"}', b""), "boom"),
        (Event("error", b"upstream timeout", b""), "upstream timeout"),
    ],
)
def test_errors_after_a_status_of_200(event: Event, text: str) -> None:
    """An error inside a stream is found in each of its disguises, with its words (74)."""
    assert text in (openai_chat.read_event(event).error or "")


def test_errors_in_a_whole_answer() -> None:
    """A body or a choice that carries an error is a failure, whatever the status said (74)."""
    assert "gone" in (openai_chat.read_answer({"error": {"message": "gone"}}).error or "")
    assert "gone" in (openai_chat.read_answer({"choices": [], "error": "gone"}).error or "")
    assert openai_chat.read_answer(answer({"content": "half"}, "error")).error


@pytest.mark.parametrize("finish", ["length", "tool_calls", "content_filter", "function_call", "model_length"])
def test_an_excused_empty_answer(finish: str) -> None:
    """After a limit, a tool call or a filter an answer may be empty, whole or streamed."""
    assert not openai_chat.read_answer(answer({"content": None}, finish)).empty
    assert not openai_chat.read_event(chunk({}, finish)).empty


@pytest.mark.parametrize(
    "body",
    [answer({"content": ""}), answer({"content": None}, None), {"choices": []}, {"choices": None}, {}, answer(None)],
)
def test_an_answer_without_anything_is_empty(body: dict[str, Any]) -> None:
    """A success with nothing in it and no reason for that is no success."""
    assert openai_chat.read_answer(body).empty


def test_a_refusal_is_no_empty_answer() -> None:
    """A refusal in place of content is what the caller must see."""
    assert not openai_chat.read_answer(answer({"content": None, "refusal": "I cannot"})).empty


def test_the_end_of_a_stream() -> None:
    """A finish reason or the closing word ends a stream; a finish that excuses nothing asks for content before it."""
    assert openai_chat.read_event(chunk({}, "stop")) == Reading(finish="stop", ended=True, model="m", empty=True)
    assert openai_chat.read_event(chunk({"content": "x"}, "stop")).empty is False
    assert openai_chat.read_event(Event(None, b"[DONE]", b"")) == Reading(ended=True)


def test_data_that_is_no_json_is_malformed() -> None:
    """Half a chunk is an error and never skipped."""
    with pytest.raises(MalformedError):
        openai_chat.read_event(Event(None, b'{"choices":[{"del', b""))


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5}, Usage(input=10, output=5)),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "total_tokens": 15,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(input=6, cached=4, output=2, reasoning=3),
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "total_tokens": 18,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(input=10, output=5, reasoning=3),
        ),
        ({"prompt_tokens": None, "prompt_tokens_details": None}, Usage()),
        ({"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 99}}, Usage(cached=3)),
        (None, None),
    ],
)
def test_usage_in_buckets_that_do_not_overlap(usage: object, expected: Usage | None) -> None:
    """Cached and reasoning tokens are taken out of what includes them (70)."""
    assert openai_chat.read_answer(answer({"content": "x"}, usage=usage)).usage == expected
    assert openai_chat.read_event(chunk(choices=[], usage=usage)).usage == expected


@pytest.mark.parametrize(
    "event",
    [
        chunk({}, "stop"),
        chunk({}, "tool_calls"),
        chunk(choices=[], usage={"prompt_tokens": 1}),
        chunk(choices=[], error={"message": "x"}),
        chunk({}, "error"),
        Event(None, b"[DONE]", b"data: [DONE]\n\n"),
        Event("error", b"x", b"event: error\ndata: x\n\n"),
    ],
)
def test_markers_are_in_every_event_that_matters(event: Event) -> None:
    """A runtime that looks for the markers alone misses no end, no error and no usage."""
    spaced = event.raw.replace(b'":', b'": ')

    assert any(marker in event.raw for marker in openai_chat.MARKERS)
    assert any(marker in spaced for marker in openai_chat.MARKERS)


def test_markers_are_not_in_plain_chunks() -> None:
    """Ordinary content, with its null finish and usage, passes without being read."""
    raw = chunk({"content": "an error, finish_reason and usage in prose"}, usage=None).raw

    assert not any(marker in raw for marker in openai_chat.MARKERS)


def test_what_a_request_asks() -> None:
    """Needs are found in tools, formats and parts; the estimate counts bytes of text, and images flat."""
    asked = openai_chat_caller.read_request(
        {
            "model": "claims",
            "stream": True,
            "max_tokens": 7,
            "max_completion_tokens": 9,
            "tools": [{"type": "function", "function": {"name": "f"}}],
            "response_format": {"type": "json_schema", "json_schema": {}},
            "seed": 1,
            "reasoning_effort": "high",
            "messages": [
                {"role": "system", "content": "x" * 400},
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "ö" * 200}, {"type": "image_url", "image_url": {}}],
                },
                {"role": "user", "content": [{"type": "file"}, {"type": "input_audio"}, {"type": []}, "text"]},
                {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
            ],
        }
    )

    assert (asked.model, asked.stream, asked.output) == ("claims", True, 9)
    assert asked.capabilities == {"tools", "json_schema", "vision", "audio", "documents"}
    assert 200 + 3 * 85 <= asked.context <= 200 + 3 * 85 + 40


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ({"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}, "file_id file-1"),
        ({"role": "user", "content": [{"type": "file", "file": {"file_data": "data:x"}}, "text"]}, None),
        ({"role": "assistant", "audio": {"id": "audio_1"}}, "audio audio_1"),
        ({"role": "assistant", "content": "x", "audio": None}, None),
    ],
)
def test_what_one_provider_keeps(message: dict[str, Any], kept: str | None) -> None:
    """A file or a spoken answer by its id is known to one provider alone (68)."""
    assert openai_chat_caller.read_request({"model": "m", "messages": [message]}).kept == kept


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"messages": [{}]}, "'model'"),
        ({"model": 1, "messages": [{}]}, "'model'"),
        ({"model": "m"}, "'messages'"),
        ({"model": "m", "messages": []}, "'messages'"),
        ({"model": "m", "messages": ["hi"]}, "each of 'messages'"),
    ],
)
def test_a_request_without_its_parts_is_refused(body: dict[str, Any], message: str) -> None:
    """What no provider could answer is refused before anybody is asked."""
    with pytest.raises(BadRequestError, match=message):
        openai_chat_caller.read_request(body)


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1/chat/completions"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions"),
        ("https://g.example/v1beta/openai", "https://g.example/v1beta/openai/chat/completions"),
        ("https://a.example/x/chat/completions", "https://a.example/x/chat/completions"),
    ],
)
def test_where_requests_go(base: str, url: str) -> None:
    """A base address may be given with or without its version, or whole."""
    assert openai_chat.url_for(base) == url
    assert openai_chat.models_url(base) == url.replace("/chat/completions", "/models")


@pytest.mark.parametrize(
    ("status", "cause", "kind", "code"),
    [
        (400, "bad_request", "invalid_request_error", "invalid_request"),
        (400, "context_overflow", "invalid_request_error", "context_length_exceeded"),
        (401, "auth", "authentication_error", "invalid_api_key"),
        (403, "geofenced", "request_forbidden", "unsupported_country_region_territory"),
        (403, "suspended", "permission_error", "suspended"),
        (404, "model_unavailable", "invalid_request_error", "model_not_found"),
        (429, "throttled", "requests", "rate_limit_exceeded"),
        (429, "quota_exhausted", "insufficient_quota", "insufficient_quota"),
        (503, "overloaded", "service_unavailable_error", "server_is_overloaded"),
        (504, "timeout", "server_error", "timeout"),
    ],
)
def test_errors_carry_what_callers_look_for(status: int, cause: str, kind: str, code: str) -> None:
    """The envelope has OpenAI's type and code for the status and the cause."""
    error = json.loads(openai_chat_caller.encode_error(status, cause, "why"))["error"]

    assert error == {"message": "why", "type": kind, "param": None, "code": code}


def test_every_cause_can_be_told() -> None:
    """No cause lacks an envelope, whole or in a stream, and a given code stands."""
    for cause in Cause:
        (event,) = Splitter().feed(openai_chat_caller.stream_error(cause, "why"))

        assert json.loads(openai_chat_caller.encode_error(500, cause, "why"))["error"]["code"]
        assert openai_chat.read_event(event).error
    assert json.loads(openai_chat_caller.encode_error(500, "outage", "why", code="x"))["error"]["code"] == "x"


@pytest.fixture
def base_url() -> Iterator[str]:
    """The address of a server that streams one word and then breaks off with our error."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(
                chunk({"content": "half"}).raw + openai_chat_caller.stream_error("outage", "the answer broke off")
            )

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_the_official_client_raises_on_a_broken_stream(base_url: str) -> None:
    """A stream that breaks off raises the SDK's APIError with our code; it never looks like an end."""
    seen: list[str | None] = []
    with openai.OpenAI(api_key="unused", base_url=base_url, max_retries=0) as client:
        stream = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}], stream=True)

        with pytest.raises(openai.APIError, match="broke off") as raised:
            seen.extend(part.choices[0].delta.content for part in stream)

    assert seen == ["half"]
    assert raised.value.code == "outage"


def test_tables_name_wires_of_the_inventory() -> None:
    """Wires that deployments may declare have a dialect, litellm's being the chat wire's."""
    assert DIALECTS["litellm"] is DIALECTS["openai-chat"]
    assert set(CALLERS) <= set(DIALECTS)
    assert DIALECTS["openai-chat"].read_event(Event(None, b"", b"\n\n")) is NOTHING
