"""What a provider keeps is asked of that provider, and of no other."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter import Router
from modelrouter.core.inventory import Account
from modelrouter.errors import RequestFailedError
from modelrouter.runtime.keeping import Keepers, keeper_of
from modelrouter.testing import ManualClock, Recorder, Script, ScriptedProvider, status
from modelrouter.wire.reading import Asked

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment, Wire

RESPONSES: Wire = "openai-responses"
MESSAGES: Wire = "anthropic-messages"
BUSY = status(503, json.dumps({"error": {"message": "The engine is overloaded.", "type": "server_error"}}))


def run(promise):
    """Run one asynchronous test."""
    return asyncio.run(asyncio.wait_for(promise, 60))


def of(name: str, company: str, *, account: str = "main", wire: Wire = RESPONSES) -> Deployment:
    """A deployment of one account of a company."""
    made = deployment(name, of=provider(company), wire=wire)
    return replace(made, account=Account(provider=company, name=account, key=None))


def response(id_: str, **said: Any) -> dict[str, Any]:
    """A whole answer that the provider keeps under an id."""
    part = {"type": "output_text", "text": "Yes.", "annotations": []}
    message = {"type": "message", "id": f"msg_of_{id_}", "role": "assistant", "status": "completed", "content": [part]}
    head = {"id": id_, "object": "response", "created_at": 1, "model": "m", "status": "completed"}
    return {**head, "output": [message], "usage": None, **said}


def whole(said: dict[str, Any]) -> Script:
    """An answer as one body."""
    return Script(headers={"content-type": "application/json"}, blocks=(json.dumps(said).encode(),))


def streamed(said: dict[str, Any]) -> Script:
    """The same in events."""
    text = {"type": "response.output_text.delta", "delta": "Yes.", "output_index": 0}
    events = (
        {"type": "response.created", "response": {**said, "status": "in_progress", "output": []}},
        text,
        {"type": "response.completed", "response": said},
    )
    blocks = (f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in events)
    return Script(headers={"content-type": "text/event-stream"}, blocks=tuple(blocks))


def routed(*deployments: Deployment) -> tuple[Router, ScriptedProvider, Recorder]:
    """A router with the process `p` over deployments that answer under their own names."""
    played = ScriptedProvider({each.id: [whole(response(f"resp_{each.id}"))] for each in deployments})
    recorder = Recorder()
    inventory_ = inventory(process("p", *deployments))
    return Router(inventory_, observers=[recorder], clients=played.clients(), hold_file=None), played, recorder


async def asked(router: Router, of: str = "p", *, wire: str = RESPONSES, **said: Any) -> bytes:
    """Ask, and read all of the answer."""
    body = {"model": of, **({"input": "And now?"} if wire == RESPONSES else {}), **said}
    answer = await router.ahandle(wire, json.dumps(body).encode())
    return b"".join([block async for block in answer]) if answer.streamed else answer.body


def excluded(recorder: Recorder) -> dict[str, str]:
    """Who was left out for what is kept, and why."""
    return {each.deployment.id: each.why for each in recorder.decisions[-1].excluded if each.rule == "kept"}


@pytest.mark.parametrize("play", [whole, streamed])
def test_a_conversation_stays_where_its_answer_lies(play):
    """An answer of the second, given while the first was down, is gone on from with the second when the first is back."""

    async def promise():
        router, played, recorder = routed(of("a", "one"), of("b", "two"))
        played.play("a", [BUSY])
        played.play("b", [play(response("resp_b", conversation={"id": "conv_b"}))])
        await asked(router, stream=play is streamed)
        assert "b" == recorder.decisions[-1].served_by
        for domain in router.holds():
            router.release(str(domain.domain))
        played.play("a", [whole(response("resp_a"))])
        played.play("b", [whole(response("resp_c"))])

        for kept in (
            {"previous_response_id": "resp_b"},
            {"conversation": "conv_b"},
            {"conversation": {"id": "conv_b"}},
            {"input": [{"type": "item_reference", "id": "msg_of_resp_b"}]},
        ):
            await asked(router, **kept)
            assert "b" == recorder.decisions[-1].served_by, kept
            assert "kept by two/main" in excluded(recorder)["a"]
            assert 1 == recorder.decisions[-1].calls
        await asked(router, previous_response_id="resp_c")  # the next answer lies there too
        assert "b" == recorder.decisions[-1].served_by
        await asked(router)
        assert "a" == recorder.decisions[-1].served_by
        assert {} == excluded(recorder)
        await router.aclose()

    run(promise())


def test_what_is_kept_is_never_asked_for_elsewhere():
    """Where the account that keeps it is down, the caller hears so, and nobody else is called."""

    async def promise():
        router, played, recorder = routed(of("a", "one"), of("b", "two"))
        await asked(router)
        played.play("a", [BUSY])
        calls = len(played.calls)
        with pytest.raises(RequestFailedError) as failed:
            await asked(router, previous_response_id="resp_a")
        assert {"a"} == {name for name, _ in played.calls[calls:]}
        assert "previous_response_id resp_a is kept by one/main" in str(failed.value)
        assert ["b"] == [*excluded(recorder)]
        await router.aclose()

    run(promise())


def test_another_account_of_the_same_provider_is_another():
    """Ids belong to an account; another deployment of the same account may be asked as well."""

    async def promise():
        same, other, again = of("a", "one"), of("b", "one", account="spare"), of("c", "one")
        router, played, recorder = routed(same, other, again)
        await asked(router)
        played.play("a", [BUSY])
        await asked(router, previous_response_id="resp_a")
        assert "c" == recorder.decisions[-1].served_by
        assert ["b"] == [*excluded(recorder)]
        await router.aclose()

    run(promise())


def test_what_nobody_remembers_goes_to_the_first_alone():
    """An id that was never seen, is the first one's of that wire, up or down."""

    async def promise():
        chat = deployment("chat", of=provider("zero"))
        router, played, recorder = routed(chat, of("a", "one"), of("b", "two"))
        await asked(router, previous_response_id="resp_of_yesterday")
        assert "a" == recorder.decisions[-1].served_by
        assert {"chat", "b"} == excluded(recorder).keys()
        played.play("a", [BUSY])
        calls = len(played.calls)
        with pytest.raises(RequestFailedError):
            await asked(router, previous_response_id="resp_of_yesterday")
        assert {"a"} == {name for name, _ in played.calls[calls:]}
        await router.aclose()

    run(promise())


def test_where_nobody_permitted_keeps_it_nobody_is_called():
    """A deployment that is asked by its name for what another account keeps is not called."""

    async def promise():
        router, played, recorder = routed(of("a", "one"), of("b", "two"))
        await asked(router, "a")
        calls = len(played.calls)
        with pytest.raises(RequestFailedError) as failed:
            await asked(router, "b", previous_response_id="resp_a")
        assert calls == len(played.calls)
        assert 0 == recorder.decisions[-1].calls
        assert "excluded by kept" in str(failed.value)
        await router.aclose()

    run(promise())


@pytest.mark.parametrize("place", ["whole", "message_start", "message_delta"])
def test_a_container_stays_where_it_runs(place):
    """A container of Anthropic's that an answer named is asked for at its account alone, wherever a stream told it."""

    async def promise():
        router, played, recorder = routed(of("a", "one", wire=MESSAGES), of("b", "two", wire=MESSAGES))
        container = {"container": {"id": "container_1", "expires_at": "2030-01-01T00:00:00Z"}}
        usage = {"input_tokens": 1, "output_tokens": 1}
        head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "usage": usage}
        text = {"type": "text", "text": "Yes."}
        said = {**head, "content": [text], "stop_reason": "end_turn"}
        events = (
            {"type": "message_start", "message": {**head, "content": [], **(container if "start" in place else {})}},
            {"type": "content_block_start", "index": 0, "content_block": text},
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", **(container if "delta" in place else {})},
                "usage": usage,
            },
            {"type": "message_stop"},
        )
        blocks = tuple(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in events)
        played.play("b", [whole({**said, **container}) if place == "whole" else Script(blocks=blocks)])
        played.play("a", [whole(said)])
        ask = {"max_tokens": 9, "messages": [{"role": "user", "content": "Run it."}]}
        await asked(router, "b", wire=MESSAGES, stream=place != "whole", **ask)

        played.play("b", [whole(said)])
        await asked(router, wire=MESSAGES, container="container_1", **ask)
        assert "b" == recorder.decisions[-1].served_by
        assert ["a"] == [*excluded(recorder)]
        await router.aclose()

    run(promise())


def test_ids_of_another_wire_are_other_ids():
    """What one wire calls by a name says nothing of the same name on another, and a reload forgets nothing."""

    async def promise():
        router, _, recorder = routed(of("a", "one"), of("b", "two"))
        await asked(router, "b")
        router.reload(router.inventory)
        await asked(router, previous_response_id="resp_b")
        assert "b" == recorder.decisions[-1].served_by
        await router.aclose()

    run(promise())
    keepers, (one, two) = Keepers(ManualClock()), (of("a", "one", wire=MESSAGES), of("b", "two"))
    keepers.note(two, ["x"])
    router, _, _ = routed(one, two)
    route = router.explain("p").candidates
    about = Asked(model="p", stream=False, capabilities=frozenset(), context=1, output=None, kept="container x")
    assert (one,) == keepers.pinned(route, MESSAGES, about).permitted
    router.close()


def test_where_no_deployment_speaks_the_wire_each_says_so():
    """A route that nobody in it could serve is left as it is: what cannot be carried is told by each."""

    async def promise():
        router, _, recorder = routed(deployment("chat", of=provider("zero")))
        with pytest.raises(RequestFailedError) as failed:
            await asked(router, previous_response_id="resp_x")
        assert "previous_response_id resp_x is known to one provider alone" in str(failed.value)
        assert {} == excluded(recorder)
        await router.aclose()

    run(promise())


def test_memory_is_bounded_and_forgets():
    """The latest ids are remembered, for a day since they were asked for last."""
    clock = ManualClock()
    keepers, place = Keepers(clock, most=2), of("b", "two")
    router, _, _ = routed(of("a", "one"), place)
    route = router.explain("p").candidates

    def keeper(id_: str) -> str:
        about = Asked(model="p", stream=False, capabilities=frozenset(), context=1, output=None, kept=f"file_id {id_}")
        return keeper_of(keepers.pinned(route, RESPONSES, about).permitted[0])

    keepers.note(place, ["x", "y", "z"])
    assert ["one/main", "two/main", "two/main"] == [keeper("x"), keeper("y"), keeper("z")]
    clock.advance(80_000)
    assert "two/main" == keeper("y")
    clock.advance(80_000)
    assert ["two/main", "one/main"] == [keeper("y"), keeper("z")]
    router.close()


def test_a_stale_id_is_one_callers_affair():
    """An id that the provider has forgotten is told in its own words, with its status, and holds nothing for anybody."""

    async def promise():
        router, played, _ = routed(of("a", "one"), of("b", "two"))
        told = json.dumps({"error": {"message": "Previous response with id 'resp_x' not found.", "code": None}})
        played.play("a", [status(404, told)])
        with pytest.raises(RequestFailedError) as failed:
            await asked(router, previous_response_id="resp_x")
        assert (404, told.encode()) == (failed.value.status, failed.value.body)
        assert () == router.holds()
        await router.aclose()

    run(promise())


def test_reasoning_that_another_account_kept_is_left_out():
    """A history that another provider answered and kept goes on with the next: without reasoning it does not know."""

    async def promise():
        router, played, recorder = routed(of("a", "one"))
        told = json.dumps({"error": {"message": "Item with id 'rs_1' not found.", "code": None}})
        played.play("a", [status(404, told), whole(response("resp_a"))])
        reasoning = {"type": "reasoning", "id": "rs_1", "summary": []}
        message = response("resp_z")["output"][0]
        question, more = {"role": "user", "content": "Is it so?"}, {"role": "user", "content": "And now?"}
        await asked(router, input=[question, reasoning, message, more])
        bare = {name: value for name, value in message.items() if name != "id"}
        assert [question, bare, more] == json.loads(played.calls[-1][1])["input"]
        assert ("thinking",) == recorder.decisions[-1].trail[-1].losses
        assert 2 == len(played.calls)
        await router.aclose()

    run(promise())
