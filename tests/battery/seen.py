"""What a caller saw of one request."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import openai

if TYPE_CHECKING:
    from collections.abc import Mapping

Outcome = Literal["answer", "refusal", "error", "cut", "truncated", "hung"]
"""truncated: passed as whole and is not. hung: nothing came within the limit."""


@dataclass(slots=True)
class Seen:
    """One request, from the caller's side. Seconds since it was sent."""

    begun: float = field(default_factory=time.monotonic)
    text: str = ""
    finished: bool = False
    """The answer says of itself that it is complete."""
    first_s: float | None = None
    done_s: float = 0.0
    filtered: bool = False
    """It ends because a content filter said so."""
    failed: bool = False
    error: str = ""
    """The class of the exception."""
    status: int | None = None
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    hung: bool = False

    def content(self, text: str | None) -> None:
        """Take content."""
        if text and self.first_s is None:
            self.first_s = time.monotonic() - self.begun
        self.text += text or ""

    def choice(self, choice: Any, content: str | None) -> None:
        """Take one choice of an answer or a chunk."""
        self.content(content)
        self.finished = self.finished or choice.finish_reason == "stop"
        self.filtered = self.filtered or choice.finish_reason == "content_filter"

    def refused(self, error: Exception) -> None:
        """The SDK raised."""
        self.failed = True
        self.error = type(error).__name__
        self.message = str(error)
        response = getattr(error, "response", None)
        if isinstance(error, openai.APIStatusError) and response is not None:
            self.status = error.status_code
            self.headers = dict(response.headers)
        self.code = str(getattr(error, "code", None) or "")

    def end(self) -> None:
        """Nothing more comes."""
        self.done_s = time.monotonic() - self.begun

    @property
    def waited_s(self) -> float:
        """Until the caller had something: the first content, or the error."""
        return self.done_s if self.first_s is None else self.first_s

    @property
    def trail(self) -> Mapping[str, str]:
        """What the decision says of each deployment asked: a cause, `served` or `held(…)`."""
        entries = self.headers.get("x-modelrouter-trail", "").split("; ")
        return dict(name.split("=", 1) for name in entries if "=" in name)
