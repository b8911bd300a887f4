"""Whoever observes requests hears of each when it begins and when it is over, once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support.inventories import deployment, inventory, process

from modelrouter.core.context import Context
from modelrouter.errors import RequestFailedError, UnknownNameError
from modelrouter.router import Router
from modelrouter.testing import Recorder, ScriptedProvider, silent, status, stream, text

if TYPE_CHECKING:
    from modelrouter.core.checks import Checked
    from modelrouter.runtime.observers import Closing, Opening, Ordered


class Watcher(Recorder):
    """Remembers every opening, closing, check and order."""

    def __init__(self) -> None:
        super().__init__()
        self.openings: list[Opening] = []
        self.closings: list[Closing] = []
        self.checks: list[Checked] = []
        self.orders: list[Ordered] = []

    def opened(self, opening: Opening) -> None:
        """Remember it."""
        self.openings.append(opening)

    def closed(self, closing: Closing) -> None:
        """Remember it."""
        self.closings.append(closing)

    def probed(self, checked: Checked) -> None:
        """Remember it."""
        self.checks.append(checked)

    def ordered(self, ordered: Ordered) -> None:
        """Remember it."""
        self.orders.append(ordered)


def watched(*scripts: Any, **facts: Any) -> tuple[Router, Watcher]:
    """A router that goes to `a`, which plays these, then to `b`, which answers."""
    watcher = Watcher()
    provider = ScriptedProvider({"a": list(scripts), "b": [stream(["b"]) if "on_cut" in facts else text("b")]})
    described = inventory(process("p", deployment("a"), deployment("b"), **facts))
    return Router(described, clients=provider.clients(), observers=[watcher], hold_file=None), watcher


def test_a_whole_answer_is_told_with_its_usage_and_bytes() -> None:
    """The opening has caller, route and body, the closing what came of it."""

    async def scene() -> Watcher:
        router, watcher = watched(text("hello"))
        answer = await router.achat("p", "hi", context=Context(principal="app"))
        assert watcher.closings[0].body == answer.body
        await router.aclose()
        return watcher

    watcher = asyncio.run(scene())
    (opening,), (closing,) = watcher.openings, watcher.closings
    assert (opening.id, opening.asked, opening.streamed) == (closing.decision.id, "p", False)
    assert (opening.context.principal, opening.door, opening.wire) == ("app", "library", "openai-chat")
    assert [each.id for each in opening.route.permitted] == ["a", "b"]
    assert b'"hi"' in opening.body
    assert (closing.complete, closing.fault, closing.first_content_s) == (True, None, closing.decision.took_s)
    assert closing.usage is not None
    assert (closing.usage.input, closing.usage.output) == (1, 1)


@pytest.mark.parametrize(("breaks", "leaves"), [(None, False), ("reset", False), (None, True)])
def test_a_stream_is_over_once_however_it_ends(breaks: str | None, leaves: bool) -> None:  # noqa: FBT001 - a case
    """Complete, cut or left: one closing, and not before."""

    async def scene() -> Watcher:
        router, watcher = watched(stream(["one", "two"], breaks=breaks))
        answer = await router.achat("p", "hi", stream=True)
        assert (len(watcher.openings), watcher.closings) == (1, [])
        while await answer.block():
            if leaves:
                break
        await answer.aclose()
        await answer.aclose()
        await router.aclose()
        return watcher

    (closing,) = asyncio.run(scene()).closings
    assert closing.complete is (breaks is None and not leaves)
    assert (closing.fault is not None) is (breaks is not None)
    assert closing.first_content_s is not None


def test_a_stream_that_went_on_elsewhere_tells_every_hop() -> None:
    """Its closing has the hops after the first content too."""

    async def scene() -> Watcher:
        router, watcher = watched(stream(["one"], breaks="reset"), on_cut="restart")
        answer = await router.achat("p", "hi", stream=True, context=Context(restart=True))
        while await answer.block():
            pass
        await router.aclose()
        return watcher

    (closing,) = asyncio.run(scene()).closings
    assert [(hop.deployment, hop.cut) for hop in closing.decision.trail][:1] == [("a", True)]
    assert closing.decision.trail[-1].deployment == "b"


def test_failures_and_callers_that_leave_are_told_as_well() -> None:
    """A failure with its fault; a caller that left with the call that was under way."""

    async def scene() -> Watcher:
        router, watcher = watched(status(400, '{"error": {"message": "no such parameter"}}'), silent())
        with pytest.raises(RequestFailedError):
            await router.achat("p", "hi")
        asking = asyncio.create_task(router.achat("p", "hi"))
        await asyncio.sleep(0.02)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        with pytest.raises(UnknownNameError):
            await router.achat("nobody", "hi")
        await router.aclose()
        return watcher

    watcher = asyncio.run(scene())
    failed, left = watcher.closings
    assert [each.id for each in watcher.openings] == [failed.decision.id, left.decision.id]
    assert (failed.decision.outcome, failed.complete, failed.first_content_s) == ("failed", False, None)
    assert failed.fault is not None
    assert (left.decision.outcome, left.fault) == ("interrupted", None)
    assert [(hop.deployment, str(hop.fault and hop.fault.cause)) for hop in left.decision.trail] == [("a", "cancelled")]
    assert [decision.outcome for decision in watcher.decisions] == ["failed"]


def test_checks_and_orders_are_told_to_those_who_want_to_know() -> None:
    """And nothing is asked of observers that do not."""
    router, watcher = watched(text("a"))
    with router:
        router.check()
        router.hold("provider:a-provider", "a test", 60)
        router.release("provider:a-provider")

    assert {checked.deployment for checked in watcher.checks} == {"a", "b"}
    assert [ordered.action for ordered in watcher.orders] == ["hold", "release"]
    assert [change.by for change in watcher.changes] == ["operator", "operator"]
