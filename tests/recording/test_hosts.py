"""One inventory on several machines: whose ledger each shard is."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ledger.writing import audited, rows

from modelrouter.core.evidence import Ledger
from modelrouter.ledger.keeping import origin_of
from modelrouter.router import Router
from recording.desk import scripted, small

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "ledger.example/{host}"


def kept_in(folder: Path, at: str) -> Ledger:
    """A ledger of this origin."""
    return Ledger(folder=str(folder / "ledger"), origin=at)


def served(ledger: Ledger) -> None:
    """Serve one request and end."""
    with Router(small(), clients=scripted().clients(), observers=[], hold_file=None, ledger=ledger) as router:
        router.chat("p", "hi")


def test_each_machine_has_an_origin_of_its_own(tmp_path: Path) -> None:
    """The name of the machine stands in the origin, so that no two have the same."""
    served(kept_in(tmp_path, at=ORIGIN))

    assert origin_of(tmp_path / "ledger" / "0.db") == f"ledger.example/{socket.gethostname()}/0"
    one, other = (Ledger(folder="x", origin=ORIGIN).named(host) for host in ("berlin-1", "odd name+2"))
    assert (one, other) == ("ledger.example/berlin-1", "ledger.example/odd-name-2")


def test_a_shard_goes_on_under_the_name_with_which_it_was_begun(tmp_path: Path) -> None:
    """A pod whose volume went on is called otherwise; its ledger stays one, and holds."""
    served(kept_in(tmp_path, at="ledger.example/pod-7"))
    path = tmp_path / "ledger" / "0.db"
    before = len(rows(path))
    served(kept_in(tmp_path, at=ORIGIN))

    assert origin_of(path) == "ledger.example/pod-7/0"
    assert len(rows(path)) > before
    assert audited(path, key=None).origin == "ledger.example/pod-7/0"


def test_another_ledger_is_not_gone_on_with(tmp_path: Path) -> None:
    """What the origin of the inventory cannot have meant on any machine stays as it is, and that is told."""
    served(kept_in(tmp_path, at="elsewhere.example/router"))
    path = tmp_path / "ledger" / "0.db"
    before = len(rows(path))
    with Router(
        small(), clients=scripted().clients(), observers=[], hold_file=None, ledger=kept_in(tmp_path, at=ORIGIN)
    ) as router:
        router.chat("p", "hi")
        condition = router.ledger

    assert condition is not None
    assert condition.trouble is not None
    assert "is the ledger elsewhere.example/router/0, and not ledger.example/" in condition.trouble
    assert len(rows(path)) == before
