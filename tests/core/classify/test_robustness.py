"""Whatever arrives is classified: no text, status or header breaks it, and none makes it slow."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.causes import PERMITS, Cause, Scope
from modelrouter.core.classify import SHOWN, classify
from modelrouter.core.faults import Evidence
from modelrouter.core.signatures import VENDORS
from modelrouter.core.unwrap import HEAD, TAIL

if TYPE_CHECKING:
    from collections.abc import Callable

VOCABULARY = """error rate limit quota model not found organization has been disabled overloaded timeout export control
your country api key invalid context length exceeded insufficient balance { } [ ] " ' \\ : , <html> </p> 429 403 账户 余额 不足"""
WORDS = st.sampled_from(VOCABULARY.split())
BODIES = (
    st.text(max_size=300)
    | st.lists(WORDS, max_size=40).map(" ".join)
    | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))
)
EVIDENCE = st.builds(
    Evidence,
    vendor=st.sampled_from(sorted(VENDORS)) | st.text(max_size=10),
    surface=st.sampled_from(["http", "stream", "exception"]),
    status=st.none() | st.integers(-1, 1000),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-reset", "x-amzn-errortype"]), st.text(max_size=30), max_size=2
    ),
    body=BODIES,
)


@given(EVIDENCE)
def test_anything_is_classified(evidence: Evidence) -> None:
    """Any text, status and header gives a cause and a scope of the tables, with bounded evidence."""
    fault = classify(evidence)

    assert fault.cause in PERMITS
    assert fault.scope in Scope
    assert 0 < fault.certainty <= 1
    assert fault.rule
    assert len(fault.evidence) <= SHOWN
    assert fault == classify(evidence)


@pytest.mark.parametrize(
    "unit",
    [
        "account ", "has been ", "not available ", "model not ", "account has been not ", "rate limit ", "\\", '\\"', "&amp;", "<", "<a ", "<script>",
        "{", "[", '{"error":', "error: ", "status code ", "4", "429 ", "1m", "retry after ", "try again in ", "账", "账户", "\u200b", "a_", "a.", "sk-",
        "access to the organization has been required ", "exceeded your current quota for the model per ",
    ],
)  # fmt: skip
def test_repeats_do_not_blow_up(unit: str) -> None:
    """A megabyte of any repeated fragment is answered: only a bounded part of it is read, and that in linear time."""
    for end in ("", "!", '"', ">"):
        assert (
            classify(Evidence(vendor="openai", status=400, body=unit * (1_000_000 // len(unit)) + end)).cause in PERMITS
        )


def test_only_a_bounded_part_is_matched() -> None:
    """What lies beyond head and tail of a long body cannot decide."""
    body = "x" * HEAD + " insufficient_quota " + "x" * TAIL

    assert classify(Evidence(vendor="openai", status=500, body=body)).cause != Cause.QUOTA_EXHAUSTED


ENVELOPES = [
    (
        "openai",
        403,
        '{"error": {"code": "unsupported_country_region_territory", "message": "Country, region, or territory not supported"}}',
    ),
    (
        "anthropic",
        400,
        '{"type": "error", "error": {"type": "invalid_request_error", "message": "This organization has been disabled."}}',
    ),
    (
        "anthropic",
        404,
        '{"type": "error", "error": {"type": "not_found_error", "message": "X is not available. https://www.anthropic.com/news/x"}}',
    ),
    ("gemini", 429, '{"error": {"status": "RESOURCE_EXHAUSTED", "message": "You exceeded your current quota."}}'),
    ("bedrock", 400, '{"message": "Input is too long for requested model."}'),
    ("zhipu", 200, '{"error": {"code": "1113", "message": "余额不足或无可用资源包,请充值。"}}'),
]
MUTATIONS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "spaces": lambda body: body.replace(" ", " \r\n\t "),
    "nested": lambda body: json.dumps({"error": {"message": body}}),
    "nested twice": lambda body: json.dumps({"detail": json.dumps({"error": {"message": body}})}),
    "repr": lambda body: f"Error: {json.loads(body)!r}",
    "repr of the text": repr,
    "cut": lambda body: body[: int(len(body) * 0.97)],
    "prefixed": lambda body: f"2026-06-12T21:21:00Z ERROR upstream said: {body}",
}


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize(("vendor", "status", "body"), ENVELOPES)
def test_the_form_does_not_matter(vendor: str, status: int | None, body: str, mutation: str) -> None:
    """Case, white space, nesting, reprs and a cut end leave the cause as it was."""
    plain = classify(Evidence(vendor=vendor, status=status, body=body))
    bent = classify(Evidence(vendor=vendor, status=status, body=MUTATIONS[mutation](body)))

    assert plain.cause == bent.cause


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-Ab12Cd34Ef56Gh78", "sk-ant-api03-AAbb11CC22dd33", "AIzaSyA1234567890abcdefghijklmnopqrstu", "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl1", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "hf_abcdefgh12345678", "gsk_1234567890abcdef",
    ],
)  # fmt: skip
def test_secrets_are_masked(secret: str) -> None:
    """Keys, tokens and long opaque strings never stand in the evidence, nor do parts of them."""
    for body in (
        f"Incorrect API key provided: {secret}.",
        f'{{"authorization": "Bearer {secret}", "error": "invalid api key"}}',
        f"x {'y ' * 300}{secret} invalid api key",
    ):
        fault = classify(Evidence(vendor="openai", status=401, body=body))

        assert fault.cause == Cause.AUTH
        assert secret[6:].lower() not in fault.evidence
        assert secret[:12].lower() not in fault.evidence


def test_names_are_not_masked() -> None:
    """Names of exceptions and models are no secrets."""
    fault = classify(
        Evidence(
            vendor="litellm", surface="exception", body="litellm.APIConnectionError: claude-opus-4-8 connection error"
        )
    )

    assert "litellm.APIConnectionError" in fault.evidence
    assert "claude-opus-4-8" in fault.evidence


def test_the_import_stays_light() -> None:
    """The classifier loads no HTTP, no command line, no date parser of e-mail: the standard library's small parts alone."""
    code = (
        "import sys; import modelrouter.core.classify;"
        "print([name for name in ('aiohttp', 'httpx', 'email.utils', 'typer', 'pydantic', 'orjson', 'litellm', 'yaml') if name in sys.modules])"
    )

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"
