"""Every name that goes out, in one place, with the version of the conventions that it is from.

The names of generative AI are still in development: version 1.41.0 of OpenTelemetry's semantic conventions was the last
that held them, before they moved to a repository without releases. Whoever takes a later version changes this file alone.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment

CONVENTIONS = "1.41.0"
SCHEMA_URL = f"https://opentelemetry.io/schemas/{CONVENTIONS}"
"""What receivers translate other versions by."""
SCOPE = "modelrouter"

# Attributes of the conventions.
OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_STREAM = "gen_ai.request.stream"
RESPONSE_MODEL = "gen_ai.response.model"
FINISH_REASONS = "gen_ai.response.finish_reasons"
FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITTEN_TOKENS = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
TOKEN_TYPE = "gen_ai.token.type"  # noqa: S105 - a kind of token that is billed
ERROR_TYPE = "error.type"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
STATUS_CODE = "http.response.status_code"
SERVICE_NAME = "service.name"
SERVICE_VERSION = "service.version"
SERVICE_INSTANCE = "service.instance.id"
SDK_NAME = "telemetry.sdk.name"
SDK_LANGUAGE = "telemetry.sdk.language"
SDK_VERSION = "telemetry.sdk.version"

# Our own.
REQUEST_ID = "modelrouter.request.id"
PROCESS = "modelrouter.process"
OUTCOME = "modelrouter.outcome"
STREAM = "modelrouter.stream"
"""How a stream that had begun was over: `complete`, `cut` or `left` by its caller."""
DEPLOYMENT = "modelrouter.deployment"
ATTEMPTS = "modelrouter.attempts"
DOOR = "modelrouter.door"
CALLER = "modelrouter.caller"
EXCLUDED = "modelrouter.excluded"
SCOPE_OF_FAULT = "modelrouter.fault.scope"
RULE_OF_FAULT = "modelrouter.fault.rule"
ATTEMPT_OUTCOME = "modelrouter.attempt.outcome"
HELD_DOMAIN = "modelrouter.held.domain"
HELD_CAUSE = "modelrouter.held.cause"
NOT_CALLED = "modelrouter.not_called"
"""An event: a deployment of the route that was passed over, and the domain whose hold kept it from being called."""

# Metrics: name, unit, bounds.
SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""The conventions' bounds for durations."""
TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
"""The conventions' bounds for tokens."""
DURATION_METRIC = "gen_ai.client.operation.duration"
FIRST_CHUNK_METRIC = "gen_ai.client.operation.time_to_first_chunk"
TOKENS_METRIC = "gen_ai.client.token.usage"
REQUEST_METRIC = "modelrouter.request.duration"

EMBEDDINGS = "embeddings"
GENERATE = "generate_content"
CHAT = "chat"
_OPERATIONS: Mapping[str, str] = MappingProxyType({"openai-embeddings": EMBEDDINGS, "gemini": GENERATE})

NOBODY = "modelrouter"
"""The provider of a request that nobody was called for."""
_PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "azure": "azure.ai.openai",
        "bedrock": "aws.bedrock",
        "gemini": "gcp.gemini",
        "mistral": "mistral_ai",
        "vertex": "gcp.vertex_ai",
        "watsonx": "ibm.watsonx.ai",
        "xai": "x_ai",
    }
)
"""By our words for vendors: the well-known values, where they are others. Those of the rest go out as they are."""
_FOUNDRY = ".services.ai.azure.com"
_PORTS: Mapping[str, int] = MappingProxyType({"http": 80, "https": 443})

CANCELLED = "cancelled"
"""The `error.type` of a request whose caller went away before there was an answer."""
OTHER = "_OTHER"
"""The conventions' `error.type` where nothing is known."""


def operation(wire: str) -> str:
    """What is done over a wire, in the conventions' word."""
    return _OPERATIONS.get(wire, CHAT)


class Place(NamedTuple):
    """A deployment in the words of the conventions."""

    deployment: str
    model: str
    """What its provider calls the model."""
    operation: str
    provider: str
    server: Mapping[str, str | int]
    """Its address and port; empty where a library chooses the address."""


def places(deployments: Mapping[str, Deployment]) -> Mapping[str, Place]:
    """Every deployment of an inventory, by id: worked out once, and looked up for each request."""
    return {
        name: Place(name, each.name, operation(each.wire), provider(each), server(each))
        for name, each in deployments.items()
    }


def provider(deployment: Deployment) -> str:
    """Whose service it is, in the conventions' word where there is one."""
    vendor = deployment.provider.vendor
    if vendor == "generic":
        return deployment.provider.id
    if vendor == "azure" and (urlsplit(deployment.url or "").hostname or "").endswith(_FOUNDRY):
        return "azure.ai.inference"
    return _PROVIDERS.get(vendor, vendor)


def server(deployment: Deployment) -> dict[str, str | int]:
    """Where it is called; empty where a library chooses the address."""
    parts = urlsplit(deployment.url or "")
    if not parts.hostname:
        return {}
    return {SERVER_ADDRESS: parts.hostname, SERVER_PORT: parts.port or _PORTS.get(parts.scheme, 443)}
