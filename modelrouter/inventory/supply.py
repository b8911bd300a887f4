"""What can be called, as written in the file: providers, models, deployments."""

from __future__ import annotations

from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.fields import (
    Count,
    Country,
    Day,
    Duration,
    Flag,
    Interval,
    Lei,
    Line,
    ModelName,
    Name,
    Number,
    Reference,
    Region,
    Url,
)
from modelrouter.inventory.words import Capability, Check, Lifecycle, UpstreamKind, Vendor, Weights, Wire


class LimitsEntry(Entry):
    """What a deployment, or an account with all its deployments, is known to carry."""

    rpm: Count | None = about("Requests.", 4000, None, unit="requests a minute")
    tpm: Count | None = about("Tokens, in and out.", "2M", None, unit="tokens a minute")
    concurrency: Count | None = about("Requests at the same time.", 8, None, unit="requests")


class AccountEntry(Entry):
    """One commercial relationship with a provider: an organisation, a subscription, a project."""

    key: Reference | None = about(
        "Where the key is found; never the key itself. Without it, calls carry none.",
        "env:OPENAI_API_KEY",
        None,
        unit="env:NAME, file:PATH or exec:COMMAND",
    )
    ends: Day | None = about("The last day of the key.", "2027-01-31", None, unit="date")
    limits: LimitsEntry = about("What all deployments of the account carry together.", {"rpm": 5000, "tpm": "4M"}, {})


class CanaryEntry(Entry):
    """The smallest real call: it carries nobody's data, and costs money."""

    tokens: Count = about("The longest answer it asks for. Models that think first may need more.", 1, 1, unit="tokens")
    budget: Number = about(
        "What it may cost a day; nothing is sent beyond.", 0.05, 0.05, unit="US dollars a day for each deployment"
    )


class HealthEntry(Entry):
    """Checks that run without anybody calling."""

    every: Interval = about("How often, give or take a fifth.", "5m", 60.0, unit="duration", written="60s")
    checks: list[Check] = about(
        "What is asked, from the bottom. All but `canary` are free.",
        ["dns", "connect", "tls", "listing", "usage", "canary"],
        ["dns", "connect", "tls", "listing"],
    )
    canary: CanaryEntry = about("How large and how dear the `canary` may be.", {"tokens": 1, "budget": 0.05}, {})


class ProviderEntry(Entry):
    """Who sells or runs access."""

    company: Line | None = about(
        "The ultimate parent, for concentration. By default the provider's id; `self` for your own.",
        "Anthropic PBC",
        None,
    )
    headquarters: Country = about("Whose government can order it off.", "US", unit="ISO 3166 country")
    vendor: Vendor | None = about(
        "Whose error dialect it speaks. By default guessed from the id, the company and the addresses, else `generic`.",
        "openai",
        None,
    )
    local: Flag = about(
        "It runs in your own house: plain http is allowed, and it stays when the providers outside go.", True, False
    )
    upstreams: list[Name] = about(
        "What fails together with it: a cloud, a delivery network, another provider.", ["cloudflare", "aws"], []
    )
    contract: Name | None = about("The contract it is used under.", "anthropic-msa", None)
    owner: Country | None = about(
        "The country of whoever owns it in the end, its `company`. By default unknown.",
        "US",
        None,
        unit="ISO 3166 country",
    )
    training: Flag | None = about(
        "Whether it trains models on what you send. By default unknown; your own servers do not.", False, None
    )
    certifications: list[Line] = about("What it is certified or attested for.", ["ISO27001", "SOC2", "C5"], [])
    export_licences: list[Line] = about(
        "The licences under which you may use it where export controls bind it.", ["BIS-D1234567"], []
    )
    lei: Lei | None = about(
        "Its Legal Entity Identifier, for registers.", "529900T8BM49AURSDO55", None, unit="ISO 17442"
    )
    parent_lei: Lei | None = about(
        "That of the `company` above it; its own where there is none.", "529900T8BM49AURSDO55", None, unit="ISO 17442"
    )
    address: Line | None = about("Where it sits, for registers.", "548 Market Street, San Francisco", None)
    accounts: dict[Name, AccountEntry] = about("Your accounts with it.", {"main": {"key": "env:ANTHROPIC_API_KEY"}}, {})
    health: HealthEntry | None = about(
        "Checks of all its deployments but those that say otherwise. By default they are checked only when you ask.",
        {"every": "60s"},
        None,
    )


class UpstreamEntry(Entry):
    """What providers stand on: where it fails, they fail together."""

    company: Line | None = about("The ultimate parent. By default the upstream's id.", "Cloudflare Inc", None)
    headquarters: Country | None = about("Whose government can order it off.", "US", None, unit="ISO 3166 country")
    kind: UpstreamKind | None = about(
        "What it is: `edge` (a delivery network), `cloud`, `identity` (who signs callers in), `safety` (a filter that"
        " answers pass), `network` or `gateway`.",
        "edge",
        None,
    )
    upstreams: list[Name] = about("What it stands on itself.", ["aws"], [])


class ModelEntry(Entry):
    """The weights."""

    developer: Name = about("Who trained it.", "anthropic")
    family: Name = about("What is withdrawn as one: the name its developer sells it under.", "claude")
    origin: Country | None = about("Where it was trained.", "CN", None, unit="ISO 3166 country")
    weights: Weights = about("`open` where you may hold a copy that nobody can take back.", "open", "closed")
    licence: Line | None = about("What the weights may be used under.", "apache-2.0", None)
    export_class: Line | None = about(
        "How export controls class it: its ECCN, or `EAR99`. By default unknown.", "EAR99", None
    )
    context: Count = about("The longest conversation it can hold, the answer included.", 200000, unit="tokens")
    output: Count | None = about("The longest answer it can give.", 32000, None, unit="tokens")
    dimensions: Count | None = about(
        "How many numbers one of its embeddings has; an answer with more or fewer is a fault. By default not checked.",
        1536,
        None,
        unit="numbers",
    )
    capabilities: list[Capability] = about("What it can do beyond text.", ["tools", "vision", "json_schema"], [])
    lifecycle: Lifecycle | None = about(
        "Where its developer has it: `active`, `legacy` or `deprecated`.", "legacy", None
    )
    retires: Day | None = about("The last day on which it is served.", "2027-03-31", None, unit="date")


class PricesEntry(Entry):
    """What a deployment costs."""

    input: Number = about("What is sent.", 3.0, 0.0, unit="US dollars a million tokens")
    output: Number = about("What is answered.", 15.0, 0.0, unit="US dollars a million tokens")


class DeploymentEntry(Entry):
    """One place where one model can be called."""

    provider: Name = about("Who runs it.", "anthropic")
    account: Name | None = about("Which of the provider's accounts pays. By default its only one.", "main", None)
    model: ModelName = about("What answers there.", "claude-opus-4-8")
    wire: Wire = about(
        "The HTTP dialect it speaks; `litellm` leaves that to the library.", "anthropic-messages", "openai-chat"
    )
    url: Url | None = about(
        "Where it is called, without the path of the wire. Required unless the wire is `litellm`. https, unless the provider is local or the host is loopback.",
        "https://api.openai.com/v1",
        None,
    )
    name: Line | None = about(
        "What the provider calls the model there. By default the model's id.",
        "bedrock/eu.anthropic.claude-opus-4-8",
        None,
    )
    region: Line | None = about("The provider's own name for the place: what fails as one.", "eu-central-1", None)
    egress: Region | None = about(
        "Where your calls leave from, as the provider's geofence sees it.", "DE", None, unit="country or region"
    )
    processing: list[Region] = about(
        "Everywhere it may process what you send. Not stated means unknown, and unknown satisfies no policy.",
        ["EU"],
        [],
        unit="countries or regions",
    )
    storage: list[Region] = about(
        "Everywhere that what you send may rest. By default what the provider's contract says.",
        ["EU"],
        [],
        unit="countries or regions",
    )
    training: Flag | None = about("Whether what you send here is trained on. By default the provider's.", False, None)
    certifications: list[Line] = about(
        "What this place is certified or attested for. By default the provider's.", ["C5"], []
    )
    export_licences: list[Line] = about(
        "The licences under which you may use this. By default the provider's.", ["BIS-D1234567"], []
    )
    export_class: Line | None = about(
        "How export controls class what is served here. By default the model's.", "4E091", None
    )
    limits: LimitsEntry = about("What it is known to carry.", {"rpm": 4000, "tpm": "2M"}, {})
    prices: PricesEntry | None = about("What it costs.", {"input": 3.0, "output": 15.0}, None)
    upstreams: list[Name] = about(
        "What it stands on beside what its provider stands on: a filter, a delivery network of this region.",
        ["azure-content-filter"],
        [],
    )
    retires: Day | None = about(
        "The last day on which this model is served here. By default the model's own.", "2027-01-31", None, unit="date"
    )
    certificate_ends: Day | None = about("The last day of its TLS certificate.", "2026-12-24", None, unit="date")
    spillover: Name | None = about(
        "The deployment to which the provider itself hands what this one cannot take.", "gpt-azure-global", None
    )
    retention: Duration | None = about(
        "How long the provider keeps what you send; `0d` where it keeps nothing. By default unknown.",
        "30d",
        None,
        unit="duration",
    )
    headers: dict[Name, Line] = about(
        "Sent with every call; the key is not among them.", {"anthropic-beta": "context-1m"}, {}
    )
    query: dict[Name, Line] = about("Added to the address of every call.", {"api-version": "preview"}, {})
    health: HealthEntry | None = about(
        "Checks of this deployment, instead of its provider's.", {"every": "30s", "checks": ["listing"]}, None
    )
    answers_as: list[Line] = about(
        "What its answers may call the model, beside `name`; `*`, `?` and `[…]` as in a shell. An answer that names another model is a fault. By default not checked.",
        ["gpt-5.6-20*"],
        [],
        unit="patterns",
    )
