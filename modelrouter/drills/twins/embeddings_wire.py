"""OpenAI's embeddings, as the server writes them; many local servers speak it too."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.asked import Asked, RefusedError, prompt_tokens
from modelrouter.drills.twins.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.reply import Reply
    from modelrouter.drills.twins.wire import Event

PARAMETERS = frozenset({"model", "input", "dimensions", "encoding_format", "user"})
DIMENSIONS = 256
"""Where neither the request nor the model says."""
MOST = 2048
"""Inputs in one request, and numbers in one embedding."""


def read(body: dict[str, Any], _headers: Mapping[str, str]) -> Asked:
    """What the body asks for."""
    if unknown := sorted(body.keys() - PARAMETERS):
        raise RefusedError(f"Unrecognized request argument supplied: {unknown[0]}")
    inputs = inputs_of(body.get("input"))
    wanted = body.get("dimensions")
    if wanted is not None and (not isinstance(wanted, int) or not 1 <= wanted <= MOST):
        raise RefusedError(f"Invalid 'dimensions': expected an integer from 1 to {MOST}.")
    if body.get("encoding_format") not in (None, "float", "base64"):
        raise RefusedError("Invalid value for 'encoding_format'. Supported values are: 'float' and 'base64'.")
    return Asked(texts=inputs, dimensions=wanted, tokens=prompt_tokens(list(inputs)), body=body)


def inputs_of(said: object) -> tuple[str, ...]:
    """The inputs as texts; tokens are told by their numbers."""
    many: list[Any] = said if isinstance(said, list) and said and not isinstance(said[0], int) else [said]
    if not said or len(many) > MOST:
        raise RefusedError(f"Invalid 'input': expected 1 to {MOST} inputs.")
    texts = []
    for one in many:
        numbers = isinstance(one, list) and one and all(isinstance(token, int) for token in one)
        if not numbers and (not isinstance(one, str) or not one):
            raise RefusedError("'$.input' is invalid. Please check the API reference.")
        texts.append(one if isinstance(one, str) else " ".join(map(str, one)))
    return tuple(texts)


def vector(model: str, text: str, length: int) -> list[float]:
    """Deterministic, of length 1; alike only for the same text in the same model."""
    raw = hashlib.shake_256(f"{model}\n{text}".encode()).digest(2 * length)
    numbers = [value - 32767.5 for value in struct.unpack(f"<{length}H", raw)]
    size = sum(value * value for value in numbers) ** 0.5
    # In 32 bits, as servers hold them: so both encodings say the same.
    return list(struct.unpack(f"<{length}f", struct.pack(f"<{length}f", *(value / size for value in numbers))))


def whole(reply: Reply) -> bytes:
    """The embeddings, in the order of the inputs."""
    asked = reply.asked
    packed = asked.body.get("encoding_format") == "base64"
    rows = []
    for place, text in enumerate(asked.texts or ()):
        numbers = vector(reply.model, text, asked.dimensions or DIMENSIONS)
        data: Any = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode() if packed else numbers
        rows.append({"object": "embedding", "index": place, "embedding": data})
    usage = {"prompt_tokens": reply.tokens_in, "total_tokens": reply.tokens_in}
    return orjson.dumps({"object": "list", "data": rows, "model": reply.model, "usage": usage})


def events(reply: Reply, _asked: Asked) -> Iterator[Event]:
    """There are no streams of embeddings; `read` lets none through."""
    raise NotImplementedError(f"embeddings are not streamed: {reply.number}")


def error(failure: Failure) -> bytes:
    """As an answer says it."""
    return failure.body


EMBEDDINGS = Wire(
    name="openai-embeddings",
    stream_type="application/json",
    read=read,
    whole=whole,
    events=events,
    error=error,
    broken=b"",
)
