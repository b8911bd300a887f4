"""What a request may and may not choose where litellm makes the call."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.inventories import deployment, inventory, process, provider
from support.upstream import Upstream

from modelrouter import Router

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    # litellm 1.106.2 looks at every attribute of pydantic objects, deprecated ones included.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    # It keeps the clients of a closed event loop, and lets go of them with a warning.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SECRET = "sk-litellm-secret-3v9"
CHOICES: tuple[Callable[[str], dict[str, Any]], ...] = (
    lambda evil: {"base_url": evil},
    lambda evil: {"api_base": evil, "api_key": "sk-other"},
    lambda evil: {"aws_bedrock_runtime_endpoint": evil},
    lambda evil: {"custom_llm_provider": "anthropic", "base_url": evil},
    lambda evil: {"fallbacks": [{"model": "openai/other", "api_base": evil}]},
    lambda evil: {"context_window_fallback_dict": {"gpt-4o": "openai/other"}, "api_base": evil},
    lambda evil: {"model_list": [{"model_name": "x", "litellm_params": {"model": "openai/x", "api_base": evil}}]},
    lambda _: {"mock_response": "made up"},
    lambda _: {"mock_tool_calls": []},
    lambda _: {"headers": {"x-evil": "1"}},
    lambda _: {"extra_headers": {"x-evil": "1"}},
    lambda _: {"extra_body": {"evil": True}, "extra_query": {"evil": "1"}},
    lambda _: {"api_version": "evil", "organization": "evil", "timeout": 0.000001, "num_retries": 9},
    lambda _: {"metadata": {"evil": "1"}, "litellm_metadata": {"evil": "1"}, "allowed_openai_params": ["evil"]},
)


class Listening(Upstream):
    """An upstream that remembers the head of the last request."""

    head = ""

    async def __call__(self, scope, receive, send) -> None:
        self.head = str((scope["raw_path"], scope["query_string"], scope["headers"]))
        await super().__call__(scope, receive, send)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Listening, Listening]]:
    """The provider of the inventory, and a server that a request would rather have."""
    with Listening("good") as good, Listening("evil") as evil:
        yield good, evil


@pytest.fixture
def router(servers: tuple[Listening, Listening], monkeypatch: pytest.MonkeyPatch) -> Iterator[Router]:
    """One deployment behind litellm."""
    monkeypatch.setenv("LITELLM_KEY_OF_TEST", SECRET)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for server in servers:
        server.reset()
    of = provider("somewhere", key="env:LITELLM_KEY_OF_TEST", local=True)
    served = replace(deployment("d", of=of, wire="litellm", url=servers[0].url), name="openai/gpt-4o")
    with Router(inventory(process("p", served)), observers=[], hold_file=None) as made:
        yield made


@pytest.mark.parametrize("choose", CHOICES, ids=lambda choose: "+".join(choose("")))
def test_a_request_chooses_no_destination(servers, router, choose) -> None:
    """Whatever else a body holds, the deployment of the inventory is called, once, and with its own key."""
    good, evil = servers
    answer = router.chat("p", "x", **choose(evil.url))

    assert answer.text == "good"
    assert (good.calls, evil.calls) == (1, 0)
    assert not {"evil", "extra_body", *choose("")} & set(good.asked[0])
    assert "evil" not in f"{good.asked}{good.head}"
    assert f"Bearer {SECRET}" in good.head


def test_parameters_of_openai_go_on(servers, router) -> None:
    """The sampling, the tools and the bounds that a caller asks for reach the provider."""
    good, _ = servers
    tool = {"type": "function", "function": {"name": "find_claim", "parameters": {"type": "object", "properties": {}}}}
    wishes = {"temperature": 0.2, "top_p": 0.9, "seed": 7, "max_tokens": 12, "stop": ["END"], "user": "u-1"}
    answer = router.chat("p", "x", tools=[tool], tool_choice="auto", **wishes)

    assert wishes.items() <= good.asked[0].items()
    assert (good.asked[0]["tools"], good.asked[0]["tool_choice"]) == ([tool], "auto")
    assert b"find_claim" in answer.body


def test_streams_are_asked_for_as_such(servers, router) -> None:
    """A stream through litellm arrives as events, complete to its end."""
    good, _ = servers
    received = b"".join(router.chat("p", "x", stream=True))

    assert received.endswith(b"data: [DONE]\n\n")
    assert b"good" in received
    assert good.asked[0]["stream"] is True


def test_a_refusal_shows_no_key(servers, router) -> None:
    """An error of the provider reaches the caller without the key it was called with."""
    good, _ = servers
    good.mode = "status"
    good.refusal = (401, {}, '{"error": {"message": "Incorrect API key"}}')

    async def refused() -> str:
        async with router:
            with pytest.raises(Exception, match="p was not served") as raised:
                await router.achat("p", "x")
        return repr(raised.value) + str(raised.value) + str(vars(raised.value))

    assert SECRET not in asyncio.run(refused())
