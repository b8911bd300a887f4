"""The words for what can go wrong, and what each is on the wire.

A misfortune becomes effects on deployments, as far as twins and simulated providers can play them. Those that
are facts alone (a price, a term, a contract) touch no call: what they take away is said, and nothing is played.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from modelrouter.drills.scenario import DOOR_CLOSED
from modelrouter.drills.twins.effects import SERVES, Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MISFORTUNES", "Misfortune", "Strike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One of the effects that make up a misfortune."""

    effect: Effect | Literal["door_closed"]
    share: float = 1.0
    """Of the calls that the misfortune is about."""
    states_wait: bool = True
    how: Literal["refused", "dns", "tls"] = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfortune:
    """Something that goes wrong, by its word."""

    says: str
    """For people, after the scope: `family:claude is withdrawn by order`."""
    strikes: tuple[Strike, ...] = ()
    """What calls meet; later ones come before earlier ones. None where it is a fact alone."""
    local: bool = False
    """Whether it can befall our own servers."""
    moves: bool = True
    """Whether requests may go elsewhere: of one that is said to be wrong itself nobody else is asked."""
    ends: bool = False
    """A fact alone, and one that ends what it reaches: a contract that is over."""
    limited: str = ""
    """What of it cannot be played, for the report."""

    @property
    def takes(self) -> bool:
        """Whether nothing can be served from what it reaches, where it is not only of a share."""
        return self.ends or any(strike.share >= 1 and strike.effect not in SERVES for strike in self.strikes)

    @property
    def played(self) -> bool:
        """Whether any call meets it."""
        return bool(self.strikes)


def _one(effect: Effect | Literal["door_closed"], says: str, *, local: bool = False, **how: str | bool) -> Misfortune:
    limited = str(how.pop("limited", ""))
    return Misfortune(says=says, strikes=(Strike(effect=effect, **how),), local=local, limited=limited)  # type: ignore[arg-type] # told apart by Strike itself


MISFORTUNES: Mapping[str, Misfortune] = MappingProxyType(
    {
        "throttle": _one(Effect.THROTTLED, "throttles, and says for how long", local=True),
        "throttle-silent": _one(
            Effect.THROTTLED, "throttles, and says not for how long", local=True, states_wait=False
        ),
        "quota-cut": _one(Effect.CARRIES_LESS, "carries only a part of its limits", local=True),
        "brownout": Misfortune(
            says="is five times as slow, and overloaded for a fifth of all calls",
            strikes=(Strike(effect=Effect.SLOW_FIRST_TOKEN), Strike(effect=Effect.OVERLOADED, share=0.2)),
            local=True,
        ),
        "overload": _one(Effect.OVERLOADED, "is overloaded", local=True),
        "errors": _one(Effect.OUTAGE, "fails by errors of its own", local=True),
        "unavailable": _one(Effect.UNAVAILABLE, "is unavailable behind its load balancer", local=True),
        "down": _one(DOOR_CLOSED, "is gone: connections are refused", local=True),
        "hang": _one(Effect.TIMEOUT, "takes calls and never answers", local=True),
        "silence": _one(Effect.SILENT_STREAM, "begins answers and says nothing", local=True),
        "cut": _one(Effect.CUT_AFTER_CONTENT, "breaks answers off in the middle", local=True),
        "malformed": _one(Effect.MALFORMED_EVENT, "sends JSON that breaks off", local=True),
        "rejects": Misfortune(
            says="refuses good requests as bad ones",
            strikes=(Strike(effect=Effect.BAD_REQUEST),),
            local=True,
            moves=False,
        ),
        "key-revoked": _one(Effect.AUTH, "knows the key no more"),
        "suspend": _one(Effect.SUSPENDED, "suspends the account"),
        "billing-stop": _one(Effect.QUOTA_EXHAUSTED, "stops serving until it is paid"),
        "denied": _one(Effect.PERMISSION, "denies permission"),
        "geofence": _one(Effect.GEOFENCED, "shuts out where the call comes from"),
        "export-ban": _one(Effect.EXPORT_CONTROLLED, "is withdrawn by order", local=True),
        "retirement": _one(Effect.MODEL_UNAVAILABLE, "is retired: the model is not known any more", local=True),
        "successor": _one(Effect.SUCCESSOR, "is silently served by its successor", local=True),
        "worse": _one(Effect.WORSE, "answers worse, under a good status", local=True),
        "dns": _one(
            DOOR_CLOSED,
            "cannot be found: its name does not resolve",
            how="dns",
            limited="twins refuse connections instead",
        ),
        "tls": _one(
            DOOR_CLOSED, "shows a certificate that is no good", how="tls", limited="twins refuse connections instead"
        ),
        "edge": _one(Effect.BAD_GATEWAY, "is behind an edge that answers in its place"),
        "identity": _one(
            Effect.AUTH, "lets nobody sign in", limited="a key that is refused stands for a sign-in that fails"
        ),
        "price": Misfortune(says="costs a multiple"),
        "terms": Misfortune(says="keeps what it is sent for longer", ends=False),
        "contract-end": Misfortune(says="is under contract no more", ends=True),
        "gateway-down": Misfortune(
            says="is gone itself", ends=True, limited="what a process stands on before any provider is not played"
        ),
    }
)
"""By the words of scenario files and of `--scenario`."""
