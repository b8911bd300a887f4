"""The parts of `docs/performance.md` that are measured: each stands between its own marks."""

from __future__ import annotations

import re

from benchmarks.processes import ROOT

PAGE = ROOT / "docs/performance.md"


def put(name: str, text: str) -> None:
    """Put a measurement in the place of the one before; raises ValueError where the page has no such place."""
    part = re.compile(rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    page, times = part.subn(lambda found: f"{found[1]}{text.strip()}\n{found[2]}", PAGE.read_text())
    if times != 1:
        raise ValueError(f"{PAGE.name} has {times} places for {name!r}")
    PAGE.write_text(page)
