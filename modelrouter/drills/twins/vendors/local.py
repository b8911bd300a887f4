"""How local servers fail: Ollama, vLLM and llama.cpp know load, models and windows, not accounts or countries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.failure import Dialect, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.drills.twins.failure import Json


def ollama(message: str, kind: str = "api_error") -> Json:
    """Ollama's OpenAI-compatible envelope."""
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def vllm(message: str, kind: str, code: int, param: str | None = None) -> Json:
    """The envelope of vLLM since 0.10; before, the inner object stood alone with `"object": "error"`."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def llamacpp(message: str, kind: str, code: int) -> Json:
    """The envelope of llama-server."""
    return {"error": {"code": code, "message": message, "type": kind}}


BUSY = Row(
    status=503,
    body=ollama("server busy, please try again.  maximum pending requests exceeded"),
    cause=Cause.OVERLOADED,
    source="Ollama's scheduler; such servers have no 429",
)
WINDOW = (
    "This model's maximum context length is {window} tokens. However, you requested {tokens} tokens in the messages, "
    "Please reduce the length of the messages."
)

OLLAMA: Mapping[Effect, Row] = MappingProxyType(
    {
        Effect.THROTTLED: BUSY,
        Effect.OVERLOADED: BUSY,
        Effect.MODEL_UNAVAILABLE: Row(
            status=404,
            body=ollama('model "{model}" not found, try pulling it first', "not_found_error"),
            source="quoted by users of the OpenAI SDK",
        ),
        Effect.OUTAGE: Row(
            status=500,
            body=ollama(
                "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, "
                "check ollama server logs for details"
            ),
            source="Ollama's runner supervision",
        ),
        Effect.UNSUPPORTED_FEATURE: Row(
            status=400,
            body=ollama("registry.ollama.ai/library/{model} does not support tools", "invalid_request_error"),
            source="quoted by users",
        ),
        Effect.BAD_REQUEST: Row(
            status=400, body=ollama("{message}", "invalid_request_error"), source="Ollama's source"
        ),
        Effect.STREAM_ERROR: Row(
            status=200,
            body=ollama("an error was encountered while running the model"),
            source="quoted by users of the native stream, here in a data event",
        ),
    }
)

VLLM: Mapping[Effect, Row] = MappingProxyType(
    {
        Effect.THROTTLED: Row(
            status=503,
            body=vllm("The server is at its maximum number of concurrent requests.", "ServiceUnavailableError", 503),
            source="load shedding before vLLM; the text is assumed",
            assumed=True,
        ),
        Effect.AUTH: Row(status=401, body={"error": "Unauthorized"}, source="vLLM's --api-key middleware"),
        Effect.MODEL_UNAVAILABLE: Row(
            status=404,
            body=vllm("The model `{model}` does not exist.", "NotFoundError", 404, "model"),
            source="vllm-project/vllm#3485, in the newer envelope",
        ),
        Effect.OUTAGE: Row(
            status=500,
            body=vllm(
                "EngineCore encountered an issue. See stack trace (above) for the root cause.",
                "InternalServerError",
                500,
            ),
            source="vLLM threads",
        ),
        Effect.CONTEXT_OVERFLOW: Row(status=400, body=vllm(WINDOW, "BadRequestError", 400), source="vLLM threads"),
        Effect.UNSUPPORTED_FEATURE: Row(
            status=400,
            body=vllm(
                '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
                "BadRequestError",
                400,
            ),
            source="vLLM threads",
        ),
        Effect.BAD_REQUEST: Row(status=400, body=vllm("{message}", "BadRequestError", 400), source="vLLM's source"),
        Effect.STREAM_ERROR: Row(
            status=200,
            body=vllm("EngineCore encountered an issue.", "InternalServerError", 500),
            source="vLLM sends its error as a data event",
        ),
    }
)

LLAMACPP: Mapping[Effect, Row] = MappingProxyType(
    {
        Effect.THROTTLED: Row(
            status=503,
            body=llamacpp("no slot available", "unavailable_error", 503),
            cause=Cause.OVERLOADED,
            source="llama-server with all slots busy",
        ),
        Effect.AUTH: Row(
            status=401, body=llamacpp("Invalid API Key", "authentication_error", 401), source="llama-server's --api-key"
        ),
        Effect.OVERLOADED: Row(
            status=503, body=llamacpp("Loading model", "unavailable_error", 503), source="quoted by users at start-up"
        ),
        Effect.OUTAGE: Row(
            status=500, body=llamacpp("failed to decode the batch", "server_error", 500), source="llama-server's source"
        ),
        Effect.CONTEXT_OVERFLOW: Row(
            status=400,
            body=llamacpp(
                "the request exceeds the available context size. try increasing the context size or enable context shift",
                "exceed_context_size_error",
                400,
            ),
            source="measured on llama-server",
        ),
        Effect.UNSUPPORTED_FEATURE: Row(
            status=500,
            body=llamacpp("tools param requires --jinja flag", "server_error", 500),
            source="llama-server without chat templates",
        ),
        Effect.BAD_REQUEST: Row(
            status=400, body=llamacpp("{message}", "invalid_request_error", 400), source="llama-server's source"
        ),
        Effect.STREAM_ERROR: Row(
            status=200,
            body=llamacpp("failed to decode the batch", "server_error", 500),
            source="llama-server sends its error as a data event",
        ),
    }
)

DIALECTS: tuple[Dialect, ...] = (
    Dialect(vendor="ollama", rows=OLLAMA, headers={}),
    Dialect(vendor="vllm", rows=VLLM, headers={"server": "uvicorn"}),
    Dialect(vendor="llamacpp", rows=LLAMACPP, headers={"server": "llama.cpp"}),
)
