"""The log: structlog as the application has configured it, else lines on standard error.

It is imported when there is something to say: that costs a tenth of a second, and most runs say nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

__all__ = ["logger"]


def logger() -> Any:
    """The logger of this package; standard output belongs to the application."""
    structlog = import_module("structlog")
    if structlog.is_configured():
        return structlog.get_logger("modelrouter")
    return structlog.wrap_logger(structlog.PrintLogger(sys.stderr))
