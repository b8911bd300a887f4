"""How the page looks: one style sheet, light and dark, wide and narrow, without any outside resource."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --card: #ffffff; --ink: #1b2430; --soft: #566172; --line: #dedbd2; --lane: #f3f2ec;
  --accent: #0d5a63; --good: #1a6637; --good-bg: #e0f0e4; --warn: #754f00; --warn-bg: #fcecc4;
  --bad: #a01a29; --bad-bg: #fbe1e2; --odd: #563a88; --odd-bg: #ebe4f8; --fault: rgba(160, 26, 41, .07);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11151b; --card: #191f28; --ink: #e7ebf0; --soft: #9ba6b5; --line: #2e3744; --lane: #1e2530;
    --accent: #66c5cb; --good: #86d8a0; --good-bg: #17351f; --warn: #f0c766; --warn-bg: #3a2e0f;
    --bad: #ff9ea3; --bad-bg: #45191d; --odd: #cbb6f6; --odd-bg: #2f2448; --fault: rgba(255, 120, 130, .08);
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums;
}
main, header, footer { max-width: 1240px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 36px; }
a { color: inherit; }
h1 { margin: 2px 0 4px; font-size: 30px; line-height: 1.15; letter-spacing: -.02em; overflow-wrap: anywhere; }
h2 { margin: 44px 0 12px; font-size: 20px; letter-spacing: -.01em; }
h3 { margin: 0; font-size: 17px; }
.over {
  margin: 0; color: var(--accent); font-size: 12px; font-weight: 700; letter-spacing: .12em; text-transform: uppercase;
}
.soft { color: var(--soft); }
.banner {
  display: flex; gap: 14px; align-items: center; margin: 20px 0 14px; padding: 15px 18px; border-radius: 10px;
  font-size: 18px; font-weight: 650; border-left: 6px solid currentColor; line-height: 1.35;
}
.banner.good { color: var(--good); background: var(--good-bg); }
.banner.bad { color: var(--bad); background: var(--bad-bg); }
.banner .sign { font-size: 24px; }
.banner span:last-child { color: var(--ink); }
.tiles { display: grid; grid-template-columns: repeat(6, 1fr); gap: 10px; margin: 0; }
.tile { padding: 11px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile dt { color: var(--soft); font-size: 12.5px; line-height: 1.3; }
.tile dd { margin: 0 0 1px; font-size: 23px; font-weight: 680; letter-spacing: -.02em; }
.finding { margin: 8px 0; padding: 11px 16px; background: var(--bad-bg); border-radius: 8px; overflow-wrap: anywhere; }
.finding b { color: var(--bad); }
.scroll {
  position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--card);
}
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th, td { padding: 7px 10px; text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; font-size: 12.5px; vertical-align: bottom; }
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
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .odd { color: var(--odd); }
.calm { color: var(--soft); }
.verdict.good, td .good { background: var(--good-bg); } .verdict.warn, td .warn { background: var(--warn-bg); }
.verdict.bad, td .bad { background: var(--bad-bg); } .verdict.odd, td .odd { background: var(--odd-bg); }
td .calm b { font-weight: 450; }
td a small { color: var(--ink); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 10px 0; padding: 0; list-style: none; font-size: 13px; }
.legend li { display: flex; align-items: center; min-width: 0; overflow-wrap: anywhere; }
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
.verdict { display: inline-block; padding: 1px 8px; border-radius: 5px; font-size: 12px; font-weight: 700; white-space: nowrap; }
code { font: 12.5px ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
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
.notes { display: grid; grid-template-columns: 1fr 1fr; gap: 0 36px; }
.notes dt { margin-top: 9px; font-weight: 620; } .notes dd { margin: 0; color: var(--soft); }
footer { padding-top: 30px; padding-bottom: 44px; color: var(--soft); font-size: 13px; }
@media (max-width: 860px) {
  main, header, footer { padding-left: 16px; padding-right: 16px; }
  .tiles { grid-template-columns: repeat(2, 1fr); } .notes { grid-template-columns: 1fr; }
  h1 { font-size: 25px; } .scenario { padding: 14px; } .matrix thead th:first-child { width: 130px; }
}
@media print { body { background: none; } .scenario { break-inside: avoid; } }
"""
