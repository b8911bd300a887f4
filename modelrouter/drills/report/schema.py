"""The JSON Schema of `report.json`, and what every schema of ours is spared."""

from __future__ import annotations

from typing import Any

from modelrouter.drills.report.document import Document

__all__ = ["json_schema", "trimmed"]


def json_schema() -> dict[str, Any]:
    """Draft 2020-12."""
    schema = Document.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **trimmed(schema),
        "title": "modelrouter drill report",
    }


def trimmed(value: Any) -> Any:
    """A schema without the titles that are made of names, which say nothing."""
    if isinstance(value, dict):
        return {key: trimmed(each) for key, each in value.items() if not (key == "title" and isinstance(each, str))}
    return [trimmed(each) for each in value] if isinstance(value, list) else value
