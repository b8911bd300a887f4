"""A twin's door, its log, its limits, and which calls an injection hits."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.inventory import Account, Limits, Provider
from modelrouter.drills.twins.asked import marker
from modelrouter.drills.twins.door import bound
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Called, Injection, Standing
from modelrouter.drills.twins.keys import dummy_key
from modelrouter.drills.twins.limits import Accounts
from modelrouter.drills.twins.twin import Pace, Twin

if TYPE_CHECKING:
    from collections.abc import Callable

LOOPS = [("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})]


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Both loops: they close sockets in different turns."""
    return request.param


HELLO: list[Any] = [{"role": "user", "content": "Hello [[m-3]]"}]


async def ask(client: openai.AsyncOpenAI, model: str = "gpt-5.6") -> Any:
    """One call."""
    return await client.chat.completions.create(model=model, messages=HELLO)


async def statuses(client: openai.AsyncOpenAI, calls: int, model: str = "gpt-5.6") -> list[int]:
    """So many calls one after another."""
    seen = []
    for _ in range(calls):
        try:
            await ask(client, model)
            seen.append(200)
        except openai.APIStatusError as error:
            seen.append(error.status_code)
    return seen


@pytest.mark.anyio
async def test_starts_in_milliseconds_and_quietly(stage: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    """Start and stop take no time and write no log, also when a call is dropped."""
    caplog.set_level(logging.DEBUG)
    async with stage() as on, on.openai() as client:
        await ask(client)
        on.twin.inject(Injection(effect=Effect.TIMEOUT))
        hanging = asyncio.ensure_future(ask(client))
        await on.arrived()
        begun = time.monotonic()
        await on.twin.stop()
        stopped = time.monotonic() - begun
        await on.twin.start()
        started = time.monotonic() - begun - stopped
        with pytest.raises(openai.APIConnectionError):
            await hanging

    assert max(stopped, started) < 0.1
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


@pytest.mark.anyio
async def test_only_loopback(stage: Callable[..., Any]) -> None:
    """The address is 127.0.0.1, and no argument changes that."""
    async with stage() as on:
        assert on.twin.url.startswith("http://127.0.0.1:")
        assert on.url == f"{on.twin.url}/at/openai-one/v1"
    with pytest.raises(TypeError):
        Twin(on.twin.provider, [on.deployment], host="0.0.0.0")  # type: ignore[call-arg]  # the point of the test


@pytest.mark.anyio
async def test_has_no_address_before_it_starts(stage: Callable[..., Any]) -> None:
    """Asking for the address too early is a mistake that says so."""
    async with stage() as on:
        early = Twin(on.twin.provider, [on.deployment])
        with pytest.raises(RuntimeError, match="has not been started"):
            early.base_url(on.deployment)


@pytest.mark.anyio
async def test_closed_door_refuses_and_opens_on_the_same_port(stage: Callable[..., Any]) -> None:
    """Closed: connections refused, calls inside dropped. Open again: the same address serves."""
    async with stage() as on, on.openai() as client:
        await ask(client)
        url = on.twin.url
        for _ in range(3):
            await on.twin.close_door()
            with pytest.raises(openai.APIConnectionError):
                await ask(client)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            await on.twin.open_door()
            await ask(client)

    assert on.twin.url == url
    assert [entry.whole for entry in on.twin.log] == [True] * 4


@pytest.mark.anyio
async def test_closing_the_door_drops_calls_inside(stage: Callable[..., Any]) -> None:
    """A call under way is lost, and logged as unfinished by the time the door is closed."""
    async with stage(pace=Pace(first_token_s=30)) as on, on.openai() as client:
        waiting = asyncio.ensure_future(ask(client))
        await on.arrived()
        await on.twin.close_door()
        with pytest.raises(openai.APIConnectionError):
            await waiting

        (entry,) = on.twin.log
        assert (entry.effect, entry.done_at, entry.whole, on.twin.inside) == (None, None, False, 0)


@pytest.mark.anyio
async def test_twins_side_by_side(stage: Callable[..., Any]) -> None:
    """Several providers live on one loop, each with its own port, faults and log."""
    async with stage("openai") as one, stage("azure") as two, one.openai() as first, two.openai() as second:
        one.twin.inject(Injection(effect=Effect.OUTAGE))
        outcomes = await asyncio.gather(*(statuses(client, 3) for client in (first, second)))

    assert outcomes == [[500] * 3, [200] * 3]
    assert {entry.provider for entry in one.twin.log} == {"openai"}


@pytest.mark.anyio
async def test_entry_tells_who_asked_what(stage: Callable[..., Any]) -> None:
    """Deployment, account, model, marker and times are there; the key is nowhere."""
    async with stage() as on, on.openai() as client:
        await ask(client)

    (entry,) = on.twin.log
    assert (entry.deployment, entry.model, entry.key_tail, entry.marker) == (
        "openai-one",
        "gpt-5.6",
        "openai/main",
        "m-3",
    )
    assert (entry.effect, entry.status, entry.whole, entry.tokens_out, entry.probe) == (None, 200, True, 8, False)
    assert entry.at <= entry.first_at <= entry.done_at
    assert on.key not in repr(on.twin.log)


@pytest.mark.anyio
async def test_log_reads_the_clock_it_is_given(stage: Callable[..., Any]) -> None:
    """Times are those of the injected clock."""
    async with stage(clock=lambda: 42.0) as on, on.openai() as client:
        await ask(client)

    assert (on.twin.log[0].at, on.twin.log[0].first_at, on.twin.log[0].done_at) == (42.0, 42.0, 42.0)


@pytest.mark.anyio
async def test_caller_that_leaves_is_noticed(stage: Callable[..., Any]) -> None:
    """A cancelled stream ends on the server as well, with what had left by then."""
    async with stage(pace=Pace(first_token_s=0, token_gap_s=0.01, tokens=1000)) as on, on.openai() as client:
        async with await client.chat.completions.create(model="gpt-5.6", messages=HELLO, stream=True) as stream:
            async for chunk in stream:
                if chunk.choices[0].delta.content:
                    break
        await on.left()

    (entry,) = on.twin.log
    assert (entry.status, entry.done_at, entry.whole) == (200, None, False)
    assert 1 <= entry.tokens_out < 100


def two_deployments(on: Any) -> tuple[Twin, dict[str, str]]:
    """A twin with a second account and a second model beside the first, and a key for each deployment."""
    other = Account(provider="openai", name="other")
    provider = Provider(
        id="openai",
        company="openai",
        headquarters="US",
        vendor="openai",
        accounts={**on.deployment.provider.accounts, "other": other},
    )
    first = replace(on.deployment, provider=provider)
    second = replace(first, id="openai-two", account=other)
    third = replace(first, id="openai-three", name="gpt-5.6-mini")
    keys = {"openai-one": on.key, "openai-two": dummy_key(other), "openai-three": on.key}
    return Twin(provider, [first, second, third], pace=Pace(first_token_s=0, token_gap_s=0)), keys


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("narrow", "hit"),
    [
        ({}, {"openai-one", "openai-two", "openai-three"}),
        ({"keys": "openai-two"}, {"openai-two"}),
        ({"models": "gpt-5.6"}, {"openai-one", "openai-two"}),
        ({"keys": "openai-one", "models": "gpt-5.6-mini"}, {"openai-three"}),
    ],
)
async def test_injection_hits_keys_and_models(stage: Callable[..., Any], narrow: dict[str, str], hit: set[str]) -> None:
    """Account and model narrow an injection; deployments are found from key and model without their prefix."""
    async with stage() as on:
        twin, keys = two_deployments(on)
        chosen: dict[str, Any] = {name: frozenset({keys.get(value, value)}) for name, value in narrow.items()}
        async with twin:
            twin.inject(Injection(effect=Effect.SUSPENDED, **chosen))
            for name, key in keys.items():
                model = "gpt-5.6-mini" if name == "openai-three" else "gpt-5.6"
                async with on.openai(base_url=twin.url + "/v1", api_key=key) as client:
                    await statuses(client, 1, model)

    assert {entry.deployment for entry in twin.log if entry.effect is Effect.SUSPENDED} == hit
    assert [entry.deployment for entry in twin.log] == list(keys)


@pytest.mark.anyio
async def test_key_of_another_account_is_refused_at_a_deployments_own_address(stage: Callable[..., Any]) -> None:
    """Two resources of one provider do not share keys."""
    async with stage() as on:
        twin, keys = two_deployments(on)
        async with twin, on.openai(base_url=f"{twin.url}/at/openai-two/v1", api_key=keys["openai-one"]) as client:
            assert await statuses(client, 1) == [401]


@pytest.mark.anyio
async def test_clear_and_newest_first(stage: Callable[..., Any]) -> None:
    """The newest injection that matches wins; clearing serves again."""
    async with stage() as on, on.openai() as client:
        on.twin.inject(Injection(effect=Effect.OUTAGE))
        on.twin.inject(Injection(effect=Effect.GEOFENCED))
        before = await statuses(client, 1)
        on.twin.clear()
        after = await statuses(client, 1)

    assert (before, after) == ([403], [200])


@given(share=st.floats(min_value=0.01, max_value=1.0), calls=st.integers(min_value=1, max_value=300))
def test_share_is_kept_and_evenly_spread(share: float, calls: int) -> None:
    """After any number of calls the hits are within one of the share."""
    standing = Standing()
    standing.add(Injection(effect=Effect.OUTAGE, share=share))
    hits = sum(standing.take(Called("key", "model")) is not None for _ in range(calls))

    assert abs(hits - share * calls) < 1 + 1e-6


@pytest.mark.parametrize("share", [0, -0.1, 1.1])
def test_share_out_of_range_is_refused(share: float) -> None:
    """A share of nothing or of more than everything is a mistake."""
    with pytest.raises(ValueError, match="share"):
        Injection(effect=Effect.OUTAGE, share=share)


@pytest.mark.anyio
async def test_stated_wait_is_the_injections(stage: Callable[..., Any]) -> None:
    """`retry-after` and the text carry the wait that was injected."""
    async with stage() as on, on.openai() as client:
        on.twin.inject(Injection(effect=Effect.THROTTLED, retry_after_s=7))
        with pytest.raises(openai.RateLimitError, match="try again in 7s") as caught:
            await ask(client)

    headers = caught.value.response.headers
    assert (headers["retry-after"], headers["retry-after-ms"], headers["x-ratelimit-remaining-requests"]) == (
        "7",
        "7000",
        "0",
    )


@pytest.mark.anyio
async def test_declared_calls_a_minute_are_enforced(stage: Callable[..., Any]) -> None:
    """Beyond the bucket the vendor's own 429 with the true wait; scale shrinks it with the drill."""
    now = [0.0]
    async with stage(rpm=600, scale=0.1, clock=lambda: now[0]) as on, on.openai() as client:
        first = await statuses(client, 4)
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(client)
        now[0] = 1.0
        second = await statuses(client, 2)

    assert (first, second) == ([200, 200, 429, 429], [200, 429])
    assert caught.value.response.headers["retry-after"] == "1"
    assert [entry.injected for entry in on.twin.log if entry.effect is Effect.THROTTLED] == [False] * 4


@pytest.mark.anyio
async def test_what_an_account_declares_is_enforced_across_its_deployments(stage: Callable[..., Any]) -> None:
    """Two twins of one provider, a deployment of the same account behind each: together no more calls than the account's.

    The 429 is the vendor's own; a deployment of another account goes on, and a refusal costs neither of them anything.
    """
    now = [0.0]
    async with stage() as on:
        account = replace(on.deployment.account, limits=Limits(rpm=120, concurrency=9))
        provider = replace(
            on.deployment.provider, accounts={"main": account, "other": Account(provider="openai", name="other")}
        )
        first, second, third = (
            replace(on.deployment, id=name, provider=provider, account=of)
            for name, of in (("one", account), ("two", account), ("three", provider.accounts["other"]))
        )
        accounts, pace = Accounts(), Pace(first_token_s=0, token_gap_s=0)
        twins = [
            Twin(provider, members, clock=lambda: now[0], accounts=accounts, pace=pace)
            for members in ([first], [second, third])
        ]
        async with AsyncExitStack() as stack:
            for twin in twins:
                await stack.enter_async_context(twin)
            homes = zip((first, second, third), (twins[0], twins[1], twins[1]), strict=True)
            clients = [
                await stack.enter_async_context(
                    on.openai(base_url=twin.base_url(each), api_key=dummy_key(each.account))
                )
                for each, twin in homes
            ]
            one = await statuses(clients[0], 2)
            two = await statuses(clients[1], 3)
            with pytest.raises(openai.RateLimitError) as caught:
                await ask(clients[1])
            three = await statuses(clients[2], 5)
            now[0] = 0.5
            again = [*await statuses(clients[1], 2), *await statuses(clients[0], 1)]

    assert (one, two, three, again) == ([200, 200], [200, 200, 429], [200] * 5, [200, 429, 429])
    assert caught.value.response.headers["x-ratelimit-limit-requests"] == "120"
    assert caught.value.response.headers["retry-after"] == "1"


@pytest.mark.anyio
async def test_declared_concurrency_is_enforced(stage: Callable[..., Any]) -> None:
    """So many calls at a time, and room again when they are over."""
    async with stage(concurrency=2, pace=Pace(first_token_s=0.05)) as on, on.openai() as client:
        outcomes = await asyncio.gather(*(statuses(client, 1) for _ in range(5)))
        later = await statuses(client, 1)

    assert sorted(outcomes) == [[200], [200], [429], [429], [429]]
    assert later == [200]


@pytest.mark.anyio
async def test_free_probe_sees_what_a_listing_would(stage: Callable[..., Any]) -> None:
    """A suspended account cannot list; a withdrawn model is missing from the list; a throttle does not show."""
    async with stage() as on, on.openai() as client:
        on.twin.inject(Injection(effect=Effect.SUSPENDED))
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()
        on.twin.clear()
        on.twin.inject(Injection(effect=Effect.THROTTLED))
        assert [model.id async for model in client.models.list()] == ["gpt-5.6"]
        on.twin.inject(Injection(effect=Effect.EXPORT_CONTROLLED, models=frozenset({"gpt-5.6"})))
        assert [model.id async for model in client.models.list()] == []
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("gpt-5.6")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("vendor", "path", "found"),
    [
        ("openai", "/models", lambda body: body["data"][0]["id"] == "gpt-5.6"),
        ("gemini", "/models", lambda body: body["data"][0]["id"] == "models/gemini-3.1-pro"),
        ("gemini", "/models/gemini-3.1-pro", lambda body: body["id"] == "models/gemini-3.1-pro"),
        ("anthropic", "/v1/models", lambda body: body["data"][0]["type"] == "model"),
        ("bedrock", "/foundation-models", lambda body: body["modelSummaries"][0]["modelId"].startswith("eu.")),
    ],
)
async def test_listings_have_the_vendors_shape(
    stage: Callable[..., Any], vendor: str, path: str, found: Callable[[Any], bool]
) -> None:
    """Each vendor lists models in its own words."""
    wire = {"wire": "litellm"} if vendor == "bedrock" else {}
    async with stage(vendor, **wire) as on, aiohttp.ClientSession() as session:
        response = await session.get(on.url + path, headers={"authorization": f"Bearer {on.key}"})
        assert found(await response.json())


@pytest.mark.anyio
async def test_servers_list_their_own_models(stage: Callable[..., Any]) -> None:
    """Two servers of one provider share a twin and keep their listings apart."""
    async with stage("ollama") as on:
        other = replace(on.deployment, id="other", url="http://localhost:8000/v1", name="mistral")
        async with Twin(on.deployment.provider, [on.deployment, other]) as twin:
            for deployment in (on.deployment, other):
                async with on.openai(base_url=twin.base_url(deployment)) as client:
                    assert [model.id async for model in client.models.list()] == [deployment.name]


@pytest.mark.anyio
async def test_empty_listing_of_anthropic(stage: Callable[..., Any]) -> None:
    """With its only model withdrawn, the page is empty and still a page."""
    async with stage("anthropic") as on, on.anthropic() as client:
        on.twin.inject(Injection(effect=Effect.EXPORT_CONTROLLED))
        assert [model.id async for model in client.models.list()] == []


@pytest.mark.anyio
async def test_broken_requests(stage: Callable[..., Any]) -> None:
    """A body that is no JSON is refused; one that never ends leaves no entry."""
    async with stage() as on, aiohttp.ClientSession() as session:
        headers = {"authorization": f"Bearer {on.key}"}
        response = await session.post(on.url + "/chat/completions", data=b'{"model": "gpt-5.6"', headers=headers)
        _, writer = await asyncio.open_connection("127.0.0.1", int(on.twin.url.rpartition(":")[2]))
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{")
        writer.close()
        await writer.wait_closed()

    assert response.status == 400
    assert [entry.effect for entry in on.twin.log] == [Effect.BAD_REQUEST]


@pytest.mark.anyio
async def test_starting_twice_changes_nothing(stage: Callable[..., Any]) -> None:
    """A twin that listens goes on listening where it does; stopping one that is stopped is nothing."""
    async with stage() as on:
        url = on.twin.url
        await on.twin.start()
        assert on.twin.url == url
        await on.twin.close_door()
        await on.twin.stop()
        await on.twin.stop()


@pytest.mark.anyio
async def test_taken_port_is_an_error(stage: Callable[..., Any]) -> None:
    """A port that somebody else listens on cannot be held."""
    async with stage() as on:
        with pytest.raises(OSError, match="in use"):
            bound(int(on.twin.url.rpartition(":")[2]))


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ([{"role": "user", "content": "a [[x]] b"}], "x"),
        ([{"role": "user", "content": "[[x]]"}, {"role": "assistant", "content": "[[y]]"}], "x"),
        ([{"role": "user", "content": "[[x]]"}, {"role": "user", "content": [{"type": "text", "text": "[[z]]"}]}], "z"),
        ([{"role": "user", "content": [{"text": "[[b]]"}]}], "b"),
        ([{"role": "user", "content": "none"}], None),
        ([], None),
        ("broken", None),
        ([None, 3], None),
    ],
)
def test_marker_is_that_of_the_last_user_message(messages: Any, found: str | None) -> None:
    """Requests are recognised by what their user wrote last, in the shapes of every wire."""
    assert marker({"messages": messages}) == found
