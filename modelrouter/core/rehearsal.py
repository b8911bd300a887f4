"""An order to rehearse on real traffic: whose requests, for how long, and what they are told instead of being sent.

A share of the requests of some processes meets faults, as large a share beside it is only watched, and everything
else is left alone. The order holds for as long as somebody renews it. Nothing is sent to a provider that is struck;
what the caller's request is answered there stands in the order, word for word.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CANARY", "CONTROL", "Group", "Order", "Strike", "dump", "parse"]

Group = Literal["canary", "control"]
CANARY: Group = "canary"
CONTROL: Group = "control"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """What calls to one deployment meet, from when to when; seconds since the order began."""

    deployment: str
    kind: Literal["reply", "unreachable", "silent"]
    from_s: float
    until_s: float
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    text: str = ""
    """What the HTTP client would say, where no connection comes about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One rehearsal; times are seconds since 1970, on the machine that all concerned share."""

    id: str
    processes: tuple[str, ...]
    share: float
    """Of their requests; the same share beside it is the control group."""
    seed: int
    lease_s: float
    began: float
    renewed: float
    strikes: tuple[Strike, ...]

    def stands(self, now: float) -> bool:
        """Whether somebody still renews it: a drill that was killed renews nothing."""
        return now - self.renewed <= self.lease_s

    def group(self, process: str, number: int) -> Group | None:
        """Where the so-manieth request of a process belongs; None for those that nobody touches or watches."""
        if process not in self.processes:
            return None
        drawn = hashlib.blake2b(f"{self.seed}/{self.id}/{process}/{number}".encode(), digest_size=8).digest()
        place = int.from_bytes(drawn) / 2**64
        return CANARY if place < self.share else CONTROL if place >= 1 - self.share else None

    def strike(self, deployment: str, now: float) -> Strike | None:
        """What a call to a deployment meets now; None where it is to be made."""
        since = now - self.began
        if not self.stands(now):
            return None
        return next(
            (each for each in self.strikes if each.deployment == deployment and each.from_s <= since < each.until_s),
            None,
        )


def dump(order: Order) -> bytes:
    """As it stands in a file."""
    strikes = [
        {
            "deployment": each.deployment,
            "kind": each.kind,
            "from_s": each.from_s,
            "until_s": each.until_s,
            "status": each.status,
            "headers": dict(each.headers),
            "body": base64.b64encode(each.body).decode(),
            "text": each.text,
        }
        for each in order.strikes
    ]
    told = {
        "version": VERSION,
        "id": order.id,
        "processes": list(order.processes),
        "share": order.share,
        "seed": order.seed,
        "lease_s": order.lease_s,
        "began": order.began,
        "renewed": order.renewed,
        "strikes": strikes,
    }
    return json.dumps(told).encode()


def parse(text: bytes) -> Order | None:
    """Read what `dump` wrote; None where it is anything else, which nobody obeys."""
    try:
        told: dict[str, Any] = json.loads(text)
        if told["version"] != VERSION:
            return None
        return Order(
            id=str(told["id"]),
            processes=tuple(map(str, told["processes"])),
            share=min(1.0, max(0.0, float(told["share"]))),
            seed=int(told["seed"]),
            lease_s=float(told["lease_s"]),
            began=float(told["began"]),
            renewed=float(told["renewed"]),
            strikes=tuple(map(_strike, told["strikes"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return None


def _strike(told: Mapping[str, Any]) -> Strike:
    if told["kind"] not in ("reply", "unreachable", "silent"):
        raise ValueError(told["kind"])
    return Strike(
        deployment=str(told["deployment"]),
        kind=told["kind"],
        from_s=float(told["from_s"]),
        until_s=float(told["until_s"]),
        status=int(told["status"]),
        headers={str(name): str(value) for name, value in told["headers"].items()},
        body=base64.b64decode(told["body"], validate=True),
        text=str(told["text"]),
    )
