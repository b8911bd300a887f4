"""A gateway on a real loopback socket, and an inventory file over real upstreams."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelrouter.gateway.app import Gateway
from modelrouter.gateway.server import beside, bound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelrouter.router import Router

INVENTORY = """\
inventory: two-upstreams
providers:
  first: {{headquarters: US, company: First Inc, local: true, vendor: openai, accounts: {{main: {{key: env:FIRST_KEY}}}}}}
  second: {{headquarters: DE, company: self, local: true}}
models:
  gpt-5.6: {{developer: openai, family: gpt, context: 400k, capabilities: [tools]}}
  qwen3-32b: {{developer: alibaba, family: qwen, context: 32k, capabilities: [tools]}}
deployments:
  gpt: {{provider: first, model: gpt-5.6, url: "{first}", region: us-east, processing: [US]}}
  qwen: {{provider: second, model: qwen3-32b, url: "{second}", processing: [DE]}}
processes:
  claims: {{owner: claims-operations, criticality: critical, routes: [gpt, qwen], objectives: {{deadline: 20s}}}}
  letters: {{owner: customer-service, routes: [qwen]}}
  archive: {{owner: records, routes: [gpt]}}
aliases: {{gpt-4o: claims}}
policies:
  - {{id: personal-at-home, when: {{data.class: personal}}, headquarters: {{in: [DE]}}}}
"""


def two_upstreams(folder: Path, first: str, second: str) -> Path:
    """An inventory whose process `claims` goes to the first address, then to the second."""
    file = folder / "providers.yaml"
    file.write_text(INVENTORY.format(first=first, second=second))
    return file


@contextmanager
def serving(router: Router) -> Iterator[str]:
    """Serve a router by the gateway for as long as the block lasts; gives its address."""
    with bound("127.0.0.1", 0) as listening, beside(Gateway(router), listening) as url:
        yield url
