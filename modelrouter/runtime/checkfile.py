"""The check file, beside the hold file: what checks found, for commands in other processes, and what canaries spent."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.core.checks import Checked, Layer
from modelrouter.runtime.files import locked, replace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["CheckFile", "beside"]

DAY_S = 24 * 3600.0
FORGET_S = 7 * DAY_S
"""A check older than this tells nothing any more."""


def beside(hold_file: Path) -> Path:
    """Where the checks of an inventory are kept."""
    return hold_file.with_name(f"{hold_file.stem}.checks.json")


class CheckFile:
    """Reads and writes one file. Only writing raises: a file that cannot be read tells of no checks."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[Checked, ...]:
        """The last check of each layer of each deployment, by any process."""
        return tuple(_checked(self._load()))

    def write(self, checks: Iterable[Checked], wall: float) -> None:
        """Keep these checks beside those of others; the later of each layer stays."""
        with locked(self.path):
            document = self._load()
            known = {(each.deployment, each.layer): each for each in _checked(document)}
            for each in checks:
                before = known.get((each.deployment, each.layer))
                if before is None or before.at <= each.at:
                    known[each.deployment, each.layer] = each
            kept = [asdict(each) for each in known.values() if wall - each.at < FORGET_S]
            replace(self.path, orjson.dumps({**document, "version": 1, "checks": kept}))

    def spend(self, deployment: str, usd: float, budget: float, wall: float) -> bool:
        """Take the price of a canary out of its deployment's budget of the day (UTC); False where it is spent."""
        day = int(wall // DAY_S)
        with locked(self.path):
            document = self._load()
            spent = document.get("spent")
            today = spent["usd"] if isinstance(spent, dict) and spent.get("day") == day else {}
            after = float(today.get(deployment, 0.0)) + usd
            if after > budget:
                return False
            document["spent"] = {"day": day, "usd": {**today, deployment: after}}
            replace(self.path, orjson.dumps({**document, "version": 1}))
            return True

    def _load(self) -> dict[str, Any]:
        try:
            document = orjson.loads(self.path.read_bytes())
        except (OSError, ValueError):  # none yet, or none of ours: what it would tell can be asked again
            return {}
        return document if isinstance(document, dict) else {}


def _checked(document: dict[str, Any]) -> Iterable[Checked]:
    entries = document.get("checks")
    for entry in entries if isinstance(entries, list) else ():
        with suppress(TypeError, ValueError, KeyError):  # a later version wrote it
            yield Checked(**{**entry, "layer": Layer(entry["layer"]), "at": float(entry["at"])})
