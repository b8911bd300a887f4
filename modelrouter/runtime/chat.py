"""A request in the shape of OpenAI's Chat Completions, from Python values."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["chat_body"]

PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""Only what JSON has: what is written must be what was given."""


def chat_body(
    process: str, messages: str | Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]
) -> tuple[bytes, dict[str, Any]]:
    """A request body, and what it says; raises BadRequestError for what JSON cannot hold."""
    if "model" in parameters:
        raise BadRequestError("'model' is the process, and given as such")
    if not isinstance(messages, (str, list, tuple)):
        raise BadRequestError("'messages' must be a text or a list of messages")
    if any(isinstance(value, float) and not isfinite(value) for value in parameters.values()):
        raise BadRequestError("parameters must be finite numbers")
    turns = [{"role": "user", "content": messages}] if isinstance(messages, str) else list(messages)
    parsed = {"model": process, "messages": turns, **parameters}
    try:
        return orjson.dumps(parsed, option=PLAIN), parsed
    except TypeError as error:
        raise BadRequestError(f"the request cannot be written as JSON: {error}") from error
