"""A small inventory in which each test changes one thing."""

from __future__ import annotations

from modelrouter.errors import InventoryError
from modelrouter.inventory import parse

SMALL = """\
inventory: small
providers:
  openai: {headquarters: US, accounts: {main: {key: env:OPENAI_API_KEY}}}
  onprem: {company: self, headquarters: DE, local: true}
models:
  gpt-5.6: {developer: openai, family: gpt, context: 400k, capabilities: [tools]}
  qwen3-32b: {developer: alibaba, family: qwen, context: 32k}
deployments:
  gpt: {provider: openai, model: gpt-5.6, url: "https://api.openai.com/v1", processing: [US]}
  qwen: {provider: onprem, model: qwen3-32b, url: "http://10.0.0.7:8000/v1", processing: [DE]}
processes:
  claims: {owner: claims-operations, routes: [gpt, qwen]}
"""


def said(text: str) -> list[str]:
    """What is wrong with a text, without the file's name."""
    try:
        parse(text)
    except InventoryError as error:
        return [str(problem).removeprefix("providers.yaml:") for problem in error.problems]
    return []


def changed(old: str, new: str) -> str:
    """The small inventory with one thing changed."""
    assert SMALL.count(old) == 1
    return SMALL.replace(old, new)
