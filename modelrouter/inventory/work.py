"""What depends on models and what binds it, as written in the file: processes, policies, own signatures."""

from __future__ import annotations

from typing import Annotated

from annotated_types import MinLen

from modelrouter.core.policy import CIRCUMSTANCES
from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.fields import Count, Duration, Line, Name, Number, Region, Share, Tally, Words
from modelrouter.inventory.words import (
    Capability,
    CauseWord,
    Condition,
    Criticality,
    Hedge,
    OnCut,
    OnRefusal,
    ScopeWord,
)


class NeedsEntry(Entry):
    """What a process asks of a model."""

    capabilities: list[Capability] = about("What the model must be able to do.", ["tools"], [])
    context: Tally = about("How long a conversation it must hold.", 60000, 0, unit="tokens")


class DataEntry(Entry):
    """What kind of data a process sends, and where it may be processed."""

    cls: Name = about(
        "Your own word for how sensitive it is; policies ask for it.", "personal", "internal", alias="class"
    )
    processing: list[Region] = about(
        "Where it may be processed. By default anywhere that policies allow.", ["EU"], [], unit="countries or regions"
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


class DemandEntry(Entry):
    """The ordinary load of a process."""

    rpm: Number = about("Requests.", 300, 1.0, unit="requests a minute")
    tokens_in: Tally = about("What one request sends.", 2000, 1000, unit="tokens")
    tokens_out: Tally = about("What one answer holds.", 400, 300, unit="tokens")


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


class RuleEntry(Entry):
    """A condition on one fact: all its members must satisfy it."""

    allowed: list[Line] | None = about("Only these. Regions contain one another.", ["EU"], None, alias="in")
    denied: list[Line] | None = about("None of these.", ["CN"], None, alias="not_in")


class PolicyEntry(Entry):
    """A rule that binds every deployment that serves a matching process, at every hop."""

    id: Name = about("What decisions cite.", "eu-personal")
    when: dict[Condition, Words] = about(
        f"To which requests it applies: {', '.join(CIRCUMSTANCES)}. By default to all.", {"data.class": "personal"}, {}
    )
    processing: RuleEntry | None = about("Where data may be processed.", {"in": ["EU"]}, None)
    headquarters: RuleEntry | None = about("Whose government can order the provider off.", {"not_in": ["CN"]}, None)
    origin: RuleEntry | None = about("Where the model was trained.", {"not_in": ["CN"]}, None)
    egress: RuleEntry | None = about("Where calls leave from.", {"in": ["EU"]}, None)
    region: RuleEntry | None = about("The provider's own name for the place.", {"in": ["eu-central-1"]}, None)
    provider: RuleEntry | None = about("Who runs the deployment.", {"in": ["aws", "onprem"]}, None)
    company: RuleEntry | None = about("The provider's ultimate parent.", {"not_in": ["Amazon"]}, None)
    developer: RuleEntry | None = about("Who trained the model.", {"not_in": ["deepseek"]}, None)
    family: RuleEntry | None = about("The model's family.", {"in": ["claude", "gpt"]}, None)
    weights: RuleEntry | None = about("`open` or `closed`.", {"in": ["open"]}, None)


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
