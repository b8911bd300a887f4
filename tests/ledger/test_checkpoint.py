from __future__ import annotations

import pytest

from ledger.building import ORIGIN, key_of
from modelrouter.ledger import chain, checkpoint
from modelrouter.ledger.checkpoint import Checkpoint, Keys
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import MalformedError
from modelrouter.ledger.merkle import EMPTY
from modelrouter.ledger.note import WITNESS, Note, Signature, VerifierKey, sign, signed_by

ONE, TWO, THREE = (Secret(bytes([number]) * 32) for number in (1, 2, 3))
HEAD = chain.start(ORIGIN)
PLACE = Checkpoint(ORIGIN, 5, b"r" * 32)


def cosigned(note: Note, secret: Secret, name: str, time: int) -> Note:
    """As a witness does it: over the text and a time."""
    key = VerifierKey(name, WITNESS, secret.public)
    said = f"cosignature/v1\ntime {time}\n{note.text}".encode()
    return Note(note.text, (*note.signatures, Signature(name, key.id, time.to_bytes(8, "big") + secret.sign(said))))


def test_a_checkpoint_is_written_as_the_format_has_it() -> None:
    """Origin, size, root; an empty line; a dash, the name, and Base64 of id and signature."""
    text = str(checkpoint.signed(PLACE, [ONE]))

    assert text.startswith(f"{ORIGIN}\n5\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n\n\u2014 {ORIGIN} ")
    assert text.endswith("=\n")
    assert text == str(Note.read(text))
    assert PLACE == Checkpoint.read(Note.read(text).text)
    assert Checkpoint(ORIGIN, 0, EMPTY) == checkpoint.of(HEAD)


def test_the_id_of_a_key_is_that_of_a_well_known_log() -> None:
    """The checksum database of Go publishes its key with an id; it is the one worked out here."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

    assert text == str(VerifierKey.read(f" {text}\n"))
    assert "033de0ae" == VerifierKey.read(text).id.hex()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+AAAA",
        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn9",
        "a name+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    """Name, id and key belong together: a slip in any of them is found."""
    with pytest.raises(MalformedError, match="verifier key"):
        VerifierKey.read(text)


def test_several_sign_and_strangers_are_ignored() -> None:
    """Those of the asked keys that signed are answered; nobody else counts."""
    note = sign("text\n", [("a", ONE), ("b", TWO)])
    a, b, c = key_of(ONE, "a"), key_of(TWO, "b"), key_of(THREE, "c")

    assert {a, b} == signed_by(note, [a, b, c])
    assert {a} == signed_by(note, [a])
    assert frozenset() == signed_by(note, [c, key_of(ONE, "b")])


def test_more_signatures_can_be_added() -> None:
    """Those that are there stay; a witness's cosignature is read as well, and covers its time."""
    note = sign("text\n", [("b", TWO)], sign("text\n", [("a", ONE)]))
    witness = VerifierKey("witness", WITNESS, THREE.public)
    seen = cosigned(note, THREE, "witness", 1_780_000_000)
    late = seen.signatures[2]

    assert {key_of(ONE, "a"), key_of(TWO, "b"), witness} == signed_by(
        Note.read(str(seen)), [key_of(ONE, "a"), key_of(TWO, "b"), witness]
    )
    with pytest.raises(MalformedError, match="does not hold"):
        signed_by(Note(seen.text, (late._replace(data=(1_790_000_000).to_bytes(8, "big") + late.data[8:]),)), [witness])
    with pytest.raises(MalformedError, match="another text"):
        sign("other\n", [("b", TWO)], note)


def test_a_signature_under_a_known_name_must_hold() -> None:
    """A note that carries a false or a second one of a trusted key is worth nothing, whoever else signed."""
    good = sign("text\n", [("a", ONE), ("b", TWO)])
    a, b = key_of(ONE, "a"), key_of(TWO, "b")
    false = Note("text\n", (good.signatures[0], Signature("b", b.id, bytes(64))))

    with pytest.raises(MalformedError, match="'b' does not hold"):
        signed_by(false, [a, b])
    with pytest.raises(MalformedError, match="'a' does not hold"):
        signed_by(Note("text\n", good.signatures * 2), [a])
    with pytest.raises(MalformedError, match="'a' does not hold"):
        signed_by(Note("texts\n", good.signatures), [a])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\nno signature\n",
        "text\n\n\u2014 name\n",
        "text\n\n\u2014 name AAAA\n",
        "text\n\n\u2014 na+me AAAAAAAA\n",
        "text\n\n\u2014 name AAAAAAAA",
        "te\rxt\n\n\u2014 name AAAAAAAA\n",
        "te\x00xt\n\n\u2014 name AAAAAAAA\n",
        "te\ud800xt\n\n\u2014 name AAAAAAAA\n",
        "text\n\n" + "\u2014 name AAAAAAAA\n" * 65,
        "x" * 70_000 + "\n\n\u2014 name AAAAAAAA\n",
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    """A text, an empty line, and whole lines of signatures, without control characters, and not endless."""
    with pytest.raises(MalformedError):
        Note.read(text)


def test_what_no_note_may_say_is_not_signed() -> None:
    """A text without its line end, and a name with a space."""
    with pytest.raises(MalformedError):
        sign("text", [("a", ONE)])
    with pytest.raises(MalformedError):
        sign("text\n", [("a b", ONE)])


@pytest.mark.parametrize(
    "text",
    ["", "o\n5\n", "o\n05\ncnJy\n", "o\n5\ncnJy\n", "o\n-5\n" + "r" * 44 + "\n", f"o\n\n5\n{'A' * 43}=\n"],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """A size without zeros before it, and a whole root."""
    with pytest.raises(MalformedError):
        Checkpoint.read(text)


def test_an_anchor_is_read_as_it_grew() -> None:
    """Checkpoints behind one another in a file come out one by one; half of one is refused."""
    notes = [checkpoint.signed(PLACE._replace(size=size), [ONE, TWO]) for size in (1, 2, 3)]
    text = "".join(map(str, notes))

    assert notes == checkpoint.several(text)
    assert [] == checkpoint.several("")
    with pytest.raises(MalformedError):
        checkpoint.several(text + "half\n1\n")
    with pytest.raises(MalformedError):
        checkpoint.several(text[text.index("\u2014") :])


def rotated(number: int = 0, old: Secret = ONE, new: Secret = TWO) -> str:
    """The note of a rotation at the head of an empty ledger."""
    head = HEAD._replace(tree=HEAD.tree._replace(size=number))
    return str(checkpoint.rotation(head, 0, old, new).values["note"])


def test_a_key_signs_in_its_time_alone() -> None:
    """After a rotation the old key signs nothing that counts, and before it the new one does not."""
    keys = Keys.first(key_of(ONE)).rotated(4, rotated(4))
    before, after = PLACE._replace(size=4), PLACE

    assert (before, frozenset()) == keys.verify(checkpoint.signed(before, [ONE]))
    assert (after, frozenset()) == keys.verify(checkpoint.signed(after, [TWO]))
    assert (after, frozenset()) == keys.verify(checkpoint.signed(after, [ONE, TWO]))
    for place, secret in ((before, TWO), (after, ONE), (after, THREE)):
        with pytest.raises(MalformedError, match="key of its time"):
            keys.verify(checkpoint.signed(place, [secret]))
    with pytest.raises(MalformedError, match="key of its time"):
        keys.verify(sign(PLACE._replace(origin="other").text, [(ORIGIN, TWO)]))


def test_witnesses_are_named() -> None:
    """Besides the ledger's own key, those witnesses that signed."""
    witness = VerifierKey("witness", WITNESS, THREE.public)
    note = cosigned(checkpoint.signed(PLACE, [ONE]), THREE, "witness", 1)

    assert (PLACE, frozenset({witness})) == Keys.first(key_of(ONE)).verify(note, [witness])


def test_only_both_keys_together_rotate() -> None:
    """Another place, another old key, one signature missing, another ledger: no rotation."""
    keys = Keys.first(key_of(ONE))
    alone = Note.read(rotated())
    for note in (
        rotated(1),
        rotated(old=THREE),
        str(alone._replace(signatures=alone.signatures[:1])),
        str(alone._replace(signatures=alone.signatures[1:])),
        rotated().replace(ORIGIN, "ledger.example/another"),
        str(checkpoint.signed(PLACE, [ONE, TWO])),
    ):
        with pytest.raises(MalformedError):
            keys.rotated(0, note)


def test_a_reference_is_of_the_very_place() -> None:
    """A checkpoint is kept in the ledger behind the last entry that it covers, and nowhere else."""
    note = checkpoint.signed(checkpoint.of(HEAD), [ONE])

    assert str(note) == checkpoint.reference(HEAD, 0, note).values["note"]
    with pytest.raises(MalformedError, match="another place"):
        checkpoint.reference(HEAD, 0, checkpoint.signed(PLACE, [ONE]))
