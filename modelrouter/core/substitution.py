"""Another model than asked: an answer that names a model which is clearly not the one that was meant.

Servers call one model by many names: with the vendor in front, a date, a tag or a quantisation behind,
dots for dashes. All of that is taken off before two names are compared, and one that is part of the other
is taken for the same: only a name of another family or another version is told.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelrouter.core.faults import Evidence
    from modelrouter.core.inventory import Deployment

__all__ = ["is_other", "plain", "refused", "substituted"]

SURE = 0.6
"""How sure a comparison of names makes us: a server may call its models as it likes."""
LONGEST_NAME = 120
"""Characters of a name that are read and shown."""
LONGEST_BODY = 1_000_000
"""Characters of a body that is looked through for a name; longer ones are taken for what was asked."""
GOOD = range(200, 300)

_BEDROCK = re.compile(r"-v[0-9]{1,2}:[0-9]{1,2}$")
"""Only Amazon closes its names so, `-v1:0`; elsewhere a `-v3` tells two models apart."""
_FILE = re.compile(r"\.(?:gguf|ggml|bin|safetensors)$")
_OWNERS = re.compile(r"^(?:[a-z][a-z-]*\.)+(?=[a-z])")
_DATE = re.compile(r"(?<![0-9])20[0-9]{2}-?[01][0-9](?:-?[0-3][0-9])?(?![0-9])|(?<![0-9])[01][0-9]-[0-3][0-9](?![0-9])")
_TOKEN = re.compile(r"[a-z]+[0-9]*[a-z]*|[0-9]+[a-z]*")
_ORNAMENT = re.compile(
    r"latest|preview|stable|default|gguf|ggml|awq|gptq|exl[23]|mlx|bnb|hf|onnx|quantized|quantised"
    r"|(?:b?f|fp)(?:4|8|16|32)(?:e[0-9]m[0-9])?|(?:nv|mx)fp(?:4|6|8)|int(?:4|8)|w[0-9]{1,2}a[0-9]{1,2}|[0-9]{1,2}bits?|i?q[2-8]"
    r"|00[0-9]|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|2[3-9](?:0[1-9]|1[0-2])"
)
"""Words without a meaning for which weights answered: releases, quantisations, and dates of four digits."""
_QUANTISED = re.compile(r"[-_.]i?q[2-8](?:[-_][k0-9]+)?(?:[-_][a-z]{1,3})?(?=$|[-_.:])")


def substituted(evidence: Evidence) -> Fault | None:
    """The fault of a good answer that names another model than `evidence.asked`; None where it does not, or nobody knows."""
    if not evidence.asked or evidence.surface == "exception" or (evidence.status or GOOD.start) not in GOOD:
        return None
    answered = _named(evidence.body)
    if not answered or not is_other(evidence.asked, answered):
        return None
    return _fault(evidence.asked, answered, SURE, "answer.other_model")


def refused(deployment: Deployment, answered: str | None) -> Fault | None:
    """The fault of an answer that names a model which this deployment may not answer as; it may where the file is silent."""
    if not deployment.answers_as or not answered:
        return None
    folded = answered[:LONGEST_NAME].lower()
    if any(fnmatchcase(folded, pattern.lower()) for pattern in deployment.answers_as):
        return None
    return None if folded == deployment.name.lower() else _fault(deployment.name, answered, 1.0, "runtime.other_model")


def is_other(asked: str, answered: str) -> bool:
    """Whether two names clearly mean different models: neither is part of the other once ornaments are off."""
    one, two = _words(asked), _words(answered)
    if not one or not two:
        return False
    short, long = sorted(("".join(one), "".join(two)), key=len)
    return not (long.startswith(short) or Counter(one) <= Counter(two) or Counter(two) <= Counter(one))


def plain(name: str) -> str:
    """A name as it may stand in a header or on a terminal: printable ASCII, and not too long."""
    name = name[:LONGEST_NAME]
    if name.isascii() and name.isprintable():
        return name
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in name)


def _fault(asked: str, answered: str, certainty: float, rule: str) -> Fault:
    return Fault(
        cause=Cause.MODEL_UNAVAILABLE,
        scope=Scope.MODEL,
        certainty=certainty,
        rule=rule,
        evidence=f"asked for {plain(asked)}, answered by {plain(answered)}",
    )


def _words(name: str) -> list[str]:
    """The words of a name that tell which weights it means; all of them where none would be left."""
    name = name[:LONGEST_NAME].strip().lower().rstrip("/").rpartition("/")[2]
    bare = re.split("[:@]", _BEDROCK.sub("", name), maxsplit=1)[0]
    bare = _OWNERS.sub("", _QUANTISED.sub("", _FILE.sub("", bare)))
    words = _TOKEN.findall(_DATE.sub(" ", bare))
    return [word for word in words if not _ORNAMENT.fullmatch(word)] or _TOKEN.findall(name)


def _named(body: str) -> str:
    """The model that a whole answer, an event, or the first of several events names; empty where none does."""
    if len(body) > LONGEST_BODY or "model" not in body:
        return ""
    whole = _member(body)
    if whole is not None:
        return whole
    events = (line.removeprefix("data:") for line in body.splitlines() if line.startswith("data:"))
    return next(filter(None, map(_member, events)), "")


def _member(text: str) -> str | None:
    """The model that one JSON text names, empty where it names none; None where it is no JSON object."""
    try:
        parsed: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    if parsed.get("error") or "error" in (parsed.get("type"), parsed.get("object")):
        return ""
    inner = [parsed.get(name) for name in ("message", "response")]
    places: Sequence[dict[str, Any]] = [parsed, *(part for part in inner if isinstance(part, dict))]
    names = (place.get(key) for place in places for key in ("model", "modelVersion"))
    return next((name for name in names if isinstance(name, str) and name), "")
