"""The envelopes in which vendors send their errors."""

from __future__ import annotations

import json
from typing import Any


def openai(message: str, code: str | int | None = None, kind: str | None = "invalid_request_error") -> str:
    """OpenAI's, and that of all who imitate it."""
    return _json({"error": {"message": message, "type": kind, "param": None, "code": code}})


def azure(code: str, message: str, inner: str | None = None) -> str:
    """Azure's, with an inner code where there is one."""
    inside = {"innererror": {"code": inner}} if inner else {}
    return _json({"error": {"code": code, "message": message, **inside}})


def anthropic(kind: str, message: str) -> str:
    """Anthropic's."""
    return _json({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_own"})


def aws(name: str, message: str) -> str:
    """Bedrock's, with the name of the exception."""
    return _json({"__type": name, "message": message})


def google(code: int, status: str, message: str, reason: str | None = None, **details: Any) -> str:
    """Google's, with a reason and more details where there are any."""
    info = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return _json({"error": {"code": code, "message": message, "status": status, "details": [*info, details]}})


def flat(code: str | int, message: str) -> str:
    """A code and a message side by side, as DashScope and SiliconFlow send them."""
    return _json({"code": code, "message": message, "request_id": "own"})


def plain(message: str) -> str:
    """A message alone, as Ollama sends it."""
    return _json({"error": message})


def minimax(code: int, message: str) -> str:
    """MiniMax's, whose status is 200."""
    return _json({"base_resp": {"status_code": code, "status_msg": message}})


def qianfan(code: int, message: str) -> str:
    """Qianfan's, whose status is 200."""
    return _json({"error_code": code, "error_msg": message})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
