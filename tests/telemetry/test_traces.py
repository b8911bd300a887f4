"""One trace for each request, as a real receiver of OpenTelemetry's protocol gets it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import openai
import pytest
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider
from support.gateway import serving
from support.upstream import Upstream
from telemetry.conftest import BUSY, GEOFENCED, Scene, scene_of, traced

import modelrouter
from modelrouter import Context, Router
from modelrouter.core.rules import Policy, Rule
from modelrouter.errors import RequestFailedError, StreamCutError
from modelrouter.telemetry import names
from modelrouter.testing import ScriptedProvider, broken, silent, status, stream, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.otlp import Receiver

INTERNAL, CLIENT = 1, 3
UNSET, ERROR = 0, 2
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{PARENT}-01"
COUNTED = (
    '{"id": "x", "object": "chat.completion", "created": 0, "model": "second-model", "choices": [{"index": 0, "message":'
    ' {"role": "assistant", "content": "well"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 20,'
    ' "completion_tokens": 9, "total_tokens": 29, "prompt_tokens_details": {"cached_tokens": 8},'
    ' "completion_tokens_details": {"reasoning_tokens": 4}}}'
)


@pytest.fixture
def scene(receiver: Receiver) -> Iterator[Scene]:
    """`first` is geofenced, `second` serves."""
    with scene_of({"first": [GEOFENCED], "second": [status(200, COUNTED)]}, receiver) as made:
        yield made


def test_a_failover_is_one_trace(scene: Scene) -> None:
    """A request is one span, each of its calls one below it, within its time; only what failed has an error."""
    answer = scene.router.chat("claims", "hello")
    whole, first, second = scene.spans(3)

    assert (whole.name, first.name, second.name) == ("chat claims", "chat first-model", "chat second-model")
    assert (whole.kind, first.kind, second.kind) == (INTERNAL, CLIENT, CLIENT)
    assert whole.parent == ""
    assert {first.parent, second.parent} == {whole.id}
    assert {whole.trace, first.trace, second.trace} == {answer.decision.id.removeprefix("mr_")}
    assert (whole.status, first.status, second.status) == (UNSET, ERROR, UNSET)
    assert first.message == "geofenced (jurisdiction)"
    assert whole.begun <= first.begun <= first.ended <= second.begun <= second.ended <= whole.ended


def test_the_conventions_names(scene: Scene) -> None:
    """Each span has the attributes that the conventions require, and tells our own facts beside them."""
    answer = scene.router.chat("claims", "hello")
    whole, first, second = scene.spans(3)

    assert whole.told == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": "claims",
        "gen_ai.response.model": "second-model",
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.usage.cache_read.input_tokens": 8,
        "gen_ai.usage.reasoning.output_tokens": 4,
        "server.address": "second.example",
        "server.port": 8000,
        "modelrouter.request.id": answer.decision.id,
        "modelrouter.process": "claims",
        "modelrouter.outcome": "served",
        "modelrouter.deployment": "second",
        "modelrouter.attempts": 2,
        "modelrouter.door": "library",
    }
    assert first.told == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "first-model",
        "error.type": "geofenced",
        "http.response.status_code": 403,
        "server.address": "first.example",
        "server.port": 443,
        "modelrouter.deployment": "first",
        "modelrouter.attempt.outcome": "geofenced",
        "modelrouter.fault.scope": "jurisdiction",
        "modelrouter.fault.rule": "openai.unsupported_country",
    }
    assert second.told["modelrouter.attempt.outcome"] == "answered"
    assert "gen_ai.usage.input_tokens" not in second.told  # or sums would count it twice
    assert scene.receiver.scopes[0].schema_url == f"https://opentelemetry.io/schemas/{names.CONVENTIONS}"


def test_who_sends(receiver: Receiver) -> None:
    """The receiver learns which service this is, and replicas are told apart."""
    for _ in range(2):
        with scene_of({"first": [text("hi")], "second": []}, receiver) as scene:
            scene.router.chat("claims", "hello")
    first, second = receiver.resources[0], receiver.resources[-1]
    assert first["service.name"] == "modelrouter"
    assert first["telemetry.sdk.language"] == "python"
    assert first["service.instance.id"] != second["service.instance.id"]


def test_a_request_that_nobody_serves(receiver: Receiver) -> None:
    """It has the cause of the last failure as its error, and each call has its own."""
    with scene_of({"first": [GEOFENCED], "second": [broken()]}, receiver) as scene:
        with pytest.raises(RequestFailedError):
            scene.router.chat("claims", "hello")
        whole, *calls = scene.spans(2 + scene.scripted.count("second"))

    assert whole.status == ERROR
    assert whole.told["error.type"] == "network"
    assert whole.told["modelrouter.outcome"] == "failed"
    assert "modelrouter.deployment" not in whole.told
    assert [call.told["error.type"] for call in calls] == ["geofenced", *["network"] * scene.scripted.count("second")]


def test_what_is_not_called_is_an_event(receiver: Receiver) -> None:
    """A held deployment has no span: the request tells of it, with the domain that is held and why."""
    with scene_of({"first": [GEOFENCED], "second": [text("hi")]}, receiver) as scene:
        scene.router.chat("claims", "once")
        scene.router.chat("claims", "again")
        spans = scene.spans(5)

    (event,) = [event for span in spans for event in span.events]
    assert event == (
        "modelrouter.not_called",
        {
            "modelrouter.deployment": "first",
            "modelrouter.held.domain": "provider-egress:first-p/-",
            "modelrouter.held.cause": "geofenced",
        },
    )


def test_what_a_policy_excludes_is_told(receiver: Receiver) -> None:
    """The request names who may not serve it, and by which rule."""
    home = Policy(id="eu-only", rules=(Rule(fact="processing", allowed=frozenset({"EU"})),))
    scripted = ScriptedProvider({"first": [text("hi")], "second": [text("hi")]})
    made = traced(receiver.url)
    far = replace(made.deployments["first"], processing=("US",))
    with Router(
        replace(
            made,
            policies=(home,),
            deployments={**made.deployments, "first": far},
            processes={"claims": replace(made.processes["claims"], routes=(far, made.deployments["second"]))},
        ),
        clients=scripted.clients(),
        observers=[],
        hold_file=None,
    ) as router:
        router.chat("claims", "x")
        whole, _ = Scene(receiver, router, scripted).spans(2)

    assert whole.told["modelrouter.excluded"] == ["first: eu-only"]


def test_a_stream_lasts_until_its_end(receiver: Receiver) -> None:
    """The request and the call that serves it go on with the stream, and say when its first content came."""

    async def promise(scene: Scene) -> None:
        async with await scene.router.achat("claims", "hello", stream=True) as answer:
            blocks = [block async for block in answer]
            assert len(blocks) > 1
        await scene.router.aclose()

    with scene_of({"first": [stream(["a", "b", "c"])], "second": []}, receiver) as scene:
        asyncio.run(promise(scene))
        whole, call = scene.spans(2)

    assert whole.told["modelrouter.stream"] == "complete"
    for span in (whole, call):
        assert span.told["gen_ai.request.stream"] is True
        assert 0 <= span.told["gen_ai.response.time_to_first_chunk"] <= (span.ended - span.begun) / 1e9
    assert call.ended == whole.ended


@pytest.mark.parametrize("how", ["cut", "left"])
def test_a_stream_that_does_not_end_well(receiver: Receiver, how: str) -> None:
    """A stream that breaks off is an error with its cause; one that its caller leaves is none."""
    script = stream(["a", "b"], breaks="ConnectionResetError") if how == "cut" else stream(["a", "b"], silent=True)
    with scene_of({"first": [script], "second": []}, receiver) as scene:
        answer = scene.router.chat("claims", "hello", stream=True)
        if how == "cut":
            with pytest.raises(StreamCutError):
                list(answer.events())
        else:
            next(iter(answer))
            answer.close()
        whole, *_ = scene.spans(2)

    assert whole.told["modelrouter.stream"] == how
    assert (whole.status, whole.told.get("error.type")) == ((ERROR, "network") if how == "cut" else (UNSET, None))


def test_a_stream_that_goes_on_elsewhere(receiver: Receiver) -> None:
    """Both who broke off and who went on have a span, one after the other; the request itself went well."""
    scripts = {"first": [stream(["a", "b"], breaks="ConnectionResetError")], "second": [stream(["x", "y"])]}
    with scene_of(scripts, receiver, on_cut="restart") as scene:
        list(scene.router.chat("claims", "hello", stream=True, context=Context(restart=True)))
        whole, first, second = scene.spans(3)

    assert (whole.status, whole.told["modelrouter.stream"]) == (UNSET, "complete")
    assert whole.told["modelrouter.deployment"] == "second"
    assert (first.told["error.type"], first.status) == ("network", ERROR)
    assert (second.told["modelrouter.attempt.outcome"], second.status) == ("answered", UNSET)
    assert first.ended <= second.begun + 1_000_000  # a millisecond for the rounding of seconds
    assert second.ended == whole.ended


def test_a_caller_who_goes_away(receiver: Receiver) -> None:
    """A request that its caller takes back is told of, as cancelled."""

    async def promise(scene: Scene) -> None:
        asking = asyncio.ensure_future(scene.router.achat("claims", "hello"))
        while not scene.scripted.calls:  # noqa: ASYNC110 - the double has no event
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await scene.router.aclose()

    with scene_of({"first": [silent()], "second": [silent()]}, receiver) as scene:
        asyncio.run(promise(scene))
        scene.router.close()
        whole = next(span for span in receiver.await_spans(1) if span.kind == INTERNAL)
    assert {each.key: each.value.string_value for each in whole.attributes}["error.type"] == "cancelled"


def test_callers_are_parents(receiver: Receiver) -> None:
    """Through the gateway, a request belongs to the trace that its caller's headers name, and passes its state on."""
    with scene_of({"first": [text("hi")], "second": []}, receiver) as scene, serving(scene.router) as url:
        body = {"model": "claims", "messages": [{"role": "user", "content": "x"}]}
        told = {"traceparent": SAMPLED, "tracestate": "vendor=opaque"}
        httpx.post(f"{url}/v1/chat/completions", json=body, headers=told).raise_for_status()
        whole, call = scene.spans(2)

    assert (whole.trace, whole.parent, whole.state) == (TRACE, PARENT, "vendor=opaque")
    assert (call.trace, call.parent, call.state) == (TRACE, whole.id, "vendor=opaque")
    assert whole.told["modelrouter.door"] == "gateway"


def test_callers_are_parents_in_process(receiver: Receiver) -> None:
    """So they are through the drop-in SDK, by the same headers."""
    with (
        scene_of({"first": [text("hi")], "second": []}, receiver) as scene,
        modelrouter.OpenAI(router=scene.router) as client,
    ):
        client.chat.completions.create(
            model="claims", messages=[{"role": "user", "content": "x"}], extra_headers={"traceparent": SAMPLED}
        )
        whole, _ = scene.spans(2)
    assert (whole.trace, whole.parent) == (TRACE, PARENT)


@pytest.mark.parametrize("manner", ["sync", "async"])
def test_the_applications_own_span_is_a_parent(receiver: Receiver, manner: str) -> None:
    """A program that traces itself finds our request below the span it was made in."""
    tracer = TracerProvider().get_tracer("application")

    async def asked(scene: Scene) -> None:
        await scene.router.achat("claims", "x")
        await scene.router.aclose()

    with scene_of({"first": [text("hi")], "second": []}, receiver) as scene:
        with tracer.start_as_current_span("checkout") as span:
            asyncio.run(asked(scene)) if manner == "async" else scene.router.chat("claims", "x")
        whole, _ = scene.spans(2)
    assert int(whole.parent, 16) == span.get_span_context().span_id
    assert int(whole.trace, 16) == span.get_span_context().trace_id
    assert otel.get_current_span() is otel.INVALID_SPAN


@pytest.mark.parametrize(
    "header",
    ["", "00-", f"ff-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01", "x" * 5000,
     f"00-{TRACE.upper()}-{PARENT}-01", f"00-{TRACE}-{PARENT}-01-more"],
)  # fmt: skip
def test_a_header_that_says_nothing(receiver: Receiver, header: str) -> None:
    """Without a header that counts, a trace begins here, and its id is that of the request."""
    with scene_of({"first": [text("hi")], "second": []}, receiver) as scene, serving(scene.router) as url:
        body = {"model": "claims", "messages": [{"role": "user", "content": "x"}]}
        answer = httpx.post(f"{url}/v1/chat/completions", json=body, headers={"traceparent": header})
        whole, _ = scene.spans(2)
    assert answer.headers["x-request-id"] == f"mr_{whole.trace}"
    assert whole.parent == ""


def test_who_is_not_sampled_is_not_told_of(receiver: Receiver) -> None:
    """A caller that does not keep its trace keeps ours from being sent, and so does a share of nought."""
    with scene_of({"first": [text("hi")], "second": []}, receiver, sample=0.0) as scene:
        scene.router.chat("claims", "x")
        with serving(scene.router) as url:
            body = {"model": "claims", "messages": [{"role": "user", "content": "x"}]}
            for flags in ("00", "01"):
                told = {"traceparent": f"00-{TRACE}-{PARENT}-{flags}"}
                httpx.post(f"{url}/v1/chat/completions", json=body, headers=told).raise_for_status()
        whole, _ = scene.spans(2)  # of three requests one
    assert whole.parent == PARENT


def test_providers_learn_no_trace(receiver: Receiver) -> None:
    """Neither header goes to a provider: it would learn which requests belong together."""
    heard: list[bytes] = []

    class Listening(Upstream):
        async def __call__(self, scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
            heard.extend(name for name, _ in scope["headers"])
            await super().__call__(scope, receive, send)

    with Listening() as upstream:
        made = traced(receiver.url)
        near = replace(
            made.deployments["first"], url=upstream.url, provider=replace(made.providers["first-p"], local=True)
        )
        moved = replace(made.processes["claims"], routes=(near,))
        with (
            Router(replace(made, deployments={"first": near}, processes={"claims": moved}), hold_file=None) as router,
            serving(router) as url,
            openai.OpenAI(base_url=f"{url}/v1", api_key="x") as client,
        ):
            client.chat.completions.create(
                model="claims",
                messages=[{"role": "user", "content": "x"}],
                extra_headers={"traceparent": SAMPLED, "tracestate": "a=b", "baggage": "c=d"},
            )
    assert b"content-type" in heard
    assert not {b"traceparent", b"tracestate", b"baggage"} & set(heard)


def test_a_reload_moves_to_another_receiver(receiver: Receiver) -> None:
    """A section that comes with a reload counts from then on, one that changes sends elsewhere, one that goes ends it."""
    scripted = ScriptedProvider({"first": [text("hi")], "second": []})
    with (
        type(receiver)() as other,
        Router(traced(""), clients=scripted.clients(), observers=[], hold_file=None) as router,
    ):
        for to in (receiver.url, other.url, ""):
            router.chat("claims", "before")
            router.reload(traced(to))
            router.chat("claims", "after")
        router.close()
        assert (len(receiver.await_spans(4)), len(other.await_spans(4))) == (4, 4)


def test_nothing_is_imported_without_a_section() -> None:
    """Who sends no telemetry does not pay for it."""
    code = (
        "import sys\n"
        "from modelrouter import Router\n"
        "from modelrouter.testing import ScriptedProvider, text\n"
        "from support.inventories import *\n"
        "made = inventory(process('p', deployment('a')))\n"
        "with Router(made, clients=ScriptedProvider({'a': [text('hi')]}).clients(), hold_file=None) as router:\n"
        "    router.chat('p', 'x')\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=True
    )
    assert done.stdout == "[]\n"


def test_busy_is_named(receiver: Receiver) -> None:
    """Two calls to one deployment are two spans."""
    with scene_of({"first": [BUSY, text("hi")], "second": [broken()]}, receiver) as scene:
        scene.router.chat("claims", "x")
        scene.router.close()
        calls = [span for span in receiver.await_spans(2) if span.kind == CLIENT]
    assert len(calls) == len(scene.scripted.calls)
