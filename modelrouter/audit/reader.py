"""Judges a ledger of modelrouter anew: was any request offered to a deployment where it might not go?

    python reader.py FILE [--json]

FILE holds one entry a line, as `modelrouter ledger export` writes it; this one file and Python 3.11 are all it needs.
It knows policies from docs/policies.md alone and shares no code with the router that enforced them. Judged are every
deployment in the route of a `request` and every one in the trail of its `decision` and `stream`, by the facts of the
`inventory` entry in force when it began and by the UTC day on which it began. Counted besides are requests without a
decision, decisions without a request, gaps and numbers that are missing. That nobody bent the entries is not asked
here: verifier.py asks that. Exit code 0: nothing is wrong. 1: something is, and the answer says where. 2: not a ledger.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Auditor", "Forbidden", "Law", "Objection", "Who", "audit", "entry_of"]

VERSION = 1
"""Of the facts that this reader understands."""
PLACES = frozenset({"processing", "storage", "egress", "headquarters", "origin", "owner"})
"""Facts whose values are countries and regions, which contain one another; all others compare as words."""
OPERATORS = frozenset({"fact", "in", "not_in", "has", "is", "at_most"})
_ANY_DATA: Mapping[str, Any] = {"class": "internal", "processing": [], "retention_s": None}
NO_PROCESS: Mapping[str, Any] = {"id": "", "owner": "", "criticality": "standard", "segments": [], "data": _ANY_DATA}
"""As what a request is judged that names a deployment itself; and then as every process that might have sent it."""
LATE_S = 1.0
"""A request that is told of so shortly after a reload, or after midnight, may have been routed before it."""
LATE = timedelta(seconds=LATE_S)
MOST = 1000
"""Of what is wrong, so much is kept to be told; all of it is counted."""
DAY_S = 86400.0
REDACTED = "what would have to be judged is redacted"
ANOTHER_SHAPE = "the facts, or the entry, have another shape than this reader knows"
SHAPELESS = (KeyError, TypeError, AttributeError, ValueError)
"""What a look at such a thing ends in."""


class UnjudgedError(ValueError):
    """Nobody can judge from what is recorded; the message says why."""


class Objection(NamedTuple):
    """Why a deployment may not serve."""

    rule: str
    why: str


class Who(NamedTuple):
    """What a request says of itself, beside the name of its process."""

    process: str
    classes: tuple[str, ...] = ()
    country: str | None = None
    person: str | None = None
    segment: str | None = None
    principal: str | None = None


class Forbidden(NamedTuple):
    """A deployment that a request was offered to, or would have been, and might not."""

    entry: int
    """The number of the entry that tells of it."""
    request: str
    process: str
    deployment: str
    path: str
    """`route`: named as permitted; else how it was reached, a word of `PATHS`."""
    rule: str
    why: str


PATHS = ("first", "next", "again", "beside", "continued", "probe")
"""How it was reached: the first called, another after it, the same once more, one that was outrun by another's answer
(a hedge, a move away from a silent one), one that went on with a broken stream, a probe with data."""


def _fold(words: Iterable[str | None]) -> set[str]:
    return {word.casefold() for word in words if word is not None}


class Law:
    """The facts of one inventory, and what follows from them for a deployment."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        if facts.get("version") != VERSION:
            raise UnjudgedError(f"facts of version {facts.get('version')}")
        self._facts = facts
        self._groups = {name.casefold(): _fold(members) for name, members in facts["regions"].items()}
        self._stated: dict[str, dict[str, Any]] = {}
        self._known: dict[Any, tuple[Objection, ...]] = {}
        for policy in facts["policies"]:
            for rule in policy["rules"]:
                if unknown := rule.keys() - OPERATORS:
                    raise UnjudgedError(f"a rule with {', '.join(sorted(unknown))}")

    def objections(self, who: Who, deployment: str, day: date) -> tuple[Objection, ...]:
        """Every reason why this deployment may not serve this request; empty where it may. Raises UnjudgedError."""
        key = (who, deployment, day)
        if key not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = tuple(dict.fromkeys(self._objections(who, deployment, day)))
        return self._known[key]

    def _objections(self, who: Who, deployment: str, day: date) -> Iterator[Objection]:
        facts = self._facts
        if deployment not in facts["deployments"]:
            yield Objection("inventory", f"the inventory in force knows no deployment {deployment}")
            return
        process = facts["processes"].get(who.process)
        if process is None and who.process not in facts["deployments"]:
            yield Objection("inventory", f"the inventory in force knows no process {who.process}")
            return
        if deployment not in (process["routes"] if process else [who.process]):
            yield Objection("routes", f"{deployment} is not in the route of {who.process}")
        yield from self._unadmitted(who, day)
        yield from self._out_of_contract(deployment, day)
        for each in [process] if process else [NO_PROCESS, *self._senders(deployment)]:
            yield from self._bound(each, who, deployment, day)

    def _senders(self, deployment: str) -> list[Mapping[str, Any]]:
        """The processes that a request may belong to which names a deployment itself."""
        processes = list(self._facts["processes"].values())
        return [process for process in processes if deployment in process["routes"]] or processes

    def _unadmitted(self, who: Who, day: date) -> Iterator[Objection]:
        """Whether the caller's key was good for the process, where the inventory knows the caller."""
        key = self._facts["access"].get(who.principal)
        if key is None:
            return
        if key["processes"] is not None and who.process not in key["processes"]:
            yield Objection("access", f"{who.principal} may not use {who.process}")
        if key["ends"] is not None and day > date.fromisoformat(key["ends"]):
            yield Objection("access", f"the key of {who.principal} ended on {key['ends']}")

    def _out_of_contract(self, deployment: str, day: date) -> Iterator[Objection]:
        """Whether the provider's contract has not begun or is over; in one's own house nobody else ends anything."""
        provider = self._facts["providers"][self._facts["deployments"][deployment]["provider"]]
        contract = self._facts["contracts"].get(provider["contract"])
        if contract is None or provider["local"]:
            return
        begins, ends = contract["begins"], contract["ends"]
        if begins is not None and day < date.fromisoformat(begins):
            yield Objection(f"contract:{contract['id']}", f"it begins on {begins}")
        renewed = contract["renews_s"] and not contract["termination"]
        if ends is not None and not renewed and day > date.fromisoformat(ends):
            yield Objection(f"contract:{contract['id']}", f"it ended on {ends}")

    def _bound(self, process: Mapping[str, Any], who: Who, deployment: str, day: date) -> Iterator[Objection]:
        """What the process's own limits and the policies have against it."""
        data = process["data"]
        if data["processing"]:
            rule = {"fact": "processing", "in": data["processing"]}
            yield from self._broken(f"{process['id']}.data.processing", rule, deployment)
        if data["retention_s"] is not None:
            rule = {"fact": "retention", "at_most": data["retention_s"]}
            yield from self._broken(f"{process['id']}.data.retention", rule, deployment)
        for policy in self._facts["policies"]:
            if _in_force(policy, day) and _applies(policy["when"], process, who):
                for rule in policy["rules"]:
                    yield from self._broken(policy["id"], rule, deployment)

    def _broken(self, name: str, rule: Mapping[str, Any], deployment: str) -> Iterator[Objection]:
        """Every way in which a deployment breaks one rule; what nobody stated breaks any."""
        fact = rule["fact"]
        if fact not in (stated := self._statements(deployment)):
            raise UnjudgedError(f"a rule on {fact}")
        value = stated[fact]
        if value is None or value == []:
            yield Objection(name, f"{fact} is not stated")
            return
        if rule.get("is") is not None and value is not rule["is"]:
            yield Objection(name, f"{fact} is {'yes' if value else 'no'}")
        if rule.get("at_most") is not None and value > rule["at_most"]:
            yield Objection(name, f"{fact} of {value / DAY_S:g} days is more than {rule['at_most'] / DAY_S:g}")
        if isinstance(value, list):
            yield from self._misplaced(name, rule, value)

    def _misplaced(self, name: str, rule: Mapping[str, Any], values: list[str]) -> Iterator[Objection]:
        fact = rule["fact"]
        groups = self._groups if fact in PLACES else {}
        for value in values:
            if rule.get("in") is not None and value.casefold() not in _spread(rule["in"], groups):
                yield Objection(name, f"{fact} {value} is not in {', '.join(sorted(rule['in']))}")
            if not _spread([value], groups).isdisjoint(_spread(rule.get("not_in") or [], groups)):
                yield Objection(name, f"{fact} {value} is excluded")
        if missing := _fold(rule.get("has") or []) - _fold(values):
            yield Objection(name, f"{fact} lacks {', '.join(sorted(missing))}")

    def _statements(self, deployment: str) -> dict[str, Any]:
        """Every fact that a rule may ask for; None or empty where nobody stated it."""
        if deployment not in self._stated:
            own = self._facts["deployments"][deployment]
            provider, contracts = self._facts["providers"][own["provider"]], self._facts["contracts"]
            told = self._facts["models"][own["model"]], contracts.get(provider["contract"], {})
            self._stated[deployment] = _statements(own, provider, *told)
        return self._stated[deployment]


def _statements(
    own: Mapping[str, Any], provider: Mapping[str, Any], model: Mapping[str, Any], contract: Mapping[str, Any]
) -> dict[str, Any]:
    local = provider["local"]
    return {
        "processing": own["processing"],
        "storage": own["storage"] or contract.get("storage"),
        "region": _one(own["region"]),
        "egress": _one(own["egress"]),
        "provider": [provider["id"]],
        "company": _one(provider["company"]),
        "owner": _one(provider["owner"]),
        "headquarters": _one(provider["headquarters"]),
        "developer": _one(model["developer"]),
        "family": _one(model["family"]),
        "origin": _one(model["origin"]),
        "weights": _one(model["weights"]),
        "licence": _one(model["licence"]),
        "export_class": _one(_first(own["export_class"], model["export_class"])),
        "certifications": own["certifications"] or provider["certifications"],
        "export_licences": own["export_licences"] or provider["export_licences"],
        "training": _first(own["training"], provider["training"], False if local else None),
        "log_export": _first(contract.get("log_export"), True if local else None),
        "audit_rights": _first(contract.get("audit_rights"), True if local else None),
        "retention": _first(own["retention_s"], 0.0 if local else None),
    }


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _one(value: str | None) -> list[str]:
    return [] if value is None else [value]


def _spread(words: Iterable[str], groups: Mapping[str, set[str]]) -> set[str]:
    """These and all that lies within them."""
    return (named := _fold(words)).union(*(groups.get(word, ()) for word in named))


def _in_force(policy: Mapping[str, Any], day: date) -> bool:
    begins, ends = policy["from"], policy["until"]
    return (begins is None or day >= date.fromisoformat(begins)) and (ends is None or day <= date.fromisoformat(ends))


def _applies(when: Mapping[str, Iterable[str]], process: Mapping[str, Any], who: Who) -> bool:
    """Whether every condition is met by one of the values stated. Raises UnjudgedError for one that is not known."""
    stated = {
        "process": [process["id"]],
        "criticality": [process["criticality"]],
        "owner": [process["owner"]],
        "data.class": [process["data"]["class"], *who.classes],
        "segment": [*process["segments"], who.segment],
        "country": [who.country],
        "person": [who.person],
    }
    if unknown := when.keys() - stated.keys():
        raise UnjudgedError(f"a policy for certain values of {', '.join(sorted(unknown))}")
    return all(not _fold(values).isdisjoint(_fold(stated[word])) for word, values in when.items())


@dataclass(slots=True)
class _Open:
    """A request whose end has not been read yet."""

    entry: int
    who: Who | None
    """None: what it said of itself is redacted."""
    day: date
    law: Law | str
    """A text: why nobody knows."""
    earlier: list[tuple[Law, date]]
    """By what it may have been routed as well: the law or the day that was over less than LATE_S ago."""
    route: list[str] | None
    streamed: bool = True
    called: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Auditor:
    """Takes the entries of one ledger in order, each with `number`, `kind`, `time` and `values`; tells what it found."""

    entries: int = 0
    first: int | None = None
    last: int | None = None
    origin: str | None = None
    kinds: Counter[str] = field(default_factory=Counter)
    hops: int = 0
    """Calls that carried a request."""
    paths: Counter[str] = field(default_factory=Counter)
    """The same by how they came about, words of `PATHS`."""
    named: int = 0
    """Deployments that routes name as permitted."""
    late: int = 0
    """Of all these, what only the inventory or the day before permits, which was over less than LATE_S earlier."""
    spared: int = 0
    """Probes without anybody's data: nobody's policy is asked for them."""
    breaches: int = 0
    forbidden: list[Forbidden] = field(default_factory=list)
    """The first MOST breaches."""
    unjudged: Counter[str] = field(default_factory=Counter)
    """By why not."""
    unjudged_at: dict[str, int] = field(default_factory=dict)
    """The first entry of each."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Of decisions."""
    orphans: list[tuple[int, str]] = field(default_factory=list)
    """Decisions and ends of streams without their request: the entry, and what is wrong."""
    excused: int = 0
    """Such as a gap accounts for, or a ledger that begins in its middle."""
    gaps: list[dict[str, Any]] = field(default_factory=list)
    missing: list[tuple[int, int]] = field(default_factory=list)
    """Numbers that are not there: of each run the first and the last."""
    _law: Law | str = "no inventory was told of before"
    """In force; a text: why nobody knows."""
    _laws: dict[str, Law | str] = field(default_factory=dict)
    """By fingerprint."""
    _before: tuple[Law | str, float] = ("", 0.0)
    """The law before that one, and when it was replaced."""
    _open: dict[str, _Open] = field(default_factory=dict)
    _streams: dict[str, _Open] = field(default_factory=dict)
    _lost: int = 0

    def read(self, entry: Mapping[str, Any]) -> None:
        """Take the next entry."""
        number = entry["number"]
        if self.first is None:
            self.first = number
        elif self.last is not None and number != self.last + 1:
            self.missing.append((self.last + 1, number - 1))
        self.last = number
        self.entries += 1
        self.kinds[entry["kind"]] += 1
        if entry["kind"] in READ:
            try:
                getattr(self, f"_{entry['kind']}")(number, entry["time"], entry["values"])
            except SHAPELESS:
                self._cannot(ANOTHER_SHAPE, number)

    @property
    def undecided(self) -> list[tuple[int, str]]:
        """Requests that nothing was decided for, so far: under way, or interrupted."""
        return [(each.entry, name) for name, each in self._open.items()]

    @property
    def clean(self) -> bool:
        """Nothing was forbidden, and no decision stands without its request."""
        return not (self.breaches or self.orphans or self.missing)

    def _begin(self, _number: int, _time: str, values: Mapping[str, Any]) -> None:
        self.origin = values.get("origin", self.origin)

    def _inventory(self, _number: int, time: str, values: Mapping[str, Any]) -> None:
        if values.get("event") == "refused":
            return
        self._before = (self._law, datetime.fromisoformat(time).timestamp())
        self._law = _law_of(values)
        if values.get("fingerprint"):
            self._laws[values["fingerprint"]] = self._law

    def _request(self, number: int, time: str, values: Mapping[str, Any]) -> None:
        name = values.get("id", "")
        if not name or "route" not in values:
            self._cannot(REDACTED, number)
        if name in self._open:
            self.orphans.append((number, f"{name} was asked twice"))
        moment, served_by = datetime.fromisoformat(time), values.get("inventory")
        law = self._laws.get(served_by, "its inventory is not told of") if served_by else self._law
        before, since = ("", 0.0) if served_by else self._before
        earlier = [(before, moment.date())] if isinstance(before, Law) and moment.timestamp() - since < LATE_S else []
        if isinstance(law, Law) and (moment - LATE).date() < moment.date():
            earlier.append((law, (moment - LATE).date()))
        opened = _Open(
            entry=number,
            who=_who(values),
            day=moment.date(),
            law=law,
            earlier=earlier,
            route=values.get("route"),
            streamed=values.get("streamed", True),
        )
        self._open[name] = opened
        for deployment in opened.route or ():
            self.named += 1
            self._judge(number, name, opened, deployment, "route")

    def _decision(self, number: int, _time: str, values: Mapping[str, Any]) -> None:
        name = values.get("id", "")
        self.outcomes[values.get("outcome", "redacted")] += 1
        opened = self._open.pop(name, None)
        if opened is None:
            self._lone(number, name, "decision")
            return
        if opened.streamed and values.get("outcome") == "served":
            self._streams[name] = opened
        self._walk(number, name, opened, values.get("trail"), None)

    def _stream(self, number: int, _time: str, values: Mapping[str, Any]) -> None:
        name = values.get("id", "")
        opened = self._streams.pop(name, None)
        if opened is None:
            self._lone(number, name, "stream")
            return
        self._walk(number, name, opened, values.get("trail"), "continued")

    def _probe(self, number: int, time: str, values: Mapping[str, Any]) -> None:
        if values.get("process") is None or values.get("deployment") is None:
            self.spared += 1
            return
        opened = _Open(number, _who(values), datetime.fromisoformat(time).date(), self._law, [], None)
        self.hops += 1
        self.paths["probe"] += 1
        self._judge(number, "", opened, values["deployment"], "probe")

    def _gap(self, number: int, _time: str, values: Mapping[str, Any]) -> None:
        self._lost += values.get("lost", 0)
        self.gaps.append({"entry": number, **{word: values.get(word) for word in ("lost", "from", "to", "why")}})

    def _walk(self, number: int, name: str, opened: _Open, trail: Any, path: str | None) -> None:
        """Judge each call of a trail."""
        if trail is None:
            self._cannot(REDACTED, number)
            return
        for place, attempt in enumerate(trail):
            deployment = attempt["deployment"]
            if attempt.get("held") is None:
                self.hops += 1
                word = path or _path(place, attempt, opened.called)
                self.paths[word] += 1
                opened.called.add(deployment)
                self._judge(number, name, opened, deployment, word)

    def _judge(self, number: int, name: str, opened: _Open, deployment: str, path: str) -> None:
        if opened.who is None or isinstance(opened.law, str):
            self._cannot(opened.law if isinstance(opened.law, str) else REDACTED, number)
            return
        try:
            found = list(opened.law.objections(opened.who, deployment, opened.day))
            if path != "route" and opened.route is not None and deployment not in opened.route:
                found.append(Objection("route", "it was not among the permitted when the request began"))
            elif found and not all(law.objections(opened.who, deployment, day) for law, day in opened.earlier):
                self.late += 1
                return
        except UnjudgedError as error:
            self._cannot(str(error), number)
            return
        for rule, why in found:
            self.breaches += 1
            if len(self.forbidden) < MOST:
                self.forbidden.append(Forbidden(number, name, opened.who.process, deployment, path, rule, why))

    def _lone(self, number: int, name: str, kind: str) -> None:
        """A decision or an end without its request: wrong, unless as much was lost in a gap."""
        if not name:
            self._cannot(REDACTED, number)
        elif self._lost > self.excused or self.first:  # lost in a gap, or told before the first entry that is here
            self.excused += 1
        else:
            self.orphans.append((number, f"the {kind} of {name} stands without its request"))

    def _cannot(self, why: str, number: int) -> None:
        self.unjudged[why] += 1
        self.unjudged_at.setdefault(why, number)

    def told(self) -> dict[str, Any]:
        """Everything, as plain values for JSON."""
        return {
            "clean": self.clean,
            "origin": self.origin,
            "entries": self.entries,
            "first": self.first,
            "last": self.last,
            "missing": [list(each) for each in self.missing],
            "kinds": dict(sorted(self.kinds.items())),
            "hops": self.hops,
            "paths": {path: self.paths[path] for path in PATHS},
            "named": self.named,
            "late": self.late,
            "probes_without_data": self.spared,
            "breaches": self.breaches,
            "forbidden": [each._asdict() for each in self.forbidden],
            "unjudged": [
                {"why": why, "count": count, "first": self.unjudged_at[why]} for why, count in self.unjudged.items()
            ],
            "outcomes": dict(sorted(self.outcomes.items())),
            "undecided": [{"entry": entry, "request": name} for entry, name in self.undecided[:MOST]],
            "orphans": [{"entry": entry, "what": what} for entry, what in self.orphans[:MOST]],
            "excused": self.excused,
            "gaps": self.gaps,
        }


def _who(values: Mapping[str, Any]) -> Who | None:
    """What a request says of itself; None where that is redacted. Without its caller it is judged without one."""
    said = values.get("circumstances")
    if said is None or "process" not in values:
        return None
    return Who(
        values["process"],
        tuple(said.get("data_classes") or ()),
        said.get("country"),
        said.get("person"),
        said.get("segment"),
        (values.get("caller") or {}).get("principal"),
    )


def _law_of(values: Mapping[str, Any]) -> Law | str:
    """The law of an inventory; a text: why nobody can know it."""
    try:
        return Law(values["facts"]) if "facts" in values else "the facts are redacted"
    except UnjudgedError as error:
        return str(error)
    except SHAPELESS:
        return ANOTHER_SHAPE


def _path(place: int, attempt: Mapping[str, Any], called: set[str]) -> str:
    if attempt.get("outrun"):
        return "beside"
    return "again" if attempt["deployment"] in called else "next" if place else "first"


READ = frozenset({"begin", "inventory", "request", "decision", "stream", "probe", "gap"})
"""Kinds of entries that say something about hops; all others are counted."""


def entry_of(line: bytes | str) -> dict[str, Any]:
    """An entry from its line of an export. Raises ValueError for a line that is none."""
    try:
        told = json.loads(line)
        entry, fields = told["entry"], told["fields"]
        values = {name: pair[1] for name, pair in fields.items()}
        return {"number": entry["number"], "kind": entry["kind"], "time": entry["time"], "values": values}
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"not the line of an entry: {error!r}") from None


def audit(entries: Iterable[Mapping[str, Any]]) -> Auditor:
    """Read a whole ledger."""
    auditor = Auditor()
    for entry in entries:
        auditor.read(entry)
    return auditor


def said(auditor: Auditor) -> Iterator[str]:
    """What came of it, for people: one line each."""
    for each in auditor.forbidden:
        request = f" for {each.request}" if each.request else ""
        yield (
            f"entry {each.entry}: {each.deployment} ({each.path}) was forbidden to {each.process}{request}:"
            f" {each.rule}: {each.why}"
        )
    yield from (f"entry {entry}: {what}" for entry, what in auditor.orphans)
    yield from (f"entries {first} to {last} are missing" for first, last in auditor.missing)
    for why, count in auditor.unjudged.items():
        yield f"not judged, {count:,} times from entry {auditor.unjudged_at[why]}: {why}"
    for gap in auditor.gaps:
        yield f"entry {gap['entry']}: {gap['lost']} entries were lost: {gap['why']}"
    yield (
        f"{auditor.entries:,} entries; {auditor.hops:,} hops and {auditor.named:,} places in routes judged,"
        f" {auditor.breaches:,} forbidden; {len(auditor.undecided):,} requests without a decision"
    )


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", help="an export, one entry a line; - reads standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(arguments)
    try:
        with sys.stdin.buffer if asked.file == "-" else Path(asked.file).open("rb") as file:
            auditor = audit(map(entry_of, file))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {asked.file} is no ledger: {error}\n")
        return 2
    lines = [json.dumps(auditor.told(), indent=2)] if asked.json else said(auditor)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0 if auditor.clean else 1


if __name__ == "__main__":
    sys.exit(main())
