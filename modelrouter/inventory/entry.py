"""What all entries of the file have in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

REQUIRED: Any = ...


class Entry(BaseModel):
    """One entry as written: unknown keys are errors, nothing is ever changed or converted behind one's back."""

    # Built when the first file is read: the parts are built once inside the whole instead of once more each.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=(), defer_build=True)


def about(
    description: str,
    example: object,
    default: object = REQUIRED,
    *,
    unit: str = "",
    alias: str | None = None,
    written: str = "",
) -> Any:
    """Describe a key: what it means, an example as people write it, its default (none: it is required) and unit.

    `written` is the default as people write it, where that differs from the value: `60s`. A default of
    `{}` is read like one that was written, so that it becomes an entry.
    """
    extra: dict[str, Any] = {"x-unit": unit} if unit else {}
    if written:
        extra["default"] = written
    how: dict[str, Any] = {"validate_default": True} if default == {} else {}
    return Field(
        default, description=description, examples=[example], alias=alias, json_schema_extra=extra or None, **how
    )
