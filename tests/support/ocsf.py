"""What OCSF 1.8.0 asks of events of the class API Activity (6003), as a closed schema: what is not named is not permitted.

Written by hand from the published class, its base event, the profile for operations of AI, and the objects named.
"""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
WHOLE: dict[str, Any] = {"type": "integer", "minimum": 0}


def closed(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    """An object with these attributes and no others."""
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


ENDPOINT = closed(("svc_name",), svc_name=TEXT)
"""At least one of several names is required; this is the one that is written."""
METADATA = closed(
    ("version", "product", "uid", "log_name", "original_time"),
    version={"const": "1.8.0"},
    product=closed(("name", "vendor_name", "version"), name=TEXT, vendor_name=TEXT, version=TEXT),
    uid={"type": "string", "pattern": r"^.+#\d+$"},
    sequence=WHOLE,
    log_name=TEXT,
    original_time={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"},
    correlation_uid=TEXT,
    profiles={"const": ["ai_operation"]},
)
API = closed(
    ("operation",),
    operation=TEXT,
    request=closed(("uid",), uid=TEXT),
    response=closed((), code={"type": "integer"}, error=TEXT, error_message=TEXT),
)
ACTOR = closed(("app_name",), app_name=TEXT, user=closed(("name",), name=TEXT))
"""At least one of several is required; the application is always written."""
MESSAGE = closed(
    ("service",),
    service=closed(("name",), name=TEXT),
    uid=TEXT,
    prompt_tokens=WHOLE,
    completion_tokens=WHOLE,
    total_tokens=WHOLE,
)
API_ACTIVITY = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **closed(
        (
            "activity_id", "category_uid", "class_uid", "severity_id", "time", "type_uid",
            "metadata", "actor", "api", "src_endpoint",
        ),
        activity_id={"enum": [0, 1, 2, 3, 4, 99]},
        activity_name=TEXT,
        category_uid={"const": 6},
        category_name={"const": "Application Activity"},
        class_uid={"const": 6003},
        class_name={"const": "API Activity"},
        severity_id={"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
        severity={"enum": ["Informational", "Medium"]},
        status_id={"enum": [0, 1, 2, 99]},
        status={"enum": ["Unknown", "Success", "Failure"]},
        status_code=TEXT,
        status_detail=TEXT,
        time={"type": "integer", "minimum": 1_000_000_000_000},
        type_uid={"type": "integer"},
        duration=WHOLE,
        message=TEXT,
        metadata=METADATA,
        actor=ACTOR,
        api=API,
        src_endpoint=ENDPOINT,
        dst_endpoint=ENDPOINT,
        resources={"type": "array", "minItems": 1, "items": closed(("name",), name=TEXT)},
        message_context=MESSAGE,
        unmapped={"type": "object"},
    ),
}  # fmt: skip
