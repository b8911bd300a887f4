"""What Google's generateContent refuses, as far as it matters when a conversation arrives from another provider."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.asked import RefusedError
from modelrouter.drills.twins.gemini_fields import understood
from modelrouter.drills.twins.media import IMAGES, is_web, label
from modelrouter.drills.twins.seals import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "gemini"
"""For whom thoughts are signed: whoever asks."""
_WORDS = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
DUMMIES = frozenset({*_WORDS, *(b64encode(word.encode()).decode() for word in _WORDS)})
"""What the documentation lets a caller send in place of a signature that it does not have; the SDK sends it as base64."""
SIGNS = re.compile(r"gemini-(?:[3-9]|\d\d)")
"""Models that demand signatures on calls, and give calls ids."""
NAME = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$")
MODES = frozenset({"AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"})
FILES = IMAGES | {"application/pdf"}
DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")
MOST_STOPS = 5


def check(body: dict[str, Any], model: str) -> dict[str, Any]:
    """The request, in JSON names; raises `RefusedError` with the vendor's words for the first rule that is broken."""
    asked: dict[str, Any] = understood(body)
    contents = asked.get("contents")
    if not contents or not isinstance(contents, list):
        raise RefusedError("* GenerateContentRequest.contents: contents is not specified")
    for place, content in enumerate(contents):
        check_content(f"contents[{place}]", content)
    check_order(contents)
    check_signatures(contents, required=SIGNS.search(model) is not None)
    check_tools(asked)
    check_generation(asked, model)
    return asked


def parts(content: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Those of a content's parts that hold a kind of data, as these."""
    return [part[kind] for part in content.get("parts") or () if kind in part]


def check_content(where: str, content: dict[str, Any]) -> None:
    """Roles, and parts that hold one thing each."""
    if content.get("role") not in ("user", "model"):
        raise RefusedError("Please use a valid role: user, model.")
    own = content.get("parts")
    if not own:
        raise RefusedError(f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.")
    for place, part in enumerate(own):
        spot = f"GenerateContentRequest.{where}.parts[{place}]"
        held = [kind for kind in DATA if part.get(kind) is not None]
        if len(held) != 1:
            raise RefusedError(f"* {spot}.data: required oneof field 'data' must have one initialized field")
        if held[0] in ("functionCall", "functionResponse"):
            check_function(spot, held[0], part[held[0]], content["role"])
        if held[0] in ("inlineData", "fileData"):
            picture(part)


def check_function(spot: str, kind: str, said: dict[str, Any], role: str) -> None:
    """Calls are the model's and responses the user's; both are named, and hold objects."""
    field, held = ("function_call", "args") if kind == "functionCall" else ("function_response", "response")
    if not said.get("name"):
        raise RefusedError(f"* {spot}.{field}.name: Name cannot be empty.")
    if not NAME.match(str(said["name"])):
        raise RefusedError(f"* {spot}.{field}.name: Invalid function name. Must start with a letter or an underscore.")
    value = said.get(held, {} if kind == "functionCall" else None)
    if not isinstance(value, dict):
        raise RefusedError(f"Invalid value at '{spot}.{field}.{held}' (type.googleapis.com/google.protobuf.Struct)")
    if role != ("model" if kind == "functionCall" else "user"):
        raise RefusedError(f"* {spot}.{field}: not permitted in a turn of role {role}")


def check_order(contents: list[dict[str, Any]]) -> None:
    """Turns alternate, from the user's to the user's; responses are as many as the calls before them."""
    waiting = 0
    for place, content in enumerate(contents):
        if content["role"] != ("user", "model")[place % 2]:
            raise RefusedError("Please ensure that multiturn requests alternate between user and model.")
        answered = len(parts(content, "functionResponse"))
        if answered and not waiting:
            raise RefusedError(
                "Please ensure that function response turn comes immediately after a function call turn."
            )
        if answered != waiting:
            raise RefusedError(
                "Please ensure that the number of function response parts is equal to the number of function call parts "
                "of the function call turn."
            )
        waiting = len(parts(content, "functionCall"))
    if contents[-1]["role"] == "model":
        raise RefusedError("Please ensure that multiturn requests end with a user turn or a function response.")


def current(contents: list[dict[str, Any]]) -> int:
    """Where the current turn begins: at the last words of the user's that are no function responses."""
    asked = [
        place
        for place, content in enumerate(contents)
        if content["role"] == "user" and not parts(content, "functionResponse")
    ]
    return asked[-1] if asked else 0


def check_signatures(contents: list[dict[str, Any]], *, required: bool) -> None:
    """The first call of each step of the current turn is signed, and whatever is signed is signed by us."""
    begun = current(contents)
    for place, content in enumerate(contents):
        calls = 0
        for at, part in enumerate(content["parts"]):
            signed = part.get("thoughtSignature")
            if signed is not None and signed not in DUMMIES and opened(signed, ACCOUNT) is None:
                raise RefusedError("Corrupted thought signature.")
            if "functionCall" not in part:
                continue
            calls += 1
            if required and calls == 1 and place > begun and signed is None:
                raise RefusedError(
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                    f"work correctly. Function call `default_api:{part['functionCall']['name']}`, position {at}."
                )


def check_tools(asked: dict[str, Any]) -> None:
    """Functions are named once; a choice names some of them."""
    names = []
    for place, declared in enumerate(declarations(asked)):
        spot = f"GenerateContentRequest.tools[0].function_declarations[{place}]"
        if not NAME.match(str(declared.get("name") or "")):
            raise RefusedError(f"* {spot}.name: Invalid function name. Must start with a letter or an underscore.")
        if "parameters" in declared and "parametersJsonSchema" in declared:
            raise RefusedError(f"* {spot}: parameters and parameters_json_schema are mutually exclusive")
        names.append(declared["name"])
    if len(set(names)) < len(names):
        raise RefusedError("Duplicate function declaration found.")
    calling = (asked.get("toolConfig") or {}).get("functionCallingConfig") or {}
    mode, allowed = str(calling.get("mode", "AUTO")).upper(), calling.get("allowedFunctionNames")
    if mode not in MODES:
        raise RefusedError(f"Invalid value at 'tool_config.function_calling_config.mode', \"{mode}\"")
    if allowed and mode not in ("ANY", "VALIDATED"):
        raise RefusedError("Invalid argument: allowed_function_names should only be set when the mode is ANY.")
    if set(allowed or ()) - set(names):
        raise RefusedError("allowed_function_names must name declared functions.")
    if mode == "ANY" and not names:
        raise RefusedError("Function calling mode is set to ANY but no function declarations are provided.")


def declarations(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every function on offer."""
    for tool in asked.get("tools") or ():
        yield from tool.get("functionDeclarations") or ()


def check_generation(asked: dict[str, Any], model: str) -> None:
    """Shapes need their media type; stop sequences are few."""
    said = asked.get("generationConfig") or {}
    shaped = [name for name in ("responseSchema", "responseJsonSchema") if said.get(name)]
    as_json = said.get("responseMimeType") == "application/json"
    if shaped and not as_json:
        raise RefusedError("* GenerateContentRequest.generation_config.response_schema: only allowed for JSON output")
    if len(shaped) > 1:
        raise RefusedError("response_schema and response_json_schema must not both be set.")
    if len(said.get("stopSequences") or ()) > MOST_STOPS:
        raise RefusedError("* GenerateContentRequest.generation_config.stop_sequences: at most 5 are allowed")
    if as_json and list(declarations(asked)) and not SIGNS.search(model):
        raise RefusedError("Function calling with a response mime type: 'application/json' is unsupported")
    thinking = said.get("thinkingConfig") or {}
    if thinking.get("thinkingBudget") is not None and thinking.get("thinkingLevel") is not None:
        raise RefusedError("You can only set only one of thinking budget and thinking level.")
    level = thinking.get("thinkingLevel")
    if level is not None and str(level).upper() not in ("MINIMAL", "LOW", "MEDIUM", "HIGH"):
        raise RefusedError(f"Invalid value at 'generation_config.thinking_config.thinking_level', \"{level}\"")


def picture(part: dict[str, Any]) -> str:
    """The label of an image or a file; raises `RefusedError` where the API could not read it."""
    if "fileData" in part:
        if not is_web(part["fileData"].get("fileUri")) and not part["fileData"].get("fileUri"):
            raise RefusedError("Unsupported file URI type.")
        return str(part["fileData"]["fileUri"])
    kind, data = part["inlineData"].get("mimeType"), part["inlineData"].get("data")
    if kind not in FILES and not str(kind).startswith(("audio/", "video/", "text/")):
        raise RefusedError(f"Unsupported MIME type: {kind}")
    found = label(kind, data)
    if found is None:
        raise RefusedError("Unable to process input image. Please retry or report in the forum.")
    return found
