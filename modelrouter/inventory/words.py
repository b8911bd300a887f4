"""The closed sets of words that fields accept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import BeforeValidator, WithJsonSchema

from modelrouter.core import contracts
from modelrouter.core import inventory as core
from modelrouter.core.causes import Cause
from modelrouter.core.causes import Scope as Reach
from modelrouter.core.checks import Layer
from modelrouter.core.policy import CIRCUMSTANCES
from modelrouter.inventory.fields import read_duration, refusal, scalar_of
from modelrouter.inventory.masking import shown
from modelrouter.inventory.spelling import nearest
from modelrouter.inventory.vendors import VENDORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CAPABILITIES = ("tools", "vision", "audio", "documents", "json_schema", "thinking", "embeddings")


def reads(words: Iterable[str]) -> BeforeValidator:
    """Read one of these words; anything else is told the nearest one."""
    return BeforeValidator(_reader(tuple(words)))


def _reader(words: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        text = scalar_of(value, "a word")
        if text not in words:
            near = nearest(text, words)
            raise refusal(
                f"{shown(text)} is none of {', '.join(words)}", f"Did you mean {shown(near)}?" if near else ""
            )
        return str(text)

    return read


def _read_hedge(value: object) -> float:
    return core.USUAL if value == "usual" else read_duration(value)


def _enum(words: Iterable[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [str(word) for word in words]})


Capability = Annotated[str, reads(CAPABILITIES), _enum(CAPABILITIES)]
Vendor = Annotated[str, reads(VENDORS), _enum(VENDORS)]
CauseWord = Annotated[str, reads(Cause), _enum(Cause)]
ScopeWord = Annotated[str, reads(Reach), _enum(Reach)]
Check = Annotated[str, reads(Layer), _enum(Layer)]
Condition = Annotated[str, reads(CIRCUMSTANCES), _enum(CIRCUMSTANCES)]
Criticality = Annotated[core.Criticality, reads(get_args(core.Criticality))]
Wire = Annotated[core.Wire, reads(get_args(core.Wire))]
Weights = Annotated[Literal["open", "closed"], reads(("open", "closed"))]
Hedge = Annotated[float, BeforeValidator(_read_hedge), WithJsonSchema({"type": "string"})]
Lifecycle = Annotated[core.Lifecycle, reads(get_args(core.Lifecycle))]
UpstreamKind = Annotated[core.UpstreamKind, reads(get_args(core.UpstreamKind))]
Impact = Annotated[core.Impact, reads(get_args(core.Impact))]
Substitutability = Annotated[contracts.Substitutability, reads(get_args(contracts.Substitutability))]
Reintegration = Annotated[contracts.Reintegration, reads(get_args(contracts.Reintegration))]
Window = Annotated[contracts.Window, reads(get_args(contracts.Window))]
Measure = Annotated[contracts.Measure, reads(get_args(contracts.Measure))]
Scope = Annotated[contracts.Scope, reads(get_args(contracts.Scope))]
Liable = Annotated[contracts.Liable, reads(get_args(contracts.Liable))]
Party = Annotated[Literal["us", "provider"], reads(("us", "provider"))]
TerminationReason = Annotated[contracts.TerminationReason, reads(get_args(contracts.TerminationReason))]
OnRefusal = Annotated[Literal["stop", "next"], reads(("stop", "next"))]
OnCut = Annotated[core.OnCut, reads(get_args(core.OnCut))]
