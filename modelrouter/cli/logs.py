"""How the program's own log looks: lines for people, or one JSON object a line for programs.

Everything that runs in the process goes the same way: what libraries say by way of Python's own `logging` too. No line
shows the values of variables, as some terminals' tracebacks would.
"""

from __future__ import annotations

import logging
import sys
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any

import structlog

from modelrouter.runtime.log import way

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["Logs", "configure", "configure_all"]


class Logs(Enum):
    """What `--logs` may say."""

    TEXT = "text"
    JSON = "json"


def configure(look: Logs = Logs.TEXT) -> None:
    """Send what is logged to standard error: standard output belongs to the verbs."""
    structlog.configure(
        processors=[*_common(), _renderer(look)],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # which may be another by then
    )


def configure_all(look: Logs) -> None:
    """As `configure`, for a process that is ours alone: what libraries log looks the same, from warnings on."""
    configure(look)
    stdlib = import_module("structlog.stdlib")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_common(), stdlib.add_logger_name, _without_message],
            processors=[stdlib.ProcessorFormatter.remove_processors_meta, _renderer(look)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def _common() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        _told_safely,
    ]


def _renderer(look: Logs) -> Any:
    if look is Logs.JSON:
        return structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _told_safely(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An error as its type and its way through the code: its message may quote a prompt, and its variables a key."""
    told = event.pop("exc_info", None)
    error = sys.exc_info()[1] if told is True else told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
        event["way"] = way(error)
    event.pop("stack_info", None)
    return event


def _without_message(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of a library's line about an error its first line alone: what follows is the error as it prints itself."""
    event["event"] = str(event.get("event", "")).partition("\n")[0]
    return event
