"""Paths of the doors."""

from __future__ import annotations

import pytest

from modelrouter.wire.paths import wire_of


@pytest.mark.parametrize(
    "path", ["/chat/completions", "/v1/chat/completions", "/openai/v1/chat/completions", "/v1/chat/completions/"]
)
def test_chat_completions_under_every_base_address(path: str) -> None:
    """Clients reach the same wire however their base address is given."""
    assert wire_of(path) == "openai-chat"


@pytest.mark.parametrize("path", ["/", "", "/v1/models", "/x/chat/completions", "/v1/v1/chat/completions"])
def test_other_paths_speak_no_wire(path: str) -> None:
    """A path that asks no model is nobody's."""
    assert wire_of(path) is None
