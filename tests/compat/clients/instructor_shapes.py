"""instructor, which has shapes alone."""

from __future__ import annotations

from typing import Any

import anthropic
import instructor
import openai
from compat.clients.client import KEY, City, Client
from compat.stand import PROCESS

import modelrouter


class ByTools(Client):
    """A shape by a tool that is forced."""

    name = "instructor, OpenAI tools"
    package = "instructor"
    wire = "openai-chat"
    mode = instructor.Mode.TOOLS

    def sdk(self) -> Any:
        """OpenAI's SDK, patched."""
        plain = (
            modelrouter.OpenAI(router=self.scene.router)
            if self.door == "in process"
            else openai.OpenAI(base_url=self.versioned, api_key=KEY, max_retries=0)
        )
        return instructor.from_openai(plain, mode=self.mode)

    def shape(self, prompt: str) -> City | None:
        """One object."""
        asked: Any = [{"role": "user", "content": prompt}]
        return self.sdk().create(model=PROCESS, max_tokens=1000, max_retries=0, response_model=City, messages=asked)


class BySchema(ByTools):
    """A shape by a JSON schema."""

    name = "instructor, OpenAI JSON schema"
    mode = instructor.Mode.JSON_SCHEMA


class OnMessages(ByTools):
    """A shape by a tool that is forced, on Messages."""

    name = "instructor, Anthropic tools"
    wire = "anthropic-messages"

    def sdk(self) -> Any:
        """Anthropic's SDK, patched."""
        plain = (
            modelrouter.Anthropic(router=self.scene.router)
            if self.door == "in process"
            else anthropic.Anthropic(base_url=self.scene.url, api_key=KEY, max_retries=0)
        )
        return instructor.from_anthropic(plain)


CLIENTS = (ByTools, BySchema, OnMessages)
