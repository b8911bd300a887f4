"""Names that callers and providers choose themselves stand in headers of ours without breaking them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.gateway import serving, two_upstreams
from support.upstream import Upstream

from modelrouter.core.decision import LONGEST_HEADER
from modelrouter.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TURN = {"role": "user", "content": "x"}
ASKED: dict[str, dict[str, Any]] = {
    "/v1/messages": {"model": "claims", "max_tokens": 5, "messages": [TURN]},
    "/v1/responses": {"model": "claims", "input": [{**TURN, "type": "message"}]},
}


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A gateway before providers of another wire than the callers'."""
    monkeypatch.setenv("FIRST_KEY", "sk-first-0000")
    with Upstream("first") as first, Upstream("second") as second:
        inventory = two_upstreams(tmp_path, first.url, second.url)
        with Router(inventory, hold_file=None) as router, serving(router) as found:
            yield found


@pytest.mark.parametrize("path", list(ASKED))
@pytest.mark.parametrize(
    ("name", "told"), [("a\r\nx-evil: yes", "a\\r\\nx-evil: yes"), ("a\x00b", "a\\x00b"), ("größe", "größe")]
)
def test_a_member_with_a_strange_name_is_named_in_one_line(url: str, path: str, name: str, told: str) -> None:
    """The answer comes, says what it lost, and carries no header that the caller wrote."""
    answer = httpx.post(url + path, json={**ASKED[path], name: 1})

    assert answer.status_code == 200
    assert answer.headers["x-modelrouter-losses"].encode("latin-1") == told.encode("latin-1")
    assert "x-evil" not in answer.headers


def test_ten_thousand_members_make_no_endless_header(url: str) -> None:
    """What does not fit is cut; the decision has all of it."""
    many = {f"member_{number}": 1 for number in range(10_000)}
    answer = httpx.post(f"{url}/v1/messages", json={**ASKED["/v1/messages"], **many})

    assert answer.status_code == 200
    assert len(answer.headers["x-modelrouter-losses"]) == LONGEST_HEADER
