"""Google's SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from compat.clients.client import KEY, City, Client
from compat.stand import PROCESS
from google import genai

if TYPE_CHECKING:
    from collections.abc import Callable


class Generate(Client):
    """generateContent."""

    name = "google-genai, generateContent"
    package = "google-genai"
    wire = "gemini"

    def set_up(self) -> None:
        """The SDK by its address, or over an HTTP client with a router in it."""
        options = genai.types.HttpOptions(base_url=self.scene.url, httpx_client=self.http(httpx.Client))
        self.sdk = genai.Client(api_key=KEY, http_options=options)

    def whole(self, prompt: str) -> str:
        """One answer."""
        return self.sdk.models.generate_content(model=PROCESS, contents=prompt).text or ""

    def stream(self, prompt: str) -> str:
        """One answer in chunks."""
        chunks = self.sdk.models.generate_content_stream(model=PROCESS, contents=prompt)
        return "".join(chunk.text or "" for chunk in chunks)

    def loop(self, prompt: str, tool: Callable[..., str]) -> str:
        """The SDK calls the function itself."""
        config = genai.types.GenerateContentConfig(tools=[tool])
        return self.sdk.models.generate_content(model=PROCESS, contents=prompt, config=config).text or ""

    def shape(self, prompt: str) -> City | None:
        """JSON schema, parsed by the SDK."""
        config = genai.types.GenerateContentConfig(response_mime_type="application/json", response_schema=City)
        answer = self.sdk.models.generate_content(model=PROCESS, contents=prompt, config=config)
        return answer.parsed if isinstance(answer.parsed, City) else None


CLIENTS = (Generate,)
