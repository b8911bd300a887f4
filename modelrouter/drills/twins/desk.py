"""Decides what becomes of a request: who sent it, for which deployment, what stands in its way.

The order is that of real services: what is in front of the vendor and what it knows without a key, the
key, the request, the model, the limits. An injection comes as early as its effect would.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson

from modelrouter.core.causes import Cause
from modelrouter.drills.faults import dialect, row
from modelrouter.drills.twins.asked import Asked, RefusedError, marker
from modelrouter.drills.twins.effects import STATED, Effect
from modelrouter.drills.twins.failure import Facts, Failure, failure
from modelrouter.drills.twins.injection import Called, Standing
from modelrouter.drills.twins.keys import dummy_key, sent_model
from modelrouter.drills.twins.limits import UNNAMED, Accounts, Gate
from modelrouter.drills.twins.listing import listing, single
from modelrouter.drills.twins.plan import Plan
from modelrouter.drills.twins.reply import Reply, Words, composed, worsened
from modelrouter.drills.twins.wire import PATH_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelrouter.core.inventory import Deployment, Provider
    from modelrouter.drills.twins.injection import Injection
    from modelrouter.drills.twins.plan import Request

BEFORE_THE_KEY = frozenset(
    {
        Effect.GEOFENCED,
        Effect.OUTAGE,
        Effect.BAD_GATEWAY,
        Effect.UNAVAILABLE,
        Effect.TIMEOUT,
        Effect.RESET,
        Effect.HTML_200,
    }
)
"""Effects that meet a caller with a wrong key as well."""

AT_ONCE = STATED | {Effect.TIMEOUT, Effect.RESET, Effect.HTML_200}
"""Effects that need no answer to happen to."""

DEFAULT_REGION = "westeurope"
NEXT = "-next"
"""What a silent successor's name ends in."""


class Desk:
    """One provider's reception."""

    def __init__(
        self,
        provider: Provider,
        deployments: Sequence[Deployment],
        *,
        tokens: int,
        accounts: Accounts,
        wall: Callable[[], float],
    ) -> None:
        self.standing = Standing()
        self.dialect = dialect(provider.vendor)
        self._deployments = tuple(deployments)
        self._keys = frozenset(dummy_key(account) for account in provider.accounts.values())
        self._gates = {
            deployment.id: Gate(
                deployment.limits, accounts.scale, accounts.burst_s, account=accounts.of(deployment.account)
            )
            for deployment in deployments
        }
        self._tokens = tokens
        self._wall = wall

    def decide(self, request: Request) -> Plan:
        """What will be sent; a plan with a gate must leave it."""
        place = request.place
        if place.kind == "unknown":
            return self._lost(request)
        deployment = self._find(request)
        stream = bool((request.body or {}).get("stream")) if place.stream is None else place.stream
        plan = Plan(wire=place.wire, deployment=deployment, asked=Asked(stream=stream))
        try:
            if place.kind == "listing":
                return self._list(request, plan)
            return self._call(request, plan)
        except RefusedError as refused:
            return self._refuse(request, plan, refused.effect, refused.message, code=refused.code)

    def _call(self, request: Request, plan: Plan) -> Plan:
        deployment = plan.deployment
        admitted = self._admits(request, deployment)
        owner = None if deployment is None else deployment.id
        called = Called(request.key, request.model, owner, marker(request.body or {}))
        injection = self.standing.take(called)
        if injection is not None and injection.effect in AT_ONCE and (admitted or injection.effect in BEFORE_THE_KEY):
            return self._inject(request, plan, injection)
        if not admitted:
            raise RefusedError("", Effect.AUTH)
        if request.body is None:
            raise RefusedError("We could not parse the JSON body of your request.")
        if deployment is None:
            raise RefusedError("", Effect.MODEL_UNAVAILABLE)
        asked = request.place.wire.read(request.body, {**request.headers, PATH_MODEL: request.model})
        asked = replace(asked, stream=plan.asked.stream)
        plan = replace(plan, asked=asked, injection=injection)
        if asked.tokens > deployment.model.context:
            return self._refuse(request, plan, Effect.CONTEXT_OVERFLOW)
        gate = self._gates[deployment.id]
        wait = gate.wait(request.at, self.standing.carries(called))
        if wait is not None:
            return self._refuse(request, plan, Effect.THROTTLED, wait=wait)
        return self._answer(request, replace(plan, gate=gate), deployment)

    def _answer(self, request: Request, plan: Plan, deployment: Deployment) -> Plan:
        effect = None if plan.injection is None else plan.injection.effect
        empty = effect is Effect.EMPTY_COMPLETION
        words = Words() if empty else composed(plan.asked, deployment, tokens=self._tokens)
        words = worsened(words) if effect is Effect.WORSE else words
        reply = Reply(
            number=request.number,
            vendor=self.dialect.vendor,
            model=f"{request.model}{NEXT}" if effect is Effect.SUCCESSOR else request.model,
            provider=deployment.provider.id,
            thought=words.thought,
            pieces=words.pieces,
            calls=words.calls,
            tokens_in=plan.asked.tokens,
            finish=words.finish,
            created=int(self._wall()),
            asked=plan.asked,
        )
        plan = replace(plan, reply=reply, effect=effect, headers=self._headers(request, deployment))
        if effect is not Effect.STREAM_ERROR:
            return plan
        error = self._failure(request, plan, Effect.STREAM_ERROR)
        if plan.asked.stream:
            return replace(plan, error=error)
        overloaded = row(self.dialect, Effect.STREAM_ERROR).cause is Cause.OVERLOADED
        return replace(plan, failure=self._failure(request, plan, Effect.OVERLOADED if overloaded else Effect.OUTAGE))

    def _inject(self, request: Request, plan: Plan, injection: Injection) -> Plan:
        if injection.effect in (Effect.TIMEOUT, Effect.RESET):
            return replace(plan, effect=injection.effect, injection=injection)
        return self._refuse(
            request,
            replace(plan, injection=injection),
            injection.effect,
            "The request is invalid.",
            injection.retry_after_s,
        )

    def _list(self, request: Request, plan: Plan) -> Plan:
        admitted = self._admits(request, plan.deployment)
        injection = self.standing.listing(Called(request.key, deployment=request.place.deployment))
        if injection is not None and (admitted or injection.effect in BEFORE_THE_KEY):
            return self._inject(request, plan, injection)
        if not admitted:
            raise RefusedError("", Effect.AUTH)
        visible = {
            name: deployment.model
            for deployment in self._deployments
            if self._owns(request, deployment)
            and (plan.deployment is None or host(deployment) == host(plan.deployment))
            and not self.standing.hidden(Called(request.key, name := sent_model(deployment), deployment.id))
        }
        wanted = request.place.model
        if wanted is not None and wanted not in visible:
            raise RefusedError("", Effect.MODEL_UNAVAILABLE)
        vendor = self.dialect.vendor
        body = listing(vendor, list(visible.items())) if wanted is None else single(vendor, wanted, visible[wanted])
        return replace(plan, listing=body, headers=self._headers(request, plan.deployment))

    def _lost(self, request: Request) -> Plan:
        plan = Plan(wire=request.place.wire, effect=Effect.BAD_REQUEST)
        refusal = self._failure(request, plan, Effect.BAD_REQUEST, "Not found: there is nothing at this path.")
        return replace(plan, failure=replace(refusal, status=404))

    def _refuse(
        self,
        request: Request,
        plan: Plan,
        effect: Effect,
        message: str = "",
        wait: float | None = None,
        code: str | None = None,
    ) -> Plan:
        found = self._failure(request, plan, effect, message, wait)
        body = plan.wire.refusal(found.body if code is None else coded(found.body, code))
        return replace(plan, effect=effect, failure=replace(found, body=body))

    def _failure(
        self, request: Request, plan: Plan, effect: Effect, message: str = "", wait: float | None = None
    ) -> Failure:
        found = row(self.dialect, effect)
        facts = self._facts(request, plan.deployment, wait or found.retry_s)
        tokens = max(plan.asked.tokens, facts.window + 1)
        states = plan.injection is None or plan.injection.states_wait
        return failure(self.dialect, found, replace(facts, message=message, tokens=tokens), states_wait=states)

    def _facts(self, request: Request, deployment: Deployment | None, wait: float | None = None) -> Facts:
        reset = datetime.fromtimestamp(self._wall() + (wait or 0), UTC)
        return Facts(
            number=request.number,
            model=request.model,
            region=(deployment.region if deployment is not None else None) or DEFAULT_REGION,
            limit=self._gates[deployment.id].rpm if deployment is not None else UNNAMED,
            window=deployment.model.context if deployment is not None else 0,
            reset=reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
            retry_s=wait,
        )

    def _headers(self, request: Request, deployment: Deployment | None) -> dict[str, str]:
        words = self._facts(request, deployment).words()
        templates = {**self.dialect.headers, **self.dialect.served}
        return {name: text.format_map(words) for name, text in templates.items()}

    def _find(self, request: Request) -> Deployment | None:
        model = request.model.removeprefix("models/")
        fitting = [
            deployment
            for deployment in self._deployments
            if request.place.deployment in (None, deployment.id)
            and (request.place.kind == "listing" or sent_model(deployment).removeprefix("models/") == model)
        ]
        owned = [deployment for deployment in fitting if self._owns(request, deployment)]
        if request.place.kind == "listing" and request.place.deployment is None:
            return None
        return next(iter(owned or fitting), None)

    def _owns(self, request: Request, deployment: Deployment) -> bool:
        return deployment.account is None or request.key == dummy_key(deployment.account)

    def _admits(self, request: Request, deployment: Deployment | None) -> bool:
        if deployment is not None:
            return self._owns(request, deployment)
        return not self._keys or request.key in self._keys


def coded(body: bytes, code: str) -> bytes:
    """An error in OpenAI's envelope that names its code; others have no place for one."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(found, dict) or "code" not in (found.get("error") or {}):
        return body
    return orjson.dumps({**found, "error": {**found["error"], "code": code}})


def host(deployment: Deployment) -> str:
    """The server that a deployment lives on; what another server of the provider has, it does not list."""
    return urlsplit(deployment.url or "").netloc
