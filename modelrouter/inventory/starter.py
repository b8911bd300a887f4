"""A first inventory, composed from what was found: keys in the environment, servers on loopback."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.inventory.fields import MODEL_NAME
from modelrouter.inventory.reading import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_MODELS = 2  # of one local server; the rest is easily added by hand


class Offer(NamedTuple):
    """What a key in the environment lets one call."""

    variable: str
    provider: str
    company: str
    headquarters: str
    deployment: str
    model: str
    developer: str
    family: str
    context: str
    wire: str
    url: str = ""
    name: str = ""
    processing: str = "GLOBAL"
    region: str = ""


class Server(NamedTuple):
    """A local server that answered, and the models it has."""

    kind: str
    url: str
    models: tuple[str, ...]


# What one key opens, with a model of each that is current in November 2026; the writer chooses another freely.
OFFERS = (
    Offer("ANTHROPIC_API_KEY", "anthropic", "Anthropic PBC", "US", "claude-direct", "claude-opus-4-8", "anthropic", "claude", "200k", "anthropic-messages", "https://api.anthropic.com"),
    Offer("OPENAI_API_KEY", "openai", "OpenAI Group PBC", "US", "gpt-direct", "gpt-5.6", "openai", "gpt", "400k", "openai-chat", "https://api.openai.com/v1"),
    Offer("AZURE_OPENAI_API_KEY", "azure", "Microsoft Corporation", "US", "gpt-azure", "gpt-5.6", "openai", "gpt", "400k", "openai-chat", "https://YOUR-RESOURCE.openai.azure.com/openai/v1"),
    Offer("AWS_BEARER_TOKEN_BEDROCK", "aws", "Amazon.com Inc", "US", "claude-bedrock", "claude-opus-4-8", "anthropic", "claude", "200k", "litellm", name="bedrock/eu.anthropic.claude-opus-4-8", processing="EU", region="eu-central-1"),
    Offer("GEMINI_API_KEY", "google", "Alphabet Inc", "US", "gemini-direct", "gemini-3-pro", "google", "gemini", "1M", "openai-chat", "https://generativelanguage.googleapis.com/v1beta/openai"),
    Offer("MISTRAL_API_KEY", "mistral", "Mistral AI", "FR", "mistral-direct", "mistral-large-latest", "mistral", "mistral", "128k", "openai-chat", "https://api.mistral.ai/v1", processing="EU"),
    Offer("GROQ_API_KEY", "groq", "Groq Inc", "US", "llama-groq", "llama-3.3-70b-versatile", "meta", "llama", "128k", "openai-chat", "https://api.groq.com/openai/v1"),
    Offer("OPENROUTER_API_KEY", "openrouter", "OpenRouter Inc", "US", "router-auto", "openrouter/auto", "various", "various", "128k", "openai-chat", "https://openrouter.ai/api/v1"),
    Offer("DEEPSEEK_API_KEY", "deepseek", "DeepSeek", "CN", "deepseek-direct", "deepseek-chat", "deepseek", "deepseek", "128k", "openai-chat", "https://api.deepseek.com/v1", processing="CN"),
    Offer("XAI_API_KEY", "xai", "xAI", "US", "grok-direct", "grok-4", "xai", "grok", "256k", "openai-chat", "https://api.x.ai/v1"),
)  # fmt: skip

_DEVELOPERS = {
    "qwen": "alibaba",
    "llama": "meta",
    "mistral": "mistral",
    "gemma": "google",
    "phi": "microsoft",
    "deepseek": "deepseek",
}

_HEAD = """\
# yaml-language-server: $schema=providers.schema.json
#
# What your business depends on, and who could take it away. Written by `modelrouter init`.
#
#   modelrouter check      is this file right?
#   modelrouter drill      what happens when each provider, model family or server is lost?
#   modelrouter schema --write providers.schema.json      lets editors complete and check this file
#
# Keys are named here and never held: env:NAME, file:PATH or exec:COMMAND.
"""
_TAIL = """\

# Model names that programs already use, and the process each means.
# aliases:
#   gpt-4o: assistant

# What binds every deployment that serves a matching process, first choice or fallback.
# policies:
#   - id: eu-personal
#     when: {data.class: personal}
#     processing: {in: [EU]}
"""
_NOTHING = "# Nothing was found, neither a key in the environment nor a local server: these two are a suggestion.\n"


def starter(name: str, variables: Iterable[str], servers: Iterable[Server]) -> str:
    """Write an inventory that `check` accepts."""
    found = set(variables)
    servers = tuple(_usable(servers))
    offers = tuple(offer for offer in OFFERS if offer.variable in found)
    nothing = "" if offers or servers else _NOTHING
    offers = offers if offers or servers else OFFERS[:2]
    parts = [
        _HEAD + nothing,
        f"inventory: {word(name)}\n",
        "# Who sells or runs access; `headquarters` is whose government can order it off.\nproviders:",
        *map(_provider, offers),
        *map(_local_provider, servers),
        "\n# The weights. A `family` is withdrawn as one, wherever it runs.\nmodels:",
        *_models(offers, servers),
        "\n# Where each model can be called; `processing` is everywhere that what you send may be processed.\ndeployments:",
        *map(_deployment, offers),
        *(_local_deployment(server, model) for server in servers for model in server.models),
        _process(
            [
                *(offer.deployment for offer in offers),
                *(local_id(server, model) for server in servers for model in server.models),
            ]
        ),
        _TAIL,
    ]
    return "\n".join(parts)


def word(text: str) -> str:
    """A text as YAML, in quotes where it needs any."""
    plain = re.fullmatch(r"[A-Za-z][\w./@+-]*", text) is not None and kind_of(text) == "str"
    return text if plain else f'"{text}"'


def local_id(server: Server, model: str) -> str:
    """The name of a local deployment."""
    return f"{re.sub('[^A-Za-z0-9]+', '-', model).strip('-')[:60]}-{server.kind}"


def _usable(servers: Iterable[Server]) -> Iterator[Server]:
    for server in servers:
        models = [model for model in server.models if re.fullmatch(MODEL_NAME, model) and "embed" not in model.lower()]
        if models:
            yield server._replace(
                models=tuple({local_id(server, model): model for model in models[:MOST_MODELS]}.values())
            )


def _provider(offer: Offer) -> str:
    return f"""\
  {offer.provider}:
    company: {offer.company}
    headquarters: {offer.headquarters}
    accounts: {{main: {{key: env:{offer.variable}}}}}"""


def _local_provider(server: Server) -> str:
    return f"""\
  {server.kind}: # answers on this machine
    company: self
    headquarters: DE # your own country
    local: true"""


def _models(offers: Iterable[Offer], servers: Iterable[Server]) -> Iterable[str]:
    """One line for each model, however many places have it."""
    local = {model: _local_model(model) for server in servers for model in server.models}
    return (local | {offer.model: _model(offer) for offer in offers}).values()


def _model(offer: Offer) -> str:
    return f"  {word(offer.model)}: {{developer: {offer.developer}, family: {offer.family}, context: {offer.context}, capabilities: [tools]}}"


def _local_model(model: str) -> str:
    stem = re.match("[A-Za-z]+", model.rpartition("/")[2])
    family = stem.group().lower() if stem else "local"
    return f"  {word(model)}: {{developer: {word(_DEVELOPERS.get(family, 'unknown'))}, family: {word(family)}, weights: open, context: 32k}}"


def _deployment(offer: Offer) -> str:
    where = f"url: {offer.url}" if offer.url else f"name: {offer.name}\n    region: {offer.region}"
    return f"""\
  {offer.deployment}:
    provider: {offer.provider}
    model: {word(offer.model)}
    wire: {offer.wire}
    {where}
    processing: [{offer.processing}]"""


def _local_deployment(server: Server, model: str) -> str:
    return f"""\
  {word(local_id(server, model))}:
    provider: {server.kind}
    model: {word(model)}
    url: {server.url}
    processing: [DE] # your own country"""


def _process(deployments: list[str]) -> str:
    return f"""
# What depends on all this. Programs name a process where they named a model: model="assistant".
processes:
  assistant:
    owner: {word("your-team")}
    criticality: standard # critical, important, standard or deferrable
    routes: [{", ".join(map(word, deployments))}] # the best first
    objectives: {{rto: 60s, deadline: 60s, minimum: 50%}}"""
