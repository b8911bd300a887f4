"""What was measured, and the Markdown it is told in."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.prompt import CHUNKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.field import Cell, Client, Table

HEADINGS = {
    "whole": "{tasks} at once",
    "stream": "a chunk, {tasks} at once",
    "paced": "a chunk, paced, {tasks} at once",
}


class Results:
    """Measurements of one table: for each client and cell one a round, None where that round had none."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._rounds: dict[tuple[str, Cell], list[dict[str, Any] | None]] = {}

    def add(self, client: Client, cell: Cell, measured: dict[str, Any] | None) -> None:
        self._rounds.setdefault((client.name, cell), []).append(measured)

    @property
    def measured(self) -> bool:
        return any(any(rounds) for rounds in self._rounds.values())

    def markdown(self) -> str:
        measured = {name for (name, _), rounds in self._rounds.items() if any(rounds)}
        clients = [client for client in self.table.clients if client.name in measured]
        heads = ["client", *(HEADINGS[cell.kind].format(tasks=cell.tasks) for cell in self.table.cells)]
        rows = [[client.name, *(self._told(client, cell) for cell in self.table.cells)] for client in clients]
        lines = [_row(heads), _row(["---", *("---:" for _ in self.table.cells)]), *map(_row, rows)]
        return f"### {self.table.title}\n\n" + "\n".join(lines) + "\n"

    def _told(self, client: Client, cell: Cell) -> str:
        """CPU, calls a second where whole, and the ratio with its range."""
        rounds = [measured for measured in self._rounds.get((client.name, cell), []) if measured]
        if not rounds:
            return "-"
        told = [f"{_median(rounds, cell, _cpu_us):,.{0 if cell.kind == 'whole' else 1}f} µs"]
        ratios = self._ratios(client, cell)
        if client is not self.table.clients[0] and ratios:
            told.append(f"**{statistics.median(ratios):.2f} x** ({min(ratios):.2f} to {max(ratios):.2f})")
        if cell.kind == "whole":
            told.append(f"{_median(rounds, cell, _rate):,.0f}/s")
        return ", ".join(told)

    def _ratios(self, client: Client, cell: Cell) -> list[float]:
        first = self._rounds.get((self.table.clients[0].name, cell), [])
        pairs = zip(self._rounds[client.name, cell], first, strict=False)
        return [_cpu_us(ours, cell) / _cpu_us(theirs, cell) for ours, theirs in pairs if ours and theirs]


def _median(rounds: Iterable[dict[str, Any]], cell: Cell, figure: Callable[[dict[str, Any], Cell], float]) -> float:
    return statistics.median(figure(measured, cell) for measured in rounds)


def _cpu_us(measured: dict[str, Any], cell: Cell) -> float:
    """Microseconds a call, or a chunk of a stream."""
    parts = 1 if cell.kind == "whole" else CHUNKS
    cpu: float = measured["cpu_s"] / measured["calls"] / parts * 1e6
    return cpu


def _rate(measured: dict[str, Any], _: Cell) -> float:
    rate: float = measured["calls"] / measured["wall_s"]
    return rate


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
