"""`modelrouter key`: what is printed can be put into the inventory, and opens it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import yaml

from modelrouter.gateway.app import Gateway
from modelrouter.gateway.server import beside, bound
from modelrouter.router import Router

if TYPE_CHECKING:
    from cli.conftest import Desk


def test_a_key_that_was_made_opens_the_gateway(desk: Desk) -> None:
    """The key goes to standard output alone; what goes beside it is YAML that names its hash and never the key."""
    result = desk.run("key", "letters-app", "--process", "letters")
    key = result.stdout.strip()
    entry = yaml.safe_load(result.stderr[result.stderr.index("access:") :])

    assert re.fullmatch(r"mr-[\w-]{43}", key)
    assert key not in result.stderr
    desk.file.write_text(desk.file.read_text() + yaml.safe_dump(entry))
    with (
        Router(desk.file, observers=(), hold_file=None) as router,
        bound("127.0.0.1", 0) as listening,
        beside(Gateway(router), listening) as url,
    ):
        listed = httpx.get(f"{url}/v1/models", headers={"authorization": f"Bearer {key}"}).json()["data"]
        assert httpx.get(f"{url}/v1/models").status_code == 401
    assert [model["id"] for model in listed] == ["letters"]


def test_programs_read_the_same(desk: Desk) -> None:
    """One object with the key, its name and the entry."""
    made = desk.json("key", "app")

    assert set(made) == {"name", "key", "access"}
    assert made["access"]["keys"]["app"]["hash"].startswith("sha256:")


def test_a_name_that_is_none(desk: Desk) -> None:
    """A name that no inventory takes is refused before a key is made."""
    result = desk.run("key", "my app")

    assert (result.exit_code, result.stdout) == (2, "")
