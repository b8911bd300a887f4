"""From what an SDK hands out back to the decision behind it."""

from __future__ import annotations

from typing import Any, Self

from modelrouter.core.decision import Decision

__all__ = ["EXTENSION", "RequestId", "decision_of"]

EXTENSION = "modelrouter.decision"
"""Where an HTTP response and its request carry their decision, among the `extensions`."""


class RequestId(str):  # noqa: SLOT000 - it carries its decision
    """The request id that SDKs keep on what they parse, with the decision it stands for.

    A copy keeps the decision, which never changes; pickled it is a text like any other.
    """

    decision: Decision

    def __new__(cls, decision: Decision) -> Self:
        """The id of a decision."""
        made = super().__new__(cls, decision.id)
        made.decision = decision
        return made

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


def decision_of(response: object) -> Decision:
    """The decision behind an answer of a router, an SDK object, a raw response, a stream or an error.

    Raises LookupError where it did not come through a router of this process.
    """
    for found in _places(response):
        if isinstance(found, Decision):
            return found
        if isinstance(found, RequestId):
            return found.decision
        if isinstance(extensions := getattr(found, "extensions", None), dict) and EXTENSION in extensions:
            decision: Decision = extensions[EXTENSION]
            return decision
    raise LookupError(f"no decision belongs to this {type(response).__name__}: it did not come through a router here")


def _places(response: object) -> list[Any]:
    names = ("decision", "_request_id", "response", "http_response", "request")
    return [response, *(getattr(response, name, None) for name in names)]
