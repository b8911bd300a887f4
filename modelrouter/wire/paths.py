"""Which wire an HTTP path speaks, and what it says of a request; the doors share this table."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote

from modelrouter.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

WIRE_OF_PATH: Mapping[str, str] = MappingProxyType(
    {"/chat/completions": "openai-chat", "/responses": "openai-responses", "/messages": "anthropic-messages"}
    | {"/embeddings": "openai-embeddings"}
)
"""The end of a path, after any of `PREFIXES`, and the wire of its requests."""

PREFIXES = ("", "/v1", "/openai/v1", "/anthropic", "/anthropic/v1")
"""Base addresses as clients are given them: bare, with the version, and those that gateways of several wires use.

Anthropic's clients put the version behind the base themselves, except for those that expect it there.
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a path says of the requests on it."""

    wire: str
    model: str | None = None
    """The model, on wires that name it there; None where the body does."""
    streamed: bool = False
    """Whether the answer shall come in events; of account only beside `model`."""
    counts: bool = False
    """Whether the tokens of a request are to be counted, and nobody asked."""
    refusal: str = ""
    """Why no request on it can be answered; empty where some can."""

    def check(self) -> None:
        """Raise BadRequestError where no request on it can be answered."""
        if self.refusal:
            raise BadRequestError(self.refusal)

    def complete(self, body: bytes) -> bytes:
        """Put what the path says into the body, first of all, as `model` and `stream`.

        A body that says one of them too has it twice then, and is refused when it is read.
        """
        head, brace, rest = body.partition(b"{")
        if self.model is None or head.strip() or not brace:
            return body
        said = b'"model":%b,"stream":%b' % (json.dumps(self.model).encode(), b"true" if self.streamed else b"false")
        comma = b"" if rest.lstrip().startswith(b"}") else b","
        return head + brace + said + comma + rest


COUNTS: Mapping[str, str] = MappingProxyType(
    {"/messages/count_tokens": "anthropic-messages", "/responses/input_tokens": "openai-responses"}
)
"""As `WIRE_OF_PATH`, for requests whose tokens are to be counted."""

_ENDPOINTS = {
    prefix + path: Endpoint(wire, counts=table is COUNTS)
    for table in (WIRE_OF_PATH, COUNTS)
    for path, wire in table.items()
    for prefix in PREFIXES
}
_GEMINI = re.compile(
    r"(?:/gemini|/google)?/v1(?:alpha|beta1?)?(?:/projects/[^/]+/locations/[^/]+)?(?:/publishers/[^/]+)?"
    r"/models/(?P<model>[^:]+):(?P<verb>generateContent|streamGenerateContent|countTokens)"
)
_STREAMED = "streamGenerateContent"
_COUNTS = "countTokens"
_EVENTS = re.compile(rb"(?:^|&)(?:\$|%24)?alt=sse(?:&|$)")


def endpoint_of(path: str, query: bytes = b"") -> Endpoint | None:
    """Say what requests on `path` are; None where no model is asked there.

    `path` is the path alone; of its `query` only the form of a stream is read. A trailing slash changes nothing.
    """
    path = path.rstrip("/")
    if (known := _ENDPOINTS.get(path)) is not None:
        return known
    match = _GEMINI.fullmatch(path) if path.endswith(("Content", _COUNTS)) else None
    if match is None:
        return None
    verb = match["verb"]
    wanted = "" if verb != _STREAMED or _EVENTS.search(query) else "a stream is sent as events: add ?alt=sse"
    return Endpoint("gemini", unquote(match["model"]), verb == _STREAMED, verb == _COUNTS, wanted)
