"""Which path asks for what: the wire, the deployment's own prefix, the model where the path names it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, unquote, urlsplit

from modelrouter.drills.twins.anthropic_wire import ANTHROPIC
from modelrouter.drills.twins.bedrock_wire import BEDROCK
from modelrouter.drills.twins.embeddings_wire import EMBEDDINGS
from modelrouter.drills.twins.gemini_wire import GEMINI, GEMINI_ARRAY
from modelrouter.drills.twins.openai_wire import OPENAI
from modelrouter.drills.twins.responses_wire import RESPONSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment
    from modelrouter.drills.twins.wire import Wire

Kind = Literal["call", "listing", "unknown"]

MOUNTED = re.compile(r"^/at/([^/]+)(/.*|$)")
"""Each deployment has a prefix of its own, so that two regions of one provider stay apart behind one port."""

CALLS: tuple[tuple[re.Pattern[str], Wire, bool | None], ...] = (
    (re.compile(r"/deployments/(?P<model>[^/]+)/chat/completions$"), OPENAI, None),
    (re.compile(r"/chat/completions$"), OPENAI, None),
    (re.compile(r"/embeddings$"), EMBEDDINGS, False),
    (re.compile(r"/responses$"), RESPONSES, None),
    (re.compile(r"/messages$"), ANTHROPIC, None),
    (re.compile(r"/models/(?P<model>[^/:]+):generateContent$"), GEMINI, False),
    (re.compile(r"/models/(?P<model>[^/:]+):streamGenerateContent$"), GEMINI, True),
    (re.compile(r"/model/(?P<model>.+)/converse$"), BEDROCK, False),
    (re.compile(r"/model/(?P<model>.+)/converse-stream$"), BEDROCK, True),
)
"""The end of a path, its wire, and whether the path itself says that the answer streams."""

LISTING = re.compile(r"/(?:models|foundation-models)(?:/(?P<model>.+))?$")

BASES: Mapping[str, str] = MappingProxyType({"anthropic-messages": "", "gemini": "/v1beta"})
"""The folder that a wire's paths begin in, for deployments without an address; `/v1` for all others."""

LITELLM_BASES: Mapping[str, str] = MappingProxyType({"bedrock": "", "azure": "", "anthropic": ""})
"""What litellm appends its paths to; for every other provider it is the folder of `/chat/completions`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a path asks for."""

    kind: Kind
    deployment: str | None = None
    wire: Wire = OPENAI
    model: str | None = None
    stream: bool | None = None


def place(method: str, path: str, query: str = "") -> Place:
    """Read a path, percent-encoded, and the query behind it."""
    mounted = MOUNTED.match(path)
    deployment, rest = (unquote(mounted[1]), mounted[2]) if mounted else (None, path)
    rest = rest.rstrip("/")
    if method == "POST":
        for ending, wire, stream in CALLS:
            found = ending.search(rest)
            if found:
                model = found.groupdict().get("model")
                if stream and wire is GEMINI and "alt=sse" not in query.split("&"):
                    wire = GEMINI_ARRAY  # noqa: PLW2901 - the query says how the stream is written
                return Place(
                    kind="call",
                    deployment=deployment,
                    wire=wire,
                    model=None if model is None else unquote(model),
                    stream=stream,
                )
    listed = LISTING.search(rest) if method == "GET" else None
    if listed is None:
        return Place(kind="unknown", deployment=deployment)
    model = listed["model"]
    return Place(kind="listing", deployment=deployment, model=None if model is None else unquote(model))


def base_url(root: str, deployment: Deployment) -> str:
    """Where a readdressed deployment points: its own prefix, then the path that its real address has."""
    mounted = f"{root}/at/{quote(deployment.id, safe='')}"
    if deployment.url is not None:
        return mounted + urlsplit(deployment.url).path.rstrip("/")
    if deployment.wire == "litellm":
        return mounted + LITELLM_BASES.get(deployment.name.partition("/")[0], "/v1")
    return mounted + BASES.get(deployment.wire, "/v1")
