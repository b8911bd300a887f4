"""From one wire to another: `source` is what the given bytes speak, `target` what comes out.

Bodies that stay on their wire do not come here: see `dialects.shape_of`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from modelrouter.errors import BadRequestError
from modelrouter.wire.anthropic_messages import decode_answer as from_anthropic
from modelrouter.wire.anthropic_messages import decode_request as from_anthropic_caller
from modelrouter.wire.anthropic_messages import encode_answer as to_anthropic_caller
from modelrouter.wire.anthropic_messages import encode_request as to_anthropic
from modelrouter.wire.conversation import Answer, Conversation, Piece, UnportableError
from modelrouter.wire.dialects import shape_of
from modelrouter.wire.gemini import decode_answer as from_gemini
from modelrouter.wire.gemini import decode_request as from_gemini_caller
from modelrouter.wire.gemini import encode_answer as to_gemini_caller
from modelrouter.wire.gemini import encode_request as to_gemini
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_chat import decode_answer as from_openai_chat_answer
from modelrouter.wire.openai_chat import decode_request as from_openai_chat
from modelrouter.wire.openai_chat import encode_answer as to_openai_chat
from modelrouter.wire.openai_chat import encode_request as to_openai_chat_request
from modelrouter.wire.openai_responses import decode_answer as from_responses
from modelrouter.wire.openai_responses import decode_request as from_responses_caller
from modelrouter.wire.openai_responses import encode_answer as to_responses_caller
from modelrouter.wire.openai_responses import encode_request as to_responses
from modelrouter.wire.tool_names import originals, restored, restored_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from modelrouter.core.inventory import Deployment
    from modelrouter.wire.sse import Event


class Rendered(NamedTuple):
    """A request in the target's wire."""

    body: bytes
    losses: tuple[str, ...]
    """The fields, in the source's words, that the target will not see, or will see changed."""


@dataclass(frozen=True, slots=True)
class NotPortable:
    """The target cannot be asked this; no call is worth making."""

    reason: str


class _EncodeRequest(Protocol):
    def __call__(self, conversation: Conversation, deployment: Deployment) -> tuple[bytes, tuple[str, ...]]: ...


_REQUEST_DECODERS: Mapping[str, Callable[[Mapping[str, Any]], Conversation]] = MappingProxyType(
    {
        "openai-chat": from_openai_chat.decode,
        "anthropic-messages": from_anthropic_caller.decode,
        "gemini": from_gemini_caller.decode,
        "openai-responses": from_responses_caller.decode,
    }
)
_REQUEST_ENCODERS: Mapping[str, _EncodeRequest] = MappingProxyType(
    {
        "openai-chat": to_openai_chat_request.encode,
        "anthropic-messages": to_anthropic.encode,
        "gemini": to_gemini.encode,
        "openai-responses": to_responses.encode,
    }
)


def render_request(source: str, body: Mapping[str, Any], deployment: Deployment) -> Rendered | NotPortable:
    """Render a request for a deployment that speaks another wire.

    Raises:
        BadRequestError: a part of the request is not what its own wire knows.
    """
    target = shape_of(deployment.wire)
    if source not in _REQUEST_DECODERS or target not in _REQUEST_ENCODERS:
        return NotPortable(f"{deployment.id} speaks {deployment.wire}, into which {source} cannot be put")
    decode, encode = _REQUEST_DECODERS[source], _REQUEST_ENCODERS[target]
    try:
        return Rendered(*encode(decode(body), deployment))
    except UnportableError as error:
        return NotPortable(str(error))
    except RecursionError:
        return NotPortable("the request is nested too deeply")
    except (KeyError, TypeError, AttributeError) as error:
        # The body is the caller's, of any shape below its top level; a part that is missing or of the wrong kind ends here.
        raise BadRequestError(f"a part of the request is missing or of the wrong kind: {error}") from error


class _EncodeAnswer(Protocol):
    def __call__(self, answer: Answer, *, request: Mapping[str, Any], model: str, created: int) -> bytes: ...


_ANSWER_DECODERS: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = MappingProxyType(
    {
        "openai-chat": from_openai_chat_answer.decode,
        "anthropic-messages": from_anthropic.decode,
        "gemini": from_gemini.decode,
        "openai-responses": from_responses.decode,
    }
)
_ANSWER_ENCODERS: Mapping[str, _EncodeAnswer] = MappingProxyType(
    {
        "openai-chat": to_openai_chat.encode,
        "anthropic-messages": to_anthropic_caller.encode,
        "gemini": to_gemini_caller.encode,
        "openai-responses": to_responses_caller.encode,
    }
)


def render_answer(
    source: str, target: str, body: Mapping[str, Any], *, request: Mapping[str, Any], model: str, created: int
) -> bytes:
    """Render a whole answer that is no error.

    `request` is what the caller asked, in its own wire; `model` stands where the provider names none; `created` is a
    Unix time. Read `body` with `json_text.read`: faster readers bend long integers in the arguments of tool calls.

    Raises:
        MalformedError: the answer is not what its wire promises.
    """
    decode, encode = _ANSWER_DECODERS[shape_of(source)], _ANSWER_ENCODERS[target]
    try:
        answer = restored(decode(body), originals(request))
        return encode(answer, request=request, model=model, created=created)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedError(f"an answer that {source} does not know: {type(error).__name__}") from error


class StreamDecoder(Protocol):
    """Reads the events of one stream."""

    def read(self, event: Event) -> Iterable[Piece]:
        """Say what an event adds."""
        ...


class StreamEncoder(Protocol):
    """Writes one stream."""

    def write(self, pieces: Iterable[Piece]) -> bytes:
        """Write the events for some pieces."""
        ...

    def close(self) -> bytes:
        """Write the end; nothing where no end was told."""
        ...


class _MakeEncoder(Protocol):
    def __call__(self, *, request: Mapping[str, Any], model: str, created: int) -> StreamEncoder: ...


_STREAM_DECODERS: Mapping[str, Callable[[], StreamDecoder]] = MappingProxyType(
    {
        "openai-chat": from_openai_chat_answer.Decoder,
        "anthropic-messages": from_anthropic.Decoder,
        "gemini": from_gemini.Decoder,
        "openai-responses": from_responses.Decoder,
    }
)
_STREAM_ENCODERS: Mapping[str, _MakeEncoder] = MappingProxyType(
    {
        "openai-chat": to_openai_chat.Encoder,
        "anthropic-messages": to_anthropic_caller.Encoder,
        "gemini": to_gemini_caller.Encoder,
        "openai-responses": to_responses_caller.Encoder,
    }
)


def stream_decoder(source: str) -> StreamDecoder:
    """Make what reads one stream of a deployment's wire."""
    return _STREAM_DECODERS[shape_of(source)]()


def kept_back(decoder: StreamDecoder) -> Iterable[Piece]:
    """Tell what a decoder kept back until its stream had closed; most keep nothing."""
    close = getattr(decoder, "close", None)
    return close() if close is not None else ()


def stream_encoder(target: str, *, request: Mapping[str, Any], model: str, created: int) -> StreamEncoder:
    """Make what writes one stream for a caller; the arguments are those of `render_answer`."""
    return _STREAM_ENCODERS[target](request=request, model=model, created=created)


def read_conversation(source: str, body: Mapping[str, Any]) -> Conversation | None:
    """Read a request as a conversation; None where it demands what only its own wire can carry."""
    if source not in _REQUEST_DECODERS:
        return None
    try:
        return _REQUEST_DECODERS[source](body)
    except (UnportableError, BadRequestError, KeyError, TypeError, AttributeError, RecursionError):
        return None


class StreamRenderer:
    """Renders one stream, event by event; errors in it are the runtime's to tell, and render as nothing.

    The arguments are those of `render_answer`.
    """

    def __init__(self, source: str, target: str, *, request: Mapping[str, Any], model: str, created: int) -> None:
        self._source = source
        self._names = originals(request)
        self._decoder = stream_decoder(source)
        self._encoder = stream_encoder(target, request=request, model=model, created=created)

    def feed(self, event: Event) -> bytes:
        """Render one event; empty where the target has nothing to say for it.

        Raises:
            MalformedError: the event is not what its wire promises.
        """
        try:
            pieces = self._decoder.read(event)
            return self._encoder.write(restored_pieces(pieces, self._names) if self._names else pieces)
        except (KeyError, TypeError, AttributeError) as error:
            raise MalformedError(f"an event that {self._source} does not know: {type(error).__name__}") from error

    def close(self) -> bytes:
        """Render the end; empty where the provider did not end its stream, so that nobody takes a cut for an end.

        Raises:
            MalformedError: what the decoder kept back is not what its wire promises.
        """
        pieces = kept_back(self._decoder)
        return self._encoder.write(restored_pieces(pieces, self._names)) + self._encoder.close()
