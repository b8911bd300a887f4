"""Real ledgers, written by a journal as routers write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind
from modelrouter.ledger.journal import Journal
from modelrouter.ledger.shards import KEY, lock_path

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "ledger.example/router"
START = 1_780_000_000
"""In seconds since 1970; each request is a second after the one before."""
SECRET = Secret(bytes(range(32)))
CALLERS = ("anna@example.org", "=HYPERLINK(1)", "claims-bot")


def request(number: int, **other: Any) -> Draft:
    """A request before its first call."""
    values = {
        "id": f"mr_{number:032x}",
        "process": "claims" if number % 2 else "letters",
        "asked": "gpt-5",
        "wire": "openai_chat",
        "caller": {"principal": CALLERS[number % len(CALLERS)]},
        "circumstances": {"data_classes": ["personal"], "country": "DE", "person": None, "segment": None},
        "route": ["gpt-eu", "claude-eu"],
        "streamed": number % 4 == 3,
        "door": "gateway",
    }
    return Draft(Kind.REQUEST, (START + number) * 1_000_000, values | other)


def hop(deployment: str, **other: Any) -> dict[str, Any]:
    """One call."""
    return {
        "deployment": deployment,
        "at_s": 0.0,
        "took_s": 0.4567,
        "status": 200,
        "cause": None,
        "scope": None,
        "rule": None,
        "held": None,
        "outrun": False,
        "cut": False,
        "losses": [],
        "model": "",
        "evidence": None,
    } | other


def decision(number: int, **other: Any) -> Draft:
    """What came of it: of five, one was served by the second, and one not at all."""
    limited = hop("gpt-eu", status=429, cause="rate_limit", scope="account", rule="openai.429", evidence="Slow down.")
    trail = [[hop("gpt-eu")], [limited, hop("claude-eu", at_s=0.5)], [limited]][(0, 0, 1, 0, 2)[number % 5]]
    served = None if number % 5 == 4 else trail[-1]["deployment"]
    values = {
        "id": f"mr_{number:032x}",
        "process": "claims" if number % 2 else "letters",
        "outcome": "served" if served else "failed",
        "served_by": served,
        "trail": trail,
        "excluded": [{"deployment": "gpt-us", "rule": "residency", "why": "processes in US"}],
        "took_s": 0.9567,
        "usage": {"input": 100, "written": 0, "cached": 20, "output": 7, "reasoning": 3} if served else None,
    }
    return Draft(Kind.DECISION, (START + number) * 1_000_000 + 500_000, values | other)


def others() -> list[Draft]:
    """One entry of each further kind that people read about."""
    hold = {"phase": "open", "cause": "quota", "since": 1.0, "until": None, "rule": "openai.quota", "evidence": "Pay."}
    made: list[tuple[Kind, dict[str, Any]]] = [
        (Kind.STREAM, {"id": f"mr_{3:032x}", "outcome": "cut", "cause": "network", "trail": [], "usage": None}),
        (Kind.HOLD, {"domain": "provider:openai", "before": None, "after": hold, "by": "router"}),
        (Kind.HOLD, {"domain": "provider:openai", "before": hold, "after": None, "by": "operator"}),
        (Kind.OPERATOR, {"action": "hold", "domain": "family:gpt", "reason": "a test", "until": None, "who": "Uma"}),
        (Kind.PROBE, {"deployment": "gpt-eu", "layer": "call", "outcome": "failed", "detail": "timeout"}),
        (
            Kind.INVENTORY,
            {"event": "reloaded", "name": "ours", "fingerprint": "f00", "edits": ["one", "two"], "facts": {}},
        ),
        (Kind.POLICY, {"edits": ["policies.residency: added"]}),
        (Kind.GAP, {"lost": 3, "from": "10:00", "to": "10:01", "why": "the disk is full"}),
        (Kind.ANCHOR, {"where": "file:/mnt/audit", "size": 4, "outcome": "kept"}),
    ]
    return [Draft(kind, (START + 500_000) * 1_000_000, values) for kind, values in made]


def requests(count: int, first: int = 0) -> list[Draft]:
    """So many requests, each with its decision."""
    return [make(number) for number in range(first, first + count) for make in (request, decision)]


def written(
    path: Path, drafts: list[Draft], *, secret: Secret | None = SECRET, origin: str = "", every: int = 100
) -> Path:
    """A shard with these entries, ended in order, and its key beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if secret is not None and not (path.parent / KEY).exists():
        (path.parent / KEY).write_bytes(secret.pem())
    journal = opened(path, secret=secret, origin=origin, every=every)
    for place in range(0, len(drafts), 50):
        journal.append(drafts[place : place + 50])
        journal.ask(lambda _: None).result(30)
    journal.close()
    assert lock_path(path).exists()
    return path


def opened(path: Path, *, secret: Secret | None = SECRET, origin: str = "", every: int = 100) -> Journal:
    """A journal that is at work."""
    origin = origin or f"{ORIGIN}/{path.stem}"
    return Journal(
        path, origin=origin, secret=secret, writer="gateway 4711", checkpoint_entries=every, wall=lambda: float(START)
    )
