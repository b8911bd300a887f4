"""The one error about what a provider sent."""

from __future__ import annotations


class MalformedError(ValueError):
    """An answer or a stream breaks its format; the message names the place and never quotes content."""
