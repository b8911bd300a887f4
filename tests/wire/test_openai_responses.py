"""What is read from Responses, and the errors that are written in it; numbers are those of known pitfalls."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import openai
import pytest
from openai.types.responses import ResponseErrorEvent, ResponseFailedEvent

from modelrouter.core.causes import Cause
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.errors import BadRequestError
from modelrouter.wire.dialects import CALLERS, DIALECTS
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_responses import caller, dialect
from modelrouter.wire.openai_responses.ids import item_id, response_id
from modelrouter.wire.paths import Endpoint, endpoint_of
from modelrouter.wire.reading import NOTHING, Reading, Usage
from modelrouter.wire.sse import Event, Splitter

if TYPE_CHECKING:
    from collections.abc import Iterator

USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 21,
}
SPENT = Usage(input=8, written=3, cached=4, output=4, reasoning=5)
MESSAGE = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "hi", "annotations": []}],
}
CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}


def answer(output: Any, status: str | None = "completed", **members: object) -> dict[str, Any]:
    """A whole answer."""
    return {"id": "resp_1", "object": "response", "model": "m", "status": status, "output": output, **members}


def event(kind: str, **members: object) -> Event:
    """One event of a stream, as a server would send it."""
    data = json.dumps({"type": kind, **members}, separators=(",", ":")).encode()
    (found,) = Splitter().feed(b"event: %b\ndata: %b\n\n" % (kind.encode(), data))
    return found


@pytest.mark.parametrize(
    "kind",
    [
        *("output_text", "reasoning_summary_text", "reasoning_text", "function_call_arguments", "refusal"),
        *("custom_tool_call_input", "mcp_call_arguments", "code_interpreter_call_code", "audio"),
    ],
)
def test_pieces_of_an_answer_are_content(kind: str) -> None:
    """Any piece of text, reasoning, refusal or call commits the stream to its caller; an empty one does not."""
    assert dialect.read_event(event(f"response.{kind}.delta", delta="x")) == Reading(content=True)
    assert dialect.read_event(event(f"response.{kind}.delta", delta="")) == NOTHING


@pytest.mark.parametrize("item", [MESSAGE, CALL, {"type": "custom_tool_call"}, {"type": "web_search_call"}])
def test_items_with_something_in_them_are_content(item: dict[str, Any]) -> None:
    """A call is content by being there, a message by what it says, as an event and in a whole answer."""
    assert dialect.read_event(event("response.output_item.done", item=item)).content
    assert dialect.read_event(event("response.output_item.added", item=item)).content
    assert dialect.read_answer(answer([item])).content


@pytest.mark.parametrize(
    "item",
    [
        {"type": "message", "content": []},
        {"type": "message", "content": [{"type": "output_text", "text": ""}]},
        {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"},
        {"type": "reasoning", "summary": None, "content": None},
        {},
        None,
    ],
)
def test_an_answer_without_content_is_empty(item: Any) -> None:
    """An empty message, or reasoning that nobody can read, is no answer."""
    reading = dialect.read_answer(answer([item]))

    assert (reading.content, reading.empty, reading.error) == (False, True, None)
    assert dialect.read_event(event("response.output_item.added", item=item)) == NOTHING
    assert dialect.read_answer(answer(None)).empty
    assert dialect.read_event(event("response.completed", response=answer([item]))).empty


@pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter"])
def test_a_reason_excuses_an_empty_answer(reason: str) -> None:
    """A limit or a filter explains why nothing is there, whole and in a stream."""
    body = answer([], "incomplete", incomplete_details={"reason": reason})

    assert dialect.read_answer(body) == Reading(finish=reason, ended=True, model="m", kept=("resp_1",))
    assert dialect.read_event(event("response.incomplete", response=body)) == Reading(
        finish=reason, ended=True, model="m", kept=("resp_1",)
    )


def test_a_whole_answer() -> None:
    """Finish, usage in buckets that do not overlap, and the model are read (70)."""
    assert dialect.read_answer(answer([MESSAGE], usage=USAGE)) == Reading(
        content=True, finish="completed", ended=True, usage=SPENT, model="m", kept=("resp_1",)
    )


@pytest.mark.parametrize("usage", [{"input_tokens": "many"}, {"input_tokens": -1, "output_tokens_details": 3}])
def test_counts_that_are_none_count_nothing(usage: object) -> None:
    """Local servers leave counts out or misspell them; nothing fails over that."""
    assert dialect.read_answer(answer([MESSAGE], usage=usage)).usage == Usage()
    assert dialect.read_answer(answer([MESSAGE], usage=None)).usage is None


@pytest.mark.parametrize(
    "event",
    [
        event("response.created", response={"output": [], "error": None}),
        event("response.in_progress", response={"error": None}),
        event("response.content_part.added", part={"type": "output_text", "text": ""}),
        event("response.output_text.done", text="whole"),
        event("response.queued"),
        event("keepalive"),
        event("something.new", delta=None),
        Event(None, b"", b": comment\n\n"),
        Event(None, b"[1]", b""),
        Event(None, b'{"type":7}', b""),
        Event(None, b"[DONE]", b""),
    ],
)
def test_events_that_tell_nothing(event: Event) -> None:
    """What carries no content neither commits, ends nor fails a stream; no closing word ends it either (75, 76)."""
    assert dialect.read_event(event) == NOTHING


def test_the_model_is_known_from_the_first_event() -> None:
    """Who answers is told before any content, so that a stranger's answer is not shown."""
    assert dialect.read_event(event("response.created", response={"model": "m"})) == Reading(model="m")


def test_only_a_terminal_event_ends_a_stream() -> None:
    """The end brings the finish and the usage; the kind of the event stands in for a missing state (75)."""
    whole = answer([MESSAGE], usage=USAGE)
    ended = Reading(content=True, finish="completed", ended=True, usage=SPENT, model="m", kept=("resp_1",))

    assert dialect.read_event(event("response.completed", response=whole)) == ended
    del whole["status"]
    assert dialect.read_event(event("response.completed", response=whole)) == ended
    assert not dialect.read_event(event("response.output_item.done", item=MESSAGE)).ended


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ({"code": "rate_limit_exceeded", "message": "Rate limit reached for requests"}, Cause.THROTTLED),
        ({"code": "server_error", "message": "The server had an error"}, Cause.OUTAGE),
        ({"code": "insufficient_quota", "message": "You exceeded your current quota"}, Cause.QUOTA_EXHAUSTED),
    ],
)
def test_failures_under_a_good_status_are_classified(error: dict[str, str], cause: Cause) -> None:
    """A failed response and an error event are failures with the provider's own words, never answers (74)."""
    body = answer([], "failed", error=error)
    readings = [
        dialect.read_answer(body),
        dialect.read_event(event("response.failed", response=body)),
        dialect.read_event(event("error", sequence_number=3, param=None, **error)),
        dialect.read_event(event("error", error=error)),
        dialect.read_event(Event("error", json.dumps(error).encode(), b"")),
        dialect.read_answer({"error": error}),
    ]

    for reading in readings:
        assert reading.error is not None
        assert not reading.ended
        assert json.loads(reading.error)["error"].items() >= error.items()
        found = classify(Evidence(vendor="openai", surface="stream", status=200, body=reading.error))
        assert found.cause is cause


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_failure_without_an_error_is_one(state: str) -> None:
    """The state alone tells a failure, whole and in a stream."""
    body = answer([MESSAGE], state)

    assert state in (dialect.read_answer(body).error or "")
    assert state in (dialect.read_event(event(f"response.{state}", response=body)).error or "")
    assert state in (dialect.read_event(event(f"response.{state}")).error or "")
    assert "bad" in (dialect.read_answer({"error": "bad"}).error or "")


def test_work_in_the_background_is_no_empty_answer() -> None:
    """A response that is still queued has nothing yet, and is what its caller asked for."""
    assert dialect.read_answer(answer([], "queued")) == Reading(content=True, model="m", kept=("resp_1",))


def test_ids_under_which_it_is_kept() -> None:
    """The answer's own, its conversation's and its items' are told, the first as soon as a stream begins."""
    body = answer([{**MESSAGE, "id": "msg_1"}, {**MESSAGE, "id": 7}], conversation={"id": "conv_1"})
    begun = {"id": "resp_1", "conversation": {"id": "conv_1"}, "output": []}

    assert dialect.read_answer(body).kept == ("resp_1", "conv_1", "msg_1")
    assert dialect.read_event(event("response.completed", response=body)).kept == ("resp_1", "conv_1", "msg_1")
    assert dialect.read_event(event("response.created", response=begun)).kept == ("resp_1", "conv_1")


def test_a_broken_event_is_malformed() -> None:
    """What is no JSON cannot be told from half an event."""
    with pytest.raises(MalformedError):
        dialect.read_event(Event("response.completed", b'{"type":', b""))


@pytest.mark.parametrize(
    "event",
    [
        event("response.completed", response=answer([MESSAGE], usage=USAGE)),
        event("response.incomplete", response=answer([], "incomplete")),
        event("response.failed", response=answer([], "failed")),
        event("response.cancelled", response=answer([], "cancelled")),
        event("error", message="x"),
        Event(None, b"", b'data: {"error":{"message":"x"}}\n\n'),
        Event(None, b"", b'data: {"type":"error","message":"x"}\n\n'),
    ],
)
def test_markers_find_every_event_that_matters(event: Event) -> None:
    """Errors, ends and usage are found in the raw bytes, with or without a blank behind colons."""
    assert any(marker in event.raw for marker in dialect.MARKERS)
    assert any(marker in event.raw.replace(b'":', b'": ') for marker in dialect.MARKERS)


def test_markers_are_not_in_plain_events() -> None:
    """What carries an answer passes without being read, even where it speaks of errors."""
    plain = [
        event("response.output_text.delta", delta="an error, and the response is completed", logprobs=[]),
        event("response.created", response=answer([], "in_progress", error=None, usage=None)),
        event("response.function_call_arguments.delta", delta='{"error": "x"}'),
        event("response.output_item.done", item=MESSAGE),
    ]

    assert not [found for found in plain for marker in dialect.MARKERS if marker in found.raw]


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1/responses"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1/responses"),
        ("https://x.openai.azure.com/openai/v1", "https://x.openai.azure.com/openai/v1/responses"),
        ("http://localhost:8080/v1/responses", "http://localhost:8080/v1/responses"),
    ],
)
def test_where_requests_go(base: str, url: str) -> None:
    """A base address may be given with or without its version, or whole; the listing is beside it."""
    assert dialect.url_for(base) == url
    assert dialect.models_url(base) == url.replace("/responses", "/models")


@pytest.mark.parametrize("path", ["/responses", "/v1/responses", "/openai/v1/responses", "/v1/responses/"])
def test_responses_under_every_base_address(path: str) -> None:
    """Clients reach the wire however their base address is given; kept responses are not served here."""
    assert endpoint_of(path) == Endpoint("openai-responses")
    assert endpoint_of(f"{path.rstrip('/')}/resp_1") is None
    assert endpoint_of(f"{path.rstrip('/')}/compact") is None


def test_what_a_request_asks() -> None:
    """Needs are found in tools, formats and parts; the estimate counts bytes of text, and images flat."""
    asked = caller.read_request(
        {
            "model": "claims",
            "stream": True,
            "max_output_tokens": 9,
            "instructions": "x" * 400,
            "tools": [{"type": "function", "name": "f"}],
            "text": {"format": {"type": "json_schema"}},
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "ö" * 200}, {"type": "input_image"}]},
                {"role": "user", "content": [{"type": "input_file"}, {"type": "input_audio"}, {"type": []}, "text"]},
                {"type": "function_call", "arguments": "y" * 400},
                {"type": "function_call_output", "output": "z" * 400},
            ],
        }
    )

    assert (asked.model, asked.stream, asked.output, asked.kept) == ("claims", True, 9, None)
    assert asked.capabilities == {"tools", "json_schema", "vision", "audio", "documents"}
    assert 400 + 3 * 85 <= asked.context <= 400 + 3 * 85 + 40


def test_a_tool_that_its_provider_runs_asks_no_model_for_tools() -> None:
    """Codex offers a search with every request; models that call no tools may serve those that offer nothing else (29)."""
    body = {"model": "m", "input": "hi", "tools": [{"type": "web_search"}]}
    grouped = {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "f"}]}

    assert caller.read_request(body).capabilities == set()
    assert caller.read_request({**body, "tools": [grouped]}).capabilities == {"tools"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"input": "hi"}, "'model'"),
        ({"model": 1, "input": "hi"}, "'model'"),
        ({"model": "m"}, "'input'"),
        ({"model": "m", "input": 7}, "'input'"),
        ({"model": "m", "input": ["hi"]}, "each of 'input'"),
        ({"model": "m", "input": "hi", "previous_response_id": response_id("a")}, "no provider kept"),
        ({"model": "m", "input": [{"type": "item_reference", "id": item_id("msg", "a", 0)}]}, "no provider kept"),
    ],
)
def test_a_request_that_nobody_could_answer_is_refused(body: dict[str, Any], message: str) -> None:
    """What lacks its parts, or goes on from an answer of ours that nobody kept, is refused before anybody is asked."""
    with pytest.raises(BadRequestError, match=message):
        caller.read_request(body)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id resp_1"),
        ({"conversation": {"id": "conv_1"}, "input": "hi"}, "conversation conv_1"),
        ({"conversation": "conv_1", "input": "hi"}, "conversation conv_1"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt pmpt_1"),
        ({"input": "hi", "background": True}, "background"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "item_reference msg_1"),
        ({"input": [{"id": "msg_1"}]}, "item_reference msg_1"),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]}, "file_id file-1"),
        ({"input": [{"type": "function_call_output", "output": [{"file_id": "file-1"}]}]}, "file_id file-1"),
        ({"input": "hi", "previous_response_id": None, "background": False}, None),
    ],
)
def test_what_one_provider_keeps_is_named(body: dict[str, Any], kept: str | None) -> None:
    """State that no other provider knows is told, so that the request goes nowhere else (68)."""
    assert caller.read_request({"model": "m", **body}).kept == kept


def test_errors_are_in_the_envelope_of_the_api() -> None:
    """Whole errors look as those of Chat Completions do: it is one API."""
    error = json.loads(caller.encode_error(429, "throttled", "why"))["error"]

    assert error == {"message": "why", "type": "requests", "param": None, "code": "rate_limit_exceeded"}


def test_every_cause_can_be_told_in_a_stream() -> None:
    """Each cause ends a stream as an error and as a failed response, and neither looks like an end (75)."""
    for cause in Cause:
        error, failed = Splitter().feed(caller.stream_error(cause, "why"))
        told, closed = json.loads(error.data), json.loads(failed.data)

        assert (error.name, failed.name) == ("error", "response.failed")
        assert dialect.read_event(error).error
        assert dialect.read_event(failed).error
        assert b"completed" not in error.raw + failed.raw
        del told["error"]
        assert not ResponseErrorEvent.model_validate(told, strict=True).model_extra
        # Agents look for a code that the SDK's own list of them lacks.
        code, closed["response"]["error"]["code"] = closed["response"]["error"]["code"], "server_error"
        assert ResponseFailedEvent.model_validate(closed, strict=True).response.status == "failed"
        assert code == FATAL.get(cause, "server_error")


FATAL = {
    Cause.CONTEXT_OVERFLOW: "context_length_exceeded",
    Cause.BAD_REQUEST: "invalid_prompt",
    Cause.CONTENT_BLOCKED: "invalid_prompt",
}
"""What a second attempt cannot cure; after any other code agents make one, and are served elsewhere."""


@pytest.fixture
def base_url() -> Iterator[str]:
    """The address of a server that streams one word and then breaks off with our error."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            begun = event("response.created", sequence_number=0, response=answer([], "in_progress"))
            half = event("response.output_text.delta", delta="half", output_index=0, content_index=0, item_id="m")
            self.wfile.write(begun.raw + half.raw + caller.stream_error("outage", "the answer broke off"))

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
    seen: list[str] = []
    with openai.OpenAI(api_key="unused", base_url=base_url, max_retries=0) as client:
        stream = client.responses.create(model="m", input="hi", stream=True)

        with pytest.raises(openai.APIError, match="broke off") as raised:
            seen.extend(found.type for found in stream)

    assert seen == ["response.created", "response.output_text.delta"]
    assert raised.value.code == "outage"


def test_the_tables_know_the_wire() -> None:
    """Callers and deployments that name the wire are served by it."""
    assert DIALECTS["openai-responses"] is dialect
    assert CALLERS["openai-responses"] is caller
    assert dialect.addressed("gpt") == {"model": b'"gpt"'}
