"""A company for the papers: the shipped inventory, with servers on loopback in the place of its providers."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import yaml

from modelrouter.drills.twins.keys import dummy_key
from modelrouter.drills.twins.twin import Pace, Twin
from modelrouter.inventory import load

ROOT = Path(__file__).parents[2]
ASSISTANT = {"owner": "everybody", "routes": ["gpt-direct", "claude-direct"]}


class Street:
    """Twins of every provider of an inventory, on a thread of their own."""

    def __init__(self, inventory):
        self.urls = {}
        self._inventory = inventory
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._live(),))

    async def _live(self):
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        pace, deployments = Pace(first_token_s=0.001, token_gap_s=0.0), list(self._inventory.deployments.values())
        async with AsyncExitStack() as open_twins:
            for provider in self._inventory.providers.values():
                twin = await open_twins.enter_async_context(Twin(provider, deployments, pace=pace))
                self.urls |= {each.id: twin.base_url(each) for each in deployments if each.provider.id == provider.id}
            self._ready.set()
            await self._closing.wait()

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(10)


def moved(urls):
    """The shipped inventory at these addresses, with a process for the quick start; nothing in it needs litellm."""
    tree = yaml.safe_load((ROOT / "providers.yaml").read_text())
    for provider in tree["providers"].values():
        provider["local"] = True
    for name, deployment in tree["deployments"].items():
        deployment["url"] = urls[name]
    tree["processes"]["assistant"] = ASSISTANT
    return yaml.safe_dump(tree, sort_keys=False).replace("wire: litellm", "wire: openai-chat")


@pytest.fixture
def company(tmp_path, monkeypatch):
    """A working directory whose `providers.yaml` leads to twins, with the keys that those take."""
    (tmp_path / "openai-chat.yaml").write_text(
        (ROOT / "providers.yaml")
        .read_text()
        .replace("wire: litellm", "url: https://aws.test/v1\n    wire: openai-chat")
    )
    inventory = load(tmp_path / "openai-chat.yaml")
    for provider in inventory.providers.values():
        for account in provider.accounts.values():
            monkeypatch.setenv(str(account.key).removeprefix("env:"), dummy_key(account))
    with Street(inventory) as street:
        (tmp_path / "providers.yaml").write_text(moved(street.urls))
        monkeypatch.chdir(tmp_path)
        yield tmp_path
