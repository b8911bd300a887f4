"""Keys of callers, over real sockets: who is let in, to what, and what they are told."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from support.gateway import two_upstreams
from support.upstream import Upstream

from modelrouter.access.keys import digest_of, new_key
from modelrouter.core.inventory import AccessKey
from modelrouter.errors import UsageError
from modelrouter.gateway.app import Gateway
from modelrouter.gateway.server import beside, bound
from modelrouter.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL, ONE, OLD = (f"mr-{name}" + "x" * 40 for name in ("all", "one", "old"))
TODAY = datetime.now(UTC).date()
KEYS = {
    "everything": AccessKey(id="everything", digest=digest_of(ALL), ends=TODAY),
    "letters-app": AccessKey(id="letters-app", digest=digest_of(ONE), processes=frozenset({"letters"})),
    "former-app": AccessKey(id="former-app", digest=digest_of(OLD), ends=TODAY - timedelta(days=2)),
}
ASK: dict[str, Any] = {"model": "letters", "messages": [{"role": "user", "content": "x"}]}


@contextmanager
def gateway(folder: Path, upstream: Upstream, *, private: bool) -> Iterator[tuple[Router, str]]:
    """A gateway whose inventory has three keys."""
    with Router(two_upstreams(folder, upstream.url, upstream.url), observers=(), hold_file=None) as router:
        router.reload(replace(router.inventory, access=KEYS))
        with bound("127.0.0.1", 0) as listening, beside(Gateway(router, private=private), listening) as url:
            yield router, url


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a gateway that asks for keys."""
    with Upstream("hello") as upstream, gateway(tmp_path_factory.mktemp("keys"), upstream, private=True) as (_, url):
        yield url


def post(url: str, key: str | None, name: str = "authorization", **changes: Any) -> httpx.Response:
    """One call with a key in one of its headers."""
    form = "Bearer {}" if name == "authorization" else "{}"
    headers = {} if key is None else {name: form.format(key)}
    return httpx.post(f"{url}/v1/chat/completions", json={**ASK, **changes}, headers=headers)


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "x-goog-api-key", "api-key"])
def test_a_key_is_read_wherever_clients_put_it(served: str, header: str) -> None:
    """OpenAI's, Anthropic's, Google's and Azure's header are all read."""
    assert post(served, ALL, header).status_code == 200


@pytest.mark.parametrize("key", [None, "mr-unknown", ALL + " x", ALL.upper(), OLD])
def test_nobody_else_is_let_in(served: str, key: str | None) -> None:
    """Without a key that is known and has not ended, nothing is called: 401 in the client's words, which repeat no key."""
    answer = post(served, key)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert answer.headers["x-should-retry"] == "false"
    if key:
        assert key not in answer.text


def test_the_official_client_sees_an_authentication_error(served: str) -> None:
    """The class that programs catch."""
    with openai.OpenAI(base_url=f"{served}/v1", api_key="wrong") as client, pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(**ASK)


def test_a_key_is_for_its_processes_alone(served: str) -> None:
    """What it is not for is refused, by every name: process, alias, deployment, header."""
    assert post(served, ONE).status_code == 200
    for changes in (
        {"model": "claims"},
        {"model": "gpt-4o"},
        {"model": "qwen"},
        {"modelrouter": {"process": "claims"}},
    ):
        refused = post(served, ONE, **changes)

        assert refused.status_code == 403, changes
        assert "letters-app may not use" in refused.json()["error"]["message"]


def test_names_are_listed_as_far_as_the_key_goes(served: str) -> None:
    """A caller sees no names that it cannot use."""
    listed = httpx.get(f"{served}/v1/models", headers={"authorization": f"Bearer {ONE}"}).json()["data"]

    assert [model["id"] for model in listed] == ["letters"]
    assert httpx.get(f"{served}/v1/models/claims", headers={"x-api-key": ONE}).status_code == 404
    assert httpx.get(f"{served}/v1/models/claims", headers={"x-api-key": ALL}).json()["id"] == "claims"
    assert httpx.get(f"{served}/v1/models").status_code == 401


def test_health_needs_no_key(served: str) -> None:
    """Orchestrators have none; what they read names nobody."""
    assert httpx.get(f"{served}/health/live").json() == {"status": "live"}
    assert httpx.get(f"{served}/health/ready").status_code == 200


@pytest.mark.parametrize(
    "path", ["/health/live/../../v1/models", "//health/live", "/health/live%2f..%2f..%2fv1/models"]
)
def test_no_spelling_of_a_path_goes_around_the_key(served: str, path: str) -> None:
    """Only the two paths of health are open, letter by letter."""
    with httpx.Client() as client:
        request = client.build_request("GET", served)
        request.url = request.url.copy_with(raw_path=path.encode())

        assert client.send(request).status_code == 401


def test_keys_change_with_the_inventory(tmp_path: Path) -> None:
    """A reload that takes a key away shuts its holder out, and one that takes all of them opens nothing to others."""
    with Upstream("hello") as upstream, gateway(tmp_path, upstream, private=False) as (router, url):
        assert post(url, ALL).status_code == 200
        router.reload(replace(router.inventory, access={"letters-app": KEYS["letters-app"]}))
        assert [post(url, key).status_code for key in (ALL, ONE)] == [401, 200]
        router.reload(replace(router.inventory, access={}))
        assert post(url, None).status_code == 401
        assert "no `access:` keys" in post(url, ONE).json()["error"]["message"]


def test_what_a_key_is_for_is_never_another_keys(tmp_path: Path) -> None:
    """Keys take turns, and one is given more by a reload: each may do what its own entry says now, every time."""
    more = replace(KEYS["letters-app"], processes=frozenset({"letters", "archive"}))
    with Upstream("hello") as upstream, gateway(tmp_path, upstream, private=True) as (router, url):

        def refused() -> list[bool]:
            return [post(url, key, model="archive").status_code == 403 for key in (ALL, ONE, ALL, ONE)]

        before = refused()
        router.reload(replace(router.inventory, access={**KEYS, "letters-app": more}))
        after = refused()

    assert before == [False, True, False, True]
    assert after == [False] * 4


def test_no_door_to_other_machines_without_keys() -> None:
    """Without keys the socket is not even opened."""
    with pytest.raises(UsageError, match="without keys"):
        bound("0.0.0.0", 0)
    with bound("0.0.0.0", 0, keys=True) as listening:
        assert listening.getsockname()[1]


def test_keys_are_made_by_chance() -> None:
    """No two are alike, and each is long enough that nobody guesses it."""
    made = {new_key() for _ in range(200)}

    assert len(made) == 200
    assert all(re.fullmatch(r"mr-[A-Za-z0-9_-]{43}", key) for key in made)
