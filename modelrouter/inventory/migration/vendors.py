"""What is known of those whom a model's prefix names: `azure/…`, `bedrock/…`, `ollama/…`.

Companies and headquarters are facts about the world as of November 2026; drafts say that they are to be checked.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEVELOPERS", "Vendor", "developer_of", "vendor_of"]


class Vendor(NamedTuple):
    """Who runs it and how it is called; no address: the library finds it, or the configuration says it."""

    provider: str
    company: str
    headquarters: str | None
    wire: str = "litellm"
    url: str = ""
    variable: str = ""
    """Where its key usually stands."""
    local: bool = False


def _openai(provider: str, company: str, country: str, url: str, variable: str) -> Vendor:
    return Vendor(provider, company, country, "openai-chat", url, variable)


def _local(provider: str, url: str) -> Vendor:
    return Vendor(provider, "self", None, "openai-chat", url, "", local=True)


_GEMINI = "https://generativelanguage.googleapis.com"
_AWS = Vendor("aws", "Amazon.com Inc", "US", variable="AWS_BEARER_TOKEN_BEDROCK")
_VERTEX = Vendor("google-cloud", "Alphabet Inc", "US", variable="GOOGLE_API_KEY")

_VENDORS: Mapping[str, Vendor] = MappingProxyType(
    {
        "openai": _openai("openai", "OpenAI Group PBC", "US", "https://api.openai.com/v1", "OPENAI_API_KEY"),
        "anthropic": Vendor("anthropic", "Anthropic PBC", "US", "anthropic-messages", "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
        "azure": Vendor("azure", "Microsoft Corporation", "US", "openai-chat", "", "AZURE_API_KEY"),
        "azure_ai": Vendor("azure", "Microsoft Corporation", "US", "litellm", "", "AZURE_AI_API_KEY"),
        "bedrock": _AWS,
        "bedrock_converse": _AWS,
        "sagemaker": _AWS,
        "gemini": Vendor("google", "Alphabet Inc", "US", "gemini", _GEMINI, "GEMINI_API_KEY"),
        "vertex_ai": _VERTEX,
        "vertex_ai_beta": _VERTEX,
        "mistral": _openai("mistral", "Mistral AI", "FR", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
        "codestral": _openai("mistral", "Mistral AI", "FR", "https://codestral.mistral.ai/v1", "CODESTRAL_API_KEY"),
        "groq": _openai("groq", "Groq Inc", "US", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        "deepseek": _openai("deepseek", "DeepSeek", "CN", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
        "xai": _openai("xai", "xAI", "US", "https://api.x.ai/v1", "XAI_API_KEY"),
        "together_ai": _openai("together", "Together Computer Inc", "US", "https://api.together.xyz/v1", "TOGETHERAI_API_KEY"),
        "fireworks_ai": _openai("fireworks", "Fireworks AI Inc", "US", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
        "openrouter": _openai("openrouter", "OpenRouter Inc", "US", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        "perplexity": _openai("perplexity", "Perplexity AI Inc", "US", "https://api.perplexity.ai", "PERPLEXITYAI_API_KEY"),
        "cerebras": _openai("cerebras", "Cerebras Systems Inc", "US", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
        "deepinfra": _openai("deepinfra", "Deep Infra Inc", "US", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
        "dashscope": _openai("dashscope", "Alibaba Group", "CN", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
        "moonshot": _openai("moonshot", "Moonshot AI", "CN", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
        "nvidia_nim": _openai("nvidia", "NVIDIA Corporation", "US", "https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"),
        "cohere": Vendor("cohere", "Cohere Inc", "CA", variable="COHERE_API_KEY"),
        "cohere_chat": Vendor("cohere", "Cohere Inc", "CA", variable="COHERE_API_KEY"),
        "databricks": Vendor("databricks", "Databricks Inc", "US", variable="DATABRICKS_API_KEY"),
        "watsonx": Vendor("watsonx", "IBM", "US", variable="WATSONX_APIKEY"),
        "huggingface": Vendor("huggingface", "Hugging Face Inc", "US", variable="HUGGINGFACE_API_KEY"),
        "replicate": Vendor("replicate", "Replicate Inc", "US", variable="REPLICATE_API_KEY"),
        "github": Vendor("github-models", "Microsoft Corporation", "US", variable="GITHUB_API_KEY"),
        "ollama": _local("ollama", "http://localhost:11434/v1"),
        "ollama_chat": _local("ollama", "http://localhost:11434/v1"),
        "hosted_vllm": _local("vllm", "http://localhost:8000/v1"),
        "vllm": _local("vllm", "http://localhost:8000/v1"),
        "lm_studio": _local("lmstudio", "http://localhost:1234/v1"),
        "llamafile": _local("llamacpp", "http://localhost:8080/v1"),
        "xinference": _local("xinference", "http://localhost:9997/v1"),
    }
)  # fmt: skip

DEVELOPERS = (
    (r"claude", "anthropic", "claude", "US"),
    (r"gpt-oss", "openai", "gpt-oss", "US"),
    (r"gpt|chatgpt|^o[134](?:$|-)|text-embedding|davinci", "openai", "gpt", "US"),
    (r"gemini|text-bison|chat-bison", "google", "gemini", "US"),
    (r"gemma", "google", "gemma", "US"),
    (r"llama", "meta", "llama", "US"),
    (r"mixtral|mistral|codestral|ministral|pixtral|magistral", "mistral", "mistral", "FR"),
    (r"command|embed-(?:english|multilingual)", "cohere", "command", "CA"),
    (r"deepseek", "deepseek", "deepseek", "CN"),
    (r"qwen|qwq", "alibaba", "qwen", "CN"),
    (r"grok", "xai", "grok", "US"),
    (r"nova", "amazon", "nova", "US"),
    (r"titan", "amazon", "titan", "US"),
    (r"kimi|moonshot", "moonshot", "kimi", "CN"),
    (r"glm", "zhipu", "glm", "CN"),
    (r"phi", "microsoft", "phi", "US"),
    (r"granite", "ibm", "granite", "US"),
    (r"nomic", "nomic", "nomic", "US"),
    (r"sonar", "perplexity", "sonar", "US"),
)
"""By a pattern that occurs in a model's name: who trained it, its family, and where."""


def vendor_of(name: str) -> tuple[Vendor | None, str]:
    """Who runs a model by its name with prefix, and the name without; None where the prefix says nothing known."""
    prefix, slash, rest = name.partition("/")
    if slash and prefix in _VENDORS:
        return _VENDORS[prefix], rest
    if slash:
        return None, name
    bare = "anthropic" if "claude" in name else "gemini" if name.startswith("gemini") else "openai"
    return _VENDORS[bare], name


def developer_of(model: str) -> tuple[str, str, str | None]:
    """Who trained a model, its family and its origin, as its name suggests; `unknown` where it suggests nothing."""
    found = next((known for known in DEVELOPERS if re.search(known[0], model.lower())), None)
    if found is not None:
        return found[1:]
    stem = re.match("[a-z]+", model.lower().rpartition("/")[2])
    return "unknown", stem.group() if stem else "unknown", None
