"""From a file to values: what is read, what is filled in, what is joined."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from support.inventory_texts import SMALL, changed, said

from modelrouter.core.inventory import Account, Data, Demand, Limits, Needs, Objectives, Source
from modelrouter.core.rules import Rule
from modelrouter.inventory import examine, load, parse

RICH = """\
inventory: rich
providers:
  anthropic:
    company: Anthropic PBC
    headquarters: {value: US, source: "annual report", as_of: 2026-06-30}
    upstreams: [cloudflare]
    contract: msa
    accounts: {main: {key: env:ANTHROPIC_API_KEY}}
upstreams:
  cloudflare: {company: Cloudflare Inc, headquarters: US}
contracts:
  msa: {ends: 2027-06-30, notice: 60d, suspension: {notice: 0h, appeal: true}, sla: {availability: 99.9%}, log_export: true, audit_rights: false}
models:
  claude: {developer: anthropic, family: claude, origin: US, weights: closed, context: 200k, output: 32k, capabilities: [tools, vision]}
deployments:
  direct:
    provider: anthropic
    account: main
    model: claude
    wire: anthropic-messages
    url: https://api.anthropic.com/
    name: claude-latest
    region: us-east
    egress: DE
    processing: [US, "NO"]
    limits: {rpm: {value: 4000, source: console}, tpm: 2M, concurrency: 50}
    prices: {input: 3, output: 15.50}
    headers: {anthropic-beta: context-1m}
    query: {api-version: "2024-10-21"}
processes:
  claims:
    owner: claims-operations
    criticality: critical
    routes: [direct]
    needs: {capabilities: [tools], context: 60000}
    data: {class: personal, processing: [NORTH]}
    objectives: {rto: 30s, deadline: 90s, first_token: 500ms, minimum: 30%}
    demand: {rpm: 0.5, tokens_in: 2000, tokens_out: 0}
    attempts: 5
    on_refusal: next
aliases: {gpt-5.6: claims}
policies:
  - {id: eu, when: {data.class: [personal, health], criticality: critical}, processing: {in: [EU, "NO"]}, headquarters: {not_in: [CN]}}
regions: {NORTH: [NORDICS, BALTICS], BALTICS: [EE, LV, LT]}
signatures:
  - {id: own, cause: quota_exhausted, scope: account, text: allowance used up, provider: anthropic, status: 403}
"""


def test_every_key_arrives_as_its_value() -> None:
    """Durations are seconds, shares fractions, names the things they name."""
    inventory = parse(RICH, "rich.yaml")
    process = inventory.processes["claims"]
    deployment = inventory.deployments["direct"]

    assert (inventory.name, inventory.path) == ("rich", "rich.yaml")
    assert process.routes == (deployment,)
    assert deployment.provider is inventory.providers["anthropic"]
    assert deployment.model is inventory.models["claude"]
    assert deployment.account == Account(provider="anthropic", name="main", key="env:ANTHROPIC_API_KEY")
    assert (deployment.url, deployment.name) == ("https://api.anthropic.com", "claude-latest")
    assert deployment.limits == Limits(rpm=4000, tpm=2_000_000, concurrency=50)
    assert deployment.prices is not None
    assert (deployment.prices.input, deployment.prices.output) == (3.0, 15.5)
    assert (deployment.egress, deployment.processing) == ("DE", ("US", "NO"))
    assert (deployment.headers, deployment.query) == ({"anthropic-beta": "context-1m"}, {"api-version": "2024-10-21"})
    assert process.needs == Needs(capabilities=frozenset({"tools"}), context=60_000)
    assert process.data == Data(cls="personal", processing=("NORTH",))
    assert process.objectives == Objectives(rto_s=30.0, deadline_s=90.0, first_token_s=0.5, minimum=0.3)
    assert process.demand == Demand(rpm=0.5, tokens_in=2000, tokens_out=0)
    assert (process.attempts, process.on_refusal) == (5, "next")
    assert inventory.aliases == {"gpt-5.6": "claims"}


def test_contracts_policies_and_signatures_arrive() -> None:
    """What binds a provider and a process is kept as it was agreed."""
    inventory = parse(RICH)
    contract = inventory.contracts["msa"]
    policy = inventory.policies[0]
    signature = inventory.signatures[0]

    assert (contract.ends, contract.notice_s) == (date(2027, 6, 30), 5_184_000.0)
    assert (contract.suspension_notice_s, contract.appeal, contract.availability) == (0.0, True, 0.999)
    assert (contract.log_export, contract.audit_rights) == (True, False)
    assert policy.when == {"data.class": frozenset({"personal", "health"}), "criticality": frozenset({"critical"})}
    assert policy.rules == (
        Rule(fact="processing", allowed=frozenset({"EU", "NO"})),
        Rule(fact="headquarters", denied=frozenset({"CN"})),
    )
    assert (signature.cause, signature.scope, signature.provider, signature.status) == (
        "quota_exhausted",
        "account",
        "anthropic",
        403,
    )
    assert inventory.upstreams["cloudflare"].company == "Cloudflare Inc"


def test_facts_keep_their_sources() -> None:
    """A fact with a source reads like the bare fact, and its source is kept under its path."""
    inventory = parse(RICH)

    assert inventory.providers["anthropic"].headquarters == "US"
    assert inventory.sources == {
        "providers.anthropic.headquarters": Source(source="annual report", as_of=date(2026, 6, 30)),
        "deployments.direct.limits.rpm": Source(source="console"),
    }


def test_defaults_are_filled_in() -> None:
    """What nobody wrote has its stated default."""
    inventory = parse(SMALL)
    gpt, process = inventory.deployments["gpt"], inventory.processes["claims"]

    assert (gpt.wire, gpt.name, gpt.limits, gpt.prices) == ("openai-chat", "gpt-5.6", Limits(), None)
    assert gpt.account is inventory.providers["openai"].accounts["main"]
    assert inventory.deployments["qwen"].account is None
    assert inventory.providers["openai"].company == "openai"
    assert (process.criticality, process.attempts, process.on_refusal) == ("standard", 3, "stop")
    assert (process.needs, process.data, process.objectives, process.demand) == (
        Needs(),
        Data(),
        Objectives(),
        Demand(),
    )


def test_regions_contain_one_another() -> None:
    """Groups of the file may hold groups; everything inside is found, however deep."""
    regions = parse(RICH).regions

    assert {"NORDICS", "BALTICS", "DE", "LV"} & regions["NORTH"] == {"NORDICS", "BALTICS", "LV"}
    assert "NO" in regions["NORTH"]
    assert len(regions["EU"]) == 27
    assert {"EU", "FR", "IS"} <= regions["EEA"]
    assert {"NORTH", "EEA", "EU", "DE", "US"} <= regions["GLOBAL"]


VENDORS = [
    ("anthropic: {headquarters: US}", "anthropic"),
    ("aws: {headquarters: US}", "bedrock"),
    ("google: {headquarters: US}", "gemini"),
    ("ours: {headquarters: US, company: Microsoft Corporation}", "azure"),
    ("ours: {headquarters: US, company: Amazon.com Inc}", "bedrock"),
    ("ours: {headquarters: US, vendor: mistral}", "mistral"),
    ("ours: {headquarters: DE, local: true}", "generic"),
    ("ollama: {headquarters: DE, local: true}", "ollama"),
    ("ours: {headquarters: US}", "openai"),
]


@pytest.mark.parametrize(("provider", "vendor"), VENDORS)
def test_the_vendor_is_guessed(provider: str, vendor: str) -> None:
    """The id says it, else the company, else an address of its deployments, else nobody knows."""
    name = provider.partition(":")[0]
    url = "http://localhost:8000" if "local" in provider else "https://api.openai.com/v1"
    inventory = parse(
        f'inventory: a\nproviders:\n  {provider}\nmodels:\n  m: {{developer: d, family: f, context: 1k}}\ndeployments:\n  d: {{provider: {name}, model: m, url: "{url}"}}\n'
    )

    assert inventory.providers[name].vendor == vendor


def test_includes_are_joined(tmp_path: Path) -> None:
    """Sections are spread over files, beside or below the one that includes them."""
    head, providers, rest = SMALL.partition("providers:\n")
    supply, processes, work = (providers + rest).partition("processes:\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "providers.yaml").write_text(f"{head}include: [parts/supply.yaml, work.yaml]\n")
    (tmp_path / "parts" / "supply.yaml").write_text(
        supply + "include: [more.yaml]\npolicies: [{id: a, processing: {in: [EU]}}]\n"
    )
    (tmp_path / "parts" / "more.yaml").write_text(
        "providers: {azure: {headquarters: US}}\npolicies: [{id: b, processing: {in: [EU]}}]\n"
    )
    (tmp_path / "work.yaml").write_text(processes + work)
    inventory = load(tmp_path / "providers.yaml")

    assert set(inventory.providers) == {"openai", "onprem", "azure"}
    assert set(inventory.processes) == {"claims"}
    assert [policy.id for policy in inventory.policies] == ["a", "b"]


def included(tmp_path: Path, item: str, part: str = "") -> list[str]:
    """What is said about an inventory that includes one file."""
    (tmp_path / "in").mkdir()
    (tmp_path / "outside.yaml").write_text("models: {}\n")
    (tmp_path / "in" / "providers.yaml").write_text(SMALL + f"include: [{item}]\n")
    (tmp_path / "in" / "part.yaml").write_text(part)
    (tmp_path / "in" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    problems = examine(tmp_path / "in" / "providers.yaml").problems
    return [str(problem).removeprefix(f"{tmp_path}/in/") for problem in problems if problem.severity == "error"]


INCLUDED = [
    (
        "none.yaml",
        "",
        "providers.yaml:13:11: include[0]: there is no file 'none.yaml'. Paths are relative to the file that includes.",
    ),
    (
        "../outside.yaml",
        "",
        "providers.yaml:13:11: include[0]: '../outside.yaml' leads out of the folder. Include files that lie beside this one or below.",
    ),
    (
        "/etc/hostname",
        "",
        "providers.yaml:13:11: include[0]: '/etc/hostname' leads out of the folder. Include files that lie beside this one or below.",
    ),
    (
        "link.yaml",
        "",
        "providers.yaml:13:11: include[0]: 'link.yaml' leads out of the folder. Include files that lie beside this one or below.",
    ),
    (
        "providers.yaml",
        "",
        "providers.yaml:13:11: include[0]: 'providers.yaml' is already part of this inventory. Include each file once.",
    ),
    (
        "part.yaml",
        "include: [providers.yaml]\n",
        "part.yaml:1:11: include[0]: 'providers.yaml' is already part of this inventory. Include each file once.",
    ),
    (
        "part.yaml",
        "inventory: other\n",
        "part.yaml:1:1: inventory: an included file has no name of its own. Remove the line.",
    ),
    (
        "part.yaml",
        "providers: []\n",
        "part.yaml:1:1: providers: this section has another form in another file. Write it the same way in all of them.",
    ),
    (
        "part.yaml",
        "aliases: {gpt: claim}\n",
        "part.yaml:1:16: aliases.gpt: there is no process 'claim'. Did you mean 'claims'?",
    ),
    (
        "part.yaml",
        "aliases: {gpt: [}\n",
        "part.yaml:1:17: this is no valid YAML. Look at this line and the one above it.",
    ),
    (
        "part.yaml",
        "",
        "part.yaml:1:1: the file is empty. Begin with `inventory: NAME`, or let `modelrouter init` write a start.",
    ),
]


@pytest.mark.parametrize(("item", "part", "message"), INCLUDED)
def test_a_wrong_include_is_told_where_it_stands(item: str, part: str, message: str, tmp_path: Path) -> None:
    """Includes stay in the folder, come once, and their problems carry their own file's name."""
    assert message in included(tmp_path, item, part)


def test_the_same_name_in_two_files(tmp_path: Path) -> None:
    """The second definition says where the first one is."""
    (message,) = included(tmp_path, "part.yaml", "providers: {openai: {headquarters: US}}\n")

    assert message.startswith("part.yaml:1:13: providers.openai: 'openai' stands here a second time; the first is in ")
    assert message.endswith("in/providers.yaml, line 3. Remove one of them.")


WARNED = [
    (
        changed("qwen]}", "qwen], needs: {capabilities: [vision], context: 50k}}"),
        "12:46: warning: processes.claims.routes: no deployment of the route may serve this process. gpt: capabilities (gpt-5.6 lacks vision); qwen: capabilities (qwen3-32b lacks vision), context (qwen3-32b holds 32,000 tokens, 50,000 are needed).",
    ),
    (
        changed("[gpt, qwen]}", "[qwen], needs: {context: 50k}}"),
        "12:46: warning: processes.claims.routes: no deployment of the route may serve this process. qwen: context (qwen3-32b holds 32,000 tokens, 50,000 are needed).",
    ),
    (
        changed("[gpt, qwen]", "[qwen]"),
        "9:3: warning: deployments.gpt: no process has this deployment in its route. Use it or delete it.",
    ),
    (
        SMALL + "contracts: {msa: {}}\n",
        "13:13: warning: contracts.msa: no provider is under this contract. Use it or delete it.",
    ),
    (
        SMALL + "policies: [{id: a, when: {process: claim}, weights: {in: [open]}}]\n",
        "13:36: warning: policies[0].when.process: nothing in this inventory is called 'claim'. Did you mean 'claims'?",
    ),
    (
        SMALL + "policies: [{id: a, family: {not_in: [gtp]}}]\n",
        "13:37: warning: policies[0].family.not_in: nothing in this inventory is called 'gtp'. Did you mean 'gpt'?",
    ),
    (
        SMALL + "policies: [{id: french, processing: {in: [FR]}}]\n",
        "12:46: warning: processes.claims.routes: no deployment of the route may serve this process. gpt: french (processing US is not in FR); qwen: french (processing DE is not in FR).",
    ),
    (
        changed("openai.com/v1", "openai.com/v1/chat/completions"),
        "9:48: warning: deployments.gpt.url: /chat/completions is added by the wire. Write `url: https://api.openai.com/v1`.",
    ),
    (
        changed("openai.com/v1", "openai.com/v1/messages"),
        "9:48: warning: deployments.gpt.url: /v1/messages is added by the wire. Write `url: https://api.openai.com`, and `wire: anthropic-messages` if that is what it speaks.",
    ),
    (
        changed("qwen]}", "qwen], objectives: {deadline: 5s, first_token: 10s}}"),
        "12:99: warning: processes.claims.objectives.first_token: one attempt may stay silent longer than the whole answer may take, 5 s. Write less than `deadline`, so that time is left for the next deployment.",
    ),
    (
        "inventory: a\n",
        "1:1: warning: no process is described. Without processes nothing can be asked for and nothing rehearsed.",
    ),
]


@pytest.mark.parametrize(("text", "message"), WARNED)
def test_what_is_hardly_meant_is_a_warning(text: str, message: str, tmp_path: Path) -> None:
    """A warning has its place and its advice, and the inventory loads."""
    file = tmp_path / "providers.yaml"
    file.write_text(text)
    examined = examine(file)

    assert examined.inventory is not None
    assert message in [str(problem).removeprefix(f"{file}:") for problem in examined.problems]


@pytest.mark.parametrize("criticality", ["critical", "important"])
def test_what_the_business_needs_and_nobody_may_serve_is_an_error(criticality: str, tmp_path: Path) -> None:
    """Policy that leaves a critical or important process nobody is an error, yet the other processes are served."""
    file = tmp_path / "providers.yaml"
    text = changed("[gpt, qwen]}", f"[gpt, qwen], criticality: {criticality}, data: {{processing: [FR]}}}}")
    file.write_text(text)
    (problem,) = examine(file).errors

    assert (problem.path, problem.severity) == ("processes.claims.routes", "error")
    assert problem.hint.startswith("gpt: claims.data.processing (processing US is not in FR); qwen: ")
    assert load(file).processes["claims"].criticality == criticality


def test_a_circle_through_an_alias_is_no_trouble() -> None:
    """Anchors may be used again where that is small; places are those of the anchor."""
    text = SMALL + "policies: [{id: a, processing: {in: &eu [EU, XX]}}, {id: b, processing: {in: *eu}}]\n"

    assert [message.partition(": ")[0] for message in said(text)] == ["13:46", "13:46"]


@pytest.mark.alone
def test_loading_is_quick(tmp_path: Path) -> None:
    """Importing the door costs under 250 ms of CPU, pydantic included, and reading the shipped file under 150 ms."""
    program = (
        "import time; a = time.process_time(); import modelrouter.inventory as door; b = time.process_time();"
        "door.load('providers.yaml'); c = time.process_time(); print(b - a, c - b)"
    )
    # Compiled once, as in any installation; the first run pays for that.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    words = [sys.executable, "-c", program]
    root = Path(__file__).parents[2]
    runs = [
        subprocess.run(words, cwd=root, env=environment, check=True, capture_output=True, text=True).stdout
        for _ in range(3)
    ]
    importing, loading = (min(times) for times in zip(*(map(float, run.split()) for run in runs), strict=True))

    assert importing < 0.250
    assert loading < 0.150


def test_a_thousand_processes_load_in_a_second() -> None:
    """The door carries large companies."""
    rows = "".join(
        f"  process-{n}: {{owner: team-{n}, routes: [gpt, qwen], data: {{class: personal}}}}\n" for n in range(1000)
    )
    start = time.process_time()
    inventory = parse(SMALL + rows)

    assert len(inventory.processes) == 1001
    assert time.process_time() - start < 2.0
