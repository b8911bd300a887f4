"""The dashboard and the alert rules that we hand out ask for what a gateway really shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from support.gateway import INVENTORY
from support.promql import read
from support.upstream import Upstream

from modelrouter.gateway.app import Gateway
from modelrouter.gateway.metrics import Metrics
from modelrouter.gateway.server import beside, bound
from modelrouter.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterator

MONITORING = Path(__file__).parents[2] / "examples" / "monitoring"
MORE = """\
contracts: {first-msa: {ends: 2099-12-31}}
ledger: {folder: ledger, origin: monitoring.example/router}
"""
GEOFENCED: tuple[int, dict[str, str], str] = (
    403,
    {},
    '{"error": {"code": "unsupported_country_region_territory", "message": "Country not supported"}}',
)
PANEL_KINDS = {"row", "stat", "timeseries", "table"}
UNITS = {"short", "percentunit", "reqps", "s", "d"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a gateway that served, failed over, failed, excluded, cut a stream and records."""
    folder = tmp_path_factory.mktemp("monitored")
    metrics = Metrics()
    with (
        pytest.MonkeyPatch.context() as patch,
        Upstream("Hello from the first") as first,
        Upstream("Hello from the second") as second,
    ):
        patch.setenv("FIRST_KEY", "sk-first")
        file = folder / "providers.yaml"
        file.write_text(INVENTORY.format(first=first.url, second=second.url) + MORE)
        with (
            Router(file, observers=[metrics], hold_file=None) as router,
            bound("127.0.0.1", 0) as listening,
            beside(Gateway(router, metrics=metrics), listening) as url,
            httpx.Client(base_url=url, timeout=20) as client,
        ):
            ask(client, model="claims")
            ask(client, model="claims", modelrouter={"data_class": "personal"})
            ask(client, model="claims", stream=True)
            second.mode = "cut"
            ask(client, model="letters", stream=True)
            second.mode = "ok"
            first.mode, first.refusal = "status", GEOFENCED
            ask(client, model="claims")
            ask(client, model="claims")
            ask(client, model="archive")
            router.check()
            return client.get("/metrics").text


def ask(client: httpx.Client, **body: Any) -> None:
    """Send one request and read all of its answer."""
    client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "x"}], **body})


@pytest.fixture(scope="module")
def shown(page: str) -> dict[str, set[str]]:
    """Every metric of the page by the name of its samples, with its labels."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana would read it."""
    whole: dict[str, Any] = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    return whole


def rules() -> list[dict[str, Any]]:
    """Every alert."""
    groups = yaml.safe_load((MONITORING / "prometheus-alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def targets() -> Iterator[tuple[str, str, str]]:
    """Every query of the dashboard: its panel, the query, its legend."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"], target["legendFormat"]


QUERIES = [(title, expr) for title, expr, _ in targets()] + [(rule["alert"], rule["expr"]) for rule in rules()]


@pytest.mark.parametrize(("name", "query"), QUERIES, ids=[f"{at}-{name}" for at, (name, _) in enumerate(QUERIES)])
def test_every_metric_and_label_exists(shown: dict[str, set[str]], name: str, query: str) -> None:
    """Each query can be read, and asks for metrics and labels that the page of a gateway really has."""
    for metric, labels in read(query).metrics.items():
        assert metric in shown, f"{name}: the page has no {metric}"
        assert labels <= shown[metric], f"{name}: {metric} has no label {labels - shown[metric]}"


def test_every_legend_and_sentence_names_a_label_that_is_there(shown: dict[str, set[str]]) -> None:
    """What is written beside a line comes from a label that its query keeps."""
    for title, expr, legend in targets():
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= kept(expr, shown), title
    for rule in rules():
        words = " ".join(rule["annotations"].values())
        assert set(re.findall(r"\$labels\.(\w+)", words)) <= kept(rule["expr"], shown), rule["alert"]


def kept(expr: str, shown: dict[str, set[str]]) -> set[str]:
    """The labels that a query's series have."""
    query = read(expr)
    return query.labels if query.labels is not None else set().union(*(shown[metric] for metric in query.metrics))


def test_every_metric_is_in_a_panel_a_rule_or_the_book(shown: dict[str, set[str]]) -> None:
    """Nothing is counted that is explained nowhere."""
    book = (MONITORING.parents[1] / "docs" / "telemetry.md").read_text()
    families = {re.sub(r"_(total|bucket|count|sum|created)$", "", name) for name in shown}
    assert {name for name in families if f"`{name}" not in book} == set()


def test_the_dashboard_is_one() -> None:
    """It has what Grafana asks of a dashboard: ids of their own, places that do not overlap, known kinds and units."""
    whole = dashboard()
    assert whole["schemaVersion"] >= 36
    assert {each["name"] for each in whole["templating"]["list"]} == {"source", "process"}
    panels = whole["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["type"] in PANEL_KINDS
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_every_alert_says_what_to_do() -> None:
    """An alert has a name of its own, how grave it is, a sentence and what to do."""
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert {"summary"} <= rule["annotations"].keys()
        assert rule["alert"] == "GatewayGone" or "action" in rule["annotations"]


@pytest.mark.parametrize(
    "wrong",
    ["sum(rate(x))", "rate(x[5m]", "sum by process (x)", "x{a=b}", "x[5m]", "speed(x)", "rate(x[5 m])", "x y"],
)
def test_a_wrong_query_is_caught(wrong: str) -> None:
    """The reader of queries refuses what Prometheus would."""
    with pytest.raises((ValueError, IndexError)):
        read(wrong)
