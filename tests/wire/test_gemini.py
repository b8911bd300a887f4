"""What is read from Google's generateContent, where it is sent, and the errors that are written in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.errors import BadRequestError
from modelrouter.wire.dialects import CALLERS, DIALECTS
from modelrouter.wire.gemini import caller, dialect
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.paths import Endpoint, endpoint_of
from modelrouter.wire.reading import NOTHING, Reading, Usage
from modelrouter.wire.sse import Event, Splitter

GOOGLE = "https://generativelanguage.googleapis.com"
VERTEX = "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4"
FILTERS = ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "LANGUAGE"]
FAILURES = [
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
    "OTHER",
    "A_REASON_OF_TOMORROW",
]


def answer(*parts: dict[str, Any], finish: str | None = "STOP", **members: object) -> dict[str, Any]:
    """A whole answer, or what one event carries."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-3-pro", "responseId": "r1", **members}


def event(body: object) -> Event:
    """One event, as Google writes it."""
    (found,) = Splitter().feed(b"data: " + json.dumps(body).encode() + b"\r\n\r\n")
    return found


def test_both_tables_know_the_wire() -> None:
    """A deployment and a caller may speak it."""
    assert DIALECTS["gemini"] is dialect
    assert CALLERS["gemini"] is caller


@pytest.mark.parametrize(
    ("base", "name", "expected"),
    [
        (GOOGLE, "gemini-3-pro", f"{GOOGLE}/v1beta/models/gemini-3-pro"),
        (GOOGLE + "/", "models/gemini-3-pro", f"{GOOGLE}/v1beta/models/gemini-3-pro"),
        (GOOGLE + "/v1beta", "gemini-3-pro", f"{GOOGLE}/v1beta/models/gemini-3-pro"),
        (GOOGLE + "/v1beta/models", "gemini-3-pro", f"{GOOGLE}/v1beta/models/gemini-3-pro"),
        (GOOGLE + "/v1", "tunedModels/ours", f"{GOOGLE}/v1/tunedModels/ours"),
        ("http://127.0.0.1:8000/google", "g", "http://127.0.0.1:8000/google/v1beta/models/g"),
        (f"{VERTEX}/publishers/google", "gemini-3-pro", f"{VERTEX}/publishers/google/models/gemini-3-pro"),
        (VERTEX, "publishers/google/models/g", f"{VERTEX}/publishers/google/models/g"),
        (f"{VERTEX}/publishers/google", "publishers/google/models/g", f"{VERTEX}/publishers/google/models/g"),
    ],
)
def test_the_address_of_a_model(base: str, name: str, expected: str) -> None:
    """The model and the manner stand in the path, below the root, a version, or a place and a publisher."""
    assert dialect.url_for(base, name, streamed=False) == f"{expected}:generateContent"
    assert dialect.url_for(base, name, streamed=True) == f"{expected}:streamGenerateContent?alt=sse"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (GOOGLE, f"{GOOGLE}/v1beta/models"),
        (GOOGLE + "/v1", f"{GOOGLE}/v1/models"),
        (
            f"{VERTEX}/publishers/google",
            "https://europe-west4-aiplatform.googleapis.com/v1beta1/publishers/google/models",
        ),
        (VERTEX, "https://europe-west4-aiplatform.googleapis.com/v1beta1/publishers/google/models"),
    ],
)
def test_the_address_of_the_listing(base: str, expected: str) -> None:
    """A free question that a key alone answers; Vertex AI lists a publisher's models beside all projects."""
    assert dialect.models_url(base) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/v1beta/models/claims",
        "/v1/models/claims",
        "/v1beta1/publishers/google/models/claims",
        "/v1/projects/p/locations/europe-west4/publishers/google/models/claims",
    ],
)
def test_the_paths_of_callers(path: str) -> None:
    """Clients of the Gemini API and of Vertex AI reach the same wire, with a key or with a project."""
    assert endpoint_of(f"{path}:generateContent") == Endpoint("gemini", "claims")
    assert endpoint_of(f"{path}:streamGenerateContent", b"alt=sse") == Endpoint("gemini", "claims", streamed=True)


def test_what_the_address_says_is_not_said_in_the_body() -> None:
    """Google refuses members that it does not know."""
    assert dialect.addressed("gemini-3-pro") == {"model": None, "stream": None}


@pytest.mark.parametrize(
    "part",
    [
        {"text": "x"},
        {"text": " "},
        {"text": "hm", "thought": True},
        {"functionCall": {"name": "f", "args": {}}},
        {"inlineData": {"mimeType": "image/png", "data": "QUJD"}},
    ],
)
def test_content_is_text_thought_a_call_or_media(part: dict[str, Any]) -> None:
    """The first of these is where a stream is committed to its caller."""
    assert dialect.read_event(event(answer(part, finish=None))).content
    assert dialect.read_answer(answer(part)).content


@pytest.mark.parametrize(
    "body",
    [
        answer({"text": ""}, finish=None),
        answer({"text": "", "thoughtSignature": "QUJD"}, finish=None),
        answer(finish=None),
        answer(finish="FINISH_REASON_UNSPECIFIED"),
        {"candidates": [{"content": {"role": "model"}}]},
        {"candidates": None},
        {"candidates": ["?"]},
        {"usageMetadata": {"promptTokenCount": 3}},
        [],
    ],
)
def test_an_empty_start_is_nothing(body: object) -> None:
    """What carries no content neither commits, ends nor fails a stream (76)."""
    reading = dialect.read_event(event(body))

    assert (reading.content, reading.ended, reading.error, reading.empty) == (False, False, None, False)


def test_an_event_without_data_is_nothing() -> None:
    """A comment keeps the connection alive, no more."""
    assert dialect.read_event(Event(None, b"", b": ping\n\n")) == NOTHING


def test_data_that_is_no_json_is_malformed() -> None:
    """Half an event is an error and never skipped."""
    with pytest.raises(MalformedError):
        dialect.read_event(Event(None, b'{"candidates":[{"con', b""))


def test_the_end_of_a_stream() -> None:
    """The event with a finish ends a stream; one that excuses nothing asks for content before it."""
    reading = dialect.read_event(event(answer({"text": "x"})))

    assert reading == Reading(content=True, finish="STOP", ended=True, model="gemini-3-pro")
    assert dialect.read_event(event(answer({"text": ""}))).empty


@pytest.mark.parametrize("finish", ["MAX_TOKENS", *FILTERS])
def test_an_excused_empty_answer(finish: str) -> None:
    """After a limit or a filter an answer may be empty, whole or streamed (69)."""
    assert not dialect.read_answer(answer(finish=finish)).empty
    assert not dialect.read_event(event(answer(finish=finish))).empty
    assert dialect.read_answer(answer(finish=finish)).error is None


@pytest.mark.parametrize("finish", FAILURES)
def test_a_reason_that_means_a_failure(finish: str) -> None:
    """A call that nobody can read, and a reason that nobody knows, is no success (69)."""
    said = answer({"text": "half"}, finish=finish)

    assert finish in (dialect.read_answer(said).error or "")
    assert finish in (dialect.read_event(event(said)).error or "")


@pytest.mark.parametrize("finish", FAILURES)
def test_a_failed_finish_goes_to_the_next_deployment(finish: str) -> None:
    """It is the deployment's fault and not the request's, so another may serve."""
    text = dialect.read_answer(answer(finish=finish)).error or ""

    fault = classify(Evidence(vendor="gemini", surface="http", status=200, body=text))

    assert fault.cause in {Cause.OUTAGE, Cause.NETWORK}, fault
    assert fault.scope is not Scope.REQUEST


@pytest.mark.parametrize("reason", ["SAFETY", "PROHIBITED_CONTENT", "OTHER"])
def test_a_blocked_prompt(reason: str) -> None:
    """A prompt that was blocked comes under 200 without an answer, and is told as a block."""
    body = {"promptFeedback": {"blockReason": reason}, "usageMetadata": {"promptTokenCount": 4}}

    for reading in (dialect.read_answer(body), dialect.read_event(event(body))):
        fault = classify(Evidence(vendor="gemini", surface="http", status=200, body=reading.error or ""))
        assert fault.cause is Cause.CONTENT_BLOCKED


def test_errors_after_a_status_of_200() -> None:
    """An error in a body or a stream is found with its words (74)."""
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}

    assert "overloaded" in (dialect.read_answer(error).error or "")
    assert "overloaded" in (dialect.read_event(event(error)).error or "")
    assert dialect.read_event(Event("error", b"gone", b"")).error == "gone"


@pytest.mark.parametrize("body", [{}, {"candidates": []}, answer(), answer({"text": ""}), answer(finish=None)])
def test_an_answer_without_anything_is_empty(body: dict[str, Any]) -> None:
    """A success with nothing in it and no reason for that is no success."""
    assert dialect.read_answer(body).empty


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"promptTokenCount": 10, "candidatesTokenCount": 5}, Usage(input=10, output=5)),
        (
            {
                "promptTokenCount": 10,
                "cachedContentTokenCount": 4,
                "toolUsePromptTokenCount": 2,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 7,
                "totalTokenCount": 24,
            },
            Usage(input=8, cached=4, output=5, reasoning=7),
        ),
        ({"promptTokenCount": None, "candidatesTokenCount": True}, Usage()),
        ({"promptTokenCount": 3, "cachedContentTokenCount": 99}, Usage(cached=3)),
        (None, None),
    ],
)
def test_usage_in_buckets_that_do_not_overlap(usage: object, expected: Usage | None) -> None:
    """Cached tokens are inside the prompt; thoughts and what tools added are beside (70)."""
    assert dialect.read_answer(answer({"text": "x"}, usageMetadata=usage)).usage == expected
    assert dialect.read_event(event(answer(usageMetadata=usage))).usage == expected


@pytest.mark.parametrize(
    "body",
    [
        answer({"text": "x"}),
        answer(finish="SAFETY"),
        {"error": {"code": 500, "message": "x"}},
        {"promptFeedback": {"blockReason": "OTHER"}},
    ],
)
def test_markers_are_in_every_event_that_matters(body: object) -> None:
    """A runtime that looks for the markers alone misses no end, no error and no block, however the JSON is spaced."""
    for separators in ((",", ":"), (", ", ": ")):
        raw = json.dumps(body, separators=separators).encode()
        assert any(marker in raw for marker in dialect.MARKERS)


def test_markers_are_not_in_plain_events() -> None:
    """Ordinary content, with its count so far, passes without being read."""
    raw = event(answer({"text": "an error, a finishReason"}, finish=None, usageMetadata={"promptTokenCount": 1})).raw

    assert not any(marker in raw for marker in dialect.MARKERS)


def test_what_a_request_asks() -> None:
    """Needs are found in tools, formats and parts, in both spellings; texts are counted in bytes, media flat."""
    asked = caller.read_request(
        {
            "model": "claims",
            "stream": True,
            "system_instruction": {"parts": {"text": "x" * 40}},
            "contents": [
                {
                    "role": "user",
                    "parts": [{"text": "é" * 20}, {"inline_data": {"mime_type": "image/png", "data": ""}}],
                },
                {"parts": [{"fileData": {"mimeType": "application/pdf", "fileUri": "https://a.example/b"}}]},
                {"parts": [{"inlineData": {"mimeType": "audio/wav", "data": ""}}]},
            ],
            "tools": [{"function_declarations": [{"name": "f"}]}],
            "generation_config": {"max_output_tokens": 9, "response_schema": {"type": "OBJECT"}},
        }
    )

    assert (asked.model, asked.stream, asked.output, asked.kept) == ("claims", True, 9, None)
    assert asked.capabilities == {"vision", "documents", "audio", "tools", "json_schema"}
    assert 20 + 3 * 85 <= asked.context <= 20 + 3 * 85 + 12


def test_a_plain_request_asks_nothing() -> None:
    """Text alone needs no capability, and nothing that one provider keeps."""
    asked = caller.read_request({"model": "models/claims", "contents": [{"parts": [{"text": "hi"}]}]})

    assert (asked.model, asked.stream, asked.capabilities, asked.output, asked.kept) == (
        "claims",
        False,
        frozenset(),
        None,
        None,
    )


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        ({"cachedContent": "cachedContents/a"}, "cachedContent cachedContents/a"),
        ({"cached_content": "cachedContents/a"}, "cachedContent cachedContents/a"),
        (
            {"contents": [{"parts": [{"fileData": {"fileUri": f"{GOOGLE}/v1beta/files/f"}}]}]},
            f"fileUri {GOOGLE}/v1beta/files/f",
        ),
    ],
)
def test_what_one_provider_keeps(members: dict[str, Any], kept: str) -> None:
    """A cache or an uploaded file is named, so that nobody else is asked about it (68)."""
    body = {"model": "claims", "contents": [{"parts": [{"text": "hi"}]}], **members}

    assert caller.read_request(body).kept == kept


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"contents": [{}]}, "path"),
        ({"model": "m"}, "contents"),
        ({"model": "m", "contents": []}, "contents"),
        ({"model": "m", "contents": ["hi"]}, "contents"),
        ({"model": "m", "contents": [{"parts": ["hi"]}]}, "parts"),
        ({"model": "m", "contents": [{}], "generationConfig": {}, "generation_config": {}}, "twice"),
    ],
)
def test_a_request_that_is_none(body: dict[str, Any], told: str) -> None:
    """What is missing, of the wrong kind, or there twice is named."""
    with pytest.raises(BadRequestError, match=told):
        caller.read_request(body)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (413, "INVALID_ARGUMENT"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ],
)
def test_an_error_in_googles_words(status: int, word: str) -> None:
    """Clients read the code, the status and the message; our cause stands among the details."""
    error = json.loads(caller.encode_error(status, "throttled", "slow down"))["error"]

    assert (error["code"], error["status"], error["message"]) == (status, word, "slow down")
    assert error["details"][0]["reason"] == "THROTTLED"
    assert json.loads(caller.encode_error(status, "outage", "x", code="no_such"))["error"]["details"][0]["reason"] == (
        "NO_SUCH"
    )


@pytest.mark.parametrize(("cause", "code"), [("throttled", 429), ("network", 503), ("timeout", 504)])
def test_an_error_that_ends_a_stream(cause: str, code: int) -> None:
    """It is the first member of its event, which is how Google's client knows it, and no finish is in it (75)."""
    raw = caller.stream_error(cause, "gone")

    assert raw.startswith(b'data: {"error":')
    (found,) = Splitter().feed(raw)
    reading = dialect.read_event(found)
    assert json.loads(reading.error or "")["error"]["code"] == code
    assert not reading.ended
