"""A remedy as lines of YAML: sections to be merged into the inventory, routes to be replaced."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelrouter.continuity.newcomer import Newcomer
    from modelrouter.continuity.remedy import Remedy

__all__ = ["lines"]

TELLING = ("provider", "company", "developer", "family", "jurisdiction", "upstream")
"""The kinds of factors whose avoidance has to be looked after; the others follow from them."""


def lines(found: Remedy) -> Iterator[str]:
    """What to write, and as comments what no addition mends."""
    if not found.size and not found.helpless and not found.own:
        yield "# Nothing fails alone: no addition is needed."
    for name, why in found.helpless.items():
        yield f"# {name}: {why}"
    for name, own in found.own.items():
        yield f"# {name} depends itself on {', '.join(own)}; no deployment mends that"
    if found.newcomers:
        yield "# Somebody has to provide these: the names are placeholders, the facts are what is needed."
        yield "providers:"
        for each in found.newcomers:
            yield from _provider(each)
        if any(not each.known_model for each in found.newcomers):
            yield "models:"
        for each in found.newcomers:
            if not each.known_model:
                yield from _model(each)
        yield "deployments:"
        for each in found.newcomers:
            yield from _deployment(each)
    if found.routes:
        yield "processes:"
        for name, route in found.routes.items():
            new = ", ".join(found.added[name])
            yield f"  {word(name)}: # the line to replace; new in it: {new}"
            yield f"    routes: {_list(route)}"
        yield "# The additions were chosen for independence; whether they carry the load, `modelrouter capacity` says."
        yield from _short(found)


def _short(found: Remedy) -> Iterator[str]:
    """Deployments that were there, and whose stated limits are below the minima of the processes that they now serve."""
    inventory = found.after.inventory
    new = {each.deployment.id for each in found.newcomers}
    for name in dict.fromkeys(name for names in found.added.values() for name in names if name not in new):
        served = [inventory.processes[each] for each, names in found.added.items() if name in names]
        rpm = sum(each.demand.rpm * each.objectives.minimum for each in served)
        tokens = sum(
            each.demand.rpm * each.objectives.minimum * (each.demand.tokens_in + each.demand.tokens_out)
            for each in served
        )
        limits, whose = inventory.deployments[name].limits, " and ".join(each.id for each in served)
        for limit, asked, unit in ((limits.rpm, rpm, "requests"), (limits.tpm, tokens, "tokens")):
            if limit is not None and asked > limit:
                carries = f"{name} carries {limit:,} {unit} a minute"
                yield f"# check: {carries}; the minimum of {whose} asks for {asked:,.0f}"


def _provider(new: Newcomer) -> Iterator[str]:
    provider = new.deployment.provider
    (account,) = provider.accounts.values()
    shunned = [name.replace(":", " ", 1) for kind in TELLING for name in new.avoids if name.startswith(f"{kind}:")]
    if shunned:
        yield f"  # must not be, nor stand on: {', '.join(shunned)}"
    yield f"  {word(provider.id)}:"
    yield f"    company: {json.dumps(provider.company)}"
    yield f"    headquarters: {word(provider.headquarters)}{_check(new, 'headquarters')}"
    if provider.owner is not None:
        yield f"    owner: {word(provider.owner)}"
    yield f"    accounts: {{{account.name}: {{key: {account.key}}}}}"


def _model(new: Newcomer) -> Iterator[str]:
    model = new.deployment.model
    yield f"  {word(model.id)}:"
    yield f"    developer: {word(model.developer)}"
    yield f"    family: {word(model.family)}"
    for key, value in (("origin", model.origin), ("licence", model.licence), ("export_class", model.export_class)):
        if value is not None:
            yield f"    {key}: {word(value)}"
    if model.weights != "closed":
        yield f"    weights: {model.weights}"
    yield f"    context: {model.context}{_check(new, 'context')}"
    if model.output is not None:
        yield f"    output: {model.output}"
    if model.capabilities:
        yield f"    capabilities: {_list(sorted(model.capabilities))}"
    elif "capabilities" in new.assumed:
        yield f"    # check: capabilities: {new.assumed['capabilities']}"


def _deployment(new: Newcomer) -> Iterator[str]:
    made = new.deployment
    yield f"  {word(made.id)}: # for {', '.join(new.serves)}"
    yield f"    provider: {word(made.provider.id)}"
    yield f"    model: {word(made.model.id)}"
    yield f"    wire: {made.wire}"
    yield f"    url: {json.dumps(made.url)}"
    for key, value in (("region", made.region), ("egress", made.egress)):
        if value is not None:
            yield f"    {key}: {word(value)}"
    yield f"    processing: {_list(made.processing)}{_check(new, 'processing')}"
    promises = {"storage": made.storage, "certifications": made.certifications, "export_licences": made.export_licences}
    yield from (f"    {key}: {_list(values)}" for key, values in promises.items() if values)
    if made.training is not None:
        yield f"    training: {str(made.training).lower()}"
    if made.limits.rpm is not None:
        yield f"    limits: {{rpm: {made.limits.rpm}}} # at least: the share of the demand that must survive"
    if "limits" in new.assumed:
        yield f"    # check: limits: {new.assumed['limits']}"
    if made.retention_s is not None:
        yield f"    retention: {made.retention_s:.0f}s"


def _check(new: Newcomer, fact: str) -> str:
    """A comment behind what is only a guess."""
    return f" # check: {new.assumed[fact]}" if fact in new.assumed else ""


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(word(name) for name in names)}]"


_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*")
_TAKEN = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that readers of YAML take for something else: Norway among them."""


def word(text: str) -> str:
    """A text as YAML, in quotes where it needs any."""
    plain = _PLAIN.fullmatch(text) is not None and text.lower() not in _TAKEN
    return text if plain else json.dumps(text, ensure_ascii=False)
