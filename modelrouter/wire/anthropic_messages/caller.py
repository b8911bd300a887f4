"""Anthropic's Messages as callers speak them: what a request needs, and errors in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.counting import blocks_of, estimated, inner_blocks, is_file
from modelrouter.wire.reading import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEADERS: frozenset[str] = frozenset({"anthropic-version", "anthropic-beta"})
"""What of a caller's headers belongs to its request and goes on with it.

The version says how the body is to be read, so it stays with the body, before what an inventory says for a deployment.
"""


def read_request(body: Mapping[str, Any]) -> Asked:
    """Say what a request needs, one for an answer or one for a count.

    Thinking is demanded where a budget is set aside for it; `adaptive` and an effort leave it to the model.

    Raises:
        BadRequestError: `model` or `messages` is missing or of the wrong kind, or a part is nested too deeply.
    """
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not model:
        raise BadRequestError("'model' must name a process, an alias or a deployment")
    if not isinstance(messages, list) or not messages:
        raise BadRequestError("'messages' must be a list with at least one message")
    if not all(isinstance(message, dict) for message in messages):
        raise BadRequestError("each of 'messages' must be an object")
    limit = body.get("max_tokens")
    files: list[str] = []
    try:
        needs = _needs(body, files)
    except RecursionError:
        raise BadRequestError("the request is nested too deeply") from None
    return Asked(
        model=model,
        stream=body.get("stream") is True,
        capabilities=frozenset(needs),
        context=estimated(body),
        output=limit if type(limit) is int else None,
        kept=_kept(body, files),
    )


def _needs(body: Mapping[str, Any], files: list[str]) -> set[str]:
    """Name what a request demands of a model, and note the files by their ids that it speaks of."""
    needs: set[str] = set()
    _look(blocks_of(body), needs, files)
    if body.get("tools"):
        needs.add("tools")
    config = body.get("output_config")
    formats = (body.get("output_format"), config.get("format") if isinstance(config, dict) else None)
    if any(_kind(wanted) == "json_schema" for wanted in formats):
        needs.add("json_schema")
    if _kind(body.get("thinking")) == "enabled":
        needs.add("thinking")
    return needs


def _look(blocks: Iterable[object], needs: set[str], files: list[str]) -> None:
    for block in blocks:
        kind = _kind(block)
        if kind not in _HOLDERS or not isinstance(block, dict):
            continue
        holder = block if kind == "container_upload" else block.get("source")
        if isinstance(holder, dict) and isinstance(file_id := holder.get("file_id"), str):
            files.append(file_id)
        if kind == "image":
            needs.add("vision")
        elif kind == "document" and is_file(block):
            needs.add("documents")
        else:
            _look(inner_blocks(block), needs, files)


_HOLDERS = frozenset({"image", "document", "container_upload", "tool_result", "search_result"})
"""Blocks that are more than their text, or hold others."""


def _kept(body: Mapping[str, Any], files: list[str]) -> str | None:
    """Name the container, or else the first file, that lies at the provider."""
    container = body.get("container")
    known = container.get("id") if isinstance(container, dict) else container
    if isinstance(known, str):
        return f"container {known}"
    return f"file_id {files[0]}" if files else None


def _kind(value: object) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else None


def encode_error(
    status: int, cause: str, message: str, *, code: str | None = None, request_id: str | None = None
) -> bytes:
    """Write the error envelope of Anthropic's clients; `code` is one of its words, where the caller of this knows it.

    `cause` is a word of ours. It counts where it says more than the status, and never blames the caller's key or name
    for what is our provider's: a 503 is none of its doing.
    """
    return json_text.write(_error(code or _TYPES.get(cause) or _of_status(status), cause, message, request_id))


def stream_error(cause: str, message: str) -> bytes:
    """Write the event that ends a broken stream; `message_stop` must not follow, or the break looks like an end.

    Where the request is not at fault, its word is the one at which agents ask again: somebody else can answer then.
    """
    kind = _TYPES.get(cause)
    told = _error(kind if kind in _OWN_FAULT else "overloaded_error", cause, message)
    return b"event: error\ndata: " + json_text.write(told) + b"\n\n"


_OWN_FAULT = ("invalid_request_error", "request_too_large")


def _error(kind: str, cause: str, message: str, request_id: str | None = None) -> dict[str, Any]:
    if cause == "context_overflow" and TOO_LONG not in message:
        message = f"{TOO_LONG}: {message}"
    envelope: dict[str, Any] = {"type": "error", "error": {"type": kind, "message": message}}
    return envelope if request_id is None else {**envelope, "request_id": request_id}


TOO_LONG = "prompt is too long"
"""The words in which agents find out that they must compact their history."""

_TYPES: Mapping[str, str] = {
    "throttled": "rate_limit_error",
    "quota_exhausted": "billing_error",
    "overloaded": "overloaded_error",
    "timeout": "timeout_error",
    "deadline": "timeout_error",
    "request_too_large": "request_too_large",
    "context_overflow": "invalid_request_error",
    "content_blocked": "invalid_request_error",
    "unsupported_feature": "invalid_request_error",
    "bad_request": "invalid_request_error",
}
"""Our causes in Anthropic's words; the others mean something else to a caller than to us, and the status tells."""

_TYPES_OF_STATUS: Mapping[int, str] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}

_SERVER = 500


def _of_status(status: int) -> str:
    return _TYPES_OF_STATUS.get(status, "api_error" if status >= _SERVER else "invalid_request_error")
