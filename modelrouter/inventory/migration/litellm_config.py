"""Reads a LiteLLM proxy's `config.yaml`: who serves which name, and who is asked next.

A `model_name` becomes a process, each entry of `model_list` a deployment, and `fallbacks` the rest of the route. What
the file does not know (owners, criticality, residency, contracts) is left to its reader. What cannot be carried over
is told, never dropped in silence; a key that stands in the file is not copied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from modelrouter.inventory.fields import MODEL_NAME
from modelrouter.inventory.migration.vendors import Vendor, vendor_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Imported", "Place", "Served", "UnreadableError", "read_config"]

LONGEST = 1_000_000
"""Characters; what is longer was not written by hand."""
_ENVIRONMENT = re.compile(r"os\.environ/([A-Za-z_][A-Za-z0-9_]*)")
_OTHER_MODES = frozenset({"image_generation", "audio_transcription", "audio_speech", "moderation", "moderations", "rerank", "completion", "image_edit", "video_generation", "realtime", "ocr", "search"})  # fmt: skip
_UNCARRIED = {
    "routing_strategy": "routes are tried in order",
    "allowed_fails": "what fails is held by cause, not by a count",
    "allowed_fails_policy": "what fails is held by cause, not by a count",
    "cooldown_time": "how long something is held follows from its cause",
    "enable_pre_call_checks": "a conversation that does not fit is never sent",
    "model_group_retry_policy": "whether a call is made again follows from its cause",
    "retry_policy": "whether a call is made again follows from its cause",
    "provider_budget_config": "budgets of providers are not known here",
}


_CARRIED = frozenset(
    {
        "fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "default_fallbacks",
        "model_group_alias", "num_retries",
    }
)  # fmt: skip
_PARAMS = frozenset(
    {
        "model", "api_base", "base_url", "api_key", "rpm", "tpm", "order", "max_parallel_requests", "aws_region_name",
        "vertex_location", "region_name", "input_cost_per_token", "output_cost_per_token",
    }
)  # fmt: skip
"""Of `litellm_params`: what has a counterpart here."""
_PICTURES = re.compile(r"dall-e|gpt-image|imagen|stable-diffusion|flux|whisper|tts|sora|veo")
"""Names of models that hold no conversation, where no mode says so."""


class UnreadableError(ValueError):
    """The text is no configuration of LiteLLM's proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of `model_list`: a deployment in the making."""

    id: str
    vendor: Vendor
    model: str
    """Without the prefix that names its provider."""
    name: str
    """What is called: with the prefix where the library resolves it."""
    wire: str
    url: str | None
    key: str | None
    """`env:NAME`."""
    region: str | None = None
    rpm: int | None = None
    tpm: int | None = None
    concurrency: int | None = None
    prices: tuple[float, float] | None = None
    """US dollars a million tokens, in and out."""
    context: int | None = None
    output: int | None = None
    capabilities: tuple[str, ...] = ()
    embeds: bool = False
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One `model_name`: a process in the making."""

    name: str
    route: tuple[str, ...]
    """Ids of places: its own first, then those of its fallbacks."""
    on_refusal: bool = False
    """Whether a refused prompt is offered to the next."""


@dataclass(slots=True)
class Imported:
    """Everything that was found, and what was left behind, in sentences."""

    places: dict[str, Place] = field(default_factory=dict)
    served: list[Served] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_config(text: str) -> Imported:
    """Raises `UnreadableError` with a sentence that says what is wrong."""
    tree = _tree(text)
    found = Imported()
    groups = _groups(tree["model_list"], found)
    if not groups:
        raise UnreadableError("; ".join(["no entry of `model_list` can be carried over", *found.notes[:3]]))
    settings = {**_mapping(tree.get("litellm_settings")), **_mapping(tree.get("router_settings"))}
    nexts = _chains(settings.get("fallbacks"))
    larger, others = (
        _chains(settings.get("context_window_fallbacks")),
        _chains(settings.get("content_policy_fallbacks")),
    )
    default = [str(each) for each in settings.get("default_fallbacks") or ()]
    for name, own in groups.items():
        after = [*nexts.get(name, default), *larger.get(name, ()), *others.get(name, ())]
        route = [*own, *(place for group in after for place in groups.get(group, ()))]
        for missing in dict.fromkeys(group for group in after if group not in groups):
            found.notes.append(f"{name} falls back to {missing}, which model_list does not describe: left out")
        kept = _same_kind(name, list(dict.fromkeys(route)), found)
        found.served.append(Served(name=name, route=tuple(kept), on_refusal=bool(others.get(name))))
    _rest(settings, groups, found)
    return found


def _tree(text: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise UnreadableError("the file is longer than any configuration")
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        raise UnreadableError(f"this is no YAML{where}: {getattr(error, 'problem', None) or error}") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("model_list"), list):
        raise UnreadableError("there is no list `model_list` in it, which is where LiteLLM's proxy keeps its models")
    return tree


def _groups(entries: Iterable[Any], found: Imported) -> dict[str, list[str]]:
    """Places by the `model_name` that they serve, in the order of the file, or of `order` where it is stated."""
    groups: dict[str, list[Place]] = {}
    for number, entry in enumerate(entries, 1):
        params = _mapping(_mapping(entry).get("litellm_params"))
        name, model = _mapping(entry).get("model_name"), params.get("model")
        if not isinstance(name, str) or not isinstance(model, str):
            found.notes.append(f"entry {number} of model_list names no model: left out")
        elif "*" in name or "*" in model or not re.fullmatch(MODEL_NAME, name):
            found.notes.append(f"{name} stands for many models or is no name that can be kept: left out")
        elif (place := _place(name, model, params, _mapping(_mapping(entry).get("model_info")), found)) is not None:
            groups.setdefault(name, []).append(place)
            found.places[place.id] = place
    return {
        name: [place.id for place in sorted(places, key=lambda each: each.order)] for name, places in groups.items()
    }


def _place(name: str, full: str, params: Mapping[str, Any], info: Mapping[str, Any], found: Imported) -> Place | None:
    vendor, called = vendor_of(full)
    base = _address(params.get("api_base") or params.get("base_url"), name, found)
    vendor = _whose(_unknown(full, base) if vendor is None else vendor, base)
    embeds = info.get("mode") == "embedding" or "embed" in full.lower()
    wire, url = _wire(vendor, base, embeds=embeds)
    mode = info.get("mode") or ("pictures or sound" if _PICTURES.search(called.lower()) else None)
    unfit = _unfit(mode, base, wire, url, embeds=embeds)
    if unfit is not None:
        found.notes.append(f"{name} ({full}) {unfit}: left out")
        return None
    if wire == "litellm" and base is not None:
        found.notes.append(f"the address of {name} was not carried over: the library chooses it by the model's name")
    dropped = sorted(map(str, params.keys() - _PARAMS))
    if dropped:
        found.notes.append(f"of {name} ({full}) was not carried over: {', '.join(dropped)}")
    base_model = info.get("base_model")
    return Place(
        id=_id(name, vendor, found),
        vendor=vendor,
        model=vendor_of(base_model)[1] if isinstance(base_model, str) and base_model else called,
        name=full if wire == "litellm" else called,
        wire=wire,
        url=url,
        key=_key(params, vendor, name, found),
        region=_region(params, vendor, name, wire, found),
        rpm=_count(params.get("rpm")),
        tpm=_count(params.get("tpm")),
        concurrency=_count(params.get("max_parallel_requests")),
        prices=_prices({**info, **params}),
        context=_count(info.get("max_input_tokens")),
        output=_count(info.get("max_output_tokens")),
        capabilities=tuple(_capabilities(info, embeds=embeds)),
        embeds=embeds,
        order=_count(params.get("order")) or 0,
    )


def _unfit(mode: Any, base: str | None, wire: str, url: str | None, *, embeds: bool) -> str | None:
    """Why an entry cannot be kept; None where it can."""
    if mode in _OTHER_MODES or mode == "pictures or sound":
        return f"is for {mode}, which is not routed here"
    if base is not None and not _is_address(base):
        return "has an address that cannot be called"
    if embeds and wire == "litellm":
        return "makes embeddings, which come only over addresses that speak OpenAI's dialect"
    return "has no address in the file" if wire != "litellm" and url is None else None


def _unknown(full: str, base: str | None) -> Vendor:
    """A provider whose prefix we do not know: its address, if there is one, is taken to speak OpenAI's dialect."""
    prefix = re.sub(r"[^A-Za-z0-9]+", "-", full.partition("/")[0]).strip("-").lower()
    return Vendor(prefix or "unknown", prefix or "unknown", None, "openai-chat" if base else "litellm")


def _whose(vendor: Vendor, base: str | None) -> Vendor:
    """An address of somebody else behind a well-known prefix is somebody else, and http means one's own house."""
    host = urlsplit(base or "").hostname
    if host is None or vendor.local or vendor.wire == "litellm" or host == urlsplit(vendor.url).hostname:
        return vendor
    if base is not None and base.startswith("http://"):
        return Vendor("own-servers", "self", None, vendor.wire, local=True)
    if vendor.provider == "azure":
        return vendor
    name = re.sub(r"[^A-Za-z0-9]+", "-", host).strip("-")
    return Vendor(name, name, None, vendor.wire, variable=vendor.variable)


def _address(stated: Any, name: str, found: Imported) -> str | None:
    if not isinstance(stated, str) or not stated:
        return None
    if variable := _ENVIRONMENT.fullmatch(stated):
        found.notes.append(f"the address of {name} stood in the variable {variable[1]}: write it into the file")
        return f"https://{variable[1].lower().replace('_', '-')}.invalid"
    return stated.rstrip("/")


def _is_address(base: str) -> bool:
    try:
        parts = urlsplit(base)
        _ = parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or " " in base)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain


def _wire(vendor: Vendor, base: str | None, *, embeds: bool) -> tuple[str, str | None]:
    url = base or vendor.url or None
    if vendor.provider == "azure" and vendor.wire == "openai-chat" and base is not None:
        url = f"{base.partition('/openai')[0]}/openai/v1"
    elif vendor.provider == "ollama" and base is not None and not base.endswith("/v1"):
        url = f"{base}/v1"
    if vendor.wire == "litellm" or url is None:
        return vendor.wire, None
    if embeds:
        return ("openai-embeddings", url) if vendor.wire == "openai-chat" else ("litellm", None)
    return vendor.wire, url


def _id(name: str, vendor: Vendor, found: Imported) -> str:
    stem = re.sub(r"[^A-Za-z0-9]+", "-", f"{name}-{vendor.provider}").strip("-")[:90]
    return next(
        each for number in range(1, 10_000) if (each := stem if number == 1 else f"{stem}-{number}") not in found.places
    )


def _key(params: Mapping[str, Any], vendor: Vendor, name: str, found: Imported) -> str | None:
    stated = params.get("api_key")
    if isinstance(stated, str) and (variable := _ENVIRONMENT.fullmatch(stated)):
        return f"env:{variable[1]}"
    if vendor.local:
        return None
    usual = vendor.variable or f"{vendor.provider.upper().replace('-', '_')}_API_KEY"
    if isinstance(stated, str) and stated:
        found.notes.append(
            f"a key of {name} stood in the file itself and was not copied: put it into the variable {usual}"
        )
    return f"env:{usual}"


def _region(params: Mapping[str, Any], vendor: Vendor, name: str, wire: str, found: Imported) -> str | None:
    stated = params.get("aws_region_name") or params.get("vertex_location") or params.get("region_name")
    if isinstance(stated, str) and not _ENVIRONMENT.fullmatch(stated):
        return stated
    if wire == "litellm" and vendor.provider in ("aws", "google-cloud"):
        found.notes.append(f"the region of {name} is not in the file: it says us-east-1 now, correct it")
        return "us-east-1"
    return None


def _prices(stated: Mapping[str, Any]) -> tuple[float, float] | None:
    paid, earned = stated.get("input_cost_per_token"), stated.get("output_cost_per_token")
    if not isinstance(paid, (int, float)) or not isinstance(earned, (int, float)):
        return None
    return paid * 1e6, earned * 1e6


def _capabilities(info: Mapping[str, Any], *, embeds: bool) -> Iterator[str]:
    if embeds:
        yield "embeddings"
        return
    known = {
        "tools": "supports_function_calling",
        "vision": "supports_vision",
        "json_schema": "supports_response_schema",
        "documents": "supports_pdf_input",
        "audio": "supports_audio_input",
        "thinking": "supports_reasoning",
    }
    yield from (word for word, flag in known.items() if info.get(flag) is True)


def _same_kind(name: str, route: list[str], found: Imported) -> list[str]:
    """Embeddings and conversations do not stand in for one another, nor do embeddings of two models."""
    first = found.places[route[0]]
    fits = [each for each in route if _fits(found.places[each], first)]
    for each in route:
        if each not in fits:
            found.notes.append(f"{name} falls back to {each}, whose answers are of another kind: left out")
    return fits


def _fits(place: Place, first: Place) -> bool:
    return place.embeds == first.embeds and (not first.embeds or place.model == first.model)


def _chains(stated: Any) -> dict[str, list[str]]:
    """`[{a: [b, c]}, …]` as a mapping."""
    chains: dict[str, list[str]] = {}
    for each in stated if isinstance(stated, list) else ():
        for name, after in _mapping(each).items():
            chains.setdefault(str(name), []).extend(str(one) for one in (after if isinstance(after, list) else [after]))
    return chains


def _rest(settings: Mapping[str, Any], groups: Mapping[str, Any], found: Imported) -> None:
    for alias, target in _mapping(settings.get("model_group_alias")).items():
        name = _mapping(target).get("model", target)
        if name in groups and alias not in groups and re.fullmatch(MODEL_NAME, str(alias)):
            found.aliases[str(alias)] = str(name)
        else:
            found.notes.append(f"the alias {alias} means nothing that could be kept: left out")
    if "num_retries" in settings:
        found.notes.append("num_retries was not carried over as it is: every process may ask its whole route once")
    found.notes += [f"{key} was not carried over: {why}" for key, why in _UNCARRIED.items() if key in settings]
    rest = sorted(map(str, settings.keys() - _UNCARRIED.keys() - _CARRIED))
    if rest:
        found.notes.append(f"settings without a counterpart here, left out: {', '.join(rest)}")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
