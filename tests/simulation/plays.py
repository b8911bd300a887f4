"""What a simulated provider sends back: good answers, and every way not to give one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .estate import Site

JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream"}
HIGHEST_OF_SLOW_S = 40.0


@dataclass(frozen=True, slots=True)
class Play:
    """How one call goes. Moments are seconds since it was sent."""

    kind: str
    status: int = 200
    """0: there is no answer at all."""
    at: float | None = 0.0
    """When the answer begins, or the connection fails; None: never."""
    headers: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[tuple[float, bytes], ...] = ()
    breaks: str | None = None
    """The connection fails with these words after the blocks."""
    ends: bool = True
    """The answer ends after the blocks; else nothing comes any more."""
    good: bool = False
    """A whole and proper answer."""
    content: int | None = None
    """The block that shows the first content."""
    wait_s: float | None = None
    """What it states."""


REFUSALS: Mapping[str, tuple[int, str, str, str]] = {
    # kind: status, OpenAI's error code, Anthropic's error type, the words
    "throttled": (429, "rate_limit_exceeded", "rate_limit_error", "Too many requests, slow down."),
    "throttled_stated": (429, "rate_limit_exceeded", "rate_limit_error", "Too many requests, slow down."),
    "outage": (500, "server_error", "api_error", "Something broke on our side."),
    "overloaded": (529, "server_is_overloaded", "overloaded_error", "We are overloaded."),
    "overloaded_stated": (503, "server_is_overloaded", "overloaded_error", "We are overloaded."),
    "quota": (429, "insufficient_quota", "billing_error", "There is no money left."),
    "quota_stated": (429, "insufficient_quota", "billing_error", "There is no money left."),
    "suspended": (403, "account_deactivated", "permission_error", "Your organization has been disabled."),
    "geofenced": (403, "unsupported_country_region_territory", "forbidden", "Request not allowed from your country: unsupported country."),
    "export": (403, "forbidden", "permission_error", "Withheld under an export control order."),
    "auth": (401, "invalid_api_key", "authentication_error", "That is no key of ours."),
    "withdrawn": (404, "model_not_found", "not_found_error", "There is no such model."),
    "permission": (403, "insufficient_permissions", "permission_error", "Your plan is not entitled to this."),
    "content": (400, "content_policy_violation", "invalid_request_error", "That would violate our usage policy."),
    "overflow": (400, "context_length_exceeded", "invalid_request_error", "The prompt is too long: it exceeds the context length."),
    "crowded": (429, "rate_limit_exceeded", "rate_limit_error", "Too many requests at once."),
}  # fmt: skip
"""Answers that refuse by their status; the words are this simulation's own."""

CAUSES: Mapping[str, frozenset[str]] = {
    "throttled": frozenset({"throttled"}),
    "throttled_stated": frozenset({"throttled"}),
    "crowded": frozenset({"throttled"}),
    "outage": frozenset({"outage"}),
    "overloaded": frozenset({"overloaded"}),
    "overloaded_stated": frozenset({"overloaded"}),
    "quota": frozenset({"quota_exhausted"}),
    "quota_stated": frozenset({"quota_exhausted"}),
    "suspended": frozenset({"suspended"}),
    "geofenced": frozenset({"geofenced"}),
    "export": frozenset({"export_controlled"}),
    "auth": frozenset({"auth"}),
    "withdrawn": frozenset({"model_unavailable"}),
    "permission": frozenset({"permission"}),
    "content": frozenset({"content_blocked"}),
    "overflow": frozenset({"context_overflow"}),
}
"""What each refusal must be taken for: a test holds this, and the checks build on it."""


def refusal(kind: str, vendor: str, wait_s: float, at: float) -> Play:
    """An answer that refuses by its status."""
    status, code, type_, words = REFUSALS[kind]
    if vendor == "anthropic":
        body = orjson.dumps({"type": "error", "error": {"type": type_, "message": words}})
    else:
        body = orjson.dumps({"error": {"message": words, "type": "error", "param": None, "code": code}})
    stated = kind.endswith("_stated")
    headers = {**JSON, "retry-after": f"{wait_s:g}"} if stated else JSON
    return Play(kind, status, at, headers, ((at, body),), wait_s=wait_s if stated else None)


class Speech:
    """One answer of one deployment in its own wire."""

    def __init__(self, wire: str, site: Site, text: str, model: str) -> None:
        self.site = site
        self.text = text
        self.model = model
        self.anthropic = wire == "anthropic-messages"

    def whole(self, text: str | None = None) -> bytes:
        """The body of a whole answer."""
        text = self.text if text is None else text
        if self.anthropic:
            content = [{"type": "text", "text": text}] if text else []
            counts = {"input_tokens": 5, "output_tokens": 7}
            head: dict[str, object] = {"id": "msg_1", "type": "message", "role": "assistant", "model": self.model}
            return orjson.dumps({**head, "content": content, "stop_reason": "end_turn", "usage": counts})
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
        head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": self.model}
        return orjson.dumps({**head, "choices": [choice], "usage": usage})

    def opening(self) -> list[bytes]:
        """Events before any content."""
        if self.anthropic:
            message = {"id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "content": []}
            start = {"type": "message_start", "message": {**message, "usage": {"input_tokens": 5, "output_tokens": 1}}}
            block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
            return [_named(start), _named(block)]
        return [self._chunk({"role": "assistant", "content": ""})]

    def contents(self) -> list[bytes]:
        """Events with content: the text in as many pieces as the deployment is wont to send."""
        size = max(1, len(self.text) // self.site.pieces)
        pieces = [self.text[start : start + size] for start in range(0, len(self.text), size)]
        if self.anthropic:
            delta = "content_block_delta"
            return [
                _named({"type": delta, "index": 0, "delta": {"type": "text_delta", "text": each}}) for each in pieces
            ]
        return [self._chunk({"content": each}) for each in pieces]

    def closing(self) -> list[bytes]:
        """Events that end it properly."""
        if self.anthropic:
            stop = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}
            return [_named({"type": "content_block_stop", "index": 0}), _named(stop), _named({"type": "message_stop"})]
        return [self._chunk({}, "stop"), b"data: [DONE]\n\n"]

    def error(self) -> bytes:
        """An event that says that it failed."""
        if self.anthropic:
            return _named({"type": "error", "error": {"type": "api_error", "message": "Something broke on our side."}})
        return b'data: {"error":{"message":"Something broke on our side.","type":"server_error","code":"server_error"}}\n\n'

    def _chunk(self, delta: Mapping[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": self.model}
        return b"data: " + orjson.dumps({**head, "choices": [choice]}) + b"\n\n"


def _named(event: Mapping[str, object]) -> bytes:
    return b"event: " + str(event["type"]).encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"


def healthy(speech: Speech, at: float, *, stream: bool, split: bool, kind: str = "healthy") -> Play:
    """A good answer."""
    if not stream:
        return Play(kind, 200, at, JSON, ((at, speech.whole()),), good=True, content=0)
    play = streamed(kind, speech, at, speech.opening(), [*speech.contents(), *speech.closing()], good=True)
    return _split(play) if split else play


def streamed(
    kind: str, speech: Speech, at: float, before: Sequence[bytes], after: Sequence[bytes], **ending: object
) -> Play:
    """A stream: what comes before its first content and with it at once, the rest piece by piece."""
    blocks = [(at, event) for event in before]
    blocks += [(at + place * speech.site.gap_s, event) for place, event in enumerate(after)]
    content = len(before) if after else None
    return Play(kind, 200, at, EVENTS, tuple(blocks), content=content, **ending)  # type: ignore[arg-type] # passed on


def _split(play: Play) -> Play:
    """The same in blocks that end inside events."""
    halves = [
        (due, part) for due, data in play.blocks for part in (data[: len(data) // 2], data[len(data) // 2 :]) if part
    ]
    content = None if play.content is None else play.content * 2 + 1
    return Play(play.kind, play.status, play.at, play.headers, tuple(halves), good=play.good, content=content)


def _broken_off(kind: str, speech: Speech, at: float, *, stream: bool) -> Play:
    """The connection breaks: after content, or (`cut_before`) before it."""
    words = "ClientPayloadError: the response is incomplete"
    if not stream:
        body = speech.whole()
        return Play(kind, 200, at, JSON, ((at, body[: len(body) // 2]),), breaks=words)
    if kind == "cut_before":
        return streamed(kind, speech, at, speech.opening(), [], breaks=words)
    return streamed(kind, speech, at, speech.opening(), speech.contents(), breaks=words)


def _ends_early(kind: str, speech: Speech, at: float, *, stream: bool) -> Play:
    """The answer ends, to all appearances in order, before it is done."""
    if not stream:
        return Play(kind, 200, at, JSON, ((at, speech.whole()[:-9]),))
    return streamed(kind, speech, at, speech.opening(), speech.contents())


def _silent(kind: str, speech: Speech, at: float, *, stream: bool) -> Play:
    """It falls silent: at once, after its headers, or (`stall`) after content."""
    if kind == "silent" or not stream:
        return Play(kind, 200, None)
    after = speech.contents()[:2] if kind == "stall" else []
    return streamed(kind, speech, at, speech.opening(), after, ends=False)


def _error_event(kind: str, speech: Speech, at: float, *, stream: bool) -> Play:
    """An error under a status of 200."""
    if not stream:
        return Play(kind, 200, at, JSON, ((at, speech.error().split(b"data: ")[1].strip()),))
    if kind == "error_event":
        return Play(kind, 200, at, EVENTS, ((at, b"".join(speech.opening())), (at, speech.error())))
    after = [*speech.contents()[:2], speech.error(), *speech.closing()]
    return streamed(kind, speech, at, speech.opening(), after)


def _malformed(kind: str, speech: Speech, at: float, *, stream: bool) -> Play:
    """Something that nobody can read."""
    if not stream:
        return Play(kind, 200, at, JSON, ((at, b'{"choices": [{"index": 0, "mess'),))
    rubbish = b'data: {"choices": [{"index\n\n'
    if kind == "malformed":
        return Play(kind, 200, at, EVENTS, ((at, b"".join(speech.opening())), (at, rubbish)))
    return streamed(kind, speech, at, speech.opening(), [*speech.contents()[:2], rubbish, *speech.closing()])


def _empty(kind: str, speech: Speech, at: float, *, stream: bool) -> Play:
    """An answer with nothing in it."""
    if not stream:
        return Play(kind, 200, at, JSON, ((at, speech.whole("")),))
    events = [*speech.opening(), *speech.closing()]
    return Play(kind, 200, at, EVENTS, tuple((at, event) for event in events))


def _no_line(kind: str, _: Speech, at: float, *, stream: bool) -> Play:
    """No answer, because there is no connection, or no longer one."""
    del stream
    if kind == "refused":
        return Play(kind, 0, 0.001, breaks="ClientConnectorError: Connection refused")
    return Play(kind, 0, at, breaks="ClientOSError: Connection reset by peer")


def _page(kind: str, _: Speech, at: float, *, stream: bool) -> Play:
    """A page where an answer should be."""
    del stream
    page = b"<!doctype html><html><head><title>Welcome</title></head><body>Sign in to this network</body></html>"
    return Play(kind, 200, at, {"content-type": "text/html"}, ((at, page),))


def _slow(kind: str, speech: Speech, at: float, *, stream: bool) -> Play:
    """A good answer, late."""
    return healthy(speech, min(at * 25, HIGHEST_OF_SLOW_S), stream=stream, split=False, kind=kind)


BROKEN: Mapping[str, Callable[..., Play]] = {
    "refused": _no_line,
    "reset": _no_line,
    "cut": _broken_off,
    "cut_before": _broken_off,
    "ends_early": _ends_early,
    "silent": _silent,
    "silent_stream": _silent,
    "stall": _silent,
    "slow": _slow,
    "error_event": _error_event,
    "error_event_late": _error_event,
    "malformed": _malformed,
    "malformed_late": _malformed,
    "empty": _empty,
    "page": _page,
}
"""Every other way not to give an answer."""


def failing(kind: str, speech: Speech, vendor: str, at: float, *, stream: bool, wait_s: float) -> Play:
    """What a call comes to that something befalls."""
    if kind in REFUSALS:
        return refusal(kind, vendor, wait_s, at / 4)
    return BROKEN[kind](kind, speech, at, stream=stream)
