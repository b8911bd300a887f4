"""OpenAI's embeddings as callers speak them: what a request needs; errors are those of Chat Completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire.openai_chat.caller import encode_error, stream_error
from modelrouter.wire.reading import BYTES_PER_TOKEN, Asked, Vectors

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HEADERS", "encode_error", "read_request", "stream_error"]

HEADERS: frozenset[str] = frozenset()
"""What of a caller's headers belongs to its request and goes on with it."""


def read_request(body: Mapping[str, Any]) -> Asked:
    """Say what a request needs. Its inputs are read one by one, so the longest is what must fit.

    Raises:
        BadRequestError: `model` or `input` is missing or of the wrong kind.
    """
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise BadRequestError("'model' must name a process, an alias or a deployment")
    sizes = [_size(text) for text in _inputs(body.get("input"))]
    dimensions = body.get("dimensions")
    if dimensions is not None and (type(dimensions) is not int or dimensions < 1):
        raise BadRequestError("'dimensions' must be a whole number above zero")
    return Asked(
        model=model,
        stream=False,
        capabilities=frozenset({"embeddings"}),
        context=max(sizes),
        output=None,
        vectors=Vectors(len(sizes), frozenset({dimensions} if dimensions else ())),
    )


def _inputs(given: object) -> list[object]:
    """Give the inputs: a text, several, the numbers of one text's tokens, or those of several."""
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list) or not given:
        raise BadRequestError("'input' must be a text, or a list with at least one")
    return [given] if all(type(token) is int for token in given) else given


def _size(text: object) -> int:
    """Estimate the tokens of one input."""
    if isinstance(text, str) and text:
        return (len(text) if text.isascii() else len(text.encode(errors="replace"))) // BYTES_PER_TOKEN
    if isinstance(text, list) and text and all(type(token) is int for token in text):
        return len(text)
    raise BadRequestError("each of 'input' must be a text that is not empty, or a list of tokens")
