"""What only shows when the parts of a file are held against one another."""

from __future__ import annotations

import pytest
from support.inventory_texts import SMALL, changed, said

TWO = changed("{main: {key: env:OPENAI_API_KEY}}", "{a: {key: env:A}, b: {key: env:B}}")
GPT = "provider: openai, model: gpt-5.6"

TOLD = {
    "provider": (changed("provider: openai", "provider: opnai"), "9:19: deployments.gpt.provider: there is no provider 'opnai'. Did you mean 'openai'?"),
    "model": (changed("model: gpt-5.6", "model: gpt-5.5"), "9:34: deployments.gpt.model: there is no model 'gpt-5.5'. Did you mean 'gpt-5.6'?"),
    "deployment": (changed("[gpt, qwen]", "[gpt, zzz]"), "12:52: processes.claims.routes[1]: there is no deployment 'zzz'. Known: gpt, qwen."),
    "contract": (changed("{headquarters: US,", "{headquarters: US, contract: msa,"), "3:40: providers.openai.contract: there is no contract 'msa'. Describe it under `contracts:`."),
    "alias": (SMALL + "aliases: {gpt-4o: claim}\n", "13:19: aliases.gpt-4o: there is no process 'claim'. Did you mean 'claims'?"),
    "alias of a deployment": (SMALL + "aliases: {gpt-4o: gpt}\n", "13:19: aliases.gpt-4o: there is no process 'gpt'. Known: claims."),
    "upstream": (changed("{headquarters: US,", "{headquarters: US, upstreams: [aws],") + "upstreams: {cloudflare: {}}\n", "3:42: providers.openai.upstreams[0]: there is no upstream or provider 'aws'. Known: cloudflare, onprem, openai."),
    "account": (changed(GPT, f"{GPT}, account: man"), "9:52: deployments.gpt.account: the provider 'openai' has no account 'man'. Did you mean 'main'?"),
    "which account": (TWO, "9:3: deployments.gpt: the provider 'openai' has several accounts. Write `account: a`; its accounts are a, b."),
    "no accounts": (changed("model: qwen3-32b,", "model: qwen3-32b, account: main,"), "10:55: deployments.qwen.account: the provider 'onprem' has no account 'main'."),
    "no url": (changed(', url: "https://api.openai.com/v1"', ""), "9:3: deployments.gpt: 'url' is missing. Write `url: https://HOST/PATH`, or `wire: litellm`."),
    "no region": (changed(', url: "https://api.openai.com/v1"', ", wire: litellm, name: bedrock/eu.x"), "9:64: deployments.gpt.name: 'region' is missing: the library would take one from the environment. Write `region: eu-central-1`, or whichever it is."),
    "http outside": (changed("https://api.openai.com/v1", "http://api.openai.com/v1"), "9:48: deployments.gpt.url: the key would travel unencrypted. Write https://, or `local: true` at the provider if it runs in your own house."),
    "looks like loopback": (changed("https://api.openai.com/v1", "http://localhost.evil.example/v1"), "9:48: deployments.gpt.url: the key would travel unencrypted. Write https://, or `local: true` at the provider if it runs in your own house."),
    "half an address": (changed("https://api.openai.com/v1", "http://[::1"), "9:48: deployments.gpt.url: the address cannot be read. Write https://HOST/PATH."),
    "header": (changed("processing: [US]", "headers: {X-Api-Key: abc}"), "9:87: deployments.gpt.headers.X-Api-Key: the header 'X-Api-Key' carries a secret. Name the key in the provider's account: `key: env:NAME`."),
    "process named like a deployment": (changed("claims: {", "gpt: {"), "12:3: processes.gpt: 'gpt' is also the name of a deployment. Rename one; `model=` must mean one thing."),
    "alias named like a process": (SMALL + "aliases: {claims: claims}\n", "13:11: aliases.claims: 'claims' is already the name of a process. Remove the alias or rename the other."),
    "alias named like a deployment": (SMALL + "aliases: {qwen: claims}\n", "13:11: aliases.qwen: 'qwen' is already the name of a deployment. Remove the alias or rename the other."),
    "route twice": (changed("[gpt, qwen]", "[gpt, qwen, gpt]"), "12:58: processes.claims.routes[2]: 'gpt' stands in this route twice. Remove one of them."),
    "policy without a rule": (SMALL + "policies: [{id: a}]\n", "13:12: policies[0]: this policy asks for nothing. Write a rule: `processing: {in: [EU]}`."),
    "rule without a side": (SMALL + "policies: [{id: a, weights: {}}]\n", "13:29: policies[0].weights: this rule asks for nothing. Write {in: […]} or {not_in: […]}."),
    "rule with nothing": (SMALL + "policies: [{id: a, weights: {in: []}}]\n", "13:34: policies[0].weights.in: the list is empty. Name at least one value, or delete the rule."),
    "policy twice": (SMALL + "policies: [{id: a, weights: {in: [open]}}, {id: a, weights: {in: [open]}}]\n", "13:49: policies[1].id: there is already an entry with the id 'a'. Give it an id of its own."),
    "unknown condition": (SMALL + "policies: [{id: a, when: {data: x}, weights: {in: [open]}}]\n", "13:27: policies[0].when.data: 'data' is none of process, criticality, owner, data.class, country, person, segment. Did you mean 'data.class'?"),
    "unknown cause": (SMALL + "signatures: [{id: a, cause: quota_exhausted, scope: accont, text: x}]\n", "13:53: signatures[0].scope: 'accont' is none of request, key, account, model, deployment, provider, jurisdiction. Did you mean 'account'?"),
    "whose signature": (SMALL + "signatures: [{id: a, cause: outage, scope: provider, text: x, provider: onprm}]\n", "13:73: signatures[0].provider: there is no provider or vendor 'onprm'. Did you mean 'onprem'?"),
    "provider's region": (changed("[US]", "[eu-central-1]"), "9:90: deployments.gpt.processing[0]: 'eu-central-1' is no country or region. A provider's own region goes to `region:`; write the country here, as two letters."),
    "country by name": (changed("headquarters: DE", "headquarters: Germany"), "4:41: providers.onprem.headquarters: 'Germany' is no country. Did you mean 'DE'?"),
    "country by name that YAML reads as false": (changed("headquarters: DE", "headquarters: Norway"), "4:41: providers.onprem.headquarters: 'Norway' is no country. Did you mean \"NO\", with the quotes?"),
    "misspelt required key": (changed("family: gpt", "familly: gpt"), "6:32: models.gpt-5.6.familly: there is no key 'familly' here. Did you mean 'family'?"),
    "missing key": (changed("family: gpt, ", ""), "6:3: models.gpt-5.6.family: 'family' is missing. Write `family: NAME`."),
    "missing country": (changed("headquarters: DE, ", ""), "4:3: providers.onprem.headquarters: 'headquarters' is missing. Write `headquarters: COUNTRY`."),
    "variable of a shell": (changed("env:OPENAI_API_KEY", "$OPENAI_API_KEY"), "3:53: providers.openai.accounts.main.key: the shell's way to name a variable is not known here. Did you mean env:OPENAI_API_KEY?"),
    "variable of a shell in braces": (changed("env:OPENAI_API_KEY", '"${OPENAI_API_KEY}"'), "3:53: providers.openai.accounts.main.key: the shell's way to name a variable is not known here. Did you mean env:OPENAI_API_KEY?"),
    "variable of a shell in bare braces": (changed("env:OPENAI_API_KEY", "${OPENAI_API_KEY}"), "3:47: the shell's way to name a variable is not known here. Did you mean env:OPENAI_API_KEY?"),
    "password with the shell's sign": (changed("env:OPENAI_API_KEY", "$hunter2"), "3:53: providers.openai.accounts.main.key: this does not say where the key is found. Write env:NAME, file:PATH or exec:COMMAND."),
    "group as a country": (changed("headquarters: DE", "headquarters: EU"), "4:41: providers.onprem.headquarters: one country is wanted here, 'EU' is a group. Write the two letters of the country."),
    "no country": (changed("headquarters: DE", "headquarters: XX"), "4:41: providers.onprem.headquarters: 'XX' is no country. Write two letters, ISO 3166: DE."),
    "near a group": (SMALL + "regions: {ADEQUATE: [CH]}\npolicies: [{id: a, egress: {in: [ADEQATE]}}]\n", "14:34: policies[0].egress.in[0]: 'ADEQATE' is no country or region. Did you mean 'ADEQUATE'?"),
    "group like a country": (SMALL + "regions: {DE: [AT]}\n", "13:11: regions.DE: 'DE' is a country and cannot be redefined. Choose another name."),
    "group in small letters": (SMALL + "regions: {north: [DK]}\n", "13:11: regions.north: 'north' is no name for a group of regions. Write it in capitals: ADEQUATE."),
    "group in itself": (SMALL + "regions: {A1: [A1]}\n", "13:11: regions.A1: 'A1' contains itself. Take it out of the groups that it contains."),
    "upstream of itself": (SMALL + "upstreams: {edge: {upstreams: [edge]}}\n", "13:32: upstreams.edge.upstreams[0]: 'edge' stands on itself. Take one of the steps out."),
    "unknown upstream of a process": (changed("{owner: claims-operations,", "{owner: claims-operations, upstreams: [gateways],") + "upstreams: {gateway: {}}\n", "12:50: processes.claims.upstreams[0]: there is no upstream or provider 'gateways'. Did you mean 'gateway'?"),
    "spillover to itself": (changed("processing: [US]", "spillover: gpt"), "9:88: deployments.gpt.spillover: 'gpt' would spill over to itself. Name another deployment."),
    "check without a condition": (changed("{owner: claims-operations,", "{owner: claims-operations, quality: {checks: [{id: a, prompt: x}]},"), "12:57: processes.claims.quality.checks[0]: this check asks for nothing. Write contains, excludes, matches or json."),
    "check twice": (changed("{owner: claims-operations,", "{owner: claims-operations, quality: {checks: [{id: a, prompt: x, contains: x}, {id: a, prompt: x, json: true}]},"), "12:95: processes.claims.quality.checks[1].id: there is already a check with the id 'a'. Give it an id of its own."),
    "score of nothing": (changed("{owner: claims-operations,", "{owner: claims-operations, quality: {scores: {gtp: 90%}},"), "12:57: processes.claims.quality.scores.gtp: there is no deployment 'gtp'. Did you mean 'gpt'?"),
    "pattern": (changed("{owner: claims-operations,", "{owner: claims-operations, quality: {checks: [{id: a, prompt: x, matches: '('}]},"), "12:85: processes.claims.quality.checks[0].matches: '(' is no regular expression: missing ), unterminated subpattern. Write it as Python's re reads it."),
    "identifier with a slip": (changed("headquarters: DE", "headquarters: DE, lei: 529900T8BM49AURSDO56"), "4:50: providers.onprem.lei: '529900T8BM49AURSDO56' is no Legal Entity Identifier. Copy its 20 letters and digits from the register."),
    "currency by name": (SMALL + "entity: {name: Example Bank, currency: euro}\n", "13:40: entity.currency: 'euro' is no currency. Write its ISO 4217 code: EUR."),
    "source of a fact": (changed("headquarters: DE", "headquarters: {value: DE, sorce: x}"), "4:53: providers.onprem.headquarters.sorce: there is no key 'sorce' here. Did you mean 'source'?"),
    "date of a fact": (changed("headquarters: DE", "headquarters: {value: DE, as_of: June}"), "4:60: providers.onprem.headquarters.as_of: 'June' is no date. Write year-month-day: 2027-06-30."),
    "value of a fact": (changed("headquarters: DE", "headquarters: {value: NO, source: x}"), '4:49: providers.onprem.headquarters: text is wanted here, but without quotes YAML reads it as false. Write it in quotes: "NO".'),
    "key in a name": (changed("claims: {", "sk-ant-api03-Zq7hPq2mVt9s: {"), "12:3: processes.•••: this looks like a key, and a key must not stand in this file. Write env:NAME in the provider's account, and replace the key: whoever saw the file has it."),
    "not a mapping": (changed("{owner: claims-operations, routes: [gpt, qwen]}", "3"), "12:11: processes.claims: a mapping is wanted here, not '3'."),
    "endless number": (changed("claims-operations", "1" * 5000), "12:19: processes.claims.owner: text is wanted here, but without quotes YAML reads it as a number. Write it in quotes."),
    "blank": (changed("claims-operations", '" "'), "12:19: processes.claims.owner: the text is empty. Write something, or delete the line."),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), TOLD.values(), ids=TOLD)
def test_is_told_where_it_stands(text: str, message: str) -> None:
    """Each contradiction is one problem, at its line and column, with what to write."""
    assert said(text) == [message]


def test_a_circle_of_upstreams_is_told_at_each_of_its_steps() -> None:
    """Whichever step is the wrong one, the reader finds it."""
    found = said(SMALL + "upstreams: {edge: {upstreams: [cloud]}, cloud: {upstreams: [edge]}}\n")

    assert [line.partition(":")[2].partition(": ")[2] for line in found] == [
        "upstreams.edge.upstreams[0]: 'edge' stands on itself, by way of 'cloud'. Take one of the steps out.",
        "upstreams.cloud.upstreams[0]: 'cloud' stands on itself, by way of 'edge'. Take one of the steps out.",
    ]


RIGHT = {
    "loopback": changed("https://api.openai.com/v1", "http://localhost:8000/v1"),
    "loopback by number": changed("https://api.openai.com/v1", "http://127.0.0.1:8000/v1"),
    "loopback by IPv6": changed("https://api.openai.com/v1", "http://[::1]:8000/v1"),
    "litellm needs no url": changed(', url: "https://api.openai.com/v1"', ", wire: litellm"),
    "upstreams nobody describes": changed("{headquarters: US,", "{headquarters: US, upstreams: [cloudflare],"),
    "a provider as upstream": changed("{headquarters: US,", "{headquarters: US, upstreams: [onprem],")
    + "upstreams: {cloudflare: {}}\n",
    "one of several accounts": TWO.replace(GPT, f"{GPT}, account: b"),
    "Norway in quotes": changed("headquarters: DE", 'headquarters: "NO"'),
    "an alias with the name of a model": SMALL + "aliases: {gpt-5.6: claims}\n",
    "a signature for one provider": SMALL
    + "signatures: [{id: a, cause: outage, scope: provider, text: x, provider: onprem}]\n",
    "a signature for a vendor": SMALL
    + "signatures: [{id: a, cause: outage, scope: provider, text: x, provider: anthropic}]\n",
    "a header": changed("processing: [US]", "headers: {x-team: claims}"),
    "a group of groups": SMALL
    + 'regions: {ADEQUATE: [EEA, CH, GB], OURS: [ADEQUATE, "NO"]}\npolicies: [{id: a, processing: {in: [OURS]}}]\n',
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_what_is_right_stays_unmentioned(text: str) -> None:
    """No check objects to what it should let through."""
    assert said(text) == []
