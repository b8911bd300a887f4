"""The names that `model` may be, as each wire's clients want to read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

EPOCH = "1970-01-01T00:00:00Z"
"""Where a date of making is demanded: names of processes have none."""

_PATH = re.compile(r"(?P<base>(?:/[a-z]+)?(?:/v1(?:beta|alpha)?)?)/models(?:/(?P<name>[^:]+))?")


def listed(
    path: str, inventory: Inventory, allowed: frozenset[str] | None = None, *, anthropic: bool = False
) -> dict[str, Any] | None:
    """Answer a listing of models, or of one of them, in the words of the wire that its path is of.

    Of callers that may use some processes only (`allowed`), these and their aliases. OpenAI's and Anthropic's paths
    are the same: `anthropic` says that a client of the latter asks. None where the path is no listing's. Raises
    UnknownNameError for a name that is not among them.
    """
    match = _PATH.fullmatch(path.rstrip("/"))
    if match is None:
        return None
    known = [*inventory.processes, *inventory.aliases, *inventory.deployments]
    if allowed is not None:
        known = [name for name in known if inventory.aliases.get(name, name) in allowed]
    shape = _gemini if "beta" in match["base"] or "alpha" in match["base"] else _anthropic if anthropic else _openai
    if match["name"] is None:
        return shape(known, inventory.name)
    name = unquote(match["name"])
    if name not in known:
        raise UnknownNameError("process, alias or deployment", name, [])
    return shape([name], inventory.name, whole=False)


def _openai(known: list[str], owner: str, *, whole: bool = True) -> dict[str, Any]:
    models = [{"id": name, "object": "model", "created": 0, "owned_by": owner} for name in known]
    return {"object": "list", "data": models} if whole else models[0]


def _anthropic(known: list[str], _: str, *, whole: bool = True) -> dict[str, Any]:
    models = [{"type": "model", "id": name, "display_name": name, "created_at": EPOCH} for name in known]
    first, last = (known[0], known[-1]) if known else (None, None)
    return {"data": models, "has_more": False, "first_id": first, "last_id": last} if whole else models[0]


def _gemini(known: list[str], _: str, *, whole: bool = True) -> dict[str, Any]:
    methods = ["generateContent", "streamGenerateContent"]
    models = [{"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods} for name in known]
    return {"models": models} if whole else models[0]
