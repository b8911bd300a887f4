"""What one router keeps for each deployment of its inventory: its domains, its load, and who waits for it.

A reload replaces the table. A request that began before goes on with the deployments it began with: theirs are
kept aside for as long as a call is under way, and made anew where one is asked for later. Not safe for
threads but for `of`: `runtime.state` holds its lock around the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.causes import PERMITS, Cause
from modelrouter.core.domains import Domain, Kind, domains_of
from modelrouter.core.holds import Phase
from modelrouter.core.load import Load, ranks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.runtime.leases import Change, Waiting

__all__ = ["Post", "Posts", "Replaced"]


@dataclass(frozen=True, slots=True)
class Post:
    """What is kept for one deployment."""

    deployment: Deployment
    domains: tuple[Domain, ...]
    load: Load
    waiting: dict[Waiting, None] = field(default_factory=dict)
    """In the order in which they began."""

    @property
    def busy(self) -> bool:
        """Whether a call of it is under way, or somebody waits for its turn."""
        return bool(self.load.in_flight or self.waiting or self.load.head)

    def patience_s(self, *, streamed: bool) -> float:
        """How long a call may stay silent, as the deployment has shown; seconds."""
        return self.load.first_token.limit_s if streamed else self.load.whole.limit_s

    def usual_s(self, *, streamed: bool) -> float | None:
        """After how long 19 of 20 calls show something; None while too little is known."""
        return self.load.first_token.p95_s if streamed else self.load.whole.p95_s


class Replaced(NamedTuple):
    """What a reload took away."""

    domains: frozenset[Domain]
    """They are gone."""
    moved: frozenset[Domain]
    """Deployments of the same name at another place: what calls of the old one still tell is not about the new one."""
    rekeyed: frozenset[Domain]
    """Keys and accounts whose key is another one now."""
    calls: tuple[Callable[[], None], ...]
    """To be called outside the lock: the first in the queues whose limits changed."""

    @property
    def touched(self) -> frozenset[Domain]:
        """All of these domains."""
        return self.domains | self.moved | self.rekeyed

    def ends(self, hold: Hold) -> bool:
        """Whether a hold of these is over with what it was about; one by hand never is."""
        on_key = hold.domain.kind is Kind.KEY or hold.cause is Cause.AUTH
        over = hold.domain in self.domains or (on_key and hold.domain in self.rekeyed)
        return over and not hold.by_operator


class Posts:
    """The posts of one inventory, and those of earlier ones that are still in use."""

    def __init__(self, inventory: Inventory) -> None:
        self._ranks = ranks_of(inventory)
        self._posts = {
            name: Post(each, domains_of(each), Load(each.limits, self._ranks[name]))
            for name, each in inventory.deployments.items()
        }
        self._former: dict[int, Post] = {}
        """By the identity of a deployment, which its post keeps alive."""
        self.domains = frozenset(domain for post in self._posts.values() for domain in post.domains)

    def of(self, deployment: Deployment) -> Post:
        """The post of a deployment, whichever inventory it is from. Safe to call from any thread."""
        post = self._posts.get(deployment.id)
        if post is not None and post.deployment is deployment:
            return post
        return self._former.get(id(deployment)) or self._late(deployment, post)

    def _late(self, deployment: Deployment, present: Post | None) -> Post:
        """A deployment of an earlier inventory that is first asked for now, or an equal one."""
        domains = domains_of(deployment)
        if present is not None and _place(present.deployment) == _place(deployment):
            if present.domains == domains:
                return present
            load = present.load
        else:
            load = Load(deployment.limits, {0})
        return self._former.setdefault(id(deployment), Post(deployment, domains, load))

    def present(self, deployment: Deployment) -> bool:
        """Whether the inventory still has a deployment of this name at this place."""
        post = self._posts.get(deployment.id)
        return post is not None and (post.deployment is deployment or _place(post.deployment) == _place(deployment))

    def deployments(self) -> tuple[Deployment, ...]:
        """Those of the inventory."""
        return tuple(post.deployment for post in self._posts.values())

    def within(self, domain: Domain) -> tuple[Deployment, ...]:
        """The deployments of the inventory that are lost with a domain."""
        return tuple(post.deployment for post in self._posts.values() if domain in post.domains)

    def everybody(self) -> Iterator[Post]:
        """The posts of the inventory, and the earlier ones that may be in use."""
        yield from self._posts.values()
        yield from tuple(self._former.values())

    def waiting_on(self, domain: Domain) -> tuple[Waiting, ...]:
        """Whose calls depend on a domain and have shown nothing; those of earlier inventories too."""
        return tuple(waiting for post in self.everybody() if domain in post.domains for waiting in tuple(post.waiting))

    def moving(self, change: Change, *, again: bool = True) -> Change:
        """A change with the calls that are to be moved, where the cause of the hold that is open now permits it.

        Not `again`: where it was open before, whoever waits there was let in nevertheless.
        """
        hold = change.after
        if not again and change.before is not None and change.before.phase is Phase.OPEN:
            return change
        if hold is None or hold.cause is None or hold.phase is not Phase.OPEN or not PERMITS[hold.cause].evacuates:
            return change
        return change._replace(waiting=self.waiting_on(change.domain))

    def replace(self, inventory: Inventory) -> Replaced:
        """Go over to another inventory; a deployment that stays where it is keeps its load and what was learned of it."""
        ranks = ranks_of(inventory)
        before, gone = self._posts, self.domains
        calls = []
        posts: dict[str, Post] = {}
        for name, deployment in inventory.deployments.items():
            old = before.get(name)
            if old is None or _place(old.deployment) != _place(deployment):
                posts[name] = Post(deployment, domains_of(deployment), Load(deployment.limits, ranks[name]))
                continue
            posts[name] = Post(deployment, domains_of(deployment), old.load)
            if (old.deployment.limits, self._ranks[name]) != (deployment.limits, ranks[name]):
                old.load.limit(deployment.limits, ranks[name])
                calls += [old.load.head] if old.load.head else []
        kept = {place: post for place, post in self._former.items() if post.busy}
        self._former = {**kept, **{id(post.deployment): post for post in before.values()}}
        self._posts, self._ranks = posts, ranks
        self.domains = frozenset(domain for post in posts.values() for domain in post.domains)
        moved = {
            Domain(Kind.DEPLOYMENT, name)
            for name, post in posts.items()
            if name in before and post.load is not before[name].load
        }
        return Replaced(gone - self.domains, frozenset(moved), _rekeyed(before, posts), tuple(calls))


def _rekeyed(before: Mapping[str, Post], after: Mapping[str, Post]) -> frozenset[Domain]:
    old, new = ({post.domains: post.deployment for post in posts.values()} for posts in (before, after))
    keys = [
        {
            domain: deployment.account and deployment.account.key
            for domains, deployment in found.items()
            for domain in domains
            if domain.kind in (Kind.KEY, Kind.ACCOUNT)
        }
        for found in (old, new)
    ]
    return frozenset(domain for domain in keys[0].keys() & keys[1].keys() if keys[0][domain] != keys[1][domain])


def _place(deployment: Deployment) -> tuple[object, ...]:
    """What makes it the same place at a provider: what was learned there holds as long as this does."""
    account = deployment.account and deployment.account.name
    where = (
        deployment.provider.id,
        account,
        deployment.url,
        deployment.region,
        deployment.wire,
        dict(deployment.query),
    )
    return (*where, deployment.name, deployment.model.id)
