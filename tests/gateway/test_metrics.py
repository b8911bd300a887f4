"""What Prometheus reads of a gateway, over a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import openai
from prometheus_client.parser import text_string_to_metric_families
from support.gateway import two_upstreams
from support.upstream import Upstream

from modelrouter.gateway.app import Gateway
from modelrouter.gateway.metrics import Metrics
from modelrouter.gateway.server import beside, bound
from modelrouter.router import Router

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def figures(url: str) -> dict[tuple[str, frozenset[str]], float]:
    """Every figure by its name and the values of its labels."""
    answer = httpx.get(f"{url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value for each in families for sample in each.samples
    }


def test_requests_attempts_and_holds_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failover, a failure and a hold show where operators look, in the format that Prometheus reads."""
    monkeypatch.setenv("FIRST_KEY", "sk-first")
    metrics = Metrics()
    with Upstream("first") as first, Upstream("second") as second:
        first.mode = second.mode = "status"
        first.refusal = (
            403,
            {},
            '{"error": {"code": "unsupported_country_region_territory", "message": "Country not supported"}}',
        )
        file = two_upstreams(tmp_path, first.url, second.url)
        with (
            Router(file, observers=[metrics], hold_file=None) as router,
            bound("127.0.0.1", 0) as listening,
            beside(Gateway(router, metrics=metrics), listening) as url,
            openai.OpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as client,
        ):
            second.mode = "ok"
            client.chat.completions.create(model="claims", messages=[{"role": "user", "content": "x"}])
            found = figures(url)

    assert found["modelrouter_requests_total", frozenset({"claims", "served", "qwen"})] == 1
    assert found["modelrouter_attempts_total", frozenset({"gpt", "geofenced"})] == 1
    assert found["modelrouter_attempts_total", frozenset({"qwen", "answered"})] == 1
    assert found["modelrouter_request_seconds_count", frozenset({"claims"})] == 1
    assert [
        value for (name, labels), value in found.items() if name == "modelrouter_holds" and "geofenced" in labels
    ] == [1]
    assert [value for (name, labels), value in found.items() if name == "modelrouter_inventory"] == [1]


def test_a_gateway_without_metrics_says_so(tmp_path: Path) -> None:
    """Nothing is counted behind anybody's back, and the path says that it is not."""
    with (
        Upstream("x") as upstream,
        Router(two_upstreams(tmp_path, upstream.url, upstream.url), observers=(), hold_file=None) as router,
        bound("127.0.0.1", 0) as listening,
        beside(Gateway(router), listening) as url,
    ):
        assert httpx.get(f"{url}/metrics").status_code == 404
