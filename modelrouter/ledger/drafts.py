"""What happened, as the fields of entries: pure, values in and drafts out. docs/ledger.md tells what each means.

Durations are seconds with four digits behind the point, moments seconds since 1970 likewise. Words of others (a
provider's error, the name a caller used) are cut to a length and kept in a form that has canonical bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.ledger.entry import Draft, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from modelrouter.core.checks import Checked
    from modelrouter.core.decision import Attempt, Decision
    from modelrouter.core.holds import Hold
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.observers import Closing, Opening

__all__ = [
    "decision",
    "hold",
    "interrupted",
    "interrupted_stream",
    "inventory",
    "operator",
    "probe",
    "request",
    "section",
    "stream",
]

LONGEST_EVIDENCE = 200
"""Characters of what a provider or the network said."""
LONGEST_WORD = 300
"""Of any other word that is not ours."""
MICRO = 1_000_000


def request(opening: Opening, fingerprint: str, content: Mapping[str, Any] | None = None) -> Draft:
    """A request before its first call, served by the inventory of this fingerprint.

    `content` is what is kept of its body, see `contents`.
    """
    context = opening.context
    values: dict[str, Any] = {
        "id": opening.id,
        "process": opening.route.process.id,
        "asked": _word(opening.asked),
        "wire": opening.wire,
        "caller": {"principal": context.principal},
        "circumstances": {
            "data_classes": [_word(each) for each in sorted(context.data_classes)],
            "country": context.country,
            "person": _said(context.person),
            "segment": _said(context.segment),
        },
        "route": [deployment.id for deployment in opening.route.permitted],
        "streamed": opening.streamed,
        "door": opening.door,
        "inventory": fingerprint,
    }
    return Draft(Kind.REQUEST, _micro(opening.wall), _with(values, content))


def decision(
    made: Decision, wall: float, usage: Mapping[str, int] | None, content: Mapping[str, Any] | None = None
) -> Draft:
    """Who was asked, who answered, who was left out and why; of a stream at its first content."""
    told = made.as_dict()
    values = {
        "id": made.id,
        "process": made.process,
        "outcome": made.outcome,
        "served_by": made.served_by,
        "trail": _trail(told["trail"], made.trail),
        "excluded": [{**each, "why": _word(each["why"])} for each in told["excluded"]],
        "took_s": told["took_s"],
        "usage": usage,
    }
    return Draft(Kind.DECISION, _micro(wall), _with(values, content))


def stream(closing: Closing, hops: int, content: Mapping[str, Any] | None = None) -> Draft:
    """The end of a stream whose decision knew of the first `hops` hops."""
    made = closing.decision
    cut = closing.fault or next((hop.fault for hop in reversed(made.trail) if hop.cut and hop.fault), None)
    values = {
        "id": made.id,
        "outcome": "complete" if closing.complete else "cut" if closing.fault is not None else "left",
        "cause": str(cut.cause) if cut is not None else None,
        "trail": _trail(made.as_dict()["trail"][hops:], made.trail[hops:]),
        "usage": closing.usage._asdict() if closing.usage is not None else None,
    }
    return Draft(Kind.STREAM, _micro(closing.wall), _with(values, content))


def interrupted(id_: str, process: str | None, wall: float) -> Draft:
    """A request whose process ended before there was a decision."""
    values: dict[str, Any] = {
        "id": id_,
        "process": process,
        "outcome": "interrupted",
        "served_by": None,
        "trail": [],
        "excluded": [],
        "took_s": None,
        "usage": None,
    }
    return Draft(Kind.DECISION, _micro(wall), values)


def interrupted_stream(id_: str, wall: float) -> Draft:
    """A stream whose process ended before the stream did."""
    values: dict[str, Any] = {"id": id_, "outcome": "cut", "cause": "interrupted", "trail": [], "usage": None}
    return Draft(Kind.STREAM, _micro(wall), values)


def hold(change: Change, wall: float, since_1970: Callable[[float], float]) -> Draft | None:
    """A hold that opened, changed or ended; None where nothing that is recorded of it differs."""
    before, after = (_hold(each, since_1970) for each in (change.before, change.after))
    if before == after:
        return None
    values = {"domain": str(change.domain), "before": before, "after": after, "by": change.by}
    return Draft(Kind.HOLD, _micro(wall), values)


def _hold(each: Hold | None, since_1970: Callable[[float], float]) -> dict[str, Any] | None:
    if each is None:
        return None
    return {
        "phase": str(each.phase),
        "cause": None if each.cause is None else str(each.cause),
        "since": round(since_1970(each.since), 4),
        "until": None if each.until is None else round(since_1970(each.until), 4),
        "rule": each.rule,
        "evidence": _word(each.reason, LONGEST_EVIDENCE),
    }


def operator(action: str, ordered: Hold, until: float | None, who: str, wall: float) -> Draft:
    """What a person ordered; `until` in seconds since 1970."""
    values = {
        "action": action,
        "domain": str(ordered.domain),
        "reason": _word(ordered.reason) if action == "hold" else "",
        "until": None if until is None else round(until, 4),
        "who": _word(who),
    }
    return Draft(Kind.OPERATOR, _micro(wall), values)


def probe(checked: Checked) -> Draft:
    """What asking a provider for free, or a canary, came to."""
    outcome = "nothing" if checked.ok is None else "passed" if checked.ok else "failed"
    values = {
        "deployment": checked.deployment,
        "layer": str(checked.layer),
        "outcome": outcome,
        "detail": _word(checked.why, LONGEST_EVIDENCE),
    }
    return Draft(Kind.PROBE, _micro(checked.at), values)


def inventory(
    event: str, name: str, fingerprint: str, edits: Iterable[str], facts: Mapping[str, Any] | None, wall: float
) -> Draft:
    """An inventory that is in force from now on, or one that was refused, which has no facts."""
    values: dict[str, Any] = {
        "event": event,
        "name": name,
        "fingerprint": fingerprint,
        "edits": [_word(each) for each in edits],
    }
    return Draft(Kind.INVENTORY, _micro(wall), values if facts is None else {**values, "facts": facts})


def section(kind: Kind, edits: Iterable[str], wall: float) -> Draft:
    """What a reload changed in policies or contracts."""
    return Draft(kind, _micro(wall), {"edits": [_word(each) for each in edits]})


def _trail(told: list[dict[str, Any]], trail: Iterable[Attempt]) -> list[dict[str, Any]]:
    """Hops as the decision tells them, and what was said of each."""
    for each, attempt in zip(told, trail, strict=True):
        each["evidence"] = _word(attempt.fault.evidence, LONGEST_EVIDENCE) if attempt.fault is not None else None
        each["model"] = _word(each["model"])
        if each["losses"]:
            each["losses"] = [_word(loss) for loss in each["losses"]]
    return told


def _with(values: dict[str, Any], content: Mapping[str, Any] | None) -> dict[str, Any]:
    return values if content is None else {**values, "content": content}


def _micro(wall: float) -> int:
    return int(wall * MICRO)


def _said(text: str | None) -> str | None:
    return None if text is None else _word(text)


def _word(text: str, most: int = LONGEST_WORD) -> str:
    """Words of others, not too long, and without halves of characters, which have no canonical form."""
    text = text[:most]
    return text if text.isascii() else text.encode(errors="replace").decode()
