"""Are the embeddings of an answer those that were asked for?

Vectors of another length cannot be compared with the ones that a caller has stored, and one too few would be taken
for the next text's: nobody notices but by wrong results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.faults import Fault

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment
    from modelrouter.wire.reading import Vectors

__all__ = ["misfit"]


def misfit(deployment: Deployment, asked: Vectors | None, given: Vectors | None) -> Fault | None:
    """The fault of an answer whose vectors are too few, too many, or of another length; None where they fit.

    The length is the one that the request asks for, else the one that the inventory states for the model.
    """
    if asked is None or given is None:
        return None
    if given.count != asked.count:
        return _fault(Cause.OUTAGE, Scope.DEPLOYMENT, f"{given.count} vectors for {asked.count} inputs")
    known = deployment.model.dimensions
    wanted = asked.lengths or frozenset({known} if known else ())
    told = ", ".join(map(str, sorted(given.lengths)))
    if not wanted:
        return None if len(given.lengths) == 1 else _fault(Cause.OUTAGE, Scope.DEPLOYMENT, f"vectors of {told} numbers")
    if given.lengths == wanted:
        return None
    evidence = f"vectors of {told} numbers instead of {', '.join(map(str, wanted))}"
    if asked.lengths:
        return _fault(Cause.UNSUPPORTED_FEATURE, Scope.REQUEST, evidence)
    return _fault(Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT, evidence)


def _fault(cause: Cause, scope: Scope, evidence: str) -> Fault:
    return Fault(cause=cause, scope=scope, rule="runtime.other_vectors", evidence=evidence)
