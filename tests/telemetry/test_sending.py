"""What is sent of metrics, where it may go, and that a receiver which is away or slow holds nobody up."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from support.otlp import Receiver
from telemetry.conftest import GEOFENCED, scene_of, traced

from modelrouter import Router
from modelrouter.core.telemetry import Telemetry
from modelrouter.core.traceparent import Trace
from modelrouter.inventory.loader import parse
from modelrouter.inventory.secrets import resolve
from modelrouter.telemetry import names
from modelrouter.telemetry.figures import HISTOGRAMS
from modelrouter.telemetry.pipeline import BATCH, MOST_SPANS, Pipeline
from modelrouter.telemetry.sending import Sender
from modelrouter.telemetry.spans import Ids, Span
from modelrouter.testing import ScriptedProvider, stream, text

if TYPE_CHECKING:
    from collections.abc import Mapping

MINIMAL = """\
inventory: small
providers: {p: {headquarters: DE, local: true}}
models: {m: {developer: d, family: f, context: 8k}}
deployments: {a: {provider: p, model: m, url: "http://127.0.0.1:9/v1", processing: [DE]}}
processes: {claims: {owner: o, routes: [a]}}
"""


def test_metrics(receiver: Receiver) -> None:
    """Requests, calls, first chunks and tokens are told in the conventions' histograms, with the bounds they give."""
    with scene_of({"first": [GEOFENCED], "second": [text("hi"), stream(["a", "b"])]}, receiver) as scene:
        scene.router.chat("claims", "x")
        list(scene.router.chat("claims", "x", stream=True))
    told = {metric.name: metric for metric in receiver.metrics}

    assert told.keys() == HISTOGRAMS.keys()
    for name, each in HISTOGRAMS.items():
        assert told[name].unit == each.unit
        assert tuple(told[name].histogram.data_points[0].explicit_bounds) == each.bounds
    calls = {
        attributes["modelrouter.deployment"]: (attributes, point) for attributes, point in points(receiver, "call")
    }
    assert calls["first"][0]["error.type"] == "geofenced"
    assert (calls["first"][1].count, calls["second"][1].count) == (1, 2)
    assert "error.type" not in calls["second"][0]
    ((chunk, first),) = points(receiver, "chunk")
    assert (chunk["gen_ai.provider.name"], first.count) == ("mistral_ai", 1)
    assert {each["gen_ai.token.type"]: point.sum for each, point in points(receiver, "tokens")} == {
        "input": 1,
        "output": 1,
    }
    ((request, whole),) = points(receiver, "request")
    assert request == {"modelrouter.process": "claims", "modelrouter.outcome": "served"}
    assert whole.count == 2


def points(receiver: Receiver, what: str) -> list[tuple[dict[str, Any], Any]]:
    """The series of a metric."""
    metrics = {
        "call": names.DURATION_METRIC,
        "chunk": names.FIRST_CHUNK_METRIC,
        "tokens": names.TOKENS_METRIC,
        "request": names.REQUEST_METRIC,
    }
    return receiver.points(metrics[what])


@pytest.mark.parametrize(("off", "left"), [("traces", "/v1/metrics"), ("metrics", "/v1/traces")])
def test_either_can_be_left_out(off: str, left: str) -> None:
    """Only what the section asks for is sent."""
    seen: list[str] = []

    class Listening(Receiver):
        def take(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
            seen.append(path)
            super().take(path, headers, body)

    with Listening() as receiver, scene_of({"first": [text("hi")], "second": []}, receiver, **{off: False}) as scene:
        scene.router.chat("claims", "x")
        scene.router.close()
    assert set(seen) == {left}


def test_the_environment_has_no_say(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable sends telemetry elsewhere, adds a header, or goes between: the inventory alone decides."""
    with Receiver() as thief:
        for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, thief.url)
        for signal in ("TRACES", "METRICS"):
            monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", f"{thief.url}/v1/{signal.lower()}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-injected=1")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "injected=1")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "injected")
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
        monkeypatch.setenv("OTLP_TOKEN", "Bearer of-the-inventory")
        with scene_of(
            {"first": [text("hi")], "second": []}, receiver, headers={"authorization": "env:OTLP_TOKEN"}
        ) as scene:
            scene.router.chat("claims", "x")
        assert thief.posts == 0
    assert len(receiver.await_spans(2)) == 2
    assert {headers["authorization"] for headers in receiver.headers} == {"Bearer of-the-inventory"}
    assert b"injected" not in receiver.bytes


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    """A receiver that sends us elsewhere has not taken anything, and elsewhere gets nothing."""
    receiver.status = 307
    with structlog.testing.capture_logs() as lines, scene_of({"first": [text("hi")], "second": []}, receiver) as scene:
        scene.router.chat("claims", "x")
        scene.router.close()
    assert [line["why"] for line in lines if "not delivered" in line["event"]] == ["127.0.0.1 answered with status 307"]


def test_it_can_be_switched_off(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """`OTEL_SDK_DISABLED` switches everything off."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with scene_of({"first": [text("hi")], "second": []}, receiver) as scene:
        scene.router.chat("claims", "x")
    assert receiver.posts == 0


def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_receiver_that_is_away() -> None:
    """Requests are served as ever, and the trouble is said once."""
    scripted = ScriptedProvider({"first": [text("hi")], "second": []})
    with (
        structlog.testing.capture_logs() as lines,
        Router(traced(nowhere()), clients=scripted.clients(), observers=[], hold_file=None) as router,
    ):
        answers = [router.chat("claims", "x").text for _ in range(100)]
        router.close()

    assert answers == ["hi"] * 100
    assert [line["event"] for line in lines] == ["telemetry not delivered: requests go on, traces and metrics are lost"]


def test_what_waits_is_bounded(receiver: Receiver) -> None:
    """Of more spans than can wait, those that find no room are lost and counted, and memory holds no more."""
    receiver.free.clear()
    settings = Telemetry(otlp=receiver.url, metrics=False)
    with structlog.testing.capture_logs() as lines:
        sender = Sender(settings, resolve, structlog.get_logger)
        waiting = Pipeline(settings, sender)
        span = Span("s", Ids(1, None), is_client=False, begun=1, ended=2, attributes={})
        for _ in range(MOST_SPANS + 1000):
            waiting.give(Trace(1, None, sampled=True), [span])
        # One batch may be on its way, and gives room for another.
        assert 1000 - 2 * BATCH <= sender.lost <= 1000
        waiting.close(0.1)
        receiver.free.set()
    assert sender.lost == MOST_SPANS + 1000
    assert [line["why"] for line in lines] == ["more spans than can wait"]


def test_a_receiver_that_is_back_again(receiver: Receiver) -> None:
    """Once it takes payloads again, that is said, with how much was lost."""
    receiver.status = 500
    settings = Telemetry(otlp=receiver.url)
    with structlog.testing.capture_logs() as lines:
        sender = Sender(settings, resolve, structlog.get_logger)
        assert not sender.send("/v1/traces", b"", 3)
        assert not sender.send("/v1/traces", b"", 4)
        receiver.status = 200
        assert sender.send("/v1/traces", b"", 5)
        assert sender.send("/v1/traces", b"", 5)
    assert [(line["event"].partition(":")[0], line.get("lost")) for line in lines] == [
        ("telemetry not delivered", None),
        ("telemetry is delivered again", 7),
    ]


def test_a_receiver_that_is_slow(receiver: Receiver) -> None:
    """A receiver that answers nothing holds up no request, and not the end of the router beyond its two seconds."""
    receiver.free.clear()
    with scene_of({"first": [text("hi")], "second": []}, receiver) as scene:
        answers = [scene.router.chat("claims", "x").text for _ in range(50)]
        scene.router.close()
        assert not receiver.free.is_set()  # we are here although it still waits
    assert answers == ["hi"] * 50


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('{otlp: "http://collector.example:4318", headers: {authorization: env:T}}', "would travel unencrypted"),
        ('{otlp: "https://x.example", headers: {authorization: "Bearer abcdefghijklmnop"}}', "must not stand in this"),
        ('{otlp: "https://user:word@x.example"}', "user name or password"),
        ('{otlp: "https://x.example", traces: false, metrics: false}', "neither traces nor metrics"),
        ("{traces: true}", "'otlp' is missing"),
        ('{otlp: "https://x.example", sampel: 10%}', "sample"),
    ],
)
def test_a_section_that_cannot_be(section: str, said: str) -> None:
    """What would leak or means nothing is an error of the inventory, with what to write."""
    with pytest.raises(Exception, match=said):
        parse(f"{MINIMAL}telemetry: {section}\n")


def test_a_section_as_written() -> None:
    """Everything that can be said arrives."""
    made = parse(
        f"{MINIMAL}telemetry: {{otlp: 'https://x.example/otlp/', headers: {{x-tenant: env:T}}, traces: false, sample: 5%,"
        " every: 10s, service: claims, attributes: {deployment.environment.name: production}}\n"
    ).telemetry
    assert made is not None
    assert (made.otlp, made.headers, made.traces, made.metrics) == (
        "https://x.example/otlp", {"x-tenant": "env:T"}, False, True,
    )  # fmt: skip
    assert (made.sample, made.every_s, made.service) == (0.05, 10.0, "claims")
    assert made.attributes == {"deployment.environment.name": "production"}
