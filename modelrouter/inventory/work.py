"""What depends on models and what binds it, as written in the file: processes, policies, own signatures."""

from __future__ import annotations

from typing import Annotated

from annotated_types import MinLen

from modelrouter.core.policy import CIRCUMSTANCES
from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.evidence import RecordEntry
from modelrouter.inventory.fields import (
    Count,
    Day,
    Duration,
    Flag,
    Line,
    Name,
    Number,
    Pattern,
    Region,
    Share,
    Tally,
    Words,
)
from modelrouter.inventory.words import (
    Capability,
    CauseWord,
    Condition,
    Criticality,
    Hedge,
    Impact,
    OnCut,
    OnRefusal,
    ScopeWord,
)


class NeedsEntry(Entry):
    """What a process asks of a model."""

    capabilities: list[Capability] = about("What the model must be able to do.", ["tools"], [])
    context: Tally = about("How long a conversation it must hold.", 60000, 0, unit="tokens")
    output: Count | None = about("The longest answer it asks for.", 4000, None, unit="tokens")


class DataEntry(Entry):
    """What kind of data a process sends, and where it may be processed."""

    cls: Name = about(
        "Your own word for how sensitive it is; policies ask for it.", "personal", "internal", alias="class"
    )
    processing: list[Region] = about(
        "Where it may be processed. By default anywhere that policies allow.", ["EU"], [], unit="countries or regions"
    )
    retention: Duration | None = about(
        "The longest that a provider may keep it. By default any time.", "30d", None, unit="duration"
    )


class ObjectivesEntry(Entry):
    """What a process must still achieve when something is lost."""

    rto: Duration = about("After so long it must be served again.", "30s", 60.0, unit="duration", written="60s")
    deadline: Duration = about(
        "To the first content of one answer, over all attempts.", "60s", 60.0, unit="duration", written="60s"
    )
    first_token: Duration | None = about(
        "How long one attempt may stay silent. By default measured.", "10s", None, unit="duration"
    )
    minimum: Share = about("The share of throughput that must survive.", "30%", 1.0, unit="share", written="100%")
    tolerance: Duration | None = about(
        "The longest disruption that can be borne at all: your impact tolerance, beyond the `rto`.",
        "2h",
        None,
        unit="duration",
    )
    rpo: Duration | None = about("How much work may be lost, in time.", "1h", None, unit="duration")
    cost: Number | None = about(
        "How many times its ordinary cost one request may cost. By default any.", 3, None, unit="times"
    )


class DemandEntry(Entry):
    """The ordinary load of a process."""

    rpm: Number = about("Requests.", 300, 1.0, unit="requests a minute")
    tokens_in: Tally = about("What one request sends.", 2000, 1000, unit="tokens")
    tokens_out: Tally = about("What one answer holds.", 400, 300, unit="tokens")
    peak: Number = about("How many times that at its height.", 2.5, 1.0, unit="times")


class QualityCheckEntry(Entry):
    """One question, and what must be true of an answer that is good enough; at least one condition."""

    id: Name = about("What reports cite.", "finds-the-date")
    prompt: Line = about("What is asked.", "On which day did a pipe burst that burst on 3 May?")
    contains: Words = about("Every one of these occurs in the answer.", "3 May", [])
    excludes: Words = about("None of these occurs in it.", ["as an AI"], [])
    matches: Pattern | None = about("A regular expression that occurs in it.", r"\b0?3\b", None)
    json_: Flag = about("Whether it must be a JSON text.", True, False, alias="json")


class QualityEntry(Entry):
    """What answers must be good for, and how good each deployment was found to be."""

    floor: Share = about("The share of checks that a deployment must pass.", "90%", 1.0, unit="share", written="100%")
    scores: dict[Name, Share] = about(
        "What each deployment passed when you last measured it.", {"qwen-local": "92%"}, {}, unit="share"
    )
    checks: list[QualityCheckEntry] = about(
        "The questions that drills ask.",
        [{"id": "finds-the-date", "prompt": "When did a pipe burst that burst on 3 May?", "contains": "3 May"}],
        [],
    )


class FunctionEntry(Entry):
    """The business function behind a process, as registers of outsourcing ask for it."""

    id: Name | None = about("Its number in your own register. By default the process's name.", "F-17", None)
    activity: Line | None = about("The licensed activity that it is part of.", "non-life insurance", None)
    reasons: Line | None = about("Why it is critical or important, or is not.", "customers wait for it", None)
    assessed: Day | None = about("When that was last judged.", "2026-03-31", None, unit="date")
    impact: Impact | None = about("What discontinuing it would do: `low`, `medium` or `high`.", "high", None)
    service_type: Line | None = about("What is bought, in the register's own code.", "S17", None)


class ProcessEntry(Entry):
    """A business process that depends on models; programs name it in `model=`."""

    owner: Line = about("Who answers for it.", "claims-operations")
    criticality: Criticality = about(
        "How much hangs on it; nothing critical is shed while something deferrable is served.", "critical", "standard"
    )
    routes: Annotated[list[Name], MinLen(1)] = about(
        "The deployments that may serve it, the best first.", ["claude-bedrock-eu", "qwen-local"]
    )
    needs: NeedsEntry = about("What it asks of a model.", {"capabilities": ["tools"], "context": 60000}, {})
    data: DataEntry = about(
        "What it sends, and where that may go.",
        {"class": "personal", "processing": ["EU"]},
        {},
    )
    objectives: ObjectivesEntry = about(
        "What it must still achieve when something is lost.", {"rto": "30s", "minimum": "30%"}, {}
    )
    demand: DemandEntry = about("Its ordinary load.", {"rpm": 300, "tokens_in": 2000, "tokens_out": 400}, {})
    attempts: Count = about("Calls in all for one request.", 3, 3, unit="calls")
    on_refusal: OnRefusal = about(
        "Whether a prompt that one provider's filter refused is offered to the next.", "next", "stop"
    )
    on_cut: OnCut = about(
        "What becomes of a stream that breaks off after its caller has seen content: an `error`; `continue`, where the"
        " next deployment can go on from the middle of an answer; or `restart`, for callers who say that they"
        " understand it. With `continue`, streams are written anew in the caller's wire.",
        "continue",
        "error",
    )
    hedge: Hedge | None = about(
        "After so long a silence of the first deployment the next one is asked beside it, and the first answer is"
        " taken: at most 2 % more calls, none for requests with tools. `usual` is longer than 19 of 20 calls stay"
        " silent. By default never.",
        "usual",
        None,
        unit="duration, or `usual`",
    )
    upstreams: list[Name] = about(
        "What it depends on whichever deployment serves: your own gateway, an identity provider.", ["gateway"], []
    )
    users: list[Region] = about("Where its users are.", ["DE", "AT"], [], unit="countries or regions")
    segments: list[Name] = about("The customer segments it serves, in your own words.", ["us-federal"], [])
    migration: Duration | None = about(
        "How long it would take to move it elsewhere for good.", "90d", None, unit="duration"
    )
    quality: QualityEntry = about(
        "What answers must be good for.", {"floor": "90%", "scores": {"qwen-local": "92%"}}, {}
    )
    function: FunctionEntry = about("The business function behind it, for registers.", {"impact": "high"}, {})
    record: RecordEntry = about(
        "What the ledger keeps of its requests beside their decisions.", {"content": True, "keep": "90d"}, {}
    )


class RuleEntry(Entry):
    """A condition on a fact in words: all its members must satisfy it, and it must be known."""

    allowed: list[Line] | None = about("Only these. Regions contain one another.", ["EU"], None, alias="in")
    denied: list[Line] | None = about("None of these.", ["CN"], None, alias="not_in")


class HoldingRuleEntry(Entry):
    """A condition on a fact that is a list of what somebody has."""

    has: Annotated[list[Line], MinLen(1)] = about("All of these are in it.", ["ISO27001", "C5"])


class FlagRuleEntry(Entry):
    """A condition on a fact that is true or false."""

    is_: Flag = about("What it must be known to be.", False, alias="is")


class LengthRuleEntry(Entry):
    """A condition on a fact that is a length of time."""

    at_most: Duration = about("The longest that it may be.", "30d", unit="duration")


class PolicyEntry(Entry):
    """A rule that binds every deployment that serves a matching request, at every hop."""

    id: Name = about("What decisions cite.", "eu-personal")
    when: dict[Condition, Words] = about(
        f"To which requests it applies: {', '.join(CIRCUMSTANCES)}. By default to all.", {"data.class": "personal"}, {}
    )
    begins: Day | None = about(
        "The first day on which it binds, in UTC.", "2026-08-02", None, alias="from", unit="date"
    )
    ends: Day | None = about("The last day on which it binds, in UTC.", "2027-12-31", None, alias="until", unit="date")
    processing: RuleEntry | None = about("Where data may be processed.", {"in": ["EU"]}, None)
    storage: RuleEntry | None = about("Where data may rest.", {"in": ["EU"]}, None)
    headquarters: RuleEntry | None = about("Whose government can order the provider off.", {"not_in": ["CN"]}, None)
    owner: RuleEntry | None = about("The country of whoever owns the provider in the end.", {"in": ["EEA"]}, None)
    origin: RuleEntry | None = about("Where the model was trained.", {"not_in": ["CN"]}, None)
    egress: RuleEntry | None = about("Where calls leave from.", {"in": ["EU"]}, None)
    region: RuleEntry | None = about("The provider's own name for the place.", {"in": ["eu-central-1"]}, None)
    provider: RuleEntry | None = about("Who runs the deployment.", {"in": ["aws", "onprem"]}, None)
    company: RuleEntry | None = about("The provider's ultimate parent.", {"not_in": ["Amazon"]}, None)
    developer: RuleEntry | None = about("Who trained the model.", {"not_in": ["deepseek"]}, None)
    family: RuleEntry | None = about("The model's family.", {"in": ["claude", "gpt"]}, None)
    weights: RuleEntry | None = about("`open` or `closed`.", {"in": ["open"]}, None)
    licence: RuleEntry | None = about("What the weights may be used under.", {"in": ["apache-2.0", "mit"]}, None)
    export_class: RuleEntry | None = about("How export controls class it.", {"in": ["EAR99"]}, None)
    export_licences: HoldingRuleEntry | None = about(
        "The export licences you hold for it.", {"has": ["BIS-D1234567"]}, None
    )
    certifications: HoldingRuleEntry | None = about(
        "What it is certified or attested for.", {"has": ["ISO27001", "C5"]}, None
    )
    training: FlagRuleEntry | None = about("Whether what you send is trained on.", {"is": False}, None)
    retention: LengthRuleEntry | None = about("How long what you send is kept.", {"at_most": "30d"}, None)
    log_export: FlagRuleEntry | None = about(
        "Whether its contract lets you take your logs with you.", {"is": True}, None
    )
    audit_rights: FlagRuleEntry | None = about(
        "Whether its contract lets you and your supervisor audit.", {"is": True}, None
    )


class SignatureEntry(Entry):
    """Your own rule for what an error means; it comes before the built-in ones."""

    id: Name = about("What decisions cite.", "acme-quota")
    cause: CauseWord = about("Why the call failed.", "quota_exhausted")
    scope: ScopeWord = about("How far that reaches.", "account")
    text: Line = about("Words that occur in the error and in no other.", "the pool of your team is drained")
    provider: Name | None = about(
        "Whose errors it reads: one of your providers by its id, or else a vendor, and so all providers that speak its dialect. By default all.",
        "openai",
        None,
    )
    status: Count | None = about("The HTTP status it must come with. By default any.", 403, None)
