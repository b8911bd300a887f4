"""Clients of JavaScript as the record knows them: their names, and the versions that npm installed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

PACKAGES = Path(__file__).parent / "node_modules"


@dataclass(frozen=True, slots=True)
class Packaged:
    """A client from npm."""

    name: str
    package: str

    @property
    def version(self) -> str:
        """What is installed."""
        return str(json.loads((PACKAGES / self.package / "package.json").read_text())["version"])


CLIENTS = (
    Packaged("openai (npm), chat completions", "openai"),
    Packaged("openai (npm), responses", "openai"),
    Packaged("@anthropic-ai/sdk, messages", "@anthropic-ai/sdk"),
    Packaged("@google/genai, generateContent", "@google/genai"),
    Packaged("Vercel AI SDK, @ai-sdk/openai on chat completions", "@ai-sdk/openai"),
    Packaged("Vercel AI SDK, @ai-sdk/openai on responses", "@ai-sdk/openai"),
    Packaged("Vercel AI SDK, @ai-sdk/openai-compatible", "@ai-sdk/openai-compatible"),
    Packaged("Vercel AI SDK, @ai-sdk/anthropic", "@ai-sdk/anthropic"),
    Packaged("Vercel AI SDK, @ai-sdk/google", "@ai-sdk/google"),
)
CLAUDE_CODE = Packaged("Claude Code", "@anthropic-ai/claude-code")
CODEX = Packaged("Codex", "@openai/codex")
