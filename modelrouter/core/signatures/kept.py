"""What a request speaks of and its provider does not have: an earlier answer, an item of one, a file, a container.

It comes as a 404 or a 403 like a missing model, and is one caller's own affair: the model is there for everybody.
"""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule

__all__ = ["NOT_KEPT"]

_GONE = "(not found|was not found|does not exist|doesn't exist|could not be found|cannot be found|no longer exists|has expired|is expired)"

NOT_KEPT = Rule(
    "not_kept",
    Cause.BAD_REQUEST,
    Scope.REQUEST,
    codes=("previous_response_not_found",),
    text=(
        f"(item|items|response|conversation|container|prompt|vector store) with id * {_GONE}",
        f"previous response * {_GONE}",
        "no such (file|container|conversation|vector store) object",
        f"(file|container) {_GONE}: (file|container)_",
        f"(file|container) (file|container)_ * {_GONE}",
        f"(cachedcontent|cached content) * {_GONE}",
        "permission to access the file * or it may not exist",
    ),
    unless=("model with id",),
)
