"""AWS Bedrock's Converse and ConverseStream, as the server writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.asked import Asked, RefusedError, Tool, prompt_tokens
from modelrouter.drills.twins.eventstream import event, exception
from modelrouter.drills.twins.wire import Event, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.reply import Reply

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
    return Asked(
        tool=tool(body),
        limit=(body.get("inferenceConfig") or {}).get("maxTokens"),
        tokens=prompt_tokens(body),
    )


def tool(body: dict[str, Any]) -> Tool | None:
    """The tool to call: the one that is demanded, else the first, unless a result has just come in."""
    config = body.get("toolConfig") or {}
    offered = [entry["toolSpec"] for entry in config.get("tools") or () if "toolSpec" in entry]
    if not offered or any("toolResult" in block for block in body["messages"][-1].get("content") or ()):
        return None
    wanted = ((config.get("toolChoice") or {}).get("tool") or {}).get("name")
    chosen = next((entry for entry in offered if entry.get("name") == wanted), offered[0])
    return Tool(name=str(chosen.get("name")), schema=(chosen.get("inputSchema") or {}).get("json") or {})


def usage(reply: Reply) -> dict[str, int]:
    """Token counts in the wire's words."""
    total = reply.tokens_in + reply.tokens_out
    return {"inputTokens": reply.tokens_in, "outputTokens": reply.tokens_out, "totalTokens": total}


def call(reply: Reply) -> dict[str, Any]:
    """Who is called, without the arguments."""
    return {"toolUseId": f"tooluse_twin{reply.number:016d}", "name": reply.tool}


def whole(reply: Reply) -> bytes:
    """The answer in one piece."""
    block: dict[str, Any] = {"text": reply.text}
    if reply.tool is not None:
        block = {"toolUse": {**call(reply), "input": orjson.loads(reply.text)}}
    content = [block] if reply.pieces else []
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
    if reply.tool is not None:
        yield Event(framed("contentBlockStart", contentBlockIndex=0, start={"toolUse": call(reply)}), content=True)
    for piece in reply.pieces:
        delta = {"text": piece} if reply.tool is None else {"toolUse": {"input": piece}}
        yield Event(framed("contentBlockDelta", contentBlockIndex=0, delta=delta), content=True)
    if reply.pieces:
        yield Event(framed("contentBlockStop", contentBlockIndex=0))
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
