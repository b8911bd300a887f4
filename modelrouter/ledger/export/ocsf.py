"""Security events: OCSF 1.8.0, class API Activity (6003), one JSON object a line.

What a decision, the end of a stream, an operator's order and a redaction tell becomes an event; other entries do not, because
no class of OCSF says what they say. Nothing is invented: an attribute that an entry does not know is left out, and a
request's deployment is named as the service, since an entry does not say whose model that is. What has no attribute
of its own stands under `unmapped`.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.ledger.entry import base64
from modelrouter.ledger.export.files import replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from modelrouter.ledger.export.lines import Progress
    from modelrouter.ledger.plain import Plain

__all__ = ["VERSION", "event", "write_events"]

VERSION = "1.8.0"
CATEGORY, CLASS = 6, 6003
UPDATE, DELETE, OTHER = 3, 4, 99
"""Activities of the class: what is neither creating, reading, updating nor deleting is another."""
UNKNOWN, SUCCESS, FAILURE = 0, 1, 2
INFORMATIONAL, MEDIUM = 1, 3
NOBODY = "modelrouter"
"""Who acts where an entry does not say."""
MOST_CALLERS = 100_000
"""Requests whose caller is kept until their decision comes; beyond, the oldest are forgotten, and no caller is told."""
STEP = 1000

_OUTCOMES = MappingProxyType(
    {"served": SUCCESS, "complete": SUCCESS, "failed": FAILURE, "cut": FAILURE, "interrupted": FAILURE}
)


def write_events(told: Iterable[tuple[str, Plain]], path: Path, progress: Progress) -> int:
    """Write the events of entries, each with its ledger's origin, and answer how many. Raises OSError."""
    count = 0
    with replaced(path) as file:
        for found in _events(told, progress):
            file.write(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            count += 1
    return count


def _events(told: Iterable[tuple[str, Plain]], progress: Progress) -> Iterator[dict[str, Any]]:
    callers: dict[str, str] = {}
    for place, (origin, entry) in enumerate(told, 1):
        if not place % STEP:
            progress(STEP)
        principal = _object(entry.values.get("caller")).get("principal")
        if entry.kind == "request" and entry.request and isinstance(principal, str):
            callers[entry.request] = principal
            if len(callers) > MOST_CALLERS:
                del callers[next(iter(callers))]
        found = event(origin, entry, callers.get(entry.request or ""))
        if found is not None:
            yield found
        if entry.kind == "decision":
            callers.pop(entry.request or "", None)


def event(origin: str, entry: Plain, principal: str | None = None) -> dict[str, Any] | None:
    """The event of an entry; None where it has none. `principal` is the caller that the request's entry named."""
    special = _SPECIAL.get(entry.kind)
    if special is None:
        return None
    found = _common(origin, entry) | special(entry, principal)
    if "message_context" in found:
        found["metadata"]["profiles"] = ["ai_operation"]
    return found


def _common(origin: str, entry: Plain) -> dict[str, Any]:
    """What every event has."""
    metadata = {
        "version": VERSION,
        "product": {"name": "modelrouter", "vendor_name": "modelrouter", "version": _version()},
        "uid": f"{origin}#{entry.number}",
        "sequence": entry.number,
        "log_name": origin,
        "original_time": entry.time,
    }
    return {
        "category_uid": CATEGORY,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "API Activity",
        "time": _milliseconds(entry.time),
        "metadata": metadata | ({"correlation_uid": entry.request} if entry.request else {}),
        "unmapped": _unmapped(entry),
    }


@cache
def _version() -> str:
    return version("modelrouter")


def _unmapped(entry: Plain) -> dict[str, Any]:
    """What the class has no attribute for."""
    return {"leaf_hash": base64(entry.sealed.leaf), "redacted": list(entry.redacted)}


def _classified(activity: int, name: str, status: int, outcome: str) -> dict[str, Any]:
    said = {SUCCESS: "Success", FAILURE: "Failure", UNKNOWN: "Unknown"}
    severity = MEDIUM if status == FAILURE else INFORMATIONAL
    return {
        "activity_id": activity,
        "activity_name": name,
        "type_uid": CLASS * 100 + activity,
        "severity_id": severity,
        "severity": "Medium" if severity == MEDIUM else "Informational",
        "status_id": status,
        "status": said[status],
        **({"status_code": outcome} if outcome else {}),
    }


def _call(entry: Plain, principal: str | None) -> dict[str, Any]:
    """A model that was asked, or was not; or the end of its stream."""
    values, outcome = entry.values, _text(entry.values.get("outcome"))
    trail = [_object(each) for each in _list(values.get("trail"))]
    last: dict[str, Any] = next((each for each in reversed(trail) if each.get("cause")), {})
    served, process = _text(values.get("served_by")), _text(values.get("process"))
    status = _OUTCOMES.get(outcome, UNKNOWN)
    asker = process or principal or NOBODY
    found = _classified(OTHER, "Stream" if entry.kind == "stream" else "Generate", status, outcome)
    found |= {
        "actor": _actor(process or NOBODY, principal),
        "src_endpoint": {"svc_name": asker},
        "api": _api(entry, trail, last if status == FAILURE else {}),
    }
    if served:
        found["dst_endpoint"] = {"svc_name": served}
    if isinstance(values.get("took_s"), int | float):
        found["duration"] = round(values["took_s"] * 1000)
    detail = "; ".join(f"{each.get('deployment')}: {each.get('cause')}" for each in trail if each.get("cause"))
    if detail:
        found["status_detail"] = detail
    usage = _usage(entry, served or next((_text(each.get("deployment")) for each in trail), ""))
    apart = {name: values[name] for name in ("trail", "excluded") if values.get(name)}
    return found | usage | {"unmapped": _unmapped(entry) | apart}


def _api(entry: Plain, trail: list[dict[str, Any]], last: dict[str, Any]) -> dict[str, Any]:
    """The call as the class has it: `operation` alone is required."""
    status = next((each.get("status") for each in reversed(trail) if isinstance(each.get("status"), int)), None)
    response = {
        "code": status,
        "error": _text(last.get("cause")) or _text(entry.values.get("cause")) or None,
        "error_message": _text(last.get("evidence")) or None,
    }
    response = {name: value for name, value in response.items() if value is not None}
    api: dict[str, Any] = {"operation": "stream" if entry.kind == "stream" else "generate"}
    if entry.request:
        api["request"] = {"uid": entry.request}
    return api | ({"response": response} if response else {})


def _usage(entry: Plain, service: str) -> dict[str, Any]:
    """Tokens, in the profile for operations of AI; nothing where they are not known."""
    usage = _object(entry.values.get("usage"))
    counts = {name: usage.get(name) for name in ("input", "cached", "output", "reasoning")}
    if not service or not all(isinstance(each, int) for each in (counts["input"], counts["output"])):
        return {}
    asked, answered = (
        sum(counts[name] or 0 for name in pair) for pair in (("input", "cached"), ("output", "reasoning"))
    )
    context = {"service": {"name": service}, "prompt_tokens": asked, "completion_tokens": answered}
    context |= {"total_tokens": asked + answered} | ({"uid": entry.request} if entry.request else {})
    return {"message_context": context}


def _order(entry: Plain, _: str | None) -> dict[str, Any]:
    """What an operator ordered."""
    who, action = _text(entry.values.get("who")) or NOBODY, _text(entry.values.get("action")) or "unknown"
    found = _classified(UPDATE, "Update", SUCCESS, "")
    found |= {"actor": _actor("modelrouter", who), "src_endpoint": {"svc_name": "modelrouter"}}
    found |= {"api": {"operation": action}, "message": _text(entry.values.get("reason")) or action}
    domain = _text(entry.values.get("domain"))
    return found | ({"resources": [{"name": domain}]} if domain else {})


def _redaction(entry: Plain, _: str | None) -> dict[str, Any]:
    """Values that were taken out of the ledger."""
    found = _classified(DELETE, "Delete", SUCCESS, "")
    found |= {"actor": _actor("modelrouter", _text(entry.values.get("who")) or NOBODY)}
    found |= {"src_endpoint": {"svc_name": "modelrouter"}, "api": {"operation": "redact"}}
    apart = {name: entry.values.get(name) for name in ("entries", "fields")}
    found |= {"message": _text(entry.values.get("why")) or "redacted"}
    return found | {"unmapped": _unmapped(entry) | apart}


def _actor(application: str, user: str | None) -> dict[str, Any]:
    return {"app_name": application} | ({"user": {"name": user}} if user else {})


def _milliseconds(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_SPECIAL: Mapping[str, Callable[[Plain, str | None], dict[str, Any]]] = MappingProxyType(
    {"decision": _call, "stream": _call, "operator": _order, "redaction": _redaction}
)
