"""How a server with thousands of connections collects garbage: often a little, rarely as a whole.

Every connection holds some forty objects, and Python looks through all there are whenever their number has grown by a
quarter. With 5,000 connections that takes up to half a second on a busy core, in which nobody is served; beside clients that
come and go it made the slowest hundredth of honest requests twenty times as slow. The middle-aged, left to gather, took
20 ms each time, and looked through in small lots take less than one. What a request leaves behind is freed without all
this, or found while it is young.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["seldom"]

THRESHOLDS = (500, 1, 3_000)
"""New objects before the young are looked through, how often that before the middle-aged, and that before all: so a whole
collection comes after five million objects that stayed, half a gigabyte at the most. Python's own are 700, 10 and 10."""


@contextmanager
def seldom() -> Iterator[None]:
    """Collect so for as long as the block lasts; what there is when it begins is never looked through."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
