"""A gateway between the official SDK and two real upstreams."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openai
import pytest
from support.gateway import serving, two_upstreams
from support.upstream import Upstream

from modelrouter.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "FIRST_KEY"


@dataclass
class Scene:
    """What a test plays with: the process `claims` goes to `first`, then to `second`."""

    url: str
    client: openai.OpenAI
    first: Upstream
    second: Upstream
    router: Router


@pytest.fixture(scope="session")
def upstreams() -> Iterator[tuple[Upstream, Upstream]]:
    """Two providers; a test finds them as they were at first."""
    with Upstream("Hello from the first") as first, Upstream("Hello from the second") as second:
        yield first, second


@contextmanager
def scene_of(upstreams: tuple[Upstream, Upstream], folder: Path) -> Iterator[Scene]:
    """A gateway of its own over the two providers."""
    first, second = upstreams
    router = Router(two_upstreams(folder, first.url, second.url), observers=(), hold_file=folder / "holds.json")
    with (
        serving(router) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0, timeout=20) as client,
    ):
        yield Scene(url, client, first, second, router)


@pytest.fixture
def scene(upstreams: tuple[Upstream, Upstream], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A gateway that knows nothing yet of its providers."""
    monkeypatch.setenv(KEY, "sk-first")
    for upstream in upstreams:
        upstream.reset()
    with scene_of(upstreams, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(upstreams: tuple[Upstream, Upstream], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One gateway for all tests that leave it as it was."""
    with scene_of(upstreams, tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def still(shared: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The shared gateway, over providers that answer."""
    monkeypatch.setenv(KEY, "sk-first")
    shared.first.reset()
    shared.second.reset()
    return shared
