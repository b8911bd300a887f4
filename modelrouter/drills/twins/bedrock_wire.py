"""AWS Bedrock's Converse and ConverseStream, as the server writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.asked import Asked, RefusedError, Said, Tool, joined, prompt_tokens
from modelrouter.drills.twins.eventstream import event, exception
from modelrouter.drills.twins.past import chosen, past_of
from modelrouter.drills.twins.wire import Event, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.past import Past
    from modelrouter.drills.twins.reply import Call, Reply

STOP = {"stop": "end_turn", "length": "max_tokens", "tool": "tool_use"}
LATENCY_MS = 20


def read(body: dict[str, Any], _headers: Mapping[str, str]) -> Asked:
    """What the body asks for; whether as a stream, only the path says."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RefusedError("The request must contain at least one message.")
    if messages[0].get("role") != "user":
        raise RefusedError(
            "A conversation must start with a user message. Try again with a conversation that starts so."
        )
    blocks = [block for message in messages for block in message.get("content") or ()]
    if not body.get("toolConfig") and any("toolUse" in block or "toolResult" in block for block in blocks):
        raise RefusedError("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
    past = past_of(map(said, messages))
    return Asked(
        tools=tools(body, past),
        limit=(body.get("inferenceConfig") or {}).get("maxTokens"),
        tokens=prompt_tokens(body.get("system"), messages),
        past=past,
    )


def said(message: dict[str, Any]) -> Said:
    """What a message says; text beside results is no new prompt."""
    content = message.get("content") or ()
    return Said(
        assistant=message.get("role") == "assistant",
        text=joined([block for block in content if "text" in block]),
        results=tuple(joined(block["toolResult"]) for block in content if "toolResult" in block),
    )


def tools(body: dict[str, Any], past: Past) -> tuple[Tool, ...]:
    """The tools to call."""
    config = body.get("toolConfig") or {}
    offered = [
        Tool(name=str(spec.get("name")), schema=(spec.get("inputSchema") or {}).get("json") or {})
        for spec in (entry["toolSpec"] for entry in config.get("tools") or () if "toolSpec" in entry)
    ]
    return chosen(offered, past, forced=((config.get("toolChoice") or {}).get("tool") or {}).get("name"))


def usage(reply: Reply) -> dict[str, int]:
    """Token counts in the wire's words."""
    total = reply.tokens_in + reply.tokens_out
    return {"inputTokens": reply.tokens_in, "outputTokens": reply.tokens_out, "totalTokens": total}


def called(reply: Reply, place: int, made: Call) -> dict[str, Any]:
    """Who is called, without the arguments."""
    return {"toolUseId": f"tooluse_{reply.token('call', place)}", "name": made.name}


def whole(reply: Reply) -> bytes:
    """The answer in one piece."""
    content: list[dict[str, Any]] = [{"text": reply.text}] if reply.pieces else []
    for place, made in enumerate(reply.calls):
        content.append({"toolUse": {**called(reply, place, made), "input": orjson.loads(made.arguments)}})
    return orjson.dumps(
        {
            "metrics": {"latencyMs": LATENCY_MS},
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": STOP[reply.finish],
            "usage": usage(reply),
        }
    )


def events(reply: Reply, _asked: Asked) -> Iterator[Event]:
    """The answer as binary frames."""

    def framed(kind: str, **fields: object) -> bytes:
        return event(kind, orjson.dumps({**fields, "p": "abcdefgh"}))

    yield Event(framed("messageStart", role="assistant"))
    place = 0
    for piece in reply.pieces:
        yield Event(framed("contentBlockDelta", contentBlockIndex=place, delta={"text": piece}), content=True)
    if reply.pieces:
        yield Event(framed("contentBlockStop", contentBlockIndex=place))
        place += 1
    for number, made in enumerate(reply.calls):
        begun = {"toolUse": called(reply, number, made)}
        yield Event(framed("contentBlockStart", contentBlockIndex=place, start=begun), content=True)
        for piece in made.pieces:
            delta = {"toolUse": {"input": piece}}
            yield Event(framed("contentBlockDelta", contentBlockIndex=place, delta=delta), content=True)
        yield Event(framed("contentBlockStop", contentBlockIndex=place))
        place += 1
    yield Event(framed("messageStop", stopReason=STOP[reply.finish]))
    yield Event(framed("metadata", usage=usage(reply), metrics={"latencyMs": LATENCY_MS}))


def error(failure: Failure) -> bytes:
    """An error as an exception frame; its kind travels in the row's headers."""
    return exception(failure.headers.get(":exception-type", "internalServerException"), failure.body)


BEDROCK = Wire(
    name="bedrock-converse",
    stream_type="application/vnd.amazon.eventstream",
    read=read,
    whole=whole,
    events=events,
    error=error,
    broken=event("contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"te'),
)
