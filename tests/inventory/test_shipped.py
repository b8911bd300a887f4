"""The inventory at the top of the project: plausible, and as weak as it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelrouter.core.candidates import candidates
from modelrouter.core.context import Context
from modelrouter.inventory import examine

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment, Inventory, Process

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    """The shipped inventory, without a single problem."""
    examined = examine(ROOT / "providers.yaml")

    assert examined.problems == ()
    assert examined.inventory is not None
    return examined.inventory


def permitted(inventory: Inventory, process: Process) -> tuple[Deployment, ...]:
    """Who may serve a process, by needs, residency and policy."""
    return candidates(inventory, process, Context()).permitted


def test_it_is_a_company_and_not_a_toy(inventory: Inventory) -> None:
    """Six providers, nine deployments, seven processes of every criticality, all with what a reader asks for."""
    processes = inventory.processes.values()

    assert set(inventory.providers) == {"anthropic", "openai", "azure", "aws", "google", "onprem"}
    assert len(inventory.deployments) >= 9
    assert len(processes) >= 7
    assert {process.criticality for process in processes} == {"critical", "important", "standard", "deferrable"}
    assert {deployment.wire for deployment in inventory.deployments.values()} == {
        "openai-chat",
        "anthropic-messages",
        "litellm",
    }
    assert inventory.aliases["gpt-5.6"] in inventory.processes
    assert inventory.contracts
    assert inventory.sources
    assert [policy.id for policy in inventory.policies] == ["eu-personal", "confidential-untrained"]


def test_critical_and_important_processes_survive_every_single_loss(inventory: Inventory) -> None:
    """Without any one provider, any one model family or the local servers, somebody permitted remains."""
    for process in inventory.processes.values():
        if process.criticality not in ("critical", "important"):
            continue
        serving = permitted(inventory, process)
        losses = [
            *({d.id for d in serving if d.provider.id == provider} for provider in inventory.providers),
            *({d.id for d in serving if d.model.family == model.family} for model in inventory.models.values()),
            {d.id for d in serving if d.provider.local},
        ]

        assert all(any(d.id not in loss for d in serving) for loss in losses), process.id
        assert any(
            a.provider is not b.provider
            and a.model.family != b.model.family
            and not (a.provider.local and b.provider.local)
            for a in serving
            for b in serving
        ), process.id


def test_personal_data_stays_where_it_may_be(inventory: Inventory) -> None:
    """No permitted deployment of a process with personal data processes outside the EU."""
    for process in inventory.processes.values():
        if process.data.cls == "personal":
            regions = {region for deployment in permitted(inventory, process) for region in deployment.processing}

            assert regions <= {"EU", "DE"}, process.id


def test_it_holds_exactly_one_weakness_and_says_so(inventory: Inventory) -> None:
    """One standard process has a single permitted deployment, though its route names two; a comment admits it."""
    alone = [process for process in inventory.processes.values() if len(permitted(inventory, process)) == 1]

    assert [(process.id, process.criticality, len(process.routes)) for process in alone] == [
        ("medical-reports", "standard", 2)
    ]
    assert "weak spot" in (ROOT / "providers.yaml").read_text(encoding="utf-8")


def test_editors_find_the_schema(inventory: Inventory) -> None:
    """The first line points editors to the JSON Schema, which is there."""
    first = (ROOT / inventory.path).read_text(encoding="utf-8").splitlines()[0]

    assert first == "# yaml-language-server: $schema=docs/providers.schema.json"
    assert (ROOT / "docs" / "providers.schema.json").is_file()
