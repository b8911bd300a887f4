"""An inventory in which everything that registers ask for is stated."""

from __future__ import annotations

WHOLE = """\
inventory: example-bank
entity: {name: Example Bank AG, lei: 529900T8BM49AURSDO55, country: DE, authority: BaFin, type: credit institution, currency: EUR}
providers:
  openai:
    {company: OpenAI Group PBC, headquarters: US, lei: 549300MLH00Y3BN4HD49, parent_lei: 549300MLH00Y3BN4HD49, upstreams: [cloudflare], contract: openai-msa, accounts: {main: {key: env:A}}}
  aws: {company: Amazon.com Inc, headquarters: US, lei: 213800D1EI4B9WTWWD28, parent_lei: 213800D1EI4B9WTWWD28, contract: aws-ea, accounts: {main: {key: env:B}}}
  onprem: {company: self, headquarters: DE, local: true}
upstreams: {cloudflare: {company: Cloudflare Inc, headquarters: US, kind: edge, upstreams: [backbone]}, backbone: {company: Backbone Ltd, headquarters: GB}}
models:
  gpt-5.6: {developer: openai, family: gpt, context: 400k, capabilities: [tools]}
  qwen3: {developer: alibaba, family: qwen, weights: open, context: 32k}
deployments:
  gpt: {provider: openai, model: gpt-5.6, url: "https://api.openai.com/v1", processing: [US], retention: 30d}
  gpt-aws: {provider: aws, model: gpt-5.6, url: "https://bedrock.example/v1", processing: [DE, FR], retention: 0d}
  qwen: {provider: onprem, model: qwen3, url: "http://localhost:8000/v1", processing: [DE]}
contracts:
  openai-msa: {reference: C-1, begins: 2025-01-01, ends: 2027-01-01, notice: 60d, provider_notice: 90d, law: DE, storage: [US], currency: EUR, annual_cost: 1200.5, substitutability: hard, audited: 2026-02-01, exit: {plan: true, tested: 2026-01-01, reintegration: difficult}}
  aws-ea: {begins: 2024-01-01, notice: 90d, provider_notice: 180d, law: IE, currency: EUR, annual_cost: 99, substitutability: easy, audited: 2026-02-01, exit: {plan: false, reintegration: easy}, subcontractors: [backbone]}
processes:
  claims:
    owner: claims-operations
    criticality: critical
    routes: [gpt, gpt-aws, qwen]
    data: {class: personal}
    objectives: {rto: 90m, rpo: 24h}
    users: [DE]
    function: {id: F1, activity: eba_TA:x163, reasons: customers wait, assessed: 2026-03-31, impact: high, service_type: S19}
  texts:
    owner: marketing
    criticality: deferrable
    routes: [gpt]
    objectives: {rto: 48h, rpo: 48h}
    function: {id: F2, activity: eba_TA:x163, assessed: 2026-03-31, impact: low, service_type: S19}
"""
