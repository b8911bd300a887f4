"""A real llama.cpp server beside a cloud provider: as its fallback, through every door and wire, and when it fails itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest
from local.conftest import running
from local.model import SENTENCE
from support.gateway import serving
from support.inventories import deployment, inventory, process, provider
from support.upstream import Upstream, eventually

from modelrouter import Anthropic, OpenAI, Router, decision_of
from modelrouter.cli.init import local_servers
from modelrouter.core.causes import Cause
from modelrouter.core.inventory import Limits, Model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.conftest import Llama

SAYS = SENTENCE.strip()
PROMPT: Any = [{"role": "user", "content": "Is this claim urgent?"}]
WIRES = ("openai-chat", "anthropic-messages", "openai-responses")
SUSPENDED = (403, {}, '{"error": {"code": "account_deactivated", "message": "Your account has been deactivated."}}')
LOCAL = Model(id="tiny", developer="tests", family="tiny", context=4096, capabilities=frozenset())


def local(llama: Llama, wire: str = "openai-chat", **facts: Any) -> Any:
    """The server as a deployment."""
    of = provider("here", local=True, vendor="llamacpp", headquarters="DE")
    url = llama.url if wire == "anthropic-messages" else f"{llama.url}/v1"
    return replace(deployment("local", of=of, wire=wire, model=LOCAL, **facts), url=url, name="tiny")


@pytest.fixture
def cloud() -> Iterator[Upstream]:
    """A provider that has suspended the account."""
    with Upstream("Hello from the cloud") as upstream:
        upstream.mode, upstream.refusal = "status", SUSPENDED
        yield upstream


def route(*deployments: Any, path: Path) -> Any:
    """An inventory with one process."""
    return inventory(process("claims", *deployments), path=str(path / "providers.yaml"))


def at(upstream: Upstream) -> Any:
    """The cloud as a deployment."""
    return replace(deployment("cloud", of=provider("far", local=True)), url=upstream.url)


@pytest.mark.parametrize("wire", WIRES)
def test_fallback_of_a_suspended_provider(llama: Llama, cloud: Upstream, tmp_path: Path, wire: str) -> None:
    """Whole and streamed, by either SDK, the local model answers in full once the account is suspended, on each of its wires."""
    with Router(route(at(cloud), local(llama, wire), path=tmp_path), observers=(), hold_file=None) as router:
        with OpenAI(router=router) as client:
            whole = client.chat.completions.create(model="claims", messages=PROMPT)
            chunks = list(client.chat.completions.create(model="claims", messages=PROMPT, stream=True))
        with Anthropic(router=router) as other:
            message: Any = other.messages.create(model="claims", max_tokens=100, messages=PROMPT)
            with other.messages.stream(model="claims", max_tokens=100, messages=PROMPT) as stream:
                streamed = "".join(stream.text_stream)

    assert (whole.choices[0].message.content or "").strip() == SAYS
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices).strip() == SAYS
    assert (message.content[0].text.strip(), message.stop_reason, streamed.strip()) == (SAYS, "end_turn", SAYS)
    assert [attempt.deployment for attempt in decision_of(whole).trail] == ["cloud", "local"]
    assert cloud.calls == 1


def test_the_same_over_http(llama: Llama, cloud: Upstream, tmp_path: Path) -> None:
    """Through the gateway, with the official clients as they are."""
    router = Router(route(at(cloud), local(llama), path=tmp_path), observers=(), hold_file=None)
    with (
        serving(router) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as client,
        anthropic.Anthropic(base_url=url, api_key="x", max_retries=0) as other,
    ):
        told = [
            client.chat.completions.create(model="claims", messages=PROMPT).choices[0].message.content,
            client.responses.create(model="claims", input="Is this claim urgent?").output_text,
            other.messages.create(model="claims", max_tokens=100, messages=PROMPT).content[0].text,  # type: ignore[union-attr] # text is all it says
        ]

    assert [(text or "").strip() for text in told] == [SAYS] * 3


def test_it_is_found(llama: Llama) -> None:
    """A first inventory names it with its model."""
    (found,) = local_servers({"llamacpp": llama.port})

    assert (found.kind, found.models) == ("llamacpp", ("tiny",))


def test_more_than_it_holds(llama: Llama, tmp_path: Path) -> None:
    """A prompt beyond its real context is told as such, holds nothing, and the next request is served."""
    believed = replace(local(llama), model=replace(LOCAL, context=1_000_000))
    with (
        Router(route(believed, path=tmp_path), observers=(), hold_file=None) as router,
        OpenAI(router=router) as client,
    ):
        with pytest.raises(openai.BadRequestError) as raised:
            client.chat.completions.create(model="claims", messages=[{"role": "user", "content": "a b c " * 5000}])
        (attempt,) = decision_of(raised.value).trail
        assert attempt.fault is not None
        assert attempt.fault.cause is Cause.CONTEXT_OVERFLOW
        assert router.holds() == ()
        assert router.chat("claims", "x").text.strip() == SAYS


def test_killed_for_want_of_memory(llama: Llama, tmp_path: Path) -> None:
    """Killed while others wait for it and started again, it serves again by itself, within the time of one probe."""
    with (
        Router(route(local(llama), path=tmp_path), observers=(), hold_file=None) as router,
        OpenAI(router=router) as client,
    ):
        assert client.chat.completions.create(model="claims", messages=PROMPT).choices
        llama.kill()
        with pytest.raises(openai.APIStatusError):
            client.chat.completions.create(model="claims", messages=PROMPT)
        llama.start()

        def served() -> bool:
            try:
                return bool(client.chat.completions.create(model="claims", messages=PROMPT).choices)
            except openai.APIStatusError:
                return False

        assert eventually(served, 15)


def test_a_cold_start(program: str, model: Path, cloud: Upstream, tmp_path: Path) -> None:
    """A first choice that is not up yet is passed over without delay, and comes into use by itself once it is."""
    cloud.mode = "ok"
    with running(program, model) as llama:
        llama.kill()
        with Router(route(local(llama), at(cloud), path=tmp_path), observers=(), hold_file=None) as router:
            before = [router.chat("claims", "x").decision.served_by for _ in range(5)]
            llama.start()

            assert eventually(lambda: router.chat("claims", "x").decision.served_by == "local", 20)

    assert before == ["cloud"] * 5


def test_a_silent_server_is_passed_over(program: str, model: Path, tmp_path: Path) -> None:
    """One that takes connections and says nothing costs its time limit once; then the other serves at once."""
    with running(program, model) as frozen, running(program, model) as sound:
        first, second = local(frozen), replace(local(sound), id="spare")
        with Router(route(first, second, path=tmp_path), observers=(), hold_file=None) as router:
            frozen.freeze()
            stream = router.chat("claims", "x", stream=True)
            text = b"".join(stream)
            again = router.chat("claims", "x", stream=True)
            list(again)

    assert b"[DONE]" in text
    assert (stream.decision.served_by, again.decision.served_by) == ("spare", "spare")
    assert again.decision.took_s < stream.decision.took_s


def test_a_full_queue(llama: Llama, tmp_path: Path) -> None:
    """Asked by more at once than it declares to carry, each waits for its turn, and all are answered."""
    busy = local(llama, limits=Limits(concurrency=2))
    with Router(route(busy, path=tmp_path), observers=(), hold_file=None) as router, ThreadPoolExecutor(16) as many:
        answers = list(many.map(lambda _: router.chat("claims", "x").text.strip(), range(64)))

    assert answers == [SAYS] * 64
