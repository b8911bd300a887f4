"""Whose error dialect a provider speaks, where the file does not say."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GENERIC = "generic"
VENDORS = (
    "anthropic", "azure", "bedrock", "cerebras", "cloudflare", "cohere", "dashscope", "databricks", "deepinfra",
    "deepseek", "fireworks", "gemini", "generic", "github-models", "groq", "huggingface", "hunyuan", "hyperclova",
    "litellm", "llamacpp", "lmstudio", "minimax", "mistral", "moonshot", "nvidia", "ollama", "one-api", "openai",
    "openrouter", "perplexity", "portkey", "qianfan", "sambanova", "sglang", "siliconflow", "spark", "tgi",
    "together", "triton", "vercel-ai-gateway", "vertex", "vllm", "volcengine", "watsonx", "xai", "zhipu",
)  # fmt: skip
"""What `vendor:` may say; a vendor without rules of its own is read by the generic ones."""

_BY_ID: Mapping[str, str] = MappingProxyType(
    {
        "aws": "bedrock",
        "amazon": "bedrock",
        "google": "gemini",
        "microsoft": "azure",
        "llama-cpp": "llamacpp",
        "lm-studio": "lmstudio",
    }
)
_BY_COMPANY: Mapping[str, str] = MappingProxyType(
    {
        "anthropic": "anthropic",
        "openai": "openai",
        "microsoft": "azure",
        "amazon": "bedrock",
        "alphabet": "gemini",
        "google": "gemini",
    }
    | {name: name for name in ("cohere", "deepseek", "groq", "mistral", "openrouter", "together", "fireworks", "xai")}
)
_BY_HOST: Mapping[str, str] = MappingProxyType(
    {
        "api.anthropic.com": "anthropic",
        "api.openai.com": "openai",
        "openai.azure.com": "azure",
        "services.ai.azure.com": "azure",
        "amazonaws.com": "bedrock",
        "generativelanguage.googleapis.com": "gemini",
        "aiplatform.googleapis.com": "vertex",
        "api.mistral.ai": "mistral",
        "api.x.ai": "xai",
        "api.cohere.com": "cohere",
        "api.deepseek.com": "deepseek",
        "openrouter.ai": "openrouter",
        "api.groq.com": "groq",
        "api.together.xyz": "together",
        "api.fireworks.ai": "fireworks",
    }
)


def guess(provider: str, company: str, urls: Iterable[str]) -> str:
    """The vendor that the provider's id, its company or an address of its deployments suggests, else `generic`."""
    if provider in VENDORS:
        return provider
    if provider in _BY_ID:
        return _BY_ID[provider]
    first = re.match("[a-z]*", company.casefold())
    if first is not None and first.group() in _BY_COMPANY:
        return _BY_COMPANY[first.group()]
    hosts = [urlsplit(url).hostname or "" for url in urls]
    return next((vendor for known, vendor in _BY_HOST.items() if any(host.endswith(known) for host in hosts)), GENERIC)
