"""From a blow on deployments to what the twin that stands for them is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.core.domains import endpoint_of
from modelrouter.drills.scenario import DOOR_CLOSED
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection
from modelrouter.drills.twins.keys import dummy_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.scenario import Blow

__all__ = ["closes", "homes", "injections", "key_of"]


def key_of(deployment: Deployment) -> str | None:
    """The dummy key of a deployment: nothing is read from the environment."""
    return None if deployment.account is None else dummy_key(deployment.account)


def homes(inventory: Inventory, miniature: Miniature) -> list[list[Deployment]]:
    """The deployments behind each address of each provider: what is one endpoint stays one, and what is two stays two."""
    found: dict[tuple[str, str], list[Deployment]] = {}
    for deployment in inventory.deployments.values():
        found.setdefault((deployment.provider.id, endpoint_of(deployment)), []).append(
            miniature.deployments[deployment.id]
        )
    return list(found.values())


def closes(fault: Blow, members: Sequence[Deployment]) -> bool:
    """Whether it shuts the door of the twin with these deployments: all of them are gone, for everybody."""
    everybody = fault.processes is None and fault.share >= 1
    return fault.effect == DOOR_CLOSED and everybody and all(each.id in fault.deployments for each in members)


def injections(fault: Blow, members: Sequence[Deployment]) -> list[Injection]:
    """What a twin with these deployments must be told; nothing where its door is shut.

    Where some of its calls alone find the server gone, their connections are reset.
    """
    if closes(fault, members):
        return []
    hit = frozenset(each.id for each in members if each.id in fault.deployments)
    if not hit:
        return []
    return [
        Injection(
            effect=Effect.RESET if fault.effect == DOOR_CLOSED else Effect(fault.effect),
            deployments=hit,
            processes=fault.processes,
            share=fault.share,
            sticky=fault.sticky,
            retry_after_s=fault.retry_after_s,
            states_wait=fault.states_wait,
            carries=fault.carries,
            delay_s=fault.delay_s,
        )
    ]
