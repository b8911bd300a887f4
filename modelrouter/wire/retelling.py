"""One answer in a caller's wire, told by several providers in turn: it reads as one, each text once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.wire import json_text
from modelrouter.wire.continuing import Form, form_of
from modelrouter.wire.conversation import (
    ArgumentsPiece,
    CallStarted,
    Counted,
    Ended,
    Finished,
    Piece,
    Signed,
    Started,
    Text,
    Thinking,
)
from modelrouter.wire.dialects import shape_of
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.reading import Usage
from modelrouter.wire.tool_names import originals, restored_pieces
from modelrouter.wire.translate import kept_back, stream_decoder, stream_encoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from modelrouter.core.inventory import Deployment
    from modelrouter.wire.sse import Event

__all__ = ["AnsweredAnewError", "Retelling", "Voice"]

LEAST = 24
"""Characters of the beginning of an answer that nobody repeats by chance: whoever does is telling it again."""


class AnsweredAnewError(MalformedError):
    """A provider that was asked for the rest began at the beginning."""


class Retelling:
    """One answer in the caller's wire, told by one provider after the other.

    What began stays: one id, one model, the role once, blocks counted on. Tokens are added up.
    """

    def __init__(self, target: str, *, request: Mapping[str, Any], model: str, created: int) -> None:
        self._encoder = stream_encoder(target, request=request, model=model, created=created)
        self.names = originals(request)
        self.target = target
        self._texts: list[str] = []
        self._calls: list[list[str]] = []
        self._has_started = False
        self._has_spoken = False
        self._resumed = False
        self._finished = False
        self._before = Usage()
        self._usage: Usage | None = None

    @property
    def text(self) -> str:
        """What the caller has been told so far."""
        return "".join(self._texts)

    @property
    def can_go_on(self) -> bool:
        """Whether another provider could tell the rest: nobody can that of a call."""
        return not self._calls and not self._finished

    def write(self, pieces: Iterable[Piece]) -> bytes:
        """Write the events for some pieces, and remember what they told."""
        return self._encoder.write([told for piece in pieces for told in self._noted(piece)])

    def resume(self) -> None:
        """Let the next provider speak."""
        self._resumed = True
        self._before, self._usage = _sum(self._before, self._usage), None

    def close(self) -> bytes:
        """Write the end; nothing where no provider told one."""
        return self._encoder.close()

    def conclude(self) -> bytes | None:
        """Write the end of an answer that broke off when all of it was there; None where something is missing.

        All is there where the model had said why it stopped, or where it had called tools and every call is whole.
        """
        if self._finished:
            return self._encoder.write([Ended()]) + self._encoder.close()
        if self._calls and all(map(_is_whole, self._calls)):
            return self._encoder.write([Finished("tool_calls"), Ended()]) + self._encoder.close()
        return None

    def _noted(self, piece: Piece) -> Iterator[Piece]:
        if isinstance(piece, Started):
            if self._has_started:
                return
            self._has_started = True
        elif isinstance(piece, Text):
            self._texts.append(piece.text)
        elif isinstance(piece, Thinking | Signed):
            if self._resumed and self._has_spoken:
                return  # the caller has seen one train of thought, or text: a second one would end up inside it
        elif isinstance(piece, CallStarted):
            self._calls.append([])
        elif isinstance(piece, ArgumentsPiece):
            self._calls[-1].append(piece.text)
        elif isinstance(piece, Counted):
            self._usage = piece.usage
            piece = Counted(_sum(self._before, piece.usage))
        elif isinstance(piece, Finished):
            self._finished = True
        self._has_spoken = self._has_spoken or isinstance(piece, Text | Thinking)
        yield piece


def _is_whole(arguments: list[str]) -> bool:
    try:
        return isinstance(json_text.read("".join(arguments)), dict)
    except MalformedError:
        return False


def _sum(one: Usage, other: Usage | None) -> Usage:
    if other is None:
        return one
    return Usage(
        input=one.input + other.input,
        written=one.written + other.written,
        cached=one.cached + other.cached,
        output=one.output + other.output,
        reasoning=one.reasoning + other.reasoning,
    )


class Voice:
    """One provider's part of a retelling, read from its stream; `feed` and `close` as those of `StreamRenderer`.

    That of a provider who goes on holds its pieces back until it is `adopted`: several may have been asked.
    """

    def __init__(self, deployment: Deployment, retelling: Retelling, *, resumes: bool) -> None:
        self._wire = deployment.wire
        self._decoder = stream_decoder(deployment.wire)
        self.retelling = retelling
        """What it is a part of."""
        self._names = {} if shape_of(deployment.wire) == retelling.target else retelling.names
        self._held: list[Piece] | None = [] if resumes else None
        self._joined = _Seam(retelling.text, form_of(deployment)).join if resumes else _as_it_is
        self.anew = False
        """It was asked for the rest, and began at the beginning."""

    def feed(self, event: Event) -> bytes:
        """Render one event.

        Raises:
            MalformedError: the event is not what its wire promises; AnsweredAnewError: the answer begins again.
        """
        try:
            pieces = self._decoder.read(event)
            pieces = list(restored_pieces(pieces, self._names) if self._names else pieces)
        except (KeyError, TypeError, AttributeError) as error:
            raise MalformedError(f"an event that {self._wire} does not know: {type(error).__name__}") from error
        if self._held is not None:
            self._held.extend(pieces)
            return b""
        return self._told(pieces)

    def adopt(self) -> bytes:
        """Speak from now on, beginning with what was held back. Raises AnsweredAnewError."""
        held, self._held = self._held or [], None
        self.retelling.resume()
        return self._told(held)

    def close(self) -> bytes:
        """Render the end; empty where the provider did not end its stream.

        Raises:
            MalformedError: what the decoder kept back is not what its wire promises.
        """
        return self._told(restored_pieces(kept_back(self._decoder), self._names)) + self.retelling.close()

    def _told(self, pieces: Iterable[Piece]) -> bytes:
        try:
            return self.retelling.write([told for piece in pieces for told in self._joined(piece)])
        except AnsweredAnewError:
            self.anew = True
            raise


def _as_it_is(piece: Piece) -> Iterable[Piece]:
    return (piece,)


class _Seam:
    """Joins the rest of a text to its beginning: what is told twice is taken out.

    A repeated beginning is an echo where all of it comes before anything new, and a new answer where it goes another
    way. Too short a beginning tells neither, but of servers that are known to repeat it.
    """

    def __init__(self, told: str, form: Form | None) -> None:
        trims = form is not None and form.trims
        self._asked = told.rstrip() if trims else told
        self._blanks = told[len(self._asked) :]
        """Were told, but could not be asked with: the rest often begins with them."""
        self._least = 1 if form is not None and form.echoes else LEAST
        self._held = ""
        self._is_past_echo = not told.strip() or len(self._asked) < self._least
        self._is_joined = not told.strip()

    def join(self, piece: Piece) -> Iterator[Piece]:
        """Give a piece as it reads behind what was told. Raises AnsweredAnewError."""
        if self._is_joined or isinstance(piece, Started | Counted | Thinking | Signed):
            yield piece
            return
        is_text = isinstance(piece, Text)
        if isinstance(piece, Text):
            self._held += piece.text
        self._is_joined = self._take(ended=not is_text)
        if self._is_joined and self._held:
            yield Text(self._held)
        if not is_text:
            yield piece

    def _take(self, *, ended: bool) -> bool:
        """Take out of what is held whatever was told before; whether the rest of it can be told."""
        if not self._is_past_echo and not self._past_echo(ended=ended):
            return False
        if self._blanks.startswith(self._held) and self._held != self._blanks and not ended:
            return False
        self._held = self._held[_shared(self._held, self._blanks) :]
        return True

    def _past_echo(self, *, ended: bool) -> bool:
        """Take out an echo; whether what is held now is new."""
        common = _shared(self._held, self._asked)
        if common == len(self._asked):
            self._held = self._held[common:]
        elif common == len(self._held) and not ended:
            return False
        elif common >= LEAST:
            raise AnsweredAnewError("asked for the rest of an answer, it began at the beginning")
        self._is_past_echo = True
        return True


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
