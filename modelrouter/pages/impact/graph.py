"""What the picture of an impact shows: which things, which ties between them, and in which order they stand.

Four columns: processes, their deployments, whose they are, and what those stand on or who can order them off. What an
event does not concern is left out; so are, of many processes, all but the gravest. A column's order is that of the
things it is tied to, found by a few sweeps, so that ties cross little.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from modelrouter.continuity.impact import STOPPED, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from modelrouter.continuity.impact import Effect, Impact
    from modelrouter.continuity.overview import Overview
    from modelrouter.core.inventory import Deployment

__all__ = ["Drawn", "Node", "Tie", "drawn"]

MOST = 14
"""Processes that are drawn."""
SWEEPS = 6

Tone = Literal["good", "warn", "bad", "plain", "weak"]
"""`bad` is lost or stopped; `weak` would stop a process alone."""


@dataclass(slots=True, kw_only=True)
class Node:
    """One thing; `key` is unique in the picture."""

    key: str
    column: int
    title: str
    note: str
    tone: Tone = "plain"
    struck: bool = False
    """It is what the event hits itself."""


@dataclass(frozen=True, slots=True)
class Tie:
    """One thing depends on another, which stands further right."""

    left: str
    right: str
    style: Literal["first", "other", "refused", "beneath"]
    tone: Tone


@dataclass(frozen=True, slots=True)
class Drawn:
    """All of it."""

    columns: tuple[tuple[Node, ...], ...]
    """In order, from above."""
    ties: tuple[Tie, ...]
    unaffected: tuple[str, ...]
    """Processes that the events leave alone."""
    omitted: int
    """Processes for which there was no room."""


@dataclass(slots=True)
class _Drawing:
    found: Impact
    weak: frozenset[str]
    """Factors to be marked as weak spots: of an overview only."""
    nodes: dict[str, Node] = field(default_factory=dict)
    ties: dict[tuple[str, str], Tie] = field(default_factory=dict)

    @property
    def struck(self) -> frozenset[str]:
        """What the events hit themselves."""
        return frozenset(name for event in self.found.events for name in event.factors)


def drawn(found: Impact, seen: Overview) -> Drawn:
    """Choose what to show: where nothing has happened everything, with the weak spots marked."""
    ranked = found.ranked()
    if found.events:
        shown = [name for name in ranked if found.verdicts[name] is not Verdict.SAFE]
    else:
        shown = sorted(ranked, key=lambda name: _shallow(seen.depths[name]))
    weak = frozenset() if found.events else frozenset(name for each in seen.points for name in each.factors)
    drawing = _Drawing(found, weak)
    for name in shown[:MOST]:
        _process(drawing, found.effect(name), weak=not found.events and seen.depths[name] in {0, 1})
    columns = _ordered(drawing)
    left_out = tuple(name for name in ranked if found.events and found.verdicts[name] is Verdict.SAFE)
    return Drawn(columns, tuple(drawing.ties.values()), left_out, len(shown[MOST:]))


def _shallow(depth: int | None) -> bool:
    """Processes without a weak spot come last."""
    return depth is None or depth > 1


def _process(drawing: _Drawing, effect: Effect, *, weak: bool) -> None:
    process = effect.process
    tone: Tone = "weak" if weak else _tone(effect.verdict) if drawing.found.events else "plain"
    said = (
        f"{process.criticality} · {effect.verdict}"
        if drawing.found.events
        else f"{process.criticality} · {process.owner}"
    )
    drawing.nodes[process.id] = Node(key=process.id, column=0, title=process.id, note=said, tone=tone)
    first = True
    for branch, deployment in zip(effect.branches, process.routes, strict=True):
        key = _deployment(drawing, deployment)
        refused = branch.state == "refused"
        style: Literal["first", "other", "refused"] = "refused" if refused else "first" if first else "other"
        lost: Tone = "bad" if branch.causes else "warn" if branch.state == "throttled" else "plain"
        if not refused and weak:
            lost = "weak"
        first = first and refused
        drawing.ties[process.id, key] = Tie(process.id, key, style, lost)
    _beneath(drawing, process.id, drawing.found.graph.processes[process.id].own.values())


def _tone(verdict: Verdict) -> Tone:
    return "bad" if verdict in STOPPED else "warn" if verdict is Verdict.DEGRADED else "good"


def _deployment(drawing: _Drawing, deployment: Deployment) -> str:
    key = f"deployment:{deployment.id}"
    if key in drawing.nodes:
        return key
    found = drawing.found
    causes = found.lost.get(deployment.id, ())
    left = found.left.get(deployment.id, 1.0)
    note = deployment.model.id
    if causes:
        path, note = causes[0]
        note = note if not path or " by " in note else f"{path[-1].replace(':', ' ', 1)} {note}"
    elif left < 1:
        note = f"throttled to {left:.0%}"
    tone: Tone = "bad" if causes else "warn" if left < 1 else "plain"
    drawing.nodes[key] = Node(
        key=key,
        column=1,
        title=deployment.id,
        note=note,
        tone=_marked(drawing, key, tone),
        struck=key in drawing.struck,
    )
    provider = _provider(drawing, deployment)
    drawing.ties[key, provider] = Tie(
        key, provider, "beneath", "bad" if drawing.nodes[provider].tone == "bad" else "plain"
    )
    paths = found.graph.paths[deployment.id]
    _beneath(drawing, key, (paths[name] for name in paths if name.startswith("upstream:") and len(paths[name]) == 1))
    return key


def _provider(drawing: _Drawing, deployment: Deployment) -> str:
    provider = deployment.provider
    key = f"provider:{provider.id}"
    if key in drawing.nodes:
        return key
    own = {key, f"company:{provider.company}", f"contract:{provider.contract}"}
    accounts = {f"account:{provider.id}/{name}" for name in provider.accounts}
    hit = bool(drawing.struck & own) or (bool(accounts) and accounts <= drawing.struck)
    paths = drawing.found.graph.paths[deployment.id]
    beneath = [paths[name] for name in paths if len(paths[name]) > 1 and paths[name][0] == key]
    gone = hit or any(name in drawing.struck for path in beneath for name in path)
    note = "our own" if provider.local else provider.company
    drawing.nodes[key] = Node(
        key=key,
        column=2,
        title=provider.id,
        note=note,
        tone=_marked(drawing, key, "bad" if gone else "plain"),
        struck=hit,
    )
    _beneath(drawing, key, (path[1:] for path in beneath))
    return key


def _beneath(drawing: _Drawing, above: str, paths: Iterable[Sequence[str]]) -> None:
    """What something stands on, each of it tied to the thing itself, however deep it lies."""
    for path in paths:
        name = path[-1]
        kind, _, known = name.partition(":")
        if kind not in {"upstream", "provider", "jurisdiction"}:
            continue
        key = f"beneath:{name}"
        if key not in drawing.nodes:
            note = {"upstream": "upstream", "provider": "also an upstream", "jurisdiction": "can order it off"}[kind]
            title = f"{known} (law)" if kind == "jurisdiction" else known
            hit = name in drawing.struck
            drawing.nodes[key] = Node(
                key=key,
                column=3,
                title=title,
                note=note,
                tone=_marked(drawing, name, "bad" if hit else "plain"),
                struck=hit,
            )
        tone: Tone = "bad" if drawing.nodes[key].tone == "bad" else "plain"
        drawing.ties[above, key] = Tie(above, key, "beneath", tone)


def _marked(drawing: _Drawing, factor: str, tone: Tone) -> Tone:
    return "weak" if tone == "plain" and factor in drawing.weak else tone


def _ordered(drawing: _Drawing) -> tuple[tuple[Node, ...], ...]:
    """Each column by the middle of what its things are tied to, to and fro; processes keep their rank of gravity."""
    columns = [[node for node in drawing.nodes.values() if node.column == column] for column in range(4)]
    for sweep in range(SWEEPS):
        order = range(1, 4) if sweep % 2 == 0 else range(2, -1, -1)
        for column in order:
            places = {node.key: place / max(1, len(each)) for each in columns for place, node in enumerate(each)}
            middles = dict(_middles(drawing.ties.values(), places, columns[column], leftwards=sweep % 2 == 0))
            columns[column].sort(key=lambda node: (_rank(node), middles[node.key]))
    return tuple(tuple(each) for each in columns)


def _rank(node: Node) -> int:
    """Within a column some stand together whatever they are tied to."""
    if node.column == 0:
        return {"bad": 0, "weak": 0, "warn": 1}.get(node.tone, 2)
    return int(node.column == 3 and node.key.startswith("beneath:jurisdiction:"))  # noqa: PLR2004 - the last column


def _middles(
    ties: Iterable[Tie], places: Mapping[str, float], nodes: Sequence[Node], *, leftwards: bool
) -> Iterator[tuple[str, float]]:
    tied: dict[str, list[float]] = {}
    for tie in ties:
        mine, theirs = (tie.right, tie.left) if leftwards else (tie.left, tie.right)
        tied.setdefault(mine, []).append(places[theirs])
    for node in nodes:
        near = tied.get(node.key)
        yield node.key, sum(near) / len(near) if near else places[node.key]
