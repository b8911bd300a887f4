"""`health:` in the file: whose it is, what it costs, and what nobody can ask."""

from __future__ import annotations

import pytest

from modelrouter.core.inventory import Canary, Health
from modelrouter.errors import InventoryError
from modelrouter.inventory.advice import advice
from modelrouter.inventory.loader import load

FILE = """
inventory: t
providers:
  openai: {{headquarters: US, {provider} accounts: {{main: {{key: "env:K"}}}}}}
models:
  m: {{developer: openai, family: gpt, context: 1000}}
deployments:
  d: {{provider: openai, model: m, url: "https://api.openai.com/v1" {deployment}}}
processes:
  p: {{owner: us, routes: [d]}}
"""


def loaded(folder, provider="", deployment=""):
    """The deployment of a file with these additions."""
    path = folder / "providers.yaml"
    path.write_text(FILE.format(provider=provider, deployment=deployment))
    return load(path)


def test_nothing_is_checked_unless_the_file_says_so(tmp_path):
    """Scheduled checks are opt-in."""
    assert loaded(tmp_path).deployments["d"].health is None


def test_a_deployment_has_the_checks_of_its_provider_or_its_own(tmp_path):
    """`health:` of a provider holds for its deployments; one that has its own has nothing of the provider's."""
    theirs = loaded(tmp_path, "health: {every: 5m},").deployments["d"].health
    own = loaded(tmp_path, "health: {every: 5m},", ", health: {checks: [listing]}").deployments["d"].health

    assert Health(every_s=300.0, checks=("dns", "connect", "tls", "listing"), canary=Canary()) == theirs
    assert Health(every_s=60.0, checks=("listing",)) == own


@pytest.mark.parametrize("place", ["provider", "deployment"])
def test_a_canary_without_prices_is_refused(tmp_path, place):
    """Nobody could keep its budget."""
    canary = "health: {checks: [canary]}"
    with pytest.raises(InventoryError, match="no prices"):
        loaded(tmp_path, **{place: f"{canary}," if place == "provider" else f", {canary}"})


@pytest.mark.parametrize(
    ("provider", "deployment"),
    [("", ", prices: {input: 1, output: 2}"), ("local: true,", "")],
)
def test_a_canary_with_prices_or_at_home_is_accepted(tmp_path, provider, deployment):
    """What is priced has a budget, and what runs in one's own house costs nothing."""
    health = loaded(tmp_path, provider, f"{deployment}, health: {{checks: [canary]}}").deployments["d"].health

    assert ("canary",) == health.checks


@pytest.mark.parametrize("every", ["0.5s", "500ms", "0s"])
def test_too_often_is_refused(tmp_path, every):
    """Nobody is asked more often than once a second."""
    with pytest.raises(InventoryError, match="too often"):
        loaded(tmp_path, f"health: {{every: {every}}},")


def test_a_check_that_nobody_can_make_is_told(tmp_path):
    """OpenAI has no free usage endpoint for an ordinary key: `check` says that it is left out."""
    inventory = loaded(tmp_path, "health: {checks: [usage, listing]},")

    found = [finding.message for finding in advice(inventory) if "not available" in finding.message]
    assert 1 == len(found)
    assert "openai documents no free way" in found[0]
