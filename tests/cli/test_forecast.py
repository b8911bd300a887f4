"""The forecast of `explain` against what a router then does."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process

from modelrouter.cli.forecast import Forecast, forecast
from modelrouter.core.causes import Cause, Scope
from modelrouter.core.domains import Domain
from modelrouter.core.faults import Fault
from modelrouter.core.holds import Admission, Hold, admission, by_operator, opened, ready, trial_begun, trial_passed
from modelrouter.errors import RequestFailedError
from modelrouter.router import Router
from modelrouter.runtime.clock import SystemClock
from modelrouter.runtime.holdfile import HoldFile
from modelrouter.testing import ManualClock, ScriptedProvider, text

FAR = 1000.0
"""Seconds; beyond every deadline here."""
PLACES = [Domain.parse(name) for name in ("deployment:a", "deployment:b", "provider:a-provider", "family:b-family")]
CAUSES = [Cause.OUTAGE, Cause.THROTTLED, Cause.SUSPENDED, Cause.GEOFENCED, Cause.TIMEOUT, None]
INVENTORY = inventory(process("p", deployment("a"), deployment("b")))


class Typical(SystemClock):
    """The machine's clock, and luck that is neither good nor bad."""

    @staticmethod
    def chance() -> float:
        """The same for everybody."""
        return 0.5


@st.composite
def standing(draw: st.DrawFn, now: float) -> Hold:
    """A hold as one comes to be: fresh or due, stated or inferred, open, on trial or ramping up."""
    domain, cause = draw(st.sampled_from(PLACES)), draw(st.sampled_from(CAUSES))
    if cause is None:
        return by_operator(domain, "by hand", now, draw(st.sampled_from([None, now + FAR])))
    fault = Fault(cause=cause, scope=Scope.DEPLOYMENT, retry_after_s=FAR)
    begun = draw(st.sampled_from([now, now - 2 * FAR]))
    hold = replace(opened(None, domain, fault, begun, 0.5), stated=draw(st.booleans()))
    phases = [hold, ready(hold), trial_begun(hold, now), trial_passed(hold, now)]
    return draw(st.sampled_from([phase for phase in phases if phase is not None]))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_forecast_is_what_happens(data: st.DataObject) -> None:
    """Whatever is held: the deployment that is forecast is called, and where none is, none is."""
    clock = Typical()
    held = data.draw(st.lists(standing(clock.now()), max_size=3, unique_by=lambda hold: hold.domain))
    provider = ScriptedProvider({"a": [text("hi")], "b": [text("hi")]})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "holds.json"
        HoldFile(file, clock).write({hold.domain: hold for hold in held})
        with Router(INVENTORY, clients=provider.clients(), clock=clock, hold_file=file, observers=()) as router:
            foreseen = forecast(router.explain("p"), clock.now())
            served = served_by(router)

    if any(admission(hold, clock.now(), 0.5) is Admission.TRIAL for hold in held):
        # Other processes may be trying: while that is settled the request goes elsewhere, if it can.
        assert (foreseen.deployment is None) == (served is None)
        return
    assert foreseen.deployment == served
    assert (served in [name for name, _ in provider.calls]) == (served is not None)


def served_by(router: Router) -> str | None:
    """Who serves a request; None for nobody."""
    try:
        return router.chat("p", "x").decision.served_by
    except RequestFailedError:
        return None


def foreseen(*holds: Hold) -> Forecast:
    """The forecast where these are held."""
    clock = ManualClock(now=0.0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "holds.json"
        HoldFile(file, clock).write({hold.domain: hold for hold in holds})
        with Router(INVENTORY, clock=clock, hold_file=file, observers=()) as router:
            return forecast(router.explain("p"), clock.now())


def of_deployment(name: str, cause: Cause, retry_after_s: float, since: float = 0.0, *, stated: bool = False) -> Hold:
    """A hold on one deployment."""
    fault = Fault(cause=cause, scope=Scope.DEPLOYMENT, retry_after_s=retry_after_s)
    return replace(opened(None, Domain.parse(f"deployment:{name}"), fault, since, 0.5), stated=stated)


def test_each_forecast_says_what_is_unusual() -> None:
    """Nothing, a trial, a waived hold, a wait, a dead end: each has its own words."""
    inferred = [of_deployment(name, Cause.OUTAGE, FAR) for name in "ab"]
    soon = [of_deployment(name, Cause.THROTTLED, 5.0, stated=True) for name in "ab"]
    due = of_deployment("a", Cause.SUSPENDED, 1.0, since=-10.0)

    assert foreseen() == Forecast("a")
    assert foreseen(ready(due)) == Forecast("a", "as the one call that tries whether it is back")
    assert foreseen(*inferred) == Forecast("a", "its hold was only inferred, and nothing else is left")
    assert foreseen(*soon) == Forecast(None, "a request would wait for a hold to end, within its deadline")
    assert foreseen(*[by_operator(hold.domain, "x", 0.0, None) for hold in soon]) == Forecast(
        None, "every permitted deployment is held or without its key"
    )
