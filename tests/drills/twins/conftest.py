"""A stage for one twin: a provider with one deployment, its key, and official clients pointed at it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest

from modelrouter.core.inventory import Account, Deployment, Limits, Model, Provider
from modelrouter.drills.twins.keys import dummy_key
from modelrouter.drills.twins.limits import Accounts
from modelrouter.drills.twins.twin import Pace, Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

QUICK = Pace(first_token_s=0.002, token_gap_s=0.0005, tokens=8)
URLS = {
    "openai": "https://api.openai.com/v1",
    "azure": "https://bank.openai.azure.com/openai/v1",
    "anthropic": "https://api.anthropic.com",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
    "ollama": "http://localhost:11434/v1",
}
NAMES = {
    "anthropic": "claude-opus-4-8",
    "gemini": "gemini-3.1-pro",
    "ollama": "qwen3:32b",
    "bedrock": "bedrock/eu.anthropic.claude-opus-4-8",
}


@dataclass
class Stage:
    """One twin under test."""

    twin: Twin
    deployment: Deployment
    key: str

    @property
    def url(self) -> str:
        """The deployment's address."""
        return self.twin.base_url(self.deployment)

    async def arrived(self) -> None:
        """Wait until a request is inside."""
        await self._inside(wanted=True)

    async def left(self) -> None:
        """Wait until no request is inside."""
        await self._inside(wanted=False)

    async def _inside(self, *, wanted: bool) -> None:
        async with asyncio.timeout(5):
            while bool(self.twin.inside) is not wanted:  # noqa: ASYNC110 - a twin needs no event but for this
                await asyncio.sleep(0.001)

    def openai(self, **options: Any) -> openai.AsyncOpenAI:
        """The official client, without retries."""
        settings = {"base_url": self.url, "api_key": self.key, "max_retries": 0, "timeout": 5, **options}
        return openai.AsyncOpenAI(**settings)

    def anthropic(self, **options: Any) -> anthropic.AsyncAnthropic:
        """The official client, without retries."""
        settings = {"base_url": self.url, "api_key": self.key, "max_retries": 0, "timeout": 5, **options}
        return anthropic.AsyncAnthropic(**settings)


@pytest.fixture
def anyio_backend() -> str:
    """Twins live on asyncio."""
    return "asyncio"


@pytest.fixture
def stage() -> Callable[..., AbstractAsyncContextManager[Stage]]:
    """Sets a stage for a vendor; keywords change the deployment, `pace`, `scale` and `clock` the twin."""

    @asynccontextmanager
    async def enter(vendor: str = "openai", **options: Any) -> AsyncIterator[Stage]:
        setting: dict[str, Any] = {name: options.pop(name) for name in ("pace", "clock") if name in options}
        setting["accounts"] = Accounts(options.pop("scale", 1.0))
        account = Account(provider=vendor, name="main")
        provider = Provider(
            id=vendor,
            company=vendor,
            headquarters="US",
            vendor=vendor,
            accounts={"main": account},
            local=vendor == "ollama",
        )
        context = options.pop("context", 1000)
        deployment = Deployment(
            id=f"{vendor}-one",
            provider=provider,
            account=account,
            model=Model(id="model", developer=vendor, family="family", context=context),
            wire=options.pop("wire", "anthropic-messages" if vendor == "anthropic" else "openai-chat"),
            url=options.pop("url", URLS.get(vendor)),
            name=options.pop("name", NAMES.get(vendor, "gpt-5.6")),
            limits=Limits(**options),
        )
        async with Twin(provider, [deployment], **{"pace": QUICK, **setting}) as twin:
            yield Stage(twin, deployment, dummy_key(account))

    return enter
