"""What the register still misses, and what in it leads nowhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.governance.dora import codes
from modelrouter.governance.dora.templates import REFERENCES, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.governance.dora.register import Register, Row
    from modelrouter.governance.dora.templates import Column, Reference

__all__ = ["Gap", "gaps"]

_YES = "eba_BT:x28"
_HARD = frozenset({codes.SUBSTITUTABILITY["none"], codes.SUBSTITUTABILITY["hard"]})
_FUNCTION = r"F[1-9][0-9]*"
_INAPPLICABLE = frozenset({"B_01.03", "B_02.03", "B_03.03"})
"""Branches and groups: an inventory is of one entity."""


class Gap(NamedTuple):
    """One cell that must be filled or corrected before the register can be filed."""

    template: str
    row: int
    """From 1; 0 where the whole template is meant."""
    column: str
    title: str
    about: str
    """What tells the row apart."""
    problem: str
    fill: str
    """The key of the inventory that fills it; empty where there is none."""


class _Known(NamedTuple):
    """What rows are held against, gathered once."""

    keys: Mapping[Reference, frozenset[tuple[str, ...]]]
    """By reference: what stands where it leads."""
    critical: frozenset[str]
    """Functions that are critical or important."""
    direct: frozenset[str]
    """Providers with whom there is a contract; only of those somebody here knows the cost."""


def gaps(register: Register) -> tuple[Gap, ...]:
    """Everything missing, dangling or against the register's own rules, in the order of the templates."""
    known = _Known(
        keys={
            each: frozenset(tuple(row.get(column, "") for column in each.targets) for row in register[each.target])
            for each in REFERENCES
        },
        critical=frozenset(row.get("c0010", "") for row in register["B_06.01"] if row.get("c0050") == _YES),
        direct=frozenset(row.get("c0020", "") for row in register["B_03.02"]),
    )
    return tuple(gap for code in TEMPLATES for gap in _of_template(code, register[code], known))


def _of_template(code: str, rows: tuple[Row, ...], known: _Known) -> Iterator[Gap]:
    template = TEMPLATES[code]
    if code == "B_99.01":
        yield Gap(code, 0, "", template.title, "", "your own definitions of the closed options are wanted", "")
    elif not rows and code not in _INAPPLICABLE:
        yield Gap(code, 0, "", template.title, "", "no row: nothing in the inventory belongs here", "")
    for number, row in enumerate(rows, 1):
        about = next(iter(row.values()), "")
        for column in template.columns:
            if not row.get(column.code) and _is_needed(column, code, row, known):
                yield Gap(code, number, column.code, column.title, about, "missing", column.fill)
        yield from _broken(code, number, about, row)
        yield from _dangling(code, number, about, row, known)


def _is_needed(column: Column, code: str, row: Row, known: _Known) -> bool:
    critical = row.get("c0050", "") in known.critical
    match column.need:
        case "always":
            costs = code == "B_05.01" and column.code in ("c0090", "c0100")
            return not costs or row.get("c0010") in known.direct
        case "critical":
            return critical
        case "stored":
            return row.get("c0140") == _YES and (column.code == "c0150" or critical)
        case "hard":
            return row.get("c0050") in _HARD
        case _:
            return False


def _broken(code: str, number: int, about: str, row: Row) -> Iterator[Gap]:
    if code == "B_02.02" and row.get("c0070", "") >= row.get("c0080", codes.FOREVER):
        yield _gap(code, number, "c0080", about, "the arrangement ends before it begins", "contracts.*.ends")
    if code == "B_06.01" and not re.fullmatch(_FUNCTION, row.get("c0010", "")):
        problem = "the register counts functions as F1, F2, …"
        yield _gap(code, number, "c0010", about, problem, "processes.*.function.id")


def _dangling(code: str, number: int, about: str, row: Row, known: _Known) -> Iterator[Gap]:
    for reference in REFERENCES:
        wanted = tuple(row.get(column, "") for column in reference.columns)
        if reference.template == code and all(wanted) and wanted not in known.keys[reference]:
            problem = f"{', '.join(wanted)} does not stand in {reference.target}"
            yield _gap(code, number, reference.columns[0], about, problem, "")


def _gap(code: str, number: int, column: str, about: str, problem: str, fill: str) -> Gap:
    title = next(each.title for each in TEMPLATES[code].columns if each.code == column)
    return Gap(code, number, column, title, about, problem, fill)
