"""A few hundred errors as providers, relays and clients word and wrap them; all made up here, the same ones each time."""

from __future__ import annotations

import html
import json
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.faults import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from modelrouter.core.faults import Surface

SEED = 7


class Said(NamedTuple):
    """What goes wrong: the status, a vendor's code, how clients call it, and the sentence."""

    status: int
    code: str
    name: str
    message: str


SAID = (
    Said(
        429, "rate_limit_exceeded", "RateLimitError", "Rate limit of 60 requests per minute reached. Try again in 12s."
    ),
    Said(429, "RESOURCE_EXHAUSTED", "ResourceExhausted", "Too many tokens per minute for this project; slow down."),
    Said(
        429,
        "insufficient_quota",
        "RateLimitError",
        "The monthly budget of this project is used up. Check its billing page.",
    ),
    Said(
        402, "payment_required", "APIStatusError", "The prepaid balance is too low for this request; add credits first."
    ),
    Said(401, "invalid_api_key", "AuthenticationError", "The API key sk-proj-9f3kd82mLq0aZx71 was not accepted."),
    Said(403, "permission_denied", "PermissionDeniedError", "This key may not use the model atlas-large-2."),
    Said(403, "forbidden", "PermissionDeniedError", "Requests from your country are not served by this endpoint."),
    Said(403, "account_disabled", "PermissionDeniedError", "This account was suspended on 2026-03-02 after a review."),
    Said(404, "model_not_found", "NotFoundError", "There is no model atlas-medium-1, or you have no access to it."),
    Said(410, "model_retired", "APIStatusError", "atlas-small-0 was retired last spring; use atlas-small-3."),
    Said(
        400, "context_length_exceeded", "BadRequestError", "131204 tokens were sent; the context window holds 128000."
    ),
    Said(400, "invalid_request_error", "BadRequestError", "messages[2].content: expected a string or a list of parts."),
    Said(
        400, "content_filter", "BadRequestError", "The prompt was stopped by the content filter (category: violence)."
    ),
    Said(400, "unsupported_parameter", "BadRequestError", "The parameter 'logit_bias' does not work with this model."),
    Said(413, "request_too_large", "APIStatusError", "A request may have 32 MB at most; this one has 41."),
    Said(500, "internal_error", "InternalServerError", "Something broke on our side while the answer was written."),
    Said(502, "bad_gateway", "InternalServerError", "The machine behind this address closed the connection early."),
    Said(
        503,
        "overloaded_error",
        "InternalServerError",
        "All replicas of atlas-large-2 are busy, please retry in 20 seconds.",
    ),
    Said(504, "timeout", "APITimeoutError", "No first token came within 60 seconds."),
    Said(529, "overloaded", "InternalServerError", "Demand is higher than usual right now."),
    Said(429, "1302", "RateLimitError", "当前账户的并发请求过多。请稍等 30 秒后再试。"),
    Said(400, "InvalidParameter", "BadRequestError", "参数 temperature 必须在 0 到 2 之间。"),
)

VENDORS = ("openai", "anthropic", "azure", "bedrock", "gemini", "mistral", "groq", "zhipu", "vllm", "openrouter")
HEADERS = {
    "date": "Mon, 02 Mar 2026 08:15:30 GMT",
    "content-type": "application/json",
    "content-length": "212",
    "connection": "keep-alive",
    "server": "edge",
    "x-request-id": "req_0c9d1b7e",
    "cache-control": "no-store",
    "vary": "Origin",
    "x-ratelimit-limit-requests": "600",
    "x-ratelimit-remaining-requests": "599",
    "x-ratelimit-reset-requests": "100ms",
}


def _envelope(said: Said, chance: Random) -> str:
    """The body of a vendor's answer; every vendor has its own notion of what that looks like."""
    flat = {"code": said.code, "message": said.message}
    body = chance.choice(
        [
            {"error": {"message": said.message, "type": said.code, "param": None, "code": said.code}},
            {"type": "error", "error": {"type": said.code, "message": said.message}, "request_id": "req_77ab0d"},
            {
                "error": {
                    "code": said.status,
                    "status": said.code,
                    "message": said.message,
                    "details": [{"reason": said.code}],
                }
            },
            {"object": "error", **flat},
            {"__type": said.name, "message": said.message},
            {"detail": [{"loc": ["body", "messages"], "msg": said.message, "type": said.code}]},
        ]
    )
    return json.dumps(body, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, None, 2]))


def _exception(said: Said, chance: Random) -> str:
    body = json.loads(_envelope(said, chance))
    return chance.choice(
        [
            f"Error code: {said.status} - {body!r}",
            f"openai.{said.name}: Error code: {said.status} - {body!r}",
            f"{said.name}({said.message!r})",
            f"{said.status} {said.name}: {said.message}",
            f"An error occurred ({said.name}) when calling the Converse operation: {said.message}",
        ]
    )


def _relay(said: Said, chance: Random) -> str:
    """One to three relays, each of which puts what it got into a string of its own."""
    text = _envelope(said, chance)
    for _ in range(chance.randint(1, 3)):
        text = json.dumps({"error": {"message": f"upstream error: {text}", "code": "upstream_error"}})
    return text


def _page(said: Said, chance: Random) -> str:
    style = f"<style>{'.box{margin:0 auto;color:#333} ' * chance.randint(1, 40)}</style>"
    rows = "".join(
        f"<div class='row'><span>{html.escape(said.message)}</span></div>" for _ in range(chance.randint(1, 4))
    )
    return (
        f"<!DOCTYPE html><html><head><title>{said.status} {said.code}</title>{style}</head><body>{rows}</body></html>"
    )


def _event(said: Said, chance: Random) -> str:
    return f"event: error\ndata: {json.dumps(json.loads(_envelope(said, chance)))}\n\n"


def _sentence(said: Said, chance: Random) -> str:
    return chance.choice(["", "Error: ", f"HTTP {said.status}: ", "request failed, "]) + said.message


SHAPES: dict[str, tuple[Surface, Callable[[Said, Random], str]]] = {
    "a vendor's JSON": ("http", _envelope),
    "an exception's text": ("exception", _exception),
    "JSON in JSON of relays": ("http", _relay),
    "a page": ("http", _page),
    "an event of a stream": ("stream", _event),
    "a bare sentence": ("http", _sentence),
}


def own() -> dict[str, list[Evidence]]:
    """Errors by shape: everything that goes wrong, said three times in each shape, in notations of chance."""
    chance = Random(SEED)
    return {shape: list(_made(shape, chance)) for shape in SHAPES}


def _made(shape: str, chance: Random) -> Iterator[Evidence]:
    surface, write = SHAPES[shape]
    for said in SAID * 3:
        yield Evidence(
            vendor=chance.choice(VENDORS),
            surface=surface,
            status=said.status if surface == "http" else None,
            headers=HEADERS if surface == "http" else {},
            body=write(said, chance),
        )


def _nested(layers: int) -> str:
    text = '{"error": {"code": "insufficient_quota"}}'
    for _ in range(layers):
        text = json.dumps({"error": text})
    return text


WORST = {
    "a megabyte of one word": "overloaded " * 90_000,
    "a megabyte of a page": f"<html><body>{'<p>overloaded</p>' * 58_000}</body></html>",
    "a megabyte of JSON": json.dumps([{"error": {"code": "overloaded"}}] * 27_000),
    "JSON in JSON, twelve deep": _nested(12),
    "scripts that never end": f"<html>{'<script>' * 1000}",
    "ampersands, escaped over and over": f"&{'amp;' * 2000}",
    "characters of another script": "服务繁忙。" * 1600,
}
"""Bodies that somebody may send in order to keep us busy."""
