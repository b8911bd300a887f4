"""Writes a drill's evidence into a folder: the page, the document, JUnit, the journal, and the signature over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.drills.report.facts import as_json
from modelrouter.drills.report.journal import journal
from modelrouter.drills.report.junit import junit
from modelrouter.drills.report.page import page
from modelrouter.drills.signing import sign_folder

if TYPE_CHECKING:
    from pathlib import Path

    from modelrouter.drills.report.findings import Findings
    from modelrouter.drills.signing import Key

__all__ = ["FILES", "write"]

FILES = ("index.html", "report.json", "junit.xml", "journal.json", "signature.json")
"""What a folder of evidence holds."""


def write(found: Findings, folder: Path, key: Key | None = None) -> None:
    """Write all of it; what another drill left there under these names is overwritten. Raises OSError."""
    (folder / "report.json").write_bytes(as_json(found))
    (folder / "index.html").write_text(page(found), encoding="utf-8")
    (folder / "junit.xml").write_text(junit(found), encoding="utf-8")
    (folder / "journal.json").write_bytes(journal(found))
    sign_folder(folder, FILES[:-1], key)
