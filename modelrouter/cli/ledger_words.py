"""What an entry tells, in a sentence for people, and whether that is good or bad news."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from modelrouter.cli.duration import spoken
from modelrouter.cli.printable import printable
from modelrouter.ledger.plain import Plain

__all__ = ["Sentence", "hop", "sentence"]

GOOD, BAD, CARE, PLAIN, QUIET = "green", "red", "yellow", "", "dim"
GONE = "<redacted>"
LONGEST = 300
"""Characters of a foreign text in a sentence."""
_OUTCOMES = {"served": GOOD, "complete": GOOD, "failed": BAD, "cut": BAD, "interrupted": BAD, "left": CARE}
_SHOWN_EDITS = 3
_LIVED = ("SURVIVED", "DEGRADED")


class Sentence(NamedTuple):
    """What is said, and the colour it is said in."""

    text: str
    style: str


class _Values:
    """The values of an entry as text; what was taken away is said to be."""

    def __init__(self, entry: Plain) -> None:
        self.entry = entry

    def __getitem__(self, name: str) -> str:
        if name in self.entry.redacted:
            return GONE
        return said(self.entry.values.get(name))

    def of(self, name: str) -> dict[str, Any]:
        """A value that is an object."""
        return _object(self.entry.values.get(name))

    def list(self, name: str) -> list[Any]:
        """A value that is a list."""
        found = self.entry.values.get(name)
        return found if isinstance(found, list) else []


def said(value: Any) -> str:
    """A value of anybody's as a short text in one line."""
    if value is None:
        return ""
    text = " ".join(printable(value if isinstance(value, str) else str(value)).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def sentence(entry: Plain) -> Sentence:
    """What the entry tells."""
    made = _WORDS.get(entry.kind)
    if made is not None:
        return made(_Values(entry))
    told = "; ".join(f"{name} {said(value)}" for name, value in entry.values.items() if value is not None)
    return Sentence(told or ", ".join(f"{name} {GONE}" for name in entry.redacted), PLAIN)


def hop(values: Any) -> Sentence:
    """One hop of a request: who was asked, and what came of it."""
    told = _object(values)
    name = said(told.get("deployment")) or "?"
    if told.get("held"):
        return Sentence(f"{name}: not called, {said(told['held'])} is held", CARE)
    took = _seconds(told.get("took_s"))
    if told.get("outrun"):
        return Sentence(f"{name}: silent for {took} when another answered", CARE)
    if not told.get("cause"):
        model = f" as {said(told['model'])}" if told.get("model") else ""
        return Sentence(f"{name}: answered{model} after {took}", GOOD)
    status = f"HTTP {said(told['status'])}, " if told.get("status") else ""
    cut = "cut off, " if told.get("cut") else ""
    evidence = f": {said(told['evidence'])}" if told.get("evidence") else ""
    return Sentence(
        f"{name}: {cut}{said(told['cause'])} ({status}{said(told.get('scope'))}) after {took}{evidence}", BAD
    )


def _request(of: _Values) -> Sentence:
    caller = of["caller"] if "caller" in of.entry.redacted else said(of.of("caller").get("principal"))
    who = f", for {caller}" if caller else ""
    route = " > ".join(map(said, of.list("route"))) or of["route"] or "nobody permitted"
    asked = f" as {of['asked']}" if of["asked"] not in ("", of["process"]) else ""
    return Sentence(f"{of['process']} asked{asked}{who}: {route}", PLAIN)


def _decision(of: _Values) -> Sentence:
    outcome, trail = of["outcome"], of.list("trail")
    style = _OUTCOMES.get(outcome, PLAIN)
    before = "; ".join(hop(each).text for each in trail if _object(each).get("cause") or _object(each).get("held"))
    told = f"; {before}" if before else ""
    if outcome == "served":
        took = f" in {_seconds(of.entry.values.get('took_s'))}" if "took_s" in of.entry.values else ""
        return Sentence(f"{of['process']} served by {of['served_by']}{took}{told}", CARE if told else style)
    if outcome == "interrupted":
        return Sentence(f"{of['process']}: interrupted, the writer was gone before an answer{told}", style)
    return Sentence(f"{of['process']} not served{told or ': nobody could be asked'}", style)


def _stream(of: _Values) -> Sentence:
    why = {"complete": "complete", "left": "left by its caller", "cut": f"cut off ({of['cause']})"}
    return Sentence(f"stream {why.get(of['outcome'], of['outcome'])}", _OUTCOMES.get(of["outcome"], PLAIN))


def _hold(of: _Values) -> Sentence:
    after = of.of("after")
    if "after" in of.entry.redacted or not after:
        return Sentence(f"{of['domain']} free again ({of['by']})", GOOD)
    evidence = f": {said(after['evidence'])}" if after.get("evidence") else ""
    phase = "held" if after.get("phase") in (None, "open") else said(after.get("phase"))
    return Sentence(f"{of['domain']} {phase}, {said(after.get('cause'))} ({of['by']}){evidence}", CARE)


def _operator(of: _Values) -> Sentence:
    who = f" by {of['who']}" if of["who"] else ""
    reason = f": {of['reason']}" if of["reason"] else ""
    return Sentence(f"{of['action']} {of['domain']}{who}{reason}", CARE)


def _probe(of: _Values) -> Sentence:
    detail = f": {of['detail']}" if of["detail"] else ""
    good = of["outcome"] in ("ok", "passed", "served", "True")
    return Sentence(f"{of['deployment']} {of['layer']} {of['outcome']}{detail}", GOOD if good else CARE)


def _inventory(of: _Values) -> Sentence:
    if not of["event"]:
        return _edits(of)
    edits = f", {_edits(of).text}" if of.list("edits") else ""
    return Sentence(f"{of['name']} {of['event']}{edits}", BAD if of["event"] == "refused" else PLAIN)


def _edits(of: _Values) -> Sentence:
    edits = of.list("edits")
    more = f" and {len(edits) - _SHOWN_EDITS} more" if len(edits) > _SHOWN_EDITS else ""
    return Sentence("; ".join(map(said, edits[:_SHOWN_EDITS])) + more, PLAIN)


def _begin(of: _Values) -> Sentence:
    interrupted = of["before"] == "interruption"
    after = " after an interruption: the writer before did not end" if interrupted else ""
    return Sentence(f"{of['writer']} begins{after}", CARE if interrupted else QUIET)


def _end(of: _Values) -> Sentence:
    return Sentence(f"the writer ends, {of['entries']} entries", QUIET)


def _redaction(of: _Values) -> Sentence:
    spans = [each for each in of.list("entries") if isinstance(each, list) and len(each) == 2]  # noqa: PLR2004 - a range
    count = sum(last - first + 1 for first, last in spans if isinstance(first, int) and isinstance(last, int))
    names = ", ".join(map(said, of.list("fields")))
    entries = "1 entry" if count == 1 else f"{count} entries"
    return Sentence(f"{of['who']} took {names} from {entries}: {of['why']}", CARE)


def _gap(of: _Values) -> Sentence:
    return Sentence(f"{of['lost']} entries were lost from {of['from']} to {of['to']}: {of['why']}", BAD)


def _anchor(of: _Values) -> Sentence:
    good = of["outcome"] in ("kept", "ok", "signed", "")
    told = "" if good else f": {of['outcome']}"
    return Sentence(f"checkpoint of {of['size']} entries at {of['where']}{told}", QUIET if good else BAD)


def _drill(of: _Values) -> Sentence:
    name = of["drill"] or "drill"
    if of["event"] == "judged":
        became = Counter(said(_object(each).get("verdict")) for each in of.of("verdicts").values())
        lived = sum(became[word] for word in _LIVED)
        told = ", ".join(f"{count} {word}" for word, count in became.most_common())
        return Sentence(f"{of['scenario']}: {told}", GOOD if lived == became.total() else BAD)
    if came := of["why"] or of["conclusion"]:
        return Sentence(f"{name} {of['event']}: {came}", BAD if of["passed"] == "False" else PLAIN)
    planned = of.list("scenarios")
    more = f" and {len(planned) - _SHOWN_EDITS} more" if len(planned) > _SHOWN_EDITS else ""
    told = f": {', '.join(map(said, planned[:_SHOWN_EDITS]))}{more}" if planned else ""
    return Sentence(f"{name} {of['event']}{told}", PLAIN)


def _seconds(value: Any) -> str:
    if not isinstance(value, int | float):
        return "?"
    return f"{value:.2f} s" if value < 60 else spoken(value)  # noqa: PLR2004 - a minute


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


_WORDS: Mapping[str, Callable[[_Values], Sentence]] = MappingProxyType(
    {
        "request": _request,
        "decision": _decision,
        "stream": _stream,
        "hold": _hold,
        "operator": _operator,
        "probe": _probe,
        "inventory": _inventory,
        "policy": _edits,
        "contract": _edits,
        "begin": _begin,
        "end": _end,
        "redaction": _redaction,
        "rotation": lambda _: Sentence("another key signs from here on; both keys signed this", CARE),
        "checkpoint": lambda of: Sentence(f"everything before is signed (entry {of.entry.number})", QUIET),
        "gap": _gap,
        "anchor": _anchor,
        "drill": _drill,
    }
)
