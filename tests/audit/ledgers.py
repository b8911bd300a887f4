"""Small ledgers for tests, written by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modelrouter.audit.reader import Auditor, audit
from modelrouter.core.facts import facts

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

NOON = "2027-01-15T12:00:00.000000Z"


class Ledger:
    """Entries in order, as an export would have them."""

    def __init__(self, inventory: Inventory | None = None, at: str = NOON) -> None:
        self.at = at
        self.entries: list[dict[str, Any]] = []
        self.write("begin", origin="ledger.example/tests")
        if inventory is not None:
            self.load(inventory)

    def write(self, kind: str, **values: Any) -> None:
        """The next entry."""
        number = self.entries[-1]["number"] + 1 if self.entries else 0
        self.entries.append({"number": number, "kind": kind, "time": self.at, "values": values})

    def load(self, inventory: Inventory, event: str = "loaded") -> None:
        """An inventory comes into force."""
        self.write("inventory", event=event, facts=json.loads(json.dumps(facts(inventory))))

    def ask(self, name: str, process: str, *route: str, principal: str | None = None, **said: Any) -> None:
        """A request."""
        told = {"data_classes": [], "country": None, "person": None, "segment": None, **said}
        self.write(
            "request",
            id=name,
            process=process,
            caller={"principal": principal},
            circumstances=told,
            route=list(route),
            streamed=True,
        )

    def decide(self, name: str, *called: str, kind: str = "decision", outcome: str = "served") -> None:
        """Its decision, or the end of its stream."""
        trail = [{"deployment": each, "held": None, "outrun": False} for each in called]
        self.write(kind, id=name, outcome=outcome, trail=trail)

    def serve(self, process: str, *called: str, **said: Any) -> None:
        """A request that was offered to these, all of them in its route."""
        name = f"mr_{len(self.entries)}"
        self.ask(name, process, *called, **said)
        self.decide(name, *called)

    def audited(self) -> Auditor:
        """What the reader makes of it."""
        return audit(self.entries)

    def exported(self) -> str:
        """The same as lines."""
        return "".join(f"{_line(entry)}\n" for entry in self.entries)


def _line(entry: dict[str, Any]) -> str:
    head = {"after": "", "commitments": {}, "kind": entry["kind"], "number": entry["number"], "time": entry["time"]}
    fields = {name: ["c2FsdA==", value] for name, value in entry["values"].items()}
    return json.dumps({"entry": head, "fields": fields})
