"""Streams that break: before their first content another deployment answers, after it the caller is told."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from battery.case import FIRST, SECOND, Case, Expect
from battery.primary import JSON, Act, Primary, played, says, states

from modelrouter.drills.faults import dialect, row
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.failure import Facts, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from battery.primary import Framing, Step

    from modelrouter.drills.twins.wire import Event

    Script = Callable[[list[Event]], Iterable[Step]]

CALLS = 4
"""Three failures in a row open a hold, and one trial may come."""
SHOWN = 3
"""Events with content before what is to happen after content."""
BEYOND = "\u00e4\u20ac\U0001f600\u2028\u0085" * 8
"""Characters of two, three and four bytes, and two that end a line for some parsers and none in the standard."""
BROKEN_JSON = b'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"conte\n\n'


def _first(events: list[Event]) -> int:
    return next(place for place, event in enumerate(events) if event.content)


def before(*steps: Step) -> Script:
    """What comes before the first content, then these steps."""
    return lambda events: [*(event.data for event in events[: _first(events)]), *steps]


def after(*steps: Step) -> Script:
    """Some content, then these steps."""
    return lambda events: [*(event.data for event in events[: _first(events) + SHOWN]), *steps]


def within(step: bytes) -> Script:
    """The whole stream, with this in its middle."""

    def script(events: list[Event]) -> list[Step]:
        turn = _first(events) + SHOWN
        return [*(event.data for event in events[:turn]), step, *(event.data for event in events[turn:])]

    return script


def bytewise(change: Callable[[bytes], Iterable[Step]]) -> Script:
    """The whole stream as one piece, rewritten."""
    return lambda events: change(b"".join(event.data for event in events))


def _said(vendor: str) -> bytes:
    speaker = dialect(vendor)
    said = failure(speaker, row(speaker, Effect.STREAM_ERROR), Facts(number=1))
    name = b"event: error\n" if vendor == "anthropic" else b""
    return name + b"data: " + said.body + b"\n\n"


def _unended(events: list[Event]) -> list[Step]:
    return [event.data for event in events if b'finish_reason":"stop' not in event.data and b"[DONE]" not in event.data]


def _without_done(events: list[Event]) -> list[Step]:
    return [event.data for event in events if b"[DONE]" not in event.data]


def _joined(events: list[Event]) -> list[Step]:
    place = _first(events) + SHOWN
    return [event.data[:-1] if at == place else event.data for at, event in enumerate(events)]


def _pieces(data: bytes) -> list[Step]:
    return [data[at : at + 7] for at in range(0, len(data), 7)]


def _mixed(data: bytes) -> list[Step]:
    ends = (b"\r\n\r\n", b"\n\n", b"\r\r", b"\n\r\n")
    parts = data.split(b"\n\n")[:-1]
    return [part + ends[at % len(ends)] for at, part in enumerate(parts)]


def _seamed(data: bytes) -> Sequence[Step]:
    changed = data.replace(b"\n", b"\r\n")
    return [step for part in changed.split(b"\r") for step in (part, b"\r")][:-1]


def _chatty(events: list[Event]) -> Iterable[Step]:
    return chain.from_iterable(
        (b": keep-alive\n\n", b"id: 7\n\n", event.data.replace(b"data: ", b"data:")) for event in events
    )


def _endless_comments(events: list[Event]) -> Iterable[Step]:
    yield events[0].data
    for _ in range(40):
        yield b": keep-alive\n\n"
        yield 0.05
    yield Act.SILENCE


def _drip(events: list[Event]) -> Iterable[Step]:
    for byte in b"".join(event.data for event in events[: _first(events) + 1]):
        yield bytes([byte])
    yield from (event.data for event in events[_first(events) + 1 :])


def _torn(events: list[Event]) -> Iterable[Step]:
    """Text beyond ASCII as it is, in packets of 61 bytes: many end inside a character."""
    data = (
        b"".join(event.data for event in events).decode().replace('"system_fingerprint":"fp_twin"', f'"x":"{BEYOND}"')
    )
    sent = data.encode()
    yield from (sent[at : at + 61] for at in range(0, len(sent), 61))


def _half_character(events: list[Event]) -> list[Step]:
    turn = _first(events) + SHOWN
    spoilt = events[turn].data.replace(b'"content":"', b'"content":"\xf0\x9f\x98')
    return [event.data if at != turn else spoilt for at, event in enumerate(events)]


BREAKS = Expect(sees="cut", by=FIRST, cause="network", calls=CALLS)
MOVES = Expect(calls=CALLS)
SOUND = Expect(by=FIRST, calls=4, spared=(SECOND,))


def _case(
    name: str,
    how: str,
    script: Script,
    expect: Expect,
    *,
    vendor: str = "openai",
    framing: Framing = "chunked",
    headers: Mapping[str, str] | None = None,
    slow: bool = False,
    requests: int = 5,
) -> Case:
    meets = played(script, framing=framing, headers=headers)
    return Case(
        name=name,
        how=how,
        primary=Primary(meets=meets),
        expect=expect,
        vendor=vendor,
        modes=("stream",),
        slow=slow,
        requests=4 if expect is SOUND else requests,
    )


STALLS = Expect(sees="cut", by=FIRST, cause="timeout", calls=1, within_s=2.0)

STREAMS = (
    _case("cut-before-content", "closes inside the body before content", before(Act.CUT), MOVES),
    _case("reset-before-content", "a reset before content", before(0.002, Act.RESET), MOVES),
    _case("ended-before-content", "a clean end before content", before(), MOVES),
    _case("done-before-content", "`[DONE]` before content", before(b"data: [DONE]\n\n"), MOVES),
    _case("cut-after-content", "closes inside the body after content", after(Act.CUT), BREAKS),
    _case("reset-after-content", "a reset after content", after(0.002, Act.RESET), BREAKS),
    _case(
        "closed-after-content", "a clean close after content, no length stated", after(), BREAKS, framing="until closed"
    ),
    _case("ended-after-content", "a clean end of the body, no end of the answer", after(), BREAKS),
    _case("all-but-the-end", "all the text, then a clean end without a finish", _unended, BREAKS),
    _case("event-cut", "closes inside an event", after(b'data: {"id":"chatcmpl-1","cho', Act.CUT), BREAKS),
    _case("finish-without-done", "a finish, and no `[DONE]`", _without_done, SOUND),
    _case("finish-then-cut", "a finish, then the connection is cut", lambda e: [*_without_done(e), Act.CUT], SOUND),
    _case("done-without-blank-line", "`[DONE]` without its blank line", bytewise(lambda d: [d.rstrip(b"\n")]), SOUND),
    _case("error-before-content", "an error event before content", before(_said("openai")), MOVES),
    _case(
        "error-after-content",
        "an error event after content",
        after(_said("openai")),
        Expect(sees="cut", by=FIRST, cause="outage", calls=CALLS),
    ),
    _case(
        "overloaded-before-content",
        "`overloaded_error` before content",
        before(_said("anthropic")),
        Expect(cause="overloaded", calls=CALLS),
        vendor="anthropic",
    ),
    _case(
        "overloaded-after-content",
        "`overloaded_error` after content",
        after(_said("anthropic")),
        Expect(sees="cut", by=FIRST, cause="overloaded", calls=CALLS),
        vendor="anthropic",
    ),
    _case(
        "anthropic-unended",
        "no `message_stop`, no stop reason",
        after(),
        BREAKS,
        vendor="anthropic",
    ),
    _case("bad-json-before", "JSON that breaks off, before content", before(BROKEN_JSON, Act.CUT), MOVES),
    _case("bad-json-after", "JSON that breaks off, after content; the rest is sound", within(BROKEN_JSON), BREAKS),
    _case("missing-blank-line", "two events run into one", _joined, BREAKS),
    _case("half-character", "half of a UTF-8 character inside a text", _half_character, BREAKS),
    _case(
        "html-for-stream", "a page of HTML as an event stream", lambda _: [b"<html><body>Sign in</body></html>"], MOVES
    ),
    _case("gzip-lie-stream", "says gzip and is not", before(), MOVES, headers={"content-encoding": "gzip"}),
    _case(
        "chunk-size-garbled",
        "a chunk size that is no number, after content",
        after(Act.GARBLE),
        BREAKS,
    ),
    _case("line-ends-mixed", "every kind of line end, mixed: sound", bytewise(_mixed), SOUND),
    _case("line-ends-torn", "CR and LF in different packets: sound", bytewise(_seamed), SOUND),
    _case("seven-bytes", "seven bytes at a time: sound", bytewise(_pieces), SOUND),
    _case("bytewise", "one byte at a time up to the first content: sound", _drip, SOUND),
    _case("characters-torn", "UTF-8 characters in two packets: sound", _torn, SOUND),
    _case("chatty", "comments, lone ids, no space after the colon: sound", _chatty, SOUND),
    _case("byte-order-mark", "a byte order mark: sound", bytewise(lambda d: [b"\xef\xbb\xbf" + d]), SOUND),
    Case(
        name="json-for-stream",
        how="a JSON error with 200, though a stream was asked for",
        primary=Primary(
            meets=says(200, {"error": {"message": "The server had an error", "type": "server_error"}}, kind=JSON)
        ),
        expect=MOVES,
        modes=("stream",),
    ),
    Case(
        name="page-for-stream",
        how="a sign-in page with 200",
        primary=Primary(meets=states(Effect.HTML_200)),
        expect=MOVES,
        modes=("stream",),
    ),
    _case(
        "stall-before-content",
        "headers and a role, then silence",
        before(Act.SILENCE),
        Expect(cause="timeout", calls=3, within_s=12.0),
        slow=True,
        requests=3,
    ),
    _case(
        "only-keep-alives",
        "comments and no content",
        _endless_comments,
        Expect(cause="timeout", calls=3, within_s=12.0),
        slow=True,
        requests=2,
    ),
    _case(
        "stall-after-content", "content, then silence (15 s allowed)", after(Act.SILENCE), STALLS, slow=True, requests=1
    ),
)
