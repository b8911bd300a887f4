"""Policies and contracts at every hop and at every moment: who may not serve is never called, and who may is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter import Context, Router
from modelrouter.core.contracts import Contract
from modelrouter.core.inventory import Model, Objectives
from modelrouter.core.moment import day_at, midnight
from modelrouter.core.rules import Policy, Rule
from modelrouter.errors import BadRequestError, RequestFailedError, StreamCutError
from modelrouter.testing import ManualClock, ScriptedProvider, VirtualTime, broken, silent, status, stream, text

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from modelrouter.core.decision import Decision
    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.runtime.answer import Answer
    from modelrouter.testing import Script

HOME = Policy(
    id="home", when={"data.class": frozenset({"personal"})}, rules=(Rule(fact="processing", allowed=frozenset({"EU"})),)
)
PERSONAL = Context(data_class="personal")
OPEN = Context(data_class="internal")
REFUSED = status(403, '{"error": {"message": "Your account was suspended", "code": "account_deactivated"}}')
BUSY = status(503, '{"error": {"message": "The server is overloaded"}}')
SLOW_DOWN = status(
    429, '{"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}', {"retry-after": "1"}
)
BAD: Mapping[str, Script] = {
    "broken": broken(),
    "refused": REFUSED,
    "busy": BUSY,
    "throttled": SLOW_DOWN,
    "silent": silent(),
    "empty": text(""),
}


def place(name: str, *places: str) -> Deployment:
    """A deployment that can go on with what another began."""
    model = Model(id="shared", developer="d", family="f", context=100_000, output=4096)
    return deployment(
        name, of=provider(f"{name}-p", vendor="vllm", local=True), model=model, processing=places or ("EU",)
    )


A, B, ABROAD, NOWHERE = place("a"), place("b"), place("abroad", "US"), replace(place("nowhere"), processing=())
FORBIDDEN = ("abroad", "nowhere")


def world(*routes: Deployment, policies: Sequence[Policy] = (HOME,), **facts: Any) -> Inventory:
    """A process over a route, which serves personal data where the policy lets it."""
    facts = {"objectives": Objectives(deadline_s=60.0, first_token_s=5.0), "attempts": 6, **facts}
    return inventory(process("p", *routes, **facts), policies=tuple(policies))


def play(
    described: Inventory, scripted: ScriptedProvider, promise: Callable[[Router], Coroutine[Any, Any, Any]]
) -> Any:
    """Run a promise with a router on virtual time."""
    time = VirtualTime()

    async def whole() -> Any:
        async with Router(described, observers=[], clients=scripted.clients(), clock=time, hold_file=None) as router:
            return await promise(router)

    return time.run(whole())


async def asked(router: Router, context: Context, *, streamed: bool) -> Decision | None:
    """Ask once and read to the end, however that ends."""
    try:
        answer = await router.achat("p", "x", context=context, stream=streamed)
        await read(answer)
    except StreamCutError:
        return None
    except RequestFailedError as error:
        return error.decision
    return answer.decision


async def read(answer: Answer) -> None:
    """Every block of an answer."""
    while await answer.block():
        pass


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("bad", BAD)
def test_no_failure_leads_where_policy_does_not(bad: str, *, streamed: bool) -> None:
    """First choice, second call and failover, wherever the forbidden stand in the route: they are never called.

    The same requests without the policy do reach them: the route leads there.
    """
    good = {name: [stream([name]) if streamed else text(name)] for name in ("b", *FORBIDDEN)}
    reached = set()
    for routes in permutations((A, B, ABROAD, NOWHERE)):
        for context in (PERSONAL, OPEN):
            scripted = ScriptedProvider({**good, "a": [BAD[bad]]})
            decision = play(world(*routes), scripted, partial(asked, context=context, streamed=streamed))
            called = {name for name, _ in scripted.calls}

            assert decision is not None
            if context is OPEN:
                reached |= called
                continue
            assert called <= {"a", "b"}, routes
            assert decision.served_by == "b", routes
            assert {each.rule for each in decision.excluded} == {"home"}
            assert [each.deployment.id for each in decision.excluded] == [
                each.id for each in routes if each.id in FORBIDDEN
            ]
    assert reached >= set(FORBIDDEN)


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("bad", BAD)
def test_nobody_permitted_is_nobody_asked(bad: str, *, streamed: bool) -> None:
    """Where every permitted deployment fails, the request fails, again and again, and nothing goes elsewhere."""
    scripted = ScriptedProvider({"a": [BAD[bad]], "b": [BAD[bad]], **{name: [text(name)] for name in FORBIDDEN}})

    async def often(router: Router) -> list[Decision | None]:
        return [await asked(router, PERSONAL, streamed=streamed) for _ in range(8)]

    decisions = play(world(ABROAD, A, NOWHERE, B), scripted, often)

    assert all(each is not None and each.served_by is None for each in decisions)
    assert {name for name, _ in scripted.calls} <= {"a", "b"}
    assert scripted.count("a")


class Slow(ScriptedProvider):
    """The first deployment answers late, so that another is asked beside it."""

    async def send(self, deployment: Deployment, *rest: Any) -> Any:
        """Wait first."""
        self.calls.append((deployment.id, b"begun"))
        if deployment.id == "a":
            await asyncio.sleep(4.0)
        return await super().send(deployment, *rest)


@pytest.mark.parametrize("streamed", [True, False])
def test_a_hedge_is_permitted_too(*, streamed: bool) -> None:
    """Who is asked beside a slow one is the next that may serve; without the policy it is the forbidden one."""
    answers = {name: [stream([name]) if streamed else text(name)] for name in ("a", "b", "abroad")}
    servers = {}
    for context in (PERSONAL, OPEN):
        slow = Slow(answers)
        described = world(A, ABROAD, B, hedge_s=0.5)
        decision = play(described, slow, partial(asked, context=context, streamed=streamed))
        servers[context.data_class] = decision.served_by, slow.count("abroad") > 0

    assert servers == {"personal": ("b", False), "internal": ("abroad", True)}


def test_a_stream_goes_on_where_it_may_alone() -> None:
    """What broke off in the middle is continued by a permitted deployment; without the policy, by the next one."""
    called = {}
    for context in (PERSONAL, OPEN):
        cut = stream(["one ", "two "], breaks="ConnectionResetError: [Errno 104] Connection reset by peer")
        rest = {name: [stream(["three"])] for name in ("b", "abroad")}
        scripted = ScriptedProvider({"a": [cut], **rest})
        play(
            world(A, ABROAD, B, on_cut="continue"),
            scripted,
            partial(asked, context=context, streamed=True),
        )
        called[context.data_class] = [name for name, _ in scripted.calls]

    assert called["personal"][:2] == ["a", "b"]
    assert "abroad" not in called["personal"]
    assert called["internal"][:2] == ["a", "abroad"]


def test_a_trial_is_a_request_that_may_go_there() -> None:
    """A hold that is due for a trial is not tried with what policy keeps away; another request does it."""
    scripted = ScriptedProvider({"abroad": [broken()], "a": [text("a")]})

    async def promise(router: Router) -> tuple[int, int]:
        for _ in range(4):
            await asked(router, OPEN, streamed=False)
        assert router.holds()
        scripted.play("abroad", [text("abroad")])
        for _ in range(40):
            await asyncio.sleep(30.0)
            before = scripted.count("abroad")
            await asked(router, PERSONAL, streamed=False)
            assert scripted.count("abroad") == before
        before = scripted.count("abroad")
        await asked(router, OPEN, streamed=False)
        return before, scripted.count("abroad")

    before, after = play(world(ABROAD, A), scripted, promise)

    assert after == before + 1


# -- from when, until when --------------------------------------------------------------------------------------------

TODAY = day_at(ManualClock().wall())
TOMORROW = TODAY + timedelta(days=1)


def dated(policies: Sequence[Policy] = (), contract: Contract | None = None) -> Inventory:
    """A process of two deployments; the first is under the contract."""
    paper = contract or Contract(id="paper")
    first = deployment("first", of=provider("seller", contract="paper"), processing=("US",))
    second = deployment("second", processing=("EU",))
    return replace(inventory(process("p", first, second), policies=tuple(policies)), contracts={"paper": paper})


def before_and_after(described: Inventory) -> tuple[list[str | None], list[list[str]]]:
    """Who serves a second before midnight and at it, without a word to the router between; and what excludes."""
    clock = ManualClock()
    clock.advance(midnight(TOMORROW) - clock.wall() - 1.0)
    scripted = ScriptedProvider({name: [text(name)] for name in ("first", "second")})
    served, rules = [], []
    with Router(described, observers=[], clients=scripted.clients(), clock=clock, hold_file=None) as router:
        for _ in range(2):
            decision = router.chat("p", "x").decision
            served.append(decision.served_by)
            rules.append([each.rule for each in decision.excluded])
            clock.advance(1.0)
    return served, rules


EU_ONLY = (Rule(fact="processing", allowed=frozenset({"EU"})),)


@pytest.mark.parametrize(
    ("described", "served", "rules"),
    [
        (dated([Policy(id="x", rules=EU_ONLY, begins=TOMORROW)]), ["first", "second"], [[], ["x"]]),
        (dated([Policy(id="x", rules=EU_ONLY, ends=TODAY)]), ["second", "first"], [["x"], []]),
        (dated(contract=Contract(id="paper", ends=TODAY)), ["first", "second"], [[], ["contract:paper"]]),
        (dated(contract=Contract(id="paper", begins=TOMORROW)), ["second", "first"], [["contract:paper"], []]),
        (dated(contract=Contract(id="paper", ends=TODAY, renews_s=86_400.0)), ["first", "first"], [[], []]),
    ],
    ids=["begins", "is over", "contract ends", "contract begins", "contract renews"],
)
def test_midnight_changes_the_next_request(described: Inventory, served: list[str], rules: list[list[str]]) -> None:
    """What begins or is over at midnight decides the first request after it: nobody restarts or reloads anything."""
    assert before_and_after(described) == (served, rules)


def test_a_clock_that_is_set_back_is_believed() -> None:
    """The day is that of the clock on the wall, in whichever direction it was set."""
    clock = ManualClock()
    scripted = ScriptedProvider({name: [text(name)] for name in ("first", "second")})
    described = dated(contract=Contract(id="paper", ends=TODAY))
    with Router(described, observers=[], clients=scripted.clients(), clock=clock, hold_file=None) as router:
        served = []
        for days in (0, 1, -1):
            clock.advance(days * 86_400.0)
            served.append(router.chat("p", "x").decision.served_by)

    assert served == ["first", "second", "first"]


def test_routes_of_other_days_are_told_and_not_remembered() -> None:
    """`explain` answers for the day it is asked about, and requests go on by today."""
    scripted = ScriptedProvider({name: [text(name)] for name in ("first", "second")})
    described = dated(contract=Contract(id="paper", ends=TODAY))
    with Router(described, observers=[], clients=scripted.clients(), clock=ManualClock(), hold_file=None) as router:
        later = router.explain("p", today=date(2030, 1, 1)).candidates
        now = router.explain("p").candidates
        served = router.chat("p", "x").decision.served_by

    assert [(each.rule, each.why) for each in later.excluded] == [("contract:paper", f"it ended on {TODAY}")]
    assert [each.id for each in later.permitted] == ["second"]
    assert [each.id for each in now.permitted] == ["first", "second"]
    assert served == "first"


# -- what callers say -------------------------------------------------------------------------------------------------

CHILDREN = Policy(id="children", when={"person": frozenset({"Minor"})}, rules=EU_ONLY)
FEDERAL = Policy(
    id="federal",
    when={"segment": frozenset({"us-federal"})},
    rules=(Rule(fact="processing", allowed=frozenset({"US"})),),
)


@pytest.mark.parametrize(
    ("said", "served"),
    [
        ({}, "first"),
        ({"person": "minor"}, "second"),
        ({"person": "MINOR"}, "second"),
        ({"segment": "US-Federal"}, "first"),
    ],
)
def test_persons_and_segments_decide(said: dict[str, Any], served: str) -> None:
    """Whether they are said in the body or around the request; routes are remembered for each apart."""
    scripted = ScriptedProvider({name: [text(name)] for name in ("first", "second")})
    with Router(dated([CHILDREN, FEDERAL]), observers=[], clients=scripted.clients(), hold_file=None) as router:
        router.chat("p", "x")
        by_body = router.chat("p", "x", modelrouter=said)
        by_context = router.chat("p", "x", context=Context(**said))
        with pytest.raises(BadRequestError, match="did you mean 'minor'"):
            router.chat("p", "x", modelrouter={"person": "mino"})
        with pytest.raises(RequestFailedError):
            router.chat("p", "x", modelrouter={"person": "minor", "segment": "us-federal"})

    assert (by_body.text, by_context.text) == (served, served)


def test_a_request_by_the_name_of_a_deployment_goes_nowhere_its_processes_may_not() -> None:
    """`model=abroad` reaches abroad only where nobody who routes there is kept from it."""
    scripted = ScriptedProvider({"abroad": [text("abroad")], "a": [text("a")]})
    strict = replace(HOME, when={"process": frozenset({"p"})})
    free = world(ABROAD, A, policies=())
    with Router(free, observers=[], clients=scripted.clients(), hold_file=None) as router:
        assert router.chat("abroad", "x").text == "abroad"
    with Router(
        world(ABROAD, A, policies=(strict,)), observers=[], clients=scripted.clients(), hold_file=None
    ) as router:
        assert router.chat("a", "x").text == "a"
        with pytest.raises(RequestFailedError) as raised:
            router.chat("abroad", "x")

    assert raised.value.decision is not None
    assert [each.rule for each in raised.value.decision.excluded] == ["home"]
    assert scripted.count("abroad") == 1
