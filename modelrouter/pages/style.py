"""How all pages look: colours, type, tables; light and dark, wide and narrow, on paper, without any outside resource."""

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
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .odd { color: var(--odd); }
.calm { color: var(--soft); }
.verdict.good, td .good { background: var(--good-bg); } .verdict.warn, td .warn { background: var(--warn-bg); }
.verdict.bad, td .bad { background: var(--bad-bg); } .verdict.odd, td .odd { background: var(--odd-bg); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.verdict { display: inline-block; padding: 1px 8px; border-radius: 5px; font-size: 12px; font-weight: 700; white-space: nowrap; }
code { font: 12.5px ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.notes { display: grid; grid-template-columns: 1fr 1fr; gap: 0 36px; }
.notes dt { margin-top: 9px; font-weight: 620; } .notes dd { margin: 0; color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 10px 0; padding: 0; list-style: none; font-size: 13px; }
.legend li { display: flex; align-items: center; min-width: 0; overflow-wrap: anywhere; }
footer { padding-top: 30px; padding-bottom: 44px; color: var(--soft); font-size: 13px; }
@media (max-width: 860px) {
  main, header, footer { padding-left: 16px; padding-right: 16px; }
  .tiles { grid-template-columns: repeat(2, 1fr); } .notes { grid-template-columns: 1fr; }
  h1 { font-size: 25px; }
}
@media print { body { background: none; } }
"""
