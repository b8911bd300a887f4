"""Every public exception.

ModelRouterError
├── UsageError                your mistake: nothing was sent
│   ├── InventoryError        the inventory cannot be used; carries every problem found
│   ├── LedgerError           a ledger cannot be written or read; says what to do
│   ├── MissingSecretError    a secret that the inventory names is not there
│   ├── UnknownNameError      no process, alias, deployment or domain of that name
│   ├── UnauthenticatedError  the caller has no key that is known here
│   ├── NotAllowedError       the caller's key is not for this process
│   └── BadRequestError       the request body cannot be understood
└── RequestFailedError        their failure: carries the decision with its trail
    ├── NoRouteError          nothing may serve this request: held, forbidden or incapable
    ├── DeadlineError         the deadline passed before an answer began
    ├── UnrecordedError       nothing may be served that cannot be recorded now
    └── StreamCutError        the answer broke off after content had been delivered
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.inventory.problems import Problem

__all__ = [
    "BadRequestError",
    "DeadlineError",
    "InventoryError",
    "LedgerError",
    "MissingSecretError",
    "ModelRouterError",
    "NoRouteError",
    "NotAllowedError",
    "RequestFailedError",
    "StreamCutError",
    "UnauthenticatedError",
    "UnknownNameError",
    "UnrecordedError",
    "UsageError",
]


class ModelRouterError(Exception):
    """The base of all errors raised on purpose; never raised itself."""


class UsageError(ModelRouterError):
    """The caller can mend this; no provider was called."""


class InventoryError(UsageError):
    """The inventory cannot be used; `problems` lists every reason with its place in the file.

    `files` are those it would be read from.
    """

    def __init__(self, problems: Sequence[Problem], files: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        self.files = tuple(files)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class LedgerError(UsageError):
    """A ledger cannot be written or read: `what` is wrong, and `advice` says what to do about it."""

    def __init__(self, what: str, advice: str) -> None:
        self.what = what
        self.advice = advice
        super().__init__(f"{what}: {advice}")


class MissingSecretError(UsageError):
    """A secret that the inventory names is not there; the message names it and says what to do."""


class UnknownNameError(UsageError):
    """No such name in the inventory; `near` lists similar ones."""

    def __init__(self, what: str, name: str, near: Sequence[str] = ()) -> None:
        self.name = name
        self.near = tuple(near)
        hint = f"; did you mean {' or '.join(repr(word) for word in self.near)}?" if self.near else ""
        super().__init__(f"the inventory has no {what} {name!r}{hint}")


class UnauthenticatedError(UsageError):
    """The caller of a gateway has no key that is known there; the message never repeats what was presented."""


class NotAllowedError(UsageError):
    """The caller may not use what it asked for."""


class BadRequestError(UsageError):
    """The request body cannot be understood or may not be sent as it is."""


class RequestFailedError(ModelRouterError):
    """No deployment answered; `decision` names every attempt, `fault` the last cause.

    `status`, `headers` and `body` are the answer that an HTTP caller gets, in the wire it spoke.
    """

    def __init__(
        self,
        message: str,
        *,
        decision: Decision | None = None,
        fault: Fault | None = None,
        status: int = 503,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        self.decision = decision
        self.fault = fault
        self.status = status
        self.headers = headers or {}
        self.body = body
        super().__init__(message)


class NoRouteError(RequestFailedError):
    """Every deployment of the route is held, forbidden or unable to serve this request."""


class DeadlineError(RequestFailedError):
    """The deadline passed before the first content."""


class UnrecordedError(RequestFailedError):
    """The ledger takes no entries, and the inventory says that nothing is served without."""


class StreamCutError(RequestFailedError):
    """A stream broke off after content had reached the caller; it never ends cleanly."""
