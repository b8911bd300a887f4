"""A request that stays on its caller's wire: the bytes pass, and only what must change is spliced in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.adapt import adapted
from modelrouter.wire.body import splice
from modelrouter.wire.dialects import DIALECTS, shape_of
from modelrouter.wire.gemini.history import cleaned
from modelrouter.wire.openai_chat.caller import names_addresses
from modelrouter.wire.openai_responses.history import cleaned as cleaned_items
from modelrouter.wire.translate import NotPortable, Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment

EXTRA = "modelrouter"
"""The member of a body that is meant for us; it never leaves the house."""


def pass_on(body: bytes, parsed: Mapping[str, Any], deployment: Deployment) -> Rendered | NotPortable:
    """Readdress a body in the wire that the deployment speaks; `parsed` is what it says."""
    if deployment.wire == "litellm" and names_addresses(parsed):
        # The library would fetch it from here, past every guard of ours.
        return NotPortable("an image by its address: send it as a data URL")
    changes: dict[str, bytes | None] = {EXTRA: None} if EXTRA in parsed else {}
    changes.update(DIALECTS[shape_of(deployment.wire)].addressed(deployment.name))
    losses: tuple[str, ...] = ()
    if deployment.wire == "gemini" and (
        history := cleaned(parsed.get("contents"), (deployment.name, deployment.model.id))
    ):
        contents, losses = history
        changes["contents"] = json_text.write(contents)
    if deployment.wire == "openai-responses" and (items := cleaned_items(parsed.get("input"))):
        said, losses = items
        changes["input"] = json_text.write(said)
    if deployment.wire == "anthropic-messages":
        members, losses = adapted(body, parsed, deployment)
        changes.update(members)
    return Rendered(splice(body, changes), losses)
