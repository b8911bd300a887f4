"""A history that stays on this wire, without what we put into it while another wire answered.

A provider refuses ids that it never gave, reasoning that it did not encrypt, and calls with longer ids than its own.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.openai_responses.ids import is_ours, stands_for_reasoning
from modelrouter.wire.openai_responses.members import entries, kind_of
from modelrouter.wire.tags import is_tagged
from modelrouter.wire.tool_ids import RESPONSES_IDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment


_APART = ("client_metadata",)
"""What agents say of themselves and the API does not know; no answer depends on it."""


def adapt(
    body: bytes,  # noqa: ARG001 - the items are looked at one by one anyway
    parsed: Mapping[str, Any],
    deployment: Deployment,  # noqa: ARG001 - what we wrote is nobody's
) -> tuple[Mapping[str, bytes | None], tuple[str, ...]]:
    """Say what must change in a body that stays on its wire, and what it loses by that."""
    said = entries(parsed.get("input"))
    items = [_cleaned(item) for item in said if not _is_foreign(item)]
    apart = tuple(name for name in _APART if name in parsed)
    changes: dict[str, bytes | None] = dict.fromkeys(apart)
    if items != said:
        changes["input"] = json_text.write(items)
    return changes, (*apart, *(("thinking",) if len(items) < len(said) else ()))


def _is_foreign(item: object) -> bool:
    """Whether it is reasoning that we wrote down, for another provider or in plain words, or refers to such."""
    if not isinstance(item, dict) or kind_of(item) not in {"reasoning", "item_reference"}:
        return False
    return is_tagged(item.get("encrypted_content")) or stands_for_reasoning(item.get("id"))


def _cleaned(item: Any) -> Any:
    if not isinstance(item, dict) or not ("id" in item or "call_id" in item):
        return item
    kept = {name: value for name, value in item.items() if name != "id" or not is_ours(value)}
    call_id = kept.get("call_id")
    if isinstance(call_id, str) and len(call_id) > RESPONSES_IDS.longest:
        kept["call_id"] = hashlib.sha256(call_id.encode(errors="surrogatepass")).hexdigest()
    return kept
