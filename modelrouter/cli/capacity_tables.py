"""What `capacity` prints for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from modelrouter.cli.narrow import fits, stacked
from modelrouter.continuity.capacity import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from modelrouter.continuity.capacity import Bill, Carried, Loss, Outlook, Pool, Served

__all__ = ["amount", "show_bill", "show_limits", "show_loss", "show_losses"]

COLOURS = {
    Word.WHOLE: "green",
    Word.KEPT: "yellow",
    Word.SHORT: "bold red",
    Word.UNKNOWN: "magenta",
    Word.STOPPED: "bold red",
}
UNITS = {"rpm": "requests a minute", "tpm": "tokens a minute", "concurrency": "calls at a time"}
TIGHT = 0.8
"""A limit used so far is shown in yellow; one used up in red."""
HAIR = 1e-6
ROOMY = 110
"""Columns from which on a list of processes has room enough beside a loss."""


def show_loss(outlook: Outlook, ordinary: Outlook, console: Console) -> None:
    """One loss, whole: every process, by whom it is served, what binds, what it costs."""
    console.print(Text(outlook.loss.said, "bold"), soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("process", "", "served", "minimum", "by", "used up"):
        table.add_column(head, no_wrap=True)
    for each in outlook.served.values():
        table.add_row(
            Text.assemble(each.process.id, (f"\n{each.process.criticality}", "dim")),
            Text(each.word, COLOURS[each.word]),
            _served(each, ordinary.served[each.process.id]),
            f"{each.process.objectives.minimum:.0%}",
            "\n".join(f"{name} {rpm:,.4g}" for name, rpm in each.by.items()) or "nobody",
            "\n".join(pool.name for pool in each.bound),
        )
    console.print(table if fits(table, console) else _loss_stacked(outlook, ordinary))
    for line in _costs(outlook, ordinary):
        console.print(Text(line, "dim"), soft_wrap=True)
    console.print()


def _loss_stacked(outlook: Outlook, ordinary: Outlook) -> Table:
    """The same in two columns: the verdict beside the process, and under that its share and who serves it."""
    rows = []
    for each in outlook.served.values():
        share = _served(each, ordinary.served[each.process.id])
        share.plain = share.plain.replace("\n", ", ")
        told = Text.assemble((each.process.id, "bold"), (f" {each.process.criticality}", "dim"), "\n", share)
        told.append(f", minimum {each.process.objectives.minimum:.0%}")
        told.append("\nby " + (", ".join(f"{name} {rpm:,.4g}" for name, rpm in each.by.items()) or "nobody"))
        if each.bound:
            told.append(f"\nused up: {', '.join(pool.name for pool in each.bound)}", "yellow")
        rows.append((Text(each.word, COLOURS[each.word]), told))
    return stacked(rows)


def _served(now: Served, before: Served) -> Text:
    """How much, and how much it was, where that differs."""
    text = Text(f"{now.share:.0%} of {now.wanted:,.6g} rpm")
    if abs(now.share - before.share) > HAIR:
        text.append(f"\nordinary {before.share:.0%}", "dim")
    return text


def _costs(outlook: Outlook, ordinary: Outlook) -> Iterator[str]:
    before = f" (in ordinary times {ordinary.cost:,.2f})" if outlook.loss.names else ""
    yield f"US dollars an hour, where prices are known: {outlook.cost:,.2f}{before}"
    if outlook.unpriced:
        unpriced = ", ".join(f"{name} ({rpm:,.4g} rpm)" for name, rpm in outlook.unpriced.items())
        yield f"not in it, since nobody has said what they cost: {unpriced}"


def show_losses(outlooks: Sequence[Outlook], console: Console) -> None:
    """One line for each loss, the worst first: who falls short of what."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("when this is lost", "minimum kept", "short of it", "US$/h", "limit used most"):
        narrow = head in {"when this is lost", "limit used most"}
        table.add_column(head, overflow="fold", no_wrap=narrow, justify="right" if head == "US$/h" else "left")
    ranked = sorted(outlooks, key=lambda each: -len(each.falls_short))
    for outlook in ranked:
        kept = sum(each.keeps for each in outlook.served.values())
        whole = len(outlook.served)
        table.add_row(
            _named(outlook.loss),
            Text(f"{kept} of {whole}", "green" if kept == whole else "bold red"),
            Text(", ".join(_short(each) for each in outlook.falls_short)),
            f"{outlook.cost:,.0f}" + ("+" if outlook.unpriced else ""),
            _fullest(outlook.carried),
        )
    if console.width >= ROOMY or fits(table, console):
        console.print(table)
    else:
        console.print(Text("minimum kept, when this is lost", "dim"))
        console.print(stacked(map(_loss_row, ranked)))
    if any(len(outlook.loss.names) > 1 for outlook in outlooks):
        console.print(Text("+2 alike: two more things whose loss takes the same; --json names them", "dim"))
    if any(outlook.unpriced for outlook in outlooks):
        console.print(Text("US$/h+: and what nobody has priced; --lose FACTOR names it", "dim"))
    console.print()


def _loss_row(outlook: Outlook) -> tuple[Text, Text]:
    """One loss in two columns."""
    kept, whole = sum(each.keeps for each in outlook.served.values()), len(outlook.served)
    told = _named(outlook.loss)
    if outlook.falls_short:
        told.append(f"\nshort: {', '.join(_short(each) for each in outlook.falls_short)}", "red")
    most = _fullest(outlook.carried)
    cost = f"US$/h{'+' if outlook.unpriced else ''} {outlook.cost:,.0f}"
    told.append("\n" + (f"{cost}, used most: {most}" if most else cost), "dim")
    return Text(f"{kept} of {whole}", "green" if kept == whole else "bold red"), told


def _named(loss: Loss) -> Text:
    if not loss.names:
        return Text("nothing", "italic")
    more = f" +{len(loss.names) - 1} alike" if len(loss.names) > 1 else ""
    return Text.assemble((loss.name, "bold"), (more, "dim"))


def _short(served: Served) -> str:
    if served.word is Word.STOPPED:
        return f"{served.process.id} (nobody permitted)"
    return f"{served.process.id} {served.share:.0%}" + (" (limits not stated)" if served.word is Word.UNKNOWN else "")


def _fullest(carried: Sequence[Carried]) -> str:
    used = [(each.used / each.limit, each.pool.name) for each in carried if each.limit and each.used]
    if not used:
        return ""
    share, name = max(used)
    return f"{name} {share:.0%}"


def show_limits(ordinary: Outlook, outlooks: Sequence[Outlook], console: Console) -> None:
    """How full each limit is in ordinary times, and at its fullest under any of the losses."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("limit", "stated", "ordinary", "fullest", "when this is lost"):
        table.add_column(head, overflow="fold", justify="left" if head in {"limit", "when this is lost"} else "right")
    rows = []
    for place, usual in enumerate(ordinary.carried):
        ranked = ((_share(outlook.carried[place]), outlook) for outlook in outlooks)
        worst, at = max(ranked, key=lambda pair: pair[0], default=(_share(usual), ordinary))
        now = _share(usual)
        when = at.loss.name if worst > now + HAIR else ""
        fullest = max(worst, now)
        table.add_row(usual.pool.name, amount(usual.pool.limit), _percent(now), _percent(fullest), when)
        told = Text(f"{usual.pool.name} {amount(usual.pool.limit)}")
        told.append(f"\nfullest when {when} is lost" if when else "", "dim")
        rows.append((_percent(now), _percent(fullest), told))
    if fits(table, console):
        console.print(table)
    else:
        console.print(Text("used in ordinary times, at the fullest, and of which limit", "dim"))
        console.print(stacked(rows))
    console.print()


def _share(carried: Carried) -> float:
    return carried.used / carried.limit if carried.limit else 0.0


def _percent(share: float) -> Text:
    return Text(f"{share:.0%}", "bold red" if share >= 1 - HAIR else "yellow" if share >= TIGHT else "")


def show_bill(bill: Bill, losses: Sequence[Loss], console: Console) -> None:
    """What to buy, and what no purchase helps."""
    what = "each of these losses" if len(losses) > 1 else losses[0].said if losses[0].names else "ordinary times"
    if bill.purchases:
        console.print(Text(f"to keep every minimum through {what}", "bold"), soft_wrap=True)
        table = Table(box=None, pad_edge=False, show_header=False)
        for _ in range(4):
            table.add_column(no_wrap=True)
        for each in bill.purchases:
            unit = UNITS[each.pool.word]
            table.add_row(_owner(each.pool), f"+{amount(each.more)}", unit, f"{amount(each.limit)} → {amount(each.to)}")
        if fits(table, console):
            console.print(table)
        else:
            for each in bill.purchases:
                more = f"  +{amount(each.more)} {UNITS[each.pool.word]} ({amount(each.limit)} → {amount(each.to)})"
                console.print(Text(f"{_owner(each.pool)}\n{more}"), soft_wrap=True)
    elif not bill.hopeless:
        console.print(Text(f"every process keeps its minimum through {what}", "bold green"), soft_wrap=True)
    hopeless: dict[tuple[str, str], list[str]] = {}
    for loss, served in bill.hopeless:
        hopeless.setdefault((served.process.id, served.word), []).append(loss.name or "nothing")
    for (process, word), names in hopeless.items():
        why = "nobody permitted is left" if word == Word.STOPPED else "it lives on what nobody has stated limits for"
        text = f"no limit helps {process} when {', '.join(names)} is lost: {why}"
        console.print(Text(text, COLOURS[Word(word)]), soft_wrap=True)


def _owner(pool: Pool) -> str:
    return pool.owner.replace(":", " ", 1)


def amount(number: float) -> str:
    """A limit as people write it: 1.5M, 240."""
    if number >= 1_000_000 and number % 1000 == 0:  # noqa: PLR2004 - the M of the inventory
        return f"{number / 1_000_000:g}M"
    return f"{number:,.0f}"
