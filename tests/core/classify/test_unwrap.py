"""The wrapping of errors comes off, whatever it is, and leaves the words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.causes import Cause
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.core.unwrap import HEAD, TAIL, read, unwrap

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=200) | st.text(
    alphabet='\\"nu0041d83d<>&;#39quot /', max_size=80
)


@given(TEXTS)
def test_unwrapping_twice_changes_nothing(text: str) -> None:
    """What came out of unwrapping has no wrapping left."""
    once = unwrap(text)

    assert once == unwrap(once)


@given(st.text(max_size=300))
def test_unwrapping_never_lengthens(text: str) -> None:
    """An unwrapped text is at most as long as the body, and always encodable."""
    assert len(unwrap(text)) <= len(text)
    assert unwrap(text) == unwrap(text).encode().decode()


def wrapped(text: str, layers: int) -> str:
    """Put a text inside so many layers of JSON."""
    for _ in range(layers):
        text = json.dumps({"error": {"message": text}})
    return text


@pytest.mark.parametrize("layers", range(1, 7))
def test_json_inside_json_is_read(layers: int) -> None:
    """The innermost error counts, however deep it is nested."""
    inner = json.dumps({"error": {"code": "insufficient_quota", "message": "please\ttop up\n"}})

    fault = classify(Evidence(vendor="generic", status=429, body=wrapped(inner, layers)))

    assert fault.cause == Cause.QUOTA_EXHAUSTED


@pytest.mark.parametrize(
    "body",
    [
        "{'error': {'code': 'context_length_exceeded', 'message': None}}",
        'BadRequestError: Error code: 400 - {\'error\': {"code": "context_length_exceeded"',
        "{ error: { code: 'context_length_exceeded', param: null } }",
        "rpc error: code = context_length_exceeded desc = too much",
        '"{\\"error\\":{\\"code\\":\\"context_length_exceeded\\"}}"',
        "<html><body><pre>{&quot;code&quot;: &quot;context_length_exceeded&quot;}</pre></body></html>",
        '{"error":{"code":"CONTEXT_LENGTH_EXCEEDED"}}',
        '{"error":{"code":"ContextLengthExceeded"}}',
    ],
)
def test_a_code_is_found_in_any_notation(body: str) -> None:
    """Reprs, cut JSON, objects of JavaScript, escaped strings and pages give up their codes."""
    assert classify(Evidence(vendor="openai", status=400, body=body)).cause == Cause.CONTEXT_OVERFLOW


def test_words_survive_broken_white_space() -> None:
    """Line breaks, tabs, no-break and zero-width spaces inside a sentence do not hide it."""
    body = "This\u00a0organi\u200bzation\r\n\thas   been\n disabled."

    assert classify(Evidence(vendor="anthropic", status=400, body=body)).cause == Cause.SUSPENDED


def test_markup_is_no_text() -> None:
    """Tags, styles and scripts of a page are not read."""
    page = "<html><style>.overloaded{}</style><script>var rate_limit_exceeded</script><h1>502 Bad Gateway</h1></html>"

    assert unwrap(page) == "502 Bad Gateway"


def test_a_long_body_is_read_at_both_ends() -> None:
    """However long a body is, no more than its head and tail are read."""
    body = "a" * HEAD + " rate_limit_exceeded " + "b " * 40_000 + " insufficient_quota"

    text = unwrap(body)

    assert len(text) <= HEAD + TAIL + 1
    assert text.endswith("insufficient_quota")
    assert "rate_limit_exceeded" not in text


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Error code: 403 - {}", 403),
        ("API Error: 529 Overloaded", 529),
        ("HTTP/1.1 503 Service Unavailable", 503),
        ("Request failed with status code 407.", 407),
        ("[400] bad", 400),
        ("status_code: 429, body: {}", 429),
        ("410 Gone", 410),
        ("Error: Gone", 410),
        ("you asked for 500 tokens", None),
        ("maximum is 400000", None),
    ],
)
def test_a_text_may_name_its_status(text: str, status: int | None) -> None:
    """A status that only the text names counts, a number that is none does not."""
    assert status == read(text, None, {}).status


def test_the_answers_own_status_counts_first() -> None:
    """A status that a text names does not replace the one of the answer, unless that was a 200."""
    assert read("Error code: 403", 500, {}).status == 500
    assert read("Error code: 403", 200, {}).status == 403


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(
            {
                "detail": [
                    {
                        "type": "missing",
                        "loc": ["body", "model"],
                        "msg": "Field required",
                        "input": {"messages": "PROMPT"},
                    }
                ]
            }
        ),
        "1 validation error for Chat\nmodel\n  Field required [type=missing, input_value={'messages': 'PROMPT'}, input_type=dict]",
    ],
)
@pytest.mark.parametrize(
    "prompt", ["Explain export control law.", "This organization has been disabled.", "Not available in your country."]
)
def test_the_callers_own_words_are_not_read(body: str, prompt: str) -> None:
    """What a validator repeats of the request neither decides nor shows up in the evidence."""
    fault = classify(Evidence(vendor="vllm", status=422, body=body.replace("PROMPT", prompt)))

    assert fault.cause == Cause.BAD_REQUEST
    assert prompt[:12].lower() not in fault.evidence
