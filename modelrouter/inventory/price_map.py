"""The price map of the installed litellm, read as data: prices, contexts and last days of thousands of models.

litellm itself is not loaded. What the map says is neither checked nor kept by us: it is as old as the installed version.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FILE", "price_map"]

FILE = "model_prices_and_context_window_backup.json"


def price_map() -> Mapping[str, Mapping[str, Any]]:
    """Facts by the names that litellm gives models; empty where it is not installed or its map cannot be read."""
    found = find_spec("litellm")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        try:
            known = json.loads((Path(folder) / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(known, dict):
            return {name: facts for name, facts in known.items() if isinstance(facts, dict) and name != "sample_spec"}
    return {}
