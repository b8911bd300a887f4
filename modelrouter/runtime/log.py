"""The log. structlog is imported when there is something to say: it costs a tenth of a second, most runs say nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["logger"]


def logger() -> Any:
    """The logger of this package, configured as the application has configured structlog."""
    return import_module("structlog").get_logger("modelrouter")
