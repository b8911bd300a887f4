"""What each kind of field reads, and what it says about anything else."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError
from support.inventory_texts import changed, said

from modelrouter.inventory import fields
from modelrouter.inventory.document import Items, Place, Text
from modelrouter.inventory.reading import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = Place("f", 1, 1)


def plain(text: str) -> Text:
    """An unquoted text, as the reader makes it."""
    return Text(text, kind_of(text), PLACE)


READ = [
    (fields.read_duration, "500ms", 0.5),
    (fields.read_duration, "30s", 30.0),
    (fields.read_duration, "1.5h", 5400.0),
    (fields.read_duration, "60d", 5_184_000.0),
    (fields.read_duration, "0h", 0.0),
    (fields.read_share, "30%", 0.3),
    (fields.read_share, "99.9%", 0.999),
    (fields.read_share, "0%", 0.0),
    (fields.read_count, "200000", 200_000),
    (fields.read_count, "200k", 200_000),
    (fields.read_count, "1.5M", 1_500_000),
    (fields.read_tally, "0", 0),
    (fields.read_number, "0.25", 0.25),
    (fields.read_number, "300", 300.0),
    (fields.read_flag, "true", True),
    (fields.read_flag, "false", False),
    (fields.read_day, "2027-06-30", date(2027, 6, 30)),
    (fields.read_reference, "env:OPENAI_API_KEY", "env:OPENAI_API_KEY"),
    (fields.read_reference, "file:/run/secrets/openai", "file:/run/secrets/openai"),
    (fields.read_reference, "exec:pass show openai", "exec:pass show openai"),
    (fields.read_url, "https://api.openai.com/v1/", "https://api.openai.com/v1"),
    (fields.read_url, "http://[::1]:8000", "http://[::1]:8000"),
    (fields.read_words, "personal", ["personal"]),
    (fields.read_text, "gpt-5.6", "gpt-5.6"),
]


@pytest.mark.parametrize(("read", "text", "value"), READ)
def test_reads_what_the_field_wants(read: Callable[[object], object], text: str, value: object) -> None:
    """A text becomes the value that the field stands for, in seconds, fractions and whole numbers."""
    assert read(plain(text)) == value


REFUSED = [
    (
        fields.read_duration,
        "30",
        "'30' is no duration, its unit is missing",
        "Write 30s for seconds; the units are ms, s, m, h, d.",
    ),
    (fields.read_duration, "30 s", "'30 s' is no duration", "Write 500ms, 30s, 5m, 2h or 60d."),
    (fields.read_duration, "12:30", "'12:30' is no duration", "Write 500ms, 30s, 5m, 2h or 60d."),
    (fields.read_duration, "-5s", "'-5s' is no duration", "Write 500ms, 30s, 5m, 2h or 60d."),
    (fields.read_share, "0.3", "'0.3' is no share, its % is missing", "Write 30%."),
    (fields.read_share, "30", "'30' is no share, its % is missing", "Write 30%."),
    (fields.read_share, "130%", "'130%' is more than everything", "Write 0% to 100%."),
    (fields.read_count, "0", "at least 1 is wanted here", "Delete the line where nothing is known."),
    (fields.read_count, "1.5", "'1.5' is no whole number", "Write it without a fraction."),
    (
        fields.read_count,
        "0123",
        "'0123' is no whole number; without quotes YAML reads it as the number 83",
        "Write digits alone, or 200k, or 2M.",
    ),
    (fields.read_count, "1e3", "'1e3' is no whole number", "Write digits alone, or 200k, or 2M."),
    (fields.read_number, ".inf", "'.inf' is no number", "Write it like 3 or 0.25, without quotes or unit."),
    (fields.read_flag, "yes", "'yes' is not true or false", "Write true or false, without quotes."),
    (fields.read_flag, "True", "'True' is not true or false", "Write true or false, without quotes."),
    (fields.read_flag, "1", "'1' is not true or false", "Write true or false, without quotes."),
    (fields.read_day, "2027-02-30", "there is no day '2027-02-30'", "Write year-month-day."),
    (fields.read_day, "30.06.2027", "'30.06.2027' is no date", "Write year-month-day: 2027-06-30."),
    (
        fields.read_text,
        "NO",
        "text is wanted here, but without quotes YAML reads it as false",
        'Write it in quotes: "NO".',
    ),
    (
        fields.read_text,
        "1.10",
        "text is wanted here, but without quotes YAML reads it as the number 1.1",
        'Write it in quotes: "1.10".',
    ),
    (
        fields.read_text,
        "12:30",
        "text is wanted here, but without quotes YAML reads it as the number 750",
        'Write it in quotes: "12:30".',
    ),
    (
        fields.read_text,
        "0123",
        "text is wanted here, but without quotes YAML reads it as the number 83",
        'Write it in quotes: "0123".',
    ),
    (
        fields.read_text,
        "2024-10-21",
        "text is wanted here, but without quotes YAML reads it as a date",
        'Write it in quotes: "2024-10-21".',
    ),
    (
        fields.read_text,
        "=",
        "text is wanted here, but without quotes YAML reads it as a default value",
        'Write it in quotes: "=".',
    ),
    (
        fields.read_text,
        "0b_",
        "text is wanted here, but without quotes YAML reads it as a number",
        'Write it in quotes: "0b_".',
    ),
    (fields.read_text, "~", "text is wanted here, not nothing", ""),
    (fields.read_text, "", "text is wanted here, not nothing", ""),
    (
        fields.read_name,
        "claims triage",
        "'claims triage' is no name",
        "Use letters, digits, dots, dashes and underscores, at most 100.",
    ),
    (
        fields.read_model_name,
        "gpt 5",
        "'gpt 5' is no model name",
        "Use letters, digits and . _ - : / @ +, at most 200.",
    ),
    (
        fields.read_reference,
        "hunter2",
        "this does not say where the key is found",
        "Write env:NAME, file:PATH or exec:COMMAND.",
    ),
    (
        fields.read_reference,
        "env:",
        "this does not say where the key is found",
        "Write env:NAME, file:PATH or exec:COMMAND.",
    ),
    (
        fields.read_reference,
        "env:sk-abcdefgh12345678",
        "a key must not stand in this file",
        "Write env:NAME, and replace the key: whoever saw the file has it.",
    ),
    (fields.read_url, "api.openai.com/v1", "'api.openai.com/v1' is no address", "Write https://HOST/PATH."),
    (fields.read_url, "ftp://host", "'ftp://host' is no address", "Write https://HOST/PATH."),
    (fields.read_url, "https://", "'https://' is no address", "Write https://HOST/PATH."),
    (fields.read_url, "https://host:99999/", "the address cannot be read", "Write https://HOST/PATH."),
    (fields.read_url, "https://[::1", "the address cannot be read", "Write https://HOST/PATH."),
    (
        fields.read_url,
        "https://me@host/",
        "the address holds a user name or password",
        "Name the key in the provider's account: env:NAME.",
    ),
    (fields.read_url, "https://host/v1?a=b", "the address holds a query or fragment", "Put parameters in `query:`."),
    (
        fields.read_url,
        "https://host/sk-abcdefgh12345678",
        "the address holds a key",
        "Name the key in the provider's account: env:NAME.",
    ),
]


@pytest.mark.parametrize(("read", "text", "message", "hint"), REFUSED)
def test_says_what_to_write_instead(read: Callable[[object], object], text: str, message: str, hint: str) -> None:
    """What the field cannot read is a problem that says why and what to write."""
    with pytest.raises(PydanticCustomError) as caught:
        read(plain(text))

    assert caught.value.context == {"message": message, "hint": hint}


@pytest.mark.parametrize("word", ["NO", "1.10", "0123", "12:30", "2024-10-21", "null", "on"])
def test_quotes_make_any_text_a_text(word: str) -> None:
    """In quotes, what YAML would convert is just a text."""
    assert fields.read_text(Text(word, "str", PLACE)) == word


@given(st.from_regex(rf"\A(?:{fields.DURATION})\Z") | st.from_regex(rf"\A(?:{fields.SHARE})\Z"))
def test_units_are_never_mistaken(text: str) -> None:
    """What is a duration is no share, number or name, and the other way round."""
    readers = (fields.read_duration, fields.read_share, fields.read_number)
    accepted = []
    for read in readers:
        try:
            accepted.append(read(plain(text)))
        except PydanticCustomError:
            continue

    assert len(accepted) <= 1


def test_a_list_where_a_text_is_wanted() -> None:
    """The message names what was found, not how it is represented."""
    with pytest.raises(PydanticCustomError) as caught:
        fields.read_text(Items(PLACE))

    assert caught.value.context == {"message": "text is wanted here, not a list", "hint": ""}


SHAPES = [
    (
        changed("claims-operations", "[a]"),
        "12:19: processes.claims.owner: text is wanted here, not a list. Write `owner: NAME`.",
    ),
    (changed("[gpt, qwen]", "gpt"), "12:46: processes.claims.routes: a list is wanted here, not 'gpt'. Write [gpt]."),
    (
        changed("[gpt, qwen]", "[]"),
        "12:46: processes.claims.routes: the list is empty. Write `routes: [NAME]`.",
    ),
    (
        changed("{main: {key: env:OPENAI_API_KEY}}", "main"),
        "3:40: providers.openai.accounts: a mapping is wanted here, not 'main'. Write `accounts: {main: {key: env:ANTHROPIC_API_KEY}}`.",
    ),
    (changed("inventory: small\n", ""), "1:1: inventory: 'inventory' is missing. Write `inventory: NAME`."),
    (
        changed("inventory: small", "inventory: my bank"),
        "1:12: inventory: 'my bank' is no name. Use letters, digits, dots, dashes and underscores, at most 100.",
    ),
    (
        changed("gpt-5.6: {", "gpt 5: {"),
        "6:3: models.gpt 5: 'gpt 5' is no model name. Use letters, digits and . _ - : / @ +, at most 200.",
    ),
    (
        changed("inventory: small", "inventory: small\naccess: {keys: {app: {hash: mr-0123456789abcdef}}}"),
        "2:29: access.keys.app.hash: this is no hash of a key. Write sha256: and 64 hexadecimal digits; `modelrouter key NAME` makes both.",
    ),
    (
        changed(
            "inventory: small",
            f"inventory: small\naccess: {{keys: {{app: {{hash: 'sha256:{'0f' * 32}', processes: [claim]}}}}}}",
        ),
        "2:116: access.keys.app.processes[0]: there is no process 'claim'. Did you mean 'claims'?",
    ),
    (
        changed("inventory: small", "inventory: small\nnotes: {}"),
        "2:1: notes: there is no key 'notes' here. Known: access, aliases, contracts, deployments, entity, include, inventory, ledger, models, policies, processes, providers, ….",
    ),
]


@pytest.mark.parametrize(("text", "message"), SHAPES)
def test_says_what_shape_is_wanted(text: str, message: str) -> None:
    """A wrong shape, a missing key and an unknown one are told with an example of what is right."""
    assert message in said(text)
