"""The door for providers.yaml: strict reading, every problem at once, frozen values out."""

from __future__ import annotations

from modelrouter.inventory.loader import Examined, examine, load, parse
from modelrouter.inventory.problems import Problem

__all__ = ["Examined", "Problem", "examine", "load", "parse"]
