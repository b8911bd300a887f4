"""Words that two rooms share are the same words."""

from __future__ import annotations

import orjson

from modelrouter.core.causes import PERMITS, Cause, Scope
from modelrouter.core.domains import HELD, NARROWED
from modelrouter.core.signatures import vendors
from modelrouter.inventory import words
from modelrouter.inventory.vendors import VENDORS
from modelrouter.wire.openai_chat import caller as openai_chat_caller

EVERYTHING = {
    "model": "p",
    "modalities": ["audio"],
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA=="}},
                {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
            ],
        }
    ],
}


def test_what_a_wire_finds_needed_is_what_an_inventory_can_say():
    """Each capability that a request can need is one that a model can be said to have."""
    needed = openai_chat_caller.read_request(orjson.loads(orjson.dumps(EVERYTHING))).capabilities

    assert {"tools", "json_schema", "vision", "documents", "audio"} == needed
    assert needed <= set(words.CAPABILITIES)


def test_every_cause_has_its_row():
    """No cause is without its permissions, and each that holds says which domain."""
    assert set(Cause) == set(PERMITS)
    assert {cause for cause in Cause if PERMITS[cause].opens} == set(HELD)
    assert {cause for cause, _ in NARROWED} <= set(HELD)
    assert {scope for _, scope in NARROWED} <= set(Scope)


def test_every_vendor_with_rules_can_be_named():
    """An inventory can say of a provider that it speaks any dialect that the classifier reads."""
    assert {table.name for table in vendors.ALL} <= set(VENDORS)
