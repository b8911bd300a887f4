"""OpenAI's embeddings: what is read, what is refused, and that vectors of two models never meet."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
import pytest
from support.gateway import serving
from support.inventories import deployment, inventory, process, provider
from support.stub import Said, Stub, whole

from modelrouter import OpenAI
from modelrouter.core.inventory import Deployment, Model
from modelrouter.errors import BadRequestError, RequestFailedError
from modelrouter.router import Router
from modelrouter.wire.dialects import CALLERS, DIALECTS
from modelrouter.wire.openai_embeddings import caller, dialect
from modelrouter.wire.paths import Endpoint, endpoint_of
from modelrouter.wire.reading import NOTHING, Reading, Usage, Vectors
from modelrouter.wire.sse import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

WIRE = "openai-embeddings"


def vector(*numbers: float) -> str:
    """A vector in base64."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def answer(*vectors: Any, **members: Any) -> dict[str, Any]:
    """What a server answers."""
    data = [{"object": "embedding", "index": place, "embedding": each} for place, each in enumerate(vectors)]
    return {
        "object": "list",
        "data": data,
        "model": "small",
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
        **members,
    }


def test_both_tables_and_the_path_know_the_wire() -> None:
    """A deployment and a caller may speak it, under every base address."""
    assert DIALECTS[WIRE] is dialect
    assert CALLERS[WIRE] is caller
    assert endpoint_of("/v1/embeddings") == endpoint_of("/embeddings") == Endpoint(WIRE)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("http://127.0.0.1:8000/openai", "http://127.0.0.1:8000/openai"),
        ("http://127.0.0.1:8000/v1/embeddings", "http://127.0.0.1:8000/v1"),
    ],
)
def test_addresses(base: str, expected: str) -> None:
    """The path stands behind the base, as for chat."""
    assert dialect.url_for(base, "small") == f"{expected}/embeddings"
    assert dialect.models_url(base) == f"{expected}/models"
    assert dialect.addressed("small") == {"model": b'"small"'}


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        ([[0.5, 1, -2.0]], Vectors(1, frozenset({3}))),
        ([[0.5, 1], [1.0]], Vectors(2, frozenset({1, 2}))),
        ([vector(0.5, 1, 2, 3, 4)], Vectors(1, frozenset({5}))),
        ([vector(1, 2).rstrip("=")], Vectors(1, frozenset({2}))),
    ],
)
def test_vectors_are_counted(vectors: list[Any], expected: Vectors) -> None:
    """How many there are, and how long, in numbers or in base64."""
    assert dialect.read_answer(answer(*vectors)) == Reading(
        content=True, ended=True, usage=Usage(input=3), model="small", vectors=expected
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        answer(),
        {"data": None},
        {"data": ["?"]},
        {"data": [{"index": 0}]},
        answer([]),
        answer([0.5], []),
        answer(""),
        answer("QUJD"),
        answer([[0.5, 1.0], [0.5, 1.0]]),
    ],
)
def test_an_answer_without_its_vectors_is_empty(body: dict[str, Any]) -> None:
    """No vector, half a number, or one vector for each token where one for the text was asked: no success."""
    assert dialect.read_answer(body).empty


def test_an_error_under_200() -> None:
    """An error in the body is one, whatever the status said (74)."""
    assert "gone" in (dialect.read_answer({"error": {"message": "gone"}}).error or "")


def test_there_are_no_streams() -> None:
    """An event would tell nothing."""
    assert dialect.read_event(Event(None, b"{}", b"")) is NOTHING


@pytest.mark.parametrize(
    ("given", "count", "context"),
    [
        ("a" * 40, 1, 10),
        ("é" * 20, 1, 10),
        (["a" * 8, "b" * 40], 2, 10),
        ([1, 2, 3], 1, 3),
        ([[1, 2, 3], [4]], 2, 3),
    ],
)
def test_what_a_request_asks(given: Any, count: int, context: int) -> None:
    """Texts or tokens, one or several; the longest must fit, for each is read by itself."""
    asked = caller.read_request({"model": "search", "input": given, "dimensions": 5, "stream": True})

    assert (asked.model, asked.stream, set(asked.capabilities)) == ("search", False, {"embeddings"})
    assert (asked.context, asked.vectors) == (context, Vectors(count, frozenset({5})))
    assert caller.read_request({"model": "search", "input": given}).vectors == Vectors(count, frozenset())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"input": "x"}, "model"),
        ({"model": "", "input": "x"}, "model"),
        ({"model": "m"}, "input"),
        ({"model": "m", "input": []}, "input"),
        ({"model": "m", "input": ""}, "input"),
        ({"model": "m", "input": ["a", ""]}, "input"),
        ({"model": "m", "input": ["a", 1]}, "input"),
        ({"model": "m", "input": [True]}, "input"),
        ({"model": "m", "input": [[]]}, "input"),
        ({"model": "m", "input": {"a": 1}}, "input"),
        ({"model": "m", "input": "x", "dimensions": 0}, "dimensions"),
        ({"model": "m", "input": "x", "dimensions": "3"}, "dimensions"),
    ],
)
def test_a_request_that_is_none(body: dict[str, Any], told: str) -> None:
    """What is missing or of the wrong kind is named."""
    with pytest.raises(BadRequestError, match=told):
        caller.read_request(body)


SMALL = Model(
    id="small",
    developer="openai",
    family="embedding",
    context=8192,
    capabilities=frozenset({"embeddings"}),
    dimensions=3,
)


def embedding(name: str, stub: Stub, model: Model = SMALL, wire: Any = WIRE) -> Deployment:
    """A deployment at a stub."""
    return replace(deployment(name, of=provider(f"{name}-owner", local=True), model=model, wire=wire), url=stub.url)


@pytest.fixture
def first() -> Iterator[Stub]:
    """One provider."""
    with Stub(whole(answer([0.5, 1.0, 2.0]))) as stub:
        yield stub


@pytest.fixture
def second() -> Iterator[Stub]:
    """Another."""
    with Stub(whole(answer([0.25, 1.0, 2.0]))) as stub:
        yield stub


@pytest.fixture
def router(first: Stub, second: Stub) -> Iterator[Router]:
    """A process of embeddings over both, and one of chat at the first."""
    routes = embedding("a", first), embedding("b", second)
    talking = process("talk", embedding("c", first, replace(SMALL, id="chat", capabilities=frozenset()), "openai-chat"))
    with Router(inventory(process("search", *routes), talking), hold_file=None) as made:
        yield made


def ask(router: Router, given: Any = "hi", model: str = "search", **members: Any) -> dict[str, Any]:
    """Ask for embeddings."""
    body = json.dumps({"model": model, "input": given, **members}).encode()
    told: dict[str, Any] = router.handle(WIRE, body).json()
    return told


def test_the_body_passes_through(router: Router, first: Stub) -> None:
    """The body is the caller's but for the model's name, and the answer the provider's."""
    told = ask(router, ["hi"], user="u", unknown=1.5)

    assert told == answer([0.5, 1.0, 2.0])
    (call,) = first.heard
    assert call.target == "/v1/embeddings"
    assert call.body == {"model": "a-model", "input": ["hi"], "user": "u", "unknown": 1.5}


@pytest.mark.parametrize(
    "failure",
    [
        Said(b'{"error": {"message": "overloaded"}}', 503),
        whole(answer()),
        whole(answer([[0.5], [0.5]])),
        whole(answer([0.5, 1.0])),
        whole(answer([0.5, 1.0, 2.0], [0.5, 1.0, 2.0])),
        Said(b'{"data": [', breaks=True),
    ],
)
def test_the_same_model_elsewhere_takes_over(router: Router, first: Stub, second: Stub, failure: Said) -> None:
    """A refusal, an empty answer, another length than the model's, one vector too many, a cut: the next one serves."""
    first.say(failure)

    assert ask(router)["data"][0]["embedding"] == [0.25, 1.0, 2.0]
    assert len(second.heard) == 1


def test_a_length_that_the_request_asks_for(router: Router, second: Stub) -> None:
    """A server that cannot shorten is passed over, and is not to blame for others' requests."""
    second.say(whole(answer([0.5, 1.0])))

    assert len(ask(router, dimensions=2)["data"][0]["embedding"]) == 2
    assert ask(router)["data"][0]["embedding"] == [0.5, 1.0, 2.0]
    assert router.holds() == ()


def test_chat_and_embeddings_never_meet(router: Router, first: Stub) -> None:
    """A chat asked of embeddings, or the reverse, is refused with the reason and without a call."""
    with pytest.raises(RequestFailedError, match="openai-chat cannot be put"):
        router.chat("search", "hi")
    with pytest.raises(RequestFailedError, match="lacks embeddings"):
        ask(router, model="talk")
    assert first.heard == []


def test_the_official_client_through_both_doors(router: Router) -> None:
    """OpenAI's class over the router, and the plain class over the gateway: vectors in both encodings."""
    with OpenAI(router=router) as client:
        made = client.embeddings.create(model="search", input="hi")
        assert made.data[0].embedding == [0.5, 1.0, 2.0]


def test_the_gateway_serves_embeddings(first: Stub) -> None:
    """Over HTTP, in base64 as the official client asks for it, and its errors in its own classes."""
    first.say(whole(answer(vector(0.5, 1, 2))))
    made = Router(inventory(process("search", embedding("a", first))), hold_file=None)
    with serving(made) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as client:
        assert client.embeddings.create(model="search", input=["hi"]).data[0].embedding == [0.5, 1.0, 2.0]
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="nobody", input="hi")
        with pytest.raises(openai.BadRequestError, match="input"):
            client.embeddings.create(model="search", input="")
