"""The stage of one repeat: a server for each case, healthy ones behind it, and the inventory over all of them.

Every case has providers, accounts, models and a process of its own, so that what one case teaches the
router says nothing of another.
"""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Self

from battery import certificates
from battery.case import FIRST
from battery.primary import Primary, Server, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from battery.case import Case, Other

UNIT_S = {False: 10.0, True: 1.0}
"""What a first token may take: the product's default, and in the quick part."""
CONTEXT = 100_000
WIRES = {"anthropic": "anthropic-messages"}


class Stage:
    """Servers and inventory for some cases; `file` is the inventory."""

    def __init__(self, cases: Iterable[Case], folder: Path, certificate_folder: Path, *, quick: bool) -> None:
        self.cases = tuple(cases)
        self.quick = quick
        self.folder = folder
        self.file = folder / "providers.yaml"
        self.healthy = Server(Primary())
        self.firsts = {
            case.name: Server(
                case.primary,
                vendor=case.vendor,
                unit_s=UNIT_S[quick and case.slow],
                tls=certificates.context(certificate_folder, case.primary.certificate)
                if case.primary.certificate
                else None,
            )
            for case in self.cases
        }
        self._rooms = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for server in (self.healthy, *self.firsts.values()):
            await server.start()
            self._rooms.push_async_callback(server.stop)
        (self.folder / "key").write_text("sk-battery")
        (self.folder / "key").chmod(0o600)
        self.file.write_text(json.dumps(self._inventory(), indent=1))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._rooms.aclose()

    def calls(self, case: Case, role: str) -> int | None:
        """How often a deployment was called; None where its server cannot know."""
        if role != FIRST:
            return self.healthy.calls.get(deployment(case, role), 0)
        return sum(self.firsts[case.name].calls.values()) if case.primary.counts else None

    def _inventory(self) -> dict[str, Any]:
        """As JSON, which YAML contains."""
        made: dict[str, Any] = {
            "inventory": "battery",
            "providers": {},
            "models": {},
            "deployments": {},
            "processes": {},
        }
        for case in self.cases:
            first = self.firsts[case.name]
            first.models.append(deployment(case, FIRST))
            made["providers"][case.name] = self._provider(case.vendor)
            made["models"][f"{case.name}-model"] = _model(case.name, CONTEXT)
            made["deployments"][deployment(case, FIRST)] = {
                "provider": case.name,
                "model": f"{case.name}-model",
                "wire": WIRES.get(case.vendor, "openai-chat"),
                "url": first.url,
                "name": deployment(case, FIRST),
                "processing": ["DE"],
            }
            for other in case.others:
                self._add(made, case, other)
            made["processes"][case.name] = self._process(case)
        return made

    def _provider(self, vendor: str) -> dict[str, Any]:
        account = {"main": {"key": f"file:{self.folder / 'key'}"}}
        return {"headquarters": "DE", "company": "self", "local": True, "vendor": vendor, "accounts": account}

    def _add(self, made: dict[str, Any], case: Case, other: Other) -> None:
        name = deployment(case, other.role)
        self.healthy.models.append(name)
        own = other.shares != "account"
        if own:
            made["providers"][name] = self._provider("openai")
        family = case.name if other.shares == "family" else name
        made["models"][f"{name}-model"] = _model(family, other.context)
        made["deployments"][name] = {
            "provider": name if own else case.name,
            "model": f"{name}-model",
            "wire": "openai-chat",
            "url": self.healthy.url,
            "name": name,
            "processing": ["DE"],
        }

    def _process(self, case: Case) -> dict[str, Any]:
        routes = [deployment(case, role) for role in (FIRST, *(other.role for other in case.others))]
        process = {"owner": "battery", "routes": routes, **case.process}
        if self.quick and case.slow:
            process["objectives"] = dict(case.shortened)
        return process


def _model(family: str, context: int) -> Mapping[str, Any]:
    return {"developer": "battery", "family": family, "context": context, "output": 4096, "capabilities": ["tools"]}


def deployment(case: Case, role: str) -> str:
    """The name of a deployment of a case."""
    return f"{case.name}-{role}"


def author(case: Case, text: str) -> str | None:
    """The role whose whole answer this is, None where it is nobody's."""
    roles = (FIRST, *(other.role for other in case.others))
    return next((role for role in roles if text == whole_text(deployment(case, role))), None)
