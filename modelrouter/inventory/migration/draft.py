"""Writes what was imported as an inventory that `check` accepts, with a mark at everything that was assumed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from modelrouter.inventory.fields import NAME
from modelrouter.inventory.migration.vendors import developer_of
from modelrouter.inventory.starter import word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.inventory.migration.litellm_config import Imported, Place, Served

__all__ = ["CONTEXT", "draft"]

CONTEXT = 8000
"""Tokens that a model is taken to hold of which nothing is known: little, so that too much is never sent."""

USUAL_ATTEMPTS = 3
"""Calls for one request where a process does not say: a longer route would not be asked to its end."""

_HEAD = """\
# yaml-language-server: $schema=providers.schema.json
#
# Drafted from a configuration of LiteLLM's proxy. Every line with `check:` was assumed: make it true.
#
#   modelrouter check      is this file right, and would the fallbacks carry?
#   modelrouter impact     what breaks if something is lost?
#   modelrouter drill      try it
"""


def draft(name: str, imported: Imported, known: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of an inventory; `known` holds facts of models by LiteLLM's names, as its price map has them."""
    places = list(imported.places.values())
    parts = [
        _HEAD + "".join(f"#\n# {note}\n" for note in imported.notes),
        f"inventory: {word(name)}\n",
        "providers:",
        *_providers(places),
        "\nmodels:",
        *_models(places, known),
        "\ndeployments:",
        *(_deployment(place, places, known) for place in places),
        "\n# What depends on all this: each name that programs ask for is a process until you say what it really is.",
        "processes:",
        *(_process(served, imported) for served in imported.served),
    ]
    aliases = dict(imported.aliases)
    for served in imported.served:
        if process_id(served.name, imported) != served.name:
            aliases[served.name] = process_id(served.name, imported)
    if aliases:
        parts += ["\n# Names that programs already use.", "aliases:"]
        parts += [f"  {word(alias)}: {word(process_id(target, imported))}" for alias, target in aliases.items()]
    return "\n".join(parts) + "\n"


def process_id(name: str, imported: Imported) -> str:
    """The name of a process: the model's, where that may name one and no deployment has it."""
    plain = name if re.fullmatch(NAME, name) else re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:90]
    return plain if plain not in imported.places else f"{plain}-process"


def _providers(places: list[Place]) -> Iterator[str]:
    for provider in dict.fromkeys(place.vendor.provider for place in places):
        mine = [place for place in places if place.vendor.provider == provider]
        vendor = mine[0].vendor
        country = vendor.headquarters or "US"
        mark = (
            ""
            if vendor.headquarters
            else " # check: your own country"
            if vendor.local
            else " # check: whose government can order it off"
        )
        yield f"  {word(provider)}:"
        yield f"    company: {word(vendor.company)}"
        yield f"    headquarters: {country}{mark}"
        if vendor.local:
            yield "    local: true"
        if keys := _keys(places, provider):
            named = ", ".join(f"{account(key, keys)}: {{key: {key}}}" for key in keys)
            yield f"    accounts: {{{named}}}"


def _keys(places: list[Place], provider: str) -> dict[str, None]:
    """The keys of a provider, in the order in which they were met."""
    return dict.fromkeys(place.key for place in places if place.vendor.provider == provider and place.key is not None)


def account(key: str, keys: Mapping[str, Any]) -> str:
    """The name of the account that a key belongs to: `main` where it is the only one."""
    return "main" if len(keys) == 1 else key.partition(":")[2].lower().replace("_", "-")


def _models(places: list[Place], known: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name in dict.fromkeys(place.model for place in places):
        mine = [place for place in places if place.model == name]
        facts = _facts(mine[0], known)
        developer, family, origin = developer_of(name)
        context = next((each.context for each in mine if each.context), None) or facts.get("max_input_tokens")
        output = next((each.output for each in mine if each.output), None) or facts.get("max_output_tokens")
        able = dict.fromkeys(word for each in mine for word in each.capabilities) or _known_capabilities(facts)
        told = [f"developer: {developer}", f"family: {word(family)}"]
        told += [f"origin: {origin}"] if origin else []
        told += [f"context: {context if isinstance(context, int) else CONTEXT}"]
        told += [f"output: {output}"] if isinstance(output, int) else []
        told += [f"capabilities: [{', '.join(able)}]"] if able else []
        mark = "" if isinstance(context, int) and developer != "unknown" else " # check: its developer and context"
        yield f"  {word(name)}: {{{', '.join(told)}}}{mark}"


def _facts(place: Place, known: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    return known.get(place.name) or known.get(f"{place.vendor.provider}/{place.model}") or known.get(place.model) or {}


def _known_capabilities(facts: Mapping[str, Any]) -> list[str]:
    flags = {
        "tools": "function_calling",
        "vision": "vision",
        "json_schema": "response_schema",
        "documents": "pdf_input",
    }
    return [word for word, flag in flags.items() if facts.get(f"supports_{flag}") is True]


def _deployment(place: Place, places: list[Place], known: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [f"  {word(place.id)}:", f"    provider: {word(place.vendor.provider)}"]
    keys = _keys(places, place.vendor.provider)
    if place.key is not None and len(keys) > 1:
        lines.append(f"    account: {account(place.key, keys)}")
    lines += [f"    model: {word(place.model)}", f"    wire: {place.wire}"]
    assumed = " # check: its address stood in a variable" if ".invalid" in (place.url or "") else ""
    lines += [f"    url: {place.url}{assumed}"] if place.url is not None else []
    lines += [f"    name: {word(place.name)}"] if place.name != place.model else []
    lines += [f"    region: {place.region}"] if place.region is not None else []
    lines += ["    # check: `processing:`, everywhere it may process what you send; unknown satisfies no policy"]
    limits = {"rpm": place.rpm, "tpm": place.tpm, "concurrency": place.concurrency}
    stated = ", ".join(f"{key}: {value}" for key, value in limits.items() if value is not None)
    lines += [f"    limits: {{{stated}}}"] if stated else []
    prices = place.prices or _known_prices(_facts(place, known))
    lines += [f"    prices: {{input: {_price(prices[0])}, output: {_price(prices[1])}}}"] if prices is not None else []
    return "\n".join(lines)


def _price(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _known_prices(facts: Mapping[str, Any]) -> tuple[float, float] | None:
    paid, earned = facts.get("input_cost_per_token"), facts.get("output_cost_per_token")
    return (paid * 1e6, earned * 1e6) if isinstance(paid, float) and isinstance(earned, float) else None


def _process(served: Served, imported: Imported) -> str:
    lines = [f"  {word(process_id(served.name, imported))}:"]
    lines += ["    owner: your-team # check: who answers for it", "    criticality: standard # check"]
    lines += [f"    routes: [{', '.join(map(word, served.route))}]"]
    lines += [f"    attempts: {len(served.route)}"] if len(served.route) > USUAL_ATTEMPTS else []
    lines += ["    on_refusal: next"] if served.on_refusal else []
    return "\n".join(lines)
