"""No secret is told by any channel, and no prompt but where it is asked for; shown to bite."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from support.canaries import KEYS, PROMPTS, forms, found
from support.flight import fly

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """What every channel was told while everything went wrong."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("flight")
        return fly(folder, patch)


def test_every_channel_says_something(told: Mapping[str, bytes]) -> None:
    """Nothing is found in silence: each channel that we look at was really used."""
    for channel in (
        "what the gateway prints", "/metrics", "/health", "lists of models", "errors to callers", "traces and metrics",
        "exceptions", "exceptions of an inventory", "values of the library", "command status", "command explain", "command check",
        "command classify", "command ledger show", "command ledger tail", "command ledger verify", "command drill",
        "file gateway.err", "file ledger/0.db",
    ):  # fmt: skip
        assert told.get(channel), channel
    assert [name for name in told if name.startswith("file state/")], "hold file, check file, unknown errors"
    assert [name for name in told if name.startswith("file report/")]
    assert [name for name in told if name.startswith("file export/")]
    log = [json.loads(line) for line in told["file gateway.err"].splitlines()]
    assert {"request", "request failed", "no rule knows this error", "hold"} <= {line["event"] for line in log}
    assert all("id" in line for line in log if line["event"].startswith("request"))


def test_no_key_anywhere(told: Mapping[str, bytes]) -> None:
    """Keys, tokens, passwords, headers and cookies: nought found, in any form, whole or half."""
    assert [str(each) for channel, bytes_ in told.items() for each in found(channel, bytes_, KEYS)] == []


def test_no_prompt_anywhere(told: Mapping[str, bytes]) -> None:
    """Prompts, system prompts, arguments of tools and answers: nought found; where they are kept, they are encrypted."""
    assert [str(each) for channel, bytes_ in told.items() for each in found(channel, bytes_, PROMPTS)] == []


@pytest.mark.parametrize("secret", [*KEYS, *PROMPTS])
def test_the_search_bites(told: Mapping[str, bytes], secret: str) -> None:
    """A secret that is planted in a channel is found there: plain, in JSON, in base64, in a URL, or by half."""
    value = {**KEYS, **PROMPTS}[secret]
    written = (
        value.encode(),
        json.dumps({"x": json.dumps({"y": value})}).encode(),
        base64.b64encode(b"xy" + value.encode() + b"z"),
        base64.urlsafe_b64encode(b"x" + value.encode()),
        quote(value, safe="").encode(),
        value.encode().hex().encode(),
        value[:40].encode(),
    )
    for channel, bytes_ in told.items():
        middle = len(bytes_) // 2
        for leak in written:
            assert found(channel, bytes_[:middle] + leak + bytes_[middle:], {secret: value}), (channel, leak)


def test_forms_are_long_enough_to_mean_something() -> None:
    """No form is so short that it would be found by chance."""
    assert min(len(written) for secret in {**KEYS, **PROMPTS}.values() for _, written in forms(secret)) >= 14
