"""What is read from callers of Messages, the errors they get, and counts; numbers are those of known pitfalls."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types.shared import ErrorResponse
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.errors import BadRequestError
from modelrouter.inventory import words
from modelrouter.wire.anthropic_messages import caller
from modelrouter.wire.anthropic_messages.counting import estimated
from modelrouter.wire.dialects import CALLERS
from modelrouter.wire.reading import IMAGE_TOKENS, Asked
from modelrouter.wire.sse import Splitter

HI = [{"role": "user", "content": "hi there"}]
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
PDF = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="}}
NOTE = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x" * 400}}


def read(**members: Any) -> Asked:
    """What a request with these members needs."""
    return caller.read_request({"model": "claims", "max_tokens": 100, "messages": HI, **members})


def test_a_plain_request() -> None:
    """The name, the length of the prompt and of the answer are found; nothing beyond text is needed."""
    assert read() == Asked(model="claims", stream=False, capabilities=frozenset(), context=2, output=100)
    assert read(stream=True).stream
    assert CALLERS["anthropic-messages"].HEADERS == {"anthropic-version", "anthropic-beta"}


@pytest.mark.parametrize(
    ("members", "needed"),
    [
        ({"tools": [{"name": "f", "input_schema": {"type": "object"}}]}, "tools"),
        ({"messages": [{"role": "user", "content": [PNG]}]}, "vision"),
        ({"messages": [{"role": "user", "content": [PDF]}]}, "documents"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [PNG]}]}]}, "vision"),
        (
            {"messages": [{"role": "user", "content": [{**NOTE, "source": {"type": "content", "content": [PNG]}}]}]},
            "vision",
        ),
        ({"output_config": {"format": {"type": "json_schema", "schema": {}}}}, "json_schema"),
        ({"output_format": {"type": "json_schema", "schema": {}}}, "json_schema"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "thinking"),
    ],
)
def test_what_a_request_demands(members: dict[str, Any], needed: str) -> None:
    """Each demand needs a word that an inventory can say of a model, wherever in the body it stands."""
    assert read(**members).capabilities == {needed}
    assert needed in words.CAPABILITIES


@pytest.mark.parametrize(
    "members",
    [
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
        {"thinking": {"type": "disabled"}},
        {"messages": [{"role": "user", "content": [NOTE]}]},
        {"tools": [], "output_config": None, "thinking": None, "system": None},
    ],
)
def test_what_is_no_demand(members: dict[str, Any]) -> None:
    """Thinking as the model sees fit is a wish, and a document of text is text."""
    assert read(**members).capabilities == frozenset()


def test_the_length_of_a_prompt() -> None:
    """Texts anywhere count by their bytes, tools by their JSON, pictures and files at a flat rate."""
    said = [
        {"role": "system", "content": "s" * 40},
        {"role": "user", "content": [{"type": "text", "text": "ü" * 20}, NOTE, PNG, PDF]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "t" * 40, "signature": "x" * 9999}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": [NOTE, "o" * 4]}]},
    ]
    texts = 40 + 40 + 400 + 40 + 400 + 4
    tools = [{"name": "f", "input_schema": {}}]
    size = texts + 8 + len(json.dumps(tools, separators=(",", ":")))

    assert read(messages=said, system=[{"type": "text", "text": "y" * 8}], tools=tools).context == (
        (size + 2 * IMAGE_TOKENS * 4) // 4
    )


def test_a_count_needs_no_limit() -> None:
    """Callers ask for a count without `max_tokens`; it is never nothing (73)."""
    body = {"model": "claims", "messages": [{"role": "user", "content": ""}]}

    assert caller.read_request(body).output is None
    assert estimated(body) == 1


def test_what_lies_at_the_provider() -> None:
    """A container and a file by its id pin the request, wherever they stand (68)."""
    file = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
    upload = {"type": "container_upload", "file_id": "file_2"}

    assert read().kept is None
    assert read(container="c_1").kept == read(container={"id": "c_1", "skills": []}).kept == "container c_1"
    assert read(messages=[{"role": "user", "content": [{"type": "tool_result", "content": [file]}]}]).kept == (
        "file_id file_1"
    )
    assert read(messages=[{"role": "user", "content": [upload]}]).kept == "file_id file_2"


@pytest.mark.parametrize(
    "members",
    [{"model": None}, {"model": ""}, {"messages": None}, {"messages": []}, {"messages": "hi"}, {"messages": ["hi"]}],
)
def test_a_request_that_is_none(members: dict[str, Any]) -> None:
    """Without a model and messages there is nothing to route."""
    with pytest.raises(BadRequestError, match="must"):
        read(**members)


def test_a_request_that_is_nested_too_deeply() -> None:
    """A body made to exhaust us is refused as the caller's mistake."""
    block: dict[str, Any] = {"type": "text", "text": "x"}
    for _ in range(5000):
        block = {"type": "tool_result", "content": [block]}

    body = {"model": "m", "messages": [{"role": "user", "content": [block]}]}
    for reader in (caller.read_request, estimated):
        with pytest.raises(BadRequestError, match="deeply"):
            reader(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["text", "document", "image"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "content", "source", "text", "data", "file_id", "thinking"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["system", "tools", "thinking", "output_config", "container", "x"]), JSON), JSON)
def test_bodies_of_any_shape(members: dict[str, Any], content: Any) -> None:
    """Below its top level a body may be anything: reading it never fails, what is wrong is told when it is rendered."""
    asked = read(**members, messages=[{"role": "user", "content": content}])

    assert asked.context >= 1
    assert asked.capabilities <= set(words.CAPABILITIES)


@pytest.mark.parametrize(
    ("status", "cause", "kind", "raised"),
    [
        (400, "bad_request", "invalid_request_error", anthropic.BadRequestError),
        (401, "auth", "authentication_error", anthropic.AuthenticationError),
        (402, "other", "billing_error", anthropic.APIStatusError),
        (403, "permission", "permission_error", anthropic.PermissionDeniedError),
        (404, "model_unavailable", "not_found_error", anthropic.NotFoundError),
        (413, "request_too_large", "request_too_large", anthropic.RequestTooLargeError),
        (422, "other", "invalid_request_error", anthropic.UnprocessableEntityError),
        (429, "throttled", "rate_limit_error", anthropic.RateLimitError),
        (500, "internal_error", "api_error", anthropic.InternalServerError),
        (503, "outage", "overloaded_error", anthropic.ServiceUnavailableError),
        (503, "auth", "overloaded_error", anthropic.ServiceUnavailableError),
        (503, "quota_exhausted", "billing_error", anthropic.ServiceUnavailableError),
        (504, "deadline", "timeout_error", anthropic.DeadlineExceededError),
        (529, "overloaded", "overloaded_error", anthropic.OverloadedError),
    ],
)
def test_errors_as_the_library_reads_them(
    status: int, cause: str, kind: str, raised: type[anthropic.APIStatusError]
) -> None:
    """Each error has the word that its status or its cause has at Anthropic; ours at a provider are not the caller's."""
    body = caller.encode_error(status, cause, "why")
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, content=body))
    client = anthropic.Anthropic(
        api_key="k", max_retries=0, http_client=anthropic.DefaultHttpxClient(transport=transport)
    )

    with pytest.raises(raised) as told:
        client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "hi"}])

    assert json.loads(body) == {"type": "error", "error": {"type": kind, "message": "why"}}
    assert str(told.value.type) == kind
    if kind != "request_too_large":  # the library's type for an error's words leaves this one out
        assert ErrorResponse.model_validate_json(body, strict=True).error.message == "why"


def test_what_else_an_error_says() -> None:
    """An id is there only where given, a known word goes before ours, and agents find their words for a long prompt."""
    assert json.loads(caller.encode_error(400, "x", "y", request_id="r"))["request_id"] == "r"
    assert json.loads(caller.encode_error(400, "x", "y", code="conflict_error"))["error"]["type"] == "conflict_error"
    assert json.loads(caller.encode_error(400, "context_overflow", "no"))["error"] == {
        "type": "invalid_request_error",
        "message": f"{caller.TOO_LONG}: no",
    }


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("overloaded", "overloaded_error"),
        ("network", "overloaded_error"),
        ("suspended", "overloaded_error"),
        ("timeout", "overloaded_error"),
        ("quota_exhausted", "overloaded_error"),
        ("content_blocked", "invalid_request_error"),
        ("context_overflow", "invalid_request_error"),
    ],
)
def test_the_error_at_the_end_of_a_stream(cause: str, kind: str) -> None:
    """A stream that breaks ends in an event that names itself an error, and asks to try again where that helps (74)."""
    (event,) = Splitter().feed(caller.stream_error(cause, "why"))

    assert event.name == "error"
    told = json.loads(event.data)
    assert (told["type"], told["error"]["type"]) == ("error", kind)
    assert told["error"]["message"].endswith("why")
