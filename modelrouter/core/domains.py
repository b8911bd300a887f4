"""Fault domains: what fails as one, and which of them a fault holds.

A domain is written `kind:name`, the same in holds, status, the command line and reports:
`account:anthropic/main`, `family:claude`, `endpoint:https://api.openai.com`.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

from modelrouter.core.causes import Cause, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment


class Kind(StrEnum):
    """The kinds of fault domains, from the narrowest to the widest."""

    DEPLOYMENT = "deployment"
    KEY = "key"
    ACCOUNT_MODEL = "account-model"
    ENDPOINT = "endpoint"
    PROVIDER_MODEL_REGION = "provider-model-region"
    PROVIDER_MODEL = "provider-model"
    ACCOUNT = "account"
    FAMILY = "family"
    PROVIDER_EGRESS = "provider-egress"
    PROVIDER = "provider"
    UPSTREAM = "upstream"
    JURISDICTION = "jurisdiction"


class Domain(NamedTuple):
    """A thing that fails as one."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `kind:name`; raises ValueError that lists the kinds."""
        kind, colon, name = text.partition(":")
        if not colon or not name or kind not in set(Kind):
            kinds = ", ".join(Kind)
            raise ValueError(f"{text!r} is no fault domain: write KIND:NAME, with KIND one of {kinds}")
        return cls(Kind(kind), name)


def domains_of(deployment: Deployment) -> tuple[Domain, ...]:
    """All domains whose loss takes this deployment away; stable order, narrowest first."""
    provider = deployment.provider
    account = f"{provider.id}/{deployment.account.name if deployment.account else '-'}"
    model = deployment.model
    named = [
        Domain(Kind.DEPLOYMENT, deployment.id),
        Domain(Kind.KEY, account),
        Domain(Kind.ACCOUNT_MODEL, f"{account}/{model.id}"),
        Domain(Kind.ENDPOINT, endpoint_of(deployment)),
        Domain(Kind.PROVIDER_MODEL_REGION, f"{provider.id}/{model.id}/{deployment.region or '-'}"),
        Domain(Kind.PROVIDER_MODEL, f"{provider.id}/{model.id}"),
        Domain(Kind.ACCOUNT, account),
        Domain(Kind.FAMILY, model.family),
        Domain(Kind.PROVIDER_EGRESS, f"{provider.id}/{deployment.egress or '-'}"),
        Domain(Kind.PROVIDER, provider.id),
    ]
    upstreams = dict.fromkeys((*provider.upstreams, *deployment.upstreams, *deployment.stands_on))
    named.extend(Domain(Kind.UPSTREAM, upstream) for upstream in upstreams)
    named.append(Domain(Kind.JURISDICTION, provider.headquarters))
    return tuple(named)


def endpoint_of(deployment: Deployment) -> str:
    """Scheme, host and port that are dialled; the deployment itself where a library chooses the address."""
    if deployment.url is None:
        return f"{deployment.provider.id}/{deployment.region or '-'}"
    parts = urlsplit(deployment.url)
    return f"{parts.scheme}://{parts.netloc}"


HELD: Mapping[Cause, Kind] = MappingProxyType(
    {
        Cause.THROTTLED: Kind.ACCOUNT_MODEL,
        Cause.QUOTA_EXHAUSTED: Kind.ACCOUNT,
        Cause.SUSPENDED: Kind.ACCOUNT,
        Cause.GEOFENCED: Kind.PROVIDER_EGRESS,
        Cause.EXPORT_CONTROLLED: Kind.FAMILY,
        Cause.AUTH: Kind.KEY,
        Cause.PERMISSION: Kind.ACCOUNT_MODEL,
        Cause.MODEL_UNAVAILABLE: Kind.PROVIDER_MODEL,
        Cause.OVERLOADED: Kind.PROVIDER_MODEL_REGION,
        Cause.OUTAGE: Kind.DEPLOYMENT,
        Cause.NETWORK: Kind.ENDPOINT,
        Cause.TIMEOUT: Kind.DEPLOYMENT,
    }
)
"""The domain that a cause holds where its scope says nothing else."""

NARROWED: Mapping[tuple[Cause, Scope], Kind] = MappingProxyType(
    {
        (Cause.THROTTLED, Scope.DEPLOYMENT): Kind.DEPLOYMENT,
        (Cause.THROTTLED, Scope.KEY): Kind.KEY,
        (Cause.QUOTA_EXHAUSTED, Scope.KEY): Kind.KEY,
        (Cause.QUOTA_EXHAUSTED, Scope.MODEL): Kind.ACCOUNT_MODEL,
        (Cause.QUOTA_EXHAUSTED, Scope.DEPLOYMENT): Kind.DEPLOYMENT,
        (Cause.SUSPENDED, Scope.KEY): Kind.KEY,
        (Cause.AUTH, Scope.ACCOUNT): Kind.ACCOUNT,
        (Cause.PERMISSION, Scope.KEY): Kind.KEY,
        (Cause.PERMISSION, Scope.ACCOUNT): Kind.ACCOUNT_MODEL,
        (Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT): Kind.DEPLOYMENT,
        (Cause.OVERLOADED, Scope.DEPLOYMENT): Kind.DEPLOYMENT,
        (Cause.OUTAGE, Scope.PROVIDER): Kind.DEPLOYMENT,
        (Cause.EXPORT_CONTROLLED, Scope.PROVIDER): Kind.PROVIDER,
    }
)
"""Where the scope that was read off the answer moves the hold away from the default."""


def held_domain(cause: Cause, scope: Scope, deployment: Deployment) -> Domain | None:
    """The domain that a fault of this deployment holds; None for faults of the request alone."""
    if scope is Scope.REQUEST and cause not in (Cause.TIMEOUT, Cause.OUTAGE, Cause.NETWORK):
        return None
    kind = NARROWED.get((cause, scope)) or HELD.get(cause)
    if kind is None:
        return None
    return next(domain for domain in domains_of(deployment) if domain.kind is kind)
