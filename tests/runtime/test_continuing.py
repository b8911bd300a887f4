"""Streams that break off after content, where their process chose that somebody else goes on.

Most providers here are real sockets that tell one known text: whatever a caller has read at a clean end must be that
text, each word once, and whatever is less must end with an error.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
import pytest
from support.inventories import deployment, inventory, process, provider
from support.prefilling import TEXT, WORDS, Prefilling

from modelrouter import AsyncOpenAI, Context, Router
from modelrouter.core.context import from_headers
from modelrouter.core.inventory import Limits, Model, Objectives
from modelrouter.errors import BadRequestError, StreamCutError
from modelrouter.testing import Recorder, ScriptedProvider, VirtualTime, status, stream
from modelrouter.wire.sse import Splitter
from modelrouter.wire.translate import StreamRenderer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from modelrouter.core.inventory import Deployment
    from modelrouter.runtime.answer import Answer

BODIES: dict[str, dict[str, Any]] = {
    "openai-chat": {"model": "p", "stream": True, "messages": [{"role": "user", "content": "Say it."}]},
    "anthropic-messages": {
        "model": "p",
        "stream": True,
        "max_tokens": 200,
        "messages": [{"role": "user", "content": "Say it."}],
    },
    "openai-responses": {"model": "p", "stream": True, "input": "Say it."},
    "gemini": {"model": "p", "stream": True, "contents": [{"role": "user", "parts": [{"text": "Say it."}]}]},
}
CLAUDE = {"vendor": "anthropic", "wire": "anthropic-messages", "name": "claude-opus-4-5"}
LOCAL = {"vendor": "vllm", "wire": "openai-chat", "name": "qwen3"}
CLOUD = {"vendor": "openai", "wire": "openai-chat", "name": "gpt-4.1"}


def run(promise):
    """Run one asynchronous test."""
    return asyncio.run(asyncio.wait_for(promise, 60))


def made(place: int, *, vendor: str, wire: str, name: str, **facts) -> Deployment:
    """A deployment of a vendor's model."""
    model = Model(id=name, developer=vendor, family="f", context=100_000, output=4096)
    described = deployment(
        f"d{place}", of=provider(f"p{place}", vendor=vendor, local=True), wire=wire, model=model, **facts
    )
    return replace(described, name=name)


@asynccontextmanager
async def serving(*served: tuple[dict[str, str], Prefilling], **facts) -> AsyncIterator[tuple[Router, Recorder]]:
    """A router over real sockets whose process `p` goes on, in the order given."""
    async with AsyncExitStack() as rooms:
        routes = []
        limits = facts.pop("limits", Limits())
        for place, (kind, upstream) in enumerate(served):
            await rooms.enter_async_context(upstream)
            routes.append(made(place, **kind, url=upstream.url, limits=limits))
        recorder = Recorder()
        facts = {"on_cut": "continue", "attempts": 3, **facts}
        router = Router(inventory(process("p", *routes, **facts)), observers=[recorder], hold_file=None)
        yield await rooms.enter_async_context(router), recorder


async def whole(answer: Answer) -> bytes:
    """Every byte of a stream."""
    return b"".join([block async for block in answer])


async def asked(router: Router, wire: str = "openai-chat", **context) -> Answer:
    """Ask in a caller's wire."""
    return await router.ahandle(wire, json.dumps(BODIES[wire]).encode(), Context(**context))


def told(wire: str, raw: bytes) -> tuple[str, bool]:
    """The text of a stream in any wire, and whether the stream came to its proper end."""
    renderer = StreamRenderer(wire, "openai-chat", request=BODIES["openai-chat"], model="m", created=1)
    written = b"".join(renderer.feed(event) for event in Splitter().feed(raw)) + renderer.close()
    chunks = [json.loads(event.data) for event in Splitter().feed(written) if event.data not in (b"", b"[DONE]")]
    text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])
    return text, written.endswith(b"[DONE]\n\n")


@pytest.mark.parametrize("wire", BODIES)
@pytest.mark.parametrize("second", [CLAUDE, LOCAL], ids=["claude", "local"])
@pytest.mark.parametrize("first", [CLAUDE, CLOUD], ids=["claude", "cloud"])
def test_goes_on_wherever_it_broke_off(wire, first, second):
    """At whatever word the first provider breaks off, in whatever wires, the caller reads the whole text once."""

    async def promise():
        upstreams = Prefilling(), Prefilling()
        async with serving((first, upstreams[0]), (second, upstreams[1])) as (router, recorder):
            for cut in range(1, len(WORDS)):
                upstreams[0].cut = cut
                for hold in router.holds():
                    router.release(str(hold.domain))
                answer = await asked(router, wire)
                raw = await whole(answer)

                assert (TEXT, True) == told(wire, raw)
                assert answer.fault is None
                assert "d1" == answer.decision.served_by
                assert 1 == raw.count(b": modelrouter continued by d1\n\n")

            assert len(WORDS) - 1 == len(recorder.ends)
            assert {None} == {fault for _, fault in recorder.ends}
            assert all(decision.trail[0].cut for decision, _ in recorder.ends)

    run(promise())


def test_one_id_and_one_role_for_the_sdk():
    """OpenAI's own library sees one completion: one id, one model, the role once, and a proper finish."""

    async def promise():
        async with (
            serving((CLOUD, Prefilling(cut=6)), (LOCAL, Prefilling())) as (router, _),
            AsyncOpenAI(router=router) as client,
        ):
            asked = await client.chat.completions.create(**BODIES["openai-chat"])
            chunks = [chunk async for chunk in asked]

        assert TEXT == "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert ({"chatcmpl-id1"}, {"scripted"}) == ({chunk.id for chunk in chunks}, {chunk.model for chunk in chunks})
        assert 1 == sum(chunk.choices[0].delta.role is not None for chunk in chunks)
        assert "stop" == chunks[-1].choices[0].finish_reason

    run(promise())


@pytest.mark.parametrize("manner", ["anew", "refuses"])
def test_who_cannot_go_on_is_passed_over(manner):
    """One that begins anew, or refuses, has shown the caller nothing: the next one goes on, and no hold is opened."""

    async def promise():
        unable = Prefilling(manner)
        async with serving((CLOUD, Prefilling(cut=12)), (LOCAL, unable), (LOCAL, Prefilling())) as (router, _):
            answer = await asked(router)
            raw = await whole(answer)

            assert (TEXT, True) == told("openai-chat", raw)
            assert 1 == len(unable.asked)
            assert ["network", "unsupported_feature", None] == [
                attempt.fault and str(attempt.fault.cause) for attempt in answer.decision.trail
            ]
            assert () == router.holds()

    run(promise())


def test_who_begins_anew_at_once_is_passed_over():
    """One whose very first words are the beginning again is left before any of them is told."""

    async def promise():
        half, anew = "The claim was filed on Monday, and", "The claim was filed on Monday. So much is known."
        router, provider, recorder = scripted(
            {"d0": [stream([half], breaks="reset")], "d1": [stream([anew])], "d2": [stream([" nothing else."])]}
        )
        raw = await whole(await router.achat("p", "x", stream=True))
        await router.aclose()

        assert (half + " nothing else.", True) == told("openai-chat", raw)
        assert ["d0", "d1", "d2"] == [name for name, _ in provider.calls]
        assert "unsupported_feature" == recorder.ends[0][0].trail[1].fault.cause

    run(promise())


@pytest.mark.parametrize("wire", BODIES)
@pytest.mark.parametrize("manner", ["anew", "refuses"])
def test_nobody_can_is_an_error(wire, manner):
    """Where nobody can go on the caller gets the error of the cut behind what came, each word once, and no clean end."""

    async def promise():
        async with serving((CLOUD, Prefilling(cut=12)), (LOCAL, Prefilling(manner))) as (router, recorder):
            answer = await asked(router, wire)
            raw = await whole(answer)

        assert (" ".join(WORDS[:12]), False) == told(wire, raw)
        assert answer.fault is not None
        assert answer.fault is recorder.ends[0][1]
        assert "runtime.stream_cut" == answer.fault.rule
        assert b"error" in Splitter().feed(raw)[-1].raw

    run(promise())


def test_openai_is_never_asked_for_a_rest():
    """A deployment that would answer anew is not called, and the decision says why."""

    async def promise():
        other = Prefilling()
        async with serving((CLOUD, Prefilling(cut=5)), (CLOUD, other)) as (router, _):
            answer = await asked(router)
            with pytest.raises(StreamCutError):
                async for _ in answer.events():
                    pass

        assert [] == other.asked
        assert "d1: not called, d1 cannot go on in the middle of an answer" in str(answer.decision)

    run(promise())


def test_an_echo_is_read_once():
    """A server that repeats the beginning is read as if it had not."""

    async def promise():
        async with serving((CLOUD, Prefilling(cut=9)), (LOCAL, Prefilling("echoes"))) as (router, _):
            assert (TEXT, True) == told("openai-chat", await whole(await asked(router)))

    run(promise())


def test_goes_on_more_than_once_within_the_attempts():
    """Who goes on may break off as well: the next one goes on from there, as often as the process allows calls."""

    async def promise():
        for attempts, ends in ((3, True), (2, False)):
            upstreams = [Prefilling(cut=3), Prefilling(cut=4), Prefilling()]
            kinds = [CLOUD, LOCAL, CLAUDE]
            async with serving(*zip(kinds, upstreams, strict=True), attempts=attempts) as (router, recorder):
                raw = await whole(await asked(router))

            assert (TEXT if ends else " ".join(WORDS[:7]), ends) == told("openai-chat", raw)
            assert attempts == sum(len(upstream.asked) for upstream in upstreams)
            assert (not ends) == (recorder.ends[0][1] is not None)

    run(promise())


def test_goes_on_with_the_one_that_broke_off():
    """Where nobody else is left, the one that broke off is asked for its own rest, within the budget of retries."""

    async def promise():
        alone = Prefilling(cut=14)
        async with serving((LOCAL, alone)) as (router, _):
            assert (TEXT, True) == told("openai-chat", await whole(await asked(router)))
        assert 2 == len(alone.asked)

    run(promise())


def test_an_error_event_in_the_stream_is_gone_on_with_too():
    """An error that came as an event is no word of the answer: the next one goes on, and the cause is in the trail."""

    async def promise():
        event = b'data: {"error": {"message": "The server is overloaded", "type": "server_error", "code": 503}}\n\n'
        async with serving((CLOUD, Prefilling(cut=9, error=event)), (LOCAL, Prefilling())) as (router, _):
            answer = await asked(router)
            raw = await whole(answer)

        assert (TEXT, True) == told("openai-chat", raw)
        assert b"overloaded" not in raw
        assert answer.decision.trail[0].cut

    run(promise())


def test_a_cut_is_counted_whoever_goes_on():
    """Three cuts in a row hold the deployment as they do for everybody; then it is asked no more."""

    async def promise():
        first = Prefilling(cut=4)
        async with serving((CLOUD, first), (LOCAL, Prefilling()), limits=Limits(concurrency=1)) as (router, recorder):
            url = first.url
            texts = [told("openai-chat", await whole(await asked(router))) for _ in range(6)]

        assert {(TEXT, True)} == set(texts)  # one call at a time fits: every lease was given back
        assert 3 == len(first.asked)
        assert [f"endpoint:{url}"] == [str(change.domain) for change in recorder.changes if not change.before]

    run(promise())


@pytest.mark.parametrize("mode", ["error", "restart"])
def test_error_stays_the_default(mode):
    """Under `error`, and under `restart` for a caller who did not say that he understands it, a cut is an error."""

    async def promise():
        other = Prefilling()
        async with serving((CLOUD, Prefilling(cut=6)), (LOCAL, other), on_cut=mode) as (router, recorder):
            answer = await asked(router)
            raw = await whole(answer)

        assert (" ".join(WORDS[:6]), False) == told("openai-chat", raw)
        assert [] == other.asked
        assert answer.fault is recorder.ends[0][1] is not None

    run(promise())


@pytest.mark.parametrize("wire", BODIES)
@pytest.mark.parametrize("cut", [1, 8])
def test_restarts_for_who_understands(wire, cut):
    """Behind the marked event stands the whole answer of the next one, from its beginning, and nothing of the first."""

    async def promise():
        async with serving((CLOUD, Prefilling(cut=cut)), (CLOUD, Prefilling()), on_cut="restart") as (router, recorder):
            answer = await asked(router, wire, restart=True)
            raw = await whole(answer)

        before, _, behind = raw.partition(b"event: modelrouter.restart\n")
        marked, _, after = behind.partition(b"\n\n")
        assert (" ".join(WORDS[:cut]), False) == told(wire, before)
        assert {"type": "modelrouter.restart", "deployment": "d1"} == json.loads(marked.removeprefix(b"data: "))
        assert (TEXT, True) == told(wire, after)
        assert "d1" == answer.decision.served_by == recorder.ends[0][0].served_by
        assert recorder.ends[0][1] is None

    run(promise())


@pytest.mark.parametrize("given", [{"restart": True}, {}])
def test_a_body_can_say_that_it_understands(given):
    """The word stands in the body or in a header; its body never reaches a provider."""

    async def promise():
        upstreams = Prefilling(cut=6), Prefilling()
        async with serving((CLOUD, upstreams[0]), (CLOUD, upstreams[1]), on_cut="restart") as (router, _):
            body = json.dumps({**BODIES["openai-chat"], "modelrouter": given}).encode()
            raw = await whole(await router.ahandle("openai-chat", body))

        assert bool(given) == (b"modelrouter.restart" in raw)
        assert all("modelrouter" not in body for upstream in upstreams for body in upstream.asked)

    run(promise())


@pytest.mark.parametrize(("said", "means"), [("1", True), ("true", True), ("0", False), ("False", False)])
def test_a_header_can_say_that_it_understands(said, means):
    """The header says yes or no in the usual words."""
    assert means is from_headers({"x-modelrouter-restart": said}).restart


def test_restart_must_be_yes_or_no():
    """Anything else than yes or no is refused, as in the header so in the body."""
    with pytest.raises(BadRequestError):
        from_headers({"x-modelrouter-restart": "often"})

    async def promise():
        async with serving((CLOUD, Prefilling())) as (router, _):
            with pytest.raises(BadRequestError):
                await router.ahandle(
                    "openai-chat", json.dumps({**BODIES["openai-chat"], "modelrouter": {"restart": "often"}}).encode()
                )

    run(promise())


def test_a_request_that_only_its_wire_can_carry_passes_as_it_is():
    """Two answers at once cannot be retold: the bytes pass, and a cut is an error."""

    async def promise():
        other = Prefilling()
        async with serving((CLOUD, Prefilling(cut=6)), (LOCAL, other)) as (router, _):
            answer = await router.ahandle("openai-chat", json.dumps({**BODIES["openai-chat"], "n": 2}).encode())
            assert (" ".join(WORDS[:6]), False) == told("openai-chat", await whole(answer))
        assert [] == other.asked

    run(promise())


def test_the_sdk_gets_its_own_error_where_nobody_can():
    """OpenAI's library raises its own error after all that came, as it does for any cut."""

    async def promise():
        async with (
            serving((CLOUD, Prefilling(cut=6)), (CLOUD, Prefilling())) as (router, _),
            AsyncOpenAI(router=router) as client,
        ):
            asked = await client.chat.completions.create(**BODIES["openai-chat"])
            seen = ""
            with pytest.raises(openai.APIError):
                async for chunk in asked:
                    seen += chunk.choices[0].delta.content or ""
        assert " ".join(WORDS[:6]) == seen

    run(promise())


def scripted(scripts, clock=None, **facts) -> tuple[Router, ScriptedProvider, Recorder]:
    """A router over scripts, whose process goes on: OpenAI, then two local servers."""
    routes = [made(place, **kind) for place, kind in enumerate((CLOUD, LOCAL, LOCAL)) if f"d{place}" in scripts]
    provider, recorder = ScriptedProvider(scripts), Recorder()
    facts = {"on_cut": "continue", **facts}
    described = inventory(process("p", *routes, **facts))
    router = Router(described, observers=[recorder], clients=provider.clients(), clock=clock, hold_file=None)
    return router, provider, recorder


def test_a_silence_is_gone_on_with_and_so_is_the_silence_behind_it():
    """A stream that falls silent is left; who is asked for the rest has the patience of a first content again."""

    async def promise():
        objectives = Objectives(deadline_s=30.0, first_token_s=4.0)
        router, provider, recorder = scripted(
            {
                "d0": [stream(["Half ", "an "], silent=True)],
                "d1": [stream([], silent=True)],
                "d2": [stream(["answer."])],
            },
            clock,
            objectives=objectives,
        )
        answer = await router.achat("p", "x", stream=True)
        raw = await whole(answer)
        await router.aclose()

        assert ("Half an answer.", True) == told("openai-chat", raw)
        assert ["d0", "d1", "d2"] == [name for name, _ in provider.calls]
        assert ["timeout", "timeout", None] == [
            attempt.fault and str(attempt.fault.cause) for attempt in recorder.ends[0][0].trail
        ]

    clock = VirtualTime()
    clock.run(promise())


def test_nobody_waits_for_a_call_that_was_dropped():
    """Where the answer of a hedge breaks off, the silent call beside it is over: the next one is asked at once."""

    async def promise():
        router, provider, _ = scripted(
            {
                "d0": [stream([], silent=True)],
                "d1": [stream(["Half "], breaks="reset")],
                "d2": [stream(["an answer."])],
            },
            clock,
            hedge_s=1.0,
        )
        raw = await whole(await router.achat("p", "x", stream=True))
        await router.aclose()

        assert ("Half an answer.", True) == told("openai-chat", raw)
        assert ["d0", "d1", "d2"] == [name for name, _ in provider.calls]
        assert 2.0 > clock.now()

    clock = VirtualTime()
    clock.run(promise())


def test_a_rest_that_never_comes_ends_at_the_deadline():
    """The rest has as long to its first content as the request had; then the caller gets the error."""

    async def promise():
        router, _, _ = scripted(
            {"d0": [stream(["Half "], silent=True)], "d1": [stream([], silent=True)]},
            clock,
            objectives=Objectives(deadline_s=20.0),
        )
        answer = await router.achat("p", "x", stream=True)
        raw = await whole(answer)
        await router.aclose()

        assert ("Half ", False) == told("openai-chat", raw)
        assert 25.0 <= clock.now() <= 36.0  # 5 to 15 s of silence after content, and 20 s to the next content
        assert answer.fault is not None
        assert "runtime.stall" == answer.fault.rule

    clock = VirtualTime()
    clock.run(promise())


CALL = (
    b'{"id":"chatcmpl-1","object":"chat.completion.chunk","created":0,"model":"m","choices":[{"index":0,"delta":%b}]}'
)
OPENED = b'{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look","arguments":""}}]}'
WHOLE = b'{"tool_calls":[{"index":0,"function":{"arguments":"{\\"claim\\":7}"}}]}'
HALF = b'{"tool_calls":[{"index":0,"function":{"arguments":"{\\"claim\\":"}}]}'


@pytest.mark.parametrize("arguments", [WHOLE, HALF])
def test_a_call_is_ended_where_it_is_whole_and_never_gone_on_with(arguments):
    """A whole call ends the answer with nobody asked; half a call is an error, with nobody asked either."""

    async def promise():
        cut = stream([], breaks="reset")
        events = tuple(b"data: " + CALL % delta + b"\n\n" for delta in (OPENED, arguments))
        router, provider, recorder = scripted({"d0": [replace(cut, blocks=events)], "d1": [stream(["anew"])]})
        answer = await router.achat("p", "x", stream=True)
        raw = await whole(answer)
        await router.aclose()

        ends = arguments is WHOLE
        assert ends == (b'"finish_reason":"tool_calls"' in raw) == told("openai-chat", raw)[1]
        assert ["d0"] == [name for name, _ in provider.calls]
        assert ends == (recorder.ends[0][1] is None)
        assert recorder.ends[0][0].trail[0].cut

    run(promise())


def test_thoughts_alone_are_no_answer_yet():
    """Where only thinking was shown, anybody may answer, asked as if nothing had been said."""

    async def promise():
        thought = b"data: " + CALL % b'{"reasoning_content":"Hm."}' + b"\n\n"
        cut = replace(stream([], breaks="reset"), blocks=(thought,))
        router, provider, _ = scripted({"d0": [cut], "d1": [stream(["The answer."])]})
        answer = await router.achat("p", "x", stream=True)
        raw = await whole(answer)
        await router.aclose()

        assert ("The answer.", True) == told("openai-chat", raw)
        assert ["user"] == [said["role"] for said in json.loads(provider.calls[1][1])["messages"]]

    run(promise())


def test_what_claude_thinks_unasked_is_not_withheld():
    """A stream that is written anew keeps the sealed thinking that its provider shows unasked on the caller's wire."""

    async def promise():
        said = [
            {"type": "message_start", "message": {"id": "msg_1", "type": "message", "model": "m", "content": []}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2Vh"}},
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "Yes."}},
            {"type": "content_block_stop", "index": 1},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
            {"type": "message_stop"},
        ]
        blocks = tuple(b"data: %b\n\n" % json.dumps(each).encode() for each in said)
        newest = made(0, vendor="anthropic", wire="anthropic-messages", name="claude-sonnet-5")
        provider = ScriptedProvider({"d0": [replace(stream([]), blocks=blocks)]})
        router = Router(
            inventory(process("p", newest, on_cut="continue")), clients=provider.clients(), hold_file=None, observers=[]
        )
        raw = await whole(await asked(router, "anthropic-messages"))
        await router.aclose()

        assert b'"signature":"c2Vh"' in raw
        assert ("Yes.", True) == told("anthropic-messages", raw)

    run(promise())


def test_nothing_left_to_say_is_a_proper_end():
    """Who is asked for the rest and ends at once says that nothing is missing: that is no empty answer."""

    async def promise():
        router, _, recorder = scripted({"d0": [stream(["All of it."], breaks="reset")], "d1": [stream([])]})
        raw = await whole(await router.achat("p", "x", stream=True))
        await router.aclose()

        assert ("All of it.", True) == told("openai-chat", raw)
        assert recorder.ends[0][1] is None

    run(promise())


def test_a_filter_in_the_middle_is_not_walked_around():
    """What one provider's filter stopped is offered to the next only where the process says so, in the middle as well."""

    async def promise():
        refused = b'{"error":{"message":"The response was filtered","code":"content_filter","type":"content_filter"}}'
        for on_refusal in ("stop", "next"):
            script = stream(["Half "], ended=False)
            script = replace(script, blocks=(*script.blocks, b"data: " + refused + b"\n\n"))
            router, provider, recorder = scripted({"d0": [script], "d1": [stream(["more"])]}, on_refusal=on_refusal)
            raw = await whole(await router.achat("p", "x", stream=True))
            await router.aclose()

            ends = on_refusal == "next"
            assert "content_blocked" == recorder.ends[0][0].trail[0].fault.cause
            assert ("Half more" if ends else "Half ", ends) == told("openai-chat", raw)
            assert (2 if ends else 1) == len(provider.calls)

    run(promise())


def test_a_caller_that_leaves_while_another_is_asked_leaves_nothing_behind():
    """The call for the rest is dropped with its caller, and the room it took is free again."""

    async def promise():
        routes = [made(0, **CLOUD), made(1, **LOCAL, limits=Limits(concurrency=1))]
        provider = ScriptedProvider(
            {"d0": [stream(["Half "], breaks="reset")], "d1": [stream([], silent=True), stream(["more"])]}
        )
        router = Router(
            inventory(process("p", *routes, on_cut="continue")),
            observers=[],
            clients=provider.clients(),
            hold_file=None,
        )
        answer = await router.achat("p", "x", stream=True)
        half = await answer.block()
        reading = asyncio.create_task(whole(answer))
        await asyncio.sleep(0.1)
        assert ["d0", "d1"] == [name for name, _ in provider.calls]
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await answer.aclose()
        assert ("Half ", False) == told("openai-chat", half)

        raw = await whole(await router.achat("p", "x", stream=True))
        await router.aclose()
        assert ("Half more", True) == told("openai-chat", raw)

    run(promise())


def test_whole_answers_are_not_concerned():
    """An answer that is no stream is asked of the next one from the beginning, as always."""

    async def promise():
        router, provider, _ = scripted(
            {"d0": [status(503, "{}")], "d1": [status(200, '{"choices": [{"message": {"content": "whole"}}]}')]}
        )
        answer = await router.achat("p", "x")
        await router.aclose()

        assert "whole" == answer.text
        assert "continue_final_message" not in json.loads(provider.calls[1][1])

    run(promise())
