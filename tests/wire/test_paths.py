"""Paths of the doors."""

from __future__ import annotations

import json

import pytest

from modelrouter.errors import BadRequestError
from modelrouter.wire.body import parse
from modelrouter.wire.paths import Endpoint, endpoint_of


@pytest.mark.parametrize(
    "path", ["/chat/completions", "/v1/chat/completions", "/openai/v1/chat/completions", "/v1/chat/completions/"]
)
def test_chat_completions_under_every_base_address(path: str) -> None:
    """Clients reach the same wire however their base address is given."""
    assert endpoint_of(path) == Endpoint("openai-chat")


@pytest.mark.parametrize(
    "path", ["/messages", "/v1/messages", "/anthropic/v1/messages", "/anthropic/messages", "/v1/messages/"]
)
def test_messages_under_every_base_address(path: str) -> None:
    """Anthropic's clients are given the root, others the version too; a batch is no answer."""
    assert endpoint_of(path) == Endpoint("anthropic-messages")
    assert endpoint_of(f"{path.rstrip('/')}/batches") is None


@pytest.mark.parametrize("path", ["/", "", "/v1/models", "/x/chat/completions", "/v1/v1/chat/completions"])
def test_other_paths_speak_no_wire(path: str) -> None:
    """A path that asks no model is nobody's."""
    assert endpoint_of(path) is None


@pytest.mark.parametrize("base", ["/v1beta", "/v1", "/gemini/v1beta"])
@pytest.mark.parametrize(("verb", "streamed"), [("generateContent", False), ("streamGenerateContent", True)])
def test_a_model_in_the_path(base: str, verb: str, streamed: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """Where the path names the model and the manner, the endpoint knows both; escapes are undone."""
    assert endpoint_of(f"{base}/models/claims%20triage:{verb}", b"key=x&alt=sse") == Endpoint(
        "gemini", "claims triage", streamed
    )
    assert endpoint_of(f"{base}/models/claims:countTokens") == Endpoint("gemini", "claims", counts=True)
    assert endpoint_of(f"{base}/models/claims:embedContent") is None


@pytest.mark.parametrize("body", [b"{}", b' { "contents" : [] } ', b'{"x":{"model":"y"}}'])
def test_what_the_path_says_is_put_into_the_body(body: bytes) -> None:
    """The body says what the path said, and all that it said itself."""
    told = parse(Endpoint("gemini", 'a"b', streamed=True).complete(body))

    assert told == {"model": 'a"b', "stream": True, **json.loads(body)}


def test_a_body_that_contradicts_its_path() -> None:
    """A model in both places is refused: nobody could tell which is meant."""
    with pytest.raises(BadRequestError, match="twice"):
        parse(Endpoint("gemini", "a").complete(b'{"model":"b"}'))


@pytest.mark.parametrize("body", [b"", b"[1]", b'"{"', b"nonsense {"])
def test_a_body_that_is_no_object_stays_as_it_is(body: bytes) -> None:
    """What cannot be completed is left to the reader, who says what is wrong with it."""
    assert Endpoint("gemini", "a").complete(body) == body


@pytest.mark.parametrize("query", [b"", b"alt=json", b"x=alt=sse", b"xalt=sse"])
def test_a_stream_that_is_not_asked_for_as_events(query: bytes) -> None:
    """Google sends one long array then, which nobody here does: it is said instead of sending something else."""
    endpoint = endpoint_of("/v1beta/models/m:streamGenerateContent", query)

    assert endpoint is not None
    assert "?alt=sse" in endpoint.refusal
    for given in (b"alt=sse", b"$alt=sse", b"%24alt=sse&key=x"):
        assert endpoint_of("/v1beta/models/m:streamGenerateContent", given) == Endpoint("gemini", "m", streamed=True)
