"""Google's generateContent and streamGenerateContent, as the server writes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.asked import Asked, Said, Tool, joined, prompt_tokens
from modelrouter.drills.twins.gemini_rules import ACCOUNT, SIGNS, check, declarations, parts, picture
from modelrouter.drills.twins.past import CHARACTERS_PER_TOKEN, chosen, past_of
from modelrouter.drills.twins.seals import opened, sealed
from modelrouter.drills.twins.wire import PATH_MODEL, Event, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.past import Past
    from modelrouter.drills.twins.reply import Reply

FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool": "STOP"}
"""The model stops where it calls, too."""


def read(body: dict[str, Any], headers: Mapping[str, str]) -> Asked:
    """What the body asks for, after the checks of the real API."""
    asked = check(body, headers[PATH_MODEL])
    past = past_of(map(said, asked["contents"]))
    generation = asked.get("generationConfig") or {}
    thinking = generation.get("thinkingConfig") or {}
    tokens = prompt_tokens(asked.get("systemInstruction"), asked["contents"])
    return Asked(
        usage=True,
        tools=tools(asked, past),
        schema=schema(generation),
        limit=generation.get("maxOutputTokens"),
        tokens=tokens,
        cached=min(past.known // CHARACTERS_PER_TOKEN, tokens - 1),
        past=past,
        thinks=bool(thinking) and thinking.get("thinkingBudget") != 0,
        shown=bool(thinking.get("includeThoughts")),
        account=ACCOUNT,
    )


def said(content: dict[str, Any]) -> Said:
    """What a turn says; words beside function responses are no new prompt."""
    responses = parts(content, "functionResponse")
    inner = [part for response in responses for part in response.get("parts") or ()]
    media = [part for part in (*content["parts"], *inner) if "inlineData" in part or "fileData" in part]
    labels = [(picture(part), (part.get("inlineData") or part.get("fileData")).get("mimeType")) for part in media]
    return Said(
        assistant=content["role"] == "model",
        text=joined([part for part in content["parts"] if "text" in part and not part.get("thought")]),
        results=tuple(told(response.get("response")) for response in responses),
        images=tuple(name for name, kind in labels if str(kind).startswith("image/")),
        documents=tuple(name for name, kind in labels if not str(kind).startswith("image/")),
        thoughts=sum(opened(part.get("thoughtSignature"), ACCOUNT) is not None for part in content["parts"]),
    )


def told(response: Any) -> str:
    """A function's response in words; a text that was wrapped, for the API takes objects alone, is the text."""
    if isinstance(response, dict) and len(response) == 1:
        value = next(iter(response.values()))
        if isinstance(value, str):
            return value
    return orjson.dumps(response).decode()


def tools(asked: dict[str, Any], past: Past) -> tuple[Tool, ...]:
    """The tools to call; there is no switch that allows one call alone."""
    calling = (asked.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if calling.get("mode", "AUTO").upper() == "NONE":
        return ()
    allowed = calling.get("allowedFunctionNames")
    offered = [
        Tool(name=declared["name"], schema=declared.get("parametersJsonSchema") or declared.get("parameters") or {})
        for declared in declarations(asked)
        if not allowed or declared["name"] in allowed
    ]
    return chosen([Tool(name=tool.name, schema=plain(tool.schema)) for tool in offered], past)


def schema(generation: dict[str, Any]) -> dict[str, Any] | None:
    """The shape that the configuration demands."""
    if generation.get("responseMimeType") != "application/json":
        return None
    found = generation.get("responseJsonSchema") or generation.get("responseSchema")
    return plain(found) if found else {"type": "object", "properties": {"answer": {"type": "string"}}}


def plain(value: Any) -> Any:
    """A schema with its types in JSON Schema's spelling."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: plain(item) for name, item in value.items()}
    if isinstance(found.get("type"), str):
        found["type"] = found["type"].lower()
    return found


def usage(reply: Reply, written: int) -> dict[str, Any]:
    """Token counts in the wire's words: thoughts are counted beside the candidates, the cache inside the prompt."""
    answer = max(0, written - reply.tokens_thought)
    thoughts = min(written, reply.tokens_thought)
    return {
        "promptTokenCount": reply.tokens_in,
        "candidatesTokenCount": answer,
        "totalTokenCount": reply.tokens_in + written,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": reply.tokens_in}],
        **({"cachedContentTokenCount": reply.asked.cached} if reply.asked.cached else {}),
        **({"thoughtsTokenCount": thoughts} if thoughts else {}),
    }


def chunk(reply: Reply, said_parts: list[dict[str, Any]], finish: str | None, written: int) -> dict[str, Any]:
    """An answer, or a part of one."""
    candidate: dict[str, Any] = {"content": {"parts": said_parts, "role": "model"}, "index": 0}
    if not said_parts:
        candidate.pop("content")
    if finish is not None:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": usage(reply, written),
        "modelVersion": reply.model,
        "responseId": reply.token("response"),
    }


def signature(reply: Reply, kind: str) -> dict[str, str]:
    """What signs a part, where the model signs."""
    signs = SIGNS.search(reply.model) is not None
    return {"thoughtSignature": sealed(ACCOUNT, reply.token(kind))} if signs else {}


def thoughts(reply: Reply) -> tuple[str, ...]:
    """The reasoning that is shown."""
    return (reply.thought or ()) if reply.asked.shown else ()


def calls(reply: Reply) -> list[dict[str, Any]]:
    """The parts that call; of several calls the first is signed, and only newer models give ids."""
    made = []
    for place, call in enumerate(reply.calls):
        named = {"id": reply.token("call", place)[:8]} if SIGNS.search(reply.model) else {}
        signed = signature(reply, "call") if place == 0 else {}
        function = {"name": call.name, "args": orjson.loads(call.arguments), **named}
        made.append({"functionCall": function, **signed})
    return made


def whole(reply: Reply) -> bytes:
    """The answer in one piece."""
    said_parts: list[dict[str, Any]] = []
    if shown := "".join(thoughts(reply)):
        said_parts.append({"text": shown, "thought": True})
    if reply.pieces:
        signed = signature(reply, "text") if not reply.calls else {}
        said_parts.append({"text": reply.text, **signed})
    said_parts += calls(reply)
    return orjson.dumps(chunk(reply, said_parts, FINISH[reply.finish], reply.tokens_out))


def said_chunks(reply: Reply) -> Iterator[tuple[dict[str, Any], int]]:
    """The answer as a stream of chunks, and how many tokens of content each carries; counts grow."""
    for written, piece in enumerate(thoughts(reply), 1):
        yield chunk(reply, [{"text": piece, "thought": True}], None, written), 1
    written = reply.tokens_thought
    for piece in reply.pieces:
        written += 1
        yield chunk(reply, [{"text": piece}], None, written), 1
    for part, call in zip(calls(reply), reply.calls, strict=True):
        written += len(call.pieces)
        yield chunk(reply, [part], None, written), len(call.pieces)
    signed = signature(reply, "text") if reply.pieces and not reply.calls else {}
    last: list[dict[str, Any]] = [{"text": "", **signed}] if written else []
    yield chunk(reply, last, FINISH[reply.finish], written), 0


def events(reply: Reply, _asked: Asked) -> Iterator[Event]:
    """The chunks as server-sent events; their lines end as Google ends them."""
    for said_chunk, tokens in said_chunks(reply):
        yield Event(b"data: " + orjson.dumps(said_chunk) + b"\r\n\r\n", content=tokens > 0, tokens=tokens)


def array(reply: Reply, _asked: Asked) -> Iterator[Event]:
    """The chunks as one JSON array, for whoever does not ask for `alt=sse`."""
    start = b"["
    for said_chunk, tokens in said_chunks(reply):
        yield Event(start + orjson.dumps(said_chunk), content=tokens > 0, tokens=tokens)
        start = b",\r\n"
    yield Event(b"]\n")


def error(failure: Failure) -> bytes:
    """An error as a data event."""
    return b"data: " + native(failure.body) + b"\r\n\r\n"


def native(body: bytes) -> bytes:
    """An error without the list in which the compatible endpoint wraps it."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    return orjson.dumps(found[0]) if isinstance(found, list) and len(found) == 1 else body


GEMINI = Wire(
    name="gemini",
    stream_type="text/event-stream",
    read=read,
    whole=whole,
    events=events,
    error=error,
    broken=b'data: {"candidates": [{"content": {"parts": [{"te\r\n\r\n',
    refusal=native,
)
GEMINI_ARRAY = replace(
    GEMINI, stream_type="application/json; charset=UTF-8", events=array, error=lambda failure: failure.body
)
