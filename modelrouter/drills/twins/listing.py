"""The listing of models: the free question by which a provider is probed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.failure import title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelrouter.core.inventory import Model

SINCE = 1_760_000_000
SINCE_TEXT = "2025-10-09T08:53:20Z"


def listing(vendor: str, models: Sequence[tuple[str, Model]]) -> bytes:
    """Every model, by the name that the provider gives it, in the vendor's shape."""
    if vendor == "bedrock":
        return orjson.dumps({"modelSummaries": [summary(name, model) for name, model in models]})
    rows = [one(vendor)(name, model) for name, model in models]
    if vendor != "anthropic":
        return orjson.dumps({"object": "list", "data": rows})
    ends = {"first_id": rows[0]["id"], "last_id": rows[-1]["id"]} if rows else {"first_id": None, "last_id": None}
    return orjson.dumps({"data": rows, "has_more": False, **ends})


def single(vendor: str, name: str, model: Model) -> bytes:
    """One model."""
    return orjson.dumps(one(vendor)(name, model))


def one(vendor: str) -> Callable[[str, Model], dict[str, Any]]:
    """How that vendor describes a model."""
    return {"anthropic": claude, "bedrock": summary, "gemini": google}.get(vendor, plain)


def plain(name: str, model: Model) -> dict[str, Any]:
    """OpenAI's shape, and everybody's who imitates it."""
    return {"id": name, "object": "model", "created": SINCE, "owned_by": model.developer}


def google(name: str, model: Model) -> dict[str, Any]:
    """Google's compatible listing puts its own resource names in OpenAI's shape."""
    return {**plain(name, model), "id": f"models/{name.removeprefix('models/')}"}


def claude(name: str, _model: Model) -> dict[str, Any]:
    """Anthropic's shape."""
    return {"type": "model", "id": name, "display_name": title(name), "created_at": SINCE_TEXT}


def summary(name: str, model: Model) -> dict[str, Any]:
    """Bedrock's shape."""
    return {"modelId": name, "providerName": model.developer, "modelLifecycle": {"status": "ACTIVE"}}
