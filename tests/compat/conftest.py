"""The stand, a scene for each test, which clients are tried over which pairs, and a record of what came of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from compat.clients import CLIENTS
from compat.stand import HALF, PAIRS, RING, Pair, Scene, Stand, standing

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "GOOGLE_API_KEY")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much is tried, and where it is written down."""
    parser.addoption("--every-pair", action="store_true", help="all pairs of wires at every door (minutes)")
    parser.addoption("--record", type=Path, help="append a line of JSON for each test to this file")


def pytest_configure(config: pytest.Config) -> None:
    """Say what the marker means."""
    config.addinivalue_line("markers", "ability(name, record=name): try every client that has this method")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every client that is able, over all pairs at every door; in the short run over fewer, at one door each."""
    every = metafunc.config.getoption("every_pair")
    pairs = PAIRS if every else RING
    marker = metafunc.definition.get_closest_marker("ability")
    if marker is not None:
        able = [client for client in CLIENTS if hasattr(client, marker.args[0])]
        tried = [
            pytest.param(pair, client, door, id=f"{client.name}, {door}, {pair}")
            for turn, pair in enumerate(pairs)
            for place, client in enumerate(able)
            for door in (client.doors if every else (client.doors[(turn + place) % len(client.doors)],))
        ]
        metafunc.parametrize(("pair", "client", "door"), tried)
    elif "pair" in metafunc.fixturenames:
        standard = metafunc.cls is not None  # suites of others, of which each test is two providers' already
        metafunc.parametrize("pair", HALF if standard and not every else pairs, ids=str)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Write down what came of a test."""
    report = yield
    file = item.config.getoption("record")
    if file is not None and call.when == "call" and tries_client(item):
        told = {**described(item), "came": "known" if hasattr(report, "wasxfail") else report.outcome}
        with file.open("a") as record:
            record.write(json.dumps(told) + "\n")
    return report


def tries_client(item: Any) -> bool:
    """Whether a test is of a client, not of the stand itself."""
    return "client" in item.callspec.params or item.cls is not None


def described(item: Any) -> dict[str, str]:
    """What a test tried."""
    params = item.callspec.params
    client = params.get("client") or item.cls.client
    marker = item.get_closest_marker("ability")
    return {
        "client": client.name,
        "package": client.package,
        "version": client.version,
        "ability": marker.args[-1] if marker else params.get("ability", "standard"),
        "pair": str(params["pair"]),
        "door": params.get("door", "gateway"),
    }


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """The twins and the gateway."""
    with standing(tmp_path_factory.mktemp("keys")) as made:
        yield made


@pytest.fixture
def scene(stand: Stand, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A route over two providers; no variable of any SDK stands in the environment."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    made = stand.open(pair)
    yield made
    stand.close(made)
