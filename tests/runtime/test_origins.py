"""What one provider signed goes back to that provider as it was, and to no other."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from support.inventories import deployment, inventory, process, provider
from support.spelling import spelled_out

from modelrouter import AsyncAnthropic, AsyncOpenAI, Router
from modelrouter.core.inventory import Model
from modelrouter.drills.twins.keys import dummy_key
from modelrouter.drills.twins.twin import Pace, Twin
from modelrouter.runtime.origins import Origins, issuer_of
from modelrouter.testing import ManualClock, Recorder, Script, ScriptedProvider
from modelrouter.wire.seals import without_foreign

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from modelrouter.core.inventory import Deployment, Wire

SEAL = base64.b64encode(b"what a provider thought, sealed").decode()
OTHER = base64.b64encode(b"what another one thought, sealed").decode()


def run(promise):
    """Run one asynchronous test."""
    return asyncio.run(asyncio.wait_for(promise, 60))


@dataclass(frozen=True, slots=True)
class Case:
    """One wire on which something sealed goes out and comes back."""

    wire: Wire
    name: str
    """A model whose vendor made the wire."""
    whole: dict[str, Any]
    events: tuple[dict[str, Any], ...]
    history: dict[str, Any]
    """A request that brings the seal back."""
    purged: dict[str, Any]
    """What is sent of it to anybody else."""


def _anthropic() -> Case:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": SEAL}
    text = {"type": "text", "text": "Yes."}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m"}
    usage = {"input_tokens": 1, "output_tokens": 1}
    asked = {"role": "user", "content": "Is it so?"}
    more = {"role": "user", "content": "And now?"}
    return Case(
        "anthropic-messages",
        "claude-opus-4-5",
        {**head, "content": [thinking, text], "stop_reason": "end_turn", "usage": usage},
        (
            {"type": "message_start", "message": {**head, "content": [], "usage": usage}},
            {"type": "content_block_start", "index": 0, "content_block": {**thinking, "thinking": "", "signature": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": SEAL}},
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": text},
            {"type": "content_block_stop", "index": 1},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
            {"type": "message_stop"},
        ),
        {"max_tokens": 99, "messages": [asked, {"role": "assistant", "content": [thinking, text]}, more]},
        {"max_tokens": 99, "messages": [asked, {"role": "assistant", "content": [text]}, more]},
    )


def _responses() -> Case:
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": SEAL}
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "K-7"}
    head = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m"}
    done = {**head, "status": "completed", "output": [reasoning, call], "usage": None}
    asked = {"role": "user", "content": "Is it so?"}
    bare = {name: value for name, value in call.items() if name != "id"}
    return Case(
        "openai-responses",
        "gpt-5.6",
        done,
        (
            {"type": "response.created", "response": {**head, "status": "in_progress", "output": []}},
            {"type": "response.output_item.done", "output_index": 0, "item": reasoning},
            {"type": "response.output_item.added", "output_index": 1, "item": call},
            {"type": "response.output_item.done", "output_index": 1, "item": call},
            {"type": "response.completed", "response": done},
        ),
        {"store": False, "input": [asked, reasoning, call, output]},
        {"store": False, "input": [asked, bare, output]},
    )


def _gemini() -> Case:
    call = {"functionCall": {"id": "c1", "name": "look", "args": {}}, "thoughtSignature": SEAL}
    content = {"role": "model", "parts": [{"text": "Hm.", "thought": True}, call]}
    bare = {"functionCall": call["functionCall"]}
    asked = {"role": "user", "parts": [{"text": "Is it so?"}]}
    result = {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "look", "response": {"a": 1}}}]}
    candidate = {"index": 0, "content": content, "finishReason": "STOP"}
    return Case(
        "gemini",
        "gemini-2.5-pro",
        {"candidates": [candidate], "modelVersion": "m", "responseId": "r"},
        (
            {"candidates": [{"index": 0, "content": content}], "modelVersion": "m", "responseId": "r"},
            {"candidates": [{"index": 0, "finishReason": "STOP"}], "modelVersion": "m", "responseId": "r"},
        ),
        {"contents": [asked, content, result]},
        {"contents": [asked, {"role": "model", "parts": [{"text": "Hm.", "thought": True}, bare]}, result]},
    )


CASES = [_anthropic(), _responses(), _gemini()]
ASKS: dict[str, dict[str, Any]] = {
    "anthropic-messages": {"max_tokens": 99, "messages": [{"role": "user", "content": "Is it so?"}]},
    "openai-responses": {"input": "Is it so?"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Is it so?"}]}]},
    "openai-chat": {"messages": [{"role": "user", "content": "Is it so?"}]},
}


def scripts(case: Case) -> tuple[Script, Script]:
    """Its answer, whole and streamed."""
    events = (
        (f"event: {each['type']}\n" if "type" in each else "") + f"data: {json.dumps(each)}\n\n" for each in case.events
    )
    kinds = {"content-type": "application/json"}, {"content-type": "text/event-stream"}
    return (
        Script(headers=kinds[0], blocks=(json.dumps(case.whole).encode(),)),
        Script(headers=kinds[1], blocks=tuple(map(str.encode, events))),
    )


def of(place: int, name: str, wire: Wire, *, account: str) -> Deployment:
    """A deployment of an account of its own."""
    can = frozenset({"tools", "thinking"})
    model = Model(id=name, developer="x", family="x", context=100_000, output=4000, capabilities=can)
    made = deployment(f"d{place}", of=provider(account), wire=wire, model=model)
    return replace(made, name=name)


def routed(case: Case, *deployments: Deployment) -> tuple[Router, ScriptedProvider, Recorder]:
    """A router whose deployments all answer with the case's seal; callers name the deployment that they mean."""
    played, recorder = ScriptedProvider({each.id: [scripts(case)[0]] for each in deployments}), Recorder()
    router = Router(
        inventory(process("p", *deployments)), observers=[recorder], clients=played.clients(), hold_file=None
    )
    return router, played, recorder


async def asked(router: Router, wire: str, body: dict[str, Any], of: str) -> bytes:
    """Ask a deployment, and read all it says."""
    answer = await router.ahandle(wire, json.dumps({"model": of, **body}).encode())
    return b"".join([block async for block in answer]) if answer.streamed else answer.body


def sent(played: ScriptedProvider) -> dict[str, Any]:
    """What was sent last, but for who is asked."""
    body = json.loads(played.calls[-1][1])
    return {name: value for name, value in body.items() if name not in ("model", "stream")}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.wire)
def test_signatures_go_to_their_issuer_alone(case, streamed):
    """From A to B and back to A: B sees none of what A sealed, and A sees every byte as it was (40, 41, 43, 48)."""

    async def promise():
        router, played, recorder = routed(
            case, *(of(place, case.name, case.wire, account=account) for place, account in enumerate(("a", "b")))
        )
        played.play("d0", [scripts(case)[streamed]])
        another = json.dumps(case.whole).replace(SEAL, OTHER).encode()
        played.play("d1", [Script(blocks=(another,))])
        first = await asked(router, case.wire, {**ASKS[case.wire], "stream": streamed}, "d0")
        assert SEAL.encode() in first  # the caller gets it
        played.play("d0", [scripts(case)[0]])

        await asked(router, case.wire, case.history, "d1")
        assert case.purged == sent(played)
        assert ("thinking",) == recorder.decisions[-1].trail[-1].losses

        await asked(router, case.wire, case.history, "d0")
        member = next(name for name in case.history if name in ("messages", "input", "contents"))
        assert json.dumps(case.history[member]).encode() in played.calls[-1][1]
        assert () == recorder.decisions[-1].trail[-1].losses
        await router.aclose()

    run(promise())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.wire)
def test_of_what_nobody_remembers_the_wires_own_models_get_all(case):
    """A process that has just begun takes a seal on its vendor's wire for the vendor's, and no other model's."""

    async def promise():
        router, played, _ = routed(
            case, of(0, case.name, case.wire, account="a"), of(1, "qwen3", case.wire, account="b")
        )
        unsealed = Script(blocks=(json.dumps(case.whole).replace(SEAL, "").encode(),))
        for name in ("d0", "d1"):
            played.play(name, [unsealed])
        await asked(router, case.wire, case.history, "d0")
        assert case.history == sent(played)
        await asked(router, case.wire, case.history, "d1")
        assert case.purged == sent(played)
        await router.aclose()

    run(promise())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.wire)
def test_a_seal_is_found_in_any_spelling(case):
    """Escapes and blanks hide nothing: a seal that is foreign leaves a body whatever its caller wrote it with."""

    async def promise():
        router, played, recorder = routed(case, of(0, "qwen3", case.wire, account="a"))
        body = spelled_out({"model": "d0", **case.history})
        assert not any(word in body for word in (b"ignature", b"encrypted", SEAL.encode()))
        await router.ahandle(case.wire, body)

        assert case.purged == sent(played)
        assert ("thinking",) == recorder.decisions[-1].trail[-1].losses
        await router.aclose()

    run(promise())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.wire)
def test_a_body_without_seals_passes_as_it_is(case):
    """Where nothing is sealed every byte but the model's name passes, whatever was remembered."""

    async def promise():
        router, played, _ = routed(case, of(0, "qwen3", case.wire, account="a"))
        body = {"model": "d0", **ASKS[case.wire], "metadata_of_ours": 123456789012345678901234}
        raw = json.dumps(body, indent=3).encode()
        await router.ahandle(case.wire, raw)
        told = raw.replace(b'"model": "d0"', b'"model": "qwen3"')
        assert played.calls[-1][1] == told or case.wire == "gemini"
        await router.aclose()

    run(promise())


def test_through_another_wire_back_to_another_account():
    """What came back marked goes to its issuer alone as well, though the mark names the wire only."""
    case = CASES[0]

    async def promise():
        router, played, _ = routed(
            case, *(of(place, case.name, case.wire, account=account) for place, account in enumerate(("a", "b")))
        )
        wanted = {**ASKS["openai-responses"], "reasoning": {"effort": "high"}}
        output = json.loads(await asked(router, "openai-responses", wanted, "d0"))["output"]
        history = {"input": [{"role": "user", "content": "Is it so?"}, *output, {"role": "user", "content": "And?"}]}

        await asked(router, "openai-responses", history, "d0")
        assert SEAL.encode() in played.calls[-1][1]
        await asked(router, "openai-responses", history, "d1")
        assert SEAL.encode() not in played.calls[-1][1]
        assert b'"thinking"' not in played.calls[-1][1]
        await router.aclose()

    run(promise())


def test_a_seal_of_two_is_told_apart():
    """In one history each block goes by its own seal: B keeps its own and loses A's."""
    case = CASES[0]

    async def promise():
        router, played, _ = routed(
            case, *(of(place, case.name, case.wire, account=account) for place, account in enumerate(("a", "b")))
        )
        await asked(router, case.wire, ASKS[case.wire], "d0")
        whole = {**case.whole, "content": [{"type": "redacted_thinking", "data": OTHER}]}
        played.play("d1", [Script(blocks=(json.dumps(whole).encode(),))])
        await asked(router, case.wire, ASKS[case.wire], "d1")
        messages = case.history["messages"]
        history = {
            **case.history,
            "messages": [*messages, {"role": "assistant", "content": whole["content"]}, messages[0]],
        }

        await asked(router, case.wire, history, "d1")
        assert [OTHER.encode() in played.calls[-1][1], SEAL.encode() in played.calls[-1][1]] == [True, False]
        await asked(router, case.wire, history, "d0")
        assert [OTHER.encode() in played.calls[-1][1], SEAL.encode() in played.calls[-1][1]] == [False, True]
        assert ["user", "assistant", "user", "user"] == [each["role"] for each in sent(played)["messages"]]
        await router.aclose()

    run(promise())


def test_ids_go_with_the_reasoning_that_they_came_of_and_no_others():
    """Only what stands behind foreign reasoning, up to the next results or words of the user's, loses its id."""

    def said(word: str, **facts) -> dict[str, Any]:
        return {"type": "message", "role": "assistant", "id": f"msg_{word}", "content": word, **facts}

    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": SEAL}
    own = {**reasoning, "encrypted_content": OTHER}
    output = {"type": "function_call_output", "call_id": "c", "output": "K-7"}
    items = [said("a"), reasoning, said("b"), output, said("c"), reasoning, said("d", role="user"), own, said("e")]
    changes = without_foreign("openai-responses", {"input": items}, lambda seal: seal == SEAL)

    assert changes is not None
    assert ["msg_a", None, None, "msg_c", "msg_d", "rs_1", "msg_e"] == [item.get("id") for item in changes["input"]]
    assert without_foreign("openai-responses", {"input": items}, lambda seal: False) is None  # noqa: ARG005 - the form that is asked for


def test_memory_is_bounded_and_forgets():
    """The latest signatures are remembered, for an hour since they were seen last."""
    clock = ManualClock()
    origins = Origins(clock, most=3)
    for name in "abcd":
        origins.note(name, name.upper())
    assert [None, "B", "C", "D"] == [origins.issuer(name) for name in "abcd"]

    origins.issuer("b")
    origins.note("e", "E")
    assert [None, "B"] == [origins.issuer("c"), origins.issuer("b")]  # what is used stays

    clock.advance(3000)
    assert "B" == origins.issuer("b")
    clock.advance(3000)
    assert ["B", None] == [origins.issuer("b"), origins.issuer("d")]
    clock.advance(3601)
    assert origins.issuer("b") is None


def test_an_issuer_is_an_account_and_a_model():
    """Another key's account is another issuer, and so is another model; another region is not (40, 43)."""
    one = of(0, "claude-opus-4-5", "anthropic-messages", account="a")
    region = replace(one, id="elsewhere", region="us", url="http://us.test")

    assert issuer_of(one) == issuer_of(region)
    assert issuer_of(one) != issuer_of(of(1, "claude-opus-4-5", "anthropic-messages", account="b"))
    assert issuer_of(one) != issuer_of(of(1, "claude-sonnet-4-5", "anthropic-messages", account="a"))


@asynccontextmanager
async def twins(folder: Path, *kinds: tuple[str, Wire, str]) -> AsyncIterator[Router]:
    """A router over real twins, which refuse what they did not sign."""
    async with AsyncExitStack() as rooms:
        routes = []
        for place, (vendor, wire, name) in enumerate(kinds):
            key = folder / f"{place}.key"
            owner = provider(f"{vendor}{place}", vendor=vendor, local=True, key=f"file:{key}")
            key.write_text(dummy_key(owner.accounts["main"]))
            can = frozenset({"tools", "thinking"})
            model = Model(id=name, developer="x", family="x", context=200_000, output=32_000, capabilities=can)
            made = replace(deployment(f"d{place}", of=owner, wire=wire, model=model, url=None), name=name)
            twin = await rooms.enter_async_context(Twin(owner, [made], pace=Pace(first_token_s=0, token_gap_s=0)))
            routes.append(replace(made, url=twin.base_url(made)))
        router = Router(inventory(process("claims", *routes)), observers=[], hold_file=None)
        yield await rooms.enter_async_context(router)


TOOL = {"type": "object", "properties": {"step": {"type": "integer"}}, "required": ["step"]}


@pytest.mark.parametrize("streamed", [False, True])
def test_claude_to_claude_and_back(tmp_path, streamed):
    """Anthropic's library moves a loop of calls between two models that refuse each other's signatures, and back.

    Each of them recalls its own thoughts, and no others.
    """

    async def promise() -> None:
        kinds: list[tuple[str, Wire, str]] = [
            ("anthropic", "anthropic-messages", name) for name in ("claude-opus-4-5", "claude-sonnet-4-5")
        ]
        async with twins(tmp_path, *kinds) as router, AsyncAnthropic(router=router) as client:
            messages: Any = client.messages
            said: list[Any] = [{"role": "user", "content": "Do it in 4 steps."}]
            answers: list[Any] = []
            while not answers or answers[-1].stop_reason == "tool_use":
                ask = {
                    "model": f"d{len(answers) % 2}",
                    "max_tokens": 8000,
                    "messages": said,
                    "tools": [{"name": "find_claim", "input_schema": TOOL}],
                    "thinking": {"type": "enabled", "budget_tokens": 2000},
                }
                if streamed:
                    async with messages.stream(**ask) as told:
                        answers.append(await told.get_final_message())
                else:
                    answers.append(await messages.create(**ask))
                said.append({"role": "assistant", "content": answers[-1].content})
                results = [
                    {"type": "tool_result", "tool_use_id": block.id, "content": "K-7"}
                    for block in answers[-1].content
                    if block.type == "tool_use"
                ]
                said.extend([{"role": "user", "content": results}] if results else [])

        assert 5 == len(answers)
        thought = [sum(block.type == "thinking" for block in answer.content) for answer in answers[0::2]]
        assert f"Recalled {sum(thought[:-1])} thought" in answers[-1].content[-1].text
        assert thought[0] == 1

    run(promise())


@pytest.mark.parametrize("streamed", [False, True])
def test_openai_to_another_account_and_back(tmp_path, streamed):
    """OpenAI's library moves a loop between two accounts that refuse each other's encrypted reasoning, and back."""

    async def promise() -> None:
        kinds: list[tuple[str, Wire, str]] = [("openai", "openai-responses", "gpt-5.6")] * 2
        async with twins(tmp_path, *kinds) as router, AsyncOpenAI(router=router) as client:
            responses: Any = client.responses
            said: list[Any] = [{"role": "user", "content": "Do it in 4 steps."}]
            answers: list[Any] = []
            calls: list[Any] = [None]
            while calls:
                ask = {
                    "model": f"d{len(answers) % 2}",
                    "input": said,
                    "store": False,
                    "include": ["reasoning.encrypted_content"],
                    "reasoning": {"effort": "medium"},
                    "tools": [{"type": "function", "name": "find_claim", "parameters": TOOL, "strict": False}],
                }
                if streamed:
                    events = [event async for event in await responses.create(**ask, stream=True)]
                    answers.append(events[-1].response)
                else:
                    answers.append(await responses.create(**ask))
                said.extend(item.model_dump(exclude_none=True) for item in answers[-1].output)
                calls = [item for item in answers[-1].output if item.type == "function_call"]
                said.extend(
                    {"type": "function_call_output", "call_id": call.call_id, "output": "K-7"} for call in calls
                )

        assert 5 == len(answers)
        assert all(any(item.type == "reasoning" for item in answer.output) for answer in answers)
        assert "Recalled 2 thoughts" in answers[-1].output_text

    run(promise())
