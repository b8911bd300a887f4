"""What is wrong with an inventory: where, what it means, what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from modelrouter.inventory.masking import masked

if TYPE_CHECKING:
    from modelrouter.inventory.document import Place

Severity = Literal["error", "warning", "note"]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem with its place; problems sort by place. Lines and columns count from 1.

    `message` says what is wrong, `hint` is a sentence that says what to write. Neither ever holds a secret.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        mark = self.severity if self.severity != "error" else ""
        head = ": ".join(part for part in (f"{self.file}:{self.line}:{self.column}", mark, self.path) if part)
        return f"{head}: {self.message}. {self.hint}".rstrip()


class Finding(NamedTuple):
    """A problem whose place is still a path into the file; `at_key` points at the key, not at its value."""

    path: Path
    message: str
    hint: str = ""
    at_key: bool = False
    severity: Severity = "error"

    def at(self, place: Place) -> Problem:
        """The same, with its place in a file."""
        return Problem(*place, masked(dotted(self.path)), self.message, self.hint, self.severity)


def dotted(path: Path) -> str:
    """Write a path as people do: `processes.claims.routes[1]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
