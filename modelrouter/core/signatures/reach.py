"""How far a fault reaches where the words say more than the rule that fired: whose limit, whose account.

Tables: first what the text names, then what the vendor's own limits are drawn around.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.signatures.book import Entry
    from modelrouter.core.unwrap import Reading

NAMED: Mapping[tuple[Cause, Scope], tuple[tuple[Scope, tuple[str, ...]], ...]] = MappingProxyType(
    {
        (Cause.THROTTLED, Scope.ACCOUNT): (
            (Scope.KEY, ("(this|your|the|per) (api |)key", "trial key")),
            (Scope.MODEL, ("(for|of|on|and|this|the|per) model", "rate limit reached for")),
        ),
        (Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT): ((Scope.KEY, ("(this|the|per) (api |)key", "key (quota|limit)")),),
        (Cause.REQUEST_TOO_LARGE, Scope.REQUEST): ((Scope.ACCOUNT, ("max size * tokens",)),),
        (Cause.OVERLOADED, Scope.PROVIDER): (
            (
                Scope.MODEL,
                (
                    "(the|this|that|requested) model",
                    "model (is|has|was|loading)",
                    "for model",
                    "(engine|该模型|当前模型|模型)",
                ),
            ),
        ),
        (Cause.PERMISSION, Scope.ACCOUNT): (
            (Scope.DEPLOYMENT, ("(virtual network|public network|private endpoint|this resource)",)),
            (Scope.KEY, ("(this|your|the) (api key|token|credential|key)", "(scope|scopes)")),
            (
                Scope.MODEL,
                (
                    "(the|this|to|requested|for|invoke|use) (model|foundation model)",
                    "(access to|use) * model",
                    "model (requires|not|is)",
                    "(该模型|模型)",
                ),
            ),
        ),
    }
)

OWN: Mapping[tuple[str, Cause], Scope] = MappingProxyType(
    {
        ("azure", Cause.THROTTLED): Scope.DEPLOYMENT,
        ("azure", Cause.OVERLOADED): Scope.DEPLOYMENT,
        ("bedrock", Cause.THROTTLED): Scope.MODEL,
        ("bedrock", Cause.OVERLOADED): Scope.MODEL,
        ("bedrock", Cause.OUTAGE): Scope.MODEL,
        ("bedrock", Cause.QUOTA_EXHAUSTED): Scope.MODEL,
        ("nvidia", Cause.OUTAGE): Scope.MODEL,
        ("gemini", Cause.OVERLOADED): Scope.MODEL,
        ("groq", Cause.THROTTLED): Scope.MODEL,
        ("ollama", Cause.OVERLOADED): Scope.DEPLOYMENT,
        ("vllm", Cause.OVERLOADED): Scope.DEPLOYMENT,
        ("llamacpp", Cause.OVERLOADED): Scope.DEPLOYMENT,
        ("lmstudio", Cause.OVERLOADED): Scope.MODEL,
        ("lmstudio", Cause.OUTAGE): Scope.MODEL,
        ("triton", Cause.OVERLOADED): Scope.DEPLOYMENT,
    }
)
"""What a vendor draws its limits around, or what breaks as one at it, where its own table does not say."""

RELAYED = (
    "error from (provider|upstream|openai|anthropic)",
    "provider returned error",
    "relay error",
    "provider_name",
    "upstream (request|error|provider|account|api|returned|rejected|service)",
)
"""A relay speaks of its own upstream: that account or key is not ours."""

AWAY: Mapping[Scope, Scope] = MappingProxyType({Scope.ACCOUNT: Scope.PROVIDER, Scope.KEY: Scope.DEPLOYMENT})
"""What an upstream's account or key is to us."""


def reach(vendor: str, entry: Entry, reading: Reading) -> Scope:
    """Return how far the fault of an entry reaches in the light of the whole text."""
    rule = entry.rule
    is_own = entry.name.startswith(f"{vendor}.")
    return (
        rule.scope
        if is_own and rule.scope not in AWAY
        else widen(vendor, rule.cause, rule.scope, reading, is_own=is_own)
    )


def widen(vendor: str, cause: Cause, scope: Scope, reading: Reading, *, is_own: bool = False) -> Scope:
    """Return what a general verdict reaches at this vendor, by these words."""
    if scope in AWAY and seen(RELAYED, reading.text, reading.words) is not None:
        return Scope.MODEL if cause is Cause.THROTTLED else AWAY[scope]
    if is_own:
        return scope
    for narrower, wordings in NAMED.get((cause, scope), ()):
        if seen(wordings, reading.text, reading.words) is not None:
            return narrower
    return OWN.get((vendor, cause), scope)
