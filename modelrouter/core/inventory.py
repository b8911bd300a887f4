"""The inventory as frozen values: what every room reads.

References are resolved: a deployment holds its provider, account and model, a process holds its
deployments. `modelrouter.inventory` builds these values from YAML; nothing here is ever changed,
a reload builds a new `Inventory`.

Durations are seconds (`_s`), shares are fractions of one, token counts are tokens, rates are a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from modelrouter.core.evidence import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from modelrouter.core.contracts import Contract, Entity
    from modelrouter.core.evidence import Ledger
    from modelrouter.core.rules import Policy
    from modelrouter.core.telemetry import Telemetry

Criticality = Literal["critical", "important", "standard", "deferrable"]
OnCut = Literal["error", "restart", "continue"]
"""What becomes of a stream that breaks off after content: see `runtime.continuing`."""
USUAL = -1.0
"""Instead of seconds: longer than 19 of 20 calls stay silent."""
Lifecycle = Literal["active", "legacy", "deprecated"]
UpstreamKind = Literal["edge", "cloud", "identity", "safety", "network", "gateway"]
Impact = Literal["low", "medium", "high"]
Wire = Literal["openai-chat", "openai-responses", "anthropic-messages", "gemini", "openai-embeddings", "litellm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a deployment, or an account with all its deployments, is known to carry; None where nobody said."""

    rpm: int | None = None
    tpm: int | None = None
    concurrency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One commercial relationship with a provider, with its key."""

    provider: str
    name: str
    key: str | None = None
    """A reference to the secret (`env:NAME`, `file:PATH`, `exec:COMMAND`), never the secret."""
    ends: date | None = None
    """The last day of the key."""
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who sells or runs access."""

    id: str
    company: str
    headquarters: str
    vendor: str
    """Whose error dialect it speaks (`openai`, `anthropic`, `azure`, …): selects the signatures."""
    local: bool = False
    upstreams: tuple[str, ...] = ()
    contract: str | None = None
    owner: str | None = None
    """The country of whoever owns it in the end, its `company`."""
    training: bool | None = None
    """Whether what is sent is used to train models; a deployment's own word comes first."""
    certifications: tuple[str, ...] = ()
    export_licences: tuple[str, ...] = ()
    """Under which it may be used where export controls bind it."""
    lei: str | None = None
    """Its Legal Entity Identifier, ISO 17442."""
    parent_lei: str | None = None
    """That of its ultimate parent, the `company`; its own where it has none above it."""
    address: str | None = None
    accounts: Mapping[str, Account] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What providers stand on; where it fails, they fail together."""

    id: str
    company: str
    headquarters: str | None = None
    kind: UpstreamKind | None = None
    upstreams: tuple[str, ...] = ()
    """What it stands on itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The weights."""

    id: str
    developer: str
    family: str
    origin: str | None = None
    weights: Literal["open", "closed"] = "closed"
    licence: str | None = None
    """What the weights may be used under."""
    export_class: str | None = None
    """How export controls class it, such as `EAR99`."""
    context: int
    output: int | None = None
    dimensions: int | None = None
    """Numbers of one of its embeddings; None where nobody said, or it makes none."""
    capabilities: frozenset[str] = frozenset()
    lifecycle: Lifecycle | None = None
    retires: date | None = None
    """The last day on which its developer serves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars a million tokens."""

    input: float = 0.0
    output: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The smallest real call, sent without anybody's data."""

    tokens: int = 1
    budget: float = 0.05
    """US dollars a day, all processes of the inventory on this machine together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a deployment is checked when nobody calls it."""

    every_s: float = 60.0
    checks: tuple[str, ...] = ("dns", "connect", "tls", "listing")
    """Words of `core.checks.Layer`."""
    canary: Canary = Canary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One place where one model can be called."""

    id: str
    provider: Provider
    account: Account | None
    model: Model
    wire: Wire
    url: str | None
    name: str
    """What the provider calls the model."""
    region: str | None = None
    egress: str | None = None
    """The region our calls leave from, as the provider's geofence sees it."""
    processing: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    """Where what we send rests; empty leaves it to the contract."""
    training: bool | None = None
    """Whether what we send is used to train models; None leaves it to the provider, as it does the next two."""
    certifications: tuple[str, ...] = ()
    export_licences: tuple[str, ...] = ()
    export_class: str | None = None
    """None: the model's own."""
    limits: Limits = Limits()
    prices: Prices | None = None
    upstreams: tuple[str, ...] = ()
    """What it stands on beside what its provider stands on."""
    stands_on: tuple[str, ...] = ()
    """All that beneath it, its provider's share and what that stands on itself among it; the nearest first."""
    retires: date | None = None
    """The last day on which this model is served here; None: the model's own."""
    certificate_ends: date | None = None
    spillover: str | None = None
    """The deployment to which the provider itself hands what this one cannot take."""
    retention_s: float | None = None
    """How long the provider keeps what we send; 0: not at all."""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    answers_as: tuple[str, ...] = ()
    """What its answers may call the model beside `name`, as patterns of the shell; empty does not check."""
    health: Health | None = None
    """None: it is not checked but when asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a process asks of a model."""

    capabilities: frozenset[str] = frozenset()
    context: int = 0
    output: int | None = None
    """The longest answer, in tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What kind of data a process sends, and where it may be processed."""

    cls: str = "internal"
    processing: tuple[str, ...] = ()
    retention_s: float | None = None
    """The longest that a provider may keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """What a process must still achieve when something is lost."""

    rto_s: float = 60.0
    """Recovery time objective: after so long the process must be served again."""
    deadline_s: float = 60.0
    """To the first content of one answer, over all attempts."""
    first_token_s: float | None = None
    """How long one attempt may stay silent; None leaves it to the runtime."""
    minimum: float = 1.0
    """The share of throughput that must survive."""
    tolerance_s: float | None = None
    """The longest disruption that can be borne at all, beyond the recovery time objective."""
    rpo_s: float | None = None
    """How much work may be lost, in time."""
    cost: float | None = None
    """The highest multiple of its ordinary cost that one request may reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The ordinary load of a process; tokens are those of one request."""

    rpm: float = 1.0
    tokens_in: int = 1000
    tokens_out: int = 300
    peak: float = 1.0
    """How many times that at its height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCheck:
    """One question with what must be true of any answer that is good enough."""

    id: str
    prompt: str
    contains: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    matches: str | None = None
    """A regular expression that occurs in the answer."""
    json: bool = False
    """Whether the answer must be a JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What answers must be good for, and how good each deployment was found to be."""

    floor: float = 1.0
    """The share of checks that a deployment must pass to serve."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """By deployment: the share it passed when last measured."""
    checks: tuple[QualityCheck, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """The business function behind a process, as registers of outsourcing ask for it (DORA, B_06.01)."""

    id: str | None = None
    activity: str | None = None
    """The licensed activity that it is part of."""
    reasons: str | None = None
    """Why it is critical or important, or is not."""
    assessed: date | None = None
    impact: Impact | None = None
    """What discontinuing it would do."""
    service_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A business process that depends on models."""

    id: str
    owner: str
    criticality: Criticality
    routes: tuple[Deployment, ...]
    needs: Needs = Needs()
    data: Data = Data()
    objectives: Objectives = Objectives()
    demand: Demand = Demand()
    attempts: int = 3
    """Calls in all for one request."""
    on_refusal: Literal["stop", "next"] = "stop"
    """May a refused prompt be offered to the next deployment?"""
    on_cut: OnCut = "error"
    hedge_s: float | None = None
    """After so long a silence the next deployment is asked as well; `USUAL` leaves it to what was seen, None: never."""
    upstreams: tuple[str, ...] = ()
    """What it depends on whichever deployment serves: one's own gateway, an identity provider."""
    users: tuple[str, ...] = ()
    """The countries and regions that its users are in."""
    segments: tuple[str, ...] = ()
    """The customer segments it serves, in one's own words."""
    migration_s: float | None = None
    """How long it would take to move it elsewhere for good."""
    quality: Quality = Quality()
    function: Function = Function()
    record: Record = field(default_factory=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An operator's own classification rule: where `text` occurs in a provider's error, it means this."""

    id: str
    cause: str
    scope: str
    text: str
    provider: str | None = None
    """A provider of the inventory by its id, else a vendor; None reads the errors of all."""
    status: int | None = None
    by_id: bool = False
    """`provider` is the id of one provider of the inventory: other providers of its vendor are not meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact comes from, and when it was true."""

    source: str | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """A key of a caller of the gateway, which holds no more of it than a hash."""

    id: str
    """The principal that it proves."""
    digest: str
    """SHA-256 of the key, 64 hexadecimal digits in lower case."""
    processes: frozenset[str] | None = None
    """What it may be used for; None: everything."""
    ends: date | None = None
    """Its last day, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The whole file, whole and consistent."""

    name: str
    path: str
    """The file it was read from, for messages and for the place of the hold file."""
    files: tuple[str, ...] = ()
    """That one and those it includes."""
    providers: Mapping[str, Provider]
    models: Mapping[str, Model]
    deployments: Mapping[str, Deployment]
    processes: Mapping[str, Process]
    upstreams: Mapping[str, Upstream] = field(default_factory=dict)
    """Those the file describes; a provider may name others."""
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    entity: Entity | None = None
    """Whose inventory it is."""
    access: Mapping[str, AccessKey] = field(default_factory=dict)
    """Who may use the gateway, by name; empty where nobody needs a key."""
    regions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Region groups: a name and everything it contains, transitively."""
    signatures: tuple[Signature, ...] = ()
    telemetry: Telemetry | None = None
    """Where traces and metrics are sent; None: nowhere."""
    ledger: Ledger | None = None
    """Where decisions are recorded; None: nowhere."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """By dotted path, `providers.aws.headquarters`: the sources of facts that state one."""
