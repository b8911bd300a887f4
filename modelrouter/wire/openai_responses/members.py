"""Members of JSON values of any shape, read without failing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def word(value: object) -> str | None:
    """A text, or None."""
    return value if isinstance(value, str) else None


def members(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def entries(value: object) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def kind_of(value: object) -> str | None:
    """The `type` of an object; None where it says none, or is none."""
    return word(members(value).get("type"))
