"""What `impact --repair` prints can be pasted: it loads, and what is only a guess says so."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelrouter.continuity.factors import Graph
from modelrouter.continuity.remedy import Remedy, remedy
from modelrouter.continuity.remedy_text import lines
from modelrouter.errors import InventoryError
from modelrouter.inventory.loader import load

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

COUNTRIES = ("US", "FR", "DE")
VECTORS = {"wire": "openai-embeddings"}


def loaded(facts: Any) -> Inventory:
    """The inventory that a file of these facts holds."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "providers.yaml"
        file.write_text(yaml.safe_dump(facts, sort_keys=False), encoding="utf-8")
        return load(file)


def mended(facts: Any) -> tuple[Remedy, str]:
    """What is found for it, and the text that is printed."""
    found = remedy(Graph.of(loaded(facts)))
    return found, "\n".join(lines(found))


def merged(base: Any, more: Any) -> Any:
    """Paste: sections are joined, and what stands there is replaced."""
    if not isinstance(base, dict) or not isinstance(more, dict):
        return base if more is None else more
    return {**base, **{key: merged(base.get(key), value) for key, value in more.items()}}


def bare(routes: list[str], **process: Any) -> dict[str, Any]:
    """Three providers with a chat model each, of which two run the same model of embeddings and one another one."""
    providers = dict(zip("abc", COUNTRIES, strict=True))
    embedding = {"capabilities": ["embeddings"], "context": 8192}
    return {
        "inventory": "bare",
        "providers": {
            name: {"headquarters": country, "accounts": {"main": {"key": f"env:{name.upper()}"}}}
            for name, country in providers.items()
        },
        "models": {
            **{f"m{name}": {"developer": name, "family": f"f{name}", "context": 90_000} for name in providers},
            "v1": {"developer": "a", "family": "v", "dimensions": 8, **embedding},
            "v2": {"developer": "c", "family": "w", "dimensions": 9, **embedding},
        },
        "deployments": {
            **{
                f"chat-{name}": {"provider": name, "model": f"m{name}", "url": f"https://{name}.test/v1"}
                for name in providers
            },
            **{
                f"vec-{name}": {"provider": name, "model": model, "url": f"https://{name}.test/v1", **VECTORS}
                for name, model in zip("abc", ("v1", "v1", "v2"), strict=True)
            },
        },
        "processes": {"p": {"owner": "o", "routes": routes, **process}},
    }


def test_a_process_of_embeddings_gets_the_same_model_elsewhere() -> None:
    """Not a chat model, nor vectors of another one; that its one model may be withdrawn is said, and left."""
    facts = bare(["vec-a"])

    found, text = mended(facts)

    assert dict(found.added) == {"p": ("vec-b",)}
    assert "# p depends itself on developer:a, family:v, model:v1; no deployment mends that" in text
    assert [each.id for each in loaded(merged(facts, yaml.safe_load(text))).processes["p"].routes] == ["vec-a", "vec-b"]


def test_a_new_provider_of_embeddings_runs_the_model_that_is_there() -> None:
    """Where nobody else runs it, somebody has to: over its wire, with no model of its own."""
    facts = bare(["vec-c"])

    found, text = mended(facts)
    (new,) = found.newcomers

    assert (new.deployment.wire, new.deployment.model.id) == ("openai-embeddings", "v2")
    assert "models" not in yaml.safe_load(text)
    loaded(merged(facts, yaml.safe_load(text)))


def test_a_process_of_chat_gets_no_embeddings() -> None:
    """Even where those are all that is at hand."""
    facts = bare(["chat-a"])
    for name in ("chat-b", "chat-c"):
        del facts["deployments"][name]

    found, text = mended(facts)

    assert found.added["p"] == ("p-fallback",)
    loaded(merged(facts, yaml.safe_load(text)))


def test_what_is_assumed_is_visible_and_marked() -> None:
    """A bare inventory asks for nothing: sensible facts, each with a comment, and not the first of an alphabet."""
    facts = bare(["chat-a"])
    for name in ("b", "c"):
        del facts["providers"][name], facts["deployments"][f"chat-{name}"], facts["deployments"][f"vec-{name}"]

    found, text = mended(facts)
    (new,) = found.newcomers

    assert new.deployment.provider.headquarters == "FR"
    assert "    headquarters: FR # check: assumed, one of those that would do; anywhere but US\n" in text
    assert "    context: 90000 # check: assumed" in text
    assert "    # check: capabilities: no process states what it needs" in text
    assert "    # check: limits: not every demand is stated" in text
    assert "# check: assumed, nothing says where data may be processed" in text


def test_what_is_stated_is_not_called_a_guess() -> None:
    """Needs, places and demand that a process states are facts; home is taken first where it may be."""
    facts = bare(
        ["chat-a"],
        needs={"context": 50_000, "capabilities": ["tools"]},
        data={"processing": ["EU"]},
        demand={"rpm": 10},
        objectives={"minimum": "50%"},
    )
    facts["entity"] = {"name": "e", "country": "DE"}
    facts["models"]["ma"]["capabilities"] = ["tools"]
    facts["deployments"]["chat-a"]["processing"] = ["EU"]

    _, text = mended(facts)

    assert "    headquarters: DE # check: assumed, home; anywhere but US\n" in text
    assert text.count("check:") == 1
    assert "    context: 50000\n" in text


@st.composite
def inventories(draw: st.DrawFn) -> dict[str, Any]:
    """Several processes over routes of any kind, with needs, places and policies; not all of them load."""
    facts = bare([])
    names = sorted(facts["deployments"])
    facts["processes"] = {}
    for place in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(("chat", "vec", "")))
        route = draw(
            st.lists(st.sampled_from([n for n in names if n.startswith(kind)]), min_size=1, max_size=3, unique=True)
        )
        process: dict[str, Any] = {"owner": "o", "routes": route}
        if draw(st.booleans()):
            process["data"] = draw(st.sampled_from(({"processing": ["EU"]}, {"retention": "30d"}, {"retention": "0s"})))
        if draw(st.booleans()):
            process["needs"] = draw(
                st.sampled_from(({"context": 4000}, {"capabilities": ["embeddings"]}, {"output": 9}))
            )
        facts["processes"][f"p{place}"] = process
    for name in draw(st.sets(st.sampled_from(names))):
        if not any(name in each["routes"] for each in facts["processes"].values()):
            del facts["deployments"][name]
        else:
            facts["deployments"][name] |= {"processing": ["EU"], "retention": "0s"}
    if draw(st.booleans()):
        facts["policies"] = [
            {"id": "law", "headquarters": {"in": draw(st.lists(st.sampled_from(COUNTRIES), min_size=1))}}
        ]
    return facts


@settings(deadline=None, max_examples=60)
@given(facts=inventories())
def test_what_is_printed_loads_again(facts: dict[str, Any]) -> None:
    """Whatever loads, loads with the printed lines pasted in as well: `check` refuses none of them."""
    try:
        loaded(facts)
    except InventoryError:
        assume(False)
    _, text = mended(facts)

    again = loaded(merged(facts, yaml.safe_load(text)))

    assert again.processes.keys() == facts["processes"].keys()


@pytest.mark.parametrize("routes", [["vec-a", "vec-c"], ["chat-a", "vec-a"]])
def test_check_refuses_what_must_not_be_proposed(routes: list[str]) -> None:
    """The property above bites: such routes do not load."""
    with pytest.raises(InventoryError):
        loaded(bare(routes))


def test_capacity_is_pointed_to_and_what_is_known_to_be_short_is_said() -> None:
    """Additions are chosen for independence: of a stated limit below the minimum it is said, of others nothing."""
    facts = bare(["chat-a"], demand={"rpm": 100, "tokens_in": 900, "tokens_out": 100}, objectives={"minimum": "50%"})
    facts["deployments"]["chat-b"]["limits"] = {"rpm": 40, "tpm": "50k"}

    found, text = mended(facts)

    assert dict(found.added) == {"p": ("chat-b",)}
    assert (
        "# The additions were chosen for independence; whether they carry the load, `modelrouter capacity` says."
        in text
    )
    assert "# check: chat-b carries 40 requests a minute; the minimum of p asks for 50" in text
    assert "tokens a minute; the" not in text
    facts["deployments"]["chat-b"]["limits"] = {"rpm": 50, "tpm": "49k"}
    assert "# check: chat-b carries 49,000 tokens a minute; the minimum of p asks for 50,000" in mended(facts)[1]
    facts["deployments"]["chat-b"]["limits"] = {"rpm": 50}
    assert "carries" not in mended(facts)[1]
