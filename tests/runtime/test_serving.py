"""The router over scripted providers: evacuation, waits, deadlines, and what callers are told."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter import Context, Router
from modelrouter.core.inventory import Objectives
from modelrouter.core.rules import Policy, Rule
from modelrouter.errors import (
    BadRequestError,
    DeadlineError,
    NoRouteError,
    RequestFailedError,
    StreamCutError,
    UnknownNameError,
)
from modelrouter.providers.base import PLAIN
from modelrouter.testing import Recorder, ScriptedProvider, VirtualTime, broken, silent, status, stream, text

A, B = deployment("a"), deployment("b")
REFUSED = '{"error": {"message": "Country, region, or territory not supported", "type": "request_forbidden", "code": "unsupported_country_region_territory"}}'


def run(promise):
    """Run one asynchronous test."""
    return asyncio.run(asyncio.wait_for(promise, 30))


def router_over(scripts, *observers, routes=(A, B), objectives=None, **facts) -> tuple[Router, ScriptedProvider]:
    """A router for process `p` over scripts, by deployment."""
    scripted = ScriptedProvider(scripts)
    objectives = objectives or Objectives(deadline_s=5.0)
    described = inventory(process("p", *routes, objectives=objectives, **facts.pop("process", {})), **facts)
    return Router(described, observers=observers, clients=scripted.clients(), hold_file=None), scripted


def test_silence_moves_those_who_wait_and_races():
    """When silence holds a deployment, every waiting request moves on, and an old answer may still win."""

    async def promise():
        slow, fast = deployment("slow"), deployment("fast")
        router, scripted = router_over(
            {"slow": [silent()], "fast": [text("elsewhere")]},
            routes=(slow, fast),
            objectives=Objectives(deadline_s=4.0),
        )
        first = [asyncio.create_task(router.achat("p", "x", stream=False)) for _ in range(2)]
        await asyncio.sleep(1.0)
        late = [asyncio.create_task(router.achat("p", "x")) for _ in range(20)]
        begun = time.monotonic()
        answers = await asyncio.gather(*first, *late)
        took = time.monotonic() - begun

        assert {"elsewhere"} == {answer.text for answer in answers}
        assert took < 1.5  # those who came later did not wait out a silence of their own
        assert 22 == scripted.count("slow")
        await router.aclose()

    run(promise())


def test_waits_out_a_stated_wait_when_nothing_else_can_serve():
    """One deployment that asks for a short pause is asked again after it, within the deadline."""

    async def promise():
        throttled = status(
            429,
            '{"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}',
            {"retry-after-ms": "300"},
        )
        router, scripted = router_over({"a": [throttled, text("after the pause")]}, routes=(A,))
        begun = time.monotonic()
        answer = await router.achat("p", "x")

        assert "after the pause" == answer.text
        assert time.monotonic() - begun >= 0.3
        assert 2 == scripted.count("a")
        await router.aclose()

    run(promise())


def test_deadline_is_one_for_all_attempts():
    """The deadline covers the whole ladder; what is in flight then counts as a timeout."""

    async def promise():
        recorder = Recorder()
        router, _ = router_over({"a": [silent()], "b": [silent()]}, recorder, objectives=Objectives(deadline_s=0.6))
        begun = time.monotonic()
        with pytest.raises(DeadlineError) as raised:
            await router.achat("p", "x")

        assert 0.55 < time.monotonic() - begun < 1.5
        assert 504 == raised.value.status
        assert ["timeout", "timeout"] == [str(attempt.fault.cause) for attempt in raised.value.decision.trail]
        await router.aclose()

    run(promise())


def test_last_permitted_deployment_is_tried_in_spite_of_an_inferred_hold():
    """A hold that was only inferred never leaves a request without anyone to ask."""

    async def promise():
        router, _ = router_over({"a": [broken(), broken(), broken(), broken(), text("back")]}, routes=(A,))
        for _ in range(2):
            with pytest.raises(RequestFailedError):
                await router.achat("p", "x")
        held = router.holds()
        answer = await router.achat("p", "x")

        assert ["network"] == [str(hold.cause) for hold in held]
        assert "back" == answer.text
        await router.aclose()

    run(promise())


def test_a_legal_hold_is_never_waived():
    """A geofence keeps even the last deployment from being called, and the error says so."""

    async def promise():
        router, scripted = router_over({"a": [status(403, REFUSED)]}, routes=(A,))
        with pytest.raises(RequestFailedError):
            await router.achat("p", "x")
        with pytest.raises(NoRouteError, match="provider-egress:a-provider/- is held") as raised:
            await router.achat("p", "x")

        assert 1 == scripted.count("a")
        assert 503 == raised.value.status
        assert b"no_route" in raised.value.body
        await router.aclose()

    run(promise())


def test_a_key_that_cannot_be_had_is_the_deployments_fault(tmp_path):
    """A missing key holds that key and moves on; the request is served elsewhere."""

    async def promise():
        keyless = deployment(
            "keyless", of=provider("acme", key=f"file:{tmp_path}/missing.key", local=True), url="http://127.0.0.1:9/v1"
        )
        described = inventory(process("p", keyless))
        async with Router(described, observers=[], hold_file=None) as router:
            with pytest.raises(RequestFailedError) as raised:
                await router.achat("p", "x")

            assert "auth" == str(raised.value.fault.cause)
            assert ["key:acme/main"] == [str(hold.domain) for hold in router.holds()]

    run(promise())


def test_addresses_that_no_provider_can_have_are_not_dialled():
    """A deployment that is not local cannot be on loopback or a metadata service, by number or by name."""

    async def promise():
        dialled = []
        listener = await asyncio.start_server(lambda _, writer: dialled.append(writer), "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254"):
            described = inventory(process("p", deployment("d", url=f"http://{host}:{port}/v1")))
            async with Router(described, observers=[], hold_file=None) as router:
                with pytest.raises(RequestFailedError) as raised:
                    await router.achat("p", "x")

            assert "network" == str(raised.value.fault.cause)
        listener.close()

        assert [] == dialled

    run(promise())


def test_policy_holds_on_every_hop():
    """A deployment that policy excludes is not called, however badly the others fare; the reason is told."""

    async def promise():
        abroad = deployment("abroad", processing=("US",))
        policy = Policy(
            id="eu-only",
            when={"data.class": frozenset({"personal"})},
            rules=(Rule(fact="processing", allowed=frozenset({"EU"})),),
        )
        router, scripted = router_over(
            {"a": [broken()], "abroad": [text("never")]}, routes=(A, abroad), policies=(policy,)
        )
        open_answer = await router.achat("p", "x")
        with pytest.raises(RequestFailedError) as raised:
            await router.achat("p", "x", context=Context(data_class="personal"))

        assert "never" == open_answer.text
        assert ["eu-only"] == [rule for _, rule, _ in raised.value.decision.excluded]
        assert 1 == scripted.count("abroad")
        await router.aclose()

    run(promise())


def test_needs_of_the_request_choose_who_may_serve():
    """A request with tools goes past a deployment whose model has none."""

    async def promise():
        plain = deployment("plain", capabilities=frozenset())
        router, _ = router_over({"plain": [text("no")], "b": [text("yes")]}, routes=(plain, B))
        tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
        answer = await router.achat("p", "x", tools=[tool])

        assert "yes" == answer.text
        assert "capabilities" == answer.decision.excluded[0].rule
        await router.aclose()

    run(promise())


def test_extra_body_sets_the_context_and_stays_here():
    """What a body says to the router reaches the router alone; what it misspells is refused."""

    async def promise():
        router, scripted = router_over({"a": [text("ok")], "b": [text("ok")]})
        await router.achat("p", "x", modelrouter={"data_class": "internal"})
        with pytest.raises(BadRequestError, match="did you mean 'data_class'"):
            await router.achat("p", "x", modelrouter={"dataclass": "internal"})

        assert "modelrouter" not in json.loads(scripted.calls[0][1])
        await router.aclose()

    run(promise())


def test_a_name_may_be_a_deployment_and_near_misses_are_told():
    """`model` names a process, an alias or a deployment, and anything else is a clear error."""

    async def promise():
        router, _ = router_over({"a": [text("a")], "b": [text("b")]}, aliases={"gpt-9": "p"})

        assert "b" == (await router.achat("b", "x")).text
        assert "a" == (await router.achat("gpt-9", "x")).text
        with pytest.raises(UnknownNameError, match="did you mean 'gpt-9'"):
            await router.achat("gpt-8", "x")
        await router.aclose()

    run(promise())


@pytest.mark.parametrize(
    "script", [text(""), status(200, "<html>captive portal</html>"), status(200, '{"error": {"message": "boom"}}')]
)
def test_a_200_is_not_yet_an_answer(script):
    """Empty answers, pages and errors under a 200 are failures like any other."""

    async def promise():
        router, _ = router_over({"a": [script], "b": [text("real")]})

        assert "real" == (await router.achat("p", "x")).text
        await router.aclose()

    run(promise())


def test_events_without_an_sdk():
    """Without an SDK a stream is read event by event, and a cut raises instead of ending."""

    async def promise():
        router, _ = router_over({"a": [stream("abc"), stream("ab", breaks="ClientPayloadError: cut")]})
        whole = [
            event["choices"][0]["delta"].get("content")
            async for event in (await router.achat("p", "x", stream=True)).events()
        ]
        cut = await router.achat("p", "x", stream=True)
        with pytest.raises(StreamCutError):
            [event async for event in cut.events()]

        assert ["", "a", "b", "c", None] == whole
        await router.aclose()

    run(promise())


def test_a_failing_observer_decides_nothing():
    """An observer that raises is logged; the request is served."""

    class Failing(Recorder):
        def decided(self, decision):
            raise RuntimeError(decision.id)

    async def promise():
        router, _ = router_over({"a": [text("served")]}, Failing(), routes=(A,))

        assert "served" == (await router.achat("p", "x")).text
        await router.aclose()

    run(promise())


def test_a_cancelled_caller_leaves_nothing_behind():
    """Cancelling a request cancels its call and opens no hold."""

    async def promise():
        router, _ = router_over({"a": [silent()], "b": [text("b")]})
        before = asyncio.all_tasks()
        task = asyncio.create_task(router.achat("p", "x"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

        assert () == router.holds()
        assert before == asyncio.all_tasks()
        await router.aclose()

    run(promise())


def test_who_cancels_the_call_cancels_the_request():
    """Where somebody else cancels the task of a call, its request ends as cancelled, and no deployment is blamed."""

    async def promise():
        router, scripted = router_over({"a": [silent()], "b": [text("b")]})
        before = asyncio.all_tasks()
        request = asyncio.create_task(router.achat("p", "x"))
        await asyncio.sleep(0.05)
        (call,) = asyncio.all_tasks() - before - {request}
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        await asyncio.sleep(0)

        assert () == router.holds()
        assert ["a"] == [name for name, _ in scripted.calls]
        assert before == asyncio.all_tasks()
        await router.aclose()

    run(promise())


def test_a_call_that_somebody_cancelled_before_it_began_blames_nobody():
    """Where the task of a call ends before its first step, its request ends as cancelled when its patience does."""
    time = VirtualTime()

    async def promise():
        scripted = ScriptedProvider({"a": [text("a")], "b": [text("b")]})
        router = Router(
            inventory(process("p", A, B)), observers=[], clients=scripted.clients(), clock=time, hold_file=None
        )
        before = asyncio.all_tasks()
        request = asyncio.create_task(router.achat("p", "x"))
        await asyncio.sleep(0)
        (call,) = asyncio.all_tasks() - before - {request}
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

        assert [] == scripted.calls
        assert () == router.holds()
        await router.aclose()

    time.run(promise())


def test_a_mistake_in_a_client_is_raised_where_the_request_waits():
    """What a client of providers should never raise is nobody's fault: the caller gets it as it is, and no hold opens."""

    class Mistaken(ScriptedProvider):
        async def send(self, deployment, body, options=PLAIN):
            reply = await super().send(deployment, body, options)
            raise ZeroDivisionError(deployment.id, reply)

    async def promise():
        clients = Mistaken({"a": [text("a")], "b": [text("b")]}).clients()
        router = Router(inventory(process("p", A, B)), observers=[], clients=clients, hold_file=None)
        with pytest.raises(ZeroDivisionError, match="a"):
            await router.achat("p", "x")

        assert () == router.holds()
        await router.aclose()

    run(promise())


def test_explain_tells_what_would_happen():
    """Explaining sends nothing, and shows who may serve, who not and why, and what is held."""

    async def promise():
        abroad = deployment("abroad", processing=("US",))
        policy = Policy(id="eu-only", rules=(Rule(fact="processing", allowed=frozenset({"EU"})),))
        router, scripted = router_over(
            {"a": [status(403, REFUSED)], "b": [text("b")]}, routes=(A, B, abroad), policies=(policy,)
        )
        await router.achat("p", "x")
        told = router.explain("p")

        assert ["a", "b"] == [deployment.id for deployment in told.candidates.permitted]
        assert ["abroad"] == [excluded.deployment.id for excluded in told.candidates.excluded]
        assert ["geofenced"] == [str(hold.cause) for hold in told.holds["a"]]
        assert 2 == len(scripted.calls)
        await router.aclose()

    run(promise())


def test_a_last_deployment_on_its_way_back_is_not_refused():
    """While a recovered deployment is tried and ramped, it still serves those who have nobody else."""

    async def promise():
        router, _ = router_over({"a": [*[broken()] * 4, text("back")]}, routes=(A,))
        for _ in range(2):
            with pytest.raises(RequestFailedError):
                await router.achat("p", "x")
        answers = await asyncio.gather(*(router.achat("p", "x") for _ in range(20)))

        assert {"back"} == {answer.text for answer in answers}
        await router.aclose()

    run(promise())


def test_nobody_is_moved_to_nowhere():
    """Requests that wait on a deployment whose connection others lost keep waiting when nobody else can serve."""

    async def promise():
        slow = asyncio.Event()

        class Slow(ScriptedProvider):
            async def send(self, deployment, body, options=PLAIN):
                if b"slow" in body:
                    await slow.wait()
                    return await super().send(deployment, body, options)
                self.play(deployment.id, [broken()])
                return await super().send(deployment, body, options)

        scripted = Slow({"a": [text("in the end")]})
        router = Router(inventory(process("p", A)), observers=[], clients=scripted.clients(), hold_file=None)
        waiting = [asyncio.create_task(router.achat("p", "slow")) for _ in range(20)]
        await asyncio.sleep(0)
        for _ in range(3):
            with pytest.raises(RequestFailedError):
                await router.achat("p", "fast")
        held = router.holds()
        scripted.play("a", [text("in the end")])
        slow.set()
        answers = await asyncio.gather(*waiting)

        assert 1 == len(held)
        assert {"in the end"} == {answer.text for answer in answers}
        await router.aclose()

    run(promise())


def test_what_a_wire_cannot_carry_costs_no_attempt():
    """Deployments that cannot take the request are passed over without a call, however many there are."""

    async def promise():
        others = [deployment(f"claude{number}", wire="anthropic-messages") for number in range(3)]
        router, scripted = router_over(
            {**{each.id: [text("no")] for each in others}, "b": [text("two")]}, routes=(*others, B)
        )
        answer = await router.achat("p", "x", n=2)

        assert "two" == answer.text
        assert 1 == answer.decision.calls == len(scripted.calls)
        await router.aclose()

    run(promise())


def test_a_closed_loop_hinders_nobody():
    """A loop that was closed with a call under way does not hang the requests of another."""
    scripted = ScriptedProvider({"a": [silent()], "b": [text("b")]})
    router = Router(inventory(process("p", A, B)), observers=[], clients=scripted.clients(), hold_file=None)
    loop = asyncio.new_event_loop()
    left = loop.create_task(router.achat("p", "x"))
    loop.run_until_complete(asyncio.sleep(0.05))
    loop.close()
    scripted.play("a", [broken()])

    async def promise():
        answers = [(await router.achat("p", "x")).text for _ in range(5)]

        assert ["b"] * 5 == answers
        await router.aclose()

    run(promise())
    with suppress(RuntimeError):
        left.get_coro().close()  # what garbage collection would do later, in the middle of another test


def test_no_library_fetches_what_a_request_names():
    """An image by its address never reaches a library that would fetch it; as data it does."""

    async def promise():
        through = deployment("through", wire="litellm", url=None)
        router, _ = router_over({"through": [text("library")], "b": [text("native")]}, routes=(through, B))

        def ask(url):
            return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]

        assert "native" == (await router.achat("p", ask("http://169.254.169.254/latest"))).text
        assert "library" == (await router.achat("p", ask("data:image/png;base64,AA=="))).text
        await router.aclose()

    run(promise())


def test_a_misspelt_data_class_drops_no_policy():
    """A data class that nobody knows is refused before anything is sent, with the one that was meant."""

    async def promise():
        policy = Policy(id="eu-only", when={"data.class": frozenset({"personal"})}, rules=())
        router, scripted = router_over({"a": [text("a")], "b": [text("b")]}, policies=(policy,))
        with pytest.raises(BadRequestError, match="did you mean 'personal'"):
            await router.achat("p", "x", context=Context(data_class="persnal"))

        assert [] == scripted.calls
        assert "a" == (await router.achat("p", "x", context=Context(data_class="Personal"))).text
        await router.aclose()

    run(promise())
