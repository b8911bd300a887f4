"""The whole file as written, and what pydantic finds wrong with it, in our words."""

from __future__ import annotations

from types import MappingProxyType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from modelrouter.inventory.access import AccessEntry
from modelrouter.inventory.contracts import ContractEntry, EntityEntry
from modelrouter.inventory.document import Entries, Text
from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.evidence import LedgerEntry
from modelrouter.inventory.fields import OURS, Line, ModelName, Name, described
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.spelling import did_you_mean, nearest
from modelrouter.inventory.supply import DeploymentEntry, ModelEntry, ProviderEntry, UpstreamEntry
from modelrouter.inventory.telemetry import TelemetryEntry
from modelrouter.inventory.work import PolicyEntry, ProcessEntry, SignatureEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from modelrouter.inventory.problems import Path


class File(Entry):
    """The inventory of a company: which business processes depend on which models, and who can take them away."""

    inventory: Name = about("The name of this inventory.", "example-bank")
    include: list[Line] = about(
        "More files of the same form, relative to this one and in its folder or below. Each section may be spread over all of them.",
        ["providers/eu.yaml"],
        [],
    )
    entity: EntityEntry | None = about(
        "The company whose inventory this is, for registers.", {"name": "Example Bank AG"}, None
    )
    providers: dict[Name, ProviderEntry] = about("Who sells or runs access.", {"openai": {"headquarters": "US"}}, {})
    upstreams: dict[Name, UpstreamEntry] = about(
        "What providers stand on. Once this section exists, every upstream must be in it or be a provider.",
        {"cloudflare": {"headquarters": "US"}},
        {},
    )
    contracts: dict[Name, ContractEntry] = about(
        "What was agreed with providers.", {"openai-msa": {"ends": "2027-06-30"}}, {}
    )
    models: dict[ModelName, ModelEntry] = about(
        "The weights.", {"gpt-5.6": {"developer": "openai", "family": "gpt", "context": 400000}}, {}
    )
    deployments: dict[Name, DeploymentEntry] = about(
        "The places where models can be called.",
        {"gpt-direct": {"provider": "openai", "model": "gpt-5.6", "url": "https://api.openai.com/v1"}},
        {},
    )
    processes: dict[Name, ProcessEntry] = about(
        "The business processes that depend on models.",
        {"claims-triage": {"owner": "claims-operations", "routes": ["gpt-direct"]}},
        {},
    )
    aliases: dict[ModelName, Name] = about(
        "Model names that programs already use, and the process each means.", {"gpt-5.6": "claims-triage"}, {}
    )
    policies: list[PolicyEntry] = about(
        "What may serve what.",
        [{"id": "eu-personal", "when": {"data.class": "personal"}, "processing": {"in": ["EU"]}}],
        [],
    )
    access: AccessEntry = about(
        "Who may use the gateway, and for what.", {"keys": {"claims-app": {"hash": f"sha256:{'0f' * 32}"}}}, {}
    )
    regions: dict[Name, list[Line]] = about(
        "Your own groups of countries and regions, beside EU, EEA, EFTA, DACH, BENELUX, NORDICS, FIVE_EYES, G7 and GLOBAL.",
        {"ADEQUATE": ["EEA", "CH", "GB"]},
        {},
    )
    ledger: LedgerEntry | None = about(
        "Where every decision is recorded, so that changes show. By default nowhere.", {"folder": "ledger"}, None
    )
    telemetry: TelemetryEntry | None = about(
        "Where traces and metrics are sent, in OpenTelemetry's protocol. By default nowhere.",
        {"otlp": "http://127.0.0.1:4318"},
        None,
    )
    signatures: list[SignatureEntry] = about(
        "Your own rules for what errors mean.",
        [
            {
                "id": "acme-quota",
                "cause": "quota_exhausted",
                "scope": "account",
                "text": "the pool of your team is drained",
            }
        ],
        [],
    )


def validate(tree: Entries) -> tuple[File | None, list[Finding]]:
    """Read the tree as a file; None and every finding where it is none."""
    try:
        return File.model_validate(tree), []
    except ValidationError as error:
        found = error.errors(include_url=False)
    misspelt = {meant for details in found if (meant := _meant(details)) is not None}
    return None, [
        _finding(details) for details in found if details["type"] != "missing" or details["loc"] not in misspelt
    ]


def _finding(details: ErrorDetails) -> Finding:
    path: Path = tuple(details["loc"])
    about_key = path[-1:] == ("[key]",)
    path = path[:-1] if about_key else path
    message, hint = _SAID.get(details["type"], _unforeseen)(details)
    if details["type"] == OURS and not hint and not about_key:
        hint = _example_hint(path)
    return Finding(path, message, hint, at_key=about_key or details["type"] in ("missing", "extra_forbidden"))


def _ours(details: ErrorDetails) -> tuple[str, str]:
    return details["ctx"]["message"], details["ctx"]["hint"]


def _missing(details: ErrorDetails) -> tuple[str, str]:
    return f"{details['loc'][-1]!r} is missing", _example_hint(details["loc"])


def _unknown(details: ErrorDetails) -> tuple[str, str]:
    key = str(details["loc"][-1])
    return f"there is no key {shown(key)} here", did_you_mean(key, _keys_beside(details["loc"]))


def _meant(details: ErrorDetails) -> Path | None:
    """The path of the key that an unknown one is a slip for: that it is missing need not be said as well."""
    path = details["loc"]
    near = nearest(str(path[-1]), _keys_beside(path)) if details["type"] == "extra_forbidden" else None
    return (*path[:-1], near) if near is not None else None


def _keys_beside(path: Path) -> list[str]:
    return [field.alias or name for name, field in _kind_at(path[:-1]).model_fields.items()]


def _no_mapping(details: ErrorDetails) -> tuple[str, str]:
    return f"a mapping is wanted here, not {described(details['input'])}", _example_hint(details["loc"])


def _no_list(details: ErrorDetails) -> tuple[str, str]:
    value = details["input"]
    one = isinstance(value, Text) and value.kind == "str" and shown(value) == f"'{value}'"
    return f"a list is wanted here, not {described(value)}", f"Write [{value}]." if one else _example_hint(
        details["loc"]
    )


def _too_short(details: ErrorDetails) -> tuple[str, str]:
    return "the list is empty", _example_hint(details["loc"])


def _unforeseen(details: ErrorDetails) -> tuple[str, str]:
    return f"this cannot be read ({details['type']})", _example_hint(details["loc"])


_SAID: Mapping[str, Callable[[ErrorDetails], tuple[str, str]]] = MappingProxyType(
    {
        OURS: _ours,
        "missing": _missing,
        "extra_forbidden": _unknown,
        "model_type": _no_mapping,
        "dict_type": _no_mapping,
        "list_type": _no_list,
        "too_short": _too_short,
    }
)


def _example_hint(path: Path) -> str:
    """`Write rto: 30s.`, from the example of the field; of one that is required the value is the writer's: `family: NAME`."""
    above = _kind_at(path[:-1])
    if not (isinstance(above, type) and issubclass(above, BaseModel)):
        return ""
    for name, field in above.model_fields.items():
        if (field.alias or name) == path[-1] and field.examples:
            return f"Write `{path[-1]}: {_placeholder(field) if field.is_required() else flow(field.examples[0])}`."
    return ""


def _placeholder(field: FieldInfo) -> str:
    """`TOKENS`, `COUNTRY`, `NAME`: what kind of value is wanted."""
    extra = field.json_schema_extra
    unit = str(extra.get("x-unit", "name")) if isinstance(extra, dict) else "name"
    word = unit.split()[-1].upper()
    return f"[{word}]" if get_origin(_bare(field.annotation)) is list else word


def flow(value: object) -> str:
    """Write an example as YAML on one line."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
        case list():
            return f"[{', '.join(map(flow, value))}]"
        case _:
            return str(value)


def _kind_at(path: Path) -> Any:
    """The type that the schema has at a path."""
    kind: Any = File
    for step in path:
        kind = _kind_below(kind, step)
    return kind


def _kind_below(kind: Any, step: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        found = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
        return _bare(found.get(str(step)))
    return _bare(get_args(kind)[-1]) if get_origin(kind) in (dict, list) else None


def _bare(kind: Any) -> Any:
    while get_origin(kind) in (Annotated, Union, UnionType):
        kind = get_args(kind)[0]
    return kind
