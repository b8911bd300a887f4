"""From the words of people to what is taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter.continuity.events import end, geofence, known, lose, suspend, throttle, withdraw
from modelrouter.continuity.factors import Graph
from modelrouter.continuity.impact import Verdict, impact
from modelrouter.core.inventory import Account
from modelrouter.errors import UnknownNameError, UsageError
from modelrouter.inventory.loader import load
from modelrouter.inventory.regions import contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelrouter.continuity.events import Event

AWS = provider("aws", company="Amazon", key="env:AWS")
TWO = replace(AWS, accounts={name: Account(provider="aws", name=name, key=f"env:{name}") for name in ("main", "lab")})


@pytest.fixture(scope="module")
def shipped() -> Graph:
    """The inventory at the top of the repository."""
    return Graph.of(load("providers.yaml"))


def lost(graph: Graph, *events: Event) -> set[str]:
    """The deployments that are lost to everybody."""
    return set(impact(graph, events).lost)


def test_a_suspension_is_ours_and_a_loss_is_everybodys(shipped: Graph) -> None:
    """AWS suspends our accounts: what Anthropic runs on AWS goes on. AWS is lost: it does not."""
    assert lost(shipped, suspend(shipped, "provider:aws")) == {"claude-bedrock-eu", "nova-bedrock-eu"}
    assert lost(shipped, lose(shipped, "provider:aws")) == {"claude-bedrock-eu", "nova-bedrock-eu", "claude-direct"}


def test_a_suspended_company_suspends_us_at_all_its_providers() -> None:
    """A ban of the organisation reaches every provider of that company, not only one."""
    other = provider("marketplace", company="Amazon")
    graph = Graph.of(inventory(process("claims", deployment("a", of=AWS), deployment("b", of=other), deployment("c"))))

    assert lost(graph, suspend(graph, "company:Amazon")) == {"a", "b"}
    assert lost(graph, suspend(graph, "provider:aws")) == {"a"}


def test_a_second_account_survives_the_suspension_of_the_first() -> None:
    """An account is suspended alone; its provider suspends them all, and deployments that use none."""
    first, second, bare = (
        replace(deployment(name, of=TWO), account=TWO.accounts.get(account))
        for name, account in (("first", "main"), ("second", "lab"), ("bare", "none"))
    )
    graph = Graph.of(inventory(process("claims", first, second, bare)))

    assert lost(graph, suspend(graph, "account:aws/main")) == {"first"}
    assert lost(graph, suspend(graph, "key:aws/lab")) == {"second"}
    assert lost(graph, suspend(graph, "provider:aws")) == {"first", "second", "bare"}


def test_a_family_is_withdrawn_on_every_channel(shipped: Graph) -> None:
    """Direct and through a cloud; of open weights our own servers, too, for an order binds whoever runs them."""
    assert lost(shipped, withdraw(shipped, "family:claude")) == {"claude-direct", "claude-bedrock-eu"}
    assert lost(shipped, withdraw(shipped, "model:gemini-3-flash")) == {"gemini-flash"}
    assert lost(shipped, withdraw(shipped, "family:qwen")) == {"qwen-local"}


def test_a_contract_ends_with_what_its_provider_serves(shipped: Graph) -> None:
    """And with nothing else."""
    assert lost(shipped, end(shipped, "aws-enterprise")) == {"claude-bedrock-eu", "nova-bedrock-eu"}


def test_an_upstream_takes_all_that_stand_on_it(shipped: Graph) -> None:
    """Two competitors behind one edge fail together."""
    assert lost(shipped, lose(shipped, "upstream:cloudflare")) == {"claude-direct", "gpt-direct"}
    assert lost(shipped, lose(shipped, "company:Cloudflare Inc")) == {"claude-direct", "gpt-direct"}


def test_a_group_of_countries_loses_each_of_them() -> None:
    """`jurisdiction:EU` is every jurisdiction of the inventory in it."""
    french, german, american = (
        provider(name, headquarters=country) for name, country in zip("fga", ("FR", "DE", "US"), strict=True)
    )
    graph = Graph.of(
        inventory(
            process("claims", *(deployment(f"d{each.id}", of=each) for each in (french, german, american))),
            regions=contents({}),
        )
    )

    assert lost(graph, lose(graph, "jurisdiction:EU")) == {"df", "dg"}
    assert lose(graph, "jurisdiction:eu").said == "jurisdiction eu is lost"


def test_a_throttle_leaves_a_share(shipped: Graph) -> None:
    """Of what is hit, that share is left; of two throttles the tighter one binds; nothing left is a loss."""
    azure, whole = throttle(shipped, "account:azure/insurance=50%"), throttle(shipped, "provider:azure=20%")

    assert impact(shipped, [azure]).left == {"gpt-azure-eu": 0.5}
    assert impact(shipped, [azure, whole]).left == impact(shipped, [whole, azure]).left == {"gpt-azure-eu": 0.2}
    assert lost(shipped, throttle(shipped, "azure=0%")) == {"gpt-azure-eu"}


class TestGeofence:
    """A provider stops serving a place."""

    PROCESSES = (
        process("here", deployment("claude", of=AWS, egress="DE")),
        process("there", deployment("far", of=AWS, egress="US"), deployment("broad", of=AWS, egress="EU")),
        process("silent", deployment("somewhere", of=AWS)),
    )

    def graph(self, users: tuple[str, ...] = ()) -> Graph:
        """These three, the last with its users; and one of our own."""
        here, there, silent = self.PROCESSES
        own = replace(provider("onprem", headquarters="DE"), local=True)
        also = process("ours", deployment("qwen", of=own, egress="DE"))
        return Graph.of(inventory(here, there, replace(silent, users=users), also, regions=contents({})))

    def test_by_where_calls_leave_from(self) -> None:
        """What leaves from inside is shut out, and what leaves from a place that contains it; our own is not."""
        graph = self.graph()

        assert lost(graph, geofence(graph, "DE")) == {"claude", "broad"}
        assert lost(graph, geofence(graph, "EU", ["aws"])) == {"claude", "broad"}
        assert lost(graph, geofence(graph, "US")) == {"far"}

    def test_by_where_users_are(self) -> None:
        """Where nobody says from where a deployment is called, processes with users inside lose it, and no others."""
        graph = self.graph(users=("FR", "DE"))

        found = impact(graph, [geofence(graph, "DE")])

        assert found.verdicts["silent"] is Verdict.DOWN
        assert "somewhere" not in found.lost
        assert not found.unknown
        (cause,) = found.effect("silent").branches[0].causes
        assert str(cause) == "shut out by provider aws: users of silent are in DE"

    def test_what_nobody_says_is_said_to_be_unknown(self) -> None:
        """Neither egress nor users: taken as not hit, and told."""
        graph = self.graph()

        found = impact(graph, [geofence(graph, "DE")])

        assert found.verdicts["silent"] is Verdict.SAFE
        (told,) = found.unknown
        assert told.startswith("somewhere states no egress, and silent no users: whether provider aws could")

    def test_a_place_must_exist(self) -> None:
        """Misspelt, it would shut out nobody."""
        graph = self.graph()

        with pytest.raises(UnknownNameError, match="no country or region 'EUU'; did you mean 'EU'"):
            geofence(graph, "EUU")
        with pytest.raises(UsageError, match="nobody outside can geofence onprem, which is our own"):
            geofence(graph, "DE", ["onprem"])


class TestNames:
    """What people write, and what is meant."""

    def test_a_bare_name_is_enough_where_one_thing_is_called_so(self, shipped: Graph) -> None:
        """In any case of letters; a region without its provider."""
        assert lose(shipped, "Cloudflare").subject == "upstream:cloudflare"
        assert lose(shipped, "region:eu-central-1").subject == "region:aws/eu-central-1"
        assert suspend(shipped, "anthropic pbc").subject == "company:Anthropic PBC"

    def test_a_name_of_several_must_be_told_apart(self, shipped: Graph) -> None:
        """Anthropic sells and develops: which of them is lost?"""
        with pytest.raises(
            UsageError, match="'anthropic' may be developer:anthropic or provider:anthropic: write which"
        ):
            lose(shipped, "anthropic")

    @pytest.mark.parametrize(
        ("word", "text", "message"),
        [
            (suspend, "provider:antropic", "the inventory has no provider 'antropic'; did you mean 'anthropic'"),
            (suspend, "clouflare", "the inventory has no provider, account, company or key 'clouflare'"),
            (suspend, "family:claude", "suspend takes provider, account, company or key, and 'family:claude' is a family"),
            (suspend, "onprem", "nobody outside can suspend onprem, which is our own; write --lose provider:onprem"),
            (withdraw, "claud", "no family, model or developer 'claud'; did you mean 'claude'"),
            (withdraw, "developer:alibaba", "no developer 'alibaba'"),
            (end, "aws-enterprize", "no contract 'aws-enterprize'; did you mean 'aws-enterprise'"),
            (lose, "upstream:cloudfare", "no upstream 'cloudfare'; did you mean 'cloudflare'"),
            (lose, "nonsense", "no factor 'nonsense'"),
            (throttle, "azure", "throttle wants what is left, from 0% to below 100%"),
            (throttle, "azure=half", "throttle wants what is left"),
            (throttle, "azure=100%", "throttle wants what is left"),
            (throttle, "azzure=50%", "no factor 'azzure'; did you mean 'azure'"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_meant_is_one_clear_error(
        self, shipped: Graph, word: Callable[[Graph, str], Event], text: str, message: str
    ) -> None:
        """With a near miss where there is one."""
        with pytest.raises(UsageError) as failure:
            word(shipped, text)
        assert message in str(failure.value)

    def test_the_list_of_what_might_have_been_meant(self, shipped: Graph) -> None:
        """All of the kind that was written, else of every kind that the word takes."""
        assert known(shipped, "contract:x", "end") == tuple(f"contract:{name}" for name in shipped.inventory.contracts)
        assert {"family:claude", "model:gpt-5.6", "developer:openai"} <= set(known(shipped, "x", "withdraw"))
        assert "provider:aws" not in known(shipped, "x", "withdraw")
