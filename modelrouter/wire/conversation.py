"""What a request, an answer and a stream mean, in values that belong to no provider.

A dialect decodes into these and encodes out of them; no dialect knows another. Bodies that stay on
their wire never come here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.wire.reading import Usage

Role = Literal["system", "user", "assistant"]
ChoiceMode = Literal["auto", "required", "none", "named"]
Finish = Literal["stop", "length", "tool_calls", "content_filter"]


class UnportableError(ValueError):
    """The request cannot be said in the target's wire without changing what it asks; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture: base64 `data` of a media type, or an address."""

    media_type: str | None = None
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A recording: base64 `data` of a media type."""

    media_type: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file: base64 `data` of a media type, or an address."""

    media_type: str
    data: str | None = None
    url: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """Reasoning that a model showed; only its issuer may see it again."""

    text: str
    issuer: str | None = None
    """The wire whose provider signed it; None where nothing tells."""
    signature: str | None = None
    """What its issuer signed or encrypted, in the form that the issuer's own wire sends; None where there is nothing."""
    redacted: bool = False
    """The signature holds the reasoning itself, encrypted; `text` is empty or a summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """What a model asked a tool of its caller to do."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    issuer: str | None = None
    signature: str | None = None
    """As those of `Thinking`: some providers sign calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What the tool answered."""

    id: str
    parts: tuple[Text | Image | Document, ...]
    is_error: bool = False
    name: str | None = None
    """The tool's, where the wire says it."""


Part = Text | Image | Audio | Document | Thinking | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said; tool results belong to the user's side."""

    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function of the caller's that the model may ask for; `schema` is the JSON Schema of its arguments."""

    name: str
    description: str | None
    schema: Mapping[str, Any]
    strict: bool = False
    """The arguments must keep to the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """Whether and which tools must be asked for, and whether several at once may be."""

    mode: ChoiceMode = "auto"
    name: str | None = None
    parallel: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the answer is drawn; None leaves it to the provider."""

    limit: int | None = None
    """The most tokens that the answer may have."""
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    effort: str | None = None
    """How much to think, in OpenAI's words: none, minimal, low, medium, high, xhigh; None leaves it to the provider."""
    shown: bool | None = None
    """Whether what was thought shall be told, where the provider keeps it to itself unless asked."""
    verbosity: str | None = None
    """How much to say, in OpenAI's words: low, high; None leaves it to the provider."""
    top_k: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logprobs: int | None = None
    """How many alternatives to each token of the answer are to be weighed; None weighs nothing, 0 the token alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFormat:
    """The answer must be JSON: any object, or one that a schema describes."""

    schema: Mapping[str, Any] | None = None
    name: str = "answer"
    description: str | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A request: everything said so far, and how the next answer shall be."""

    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    choice: ToolChoice = ToolChoice()
    sampling: Sampling = Sampling()
    format: OutputFormat | None = None
    user: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the caller wants remembered beside the answer."""
    stream: bool = False
    losses: tuple[str, ...] = ()
    """What the request said that these values cannot: the names of its fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWeight:
    """How likely a token of the answer was, and its alternatives."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple[TokenWeight, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer."""

    id: str
    model: str | None
    parts: tuple[Text | Thinking | ToolCall, ...]
    finish: Finish
    refusal: str | None
    """Why the model refused, where it did."""
    usage: Usage
    logprobs: tuple[TokenWeight, ...] | None = None
    """Of the text, where they were asked for."""
    stop_sequence: str | None = None
    """The one that ended it, where the provider says."""


@dataclass(frozen=True, slots=True)
class Started:
    """The stream of an answer began."""

    id: str
    model: str | None


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A tool call began; its arguments follow until the next piece that is none of its own.

    A decoder whose wire mixes the arguments of several calls keeps the later ones back.
    """

    id: str
    name: str
    issuer: str | None = None
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature of the thinking that was told last, or of one that shows no text (`redacted`)."""

    signature: str
    issuer: str
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """How likely the tokens of the text were that was told last."""

    tokens: tuple[TokenWeight, ...]


@dataclass(frozen=True, slots=True)
class ArgumentsPiece:
    """More of the arguments' JSON text of the call that began last."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The model stopped."""

    finish: Finish
    refusal: str | None = None
    stop_sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The tokens of the answer, as totals so far."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Ended:
    """The provider closed the stream as its wire demands; only `Counted` may follow, with tokens counted last."""


Piece = Started | Text | Thinking | Signed | Weighed | CallStarted | ArgumentsPiece | Finished | Counted | Ended
"""What one event of a stream adds; `Text` and `Thinking` add themselves.

A piece of thinking carries no signature: `Signed` follows. Pieces of one kind that follow one another belong to one
block; only `Signed` ends a block of thinking beside a piece of another kind.
"""
