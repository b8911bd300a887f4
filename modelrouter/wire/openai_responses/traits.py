"""What differs between OpenAI's models, read off their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_REASONER = re.compile(r"(?:^|[/:.])(?:o\d|gpt-(?:[5-9]|\d\d)|codex)(?!.*-chat)")
"""The o series, GPT-5 and what follows it, Codex; models with `-chat` in their names answer without reasoning."""


_WORDY = re.compile(r"(?:^|[/:.])gpt-(?:[5-9]|\d\d)(?!.*-(?:chat|codex))")


def takes_verbosity(names: Iterable[str]) -> bool:
    """Whether a model of OpenAI's that can be told how much to say goes by one of these names: GPT-5 and what follows it."""
    return any(_WORDY.search(name.lower()) for name in names)


def is_reasoner(names: Iterable[str]) -> bool:
    """Whether a model of OpenAI's that reasons goes by one of these names: it takes no sampling parameters."""
    return any(_REASONER.search(name.lower()) for name in names)
