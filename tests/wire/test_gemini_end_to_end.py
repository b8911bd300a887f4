"""Google's generateContent through the router and real sockets, from both sides."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.gemini_shapes import Request, Response
from support.inventories import deployment, inventory, process, provider
from support.stub import Said, Stub, events, whole

from modelrouter.errors import RequestFailedError
from modelrouter.router import Router
from modelrouter.wire.paths import endpoint_of
from modelrouter.wire.sse import Splitter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelrouter.runtime.answer import SyncAnswer

USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


def said(*parts: dict[str, Any], finish: str | None = "STOP") -> dict[str, Any]:
    """What Google answers."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": USAGE, "modelVersion": "gemini-3-pro", "responseId": "r1"}


WHOLE = whole(said({"text": "Hello "}, {"text": "from Google"}))
STREAMED = events(said({"text": "Hello "}, finish=None), said({"text": "from Google"}, finish=None), said({"text": ""}))


@pytest.fixture
def google() -> Iterator[Stub]:
    """Google, on loopback."""
    with Stub(WHOLE) as stub:
        yield stub


@pytest.fixture
def other() -> Iterator[Stub]:
    """Another provider, on loopback, which speaks OpenAI's wire."""
    call = {"id": "call:1", "type": "function", "function": {"name": "f", "arguments": '{"n": 1}'}}
    message = {"role": "assistant", "content": "Hello from the other", "tool_calls": [call]}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    with Stub(whole({"id": "c", "object": "chat.completion", "model": "other-model", "choices": [choice]})) as stub:
        yield stub


@pytest.fixture
def router(google: Stub, other: Stub, tmp_path: Path) -> Iterator[Router]:
    """A process that goes to Google first, then elsewhere."""
    key = tmp_path / "key"
    key.write_text("secret-of-google")
    owner = provider("google", vendor="gemini", local=True, key=f"file:{key}")
    first = replace(deployment("gemini", of=owner, wire="gemini", url=google.url, query={"trace": "1"}), name=MODEL)
    second = deployment("other", of=provider("elsewhere", local=True), url=other.url + "/v1")
    with Router(inventory(process("claims", first, second), process("own", first)), hold_file=None) as made:
        yield made


def asked(router: Router, method: str, process_id: str = "claims", **body: Any) -> SyncAnswer:
    """Ask as a caller of Google's API does."""
    endpoint = endpoint_of(f"/v1beta/models/{process_id}:{method}")
    assert endpoint is not None
    return router.handle(endpoint.wire, endpoint.complete(json.dumps({"contents": HI, **body}).encode()))


def read(answer: SyncAnswer) -> list[dict[str, Any]]:
    """The events of a streamed answer."""
    splitter = Splitter()
    found = [json.loads(event.data) for block in answer for event in splitter.feed(block)]
    assert not splitter.rest
    return found


MODEL = "gemini-3-pro"
HI = [{"role": "user", "parts": [{"text": "hi"}]}]
ADDRESS = f"/v1beta/models/{MODEL}:"


def test_a_caller_of_openai_is_served_by_google(router: Router, google: Stub) -> None:
    """The request is Google's in every member; the model and the deployment's own query stand in the address."""
    answer = router.chat("claims", "hi", max_tokens=7)

    assert answer.text == "Hello from Google"
    (call,) = google.heard
    assert call.target == f"{ADDRESS}generateContent?trace=1"
    assert call.headers["x-goog-api-key"] == "secret-of-google"
    Request.model_validate_json(json.dumps(call.body))
    assert call.body["generationConfig"] == {"maxOutputTokens": 7}


def test_a_stream_for_a_caller_of_openai(router: Router, google: Stub) -> None:
    """Events are asked for in the address, and the event with a finish ends the stream."""
    google.say(STREAMED)
    raw = b"".join(router.chat("claims", "hi", stream=True))

    assert google.heard[0].target == f"{ADDRESS}streamGenerateContent?alt=sse&trace=1"
    assert (raw.count(b"Hello "), raw.count(b"from Google")) == (1, 1)
    assert raw.endswith(b"data: [DONE]\n\n")


def test_its_own_wire_passes_through(router: Router, google: Stub) -> None:
    """A caller of Google's API has its body passed on untouched, without what the address says; and the answer back."""
    google.say(Said(b' {"candidates" : [ {"content":{"parts":[{"text":"x"}]},"finishReason":"STOP","unknown":1.10} ]}'))
    body: dict[str, Any] = {"unknownToUs": 1.5, "generationConfig": {"candidateCount": 2}}
    answer = asked(router, "generateContent", **body)

    assert b"1.10" in answer.body
    assert google.heard[0].body == {"contents": HI, **body}
    google.say(STREAMED)
    assert read(asked(router, "streamGenerateContent"))[0]["candidates"][0]["content"]["parts"] == [{"text": "Hello "}]


@pytest.mark.parametrize(
    "failure",
    [
        whole({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}, 503),
        whole(said({"text": "half"}, finish="MALFORMED_FUNCTION_CALL")),
        whole({"usageMetadata": USAGE}),
        Said(b'{"candidates": [', breaks=True),
    ],
)
def test_google_is_taken_away(router: Router, google: Stub, other: Stub, failure: Said) -> None:
    """Another wire serves a caller of Google's API, who cannot tell but by the name of the model."""
    google.say(failure)
    answer = asked(router, "generateContent", tools=[{"functionDeclarations": [{"name": "f"}]}])

    Response.model_validate_json(answer.body)
    told = json.loads(answer.body)
    assert told["candidates"][0]["content"]["parts"][0] == {"text": "Hello from the other"}
    call = told["candidates"][0]["content"]["parts"][1]["functionCall"]
    assert (call["name"], call["args"]) == ("f", {"n": 1})
    assert other.heard[0].body["messages"] == [{"role": "user", "content": "hi"}]


def test_a_conversation_goes_on_at_google(router: Router, google: Stub) -> None:
    """What another provider called is answered at Google: one history, with Google's word for calls that are not its."""
    google.say(whole({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}, 503))
    first = asked(router, "generateContent", tools=[{"functionDeclarations": [{"name": "f"}]}]).json()
    google.say(WHOLE)
    router.release("deployment:gemini")
    content = first["candidates"][0]["content"]
    call = content["parts"][1]["functionCall"]
    result = {"functionResponse": {"id": call["id"], "name": "f", "response": {"output": "done"}}}
    history = [*HI, content, {"role": "user", "parts": [result]}]

    asked(router, "generateContent", "own", contents=history)

    parts = google.heard[-1].body["contents"][1]["parts"]
    assert parts[1] == {**content["parts"][1], "thoughtSignature": "skip_thought_signature_validator"}


@pytest.mark.parametrize("cut", [Said(STREAMED.body[:-200], kind="text/event-stream", breaks=True), None])
def test_a_stream_that_breaks_never_looks_whole(router: Router, google: Stub, cut: Said | None) -> None:
    """After the first content a cut, by a broken connection or without its last event, is an error in the stream."""
    first_two = STREAMED.body[: STREAMED.body.rindex(b"data: ")]
    google.say(cut or Said(first_two, kind="text/event-stream"))
    told = read(asked(router, "streamGenerateContent"))

    assert told[0]["candidates"][0]["content"]["parts"] == [{"text": "Hello "}]
    assert not any(candidate.get("finishReason") for event in told for candidate in event.get("candidates", []))
    assert told[-1]["error"]["status"] == "UNAVAILABLE"


def test_a_blocked_prompt_is_no_outage(router: Router, google: Stub, other: Stub) -> None:
    """Google's own words reach the caller who speaks them, and nobody else is asked."""
    google.say(whole({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}))
    with pytest.raises(RequestFailedError) as caught:
        asked(router, "generateContent")

    assert caught.value.fault is not None
    assert caught.value.fault.cause == "content_blocked"
    assert json.loads(caught.value.body)["error"]["code"] == 400
    assert other.heard == []


def test_a_mistake_is_told_in_googles_words(router: Router, google: Stub) -> None:
    """An error of the provider about the request itself passes as it came."""
    body = {"error": {"code": 400, "message": "Invalid value at 'contents'", "status": "INVALID_ARGUMENT"}}
    google.say(whole(body, 400))
    with pytest.raises(RequestFailedError) as caught:
        asked(router, "generateContent", "own")

    assert (caught.value.status, json.loads(caught.value.body)) == (400, body)
