"""LangChain's own standard tests of chat models, over a first provider that goes after its first call.

Each test finds both providers; the first serves one call and is suspended from its second on. What LangChain promises
must hold all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest
from compat.clients.client import KEY
from compat.clients.langchain_models import OnChat, OnMessages, OnResponses
from compat.stand import PROCESS
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compat.clients import Client
    from compat.stand import Pair, Scene
    from langchain_core.language_models import BaseChatModel


SUITE = 60
"""About so many tests there are for each class and pair."""
REFUSED = pytest.mark.xfail(
    reason="Responses has no stop sequences: where nothing else is left, the request is refused and says why",
    raises=(openai.BadRequestError, anthropic.BadRequestError),
)
"""LangChain knows it, and sends none where it speaks Responses itself."""


class Standard(ChatModelIntegrationTests):
    """What the three have in common; pictures and papers of the suite come from the internet and stay away."""

    client: type[Client]
    url = ""

    @pytest.fixture(scope="class")
    def served(self) -> Iterator[list[tuple[int, int]]]:
        """How many calls each provider served, test for test; either has served many when all are over."""
        counts: list[tuple[int, int]] = []
        yield counts
        if len(counts) > SUITE // 2:  # somebody may have asked for a few tests alone
            assert all(sum(count) > len(counts) // 4 for count in zip(*counts, strict=True)), counts

    @pytest.fixture(autouse=True)
    def _over_two_providers(
        self, request: pytest.FixtureRequest, pair: Pair, scene: Scene, served: list[tuple[int, int]]
    ) -> Iterator[None]:
        if request.node.originalname == "test_stop_sequence" and "openai-responses" == pair.second != self.client.wire:
            request.applymarker(REFUSED)
        scene.first.twin.inject(Injection(effect=Effect.SUSPENDED, share=0.5))  # each second call, and so from it on
        type(self).url = scene.url
        yield
        served.append(scene.served)

    @property
    def has_structured_output(self) -> bool:
        """All three have it."""
        return True

    @pytest.mark.xfail(
        reason="a twin calls tools with words of its own, not with a name that the prompt tells in Chinese"
    )
    def test_unicode_tool_call_integration(self, model: BaseChatModel) -> None:
        """Of a model that writes what it is told; the bytes themselves are held in the wire's own tests."""
        super().test_unicode_tool_call_integration(model)


class TestChatCompletions(Standard):
    """ChatOpenAI on chat completions."""

    client = OnChat

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        """The class that is tried."""
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """What it is made with."""
        base = f"{self.url}/v1"
        return {"model": PROCESS, "base_url": base, "api_key": KEY, "stream_usage": True, "max_retries": 0}


class TestResponses(TestChatCompletions):
    """ChatOpenAI on Responses."""

    client = OnResponses

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """What it is made with."""
        return {**super().chat_model_params, "use_responses_api": True}


class TestMessages(Standard):
    """ChatAnthropic."""

    client = OnMessages

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        """The class that is tried."""
        return ChatAnthropic

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """What it is made with."""
        return {"model": PROCESS, "base_url": self.url, "api_key": KEY, "max_retries": 0, "max_tokens": 1000}
