from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modelrouter.core.context import Context
from modelrouter.core.rules import Policy, Rule
from modelrouter.errors import NoRouteError, RequestFailedError
from modelrouter.testing import silent, status, stream, text
from recording.desk import ORIGIN, left, on_loop, recording, scripted, shard_count, small

if TYPE_CHECKING:
    from pathlib import Path

    from modelrouter.runtime.answer import Answer

HEADER = "x-modelrouter-entry"


async def drained(answer: Answer) -> bytes:
    """All of a stream."""
    return b"".join([block async for block in answer])


@on_loop
async def test_a_whole_answer_is_a_request_and_a_decision(tmp_path: Path) -> None:
    """Who asked for what, where it might have gone, where it went and what it used; the header names the decision."""
    router = recording(tmp_path)
    context = Context(principal="claims-app", data_class="Internal", country="de", door="gateway")
    answer = await router.achat("p", "hi", context=context)
    await router.aclose()
    request, decision = left(tmp_path, "request", "decision")

    assert answer.headers[HEADER] == f"{ORIGIN}/0#{decision.number}"
    assert request.values == {
        "id": answer.decision.id,
        "process": "p",
        "asked": "p",
        "wire": "openai-chat",
        "caller": {"principal": "claims-app"},
        "circumstances": {"data_classes": ["internal"], "country": "DE", "person": None, "segment": None},
        "route": ["a", "b"],
        "streamed": False,
        "door": "gateway",
        "inventory": left(tmp_path, "inventory")[0].values["fingerprint"],
    }
    assert decision.values["id"] == answer.decision.id
    assert (decision.values["outcome"], decision.values["served_by"]) == ("served", "a")
    assert decision.values["usage"] == {"input": 1, "written": 0, "cached": 0, "output": 1, "reasoning": 0}
    assert [(hop["deployment"], hop["status"], hop["evidence"]) for hop in decision.values["trail"]] == [
        ("a", 200, None)
    ]


@on_loop
async def test_a_stream_has_an_end_of_its_own(tmp_path: Path) -> None:
    """The decision is there at the first content, what came after it when the stream is over: complete, cut or left."""
    provider = scripted(a=[stream(["one", "two"]), stream(["one"], breaks="reset"), stream(["one", "two"])])
    router = recording(tmp_path, provider)
    whole = await router.achat("p", "hi", stream=True)
    await drained(whole)
    cut = await router.achat("p", "hi", stream=True)
    await drained(cut)
    gone = await router.achat("p", "hi", stream=True)
    await gone.block()
    await gone.aclose()
    await router.aclose()
    ends = {row.values["id"]: row.values for row in left(tmp_path, "stream")}

    assert [ends[each.decision.id]["outcome"] for each in (whole, cut, gone)] == ["complete", "cut", "left"]
    assert [ends[each.decision.id]["cause"] for each in (whole, cut, gone)] == [None, "network", None]
    numbers = [int(each.headers[HEADER].rpartition("#")[2]) for each in (whole, cut, gone)]
    assert numbers == [row.number for row in left(tmp_path, "decision")]


@on_loop
async def test_who_went_on_with_a_stream_is_in_its_end(tmp_path: Path) -> None:
    """What was asked after the first content is no part of the decision, and all of the stream's entry."""
    provider = scripted(a=[stream(["one"], breaks="reset")], b=[stream(["two"])])
    router = recording(tmp_path, provider, small(on_cut="restart"))
    answer = await router.achat("p", "hi", stream=True, context=Context(restart=True))
    await drained(answer)
    await router.aclose()
    (decision,), (end,) = left(tmp_path, "decision"), left(tmp_path, "stream")

    assert answer.decision.served_by == "b"
    assert [hop["deployment"] for hop in decision.values["trail"]] == ["a"]
    assert [hop["deployment"] for hop in end.values["trail"]] == ["b"]
    assert (end.values["outcome"], end.values["cause"]) == ("complete", "network")


@on_loop
async def test_a_failure_is_recorded_and_says_so(tmp_path: Path) -> None:
    """Nobody answered: the error carries the header, the entry every hop with the words of the provider."""
    refusal = status(503, '{"error": {"message": "' + "come back later, please. " * 20 + '"}}')
    router = recording(tmp_path, scripted(a=[refusal], b=[refusal]))
    with pytest.raises(RequestFailedError) as caught:
        await router.achat("p", "hi")
    await router.aclose()
    (decision,) = left(tmp_path, "decision")

    assert caught.value.headers[HEADER] == f"{ORIGIN}/0#{decision.number}"
    assert (decision.values["outcome"], decision.values["served_by"]) == ("failed", None)
    assert {hop["deployment"] for hop in decision.values["trail"]} == {"a", "b"}
    assert all("come back later" in hop["evidence"] for hop in decision.values["trail"] if hop["status"] == 503)


@on_loop
async def test_what_a_policy_forbids_is_recorded_with_the_rule(tmp_path: Path) -> None:
    """A request that nobody may serve calls nobody, and its decision names the policy for each."""
    provider = scripted()
    rule = Policy(id="home", rules=(Rule(fact="headquarters", allowed=frozenset({"IS"})),))
    router = recording(tmp_path, provider, replace(small(), policies=(rule,)))
    with pytest.raises(NoRouteError):
        await router.achat("p", "hi")
    await router.aclose()
    (request,), (decision,) = left(tmp_path, "request"), left(tmp_path, "decision")

    assert provider.calls == []
    assert request.values["route"] == []
    assert [(each["deployment"], each["rule"]) for each in decision.values["excluded"]] == [
        ("a", "home"),
        ("b", "home"),
    ]


@on_loop
async def test_a_caller_that_goes_away_leaves_a_decision_with_what_was_sent(tmp_path: Path) -> None:
    """A prompt had gone out when its caller left: the entry says to whom."""
    router = recording(tmp_path, scripted(a=[silent()]))
    asking = asyncio.create_task(router.achat("p", "hi"))
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await router.aclose()
    (decision,) = left(tmp_path, "decision")

    assert (decision.values["outcome"], decision.values["served_by"]) == ("interrupted", None)
    assert [(hop["deployment"], hop["cause"]) for hop in decision.values["trail"]] == [("a", "cancelled")]


@on_loop
async def test_relaxed_records_the_same_and_promises_nothing(tmp_path: Path) -> None:
    """No answer waits, none has the header, and all of it is there in the end."""
    router = recording(tmp_path, scripted(), durability="relaxed")
    answer = await router.achat("p", "hi")
    await router.aclose()

    assert HEADER not in answer.headers
    assert [row.kind for row in left(tmp_path)] == ["begin", "inventory", "request", "decision", "end"]


def test_the_synchronous_door_records_as_well(tmp_path: Path) -> None:
    """Whole answers and streams of a thread without a loop."""
    provider = scripted(a=[stream(["one"])])
    with recording(tmp_path, provider) as router:
        with router.chat("p", "hi", stream=True) as answer:
            list(answer)
        assert answer.headers[HEADER]
        provider.play("a", [text("hello")])
        assert router.chat("p", "hi").headers[HEADER]

    assert [row.kind for row in left(tmp_path)][2:] == ["request", "decision", "stream", "request", "decision", "end"]


@on_loop
async def test_a_request_that_is_open_at_the_end_is_said_to_be_interrupted(tmp_path: Path) -> None:
    """A router that is closed under a stream leaves no stream without an end."""
    router = recording(tmp_path, scripted(a=[stream(["one"], silent=True)]))
    answer = await router.achat("p", "hi", stream=True)
    await answer.block()
    await router.aclose()
    await answer.aclose()
    (end,) = left(tmp_path, "stream")

    assert (end.values["outcome"], end.values["cause"]) == ("cut", "interrupted")


@on_loop
async def test_who_only_asks_what_would_happen_writes_nothing(tmp_path: Path) -> None:
    """`explain` and the list of holds leave no file."""
    router = recording(tmp_path)
    router.explain("p")
    router.holds()
    await router.aclose()

    assert shard_count(tmp_path) == 0


@on_loop
async def test_two_routers_of_one_ledger_write_a_shard_each(tmp_path: Path) -> None:
    """Neither waits for the other, and each names its own shard."""
    one, other = recording(tmp_path), recording(tmp_path)
    headers = [(await router.achat("p", "hi")).headers[HEADER] for router in (one, other)]
    await one.aclose()
    await other.aclose()

    assert [header.partition("#")[0] for header in headers] == [f"{ORIGIN}/0", f"{ORIGIN}/1"]
    assert shard_count(tmp_path) == 2
