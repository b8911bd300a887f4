"""The battery: every way to fail, as data. Each cause of the design's table is in it, see `test_battery.py`.

Where a provider states something, its words are those of the drills' twins. `within_s` of slow cases follow
from the product's defaults: 10 s for a first token, 15 s between two events, 60 s for a deadline.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from battery.case import FIRST, SECOND, THIRD, Case, Expect, Other
from battery.primary import Act, Primary, acts, late, played, says, states
from battery.streams import STREAMS, after
from battery.wholes import WHOLES

from modelrouter.drills.twins.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from battery.primary import Meet

OUTAGE_CALLS = 4
"""Three failures in a row open a hold, and its shortest length may let one trial through while a case runs."""


def on_request(meets: Meet) -> Primary:
    """It takes the call, and does that."""
    return Primary(meets=meets)


def _refused(effect: Effect, how: str, *, calls: int = 1, vendor: str = "openai", **facts: Any) -> Case:
    cause = facts.pop("cause", effect.value)
    name = facts.pop("name", effect.value.replace("_", "-"))
    expect = facts.pop("expect", None) or Expect(cause=cause, calls=calls)
    primary = on_request(states(effect))
    tail = "" if vendor == "openai" else f"-{vendor}"
    return Case(name=name + tail, how=how, primary=primary, expect=expect, vendor=vendor, **facts)


SAME_ACCOUNT = (Other(role=SECOND, shares="account"), Other(role=THIRD))
SAME_FAMILY = (Other(role=SECOND, shares="family"), Other(role=THIRD))
SMALL_AND_LARGE = (Other(role=SECOND, context=16_000), Other(role=THIRD, context=400_000))


def _skips(cause: str) -> Expect:
    return Expect(cause=cause, by=THIRD, spared=(SECOND,))


def refusals() -> Iterator[Case]:
    """A provider says no."""
    yield _refused(Effect.THROTTLED, "429 with `retry-after: 20`", name="rate-limit-stated")
    yield Case(
        name="rate-limit-bare",
        how="429 without a word on when to come back",
        primary=on_request(says(429, {"error": {"message": "Too many requests", "type": "requests"}})),
        expect=Expect(cause="throttled", calls=4),
    )
    for vendor, said in (("openai", "429 `insufficient_quota`"), ("anthropic", "400 “credit balance is too low”")):
        yield _refused(
            Effect.QUOTA_EXHAUSTED, said, vendor=vendor, others=SAME_ACCOUNT, expect=_skips("quota_exhausted")
        )
    for vendor, said in (("openai", "401 account deactivated"), ("anthropic", "400 “organization has been disabled”")):
        yield _refused(Effect.SUSPENDED, said, vendor=vendor, others=SAME_ACCOUNT, expect=_skips("suspended"))
    for vendor, said in (("openai", "403 unsupported country"), ("anthropic", "403 “Request not allowed”")):
        yield _refused(Effect.GEOFENCED, said, vendor=vendor, others=SAME_ACCOUNT, expect=_skips("geofenced"))
    for vendor, said in (
        ("openai", "refused by export rules"),
        ("anthropic", "404 “is not available”, as in June 2026"),
    ):
        yield _refused(
            Effect.EXPORT_CONTROLLED, said, vendor=vendor, others=SAME_FAMILY, expect=_skips("export_controlled")
        )
    for vendor in ("openai", "anthropic"):
        yield _refused(Effect.AUTH, "401, the key is not valid", vendor=vendor)
        yield _refused(Effect.PERMISSION, "403, the key may not use this model", vendor=vendor)
        yield _refused(Effect.MODEL_UNAVAILABLE, "404, there is no such model", vendor=vendor)
    yield _refused(Effect.OVERLOADED, "503 “currently overloaded”", calls=OUTAGE_CALLS)
    yield _refused(Effect.OVERLOADED, "529 `overloaded_error`", calls=OUTAGE_CALLS, vendor="anthropic")
    yield _refused(Effect.OUTAGE, "500 in the vendor's envelope", calls=OUTAGE_CALLS)
    yield _refused(Effect.OUTAGE, "500 `api_error`", calls=OUTAGE_CALLS, vendor="anthropic")
    yield _refused(Effect.BAD_GATEWAY, "502, an HTML page of the edge", calls=OUTAGE_CALLS, cause="outage")
    yield _refused(Effect.UNAVAILABLE, "503, one line of a load balancer", calls=OUTAGE_CALLS, cause="outage")
    yield Case(
        name="gateway-timeout",
        how="504 of the edge",
        primary=on_request(says(504, "<html><body><h1>504 Gateway Time-out</h1></body></html>", kind="text/html")),
        expect=Expect(cause="timeout", calls=OUTAGE_CALLS),
    )
    yield Case(
        name="redirect",
        how="307 to another address, which is not followed",
        primary=on_request(says(307, "", headers={"location": "http://127.0.0.1:9/v1/chat/completions"})),
        expect=Expect(calls=OUTAGE_CALLS),
    )


def requests() -> Iterator[Case]:
    """The provider finds fault with the request."""
    stops = Expect(sees="error", by=FIRST, status=400, calls=4, spared=(SECOND,))
    yield _refused(
        Effect.BAD_REQUEST,
        "400, a parameter is wrong",
        expect=replace(stops, cause="bad_request", verbatim="Invalid value for 'temperature'"),
    )
    yield _refused(
        Effect.CONTENT_BLOCKED,
        "400, the prompt was flagged; the process does not say to go on",
        name="content-refused",
        expect=replace(stops, cause="content_blocked", verbatim="violating our usage policy"),
    )
    yield _refused(
        Effect.CONTENT_BLOCKED,
        "400, the prompt was flagged; `on_refusal: next`",
        name="content-refused-next",
        process={"on_refusal": "next"},
        calls=4,
    )
    yield _refused(
        Effect.CONTEXT_OVERFLOW,
        "400, too long; behind it a smaller and a larger model",
        others=SMALL_AND_LARGE,
        expect=replace(_skips("context_overflow"), calls=4),
    )
    yield _refused(
        Effect.CONTEXT_OVERFLOW,
        "400, too long; nobody is larger",
        name="context-overflow-nobody",
        others=(Other(context=16_000),),
        expect=replace(stops, cause="context_overflow", verbatim="maximum context length"),
    )
    yield _refused(
        Effect.REQUEST_TOO_LARGE,
        "413; behind it a smaller and a larger model",
        others=SMALL_AND_LARGE,
        expect=replace(_skips("request_too_large"), calls=4),
    )
    yield _refused(Effect.UNSUPPORTED_FEATURE, "400, this model takes no `tools`", calls=4)


def network() -> Iterator[Case]:
    """No answer comes at all."""
    told = Expect(cause="network", calls=OUTAGE_CALLS)
    for name, how, primary in (
        ("refused", "nobody listens", Primary(listens="refuses")),
        ("reset-at-connect", "the connection is reset as soon as it stands", Primary(on_connect=Act.RESET)),
        ("closed-at-connect", "the connection is closed as soon as it stands", Primary(on_connect=Act.CUT)),
        ("reset-after-request", "the request is taken, then the connection reset", on_request(acts(Act.RESET))),
        ("closed-after-request", "the request is taken, then the connection closed", on_request(acts(Act.CUT))),
        ("dns", "the name does not resolve", Primary(listens="has no name")),
        ("tls-self-signed", "a certificate that nobody vouches for", _tls("self-signed")),
        ("tls-expired", "a certificate that has expired", _tls("expired")),
        ("tls-wrong-name", "a certificate for another name", _tls("other-name")),
        ("tls-on-plain", "plain HTTP where TLS is expected", Primary(scheme="https")),
        ("plain-on-tls", "TLS where plain HTTP is expected", Primary(certificate="good")),
    ):
        yield Case(name=name, how=how, primary=primary, expect=told)
    yield Case(
        name="tls-good",
        how="nothing: a certificate as it should be, so the four above fail for what is wrong in them",
        primary=_tls("good"),
        expect=Expect(by=FIRST, calls=4),
    )
    yield Case(
        name="connect-hangs",
        how="the connection never comes about (2 s allowed)",
        primary=Primary(listens="is full"),
        expect=Expect(calls=OUTAGE_CALLS, within_s=3.0, then_within_s=3.0),
        slow=True,
        shortened={"deadline": "20s"},
    )


def _tls(certificate: str) -> Primary:
    return Primary(certificate=certificate, scheme="https")


def silence() -> Iterator[Case]:
    """It takes the call and keeps its caller waiting."""
    silent = on_request(acts(Act.SILENCE))
    yield Case(
        name="silent-stream",
        how="takes the call and never answers; a stream, default settings",
        primary=silent,
        expect=Expect(cause="timeout", calls=3, within_s=12.0),
        modes=("stream",),
        slow=True,
    )
    yield Case(
        name="silent-whole-first-token",
        how="the same for a whole answer, of a process with `first_token: 10s`",
        primary=silent,
        expect=Expect(cause="timeout", calls=3, within_s=12.0),
        modes=("whole",),
        process={"objectives": {"first_token": "10s"}},
        slow=True,
    )
    yield Case(
        name="silent-whole",
        how="the same for a whole answer, default settings: half of the deadline of 60 s",
        primary=silent,
        expect=Expect(cause="timeout", within_s=32.0),
        modes=("whole",),
        requests=1,
        slow=True,
        shortened={"deadline": "2s"},
        most=2,
    )
    yield Case(
        name="slow-first-token",
        how="answers after 3 s: slow, and healthy",
        primary=on_request(late(0.3)),
        expect=Expect(by=FIRST, calls=2, within_s=5.0, then_within_s=5.0),
        requests=2,
        slow=True,
    )
    yield Case(
        name="late-first-token",
        how="a stream that begins after 15 s",
        primary=on_request(late(1.5)),
        expect=Expect(cause="timeout", calls=3, within_s=12.0),
        modes=("stream",),
        requests=2,
        slow=True,
    )


def dead_ends() -> Iterator[Case]:
    """Nobody is left, or the caller goes away."""
    yield Case(
        name="nobody-left",
        how="503, and nothing behind it: the error is ours, and retries of the SDK do not multiply it",
        primary=on_request(states(Effect.UNAVAILABLE)),
        expect=Expect(sees="error", by=FIRST, status=503, cause="outage", calls=8),
        others=(),
    )
    yield Case(
        name="caller-leaves-early",
        how="never answers, and the caller gives up",
        primary=on_request(acts(Act.SILENCE)),
        expect=Expect(within_s=1.0),
        requests=1,
        plan="leaves",
    )
    yield Case(
        name="caller-leaves-stream",
        how="streams on and on, and the caller closes the stream",
        primary=on_request(played(after(Act.ON))),
        expect=Expect(within_s=1.0),
        modes=("stream",),
        requests=1,
        plan="leaves",
    )


def outages() -> Iterator[Case]:
    """Gone for 60 s, and back."""
    for name, how, primary in (
        ("outage-refused", "nobody listens for 60 s, then it is back; 2 requests a second", Primary(listens="refuses")),
        ("outage-503", "503 for 60 s, then it is back; 2 requests a second", on_request(states(Effect.UNAVAILABLE))),
    ):
        yield Case(
            name=name,
            how=how,
            primary=primary,
            expect=Expect(calls=3, within_s=10.0),
            plan="outage",
            slow=True,
            most=1,
            quick=False,
        )


GROUPS: Sequence[tuple[str, Sequence[Case]]] = (
    ("The provider refuses", tuple(refusals())),
    ("The request is at fault", tuple(requests())),
    ("No connection", tuple(network())),
    ("Silence", tuple(silence())),
    ("Whole answers that are none", WHOLES),
    ("Streams that break", STREAMS),
    ("Nobody left, caller gone", tuple(dead_ends())),
    ("An outage of 60 s, and the return", tuple(outages())),
)

CASES = tuple(replace(case, group=group) for group, cases in GROUPS for case in cases)
