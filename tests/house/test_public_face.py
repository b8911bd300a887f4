"""What users import: exactly what is listed, quickly, and nothing heavy with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import modelrouter

ROOT = Path(__file__).parents[2]
HEAVY = {"litellm", "openai", "anthropic", "uvicorn", "starlette", "redis", "typer"}


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after a statement."""
    script = f"{statement}\nimport sys, json\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_table_of_contents_is_exact_and_sorted():
    """`__all__` is what can be imported, in order, and nothing else is public."""
    assert sorted(modelrouter.__all__) == modelrouter.__all__
    assert set(modelrouter.__all__) == set(modelrouter._ROOMS)
    assert all(getattr(modelrouter, name) is not None for name in modelrouter.__all__)


def test_an_unknown_name_is_an_attribute_error():
    """A name that does not exist fails as it does in any module."""
    with pytest.raises(AttributeError, match="Ruter"):
        _ = modelrouter.Ruter


def test_importing_the_package_loads_nothing_heavy():
    """`import modelrouter` loads no library at all beyond the standard one."""
    assert not loaded_by("import modelrouter") & (HEAVY | {"aiohttp", "httpx", "pydantic", "yaml", "orjson"})


def test_importing_the_router_loads_no_sdk_and_no_server():
    """`from modelrouter import Router` loads neither SDKs nor servers nor litellm."""
    assert not loaded_by("from modelrouter import Router") & HEAVY


def test_no_network_and_no_litellm_unless_a_deployment_needs_it():
    """A router over deployments with wires of their own never imports litellm."""
    script = """
import sys
sys.path.insert(0, "tests")
from support.inventories import deployment, inventory, process
from modelrouter import Router
from modelrouter.testing import ScriptedProvider, text
described = inventory(process("p", deployment("a")))
with Router(described, hold_file=None, clients=ScriptedProvider({"a": [text("hi")]}).clients()) as router:
    assert router.chat("p", "x").text == "hi"
"""
    assert not loaded_by(script) & {"litellm", "openai", "anthropic"}


@pytest.mark.parametrize("lock", ["main.txt", "openai3.txt"])
def test_locks_have_hashes_and_no_address(lock):
    """Each lock pins every package by hash and names no index."""
    text = (ROOT / "requirements" / lock).read_text()
    pins = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]

    assert "://" not in text
    assert len(pins) == sum(line.endswith("\\") for line in pins)
    assert all(f"\n{pin.split('==')[0]}==" in f"\n{text}" for pin in pins)
    assert "litellm==1.82.7" not in text
    assert "litellm==1.82.8" not in text
    assert ("\nlitellm==" in text) == (lock == "main.txt")
