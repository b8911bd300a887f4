"""Anthropic's Messages: what must change in a body that stays on this wire, for the model that gets it.

Most bodies pass untouched. What other wires signed is taken out of the history; what another generation of Claude, or
the caller's own model, would have understood and this one refuses, is put in its words or left out, with a loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.encode_request import takes
from modelrouter.wire.anthropic_messages.marks import ISSUER, call_signature, is_ours, taken_back, thinks
from modelrouter.wire.anthropic_messages.thinking import BUDGETS, LEAST, effort_word
from modelrouter.wire.anthropic_messages.traits import is_claude

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.core.inventory import Deployment
    from modelrouter.wire.anthropic_messages.traits import Traits


class Adaptation:
    """The members of one body that change, and what is lost with them."""

    def __init__(self, body: Mapping[str, Any], deployment: Deployment) -> None:
        self._body = body
        self._deployment = deployment
        self._new: dict[str, Any] = {}
        self.losses: list[str] = []

    @property
    def changes(self) -> Mapping[str, bytes | None]:
        """The members' new values as JSON; None drops one."""
        return {name: None if value is None else json_text.write(value) for name, value in self._new.items()}

    def take_back(self) -> None:
        """Give Anthropic its own signatures back, and take out thinking that somebody else signed (40, 41)."""
        messages = [told for message in self._body["messages"] for told in self._returned(message)]
        if messages != self._body["messages"]:
            self._new["messages"] = messages

    def _returned(self, message: Any) -> Iterator[Any]:
        content = message.get("content")
        if not isinstance(content, list) or not any(map(is_ours, content)):
            yield message
            return
        blocks = [told for block in content for told in self._block(block)]
        if blocks:
            yield {**message, "content": blocks}

    def _block(self, block: Any) -> Iterator[Any]:
        if not is_ours(block):
            yield block
            return
        thinking = taken_back(block)
        if thinking.issuer == ISSUER and thinking.signature:
            sealed = {"type": "redacted_thinking", "data": thinking.signature}
            yield sealed if thinking.redacted else {**block, "signature": thinking.signature}
        elif call_signature(block) is None:
            self.losses.append("thinking")

    def fit_limit(self) -> None:
        """Ask for no longer an answer than the model gives (54)."""
        limit, most = self._body.get("max_tokens"), self._deployment.model.output
        if type(limit) is int and most is not None and limit > most:
            self._new["max_tokens"] = most
            self.losses.append("max_tokens")

    def fit_sampling(self, taken: Traits) -> None:
        """Leave out how the answer is drawn where the model refuses to be told (52)."""
        given = [field for field in ("temperature", "top_p", "top_k") if self._body.get(field) is not None]
        if taken.sampling:
            given = [field for field in given if field == "top_p" and not taken.both and "temperature" in given]
        self._drop(*given)

    def fit_effort(self, taken: Traits) -> None:
        """Name an effort that the model knows (58)."""
        config = self._body.get("output_config")
        effort = config.get("effort") if isinstance(config, dict) else None
        if not isinstance(effort, str) or effort in taken.efforts:
            return
        word = effort_word(effort, taken)
        kept = {name: value for name, value in config.items() if name != "effort"} if isinstance(config, dict) else {}
        self._new["output_config"] = ({**kept, "effort": word} if word else kept) or None
        self.losses.append("output_config.effort")

    def fit_thinking(self, taken: Traits) -> None:
        """Ask for thinking in the form that the model knows: a budget, its own judgement, or not at all."""
        config = self._body.get("thinking")
        kind = config.get("type") if isinstance(config, dict) else None
        if not isinstance(config, dict) or kind in (None, "disabled"):
            return
        shown = {"display": config["display"]} if "display" in config else {}
        if taken.thinking == "manual" and kind == "adaptive":
            budget = self._budget()
            self._replace_thinking({"type": "enabled", "budget_tokens": budget, **shown} if budget else None)
        elif taken.thinking == "adaptive" and kind == "enabled" and not taken.sampling:
            self._replace_thinking({"type": "adaptive", **shown})
        elif taken.thinking == "always" and kind == "enabled":
            self._replace_thinking(None)

    def fit_budget(self) -> None:
        """Leave half of a length that was cut to the answer."""
        config, most = self._new.get("thinking", self._body.get("thinking")), self._new.get("max_tokens")
        if most is None or not isinstance(config, dict) or config.get("type") != "enabled":
            return
        if config.get("budget_tokens", 0) >= most:
            fits = most > LEAST
            self._replace_thinking({**config, "budget_tokens": max(most // 2, LEAST)} if fits else None)

    def _budget(self) -> int | None:
        config = self._body.get("output_config")
        effort = config.get("effort") if isinstance(config, dict) else None
        limit = self._new.get("max_tokens", self._body.get("max_tokens"))
        forced = isinstance(choice := self._body.get("tool_choice"), dict) and choice.get("type") in ("any", "tool")
        if "thinking" not in self._deployment.model.capabilities or forced or type(limit) is not int or limit <= LEAST:
            return None
        return min(BUDGETS.get(str(effort), BUDGETS["high"]), max(limit // 2, LEAST))

    def keep_loop(self) -> None:
        """Do without a budget for thinking where the loop of calls that goes on did not begin with any (44)."""
        config = self._new["thinking"] if "thinking" in self._new else self._body.get("thinking")
        if not isinstance(config, dict) or config.get("type") != "enabled":
            return
        kinds = [
            (message.get("role"), [_kind(block) for block in _content(message)])
            for message in self._new.get("messages", self._body["messages"])
        ]
        if not kinds or "tool_result" not in kinds[-1][1]:
            return
        start = max(
            (at for at, (role, said) in enumerate(kinds) if role == "user" and "tool_result" not in said), default=-1
        )
        first = next((said for role, said in kinds[start + 1 :] if role == "assistant"), [])
        if first[:1] not in (["thinking"], ["redacted_thinking"]):
            self._replace_thinking(None)

    def _replace_thinking(self, config: dict[str, Any] | None) -> None:
        self._new["thinking"] = config
        self.losses.append("thinking")
        if config is None:
            self._drop("context_management")  # its edits of thinking are refused where there is none

    def _drop(self, *fields: str) -> None:
        for field in fields:
            if self._body.get(field) is not None:
                self._new[field] = None
                self.losses.append(field)


_STEERING = frozenset({"temperature", "top_p", "top_k", "thinking", "output_config"})
"""Members by which a caller says how the model is to think and to draw its answer."""


def adapted(
    body: bytes,  # noqa: ARG001 - other wires search it
    parsed: Mapping[str, Any],
    deployment: Deployment,
) -> tuple[Mapping[str, bytes | None], tuple[str, ...]]:
    """Say which members of a body change for a deployment, and what is lost; `parsed` is what it says."""
    adaptation = Adaptation(parsed, deployment)
    messages = parsed.get("messages")
    if isinstance(messages, list) and thinks(messages):
        adaptation.take_back()
    adaptation.fit_limit()
    if _STEERING.isdisjoint(parsed):  # of what follows, each step changes one of these
        return adaptation.changes, tuple(dict.fromkeys(adaptation.losses))
    if is_claude((deployment.name, deployment.model.id)):
        taken = takes(deployment)
        adaptation.fit_sampling(taken)
        adaptation.fit_thinking(taken)
        adaptation.fit_effort(taken)
    adaptation.fit_budget()
    adaptation.keep_loop()
    return adaptation.changes, tuple(dict.fromkeys(adaptation.losses))


def _content(message: Any) -> list[Any]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _kind(block: Any) -> Any:
    return block.get("type") if isinstance(block, dict) else None
