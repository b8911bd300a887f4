"""Secrets: fetched when asked for, never shown."""

from __future__ import annotations

import copy
import json
import pickle
import sys
import traceback
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventory_texts import SMALL

from modelrouter.errors import InventoryError, MissingSecretError, UsageError
from modelrouter.inventory import parse
from modelrouter.inventory.excerpt import excerpt
from modelrouter.inventory.secrets import Secret, names_set, resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VALUE = "sk-proj-Zq7hPq2mVt9sLk3xWn8rBd5f"


@dataclass
class Holder:
    """Something that holds a secret among other things."""

    secret: Secret


def test_resolves_where_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment, a file and a command give the same secret, without the line break at the end."""
    (tmp_path / "key").write_text(f"{VALUE}\n")
    monkeypatch.setenv("DOOR_TEST_KEY", VALUE)
    secrets = [
        resolve("env:DOOR_TEST_KEY"),
        resolve(f"file:{tmp_path / 'key'}"),
        resolve(f"exec:{sys.executable} -c 'print(\"{VALUE}\")'"),
    ]

    assert [secret.reveal() for secret in secrets] == [VALUE] * 3
    assert secrets[0] == secrets[1] == secrets[2]
    assert secrets[0] != Secret("other", "env:OTHER")


SHOWINGS: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "format": "{}".format,
    "padded": "{:>60}".format,
    "f-string": lambda secret: f"{secret!s} {secret!r} {secret!a}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - the old way shows as well
    "inside": lambda secret: repr([secret, {"a": secret}, Holder(secret)]),
    "asdict": lambda secret: repr(asdict(Holder(secret))),
    "copies": lambda secret: repr(copy.deepcopy(secret)) + repr(copy.copy(secret)),
    "json": lambda secret: json.dumps({"a": secret}, default=str),
    "orjson": lambda secret: orjson.dumps({"a": secret}, default=str).decode(),
    "traceback": lambda secret: "".join(
        traceback.TracebackException.from_exception(ValueError(secret), capture_locals=True).format()
    ),
}


@pytest.mark.parametrize("show", SHOWINGS.values(), ids=SHOWINGS)
def test_never_shows_itself(show: Callable[[Secret], str]) -> None:
    """However it is printed, only the place it came from is seen."""
    shown = show(Secret(VALUE, "env:DOOR_TEST_KEY"))

    assert VALUE not in shown
    assert "env:DOOR_TEST_KEY" in shown


REFUSING: dict[str, Callable[[Any], object]] = {
    "json": json.dumps,
    "orjson": orjson.dumps,
    "pickle": pickle.dumps,
    "hash": hash,
    "iter": iter,
    "vars": vars,
}


@pytest.mark.parametrize("refused", REFUSING.values(), ids=REFUSING)
def test_refuses_to_be_taken_apart(refused: Callable[[Any], object]) -> None:
    """Encoders, pickling and hashing fail instead of giving it away, and do not quote it."""
    with pytest.raises(TypeError) as caught:
        refused(Secret(VALUE, "env:DOOR_TEST_KEY"))

    assert VALUE not in str(caught.value)


MISSING = [
    (
        "env:DOOR_TEST_NONE",
        "the environment variable DOOR_TEST_NONE is not set: export it, or name another in the inventory",
    ),
    ("env:DOOR_TEST_EMPTY", "env:DOOR_TEST_EMPTY is empty: put the key there"),
    ("env:DOOR_TEST_BROKEN", "env:DOOR_TEST_BROKEN holds characters that no header can carry: is it the key alone?"),
    (
        "file:/nowhere/key",
        "file:/nowhere/key cannot be read (No such file or directory): check the path and its permissions",
    ),
    ("exec:/nowhere/tool", "exec:/nowhere/tool failed (No such file or directory): run it by hand to see why"),
    (
        "exec:sh -c 'echo hunter2; exit 3'",
        "exec:sh -c 'echo hunter2; exit 3' failed (exit code 3): run it by hand to see why",
    ),
    (
        "exec:'",
        "exec:' failed (it is no command that can be run, or it did not answer with text): run it by hand to see why",
    ),
    (VALUE, "a secret is written env:NAME, file:PATH or exec:COMMAND"),
    ("env:", "a secret is written env:NAME, file:PATH or exec:COMMAND"),
]


@pytest.mark.parametrize(("reference", "message"), MISSING)
def test_says_what_is_missing(reference: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the reference and what to do, and is a mistake of the user, not of a provider."""
    monkeypatch.setenv("DOOR_TEST_EMPTY", " ")
    monkeypatch.setenv("DOOR_TEST_BROKEN", "a\nb")
    with pytest.raises(MissingSecretError) as caught:
        resolve(reference)

    assert isinstance(caught.value, UsageError)
    assert str(caught.value) == message


def test_what_a_failing_command_printed_is_not_kept() -> None:
    """Neither the error nor what it was raised from carries the output."""
    with pytest.raises(MissingSecretError) as caught:
        resolve(f"exec:{sys.executable} -c 'import sys; print(\"hunter\" + str(2)); sys.exit(1)'")

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_large_or_binary_file_is_no_key(tmp_path: Path) -> None:
    """What cannot be a key is refused without quoting it."""
    (tmp_path / "large").write_text("a" * 70_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MissingSecretError, match="is larger than 65,536 bytes"):
        resolve(f"file:{tmp_path / 'large'}")
    with pytest.raises(MissingSecretError, match="is no text"):
        resolve(f"file:{tmp_path / 'binary'}")


def test_loading_resolves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An inventory loads on a machine that has none of its keys."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    assert parse(SMALL).providers["openai"].accounts["main"].key == "env:OPENAI_API_KEY"


def test_names_are_told_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which keys are there is known by name alone."""
    monkeypatch.setenv("DOOR_TEST_A", VALUE)
    monkeypatch.setenv("DOOR_TEST_B", "")

    assert names_set(["DOOR_TEST_A", "DOOR_TEST_B", "DOOR_TEST_C"]) == ("DOOR_TEST_A",)


PREFIXES = ["sk-proj-", "sk-ant-api03-", "AKIA", "AIza", "ghp_", "xai-", "gsk_", "hf_"]
FIELDS = [
    ("env:OPENAI_API_KEY", "{}"),
    ("headquarters: US", "headquarters: {}"),
    ("headquarters: US", "password: {}"),
    ("headquarters: US", "headquarters: US, {}: x"),
    ("family: gpt", "family: {}"),
    ("context: 400k", "context: {}"),
    ("capabilities: [tools]", "capabilities: [{}]"),
    ("provider: openai", "provider: {}"),
    ('"https://api.openai.com/v1"', "https://{}@api.openai.com/"),
    ('"https://api.openai.com/v1"', "https://api.openai.com/?key={}"),
    ('"https://api.openai.com/v1"', "https://api.openai.com/{}"),
    ("processing: [US]", "processing: [{}]"),
    ("processing: [US]", "headers: {{x-key: {}}}"),
    ("processing: [US]", "limits: {{rpm: {}}}"),
    ("claims-operations", "{}"),
    ("[gpt, qwen]", "[{}]"),
    ("[gpt, qwen]", "[{}"),
    ("[gpt, qwen]", "&a {} b: c"),
    ("inventory: small", "inventory: {}"),
    ("inventory: small", "inventory: !{} a"),
    ("inventory: small", "inventory: *{}"),
    ("inventory: small", "inventory: small\n{}: 1\n{}: 2"),
    ("claims: {owner", "{}: {{owner"),
]


@given(
    st.sampled_from(FIELDS),
    st.sampled_from(PREFIXES),
    st.text("ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=15, max_size=30),
    st.integers(10, 99),
)
def test_no_problem_and_no_excerpt_shows_a_secret(field: tuple[str, str], prefix: str, body: str, digits: int) -> None:
    """A key pasted anywhere into the file is never repeated, neither in a message nor in the line that is shown."""
    secret = f"{prefix}{body}{digits}"
    old, new = field
    text = SMALL.replace(old, new.format(secret, secret))
    with pytest.raises(InventoryError) as caught:
        parse(text)
    lines = text.split("\n")
    problems = caught.value.problems
    shown = "\n".join([str(caught.value), *(excerpt(lines[problem.line - 1], problem).text for problem in problems)])

    assert body not in shown
