"""Who judges an error in `benchmarks.accuracy`: our classifier, LiteLLM's mapping of exceptions, the status alone."""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence, Surface
from modelrouter.core.signatures import by_status
from modelrouter.core.unwrap import stated_status, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Row(NamedTuple):
    """An error as it was seen, and what a person says it means."""

    name: str
    """The id, with the number of its line where ids occur twice."""
    provider: str
    surface: str
    status: int | None
    headers: Mapping[str, str]
    body: str
    causes: tuple[str, ...]
    """Every accepted cause, the best first."""
    scope: str
    retry_after_s: float | None
    source: str


class Answer(NamedTuple):
    """What a judge says; None where it has no notion of such a thing."""

    causes: tuple[str, ...]
    """One cause, or all that its coarser word may stand for."""
    scope: str | None
    retry_after_s: float | None
    why: str = ""

    def cause(self, row: Row) -> str:
        """Read a coarse word in the favour of the judge: the meaning that the label accepts, if there is one."""
        return next((cause for cause in self.causes if cause in row.causes), self.causes[0])


SURFACES: Mapping[str, Surface] = MappingProxyType({"http": "http", "sse": "stream", "stream": "stream"})


def ours(row: Row) -> Answer:
    """`modelrouter.core.classify`, at the time that the answer's own Date header tells; without one no date is read."""
    fault = classify(evidence(row), now=_sent(row.headers))
    return Answer((str(fault.cause),), str(fault.scope), fault.retry_after_s, fault.rule)


def evidence(row: Row) -> Evidence:
    """A row as the classifier takes it."""
    return Evidence(
        vendor=row.provider,
        surface=SURFACES.get(row.surface, "exception"),
        status=row.status,
        headers=row.headers,
        body=row.body,
    )


def _sent(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers.get("date", "")).replace(tzinfo=UTC)
    except ValueError:
        return None


def status_alone(row: Row) -> Answer:
    """The table of statuses that our classifier falls back to, and `retry-after` in whole seconds."""
    cause, scope = by_status(row.status, SURFACES.get(row.surface, "exception"))
    advice = row.headers.get("retry-after", "")
    return Answer((str(cause),), str(scope), float(advice) if advice.isdecimal() else None)


MEANINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AuthenticationError": ("auth",),
        "PermissionDeniedError": ("permission",),
        "NotFoundError": ("model_unavailable",),
        "RateLimitError": ("throttled", "quota_exhausted"),
        "PaymentRequiredError": ("quota_exhausted",),
        "BudgetExceededError": ("quota_exhausted",),
        "ContextWindowExceededError": ("context_overflow",),
        "ContentPolicyViolationError": ("content_blocked",),
        "RejectedRequestError": ("content_blocked",),
        "UnsupportedParamsError": ("unsupported_feature",),
        "BadRequestError": ("bad_request", "unsupported_feature", "request_too_large", "cancelled"),
        "UnprocessableEntityError": ("bad_request", "unsupported_feature"),
        "ImageFetchError": ("bad_request",),
        "Timeout": ("timeout",),
        "ServiceUnavailableError": ("overloaded", "outage"),
        "InternalServerError": ("outage", "overloaded"),
        "BadGatewayError": ("outage", "network"),
        "APIConnectionError": ("network", "outage", "cancelled"),
        "APIResponseValidationError": ("outage",),
    }
)
"""LiteLLM's classes as our causes, each counted right for every cause that a reader could take it for.

`APIError`, which carries a status and says no more, counts for what that status means alone. None of them says suspended, geofenced or export-controlled, and none says how far a fault reaches.
"""

PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "gemini-cli": "gemini", "vertex": "vertex_ai", "cohere": "cohere_chat", "zhipu": "zai", "lmstudio": "lm_studio",
        "nvidia-nim": "nvidia_nim", "nvidia": "nvidia_nim", "github-models": "github", "github-copilot": "github_copilot",
        "azure-foundry": "azure_ai", "together": "together_ai", "fireworks": "fireworks_ai", "tgi": "huggingface",
        "ollama-cloud": "ollama", "cloudflare-workers-ai": "cloudflare", "llamacpp": "openai", "litellm-proxy": "litellm_proxy",
        "anthropic-relay": "anthropic",
    }
)  # fmt: skip
"""Where LiteLLM has another name for a provider; one that it does not know is an OpenAI-compatible server to it."""

_LATE = re.compile(r"timed? ?out", re.IGNORECASE)
_CUT = re.compile(r"connect|socket|econn|getaddrinfo|ssl|proxy", re.IGNORECASE)
"""Texts that come from an HTTP client, not from a provider."""

NO_STATUS = 500
"""What LiteLLM's own clients put where an error came without a status."""


def litellm() -> Callable[[Row], Answer]:
    """Return LiteLLM as a judge; raises ImportError where it is not installed. The import takes seconds."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import fetches a price list
    library = importlib.import_module("litellm")
    vars(library).update(telemetry=False, suppress_debug_info=True)
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    known = {str(getattr(provider, "value", provider)) for provider in library.provider_list}

    def judge(row: Row) -> Answer:
        provider = PROVIDERS.get(row.provider, row.provider)
        provider = provider if provider in known else "openai"
        try:
            library.exception_type("a-model", _as_raised(library, row, provider), provider)
        except Exception as raised:  # noqa: BLE001 - it raises whatever it made of the error
            return _understood(library, raised)
        raise RuntimeError(f"litellm raised nothing for {row.name}")

    return judge


def _as_raised(library: Any, row: Row, provider: str) -> Exception:
    """The exception that LiteLLM's client of this provider has in hand when it maps an error."""
    status = row.status if row.status not in (None, 200) else stated_status(unwrap(row.body).lower())
    request = httpx.Request("POST", "https://provider.invalid/v1/chat/completions")
    if status is None and row.status is None:
        if _LATE.search(row.body):
            return httpx.ReadTimeout(row.body, request=request)
        if row.surface == "network" or _CUT.search(row.body):
            return httpx.ConnectError(row.body, request=request)
    is_made_up = status is None
    status = status or NO_STATUS
    common = importlib.import_module("litellm.llms.openai.common_utils")
    base = importlib.import_module("litellm.llms.base_llm.chat.transformation")
    is_sdk = provider == "openai" or provider in library.openai_compatible_providers
    kept = {name: value for name, value in row.headers.items() if not name.startswith((":", "content-"))}
    response = httpx.Response(status, headers=kept, text=row.body, request=request)
    parsed = _json(row.body)
    message = row.body
    if is_sdk and row.surface == "http":  # the SDK puts its own words before the body
        message = f"Error code: {status} - {parsed}" if parsed is not None else row.body or f"Error code: {status}"
    kind = common.OpenAIError if is_sdk else base.BaseLLMException
    body = parsed.get("error", parsed) if isinstance(parsed, dict) else None
    error: Exception = kind(status, message, headers=dict(kept), request=request, response=response, body=body)
    vars(error)["status_code_is_synthesized"] = is_made_up and not is_sdk
    return error


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _understood(library: Any, raised: Exception) -> Answer:
    names = [kind.__name__ for kind in type(raised).__mro__]
    name = next((name for name in names if name in MEANINGS), names[0])
    causes = MEANINGS.get(name) or (str(by_status(getattr(raised, "status_code", NO_STATUS), "http")[0]),)
    headers = getattr(raised, "litellm_response_headers", None)
    wait = library.utils._get_retry_after_from_exception_header(headers)  # noqa: SLF001 - what its retries wait by
    return Answer(causes, None, float(wait) if wait is not None and wait > 0 else None, name)
