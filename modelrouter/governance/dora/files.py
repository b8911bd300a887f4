"""The register as files: one for each template, and one that says what is missing."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from modelrouter.governance.dora.gaps import Gap
from modelrouter.governance.dora.templates import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modelrouter.governance.dora.register import Register

__all__ = ["MISSING", "files"]

MISSING = "missing.csv"


def files(register: Register, found: Iterable[Gap]) -> Mapping[str, str]:
    """Texts by file name: RFC 4180 with LF, the first line names the columns."""
    tables = {
        template.file: _csv(
            [column.code for column in template.columns],
            [[row.get(column.code, "") for column in template.columns] for row in register[template.code]],
        )
        for template in TEMPLATES.values()
    }
    return {**tables, MISSING: _csv(Gap._fields, [[str(cell) for cell in gap] for gap in found])}


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
