"""The table: complete, sourced, and read by the classifier as it is meant."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import TYPE_CHECKING

import pytest

from modelrouter.core.causes import Cause
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.drills.faults import DIALECTS, cause, dialect, row
from modelrouter.drills.twins.effects import MEANS, STATED, Effect
from modelrouter.drills.twins.failure import Facts, failure, title

if TYPE_CHECKING:
    from modelrouter.drills.twins.failure import Dialect

CLOUDS = ("openai", "azure", "anthropic", "gemini", "bedrock", "generic")
LOCAL = ("ollama", "vllm", "llamacpp")
OWN = [(vendor, effect) for vendor, table in DIALECTS.items() for effect in table.rows if effect is not Effect.HTML_200]
FACTS = Facts(
    number=7,
    model="claude-opus-4-8",
    tokens=9000,
    window=8000,
    message="temperature: Input should be a number",
    reset="2026-11-23T08:00:00Z",
)


def evidence(vendor: Dialect, effect: Effect) -> Evidence:
    """What a router would see."""
    found = row(vendor, effect)
    sent = failure(vendor, found, FACTS)
    return Evidence(
        vendor=vendor.vendor,
        surface="stream" if effect is Effect.STREAM_ERROR else "http",
        status=sent.status,
        headers={name.lower(): value for name, value in sent.headers.items()},
        body=sent.body.decode(),
    )


def test_bytes_have_no_row() -> None:
    """An effect that no answer states has no row, and a meaning all the same."""
    with pytest.raises(KeyError):
        row(DIALECTS["openai"], Effect.STALL)

    assert cause(DIALECTS["openai"], Effect.STALL) is Cause.TIMEOUT


def test_every_effect_has_a_meaning() -> None:
    """No effect without a word on what a router should find."""
    assert set(MEANS) == set(Effect)


@pytest.mark.parametrize(("vendor", "effect"), list(product(CLOUDS, sorted(STATED | {Effect.STREAM_ERROR}))))
def test_every_cloud_states_every_cause(vendor: str, effect: Effect) -> None:
    """A vendor that sells access has a row of its own for each cause, with its source."""
    found = DIALECTS[vendor].rows[effect]

    assert found.source


@pytest.mark.parametrize(("vendor", "effect"), list(product(LOCAL, sorted(STATED))))
def test_local_servers_fall_back_to_the_generic_row(vendor: str, effect: Effect) -> None:
    """What a local server cannot state is stated as a generic service would, so that an injection always works."""
    assert row(DIALECTS[vendor], effect).status >= 400


@pytest.mark.parametrize(("vendor", "effect"), OWN)
def test_rows_render_completely(vendor: str, effect: Effect) -> None:
    """No placeholder survives, JSON is JSON, and headers are sendable."""
    found = row(DIALECTS[vendor], effect)
    sent = failure(DIALECTS[vendor], found, FACTS)

    assert not re.search(rb"\{[a-z_]+\}", sent.body)
    assert all("{" not in value for value in sent.headers.values())
    if sent.headers["content-type"] == "application/json":
        assert json.loads(sent.body)


@pytest.mark.parametrize(("vendor", "effect"), OWN)
def test_classifier_names_the_cause(vendor: str, effect: Effect) -> None:
    """What a twin sends for a cause is what the classifier takes it for."""
    table = DIALECTS[vendor]
    fault = classify(evidence(table, effect))

    assert (fault.cause, fault.rule) == (cause(table, effect), fault.rule)


@pytest.mark.parametrize("vendor", CLOUDS)
def test_withdrawal_is_told_from_retirement(vendor: str) -> None:
    """A family withdrawn by a directive and a retired model differ in text alone, and are told apart."""
    table = DIALECTS[vendor]
    withdrawn = classify(evidence(table, Effect.EXPORT_CONTROLLED))
    retired = classify(evidence(table, Effect.MODEL_UNAVAILABLE))

    assert (withdrawn.cause, retired.cause) == (Cause.EXPORT_CONTROLLED, Cause.MODEL_UNAVAILABLE)


@pytest.mark.parametrize(
    ("vendor", "wait"),
    [("openai", 7.0), ("azure", 7.0), ("anthropic", 7.0), ("gemini", 7.0), ("generic", 7.0), ("bedrock", None)],
)
def test_stated_waits_are_read(vendor: str, wait: float | None) -> None:
    """Each vendor's way of naming a wait is understood; Bedrock names none."""
    table = DIALECTS[vendor]
    found = row(table, Effect.THROTTLED)
    sent = failure(table, found, Facts(number=1, model="m", retry_s=7))
    seen = Evidence(
        vendor=vendor,
        status=sent.status,
        headers={name.lower(): value for name, value in sent.headers.items()},
        body=sent.body.decode(),
    )

    assert classify(seen).retry_after_s == wait


@pytest.mark.parametrize(
    ("vendor", "headers"),
    [
        ("openai", {"x-request-id", "retry-after", "x-ratelimit-remaining-requests"}),
        ("azure", {"apim-request-id", "retry-after", "x-ratelimit-remaining-requests"}),
        ("anthropic", {"request-id", "retry-after", "anthropic-ratelimit-requests-reset", "x-should-retry"}),
        ("bedrock", {"x-amzn-RequestId", "x-amzn-ErrorType"}),
    ],
)
def test_throttles_carry_the_vendors_headers(vendor: str, headers: set[str]) -> None:
    """The headers that clients steer by are there."""
    found = row(DIALECTS[vendor], Effect.THROTTLED)

    assert headers <= set(failure(DIALECTS[vendor], found, FACTS).headers)


@pytest.mark.parametrize(
    ("name", "vendor"), [("aws", "bedrock"), ("google", "gemini"), ("vertex", "gemini"), ("mistral", "generic")]
)
def test_other_names_and_unknown_vendors(name: str, vendor: str) -> None:
    """Vendors are known by their other names; unknown ones speak the generic dialect."""
    assert dialect(name).vendor == vendor


@pytest.mark.parametrize(
    ("model", "printed"),
    [
        ("claude-opus-4-8", "Claude Opus 4.8"),
        ("eu.anthropic.claude-opus-4-8", "Claude Opus 4.8"),
        ("claude-haiku-4-5-20251001", "Claude Haiku 4.5"),
        ("claude-fable-5", "Claude Fable 5"),
    ],
)
def test_titles(model: str, printed: str) -> None:
    """Names are printed as the vendor prints them."""
    assert title(model) == printed
