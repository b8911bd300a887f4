"""The key of a call does not come back with its error."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from support.gateway import two_upstreams
from support.upstream import Upstream

from modelrouter import Router
from modelrouter.errors import RequestFailedError
from modelrouter.providers.discreet import keys_in

if TYPE_CHECKING:
    from pathlib import Path

KEY = "Zk3LqwP8vTn6RyXb2MdJh9"  # no prefix that gives it away
ECHO = '{"error": {"message": "Invalid value for user: ' + KEY + '", "type": "invalid_request_error"}}'


def test_a_callers_error_has_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider's own words are passed on to a caller whose request was wrong: but for the key they repeat."""
    monkeypatch.setenv("FIRST_KEY", KEY)
    with Upstream() as first, Upstream() as second:
        first.mode, first.refusal = "status", (400, {"x-echo": KEY}, ECHO)
        with Router(two_upstreams(tmp_path, first.url, second.url), observers=[], hold_file=None) as router:
            with pytest.raises(RequestFailedError) as raised:
                router.chat("archive", "x")
            checked = asyncio.run(router.acheck())
    assert KEY.encode() not in raised.value.body
    assert b"Invalid value for user: ***" in raised.value.body
    assert raised.value.fault is not None
    assert KEY not in repr((raised.value.fault, checked, router.health()))


@pytest.mark.parametrize(
    ("headers", "keys"),
    [
        ({"Authorization": f"Bearer {KEY}"}, (KEY,)),
        ({"x-api-key": KEY, "content-type": "application/json"}, (KEY,)),
        ({"authorization": "Bearer none"}, ()),  # local servers that want some word
        ({"content-type": "application/json"}, ()),
    ],
)
def test_what_is_a_key(headers: dict[str, str], keys: tuple[str, ...]) -> None:
    """The secrets of a request are those in its headers for them; a word too short to be one is none."""
    assert keys_in(headers) == keys
