"""What ends, and whether there is time to leave: R07, R08, R09, R16."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from modelrouter.continuity.lint.book import IDLE, KEY, NOTICE, RETIREMENT
from modelrouter.continuity.lint.rule import finding, some
from modelrouter.core.checks import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from modelrouter.continuity.calendar import Match
    from modelrouter.continuity.lint.rule import Finding, Path, Severity, View
    from modelrouter.core.contracts import Contract
    from modelrouter.core.inventory import Account, Deployment, Process

__all__ = ["idle", "keys", "notice", "retirement"]

SOON = timedelta(days=90)
"""Contracts and models: a quarter of a year is what a move with tests and approval takes."""
KEY_SOON = timedelta(days=30)
"""Keys: renewing one is an afternoon, if somebody thinks of it."""
IDLE_S = 15 * 86_400.0
"""As of 2026: accounts that have not called a legacy model of Bedrock for so long may lose it."""
DAY_S = 86_400


def keys(view: View) -> Iterator[Finding]:
    """R07. Accounts of deployments that may serve something; a key that is used up in another way is found by checks."""
    used: dict[tuple[str, str], tuple[Account, Deployment]] = {}
    for deployment in view.inventory.deployments.values():
        account = deployment.account
        if not view.users(deployment):
            continue
        yield from _certificate(deployment, view.today)
        if deployment.provider.local:
            continue
        if account is None:
            path: Path = ("deployments", deployment.id)
            advice = f"Add `accounts: {{main: {{key: env:NAME}}}}` to the provider {deployment.provider.id}."
            yield finding(KEY, path, f"{deployment.id} has no account, so its calls carry no key", advice)._replace(
                at_key=True
            )
        else:
            used.setdefault((account.provider, account.name), (account, deployment))
    for account, deployment in used.values():
        yield from _of_account(account, deployment, view.today)


def _certificate(deployment: Deployment, today: date) -> Iterator[Finding]:
    last = deployment.certificate_ends
    if last is not None and last - today <= KEY_SOON:
        path: Path = ("deployments", deployment.id, "certificate_ends")
        past = last < today
        message = f"the certificate of {deployment.id} {'ended' if past else 'ends'} on {last}"
        message += "" if past else f", {_in(last - today)}"
        yield finding(KEY, path, message, "Renew it and write its new last day.", "error" if past else None)


def _of_account(account: Account, deployment: Deployment, today: date) -> Iterator[Finding]:
    path: Path = ("providers", account.provider, "accounts", account.name)
    name = f"{account.provider}/{account.name}"
    if account.key is None:
        # The library behind `litellm` finds credentials of its own: those of the machine, say.
        severity: Severity | None = "note" if deployment.wire == "litellm" else None
        message = f"the account {name} names no key, so calls carry none"
        yield finding(KEY, path, message, "Write `key: env:NAME`.", severity)._replace(at_key=True)
    if account.ends is None:
        return
    left = account.ends - today
    if left < timedelta(0):
        yield finding(KEY, (*path, "ends"), f"the key of {name} ended on {account.ends}", KEY.advice, "error")
    elif left <= KEY_SOON:
        yield finding(KEY, (*path, "ends"), f"the key of {name} ends on {account.ends}, {_in(left)}", KEY.advice)


def retirement(view: View) -> Iterator[Finding]:
    """R08. At the date that counts: the deployment's own, else its model's. Without a date, where the model stands."""
    for deployment in view.inventory.deployments.values():
        used = view.users(deployment)
        if not used:
            continue
        model, last = deployment.model, deployment.retires or deployment.model.retires
        listed = view.listed.get(deployment.id)
        own = deployment.retires is not None
        path: Path = ("deployments", deployment.id, "retires") if own else ("models", model.id, "retires")
        names = f"{model.id} as {deployment.id}, which serves {_listed(used)}"
        if last is not None:
            left = last - view.today
            if left < timedelta(0):
                yield finding(RETIREMENT, path, f"{names}, was retired on {last}", RETIREMENT.advice, "error")
            elif left <= SOON:
                yield finding(RETIREMENT, path, f"{names}, retires on {last}, {_in(left)}", RETIREMENT.advice)
        elif listed is not None:
            yield from _by_list(listed, names, view.today)
        elif model.lifecycle in ("legacy", "deprecated"):
            message = f"{names}, is {model.lifecycle}, and nobody has said until when it is served"
            advice = "State the day: `retires: YYYY-MM-DD`."
            severity: Severity | None = "note" if model.lifecycle == "legacy" else None
            yield finding(RETIREMENT, ("models", model.id, "lifecycle"), message, advice, severity)


def _by_list(match: Match, names: str, today: date) -> Iterator[Finding]:
    """What a price list says, where the inventory says nothing: never an error, and a note where it may mean another."""
    left = match.ends - today
    if left <= SOON:
        when = f"retired on {match.ends}" if left < timedelta(0) else f"retires on {match.ends}, {_in(left)}"
        message = f"{names}, {when}, if the price list is right about {match.name}"
        severity: Severity | None = "note" if match.sure == "same-model" else None
        advice = "Ask the provider, and state the day: `retires: YYYY-MM-DD`."
        yield finding(RETIREMENT, ("deployments", match.deployment), message, advice, severity)._replace(at_key=True)


def idle(view: View) -> Iterator[Finding]:
    """R09. A standby is nobody's first choice; a canary keeps it used."""
    for deployment in view.inventory.deployments.values():
        if deployment.provider.vendor != "bedrock" or deployment.model.lifecycle != "legacy":
            continue
        used = view.users(deployment)
        if not used or any(view.permitted(each)[0].id == deployment.id for each in used) or _called(deployment):
            continue
        message = f"{deployment.id} is nobody's first choice, and {deployment.model.id} is legacy: after 15 idle days it may be gone"
        yield finding(IDLE, ("deployments", deployment.id), message, IDLE.advice)._replace(at_key=True)


def _called(deployment: Deployment) -> bool:
    health = deployment.health
    return health is not None and Layer.CANARY in health.checks and health.every_s < IDLE_S


def notice(view: View) -> Iterator[Finding]:
    """R16. Contracts of providers whose deployments may serve something; those of our own house are not asked.

    That one has ended is said of every contract that does not renew itself: its day is wrong, or it is over.
    """
    for contract in view.inventory.contracts.values():
        if contract.ends is not None and contract.ends < view.today and contract.renews_s is None:
            path: Path = ("contracts", contract.id, "ends")
            message = f"{contract.id} ended on {contract.ends}"
            yield finding(NOTICE, path, message, "Write when it ends now, or delete it.")
        used = {
            process.id: process
            for deployment in view.inventory.deployments.values()
            if deployment.provider.contract == contract.id and not deployment.provider.local
            for process in view.users(deployment)
        }
        if used:
            yield from _ending(contract, tuple(used.values()), view.today)
            yield from _given(contract, tuple(used.values()))


def _ending(contract: Contract, used: tuple[Process, ...], today: date) -> Iterator[Finding]:
    """Its own end; one that renews itself goes on."""
    if contract.ends is None or contract.renews_s is not None:
        return
    left = contract.ends - today
    slow = max((each.migration_s or 0.0 for each in used), default=0.0)
    path: Path = ("contracts", contract.id, "ends")
    if timedelta(0) <= left <= max(SOON, timedelta(seconds=slow)):
        slower = [each for each in used if timedelta(seconds=each.migration_s or 0.0) > left]
        longer = f"; moving {_listed(tuple(slower))} takes longer" if slower else ""
        message = f"{contract.id} ends on {contract.ends}, {_in(left)}, and nothing says that it renews{longer}"
        advice = "Renew it and write the new day, write `renews` if it goes on by itself, or move what depends on it."
        yield finding(NOTICE, path, message, advice)


def _given(contract: Contract, used: tuple[Process, ...]) -> Iterator[Finding]:
    """The notice that the provider must give, against the time that moving takes."""
    slow = [each for each in used if each.migration_s is not None]
    path: Path = ("contracts", contract.id, "provider_notice")
    given = contract.provider_notice_s
    for process in slow:
        if given is not None and process.migration_s is not None and given < process.migration_s:
            took = f"{given / DAY_S:g} days' notice, and moving {process.id} takes {process.migration_s / DAY_S:g}"
            yield finding(NOTICE, path, f"the provider may stop with {took}", NOTICE.advice)
    if slow and given is None:
        message = f"nobody has said how long before they stop the provider must tell; {_listed(tuple(slow))} take time to move"
        yield finding(NOTICE, path[:2], message, "State `provider_notice` of the contract.", "note")._replace(
            at_key=True
        )


def _in(left: timedelta) -> str:
    if not left.days:
        return "today"
    return "tomorrow" if left.days == 1 else f"in {left.days} days"


def _listed(processes: tuple[Process, ...]) -> str:
    return some(each.id for each in processes)
