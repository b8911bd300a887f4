"""Pointing an inventory at twins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from ipaddress import ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process, provider

from modelrouter.drills.readdress import readdress
from modelrouter.inventory.loader import load

HOSTS = st.sampled_from(["api.openai.com", "localhost", "10.0.0.7", "bank.openai.azure.com", "[2001:db8::1]"])
WIRES = st.sampled_from(["openai-chat", "anthropic-messages", "litellm"])
KEYS = st.sampled_from([None, "env:SOMEBODYS_KEY", "file:/etc/key"])


@st.composite
def inventories(draw):
    """Inventories with remote, local and library-addressed deployments in any mix."""
    made = []
    for number in range(draw(st.integers(1, 6))):
        of = provider(f"p{number}", key=draw(KEYS), local=draw(st.booleans()))
        url = draw(st.none() | HOSTS.map("https://{}/v1".format))
        made.append(deployment(f"d{number}", of=of, wire=draw(WIRES), url=url, headers={"x-team": "risk"}))
    count = draw(st.integers(1, 3))
    return inventory(*(process(f"process-{number}", *made) for number in range(count)))


@given(inventories())
def test_no_remote_host_and_no_key_survives(given_inventory):
    """Whatever the inventory: every address is loopback, no secret is named, and nothing else has changed."""
    addresses = {name: f"http://127.0.0.1:7000/at/{name}" for name in given_inventory.deployments}
    moved = readdress(given_inventory, addresses)

    reached = [*moved.deployments.values(), *(route for each in moved.processes.values() for route in each.routes)]
    assert all(ip_address(urlsplit(each.url).hostname).is_loopback for each in reached)
    assert all(each.account.key is None for each in reached)
    assert all(account.key is None for each in moved.providers.values() for account in each.accounts.values())
    assert all(each.provider is moved.providers[each.provider.id] for each in reached)
    assert moved.deployments.keys() == given_inventory.deployments.keys()
    for name, each in moved.deployments.items():
        before = given_inventory.deployments[name]
        assert replace(each, url=before.url, provider=before.provider, account=before.account) == before


def test_the_shipped_inventory_moves_whole():
    """Local servers and litellm's deployments are pointed at twins like all others."""
    shipped = load("providers.yaml")
    moved = readdress(shipped, dict.fromkeys(shipped.deployments, "http://127.0.0.1:7000"))

    assert {each.url for each in moved.deployments.values()} == {"http://127.0.0.1:7000"}
    assert {each.wire for each in moved.deployments.values()} >= {"litellm", "openai-chat", "anthropic-messages"}
    assert any(each.provider.local for each in moved.deployments.values())


def test_a_rehearsal_has_no_days():
    """Policies keep their rules and contracts what was agreed, without a first or a last day."""
    shipped = load("providers.yaml")
    dated = replace(
        shipped,
        policies=tuple(replace(each, begins=date(2030, 1, 1), ends=date(2031, 1, 1)) for each in shipped.policies),
    )
    moved = readdress(dated, dict.fromkeys(shipped.deployments, "http://127.0.0.1:7000"))

    assert moved.policies == shipped.policies
    assert all((each.begins, each.ends) == (None, None) for each in moved.contracts.values())
    assert [each.audit_rights for each in moved.contracts.values()] == [
        each.audit_rights for each in shipped.contracts.values()
    ]
    assert any(each.ends for each in shipped.contracts.values())


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "http://localhost:1/v1", "http://10.0.0.1", "nonsense"])
def test_an_address_outside_is_refused(url):
    """Only an address that is loopback by its digits is taken; a name might resolve to anywhere."""
    one = inventory(process("p", deployment("d")))
    with pytest.raises(ValueError, match="d may not be pointed at"):
        readdress(one, {"d": url})


def test_a_forgotten_deployment_is_refused():
    """A deployment without a twin would keep its real address: that is a mistake that says so."""
    one = inventory(process("p", deployment("d"), deployment("e")))
    with pytest.raises(ValueError, match="no twin stands for e"):
        readdress(one, {"d": "http://127.0.0.1:1"})
