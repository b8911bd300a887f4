"""Retirements that a price list knows of: which of its lines is about which deployment, and how sure that is.

A line counts only if it is of the same channel: the vendor whose dialect the provider speaks (`CHANNELS`). Then, the
first that is found:

    same-name     a line that names the model as the deployment does (`name:`); a prefix that only says the channel
                  (`azure/`, `bedrock/`) is no part of a name, on either side
    same-model    a line that names it as the inventory does (the model's id); on Azure a deployment is called what we like

A line of that name without a date says that none is known, and ends the search. Of several lines the earliest day
counts. What runs on our own servers is not asked about, nor a deployment whose retirement the inventory states.
"""

from __future__ import annotations

from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from modelrouter.core.inventory import Deployment, Inventory

__all__ = ["Listed", "Match", "matched"]

CHANNELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "anthropic": ("anthropic",),
        "azure": ("azure", "azure_ai"),
        "bedrock": ("bedrock", "bedrock_converse", "bedrock_mantle"),
        "cohere": ("cohere", "cohere_chat"),
        "databricks": ("databricks",),
        "deepinfra": ("deepinfra",),
        "deepseek": ("deepseek",),
        "fireworks": ("fireworks_ai",),
        "gemini": ("gemini",),
        "groq": ("groq",),
        "mistral": ("mistral",),
        "openai": ("openai",),
        "perplexity": ("perplexity",),
        "sambanova": ("sambanova",),
        "together": ("together_ai",),
        "vertex": (
            "vertex_ai",
            "vertex_ai-anthropic_models",
            "vertex_ai-language-models",
            "vertex_ai-llama_models",
            "vertex_ai-mistral_models",
        ),
        "watsonx": ("watsonx",),
        "xai": ("xai",),
    }
)
"""Vendor → what LiteLLM's price list calls it (`litellm_provider`, as of 1.106)."""


class Listed(NamedTuple):
    """A line of a price list."""

    name: str
    channel: str
    ends: date | None
    """The last day it gives, if any."""


class Match(NamedTuple):
    """A deployment, and the line that is about it."""

    deployment: str
    name: str
    ends: date
    sure: Literal["same-name", "same-model"]


def matched(inventory: Inventory, lines: Iterable[Listed]) -> Iterator[Match]:
    """The lines with a date that are about deployments of the inventory, in its order."""
    by_name: dict[tuple[str, str], list[Listed]] = defaultdict(list)
    for line in lines:
        by_name[line.channel, bare(line.name, line.channel)].append(line)
    for deployment in inventory.deployments.values():
        stated = deployment.retires or deployment.model.retires
        if deployment.provider.local or stated is not None:
            continue
        yield from _of(deployment, by_name)


def _of(deployment: Deployment, by_name: Mapping[tuple[str, str], list[Listed]]) -> Iterator[Match]:
    channels = CHANNELS.get(deployment.provider.vendor, ())
    asked: tuple[tuple[str, Literal["same-name", "same-model"]], ...] = (
        (deployment.name, "same-name"),
        (deployment.model.id, "same-model"),
    )
    for name, sure in asked:
        found = [line for each in channels for line in by_name.get((each, bare(name, each)), ())]
        if not found:
            continue
        dated = [(line.ends, line.name) for line in found if line.ends is not None]
        if dated:
            ends, line_name = min(dated)
            yield Match(deployment.id, line_name, ends, sure)
        return


def bare(name: str, channel: str) -> str:
    """A name without the prefixes that only say the channel: `azure/gpt-5.6` and `bedrock/eu.x` are `gpt-5.6` and `eu.x`."""
    first = channel.partition("-")[0]
    prefixes = {channel, first, first.partition("_")[0], "converse"}
    while (head := name.partition("/"))[1] and head[0] in prefixes:
        name = head[2]
    return name
