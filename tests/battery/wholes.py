"""Whole answers that say 200 and are none."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from battery.case import FIRST, Case, Expect
from battery.primary import Act, Primary, raw, says, states

from modelrouter.drills.twins.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from battery.primary import Meet, Step

CALLS = 4
"""Three failures in a row open a hold, and one trial may come."""
SERVER_ERROR = {"error": {"message": "The server had an error", "type": "server_error", "code": None}}
BOMB = 80 * 1024 * 1024
"""Bytes that come out of a small body: more than one answer may hold."""


def _half(body: bytes) -> list[Step]:
    return [body[: len(body) // 2], Act.CUT]


def _half_reset(body: bytes) -> list[Step]:
    return [body[: len(body) // 2], 0.002, Act.RESET]


def _body(body: bytes) -> list[Step]:
    return [body]


def _zipped_half(body: bytes) -> list[Step]:
    packed = gzip.compress(body)
    return [packed[: len(packed) // 2], Act.CUT]


def _empty(finish: str) -> Mapping[str, object]:
    message = {"role": "assistant", "content": "", "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def _bomb(_: bytes) -> list[Step]:
    return [gzip.compress(bytes(BOMB), 1), Act.CUT]


def _chunked(body: bytes) -> list[Step]:
    return [b"%x\r\n%b\r\n" % (len(body), body[: len(body) // 2]), Act.CUT]


def _bad_chunk(body: bytes) -> list[Step]:
    return [b"%x\r\n%b\r\n" % (len(body), body), Act.GARBLE]


def _case(name: str, how: str, meets: Meet, expect: Expect | None = None, requests: int = 4) -> Case:
    told = expect or Expect(calls=CALLS)
    return Case(name=name, how=how, primary=Primary(meets=meets), expect=told, modes=("whole",), requests=requests)


CHUNKED = {"content-length": "", "transfer-encoding": "chunked"}

WHOLES = (
    _case("html-200", "200 with a sign-in page", states(Effect.HTML_200)),
    _case("error-200", "200 with an error in the body", says(200, SERVER_ERROR)),
    _case("empty-200", "200 without a body", says(200, "")),
    _case("null-200", "200, `null`", says(200, "null")),
    _case("no-choices", "200, `choices: []`", says(200, {**_empty("stop"), "choices": []})),
    _case("empty-completion", "200, the text is empty and it says it is done", says(200, _empty("stop"))),
    _case(
        "filtered-completion",
        "200, empty, `content_filter`: a refusal, not to be routed around",
        says(200, _empty("content_filter")),
        Expect(sees="refusal", by=FIRST, calls=4, spared=("second",)),
    ),
    _case("body-cut", "content-length is longer than the body", raw(_half)),
    _case("body-reset", "half of the body, then a reset", raw(_half_reset)),
    _case("body-short-length", "content-length is shorter than the body", raw(_body, {"content-length": "40"})),
    _case("chunked-cut", "chunked, cut inside a chunk", raw(_chunked, CHUNKED)),
    _case("chunked-garbled", "chunked, with a size that is no number", raw(_bad_chunk, CHUNKED)),
    _case("gzip-lie", "says gzip and is not", raw(_body, {"content-encoding": "gzip"})),
    _case(
        "gzip-cut",
        "gzip, and half of it is missing",
        raw(_zipped_half, {"content-encoding": "gzip", "content-length": ""}),
    ),
    _case(
        "gzip-bomb",
        "gzip that unpacks to 80 MB",
        raw(_bomb, {"content-encoding": "gzip", "content-length": ""}),
        requests=1,
    ),
    _case(
        "events-for-whole",
        "events, though a whole answer was asked for",
        says(200, f"data: {json.dumps(_empty('stop'))}\n\ndata: [DONE]\n\n", kind="text/event-stream"),
    ),
)
