"""The least that a raw client must do with a stream: cut it into events and decode them."""

from __future__ import annotations

import json


class Events:
    """Feeds on bytes, answers the texts of the events that they complete."""

    def __init__(self) -> None:
        self._rest = b""

    def texts(self, data: bytes) -> list[str]:
        *events, self._rest = (self._rest + data).split(b"\n\n")
        payloads = [event.removeprefix(b"data: ") for event in events]
        chunks = [json.loads(payload) for payload in payloads if payload != b"[DONE]"]
        return [chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks]
