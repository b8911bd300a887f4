"""How each kind of field reads its text.

A field says what it wants; the text says what was written. Where the two do not meet, or where
another YAML reader would see something else than we do (`no`, `1.10`, `0123`, `12:30`), that is a
problem with a sentence that says what to write.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from modelrouter.inventory.document import Items, Text, misreading
from modelrouter.inventory.masking import is_secret_shaped, quoted, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS = "inventory"  # the type of all problems that fields find
SECONDS: Mapping[str, float] = MappingProxyType({"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0})
MULTIPLES: Mapping[str, int] = MappingProxyType({"": 1, "k": 1_000, "M": 1_000_000})

DECIMAL = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
DURATION = rf"({DECIMAL})(ms|s|m|h|d)"
SHARE = rf"({DECIMAL})%"
COUNT = rf"({DECIMAL})([kM]?)"
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
MODEL_NAME = r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}"
REGION = r"[A-Z][A-Z0-9_-]+"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
LEI = r"[A-Z0-9]{18}[0-9]{2}"
DIGEST = r"sha256:[0-9A-Fa-f]{64}"
REFERENCE = r"(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+|exec:.+)"

SHELL_VARIABLE = r"\$(?:\{([A-Za-z_][A-Za-z0-9_]{0,99})\}|([A-Z][A-Z0-9_]{0,99}))"
"""`${NAME}` or `$NAME`; the latter in capitals alone, a password may begin with the sign."""


def refusal(message: str, hint: str = "") -> PydanticCustomError:
    """A problem found by a field."""
    return PydanticCustomError(OURS, "{message}", {"message": message, "hint": hint})


def described(value: object) -> str:
    """What was written, for a message."""
    match value:
        case Text(kind="null"):
            return "nothing"
        case Text():
            return shown(value)
        case Items():
            return "a list"
        case _:
            return "a mapping"


def scalar_of(value: object, wanted: str) -> Text:
    """A scalar that is not empty; the problem says what was wanted."""
    if not isinstance(value, Text) or value.kind == "null":
        raise refusal(f"{wanted} is wanted here, not {described(value)}")
    return value


def read_text(value: object) -> str:
    """Text that every YAML reader sees as text."""
    text = scalar_of(value, "text")
    if text.kind != "str":
        raise refusal(f"text is wanted here, but {misreading(text)}", f"Write it in quotes{quoted(text)}.")
    if not text.strip():
        raise refusal("the text is empty", "Write something, or delete the line.")
    return str(text)


def read_name(value: object) -> str:
    """A name that may stand in headers, domains and commands."""
    text = read_text(value)
    if not re.fullmatch(NAME, text):
        raise refusal(f"{shown(text)} is no name", "Use letters, digits, dots, dashes and underscores, at most 100.")
    return text


def read_model_name(value: object) -> str:
    """A model's name: also with slashes and colons, as providers write them."""
    text = read_text(value)
    if not re.fullmatch(MODEL_NAME, text):
        raise refusal(f"{shown(text)} is no model name", "Use letters, digits and . _ - : / @ +, at most 200.")
    return text


def read_count(value: object) -> int:
    """A whole number, at least 1; `200k` and `2M` are short for thousands and millions."""
    number = read_tally(value)
    if number == 0:
        raise refusal("at least 1 is wanted here", "Delete the line where nothing is known.")
    return number


def read_tally(value: object) -> int:
    """A whole number, 0 included."""
    text = scalar_of(value, "a whole number")
    match = re.fullmatch(COUNT, text)
    if match is None:
        misread = f"; {misreading(text)}" if text.kind in ("int", "float") else ""
        raise refusal(f"{described(value)} is no whole number{misread}", "Write digits alone, or 200k, or 2M.")
    if text.kind == "str" and not match[2]:
        raise refusal(f"a number is wanted here, but {described(value)} stands in quotes", "Write it without quotes.")
    number = float(match[1]) * MULTIPLES[match[2]]
    if number != int(number):
        raise refusal(f"{described(value)} is no whole number", "Write it without a fraction.")
    return int(number)


def read_number(value: object) -> float:
    """A number, 0 included."""
    text = scalar_of(value, "a number")
    if text.kind not in ("int", "float") or not re.fullmatch(DECIMAL, text):
        raise refusal(f"{described(value)} is no number", "Write it like 3 or 0.25, without quotes or unit.")
    return float(text)


def read_flag(value: object) -> bool:
    """`true` or `false`, and no other of YAML's eleven spellings."""
    text = scalar_of(value, "true or false")
    if text.kind != "bool" or text not in ("true", "false"):
        raise refusal(f"{described(value)} is not true or false", "Write true or false, without quotes.")
    return text == "true"


def read_duration(value: object) -> float:
    """A duration, in seconds."""
    text = scalar_of(value, "a duration")
    if match := re.fullmatch(DURATION, text):
        return float(match[1]) * SECONDS[match[2]]
    bare = re.fullmatch(DECIMAL, text)
    hint = f"Write {text}s for seconds; the units are ms, s, m, h, d." if bare else "Write 500ms, 30s, 5m, 2h or 60d."
    raise refusal(f"{described(value)} is no duration{', its unit is missing' if bare else ''}", hint)


def read_interval(value: object) -> float:
    """How often something is done: a duration of a second at least."""
    seconds = read_duration(value)
    if seconds < 1:
        raise refusal(f"{described(value)} is too often", "Write 1s at least.")
    return seconds


def read_share(value: object) -> float:
    """A share, as a fraction of one."""
    text = scalar_of(value, "a share")
    if match := re.fullmatch(SHARE, text):
        share = Decimal(match[1]) / 100
        if share > 1:
            raise refusal(f"{described(value)} is more than everything", "Write 0% to 100%.")
        return float(share)
    bare = re.fullmatch(DECIMAL, text)
    percent = f"{float(text) * (100 if float(text) <= 1 else 1):g}%" if bare else "30%"
    raise refusal(f"{described(value)} is no share{', its % is missing' if bare else ''}", f"Write {percent}.")


def read_day(value: object) -> date:
    """A date."""
    text = scalar_of(value, "a date")
    if re.fullmatch(DAY, text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise refusal(f"there is no day {shown(text)}", "Write year-month-day.") from None
    raise refusal(f"{described(value)} is no date", "Write year-month-day: 2027-06-30.")


def read_reference(value: object) -> str:
    """Where a secret is; the text itself is never shown, it may be the secret."""
    if not isinstance(value, Text) or value.kind == "null":
        raise refusal(f"where the key is found is wanted here, not {described(value)}", "Write env:NAME.")
    if not re.fullmatch(REFERENCE, value) or is_secret_shaped(value.partition(":")[2]):
        if is_secret_shaped(value):
            hint = "Write env:NAME, and replace the key: whoever saw the file has it."
            raise refusal("a key must not stand in this file", hint)
        if variable := re.fullmatch(SHELL_VARIABLE, value):
            hint = f"Did you mean env:{variable[1] or variable[2]}?"
            raise refusal("the shell's way to name a variable is not known here", hint)
        raise refusal("this does not say where the key is found", "Write env:NAME, file:PATH or exec:COMMAND.")
    return str(value)


def read_url(value: object) -> str:
    """An address that can be called; whether http is enough depends on the provider."""
    text = read_text(value)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise refusal("the address cannot be read", "Write https://HOST/PATH.") from None
    if parts.username is not None or parts.password is not None:
        raise refusal("the address holds a user name or password", "Name the key in the provider's account: env:NAME.")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise refusal("the address holds a query or fragment", "Put parameters in `query:`.")
    if is_secret_shaped(text):
        raise refusal("the address holds a key", "Name the key in the provider's account: env:NAME.")
    if parts.scheme not in ("http", "https") or not host or port == 0 or re.search(r"[\s\\]", text):
        raise refusal(f"{shown(text)} is no address", "Write https://HOST/PATH.")
    return text.rstrip("/")


def read_digest(value: object) -> str:
    """A hash of a key. What is no hash is never shown: it may be the key itself."""
    text = scalar_of(value, "the hash of a key")
    if not re.fullmatch(DIGEST, text):
        raise refusal(
            "this is no hash of a key", "Write sha256: and 64 hexadecimal digits; `modelrouter key NAME` makes both."
        )
    return text.partition(":")[2].lower()


def read_lei(value: object) -> str:
    """A Legal Entity Identifier, its two check digits included (ISO 17442; the check is ISO 7064, MOD 97-10)."""
    text = read_text(value)
    if not re.fullmatch(LEI, text) or int("".join(str(int(sign, 36)) for sign in text)) % 97 != 1:
        raise refusal(
            f"{shown(text)} is no Legal Entity Identifier", "Copy its 20 letters and digits from the register."
        )
    return text


def read_currency(value: object) -> str:
    """A currency by its three letters."""
    text = read_text(value)
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise refusal(f"{shown(text)} is no currency", "Write its ISO 4217 code: EUR.")
    return text


def read_pattern(value: object) -> str:
    """A regular expression that can be compiled."""
    text = read_text(value)
    try:
        re.compile(text)
    except re.error as error:
        raise refusal(
            f"{shown(text)} is no regular expression: {error.msg}", "Write it as Python's re reads it."
        ) from None
    return text


def read_words(value: object) -> list[str]:
    """A word, or a list of words."""
    if isinstance(value, Items):
        return [read_text(item) for item in value]
    return [read_text(value)]


def _schema(kind: str, pattern: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, "pattern": f"^{pattern}$", **more})


_COUNT_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": f"^{DECIMAL}[kM]$"}]}

Line = Annotated[str, BeforeValidator(read_text), WithJsonSchema({"type": "string", "minLength": 1})]
Name = Annotated[str, BeforeValidator(read_name), _schema("string", NAME)]
ModelName = Annotated[str, BeforeValidator(read_model_name), _schema("string", MODEL_NAME)]
Region = Annotated[str, BeforeValidator(read_text), _schema("string", REGION)]
Country = Annotated[str, BeforeValidator(read_text), _schema("string", "[A-Z]{2}")]
Count = Annotated[int, BeforeValidator(read_count), WithJsonSchema(_COUNT_SCHEMA)]
Tally = Annotated[int, BeforeValidator(read_tally), WithJsonSchema(_COUNT_SCHEMA)]
Number = Annotated[float, BeforeValidator(read_number), WithJsonSchema({"type": "number", "minimum": 0})]
Flag = Annotated[bool, BeforeValidator(read_flag), WithJsonSchema({"type": "boolean"})]
Duration = Annotated[float, BeforeValidator(read_duration), _schema("string", DURATION)]
Interval = Annotated[float, BeforeValidator(read_interval), _schema("string", DURATION)]
Share = Annotated[float, BeforeValidator(read_share), _schema("string", SHARE)]
Day = Annotated[date, BeforeValidator(read_day), _schema("string", DAY)]
Reference = Annotated[str, BeforeValidator(read_reference), _schema("string", REFERENCE)]
Currency = Annotated[str, BeforeValidator(read_currency), _schema("string", "[A-Z]{3}")]
Lei = Annotated[str, BeforeValidator(read_lei), _schema("string", LEI)]
Pattern = Annotated[str, BeforeValidator(read_pattern), WithJsonSchema({"type": "string", "format": "regex"})]
Digest = Annotated[str, BeforeValidator(read_digest), _schema("string", DIGEST)]
Url = Annotated[str, BeforeValidator(read_url), _schema("string", "https?://.+")]
Words = Annotated[
    list[str],
    BeforeValidator(read_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
