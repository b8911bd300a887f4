"""Words and looks that only the impact page has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["STYLE", "counted", "sets", "some"]

MOST = 6
"""So many names are written out."""

STYLE = """
.tiles.four { grid-template-columns: repeat(4, 1fr); }
.pad { padding: 14px 16px; }
.events { margin: 16px 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 8px; }
.events li {
  padding: 4px 12px; border-radius: 999px; background: var(--bad-bg); color: var(--bad); font-weight: 620; font-size: 14px;
}
.finding.odd { background: var(--odd-bg); }
.signkey { min-width: 16px; margin-right: 5px; text-align: center; }
td, th { overflow-wrap: break-word; }
tbody tr + tr { border-top: 1px solid var(--line); }
td b { font-weight: 620; } td small { display: block; color: var(--soft); font-size: 12px; }
.number { text-align: right; white-space: nowrap; }
thead th.number { text-align: right; }
.wide { min-width: 760px; } .wide td:first-child:not(.number) { min-width: 178px; }
.reason { margin: 12px 0; padding: 14px 18px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.reason ul { margin: 8px 0 0; padding: 0; list-style: none; } .reason li { padding: 2px 0 2px 24px; text-indent: -22px; }
.reason li i { display: inline-block; width: 22px; text-indent: 0; font-style: normal; font-weight: 700; }
.reason .way { color: var(--soft); }
.bars { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 10px; }
.bars section { padding: 12px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; min-width: 0; }
.bars h3 { font-size: 14px; display: flex; justify-content: space-between; gap: 8px; }
.bars h3 span { font-weight: 500; color: var(--soft); white-space: nowrap; }
.bar { margin-top: 7px; font-size: 12.5px; }
.bar div { display: flex; justify-content: space-between; gap: 8px; } .bar div span { overflow-wrap: anywhere; }
.bar i { display: block; height: 6px; border-radius: 3px; background: var(--accent); min-width: 2px; }
.bar i.was { height: 3px; margin-top: 2px; background: var(--soft); opacity: .6; }
h3.measure { margin: 22px 0 10px; font-size: 15px; }
pre {
  margin: 12px 0; padding: 14px 16px; overflow-x: auto; background: var(--lane); border: 1px solid var(--line);
  border-radius: 10px; font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
}
.also { color: var(--soft); }
@media (max-width: 860px) { .tiles.four { grid-template-columns: repeat(2, 1fr); } .banner { font-size: 16px; } }
@media (max-width: 640px) {
  .wide { min-width: 0; } .wide thead { display: none; } .wide tr { display: block; padding: 8px 4px; }
  .wide td { display: block; padding: 2px 10px; text-align: left; white-space: normal; }
  .wide td[data-head]::before { content: attr(data-head) ": "; color: var(--soft); }
}
@media print { .reason, .bars section, .tile, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } .graph { min-width: 0; } pre { white-space: pre-wrap; } }
"""


ORDERS = ("", "alone", "pair", "triple")


def sets(counts: Sequence[int]) -> str:
    """How many minimal cut sets of each order: `1 alone, 18 pairs, 891 triples, 3 of 4`."""
    return ", ".join(_set(order, number) for order, number in enumerate(counts) if number and order)


def _set(order: int, number: int) -> str:
    if order >= len(ORDERS):
        return f"{number:,} of {order}"
    plural = "" if number == 1 or order == 1 else "s"
    return f"{number:,} {ORDERS[order]}{plural}"


def counted(count: int, noun: str) -> str:
    """`1 process`, `2 processes`; for nouns whose plural ends in s."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def some(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = len(names) - MOST
    if more > 0:
        return f"{', '.join(names[:MOST])} and {more:,} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
