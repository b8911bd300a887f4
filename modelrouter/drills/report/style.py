"""How the report looks, beyond what all pages share: its matrix, its scenarios, their timelines."""

from __future__ import annotations

from modelrouter.pages.style import STYLE as SHARED

__all__ = ["STYLE"]

STYLE = (
    SHARED
    + """
.matrix { table-layout: fixed; border-spacing: 0; overflow-wrap: anywhere; }
.matrix thead th:first-child { width: 180px; }
.matrix thead th { border-bottom: 1px solid var(--line); line-height: 1.25; }
.matrix thead th strong { display: block; color: var(--ink); font-size: 13px; }
.matrix tbody th { position: sticky; left: 0; background: var(--card); font-weight: 550; z-index: 1; }
.matrix tbody th small, .matrix td small { display: block; font-weight: 400; line-height: 1.3; font-size: 11.5px; }
.matrix tbody th small { color: var(--soft); }
.matrix .kind th {
  padding: 12px 10px 3px; color: var(--accent); font-size: 11.5px; letter-spacing: .09em; text-transform: uppercase;
}
.matrix td { padding: 2px; height: 1px; }
.matrix td a { display: block; height: 100%; padding: 5px 8px; border-radius: 6px; text-decoration: none; }
.matrix td a:hover { outline: 2px solid var(--accent); }
.matrix td b { display: block; font-size: 11.5px; letter-spacing: .02em; line-height: 1.35; }
td .calm b { font-weight: 450; }
td a small { color: var(--ink); }
.legend i {
  display: inline-block; width: 19px; height: 19px; margin-right: 6px; border-radius: 50%; color: #fff;
  font: 700 11px/19px system-ui, sans-serif; text-align: center;
}
.legend .lostmark { background: none; border: 1.5px solid var(--bad); border-radius: 4px; color: var(--bad); line-height: 16px; }
.legend .hitmark { background: none; border: 2px dotted var(--bad); }
.scenario { margin: 16px 0; padding: 18px 20px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.scenario p { margin: 3px 0 10px; } .scenario p:last-child { margin-bottom: 0; }
.scenario .over { color: var(--soft); letter-spacing: 0; text-transform: none; }
.scenario summary { cursor: pointer; } .scenario summary h3 { display: inline; } .scenario summary::marker { color: var(--soft); }
.scenario details[open] summary { margin-bottom: 6px; }
.scenario .scroll { border: 0; border-radius: 0; }
.scenario table { margin-top: 8px; min-width: 860px; }
.scenario tbody tr { border-top: 1px solid var(--line); }
.scenario td.number, .scenario th.number { text-align: right; white-space: nowrap; }
.timeline { display: block; width: 100%; min-width: 760px; height: auto; }
.timeline text { fill: var(--ink); font: 12.5px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.timeline .name { text-anchor: end; font-weight: 550; }
.timeline .small { font-size: 10.5px; fill: var(--soft); }
.timeline .strong { font-weight: 650; fill: var(--ink); paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
.timeline .end { text-anchor: end; } .timeline .middle { text-anchor: middle; }
.timeline .good { fill: var(--good); } .timeline .warn { fill: var(--warn); }
.timeline .bad { fill: var(--bad); } .timeline .odd { fill: var(--odd); }
.timeline .lane { fill: var(--lane); } .timeline .tick { stroke: var(--line); }
.timeline .fault { fill: var(--fault); } .timeline .faultline { stroke: var(--bad); stroke-width: 1.5; }
.timeline line.hold { stroke: var(--accent); stroke-width: 1.3; stroke-dasharray: 3 3; }
.timeline text.hold { fill: var(--accent); font-weight: 600; }
.timeline .wait { stroke: var(--soft); stroke-width: 3; stroke-linecap: round; opacity: .55; }
.timeline .hit { fill: none; stroke: var(--bad); stroke-width: 2; stroke-dasharray: 2.5 2; }
.timeline .lost { fill: var(--card); stroke: var(--bad); stroke-width: 1.6; }
.timeline .cross { stroke: var(--bad); stroke-width: 2; fill: none; stroke-linecap: round; }
.timeline .letter { fill: #fff; font-size: 10px; font-weight: 700; text-anchor: middle; }
.part > h2 { scroll-margin-top: 12px; } .lead { margin: -6px 0 12px; max-width: 900px; color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 16px 0 0; font-size: 13px; color: var(--soft); }
table.plain tbody tr { border-top: 1px solid var(--line); } table.plain td { overflow-wrap: break-word; }
table.plain td.number, table.plain th.number { text-align: right; white-space: nowrap; }
table.plain td:first-child { font-weight: 550; } table.plain small { color: var(--soft); font-weight: 400; }
.whole { white-space: nowrap; }
.facts { display: grid; grid-template-columns: 1fr 1fr; gap: 0 36px; margin: 0; }
.facts div { padding: 7px 0; border-top: 1px solid var(--line); display: grid; grid-template-columns: 170px 1fr; gap: 12px; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.precedent { padding: 16px 20px; background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: 10px; }
.precedent + .precedent { margin-top: 12px; } .precedent p { margin: 4px 0 8px; max-width: 900px; }
.assumed, .told { margin: 8px 0 0; padding: 0; list-style: none; } .assumed li, .told li { margin: 5px 0; }
.told { padding-left: 20px; list-style: disc; margin-bottom: 14px; }
.mark { padding: 1px 7px; border-radius: 5px; background: var(--warn-bg); color: var(--warn); font-size: 12px; font-weight: 650; }
.scenario details details { margin-top: 8px; } .scenario details details summary { color: var(--soft); font-size: 13px; }
.bars .allowed { fill: var(--lane); stroke: var(--line); } .bars .rto { stroke: var(--ink); stroke-width: 2; }
.bars .tolerance { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 3 2; }
.bars text.bad { fill: var(--bad); }
@media (max-width: 860px) { .facts { grid-template-columns: 1fr; } .facts div { grid-template-columns: 120px 1fr; } }
@media (max-width: 860px) { .scenario { padding: 14px; } .matrix thead th:first-child { width: 130px; } }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  main, header, footer { padding-left: 0; padding-right: 0; } header { padding-top: 0; }
  nav, .scenario summary::marker, .scenario details details { display: none; } .scroll { overflow: visible; border: 0; }
  .scenario, .precedent, .facts div, tr, svg { break-inside: avoid; } h2, h3, .lead { break-after: avoid; }
  table, .timeline, .scenario table, table.plain { min-width: 0 !important; } table, .scenario table { font-size: 11px; }
  .verdict { font-size: 10px; padding: 1px 5px; } .matrix td b { font-size: 10px; overflow-wrap: normal; letter-spacing: 0; }
  .matrix thead th strong { font-size: 11px; } .matrix td small { font-size: 10px; } .matrix td a { padding: 4px 5px; }
  .banner, .verdict, .tile, .finding, .matrix td a, .mark, svg, .legend i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
)
