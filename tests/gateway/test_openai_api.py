"""The official SDK, pointed at the gateway by its base URL alone."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import openai
import pytest
from support.upstream import CALL, eventually

from modelrouter.gateway.body import MAX_BODY
from modelrouter.inventory.diff import fingerprint

if TYPE_CHECKING:
    from gateway.conftest import Scene

ASK: list[Any] = [{"role": "user", "content": "Is this urgent?"}]
TOOLS: list[Any] = [{"type": "function", "function": {"name": "find_claim", "parameters": {"type": "object"}}}]


def sent(scene: Scene, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Any:
    """Status, headers and body of one plain HTTP request."""
    parts = urlsplit(scene.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_whole_answer(still: Scene) -> None:
    """A program names a process as its model, and gets the answer of the first deployment with the reasons."""
    raw = still.client.chat.completions.with_raw_response.create(model="claims", messages=ASK)
    answer = raw.parse()

    assert answer.choices[0].message.content == "Hello from the first"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 7
    assert raw.headers["x-modelrouter-deployment"] == "gpt"
    assert raw.headers["x-modelrouter-process"] == "claims"
    assert raw.headers["x-modelrouter-upstream-request"] == "req_upstream"
    assert answer._request_id == raw.headers["x-modelrouter-request"]
    assert still.first.asked[-1] == {"model": "gpt-5.6", "messages": ASK}


def test_streamed_answer(still: Scene) -> None:
    """A stream comes through piece by piece and ends as the SDK expects."""
    with still.client.chat.completions.create(model="gpt-4o", messages=ASK, stream=True) as stream:
        pieces = [chunk.choices[0].delta.content or "" for chunk in stream]

    assert "".join(pieces) == "Hello from the first "
    assert len(pieces) >= 5
    assert stream.response.headers["x-modelrouter-deployment"] == "gpt"
    assert stream.response.headers["cache-control"] == "no-cache"


def test_first_piece_comes_before_the_last_exists(scene: Scene) -> None:
    """Nothing collects a stream: its first piece arrives while the provider is still writing."""
    scene.first.mode = "stream"
    with scene.client.chat.completions.create(model="claims", messages=ASK, stream=True) as stream:
        chunk = next(iter(stream))

        assert chunk.choices[0].delta.role == "assistant"
        assert scene.first.left == 0


def test_tools(still: Scene) -> None:
    """Tool calls come through, whole and streamed."""
    whole = still.client.chat.completions.create(model="claims", messages=ASK, tools=TOOLS)
    with still.client.chat.completions.create(model="claims", messages=ASK, tools=TOOLS, stream=True) as stream:
        deltas = [chunk.choices[0].delta for chunk in stream]
    calls = [call for delta in deltas for call in delta.tool_calls or ()]

    assert whole.choices[0].message.tool_calls is not None
    assert whole.choices[0].message.tool_calls[0].to_dict() == CALL
    assert calls[0].function is not None
    assert calls[0].function.arguments == '{"number": "K-7"}'


@pytest.mark.parametrize("stream", [False, True])
def test_failover_is_invisible(scene: Scene, stream: bool) -> None:  # noqa: FBT001 - pytest passes parameters
    """A refused call is answered by the next deployment; the headers tell the way."""
    scene.first.mode = "status"
    scene.first.refusal = (
        429,
        {"retry-after": "7"},
        '{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}',
    )
    raw = scene.client.chat.completions.with_raw_response.create(model="claims", messages=ASK, stream=stream)

    assert b"second" in raw.http_response.read()
    assert raw.headers["x-modelrouter-deployment"] == "qwen"
    assert raw.headers["x-modelrouter-trail"] == "gpt=throttled; qwen=served"


def test_cut_stream_never_ends_cleanly(scene: Scene) -> None:
    """A stream that breaks off after content raises in the SDK, after what had come."""
    scene.first.mode = "cut"
    pieces: list[str | None] = []
    with (
        scene.client.chat.completions.create(model="claims", messages=ASK, stream=True) as stream,
        pytest.raises(openai.APIError, match="gpt: "),
    ):
        pieces.extend(chunk.choices[0].delta.content for chunk in stream)

    assert scene.second.calls == 0


def test_context_in_headers_and_body(scene: Scene) -> None:
    """What a caller says of its request decides: by header, or in the body."""
    by_header = scene.client.chat.completions.with_raw_response.create(
        model="anything",
        messages=ASK,
        extra_headers={"x-modelrouter-process": "claims", "x-modelrouter-data-class": "personal"},
    )
    in_body = scene.client.chat.completions.with_raw_response.create(
        model="claims", messages=ASK, extra_body={"modelrouter": {"data_class": "personal"}}
    )

    assert by_header.headers["x-modelrouter-deployment"] == "qwen"
    assert in_body.headers["x-modelrouter-deployment"] == "qwen"
    assert scene.first.calls == 0
    assert all("modelrouter" not in asked for asked in scene.second.asked)


def test_deadline_in_header(scene: Scene) -> None:
    """A caller's deadline ends a silent call; the error is the caller's own 504, not to be tried again."""
    scene.second.mode = "silent"
    with pytest.raises(openai.InternalServerError) as caught:
        scene.client.chat.completions.create(
            model="letters", messages=ASK, extra_headers={"x-modelrouter-deadline": "0.3"}
        )

    assert caught.value.status_code == 504
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert caught.value.response.headers["x-modelrouter-trail"] == "qwen=timeout"


def test_unknown_model(still: Scene) -> None:
    """A name that means nothing is the SDK's NotFoundError, with a near miss."""
    with pytest.raises(openai.NotFoundError, match="did you mean 'claims'") as caught:
        still.client.chat.completions.create(model="claim", messages=ASK)

    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{"),
        ({}, b""),
        ({}, b'{"model": "claims", "model": "letters", "messages": [{"role": "user", "content": "x"}]}'),
        ({}, b'{"model": "claims"}'),
        ({"x-modelrouter-deadline": "soon"}, b'{"model": "claims", "messages": [{"role": "user", "content": "x"}]}'),
    ],
)
def test_bad_requests(still: Scene, headers: dict[str, str], body: bytes) -> None:
    """What cannot be understood is a 400 in OpenAI's envelope, and no provider is called."""
    status, told, answer = sent(still, "POST", "/v1/chat/completions", body, headers)

    assert status == 400
    assert told["content-type"] == "application/json"
    assert json.loads(answer)["error"]["type"] == "invalid_request_error"
    assert still.first.calls == 0


def test_nobody_answers(scene: Scene) -> None:
    """When the ladder is exhausted the SDK raises, with the trail, and does not climb it again by itself."""
    scene.first.mode = scene.second.mode = "status"
    with pytest.raises(openai.InternalServerError) as caught:
        scene.client.with_options(max_retries=2).chat.completions.create(model="claims", messages=ASK)

    assert caught.value.status_code == 503
    assert "claims was not served" in caught.value.message
    assert caught.value.response.headers["x-modelrouter-attempts"] == str(scene.first.calls + scene.second.calls)


def test_too_large_a_body(still: Scene) -> None:
    """A body over 10 MB is refused with 413 before any provider is called."""
    with pytest.raises(openai.APIStatusError) as caught:
        still.client.chat.completions.create(model="claims", messages=[{"role": "user", "content": "x" * MAX_BODY}])

    assert caught.value.status_code == 413
    assert still.first.calls == 0


def test_too_large_a_body_without_its_length(still: Scene) -> None:
    """A chunked body is counted as it comes, and refused once it is too large."""
    parts = urlsplit(still.url)
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    with socket.create_connection((parts.hostname, parts.port), 20) as connection:
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(11):
            connection.sendall(piece)
        head = connection.recv(4096)

    assert head.startswith(b"HTTP/1.1 413 ")
    assert still.first.calls == 0


def test_leaving_a_stream_ends_it_at_the_provider(scene: Scene) -> None:
    """A client that closes its stream closes the provider's too."""
    scene.first.mode = "stream"
    with scene.client.chat.completions.create(model="claims", messages=ASK, stream=True) as stream:
        next(iter(stream))

    assert eventually(lambda: scene.first.left == 1)


def test_leaving_before_the_answer_ends_the_call(scene: Scene) -> None:
    """A client that gives up waiting takes its call with it; nobody else is called for it."""
    scene.first.mode = "silent"
    with pytest.raises(openai.APITimeoutError):
        scene.client.with_options(timeout=0.3).chat.completions.create(model="claims", messages=ASK)

    assert eventually(lambda: scene.first.left == 1)
    assert scene.second.calls == 0


def test_list_of_models(still: Scene) -> None:
    """The SDK's list of models is what `model` may be: processes, aliases, deployments."""
    names = [model.id for model in still.client.models.list()]

    assert names == ["claims", "letters", "archive", "gpt-4o", "gpt", "qwen"]


@pytest.mark.parametrize("path", ["/chat/completions", "/v1/chat/completions", "/openai/v1/chat/completions/"])
def test_paths_of_a_call(still: Scene, path: str) -> None:
    """The call is served on each base address that clients are given."""
    body = json.dumps({"model": "claims", "messages": ASK}).encode()

    assert sent(still, "POST", path, body)[0] == 200


def test_health(scene: Scene) -> None:
    """Liveness and readiness answer at once and say nothing of providers' health."""
    scene.router.hold("provider:first", "test")

    assert sent(scene, "GET", "/health/live")[::2] == (200, b'{"status":"live"}')
    assert json.loads(sent(scene, "GET", "/health/ready")[2]) == {
        "status": "ready",
        "inventory": "two-upstreams",
        "fingerprint": fingerprint(scene.router.inventory),
        "holds": 1,
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/chat/completions", 404),
        ("POST", "/v1/images/generations", 404),
        ("POST", "/v1/models", 405),
        ("PUT", "/v1/models/claims", 405),
        ("GET", "/", 404),
    ],
)
def test_what_is_not_served(still: Scene, method: str, path: str, status: int) -> None:
    """Other paths and methods are refused in OpenAI's envelope, without a redirect."""
    answered, _, body = sent(still, method, path)

    assert answered == status
    told = f"{method} {path} is not served by modelrouter" if status == 404 else f"{path} is read with GET"
    assert told in json.loads(body)["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8080"},
        {"Host": "[::1"},
    ],
)
def test_pages_of_browsers_are_refused(still: Scene, headers: dict[str, str]) -> None:
    """A web page cannot spend the keys behind the gateway, nor by a name that was made to mean loopback."""
    body = json.dumps({"model": "claims", "messages": ASK}).encode()
    status, _, answer = sent(still, "POST", "/v1/chat/completions", body, headers)

    assert status == 403
    assert "error" in json.loads(answer)
    assert still.first.calls == 0


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost:3000"}, {"Host": "localhost:1"}, {"Host": "[::1]:80"}]
)
def test_programs_of_this_machine_are_not_refused(still: Scene, headers: dict[str, str]) -> None:
    """Whoever names this machine by a loopback name or address is served."""
    assert sent(still, "GET", "/v1/models", headers=headers)[0] == 200


def test_host_header_chooses_no_route(still: Scene) -> None:
    """A path written into the Host header leads nowhere."""
    headers = {"Host": "localhost/v1/chat/completions?"}
    body = json.dumps({"model": "claims", "messages": ASK}).encode()

    assert sent(still, "POST", "/health/live", body, headers)[0] == 405
    assert still.first.calls == 0
