"""Who signed what: a short memory, so that a signature goes back to its issuer and to nobody else.

Only digests are kept, of signatures that passed in the last hour; a process that knows nothing of one goes by the
model's name (`seals.is_native`).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from modelrouter.runtime.memory import Memory
from modelrouter.wire import json_text
from modelrouter.wire.body import splice
from modelrouter.wire.dialects import shape_of
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.passing import pass_on
from modelrouter.wire.seals import MARKERS, brings_seals, holds_seals, is_native, seals, without_foreign
from modelrouter.wire.translate import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from modelrouter.core.inventory import Deployment
    from modelrouter.runtime.clock import Clock
    from modelrouter.wire.sse import Event
    from modelrouter.wire.translate import NotPortable

__all__ = ["Origins", "issuer_of"]

MOST = 8192
"""Signatures remembered, of 16 bytes each and an issuer that many share; of more, the latest."""
FOR_S = 3600.0


def issuer_of(deployment: Deployment) -> str:
    """Name whoever signs what a deployment answers: providers bind signatures to an account and to a model."""
    account = deployment.account.name if deployment.account else ""
    return f"{deployment.provider.id}/{account}/{deployment.model.id}"


class Origins:
    """The issuers of signatures that passed lately. Safe to use from several threads."""

    def __init__(self, clock: Clock, *, most: int = MOST, for_s: float = FOR_S) -> None:
        self._memory = Memory(clock, most=most, for_s=for_s)

    def note(self, signature: str, issuer: str) -> None:
        """Remember who signed, from now on for an hour."""
        self._memory.note(signature, issuer)

    def issuer(self, signature: str) -> str | None:
        """Say who signed; None where that was never known, or is forgotten."""
        return self._memory.name(signature)

    def listener(self, deployment: Deployment) -> Callable[[Sequence[Event]], None] | None:
        """Give what notes the signatures in the events of a deployment's answer; None where its wire has none."""
        wire, issuer = shape_of(deployment.wire), issuer_of(deployment)
        if wire not in MARKERS:
            return None
        one, other = MARKERS[wire]

        def listen(events: Sequence[Event]) -> None:
            passage = events[0].raw if len(events) == 1 else b"".join([event.raw for event in events])
            if one not in passage and other not in passage:
                return
            for event in events:
                if one in event.raw or other in event.raw:
                    with suppress(MalformedError):  # others read the event as well, and will say so
                        self._note_all(json_text.glance(event.data), issuer)

        return listen

    def note_answer(self, deployment: Deployment, body: bytes, parsed: Mapping[str, Any]) -> None:
        """Note the signatures in a whole answer; `parsed` is what its body says."""
        if holds_seals(shape_of(deployment.wire), body):
            self._note_all(parsed, issuer_of(deployment))

    def _note_all(self, told: object, issuer: str) -> None:
        for signature in seals(told):
            self.note(signature, issuer)

    def purged(
        self, body: bytes, parsed: Mapping[str, Any] | None, deployment: Deployment
    ) -> Rendered | NotPortable | None:
        """Readdress a body in the deployment's wire without what others signed; None where it may stay as it is.

        `parsed` is what the body says, where a caller wrote it; without it, it is one of our own writing.
        """
        wire = shape_of(deployment.wire)
        if not (holds_seals(wire, body) if parsed is None else brings_seals(wire, parsed)):
            return None
        issuer, native = issuer_of(deployment), is_native(wire, deployment)

        def foreign(signature: str) -> bool:
            known = self.issuer(signature)
            return not native if known is None else known != issuer

        said = json_text.read(body) if parsed is None else parsed
        changes = without_foreign(wire, said, foreign)
        if changes is None:
            return None
        spliced = splice(body, {name: json_text.write(value) for name, value in changes.items()})
        rendered = pass_on(spliced, {**said, **changes}, deployment)
        if isinstance(rendered, Rendered):
            return Rendered(rendered.body, tuple(dict.fromkeys(("thinking", *rendered.losses))))
        return rendered
