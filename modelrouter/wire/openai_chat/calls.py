"""Tool calls put together out of the pieces of a stream, whatever tells one from another.

OpenAI counts them by an index. Others leave it out, or always say 0, repeat the id or the name with every piece,
or give no id at all: a new id with a name, another name, or a name behind arguments that are complete begins a new call.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.conversation import ArgumentsPiece, CallStarted
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_chat.arguments import Scanner, read_arguments
from modelrouter.wire.tags import is_tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ISSUER = "openai-chat"
"""The wire: which of those who speak it made a signature, nothing tells."""


def minted(answer: str, position: int) -> str:
    """Give an id to a call that has none, or another's: the same each time for its place in the same answer."""
    return f"call_{hashlib.sha256(f'{position}:{answer}'.encode(errors='surrogatepass')).hexdigest()[:24]}"


def signature_of(call: Mapping[str, Any]) -> str | None:
    """Find what Google's servers sign calls with."""
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return signature if isinstance(signature, str) and signature and not is_tagged(signature) else None


class _Call:
    def __init__(self, *, index: object, given: str | None, name: str, call_id: str, signature: str | None) -> None:
        self.index = index
        self.given = given
        self.name = name
        self.id = call_id
        self.signature = signature
        self.scanner = Scanner()
        self.kept = ""
        """Arguments that were not told yet."""
        self.has_object = False
        """An object began, so that arguments may be told as they come."""

    def follow(self, text: str) -> None:
        self.kept += text
        self.has_object = self.has_object or self.kept.lstrip()[:1] == "{"


class Calls:
    """The calls of one answer. One is told at a time; later ones are kept back until it is complete."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._told = 0
        """How many were begun; the last of them is under way."""
        self._ids: set[str] = set()
        self.answer = ""
        """The id of the answer, for the ids of calls that come without."""

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, entry: Mapping[str, Any]) -> Iterator[CallStarted | ArgumentsPiece]:
        """Read one piece of one call, and tell what can be told.

        Raises:
            MalformedError: it belongs to no call.
        """
        function = entry["function"] if entry.get("function") is not None else {}
        call = self._call(entry, function)
        said = function.get("arguments")
        text = said if isinstance(said, str) else "" if said is None else json_text.text(said)
        first, *others = call.scanner.split(text)
        call.follow(first)
        for other in others:
            scanner, call = call.scanner, self._begun(call.index, call.given, call.name, None)
            call.scanner = scanner
            call.follow(other)
        yield from self._tell()

    def close(self, *, cut: bool) -> Iterator[CallStarted | ArgumentsPiece]:
        """Tell the rest; `cut` says that the answer stopped at a limit, where arguments may end anywhere.

        Raises:
            MalformedError: arguments are not complete, or are no object.
        """
        for place, call in enumerate(self._calls):
            if place >= self._told:
                yield self._start(call)
            if call.has_object:
                if not call.scanner.complete and not cut and call is self._last_of(call):
                    raise MalformedError("the arguments of a call break off")
            elif call.kept.strip() or not cut:
                read = read_arguments(call.kept)
                if read is None and not cut:
                    raise MalformedError("the arguments of a call are no object")
                call.kept = json_text.text(read[0]) if read else ""
            if call.kept:
                yield ArgumentsPiece(call.kept)
                call.kept = ""

    def _last_of(self, call: _Call) -> _Call:
        """Calls whose arguments came in one text share a scanner, which tells of the last of them."""
        return next(other for other in reversed(self._calls) if other.scanner is call.scanner)

    def _call(self, entry: Mapping[str, Any], function: Mapping[str, Any]) -> _Call:
        given, name = _word(entry.get("id")), _word(function.get("name"))
        index = entry.get("index")
        call = self._found(given, index)
        if call is not None and not _is_new(call, given, name):
            call.given = call.given or given
            return call
        if name is None:
            raise MalformedError("a piece of a call that never began")
        return self._begun(index, given, name, signature_of(entry))

    def _found(self, given: str | None, index: object) -> _Call | None:
        """The call that a piece may go on with: by its id, else by its index, else the last one."""
        latest = self._calls[::-1]
        same = (call for call in latest if given is not None and call.given == given and index in (None, call.index))
        if (call := next(same, None)) is not None or index is None:
            return call or next(iter(latest), None)
        return next((call for call in latest if call.index == index), None)

    def _begun(self, index: object, given: str | None, name: str, signature: str | None) -> _Call:
        taken = given is None or given in self._ids
        call_id = minted(self.answer, len(self._calls)) if given is None or taken else given
        self._ids.add(call_id)
        call = _Call(index=index, given=given, name=name, call_id=call_id, signature=signature)
        self._calls.append(call)
        return call

    def _tell(self) -> Iterator[CallStarted | ArgumentsPiece]:
        while self._calls:
            under_way = self._calls[self._told - 1] if self._told else None
            if under_way is not None and under_way.has_object and under_way.kept:
                yield ArgumentsPiece(under_way.kept)
                under_way.kept = ""
            if self._told == len(self._calls) or not (under_way is None or self._is_over(under_way)):
                return
            self._told += 1
            yield self._start(self._calls[self._told - 1])

    def _is_over(self, call: _Call) -> bool:
        return call.has_object and (call.scanner.complete or call is not self._last_of(call))

    @staticmethod
    def _start(call: _Call) -> CallStarted:
        return CallStarted(call.id, call.name, ISSUER if call.signature else None, call.signature)


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _is_new(call: _Call, given: str | None, name: str | None) -> bool:
    """Whether a piece that names what it belongs to in this way begins another call than the one that it found."""
    if name is None or (given is not None and given == call.given):
        return False
    if given is not None and call.given is not None:
        return True
    return name != call.name or call.scanner.complete
