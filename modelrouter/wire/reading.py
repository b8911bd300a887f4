"""What dialects find in requests, answers and stream events, in words that no provider owns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Vectors:
    """Embeddings: how many, and how many numbers each has; no lengths where nobody asks for any in particular."""

    count: int
    lengths: frozenset[int]


class Asked(NamedTuple):
    """What a request needs of whoever serves it."""

    model: str
    stream: bool
    capabilities: frozenset[str]
    """The inventory's words for what the *model* must be able to do. What only the wire must carry (`n`, `logprobs`)
    is judged where the request is rendered, wishes such as `seed` nowhere."""
    context: int
    """Tokens of the prompt, estimated cheaply: `BYTES_PER_TOKEN` for texts and tools, `IMAGE_TOKENS` for anything else."""
    output: int | None
    """The most tokens the caller wants back; None where it does not say."""
    kept: str | None = None
    """The first thing in it that one provider keeps and no other knows (an earlier answer, a file), as `field id`;
    None: everything that it says stands in it."""
    vectors: Vectors | None = None
    """The embeddings that are wanted, where it wants them."""


BYTES_PER_TOKEN = 4
"""UTF-8 bytes of text for one token: OpenAI's rule of thumb for English; code and most other scripts take fewer."""

IMAGE_TOKENS = 85
"""The least that a provider counts for an image: OpenAI's low detail."""


class Usage(NamedTuple):
    """Tokens billed for one answer, in buckets that do not overlap: their sum is the total.

    Providers differ: OpenAI's prompt tokens include the cached ones, Anthropic's input tokens do not;
    output tokens include reasoning with most.
    """

    input: int = 0
    """Prompt tokens that were not read from a cache; those written to one are included."""
    written: int = 0
    """Of `input`, those written to a cache: no bucket of its own."""
    cached: int = 0
    """Prompt tokens read from a cache."""
    output: int = 0
    """Tokens of the answer, without reasoning."""
    reasoning: int = 0

    def merged(self, later: Usage) -> Usage:
        """Join two counts of one answer: a stream tells totals so far, and may leave out what it told before."""
        return Usage(
            input=max(self.input, later.input),
            written=max(self.written, later.written),
            cached=max(self.cached, later.cached),
            output=max(self.output, later.output),
            reasoning=max(self.reasoning, later.reasoning),
        )


class Reading(NamedTuple):
    """What one whole answer, or one event of a stream, tells."""

    content: bool = False
    """Text, reasoning, a refusal or a piece of a tool call is in it; a role, a ping, an empty start is not."""
    finish: str | None = None
    """Why the model stopped, in the wire's own word."""
    ended: bool = False
    """Nothing but usage may follow."""
    error: str | None = None
    """The JSON text of an error that came under a status of 200, for the classifier."""
    usage: Usage | None = None
    model: str | None = None
    """The model that the provider says it used."""
    empty: bool = False
    """The answer has nothing in it and no reason for that (a limit, a tool call, a refusal).

    In a stream: this event gives a `finish` that excuses no emptiness. A stream is empty when it ended
    and showed no content, and either an event said so or none gave a `finish`.
    """
    vectors: Vectors | None = None
    """The embeddings in it."""
    kept: tuple[str, ...] = ()
    """Ids under which the provider may keep it or a part of it, and what it was made in; no other provider knows them."""


NOTHING = Reading()
"""A comment, a ping, an event of an unknown type."""
