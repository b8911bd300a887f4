"""What every process depends on, and through what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter.continuity.factors import KINDS, Factor, Graph
from modelrouter.core.inventory import Data, Model, Needs, Process, Provider, Upstream
from modelrouter.core.rules import Policy, Rule
from modelrouter.inventory.loader import load

AWS = provider("aws", company="Amazon", contract="aws-msa", key="env:AWS", upstreams=("dns",))
ANTHROPIC = provider("anthropic", company="Anthropic", upstreams=("aws", "edge"), headquarters="US")
OURS = replace(provider("onprem", company="Nordlicht", headquarters="DE"), local=True)
OPEN = Model(id="qwen3", developer="alibaba", family="qwen", weights="open", context=32_000)
UPSTREAMS = {
    "edge": Upstream(id="edge", company="Edge Inc", headquarters="US", upstreams=("network",)),
    "network": Upstream(id="network", company="Cables", upstreams=("edge",)),
    "gateway": Upstream(id="gateway", company="self", upstreams=("cluster",)),
}


def graph(*processes: Process, **facts: Any) -> Graph:
    """The graph of everything that these processes reach, with the upstreams above."""
    return Graph.of(inventory(*processes, upstreams=UPSTREAMS, **facts))


@pytest.fixture
def direct() -> Graph:
    """One process on one deployment of a provider that stands on another, and on an edge in a circle."""
    return graph(process("claims", deployment("claude", of=ANTHROPIC), deployment("nova", of=AWS)))


def test_a_deployment_depends_on_everything_it_stands_on(direct: Graph) -> None:
    """Itself, its account, model, family, developer, region, provider, company, country and upstreams in turn."""
    assert set(direct.paths["claude"]) == {
        "deployment:claude",
        "account:anthropic/main",
        "model:claude-model",
        "family:claude-family",
        "developer:anthropic",
        "region:anthropic/eu",
        "provider:anthropic",
        "company:Anthropic",
        "jurisdiction:US",
        "provider:aws",
        "company:Amazon",
        "upstream:dns",
        "upstream:edge",
        "company:Edge Inc",
        "upstream:network",
        "company:Cables",
    }


def test_a_provider_that_others_stand_on_does_not_lend_them_our_papers(direct: Graph) -> None:
    """Who stands on aws dies with aws; not with our contract, account or key there."""
    assert {"contract:aws-msa", "account:aws/main", "key:aws/main"} <= set(direct.paths["nova"])
    assert {"contract:aws-msa", "account:aws/main", "key:aws/main"}.isdisjoint(direct.paths["claude"])
    assert direct.members("provider:aws") == ("claude", "nova")
    assert direct.members("account:aws/main") == ("nova",)


def test_the_path_says_through_what(direct: Graph) -> None:
    """Each factor with the way to it, the shortest there is."""
    assert direct.paths["claude"]["upstream:network"] == ("provider:anthropic", "upstream:edge", "upstream:network")
    assert direct.paths["claude"]["upstream:dns"] == ("provider:anthropic", "provider:aws", "upstream:dns")
    assert direct.paths["nova"]["upstream:dns"] == ("provider:aws", "upstream:dns")
    assert direct.paths["claude"]["family:claude-family"] == ("model:claude-model", "family:claude-family")


def test_what_is_our_own_nobody_takes_away() -> None:
    """A local deployment has no company and no jurisdiction; open weights no developer who could take them back."""
    found = graph(process("claims", deployment("qwen", of=OURS, model=OPEN)))

    kinds = {name.partition(":")[0] for name in found.paths["qwen"]}
    assert kinds == {"deployment", "account", "model", "family", "region", "provider"}


def test_the_headquarters_of_an_upstream_is_not_that_of_the_deployment() -> None:
    """An order to a provider's upstream is the upstream's loss, not that of all its country's."""
    european = provider("mistral", headquarters="FR", upstreams=("edge",))

    found = graph(process("claims", deployment("mistral-large", of=european)))

    assert [name for name in found.paths["mistral-large"] if name.startswith("jurisdiction")] == ["jurisdiction:FR"]


def test_a_deployment_may_stand_on_more_than_its_provider() -> None:
    """Its own upstreams count for it alone."""
    guarded, bare = deployment("guarded", of=AWS, upstreams=("edge",)), deployment("bare", of=AWS)

    found = graph(process("claims", guarded, bare))

    assert found.members("upstream:network") == ("guarded",)
    assert found.members("upstream:dns") == ("guarded", "bare")


def test_what_a_process_depends_on_itself_kills_every_route() -> None:
    """Its gateway lost, no deployment helps."""
    found = graph(process("claims", deployment("a"), deployment("b"), upstreams=("gateway",)), process("other"))

    assert found.processes["claims"].own["upstream:cluster"] == ("upstream:gateway", "upstream:cluster")
    assert found.factors_of("claims", "a") >= {"upstream:gateway", "upstream:cluster", "deployment:a"}
    assert "company:self" not in found.factors
    assert found.structure.lost(["upstream:cluster"]).down == ("claims", "other")  # the other has no route at all
    assert found.structure.lost(["deployment:a"]).down == ("other",)


def test_refused_deployments_are_no_routes_and_carry_their_rules() -> None:
    """What policy or needs refuse is listed with every rule that says so, and kept out of the structure."""
    able = deployment("able")
    outside = deployment("outside", processing=("US",), capabilities=frozenset())
    rule = Rule(fact="processing", allowed=frozenset({"EU"}))

    found = graph(
        process("claims", able, outside, needs=Needs(capabilities=frozenset({"tools"})), data=Data(cls="personal")),
        policies=(Policy(id="eu", when={"data.class": frozenset({"personal"})}, rules=(rule,)),),
    )

    standing = found.processes["claims"]
    assert standing.permitted == ("able",)
    assert [(each.deployment.id, each.rule) for each in standing.refused] == [
        ("outside", "capabilities"),
        ("outside", "eu"),
    ]
    assert len(found.structure.routes("claims")) == 1


def test_who_else_may_serve_is_known() -> None:
    """Deployments outside a route are permitted, able but refused, or unable."""
    found = graph(
        process("first", deployment("eu"), data=Data(processing=("EU",))),
        process("rest", deployment("us", processing=("US",)), deployment("blind", capabilities=frozenset())),
        process("seeing", deployment("eye"), needs=Needs(capabilities=frozenset({"vision"}))),
    )

    reach = {name: found.reaches.of(found.inventory.processes[name]) for name in ("first", "seeing")}
    assert found.reaches.names(reach["first"].permitted) == ("eu", "blind", "eye")
    assert found.reaches.names(reach["first"].able) == ("eu", "us", "blind", "eye")
    assert found.reaches.names(reach["seeing"].able) == ("eu", "us", "eye")


def test_everything_the_file_names_is_a_factor(direct: Graph) -> None:
    """Of every kind, in the order of the kinds; what nothing depends on is known too."""
    unused = Provider(id="spare", company="Spare Ltd", headquarters="GB", vendor="openai", upstreams=("solar",))
    known = direct.inventory
    found = Graph.of(replace(known, providers={**known.providers, "spare": unused}))

    assert {"provider:spare", "company:Spare Ltd", "jurisdiction:GB", "upstream:solar"} <= found.factors.keys()
    assert found.structure.lost(["provider:spare"]) == ((), (), 0)
    ranks = [KINDS.index(each.kind) for each in found.factors.values()]
    assert ranks == sorted(ranks)
    assert found.factors["key:aws/main"] == Factor("key", "aws/main")
    assert found.of_kind("provider") == ("anthropic", "aws", "spare")


def test_the_shipped_inventory_has_one_weak_spot_that_looks_safe() -> None:
    """Medical reports name two deployments and may use one."""
    found = Graph.of(load("providers.yaml"))

    medical = found.processes["medical-reports"]
    assert len(medical.process.routes) == 2
    assert medical.permitted == ("claude-bedrock-eu",)
    assert found.structure.lost(["key:aws/prod"]).down == ("medical-reports",)
    assert found.paths["claude-direct"]["company:Amazon.com Inc"] == (
        "provider:anthropic",
        "provider:aws",
        "company:Amazon.com Inc",
    )
