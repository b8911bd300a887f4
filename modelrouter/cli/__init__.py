"""The command line: one file for each verb."""

from __future__ import annotations

from modelrouter.cli.app import main

__all__ = ["main"]
