"""From a LiteLLM proxy's configuration to an inventory that `check` accepts, and nothing dropped in silence."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelrouter.inventory import parse
from modelrouter.inventory.migration.draft import CONTEXT, draft
from modelrouter.inventory.migration.litellm_config import LONGEST, UnreadableError, read_config

CONFIG = """\
model_list:
  - model_name: assistant
    litellm_params: {model: azure/our-gpt, api_base: "https://ours.openai.azure.com/", api_key: os.environ/AZURE_KEY_EU, rpm: 600, order: 2}
    model_info: {base_model: azure/gpt-4o}
  - model_name: assistant
    litellm_params: {model: openai/gpt-4o, api_key: sk-live-0123456789abcdef, input_cost_per_token: 0.0000025, output_cost_per_token: 0.00001, order: 1}
    model_info: {max_input_tokens: 128000, supports_function_calling: true, supports_vision: true}
  - model_name: reader
    litellm_params: {model: bedrock/eu.anthropic.claude-opus-4-8, aws_region_name: eu-central-1, aws_secret_access_key: os.environ/S, max_parallel_requests: 8}
  - model_name: local/small
    litellm_params: {model: ollama/qwen3, api_base: "http://localhost:11434"}
  - model_name: inside
    litellm_params: {model: openai/our-model, api_base: "http://10.0.0.9:8000/v1", api_key: none}
  - model_name: vectors
    litellm_params: {model: openai/text-embedding-3-small}
    model_info: {mode: embedding}
  - model_name: pictures
    litellm_params: {model: openai/gpt-image-1}
    model_info: {mode: image_generation}
  - model_name: drawings
    litellm_params: {model: openai/dall-e-3}
  - model_name: "openai/*"
    litellm_params: {model: "openai/*"}
router_settings:
  num_retries: 2
  routing_strategy: least-busy
  model_group_alias: {gpt-4: assistant, ghost: nothing}
litellm_settings:
  callbacks: [prometheus]
  fallbacks: [{assistant: [reader, local/small, missing]}, {vectors: [assistant]}]
  content_policy_fallbacks: [{assistant: [reader]}]
"""


def test_names_become_processes_and_fallbacks_the_rest_of_their_routes() -> None:
    """In the order that the configuration states; a name with a slash stays usable as an alias."""
    inventory = parse(draft("ours", read_config(CONFIG), {}))
    routes = {name: [each.id for each in process.routes] for name, process in inventory.processes.items()}

    assert routes == {
        "assistant": ["assistant-openai", "assistant-azure", "reader-aws", "local-small-ollama"],
        "reader": ["reader-aws"],
        "local-small": ["local-small-ollama"],
        "inside": ["inside-own-servers"],
        "vectors": ["vectors-openai"],
    }
    assert inventory.aliases == {"gpt-4": "assistant", "local/small": "local-small"}
    assert (inventory.processes["assistant"].attempts, inventory.processes["reader"].attempts) == (4, 3)
    assert (inventory.processes["assistant"].on_refusal, inventory.processes["reader"].on_refusal) == ("next", "stop")


def test_deployments_keep_what_the_configuration_knows() -> None:
    """Address, name at the provider, region, limits, prices, context, capabilities, and where the key is."""
    made = parse(draft("ours", read_config(CONFIG), {})).deployments

    azure, openai, bedrock = made["assistant-azure"], made["assistant-openai"], made["reader-aws"]
    assert (azure.url, azure.name, azure.model.id, azure.limits.rpm) == (
        "https://ours.openai.azure.com/openai/v1", "our-gpt", "gpt-4o", 600,
    )  # fmt: skip
    assert azure.account is not None
    assert azure.account.key == "env:AZURE_KEY_EU"
    assert openai.prices is not None
    assert (openai.prices.input, openai.prices.output) == (2.5, 10.0)
    assert openai.model.context == 128000
    assert openai.model.capabilities == {"tools", "vision"}
    assert (bedrock.wire, bedrock.region, bedrock.limits.concurrency) == ("litellm", "eu-central-1", 8)
    assert made["vectors-openai"].wire == "openai-embeddings"


def test_who_runs_a_model_follows_from_the_address_and_not_from_the_prefix() -> None:
    """`openai/` in front of one's own address is not OpenAI: plain http means one's own house."""
    made = parse(draft("ours", read_config(CONFIG), {})).deployments

    assert made["inside-own-servers"].provider.local
    assert made["local-small-ollama"].provider.local
    assert made["local-small-ollama"].url == "http://localhost:11434/v1"
    elsewhere = CONFIG.replace("http://10.0.0.9:8000/v1", "https://llm.example.net/v1")
    assert "llm-example-net" in parse(draft("ours", read_config(elsewhere), {})).providers


def test_what_cannot_be_carried_over_is_said() -> None:
    """Patterns, pictures, missing fallbacks, fallbacks of another kind, strategies: each has its sentence."""
    notes = "\n".join(read_config(CONFIG).notes)

    for said in (
        "pictures (openai/gpt-image-1) is for image_generation", "openai/* stands for many models", "assistant falls back to missing",
        "vectors falls back to assistant-openai, whose answers are of another kind", "routing_strategy was not carried over",
        "num_retries was not carried over as it is", "settings without a counterpart here, left out: callbacks",
        "of reader (bedrock/eu.anthropic.claude-opus-4-8) was not carried over: aws_secret_access_key", "drawings (openai/dall-e-3) is for pictures",
        "the alias ghost means nothing", "a key of assistant stood in the file itself and was not copied",
    ):  # fmt: skip
        assert said in notes


def test_a_key_in_the_file_is_never_copied() -> None:
    """Neither into the draft nor into a note."""
    imported = read_config(CONFIG)

    assert "sk-live" not in draft("ours", imported, {})
    assert "sk-live" not in "".join(imported.notes)


def test_known_facts_fill_what_the_configuration_leaves_out() -> None:
    """By the names of the price map; without any the context is taken to be small, and marked."""
    known = {"bedrock/eu.anthropic.claude-opus-4-8": {"max_input_tokens": 200000, "supports_function_calling": True, "input_cost_per_token": 5e-6, "output_cost_per_token": 2.5e-5}}  # fmt: skip
    blind = parse(draft("ours", read_config(CONFIG), {})).deployments["reader-aws"]
    told = parse(draft("ours", read_config(CONFIG), known)).deployments["reader-aws"]

    assert (blind.model.context, blind.prices) == (CONTEXT, None)
    assert told.model.context == 200000
    assert told.prices is not None
    assert (told.prices.input, told.prices.output) == (5.0, 25.0)
    assert "tools" in told.model.capabilities


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model_list: [", "this is no YAML in line 1"),
        ("models: []", "there is no list `model_list` in it"),
        ("- a", "there is no list `model_list` in it"),
        ("model_list: [{model_name: a}]", "no entry of `model_list` can be carried over; entry 1"),
        ("#" * (LONGEST + 1), "longer than any configuration"),
    ],
)
def test_what_is_no_configuration_is_refused(text: str, said: str) -> None:
    """With one sentence that says what is wrong."""
    with pytest.raises(UnreadableError, match=said.replace("[", r"\[")):
        read_config(text)


NAMES = st.sampled_from(["gpt-4o", "a b", "x/y", "claude-3", "*", "embed-1", "no", "1.10", "ÄÖ", "a" * 120, "DE"])
PARAMS = st.fixed_dictionaries(
    {"model": st.sampled_from(["openai/gpt-4o", "azure/x", "bedrock/a.b-v1:0", "ollama/q", "weird/thing", "gpt-4o", "claude-x", "vertex_ai/g", "gemini/g", "openai/*", "mistral/no"])},
    optional={
        "api_key": st.sampled_from(["os.environ/SOME_KEY", "sk-0123456789abcdefghij", "", 5, None]),
        "api_base": st.sampled_from(["http://h:1/v1", "https://a.example", "os.environ/BASE", "", "x", 7]),
        "rpm": st.sampled_from([1, 0, -3, "9", True]),
        "order": st.integers(-2, 3),
    },
)  # fmt: skip
ENTRIES = st.lists(st.fixed_dictionaries({"model_name": NAMES, "litellm_params": PARAMS}), max_size=6)


@settings(max_examples=40)
@given(ENTRIES, st.lists(st.fixed_dictionaries({"gpt-4o": st.lists(NAMES, max_size=2)}), max_size=2))
def test_whatever_is_imported_can_be_read(entries: list[Any], fallbacks: list[Any]) -> None:
    """Property: a configuration is refused in words, or its draft is an inventory that has no error."""
    text = yaml.safe_dump({"model_list": entries, "router_settings": {"fallbacks": fallbacks}})
    try:
        imported = read_config(text)
    except UnreadableError:
        return

    assert parse(draft("ours", imported, {})).deployments.keys() == imported.places.keys()
