"""Nothing is sent to whoever keeps it for longer than its process allows, at any hop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelrouter.errors import RequestFailedError
from modelrouter.inventory import parse
from modelrouter.router import Router
from modelrouter.testing import ScriptedProvider
from modelrouter.wire.dialects import DIALECTS

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

TEXT = """\
inventory: retention
providers:
  a: {{headquarters: US, accounts: {{main: {{key: env:A}}}}}}
  b: {{headquarters: DE, local: true}}
models: {{m: {{developer: d, family: f, context: 32k}}}}
deployments:
  long: {{provider: a, model: m, url: "https://a.example/v1", {long}}}
  short: {{provider: a, model: m, url: "https://a2.example/v1", retention: 1d}}
  home: {{provider: b, model: m, url: "http://localhost:1/v1"}}
processes:
  letters: {{owner: o, routes: [{routes}], data: {{retention: 7d}}}}
"""


def made(long: str, routes: str = "long, short, home") -> Inventory:
    """An inventory whose process allows a week."""
    return parse(TEXT.format(long=long, routes=routes))


@pytest.mark.parametrize(
    ("long", "why"),
    [("retention: 30d", "retention 30 days is longer than 7"), ("region: x", "retention is not stated")],
)
def test_who_keeps_it_for_too_long_is_left_out_and_told(long: str, why: str) -> None:
    """Stated to be too long, or not stated at all: the rule is named. One's own servers keep what one says."""
    with Router(made(long), clients=dict.fromkeys(DIALECTS, ScriptedProvider({})), hold_file=None) as router:
        found = router.explain("letters").candidates

    assert [each.id for each in found.permitted] == ["short", "home"]
    assert [(each.deployment.id, each.rule, each.why) for each in found.excluded] == [
        ("long", "letters.data.retention", why)
    ]


def test_as_long_as_is_allowed_is_allowed() -> None:
    """The limit itself is within it."""
    with Router(made("retention: 7d"), clients=dict.fromkeys(DIALECTS, ScriptedProvider({})), hold_file=None) as router:
        assert [each.id for each in router.explain("letters").candidates.permitted] == ["long", "short", "home"]


def test_nobody_is_asked_rather_than_the_wrong_one() -> None:
    """Where only such a deployment is left, the request fails and nothing is sent."""
    provider = ScriptedProvider({})
    inventory = made("retention: 30d", "long")
    clients = dict.fromkeys(DIALECTS, provider)
    with Router(inventory, clients=clients, hold_file=None) as router, pytest.raises(RequestFailedError):
        router.chat("letters", "x")

    assert provider.calls == []
