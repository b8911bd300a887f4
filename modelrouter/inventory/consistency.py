"""Do the parts of the file fit one another? Asked of the tree, as references are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from modelrouter.core.known import PLACES, WORDS
from modelrouter.inventory.document import Entries, Items, Text, child_of
from modelrouter.inventory.embeddings import mixed_embeddings, unlikely_embeddings
from modelrouter.inventory.evidence import unkept_contents, unlikely_anchors
from modelrouter.inventory.fields import DAY, REGION
from modelrouter.inventory.health import unpriced_canaries
from modelrouter.inventory.masking import is_secret_shaped, shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.quality import empty_checks, repeated_checks, unknown_scores
from modelrouter.inventory.references import is_word, names, select
from modelrouter.inventory.regions import COUNTRIES, GROUPS, contents, unknown_country, unknown_region
from modelrouter.inventory.service_levels import circular_contracts, misplaced_promises
from modelrouter.inventory.telemetry import unsent
from modelrouter.inventory.upstreams import circular_upstreams, own_spillover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.inventory.document import Node
    from modelrouter.inventory.problems import Path

_CREDENTIAL_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"}
)
_PLACED = ("bedrock/", "vertex_ai/")
"""Names under which litellm looks up a region."""
_COUNTRY_FIELDS = (
    "providers.*.headquarters",
    "providers.*.owner",
    "upstreams.*.headquarters",
    "models.*.origin",
    "contracts.*.law",
    "entity.country",
    "policies.*.when.country",
    "policies.*.when.country.*",
)
_REGION_FIELDS = (
    "deployments.*.processing.*",
    "deployments.*.storage.*",
    "deployments.*.egress",
    "processes.*.data.processing.*",
    "processes.*.users.*",
    "contracts.*.storage.*",
    "regions.*.*",
    *(f"policies.*.{fact}.{side}.*" for fact in sorted(PLACES) for side in ("in", "not_in")),
)


def inconsistencies(tree: Entries) -> Iterator[Finding]:
    """Everything that is wrong between fields which are right one by one."""
    for check in (
        _addresses,
        _places,
        _headers,
        _secrets,
        _clashes,
        _repeated_routes,
        unlikely_embeddings,
        mixed_embeddings,
        _rules,
        _repeated_ids,
        _terms,
        _groups,
        _regions,
        unpriced_canaries,
        empty_checks,
        repeated_checks,
        unknown_scores,
        unkept_contents,
        unlikely_anchors,
        circular_upstreams,
        own_spillover,
        misplaced_promises,
        circular_contracts,
        unsent,
        _exposed_telemetry,
    ):
        yield from check(tree)


def _addresses(tree: Entries) -> Iterator[Finding]:
    for path, node in select(tree, "deployments.*"):
        url, wire, provider = (child_of(node, key) for key in ("url", "wire", "provider"))
        if url is None and wire != "litellm" and isinstance(node, Entries):
            yield Finding(path, "'url' is missing", "Write `url: https://HOST/PATH`, or `wire: litellm`.", at_key=True)
        elif (
            is_word(url)
            and str(url).startswith("http://")
            and not _is_near(str(url), is_local=_may_be_local(tree, provider))
        ):
            hint = "Write https://, or `local: true` at the provider if it runs in your own house."
            yield Finding((*path, "url"), "the key would travel unencrypted", hint)


def _places(tree: Entries) -> Iterator[Finding]:
    """Where a library chooses the address, the file must say the region, or the environment of a process would."""
    for path, node in select(tree, "deployments.*"):
        name = str(child_of(node, "name") or "")
        if str(child_of(node, "wire")) == "litellm" and name.startswith(_PLACED) and child_of(node, "region") is None:
            hint = "Write `region: eu-central-1`, or whichever it is."
            yield Finding((*path, "name"), "'region' is missing: the library would take one from the environment", hint)


def _may_be_local(tree: Entries, provider: Node | None) -> bool:
    entry = child_of(tree["providers"], str(provider)) if "providers" in tree and provider is not None else None
    return entry is None or child_of(entry, "local") == "true"


def _is_near(url: str, *, is_local: bool) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return True
    return is_local or is_loopback(host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    return bool(re.fullmatch(r"localhost|.+\.localhost|127(?:\.[0-9]{1,3}){3}|::1", host))


def _headers(tree: Entries) -> Iterator[Finding]:
    for path, _ in select(tree, "deployments.*.headers.*"):
        if str(path[-1]).lower() in _CREDENTIAL_HEADERS:
            yield Finding(
                path,
                f"the header {shown(str(path[-1]))} carries a secret",
                "Name the key in the provider's account: `key: env:NAME`.",
                at_key=True,
            )


def _exposed_telemetry(tree: Entries) -> Iterator[Finding]:
    """A secret header of telemetry that would cross a network as anybody's to read."""
    for path, url in select(tree, "telemetry.otlp"):
        is_open = is_word(url) and str(url).startswith("http://") and not _is_near(str(url), is_local=False)
        if is_open and any(select(tree, "telemetry.headers.*")):
            yield Finding(path, "its headers would travel unencrypted", "Write https://, or take `headers` out.")


def _secrets(tree: Entries) -> Iterator[Finding]:
    for path, text, at_key in _texts(tree, ()):
        told = not at_key and (path[-1] in ("key", "url") or str(path[-1]).lower() in _CREDENTIAL_HEADERS)
        if is_secret_shaped(text) and not told:
            hint = "Write env:NAME in the provider's account, and replace the key: whoever saw the file has it."
            yield Finding(path, "this looks like a key, and a key must not stand in this file", hint, at_key)


def _texts(node: Node, path: Path) -> Iterator[tuple[Path, str, bool]]:
    """Every text with its path, the keys of mappings too."""
    if isinstance(node, Text):
        yield path, node, False
    elif isinstance(node, Entries):
        for key, child in node.items():
            yield (*path, key), key, True
            yield from _texts(child, (*path, key))
    else:
        for index, child in enumerate(node):
            yield from _texts(child, (*path, index))


def _clashes(tree: Entries) -> Iterator[Finding]:
    processes, deployments = names(tree, "processes"), names(tree, "deployments")
    taken = {**dict.fromkeys(deployments, "deployment"), **dict.fromkeys(processes, "process")}
    for name in sorted(processes & deployments):
        yield Finding(
            ("processes", name),
            f"{shown(name)} is also the name of a deployment",
            "Rename one; `model=` must mean one thing.",
            at_key=True,
        )
    for name in sorted(names(tree, "aliases") & taken.keys()):
        yield Finding(
            ("aliases", name),
            f"{shown(name)} is already the name of a {taken[name]}",
            "Remove the alias or rename the other.",
            at_key=True,
        )


def _repeated_routes(tree: Entries) -> Iterator[Finding]:
    for path, node in select(tree, "processes.*.routes"):
        seen: set[Text] = set()
        for index, item in enumerate(node if isinstance(node, Items) else ()):
            if isinstance(item, Text) and item in seen:
                yield Finding((*path, index), f"{shown(item)} stands in this route twice", "Remove one of them.")
            elif isinstance(item, Text):
                seen.add(item)


def _rules(tree: Entries) -> Iterator[Finding]:
    for path, policy in select(tree, "policies.*"):
        if isinstance(policy, Entries) and not policy.keys() - {"id", "when", "from", "until"}:
            yield Finding(path, "this policy asks for nothing", "Write a rule: `processing: {in: [EU]}`.")
        for key, rule in policy.items() if isinstance(policy, Entries) else ():
            if isinstance(rule, Entries) and key != "when" and not rule and key in WORDS:
                yield Finding((*path, key), "this rule asks for nothing", "Write {in: […]} or {not_in: […]}.")
            for side in ("in", "not_in"):
                if isinstance(rule, Entries) and key != "when" and rule.get(side) == []:
                    yield Finding(
                        (*path, key, side), "the list is empty", "Name at least one value, or delete the rule."
                    )


def _repeated_ids(tree: Entries) -> Iterator[Finding]:
    for section in ("policies", "signatures"):
        seen: set[Text] = set()
        for path, node in select(tree, f"{section}.*.id"):
            if isinstance(node, Text) and node in seen:
                yield Finding(path, f"there is already an entry with the id {shown(node)}", "Give it an id of its own.")
            elif isinstance(node, Text):
                seen.add(node)


def _terms(tree: Entries) -> Iterator[Finding]:
    """A policy that is over before it begins binds nobody."""
    for path, node in select(tree, "policies.*"):
        first, last = (child_of(node, key) for key in ("from", "until"))
        known = first is not None and last is not None and all(re.fullmatch(DAY, str(day)) for day in (first, last))
        if known and str(last) < str(first):
            yield Finding((*path, "until"), f"it is over before it begins, on {first}", "Write a later day.")


def _groups(tree: Entries) -> Iterator[Finding]:
    own = _own_groups(tree)
    inside = contents(own)
    for name in own:
        path = ("regions", name)
        if name in COUNTRIES or name in GROUPS:
            kind = "a country" if name in COUNTRIES else "built in"
            yield Finding(path, f"{shown(name)} is {kind} and cannot be redefined", "Choose another name.", at_key=True)
        elif not re.fullmatch(REGION, name):
            yield Finding(
                path, f"{shown(name)} is no name for a group of regions", "Write it in capitals: ADEQUATE.", at_key=True
            )
        elif name in inside[name]:
            yield Finding(
                path, f"{shown(name)} contains itself", "Take it out of the groups that it contains.", at_key=True
            )


def _own_groups(tree: Entries) -> dict[str, tuple[str, ...]]:
    own: dict[str, tuple[str, ...]] = {}
    for path, node in select(tree, "regions.*"):
        own[str(path[-1])] = tuple(item for item in node if isinstance(item, Text)) if isinstance(node, Items) else ()
    return own


def _regions(tree: Entries) -> Iterator[Finding]:
    groups = {*GROUPS, *names(tree, "regions")}
    for patterns, unknown in ((_COUNTRY_FIELDS, unknown_country), (_REGION_FIELDS, unknown_region)):
        for pattern in patterns:
            for path, node in select(tree, pattern):
                wrong = unknown(str(node), groups) if is_word(node) else None
                if wrong is not None:
                    yield Finding(path, *wrong)
