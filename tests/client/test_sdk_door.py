"""The official SDK over a router: what it is told, and what its objects can bear."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import sys
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import openai
import pytest
from support.inventories import deployment, inventory, process, provider
from support.upstream import Upstream, eventually

from modelrouter import AsyncOpenAI, OpenAI, Router, decision_of, transport
from modelrouter.core.decision import Decision
from modelrouter.testing import Script, ScriptedProvider, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ASK: Any = {"model": "p", "messages": [{"role": "user", "content": "x"}]}


def scripted(*scripts: Script) -> Router:
    """A router over one deployment that answers so."""
    clients = ScriptedProvider({"a": scripts}).clients()
    return Router(inventory(process("p", deployment("a"))), observers=[], clients=clients, hold_file=None)


@pytest.fixture
def client() -> Iterator[OpenAI]:
    """The SDK over a provider that answers."""
    with scripted(text("hello")) as router, OpenAI(router=router) as made:
        yield made


@pytest.mark.parametrize("deadline", ["soon", "0"])
def test_a_bad_context_header_is_a_bad_request(client, deadline) -> None:
    """A context header that cannot be is told as the provider's own bad requests are, with what is wrong."""
    with pytest.raises(openai.BadRequestError, match="deadline") as raised:
        client.chat.completions.create(**ASK, extra_headers={"x-modelrouter-deadline": deadline})

    assert raised.value.status_code == 400


def test_a_bad_context_header_is_a_bad_request_asynchronously() -> None:
    """The asynchronous SDK is told the same."""

    async def ask() -> None:
        async with scripted(text("hello")) as router, AsyncOpenAI(router=router) as asking:
            with pytest.raises(openai.BadRequestError, match="deadline"):
                await asking.chat.completions.create(**ASK, extra_headers={"x-modelrouter-deadline": "soon"})

    asyncio.run(ask())


@pytest.mark.parametrize("value", ["Müller AG", "M\udcfcller AG", "日本", "\ud800"])
def test_a_strange_header_spoils_no_answer(value) -> None:
    """An answer is delivered whatever letters its provider puts into its headers."""
    answer = replace(text("hello"), headers={"content-type": "application/json", "openai-organization": value})
    with scripted(answer) as router, OpenAI(router=router) as asking:
        completion = asking.chat.completions.create(**ASK)

    assert completion.choices[0].message.content == "hello"
    assert decision_of(completion).served_by == "a"


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model": lambda it: it.model_copy(),
    "deep model": lambda it: it.model_copy(deep=True),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_keeps_its_decision(client, copied) -> None:
    """However a completion is copied, its decision is found."""
    completion = client.chat.completions.create(**ASK)

    assert decision_of(copied(completion)) is decision_of(completion)


def test_a_pickled_completion_keeps_its_request_id(client) -> None:
    """A completion goes through pickle; what comes out has the id as a plain text."""
    completion = client.chat.completions.create(**ASK)
    back = pickle.loads(pickle.dumps(completion))

    assert back.choices == completion.choices
    assert (type(back._request_id), back._request_id) == (str, completion._request_id)
    with pytest.raises(LookupError, match="did not come through a router"):
        decision_of(back)


def test_decisions_are_where_they_belong(client) -> None:
    """A raw response, the HTTP response in it and what is parsed from it lead to one decision."""
    raw = client.chat.completions.with_raw_response.create(**ASK)

    assert isinstance(decision_of(raw), Decision)
    assert isinstance(decision_of(raw.http_response), Decision)
    assert decision_of(raw.parse()).id == decision_of(raw).id


def test_a_stream_that_cannot_be_delivered_is_let_go_of(monkeypatch) -> None:
    """Where no response can be made of a stream, the provider is told that nobody listens."""

    class CannotError(Exception):
        """No response can be made."""

    def cannot(*_, **__):
        raise CannotError

    name = "library_without_responses"
    library = ModuleType(name)
    vars(library).update({**vars(httpx), "Response": cannot})
    monkeypatch.setitem(sys.modules, name, library)
    request_class = type("Request", (httpx.Request,), {"__module__": name})
    with Upstream() as upstream:
        upstream.mode = "stream"
        served = replace(deployment("a", of=provider("here", local=True)), url=upstream.url)
        with Router(inventory(process("p", served)), observers=[], hold_file=None) as router:
            request = request_class("POST", "http://any.test/v1/chat/completions", json={**ASK, "stream": True})
            with pytest.raises(CannotError) as raised:
                transport(router=router).handle_request(request)

            assert eventually(lambda: upstream.left == 1)
            del raised
            gc.collect()


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_any_http_client_can_be_given_the_transport(library) -> None:
    """Both libraries' clients, synchronous and asynchronous, are served through one transport; other paths are told so."""

    async def ask(through) -> Any:
        async with library.AsyncClient(transport=through) as asking:
            return await asking.post("http://any.test/v1/chat/completions", json=ASK)

    with scripted(text("hello")) as router:
        through = transport(router=router, process="p")
        with library.Client(transport=through) as client:
            answers = [client.post("http://any.test/v1/chat/completions", json={**ASK, "model": "whatever"})]
            elsewhere = client.get("http://any.test/v1/files")
        answers.append(asyncio.run(ask(through)))

        assert [answer.json()["choices"][0]["message"]["content"] for answer in answers] == ["hello", "hello"]
        assert {type(answer) for answer in answers} == {library.Response}
        assert decision_of(answers[0]).process == "p"
        assert (elsewhere.status_code, elsewhere.headers["x-should-retry"]) == (404, "false")
        assert router.chat("p", "still open").text == "hello"
