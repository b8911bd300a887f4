"""Embeddings in an inventory: who makes them, how long they are, and that a route keeps to one model."""

from __future__ import annotations

import pytest
from support.inventory_texts import said

from modelrouter.inventory import parse

SEARCH = """\
inventory: search
providers:
  openai: {headquarters: US, accounts: {main: {key: env:OPENAI_API_KEY}}}
  azure: {headquarters: US, accounts: {main: {key: env:AZURE_KEY}}}
models:
  large: {developer: openai, family: embedding, context: 8k, dimensions: 3072, capabilities: [embeddings]}
  small: {developer: openai, family: embedding, context: 8k, capabilities: [embeddings]}
  gpt: {developer: openai, family: gpt, context: 400k}
deployments:
  a: {provider: openai, model: large, wire: openai-embeddings, url: "https://a.example/v1"}
  b: {provider: azure, model: large, wire: openai-embeddings, url: "https://b.example/v1"}
  s: {provider: openai, model: small, wire: openai-embeddings, url: "https://a.example/v1"}
  g: {provider: openai, model: gpt, url: "https://a.example/v1"}
processes:
  search: {owner: x, routes: [a, b]}
  talk: {owner: x, routes: [g]}
  other: {owner: x, routes: [s]}
"""


def changed(old: str, new: str) -> str:
    """The inventory with one thing changed."""
    assert SEARCH.count(old) == 1
    return SEARCH.replace(old, new)


def test_the_length_of_a_models_embeddings() -> None:
    """It is a number of the model's; where nobody said one, none is checked."""
    models = parse(SEARCH).models

    assert (models["large"].dimensions, models["small"].dimensions) == (3072, None)
    assert said(changed("dimensions: 3072", "dimensions: 0"))


TOLD = {
    "another model": (
        changed("[a, b]", "[a, s]"),
        "15:34: processes.search.routes[1]: vectors of 'large' and 'small' cannot be compared. Give each model a process of its own.",
    ),
    "chat behind embeddings": (
        changed("[a, b]", "[a, b, g]"),
        "15:37: processes.search.routes[2]: 'a' makes embeddings and 'g' does not. Give each a process of its own.",
    ),
    "embeddings behind chat": (
        changed("[g]", "[g, a]"),
        "16:32: processes.talk.routes[1]: 'a' makes embeddings and 'g' does not. Give each a process of its own.",
    ),
    "a model without the capability": (
        changed("model: small, wire: openai-embeddings", "model: gpt, wire: openai-embeddings"),
        "12:43: deployments.s.wire: the model 'gpt' is not known to make embeddings. Write `capabilities: [embeddings]` at the model, or another wire.",
    ),
    "a wire that carries none": (
        changed("model: small, wire: openai-embeddings", "model: small"),
        "12:32: deployments.s.model: 'small' makes embeddings, and the wire openai-chat carries none. Write `wire: openai-embeddings`.",
    ),
    "a library": (
        changed("model: small, wire: openai-embeddings", "model: small, wire: litellm"),
        "12:32: deployments.s.model: 'small' makes embeddings, and the wire litellm carries none. Write `wire: openai-embeddings` and the provider's own `url`.",
    ),
}


@pytest.mark.parametrize(("text", "message"), TOLD.values(), ids=TOLD)
def test_is_told_where_it_stands(text: str, message: str) -> None:
    """Each contradiction is one problem, at its line and column, with what to write."""
    assert said(text) == [message]


@pytest.mark.parametrize(
    "text",
    [SEARCH, changed("[a, b]", "[b, a]"), changed("[s]", "[s]\n"), changed("model: small,", "model: large,")],
)
def test_is_right(text: str) -> None:
    """One model at several providers is what a route of embeddings is for."""
    assert said(text) == []


def test_what_leads_nowhere_is_told_once() -> None:
    """A name that is wrong is told as such, and not held against the rest."""
    assert len(said(changed("[a, b]", "[a, zzz]"))) == 1
    assert len(said(changed("model: small, wire", "model: smal, wire"))) == 1
