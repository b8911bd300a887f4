"""Names of models compared: ornaments tell nothing, another family or version does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.core.inventory import Signature
from modelrouter.core.substitution import LONGEST_BODY, is_other, plain, refused

FAMILIES = (
    "gpt-5.6",
    "claude-opus-4-8",
    "gemini-2.5-pro",
    "qwen3-32b",
    "llama-3.3-70b-instruct",
    "mistral-large",
    "o3",
)
NAMES = st.sampled_from(FAMILIES)
BEFORE = st.sampled_from(["", "openai/", "accounts/x/models/", "bedrock/eu.anthropic.", "us.", "models/"])
BEHIND = st.sampled_from(
    [
        "",
        "-latest",
        "-2026-03-01",
        "-20260301",
        "-0613",
        "-fp8",
        "-AWQ",
        ".Q4_K_M.gguf",
        "-int4",
        "-preview-05-06",
    ]
)
LAST = st.sampled_from(["", "-v1:0", ":free", "@20260301", ":latest"])
ORNAMENTS = st.tuples(BEFORE, BEHIND, LAST).map(lambda parts: f"{parts[0]}{{}}{parts[1]}{parts[2]}")
ANY = NAMES | st.text(max_size=40)

SAME = [
    ("gpt-35-turbo", "gpt-3.5-turbo-0125"),
    ("claude-3-5-sonnet@20240620", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
    ("claude-sonnet-4-5", "claude-4.5-sonnet"),
    ("meta-llama/Llama-3.1-8B-Instruct", "llama3.1:8b"),
    ("gpt-4-turbo-preview", "gpt-4-0125-preview"),
    ("gemini-1.5-pro", "gemini-1.5-pro-002"),
    ("gpt-5.6", "gpt-5.6-mini"),
]
OTHER = [
    ("gpt-5.6", "gpt-5.5"),
    ("gpt-5.6-2026-03-01", "gpt-5.5-2026-03-01"),
    ("claude-opus-4-8", "claude-haiku-4-5-20251001"),
    ("gemini-2.5-pro", "gemini-2.5-flash"),
    ("qwen3-32b", "qwen3-8b"),
    ("deepseek-v3", "deepseek-v2"),
    ("eu.anthropic.claude-opus-4-8-v1:0", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"),
]


@pytest.mark.parametrize(("asked", "answered"), SAME)
def test_one_model_has_many_names(asked: str, answered: str) -> None:
    """Names that providers use for one model, or for a part of its name, are no substitution."""
    assert not is_other(asked, answered)


@pytest.mark.parametrize(("asked", "answered"), OTHER)
def test_another_model_is_told(asked: str, answered: str) -> None:
    """Another version, size or family is another model."""
    assert is_other(asked, answered)


@given(NAMES, ORNAMENTS, ORNAMENTS)
def test_ornaments_make_no_other_model(name, one, other) -> None:
    """Vendors, dates, tags, versions and quantisations on either name leave it the same."""
    assert not is_other(one.format(name), other.format(name))


@given(NAMES, NAMES, ORNAMENTS)
def test_ornaments_hide_no_other_model(asked, answered, ornament) -> None:
    """What is put around the name of another family does not make it the one that was asked for."""
    assert is_other(asked, ornament.format(answered)) == (asked != answered)


@given(ANY, ANY)
def test_comparing_has_no_direction(one: str, other: str) -> None:
    """Which of two names was asked for does not matter, and no text is other than itself."""
    assert is_other(one, other) == is_other(other, one)
    assert not is_other(one, one)


@given(st.text(max_size=400))
def test_a_plain_name_may_stand_in_a_header(name: str) -> None:
    """Whatever a provider calls its model, what is shown is short printable ASCII."""
    assert plain(name).isascii()
    assert all(sign.isprintable() for sign in plain(name))
    assert len(plain(name)) <= 120


def answered(body: object, asked: str = "gpt-5.6", **facts) -> tuple[str, str]:
    """Cause and rule of a good answer to somebody who asked for a model."""
    text = body if isinstance(body, str) else json.dumps(body)
    fault = classify(Evidence(**{"vendor": "openai", "status": 200, "body": text, "asked": asked, **facts}))
    return str(fault.cause), fault.rule


@pytest.mark.parametrize(
    "body",
    [
        {"model": "gpt-4o-mini", "choices": [{"message": {"content": "rate limit exceeded"}}]},
        {"type": "message_start", "message": {"model": "gpt-4o-mini"}},
        {"response": {"model": "gpt-4o-mini"}},
        {"candidates": [], "modelVersion": "gpt-4o-mini"},
        'event: x\ndata: {"object": "chunk"}\n\ndata: {"model": "gpt-4o-mini"}\n\ndata: [DONE]\n\n',
    ],
)
def test_a_good_answer_of_another_model_is_a_failure(body) -> None:
    """Where the model that was asked for is known, an answer that names another says that it is not to be had."""
    assert answered(body) == ("model_unavailable", "answer.other_model")


def test_the_fault_names_both() -> None:
    """It reaches the model, is only as sure as names can make us, and its evidence is both names."""
    fault = classify(Evidence(vendor="openai", status=200, body='{"model": "gpt-4o\\u001b-mini"}', asked="gpt-5.6"))

    assert (fault.cause, fault.scope, fault.certainty) == (Cause.MODEL_UNAVAILABLE, Scope.MODEL, 0.6)
    assert fault.evidence == "asked for gpt-5.6, answered by gpt-4o?-mini"


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        ({"model": "gpt-5.6-2026-03-01"}, {}),
        ({"model": "gpt-4o-mini"}, {"asked": ""}),
        ({"model": "gpt-4o-mini"}, {"status": 500}),
        ({"model": "gpt-4o-mini"}, {"surface": "exception"}),
        ({"model": "gpt-4o-mini", "error": {"message": "x"}}, {}),
        ({"object": "error", "model": "gpt-4o-mini"}, {}),
        ({"model": 3}, {}),
        ({"content": '{"model": "gpt-4o-mini"}'}, {}),
        ("[" * 100_000 + '"model"', {}),
        ('{"model": "gpt-4o-mini", "x": "' + "x" * LONGEST_BODY + '"}', {}),
    ],
    ids=range(10),
)
def test_what_is_no_other_answer_is_read_as_ever(body, facts) -> None:
    """An error, another status, a name inside a text, or nobody who asked: the rules decide as without the question."""
    assert answered(body, **facts)[1] != "answer.other_model"


def test_an_operators_own_rule_comes_before() -> None:
    """A signature that reads an answer decides, whatever model it names."""
    own = Signature(id="own", cause="outage", scope="provider", text="melted")
    evidence = Evidence(vendor="openai", status=200, body='{"model": "gpt-4o", "x": "melted"}', asked="gpt-5.6")

    assert classify(evidence, [own]).rule == "inventory.own"


@pytest.mark.parametrize(
    ("named", "is_refused"),
    [
        ("a-model", False),
        ("A-Model", False),
        ("snapshot-7", False),
        (None, False),
        ("", False),
        ("snapshot-", True),
        ("a-model-mini", True),
    ],
)
def test_a_deployment_answers_as_the_inventory_says(named, is_refused) -> None:
    """Its own name and what a pattern matches pass, whatever their case; another name is a fault that names both."""
    fault = refused(deployment("a", answers_as=("snapshot-?*",)), named)

    assert (fault is not None) == is_refused
    if fault is not None:
        assert (fault.cause, fault.scope, fault.rule) == ("model_unavailable", "model", "runtime.other_model")
        assert fault.evidence == f"asked for a-model, answered by {named}"


def test_without_patterns_a_deployment_may_answer_as_anything() -> None:
    """Servers legitimately answer snapshots, paths and names of their own: nothing is checked unasked."""
    assert refused(deployment("a"), "something else") is None
