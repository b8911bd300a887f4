"""Every public signature in use: never run, only type-checked."""

from __future__ import annotations

from typing import assert_type

from modelrouter import (
    Anthropic,
    AsyncAnthropic,
    AsyncOpenAI,
    Context,
    Decision,
    Inventory,
    ModelRouterError,
    OpenAI,
    Router,
    context,
    decision_of,
    load,
    transport,
)
from modelrouter.core.holds import Hold
from modelrouter.core.unrecognised import Unrecognised
from modelrouter.router import Explanation
from modelrouter.runtime.answer import Answer, SyncAnswer
from modelrouter.testing import ManualClock, Recorder, ScriptedProvider, text


def synchronous(path: str) -> None:
    """The synchronous router and SDK."""
    inventory = load(path)
    assert_type(inventory, Inventory)
    scripted = ScriptedProvider({"a": [text("hi")]})
    with Router(
        inventory, observers=[Recorder()], clients=scripted.clients(), clock=ManualClock(), hold_file=None
    ) as router:
        answer = router.chat("p", "hello", context=Context(data_class="personal", deadline_s=5.0), temperature=0.1)
        assert_type(answer, SyncAnswer)
        assert_type(answer.text, str)
        assert_type(answer.decision, Decision)
        assert_type(router.holds(), tuple[Hold, ...])
        assert_type(router.hold("family:claude", "drill", for_s=60), Hold)
        assert_type(router.release("family:claude"), bool)
        assert_type(router.unrecognised(), tuple[Unrecognised, ...])
        assert_type(router.unrecognised_dropped(), int)
        assert_type(router.explain("p"), Explanation)
        for block in router.chat("p", [{"role": "user", "content": "hi"}], stream=True):
            assert_type(block, bytes)
    with OpenAI(inventory=path, process="p", timeout=5.0) as client, context(country="DE", deadline=3.0):
        completion = client.chat.completions.create(model="p", messages=[{"role": "user", "content": "hi"}])
        assert_type(completion.choices[0].message.content, str | None)
        assert_type(decision_of(completion), Decision)
        assert_type(client.with_options(timeout=1.0), OpenAI)


def others(path: str) -> None:
    """Anthropic's SDK, and any other that takes an HTTP client."""
    with Anthropic(inventory=path) as client:
        message = client.messages.create(model="p", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
        assert_type(decision_of(message), Decision)
        assert_type(client.with_options(timeout=1.0), Anthropic)
    assert_type(transport(path, process="p").router, Router)


async def asynchronous(router: Router) -> None:
    """The asynchronous router and SDK."""
    async with router, AsyncOpenAI(router=router) as client:
        answer = await router.achat("p", "hello", stream=True)
        assert_type(answer, Answer)
        async for block in answer:
            assert_type(block, bytes)
        async with AsyncAnthropic(router=router) as other:
            assert_type(other.copy(), AsyncAnthropic)
        try:
            await client.chat.completions.create(model="p", messages=[])
        except ModelRouterError as error:
            assert_type(error, ModelRouterError)
