"""What `modelrouter impact` prints for people."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from modelrouter.cli.duration import spoken
from modelrouter.continuity.concentration import HIGH, concentration
from modelrouter.continuity.impact import STOPPED, Verdict, impact
from modelrouter.continuity.overview import SOUGHT, by_criticality, minimal, widths
from modelrouter.continuity.remedy_text import lines
from modelrouter.drills.report.counted import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from rich.console import Console

    from modelrouter.continuity.compare import Comparison
    from modelrouter.continuity.concentration import Index
    from modelrouter.continuity.factors import Graph
    from modelrouter.continuity.impact import Branch, Effect, Impact
    from modelrouter.continuity.independence import Independence
    from modelrouter.continuity.overview import Overview
    from modelrouter.continuity.remedy import Remedy

__all__ = ["show_comparison", "show_impact", "show_independence", "show_overview", "show_remedy"]

COLOURS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.DOWN: "bold red",
        Verdict.NO_PERMITTED_ROUTE: "bold red",
        Verdict.DEGRADED: "yellow",
        Verdict.SAFE: "green",
    }
)
ROOMY = 110
"""Columns from which on everything has its place."""
LISTED = 12
"""So many pairs and reason trees are shown; --json has all."""
NAMES = 3
"""So many names of one weak spot are shown."""
ORDERS = ("alone", "pairs", "triples", "of 4")
"""Cut sets of these orders have a column."""


def show_impact(found: Impact, console: Console, only: Collection[str]) -> None:
    """Events, what becomes of every process, and why."""
    for event in found.events:
        console.print(Text.assemble(("▶ ", "bold red"), (event.said, "bold")), soft_wrap=True)
    for said in found.unknown:
        console.print(Text.assemble(("? ", "magenta"), said), soft_wrap=True)
    effects = [each for each in found.effects() if not only or each.process.id in only]
    console.print()
    console.print(_verdicts(effects, console.width >= ROOMY))
    trees = [each for each in effects if each.verdict is not Verdict.SAFE]
    if trees:
        console.print()
        console.print(Text("Why", "bold"))
    for effect in trees[:LISTED]:
        console.print(_tree(effect))
    if len(trees) > LISTED:
        console.print(Text(f"{len(trees) - LISTED} more; --process NAME shows one, --json all", "dim"))
    changed = list(_changes(found))
    unknown = dict.fromkeys(name for each in concentration(found) for name in each.unknown)
    if changed:
        console.print()
        console.print(Text("Concentration, before and after", "bold"))
        console.print(_columns(changed, ("what", "by", "index", "largest share")))
        console.print(_unpriced(list(unknown)))
    console.print()
    console.print(_conclusion(found), soft_wrap=True)


def _conclusion(found: Impact) -> Text:
    counts, stopped = found.counts, found.stopped
    whole = sum(each.weight for each in found.graph.processes.values())
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    weight = f"; {found.weight:g} of {whole:g} by weight: {_by_criticality(found.graph, stopped)}" if stopped else ""
    style = "bold red" if stopped else "bold yellow" if counts[Verdict.DEGRADED] else "bold green"
    return Text(f"{'✗' if stopped else '✓'} {said}{weight}", style)


def _verdicts(effects: Sequence[Effect], roomy: bool) -> Table:
    heads = ["process", "verdict", "served by", "left"]
    table = _table([*heads, "owner", "must be back in"] if roomy else heads)
    for effect in effects:
        process = effect.process
        cells: list[Text | str] = [
            Text.assemble((process.id, "bold"), (f" {process.criticality}", "dim")),
            Text(effect.verdict, COLOURS[effect.verdict]),
            Text(", ".join(effect.served_by)) if effect.served_by else Text("nobody", "red"),
            "?" if effect.capacity is None else f"{effect.capacity:.0%}",
        ]
        table.add_row(*cells, *([process.owner, spoken(process.objectives.rto_s)] if roomy else []))
    if any(effect.capacity is None for effect in effects):
        table.caption = "left ?: not every limit of its route is known"
        table.caption_justify = "left"
    return table


def _tree(effect: Effect) -> Tree:
    already = " (before as well)" if effect.before in STOPPED else ""
    tree = Tree(
        Text.assemble((effect.process.id, "bold"), " ", (effect.verdict, COLOURS[effect.verdict]), already),
        guide_style="dim",
    )
    for cause in effect.own:
        tree.add(Text.assemble(("✗ ", "red"), f"itself ← {cause}"))
    for branch in effect.branches:
        _grow(tree, branch, serving=branch.deployment in effect.served_by)
    if effect.verdict in STOPPED and effect.standby:
        tree.add(Text.assemble(("+ ", "green"), f"outside its route, and may serve it: {_some(effect.standby)}"))
    if effect.verdict in STOPPED and effect.barred and not effect.standby:
        tree.add(Text(f"outside its route, could and may not: {_some(effect.barred)}", "dim"))
    return tree


def _grow(tree: Tree, branch: Branch, *, serving: bool) -> None:
    name = branch.deployment
    if branch.state in {"serves", "throttled"}:
        left = f" at {branch.left:.0%}" if branch.state == "throttled" else ""
        tree.add(Text.assemble(("✓ " if serving else "· ", "green" if serving else "dim"), f"{name}{left}"))
    for cause in branch.causes:
        tree.add(Text.assemble(("✗ ", "red"), f"{name} ← {cause}"))
    for refusal in branch.refusals:
        tree.add(Text.assemble(("⊘ ", "yellow"), f"{name} not permitted by {refusal.rule}: {refusal.why}"))


def _changes(found: Impact) -> Iterator[tuple[Text | str, ...]]:
    for before, after in zip(concentration(impact(found.graph)), concentration(found), strict=True):
        if before.shares != after.shares:
            index = Text.assemble(_hhi(before), " → ", _hhi(after))
            yield after.measure, after.dimension, index, f"{_largest(before)} → {_largest(after)}"


def _largest(index: Index) -> str:
    return f"{index.shares[0].name} {index.shares[0].share:.0%}" if index.shares else "nothing known"


def _hhi(index: Index) -> Text:
    if index.hhi is None:
        return Text("unknown", "magenta")
    return Text(f"{index.hhi:,.0f}", "yellow" if index.hhi > HIGH else "")


def show_overview(seen: Overview, found: Impact, mending: Remedy, console: Console, only: Collection[str]) -> None:
    """What an inventory rests on, and what would mend it."""
    graph = found.graph
    sizes = {"process": graph.processes, "deployment": graph.inventory.deployments, "factor": graph.factors}
    known = ", ".join(counted(len(every), noun) for noun, every in sizes.items())
    console.print(Text.assemble((graph.inventory.name, "bold"), (f": {known}", "dim")))
    console.print()
    console.print(_depths(seen, found, only))
    console.print()
    _show_minimal(graph, console, only)
    safe = [name for name, depth in seen.depths.items() if depth not in {0, 1}]
    console.print(f"No single failure stops {_by_criticality(graph, safe)}.", soft_wrap=True)
    console.print()
    _show_weak(seen, console)
    console.print(Text("Concentration of whoever serves first", "bold"))
    console.print(_concentrations(concentration(found)))
    console.print()
    show_remedy(mending, console, whole=False)


def _show_weak(seen: Overview, console: Console) -> None:
    """What takes processes down alone, and what only in pairs."""
    console.print(Text("Single points of failure", "bold" if not seen.points else "bold red"))
    if seen.points:
        points = seen.points[:LISTED]
        alone = [(f"{each.weight:g}", _spot(each.factors), _some(each.processes)) for each in points]
        console.print(_columns(alone, ("weight", "what is lost", "takes down")))
        if len(seen.points) > LISTED:
            console.print(Text(f"  {len(seen.points) - LISTED} more; --json has all", "dim"))
    else:
        console.print(Text("  none", "green"))
    console.print()
    console.print(Text("Worse together than alone", "bold"))
    together = [
        (f"{each.weight:g}", _spot(each.first), _spot(each.second), _some(each.processes))
        for each in seen.couples[:LISTED]
    ]
    heads = ("weight", "what is lost", "and with it", "takes down")
    console.print(_columns(together, heads) if together else "  none")
    if len(seen.couples) > LISTED:
        console.print(Text(f"  {len(seen.couples) - LISTED} more; --json has all", "dim"))
    console.print()


def _by_criticality(graph: Graph, names: Collection[str]) -> str:
    return ", ".join(f"{count} of {whole} {level}" for level, (count, whole) in by_criticality(graph, names).items())


def _show_minimal(graph: Graph, console: Console, only: Collection[str]) -> None:
    """The minimal cut sets of the processes that were asked for by name."""
    for name in only:
        found = minimal(graph, name)
        console.print(Text(f"What takes {name} down, by up to {SOUGHT} failures", "bold"))
        for each in found[:LISTED]:
            groups = [Text.assemble("[", _spot(sorted(group, key=widths)), "]") for group in each.groups]
            size = f"{each.number:,} of {each.order}: any of " if each.number > 1 else ""
            console.print(Text.assemble("  ", (size, "dim"), Text(" with any of ").join(groups)), soft_wrap=True)
        rest = f"  {len(found) - LISTED} more; --json has all" if len(found) > LISTED else "" if found else "  nothing"
        console.print(Text(f"{rest}\n" if rest else "", "dim"))


def _depths(seen: Overview, found: Impact, only: Collection[str]) -> Table:
    orders = min(len(ORDERS), max((len(each or ()) for each in seen.counts.values()), default=1) - 1)
    heads = ("process", "may serve", "must fail", *ORDERS[:orders])
    table = _table(heads, right=heads[1:])
    for name, standing in found.graph.processes.items():
        if only and name not in only:
            continue
        depth, counts = seen.depths[name], seen.counts[name]
        sizes = [
            "?" if counts is None else f"{counts[o]:,}" if o < len(counts) and counts[o] else "-"
            for o in range(1, orders + 1)
        ]
        table.add_row(
            Text.assemble((name, "bold"), (f" {standing.process.criticality}", "dim")),
            f"{len(standing.permitted)} of {len(standing.process.routes)}",
            Text("none" if depth is None else str(depth), "green" if depth is None or depth > 1 else "red"),
            *sizes,
        )
    table.caption = "must fail: how many things at least to take it down; then how many minimal sets do"
    table.caption_justify = "left"
    return table


def _spot(names: Sequence[str]) -> Text:
    """A weak spot under its widest names."""
    shown = ", ".join(name.replace(":", " ", 1) for name in names[:NAMES])
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return Text.assemble(shown, (more, "dim"))


def _concentrations(indexes: Iterable[Index]) -> Group:
    rows = [
        (
            each.measure,
            each.dimension,
            _hhi(each),
            ", ".join(f"{one.name} {one.share:.0%}" for one in each.shares[:NAMES]),
        )
        for each in indexes
    ]
    unknown = dict.fromkeys(name for each in indexes for name in each.unknown)
    legend = Text(f"  index: 10,000 where all is one; yellow above {HIGH:,.0f}", "dim")
    return Group(_columns(rows, ("what", "by", "index", "largest shares")), _unpriced(list(unknown)), legend)


def _unpriced(names: Sequence[str]) -> Group:
    said = f"  spend leaves out {_some(names)}: who serves states no price"
    return Group(Text(said, "magenta")) if names else Group()


def show_remedy(mending: Remedy, console: Console, *, whole: bool) -> None:
    """What to add; the lines to paste alone where they are asked for."""
    if whole:
        for line in lines(mending):
            console.print(Text(line), soft_wrap=True)
        return
    if not mending.size and not mending.helpless and not mending.own:
        console.print(Text("✓ nothing fails alone: no addition is needed", "bold green"))
        return
    if mending.size:
        fewest = "The fewest additions" if mending.exact else "Additions (the search for fewer was cut short)"
        console.print(Text(f"{fewest} after which nothing fails alone: {mending.size}", "bold"))
    new = {each.deployment.id: each for each in mending.newcomers}
    for name, added in mending.added.items():
        known = [deployment for deployment in added if deployment not in new]
        lacking = [deployment for deployment in added if deployment in new]
        if known:
            console.print(Text.assemble(("+ ", "green"), (name, "bold"), f": add {', '.join(known)} to its route"))
        for deployment in lacking:
            asked = f": nothing permitted is at hand; needs a new deployment ({deployment})"
            console.print(Text.assemble(("! ", "yellow"), (name, "bold"), asked), soft_wrap=True)
    _show_helpless(mending, console)
    if mending.size:
        console.print(Text("modelrouter impact --repair prints the YAML", "dim"))
        console.print(Text("modelrouter capacity says whether what is added carries the load", "dim"))


def _show_helpless(mending: Remedy, console: Console) -> None:
    for name, why in mending.helpless.items():
        console.print(Text.assemble(("✗ ", "red"), (name, "bold"), f": {why}"), soft_wrap=True)
    for name, own in mending.own.items():
        said = f": depends itself on {_some(own)}; no deployment mends that"
        console.print(Text.assemble(("✗ ", "red"), (name, "bold"), said), soft_wrap=True)


def show_independence(found: Independence, console: Console) -> None:
    """What a proposed fallback shares with a route."""
    sign, style = ("✓", "bold green") if found.independent else ("✗", "bold red")
    said = "is independent of" if found.independent else "is not independent of"
    if found.refusals:
        said = "may not serve"
    console.print(Text(f"{sign} {found.deployment} {said} {found.process}", style))
    for refusal in found.refusals:
        console.print(Text(f"  not permitted by {refusal.rule}: {refusal.why}"), soft_wrap=True)
    for kin in found.kin:
        console.print(Text.assemble((f"  with {kin.deployment}", "bold"), f": {kin.likeness:.0%} alike"))
        for ours, theirs in kin.shared.values():
            ways = f"{_way(ours)}  |  {_way(theirs)}" if ours != theirs else _way(ours)
            console.print(Text(f"    both ← {ways}"), soft_wrap=True)
    for title, names in (("it would end", found.mended), ("would still fail alone", found.remaining)):
        if names:
            console.print(Text(f"  {title}: {', '.join(names)}"), soft_wrap=True)


def _way(path: Sequence[str]) -> str:
    return " ← ".join(name.replace(":", " ", 1) for name in path)


def show_comparison(found: Comparison, console: Console) -> None:
    """What changed for what survives."""
    signs = {"less": ("✗ ", "bold red"), "more": ("✓ ", "bold green"), "same": ("· ", "dim")}
    for shift in found.shifts:
        changed = [*shift.why]
        changed += [f"may no longer be served by {', '.join(shift.routes_removed)}"] if shift.routes_removed else []
        changed += [f"may be served by {', '.join(shift.routes_added)}"] if shift.routes_added else []
        if changed:
            how = {"less": "survives less", "more": "survives more", "same": "survives the same"}[shift.survives]
            console.print(Text.assemble(signs[shift.survives], (shift.process, "bold"), f" {how}"))
            for each in changed:
                console.print(Text(f"    {each}"), soft_wrap=True)
    for title, names in (("new", found.added), ("gone", found.removed)):
        if names:
            console.print(Text(f"{title}: {', '.join(names)}", "dim"), soft_wrap=True)
    fell = [each.process for each in found.shifts if each.survives == "less"]
    style = "bold red" if fell else "bold green"
    console.print(
        Text(
            f"✗ {_some(fell)} survive{'s' if len(fell) == 1 else ''} less" if fell else "✓ nothing survives less", style
        )
    )


def _some(names: Sequence[str]) -> str:
    most = 6
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _columns(rows: Iterable[Sequence[Text | str]], heads: Sequence[str]) -> Table:
    table = _table(heads)
    for row in rows:
        table.add_row(*row)
    return table


def _table(heads: Sequence[str], right: Sequence[str] = ("left", "weight", "index")) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head, overflow="fold", justify="right" if head in right else "left")
    return table
