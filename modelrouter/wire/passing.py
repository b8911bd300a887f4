"""A request that stays on its caller's wire: the bytes pass, and only what must change is spliced in.

Each wire knows what that is for the model that gets the body: `adapt` and `history` in its package.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from modelrouter.errors import BadRequestError
from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.adapt import adapted as anthropic_messages
from modelrouter.wire.body import splice
from modelrouter.wire.conversation import UnportableError
from modelrouter.wire.dialects import DIALECTS, shape_of
from modelrouter.wire.gemini.history import calls_or_signs
from modelrouter.wire.gemini.history import cleaned as cleaned_contents
from modelrouter.wire.openai_chat.adapt import adapted as openai_chat
from modelrouter.wire.openai_chat.caller import names_addresses
from modelrouter.wire.openai_responses.history import adapt as openai_responses
from modelrouter.wire.translate import NotPortable, Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment

EXTRA = "modelrouter"
"""The member of a body that is meant for us; it never leaves the house."""


class _Adapt(Protocol):
    def __call__(
        self, body: bytes, parsed: Mapping[str, Any], deployment: Deployment
    ) -> tuple[Mapping[str, bytes | None], tuple[str, ...]]: ...


def _gemini(
    body: bytes,  # noqa: ARG001 - other wires search it
    parsed: Mapping[str, Any],
    deployment: Deployment,
) -> tuple[Mapping[str, bytes | None], tuple[str, ...]]:
    if not calls_or_signs(parsed.get("contents")):
        return {}, ()
    contents = cleaned_contents(parsed.get("contents"), (deployment.name, deployment.model.id))
    return ({}, ()) if contents is None else ({"contents": json_text.write(contents[0])}, contents[1])


_ADAPTERS: Mapping[str, _Adapt] = MappingProxyType(
    {
        "openai-chat": openai_chat,
        "openai-responses": openai_responses,
        "anthropic-messages": anthropic_messages,
        "gemini": _gemini,
    }
)


def pass_on(body: bytes, parsed: Mapping[str, Any], deployment: Deployment) -> Rendered | NotPortable:
    """Readdress a body in the wire that the deployment speaks, and fit it to its model; `parsed` is what it says.

    Raises:
        BadRequestError: a part of the request is not what its own wire knows.
    """
    if deployment.wire == "litellm" and names_addresses(parsed):
        # The library would fetch it from here, past every guard of ours.
        return NotPortable("an image by its address: send it as a data URL")
    shape = shape_of(deployment.wire)
    adapt = _ADAPTERS.get(shape)
    try:
        changes, losses = adapt(body, parsed, deployment) if adapt else ({}, ())
    except UnportableError as error:
        return NotPortable(str(error))
    except RecursionError:
        return NotPortable("the request is nested too deeply")
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRequestError(f"a part of the request is missing or of the wrong kind: {error}") from error
    addressed = _addressed(shape, deployment.name)
    changes = {**changes, **addressed, EXTRA: None} if changes or EXTRA in parsed else addressed
    if None in changes.values():  # what is not there need not be looked for in the bytes
        changes = {name: value for name, value in changes.items() if value is not None or name in parsed}
    return Rendered(splice(body, changes), losses)


@lru_cache(maxsize=4096)
def _addressed(shape: str, name: str) -> Mapping[str, bytes | None]:
    return DIALECTS[shape].addressed(name)
