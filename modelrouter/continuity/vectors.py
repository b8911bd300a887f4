"""Which embeddings a route is of: vectors of two models cannot be compared, so only the same model may stand in.

The same rule as `check` has for a file (`inventory/embeddings.py`), asked of what was loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment, Model, Process

__all__ = ["BOUND", "CAPABILITY", "WIRE", "bound", "made_by", "suits", "vectors"]

WIRE: Final = "openai-embeddings"
CAPABILITY = "embeddings"
BOUND = ("model", "family", "developer")
"""The kinds of factors that come with a model wherever it runs."""


def made_by(deployment: Deployment) -> Model | None:
    """The model whose vectors a deployment makes; None where it makes none."""
    return deployment.model if deployment.wire == WIRE else None


def vectors(process: Process) -> Model | None:
    """The model whose vectors a process lives on; None for anything but embeddings."""
    return made_by(process.routes[0]) if process.routes else None


def suits(process: Process, deployment: Deployment) -> bool:
    """Whether `check` lets a deployment stand at the end of this route."""
    ours, theirs = vectors(process), made_by(deployment)
    return (ours.id if ours else None) == (theirs.id if theirs else None)


def bound(process: Process, paths: Mapping[str, Mapping[str, object]]) -> frozenset[str]:
    """The factors of its one model, where it lives on embeddings: no other deployment mends their loss."""
    if vectors(process) is None:
        return frozenset()
    first = paths[process.routes[0].id]
    return frozenset(name for name in first if name.partition(":")[0] in BOUND)
