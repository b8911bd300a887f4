"""The log: structlog as the application has configured it, else lines on standard error.

It is imported when there is something to say: that costs a tenth of a second, and most runs say nothing. Every line that
belongs to a request bears its `id`, and `trace_id` where its caller has a trace of its own. What crashes is told by
its type and the places in the code that led there: the values in between, and messages of errors that nobody foresaw,
may quote a prompt or a key, and do not come here.
"""

from __future__ import annotations

import sys
import traceback
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.traceparent import Trace

__all__ = ["NO_REQUEST", "belonging", "crashed", "current_request", "logger", "way"]

NO_REQUEST: Mapping[str, str] = MappingProxyType({})

current_request: ContextVar[Mapping[str, str]] = ContextVar("modelrouter_log_request", default=NO_REQUEST)
"""What is bound to every line of the request that runs here: see `belonging`."""


def belonging(id_: str, trace: Trace | None) -> Mapping[str, str]:
    """The fields of lines that belong to a request."""
    return {"id": id_} if trace is None else {"id": id_, "trace_id": trace.id}


def logger() -> Any:
    """The logger of this package; standard output belongs to the application."""
    structlog = import_module("structlog")
    log = structlog.get_logger("modelrouter") if structlog.is_configured() else _own(structlog)
    return log.bind(**fields) if (fields := current_request.get()) else log


def crashed(what: str, error: BaseException, **facts: object) -> None:
    """Log that something broke which nobody foresaw."""
    logger().error(what, error=type(error).__qualname__, way=way(error), **facts)


def way(error: BaseException) -> list[str]:
    """The places in the code that led to an error, the innermost last; no values and no messages."""
    found: list[str] = []
    met: list[BaseException] = []
    while error not in met:
        met.append(error)
        frames = traceback.extract_tb(error.__traceback__)
        found[:0] = [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None:
            break
        found[:0] = [f"{type(cause).__qualname__} led to {type(error).__qualname__}"]
        error = cause
    return found


def _place(filename: str) -> str:
    """A file by its last two names: where it is installed is nobody's business."""
    return "/".join(Path(filename).parts[-2:])


def _own(structlog: Any) -> Any:
    processors = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
    return structlog.wrap_logger(structlog.PrintLogger(sys.stderr), processors=processors)
