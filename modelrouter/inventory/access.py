"""Who may use the gateway, as written in the file."""

from __future__ import annotations

from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.fields import Day, Digest, Name


class AccessKeyEntry(Entry):
    """A key of a caller, kept as its hash alone; `modelrouter key NAME` makes one."""

    hash: Digest = about(
        "The SHA-256 of the key: `sha256:` and 64 hexadecimal digits.", f"sha256:{'0f' * 32}", unit="hash"
    )
    processes: list[Name] | None = about("What it may be used for. By default every process.", ["claims-triage"], None)
    ends: Day | None = about("Its last day, in UTC. By default it does not end.", "2027-06-30", None)


class AccessEntry(Entry):
    """Who may use the gateway."""

    keys: dict[Name, AccessKeyEntry] = about(
        "Callers, by the name that decisions cite, and the hash of the key of each. Once there is one, nobody is served without.",
        {"claims-app": {"hash": f"sha256:{'0f' * 32}"}},
        {},
    )
