"""A witness that answers what would bend the note that its cosignature is put below."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from support.witness import NAME, Answer
from support.witness import Witness as Peer

from ledger.writing import KEY, ORIGIN, SECRET, Desk, probe
from modelrouter.ledger.anchors.witness import LONGEST_LINE, MOST_LINES, Witness
from modelrouter.ledger.note import Note, VerifierKey, signed_by
from modelrouter.ledger.outside import Books, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Lie = Callable[["Liar", str, str], str]

DASH = "\u2014 "
HOLDS_NOT = "a signature that does not hold"


class Liar(Peer):
    """Answers what `lie` makes of the note that it was sent and of the honest line."""

    def __init__(self) -> None:
        super().__init__(**{ORIGIN: SECRET.public})
        self.lie: Lie = lambda _me, _note, honest: honest

    def answer(self, request: str) -> Answer:
        """To one body of add-checkpoint."""
        found = super().answer(request)
        if found.status != 200:
            return found
        return Answer(200, self.lie(self, request.partition("\n\n")[2], found.body.decode()).encode())


@pytest.fixture
def liar() -> Liar:
    """A witness that knows the ledger."""
    return Liar()


@pytest.fixture
def address(liar: Liar) -> Iterator[str]:
    """Where it is."""
    with liar.serving() as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A ledger with a checkpoint."""
    made = Desk(tmp_path / "0.db", checkpoint_entries=10)
    for number in range(12):
        made.write(probe(number))
    yield made
    made.journal.close()


def moved(me: Liar, note: str, _honest: str) -> str:
    """More text, and a signature that holds over all of it."""
    return "hello\n\n" + me._cosigned(f"{note}hello\n")


def blank(me: Liar, note: str, _honest: str) -> str:
    """An empty line: the note's own signatures become text, which is signed."""
    return "\n" + me._cosigned(note)


def other(name: str, honest: str) -> str:
    """The line under another name."""
    return honest.replace(NAME, name)


LIES: dict[str, Lie] = {
    "moved": moved,
    "blank": blank,
    "blank below": lambda _me, _note, honest: f"{honest}\n",
    "blank between": lambda _me, _note, honest: f"{honest}\n{other('b.example', honest)}",
    "text before": lambda _me, _note, honest: f"hello\n{honest}",
    "text behind": lambda _me, _note, honest: f"{honest}hello\n",
    "no end": lambda _me, _note, honest: honest.rstrip("\n"),
    "twice": lambda _me, _note, honest: honest * 2,
    "of another note": lambda me, _note, _honest: me._cosigned(f"{ORIGIN}\n9\nAAAA\n"),
    "carriage returns": lambda _me, _note, honest: honest.replace("\n", "\r\n"),
    "too many": lambda _me, _note, honest: honest + other("b.example", honest) * MOST_LINES,
    "too long": lambda _me, _note, honest: (
        f"{honest}{DASH}b.example {base64.b64encode(bytes(LONGEST_LINE)).decode()}\n"
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_nothing_but_signatures_over_this_very_note_is_taken(desk: Desk, liar: Liar, address: str, lie: str) -> None:
    """Lines that move the end of the text, say anything else, come twice, or are too many or too long: refused."""
    liar.lie = LIES[lie]

    with pytest.raises(RefusedError, match=HOLDS_NOT):
        Witness(address, liar.key).keep(desk.notes[-1], Books(desk.journal))


@pytest.mark.parametrize("name", [ORIGIN, "b.example"])
def test_signatures_by_others_alone_are_no_cosignature(desk: Desk, liar: Liar, address: str, name: str) -> None:
    """Neither a stranger's line, nor one in the ledger's own name."""
    liar.lie = lambda _me, _note, honest: other(name, honest)

    with pytest.raises(RefusedError, match="without a signature by its key"):
        Witness(address, liar.key).keep(desk.notes[-1], Books(desk.journal))


def test_what_is_kept_of_an_answer_stands_below_the_note_as_it_was(desk: Desk, liar: Liar, address: str) -> None:
    """A stranger's line beside the right one is left out, and the note with what is kept is whole for both keys."""
    liar.lie = lambda _me, _note, honest: other("b.example", honest) + honest
    note = desk.notes[-1]
    kept = Witness(address, liar.key).keep(note, Books(desk.journal))
    whole = Note.read(f"{note}{kept.detail}")

    assert whole.text == note.text
    assert [each.name for each in whole.signatures] == [ORIGIN, NAME]
    keys = {VerifierKey.read(KEY), VerifierKey.read(liar.key)}
    assert signed_by(whole, keys) == keys
