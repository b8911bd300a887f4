"""What the gateway counts is what happened: tokens, streams, exclusions, who is under way, what ends when; and its access log."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from support.inventories import deployment, inventory, process

from modelrouter import Context, Router
from modelrouter.core.contracts import Contract
from modelrouter.core.inventory import AccessKey
from modelrouter.errors import RequestFailedError
from modelrouter.gateway.accesslog import AccessLog
from modelrouter.gateway.metrics import Metrics
from modelrouter.testing import ScriptedProvider, silent, status, stream, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Inventory

SUSPENDED = status(403, '{"error": {"message": "Your account was suspended", "code": "account_deactivated"}}')
SECRET = "the moth Quixana dictated ledger eleven"


def made(**facts: Any) -> Inventory:
    """`p` goes to `a`, then to `b`; `small` cannot hold much."""
    small = deployment("small", context=2000)
    return inventory(process("p", deployment("a"), deployment("b")), process("q", small, deployment("a")), **facts)


def figures(metrics: Metrics, router: Router) -> Mapping[tuple[str, ...], float]:
    """Every figure by its name and the values of its labels, in the order of their names."""
    return {
        (sample.name.removeprefix("modelrouter_"), *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.page(router).decode())
        for sample in family.samples
    }


def test_what_happened_is_counted() -> None:
    """Failovers, holds that were met, tokens, how streams ended, and what kept a deployment from a request."""
    metrics = Metrics()
    provider = ScriptedProvider(
        {
            "a": [SUSPENDED],
            "b": [text("hi"), text("hi"), stream(["x", "y"]), stream(["x", "y"], silent=True)],
            "small": [],
        }
    )
    with Router(made(), clients=provider.clients(), observers=[metrics], hold_file=None) as router:
        router.chat("p", "x")
        router.chat("p", "x")
        list(router.chat("p", "x", stream=True))
        left = router.chat("p", "x", stream=True)
        next(iter(left))
        left.close()
        with pytest.raises(RequestFailedError):
            router.chat("q", "x" * 40_000)
        found = figures(metrics, router)

    assert found["requests_total", "b", "served", "p"] == 4
    assert found["requests_total", "", "failed", "q"] == 1
    assert found["failed_over_total", "p"] == 1
    assert found["failed_requests_total", "no_route", "q"] == 1
    assert found["not_called_total", "suspended", "a"] == 4
    assert found["excluded_total", "small", "context"] == 1
    assert found["tokens_total", "b", "input", "p"] == 2
    assert found["streams_total", "complete", "p"] == 1
    assert found["streams_total", "left", "p"] == 1
    assert found["first_content_seconds_count", "b", "p"] == 4
    assert found["requests_in_flight", "p"] == found["requests_in_flight", "q"] == 0
    assert found["holds", "suspended", "account"] == 1
    assert found["ledger_configured",] == 0


def test_who_is_under_way_and_who_went_away() -> None:
    """A request counts as under way until it is over; one whose caller went away is abandoned, and no failure."""
    metrics = Metrics()
    provider = ScriptedProvider({"a": [silent()], "b": [silent()], "small": []})

    async def promise(router: Router) -> tuple[float, float]:
        asking = asyncio.ensure_future(router.achat("p", "x"))
        while not provider.calls:  # noqa: ASYNC110 - the double has no event
            await asyncio.sleep(0.01)
        during = figures(metrics, router)["requests_in_flight", "p"]
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        return during, figures(metrics, router)["requests_in_flight", "p"]

    with Router(made(), clients=provider.clients(), observers=[metrics], hold_file=None) as router:
        assert asyncio.run(promise(router)) == (1, 0)
        found = figures(metrics, router)
    assert found["abandoned_requests_total", "p"] == 1
    assert not [name for name in found if name[0] == "requests_total"]


def test_what_ends_is_shown() -> None:
    """The end of a contract, a certificate, a model and a key is the end of its last day; what a reload takes away is gone."""
    metrics = Metrics()
    day = date(2030, 1, 31)
    before = made(
        contracts={"c": Contract(id="c", ends=day)}, access={"app": AccessKey(id="app", digest="0" * 64, ends=day)}
    )
    dated = replace(before.deployments["a"], certificate_ends=day, retires=day)
    before = replace(before, deployments={**before.deployments, "a": dated})
    with Router(before, clients=ScriptedProvider({}).clients(), observers=[metrics], hold_file=None) as router:
        found = figures(metrics, router)
        router.reload(made())
        after = figures(metrics, router)
    ends = {name[1:]: value for name, value in found.items() if name[0] == "ends_timestamp_seconds"}
    assert ends.keys() == {("contract", "c"), ("access", "app"), ("certificate", "a"), ("model", "a")}
    assert set(ends.values()) == {1_896_134_400.0}  # 2030-02-01T00:00Z
    assert not [name for name in after if name[0] == "ends_timestamp_seconds"]


def test_the_access_log() -> None:
    """One line for each request once it is over, whatever came of it, without a word of what was said in it."""
    provider = ScriptedProvider({"a": [text(SECRET), stream([SECRET]), SUSPENDED], "b": [SUSPENDED], "small": []})
    with (
        structlog.testing.capture_logs() as lines,
        Router(made(), clients=provider.clients(), observers=[AccessLog()], hold_file=None) as router,
    ):
        router.chat("p", SECRET, context=Context(principal="app"))
        two = router.chat("p", SECRET, stream=True)
        list(two)
        with pytest.raises(RequestFailedError):
            router.chat("p", SECRET)
    first, second, third = (line for line in lines if line["event"] == "request")
    assert (first["caller"], first["outcome"], first["deployment"], first["calls"]) == ("app", "served", "a", 1)
    assert (first["tokens_in"], first["tokens_out"]) == (1, 1)
    assert (second["id"], second["streamed"]) == (two.decision.id, True)
    assert (third["outcome"], third["cause"], third["deployment"]) == ("failed", "suspended", None)
    assert SECRET not in repr(lines)
