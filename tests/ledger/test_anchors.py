"""Checkpoints in files, with a real witness and with real syslog receivers on loopback."""

from __future__ import annotations

import os
import re
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.witness import Witness as Peer

from ledger.fleet_desk import eventually
from ledger.writing import KEY, ORIGIN, PATIENCE_S, SECRET, Desk, audited, probe, rows
from modelrouter.core.evidence import Anchor
from modelrouter.errors import LedgerError
from modelrouter.ledger import checkpoint
from modelrouter.ledger.anchors import syslog, witness
from modelrouter.ledger.anchors.anchoring import Anchoring, Pace
from modelrouter.ledger.anchors.file import File
from modelrouter.ledger.anchors.kept import Kept
from modelrouter.ledger.anchors.places import Place, places_of
from modelrouter.ledger.anchors.syslog import Syslog
from modelrouter.ledger.anchors.witness import Witness
from modelrouter.ledger.checkpoint import Checkpoint, several
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Kind, MalformedError
from modelrouter.ledger.note import Note, VerifierKey, sign, signed_by
from modelrouter.ledger.outside import AwayError, Books, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from modelrouter.ledger.store import Store

QUICK = Pace(0.02, 0.1)


class Anchored:
    """A journal whose checkpoints are brought to places."""

    def __init__(self, path: Path, places: Sequence[Place], entries: int = 10) -> None:
        self.path = path
        self.told: list[tuple[str, str | None]] = []
        self.anchoring = Anchoring(places, lambda place, what: self.told.append((place, what)), pace=QUICK)
        self.desk = Desk(path, checkpoint_entries=entries, on_checkpoint=self._offer)
        self.anchoring.start(self.desk.journal)
        self._settled = 0

    def _offer(self, note: Note) -> None:
        self.desk.notes.append(note)
        self.anchoring.offer(note)

    def write(self, count: int = 12) -> None:
        """So many entries, and with them a checkpoint."""
        for number in range(count):
            self.desk.write(probe(number))

    def settled(self) -> None:
        """Wait until another checkpoint was made, and is where it belongs."""
        self._settled += 1
        self.until(lambda: len(self.desk.notes) >= self._settled)
        self.until(lambda: self.anchoring.states[0].size == Checkpoint.read(self.desk.notes[-1].text).size)

    def close(self) -> None:
        """End both, in this order."""
        self.desk.journal.close()
        self.anchoring.close(PATIENCE_S)

    def entries(self) -> list[dict[str, Any]]:
        """What the ledger tells of anchors."""
        return [row.values for row in rows(self.path) if row.kind == Kind.ANCHOR]

    def until(self, true: Callable[[], object]) -> None:
        """Wait."""
        eventually(true, f"it ({self.told}, {self.anchoring.states})")


@pytest.fixture
def peer() -> Peer:
    """A witness that knows the ledger."""
    return Peer(**{ORIGIN: SECRET.public})


@pytest.fixture
def address(peer: Peer) -> Iterator[str]:
    """Where it listens."""
    with peer.serving() as found:
        yield found


def sizes(text: str) -> list[int]:
    """Of the checkpoints in a file."""
    return [Checkpoint.read(note.text).size for note in several(text)]


# Files


def test_every_checkpoint_stands_in_the_file_one_behind_the_other_to_the_last(tmp_path: Path) -> None:
    """What the file has is what an auditor needs: the verifier takes it, and the ledger tells of it."""
    file = tmp_path / "anchor"
    made = Anchored(tmp_path / "0.db", [File(file)])
    for _ in range(5):
        made.write()
        made.settled()
    made.close()

    kept = several(file.read_text())
    assert sizes(file.read_text()) == sorted(set(sizes(file.read_text())))
    assert [str(note) for note in kept] == [str(note) for note in made.desk.notes]
    assert file.stat().st_mode & 0o022 == 0
    audited(made.path, kept)
    told = made.entries()
    assert [(each["where"], each["outcome"]) for each in told] == [(f"file {file}", "kept")] * len(told)
    assert {each["size"] for each in told} <= set(sizes(file.read_text()))
    assert made.told == []


def test_a_ledger_at_rest_does_not_grow_by_its_own_anchors(tmp_path: Path) -> None:
    """An entry about an anchor brings a checkpoint, and that one no anchor: soon nothing is written any more."""
    made = Anchored(tmp_path / "0.db", [File(tmp_path / "anchor")], entries=1)
    made.desk.write(probe(1))
    ends = [made.desk.journal.ask(lambda store: store.head.size).result(PATIENCE_S)]

    def resting() -> bool:
        made.desk.journal.append([])
        threading.Event().wait(0.1)
        ends.append(made.desk.journal.ask(lambda store: store.head.size).result(PATIENCE_S))
        return len(ends) > 8 and len(set(ends[-8:])) == 1

    made.until(resting)
    made.close()

    assert len(made.entries()) <= 2


def notes(store: Store) -> Note:
    """A checkpoint of all there is."""
    return checkpoint.signed(checkpoint.of(store.head), [SECRET])


class Shelf:
    """A ledger at work, of which checkpoints can be had."""

    def __init__(self, path: Path, seed: int = 0) -> None:
        self.desk = Desk(path, chance=lambda length: bytes([seed]) * length, wall=lambda: 1_780_000_000.0)
        self.books = Books(self.desk.journal)

    def note(self, more: int = 5) -> Note:
        """Of so many entries more."""
        for number in range(more):
            self.desk.write(probe(number))
        return self.books.ask(notes)  # type: ignore[arg-type] # of a store at work


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """A ledger at work."""
    made = Shelf(tmp_path / "0.db")
    yield made
    made.desk.journal.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Shelf]:
    """Another past under the same origin and key."""
    made = Shelf(tmp_path / "other" / "0.db", seed=1)
    yield made
    made.desk.journal.close()


def test_a_file_that_knows_more_shows_that_a_ledger_was_set_back(tmp_path: Path, shelf: Shelf, other: Shelf) -> None:
    """A checkpoint of more entries, or another one of as many or fewer: refused, and nothing is added."""
    path = tmp_path / "anchor"
    File(path).keep(shelf.note(20), shelf.books)
    before = path.read_bytes()

    with pytest.raises(RefusedError, match="was set back"):
        File(path).keep(other.note(5), other.books)
    with pytest.raises(RefusedError, match="is not one of this ledger"):
        File(path).keep(other.note(40), other.books)
    assert path.read_bytes() == before
    File(path).keep(shelf.note(5), shelf.books)
    assert len(sizes(path.read_text())) == 2


def test_several_ledgers_share_a_file(tmp_path: Path, shelf: Shelf) -> None:
    """Each is compared with its own checkpoints alone, wherever they stand, also far behind the beginning."""
    path = tmp_path / "anchor"
    File(path).keep(shelf.note(5), shelf.books)
    stranger = Checkpoint("other.example/x", 7, b"r" * 32)
    for _ in range(2000):
        with path.open("a") as file:
            file.write(str(sign(stranger.text, [("other.example/x", SECRET)])))
    one = File(path)
    one.keep(shelf.note(5), shelf.books)
    one.keep(shelf.note(5), shelf.books)
    File(path).keep(shelf.note(5), shelf.books)

    assert len(several(path.read_text())) == 2004


@pytest.mark.parametrize("kind", ["link", "hard link", "pipe", "folder", "device"])
def test_only_a_plain_file_is_written(tmp_path: Path, shelf: Shelf, kind: str) -> None:
    """Whoever may write beside the file cannot lead checkpoints elsewhere."""
    path, aim = tmp_path / "anchor", tmp_path / "aim"
    aim.write_text("")
    match kind:
        case "link":
            path.symlink_to(aim)
        case "hard link":
            os.link(aim, path)
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to("/dev/null")

    with pytest.raises((RefusedError, AwayError)):
        File(path).keep(shelf.note(), shelf.books)
    assert aim.read_text() == ""


def test_a_file_that_was_cut_or_is_gone_is_an_alarm(tmp_path: Path, shelf: Shelf) -> None:
    """What was kept there is missed at the next checkpoint, whoever took it."""
    path = tmp_path / "anchor"
    one = File(path)
    one.keep(shelf.note(), shelf.books)
    one.keep(shelf.note(), shelf.books)
    os.truncate(path, 30)
    with pytest.raises(RefusedError, match="has become shorter"):
        one.keep(shelf.note(), shelf.books)
    with pytest.raises(RefusedError, match="in the middle of a line"):
        one.keep(shelf.note(), shelf.books)
    path.unlink()
    with pytest.raises(RefusedError, match="is gone"):
        one.keep(shelf.note(), shelf.books)
    one.keep(shelf.note(), shelf.books)
    assert len(sizes(path.read_text())) == 1


def test_a_folder_that_is_away_is_waited_for_and_never_made(tmp_path: Path) -> None:
    """A disk that is not there yet: an alarm; once it is, the newest checkpoint is kept and the alarm is over."""
    folder = tmp_path / "disk"
    made = Anchored(tmp_path / "0.db", [File(folder / "anchor")])
    made.write()
    made.until(lambda: made.told)
    made.write(30)
    assert not folder.exists()
    folder.mkdir()
    made.until(lambda: made.told[-1][1] is None)
    made.close()

    assert made.told[0] == (f"file {folder / 'anchor'}", "it cannot be written: No such file or directory")
    assert sizes((folder / "anchor").read_text())[0] > 30
    assert [each["outcome"] for each in made.entries()][:2] == ["failed", "kept"]


class Odd:
    """A place that fails in a way that nobody thought of."""

    name = "odd"

    def __init__(self) -> None:
        self.notes: list[Note] = []

    def keep(self, note: Note, books: Books) -> Kept:
        """Fails at the first time."""
        self.notes.append(note)
        if len(self.notes) == 1:
            raise ZeroDivisionError(f"secret {books}")
        return Kept("kept")


def test_an_error_that_nobody_thought_of_ends_no_anchoring(tmp_path: Path) -> None:
    """It is an alarm by its kind alone, and the next checkpoint is brought."""
    made = Anchored(tmp_path / "0.db", [Odd()])
    for _ in range(3):
        made.write()
    made.until(lambda: len(made.told) == 2)
    made.close()

    assert made.told == [("odd", "something that should not happen did: ZeroDivisionError"), ("odd", None)]


# Witnesses


def test_a_witness_cosigns_every_checkpoint_and_the_ledger_keeps_its_signatures(
    tmp_path: Path, peer: Peer, address: str
) -> None:
    """Each proof of consistency holds for an independent reader, and each cosignature for ours and the verifier."""
    made = Anchored(tmp_path / "0.db", [Witness(address, peer.key)])
    for _ in range(6):
        made.write(13)
        made.settled()
    made.close()

    told = made.entries()
    assert peer.last[ORIGIN][0] == Checkpoint.read(made.desk.notes[-1].text).size
    assert len(told) >= 6
    assert made.told == []
    by_size = {Checkpoint.read(note.text).size: note for note in made.desk.notes}
    for each in told:
        assert each["outcome"] == "cosigned"
        whole = Note.read(f"{by_size[each['size']]}{each['detail']}")
        assert VerifierKey.read(peer.key) in signed_by(whole, [VerifierKey.read(peer.key)])
        audited(made.path, [whole])


@pytest.mark.parametrize("known", [1, 5, 8, 19])
def test_a_witness_that_knows_an_older_checkpoint_is_brought_further(
    shelf: Shelf, peer: Peer, address: str, known: int
) -> None:
    """A fresh process asks from nought, hears the witness's size, and proves from there."""
    note = shelf.note(known)
    peer.last[ORIGIN] = (size := Checkpoint.read(note.text).size), Checkpoint.read(note.text).root

    kept = Witness(address, peer.key).keep(shelf.note(20), shelf.books)

    assert kept.outcome == "cosigned"
    assert [each.partition("\n")[0] for each in peer.asked] == ["old 0", f"old {size}"]


def test_a_checkpoint_that_was_cosigned_already_is_cosigned_again(shelf: Shelf, peer: Peer, address: str) -> None:
    """The answer was lost: asking once more does no harm."""
    note = shelf.note()
    for _ in range(2):
        assert Witness(address, peer.key).keep(note, shelf.books).outcome == "cosigned"


def test_a_witness_that_has_seen_more_shows_that_a_ledger_was_set_back(
    shelf: Shelf, other: Shelf, peer: Peer, address: str
) -> None:
    """More entries than there are here: refused. More than this checkpoint, but fewer than there are: the next one will do."""
    first = shelf.note(5)
    Witness(address, peer.key).keep(shelf.note(30), shelf.books)

    with pytest.raises(RefusedError, match="was set back"):
        Witness(address, peer.key).keep(other.note(5), other.books)
    with pytest.raises(AwayError, match="waiting for a newer"):
        Witness(address, peer.key).keep(first, shelf.books)


def test_a_witness_refuses_a_ledger_with_another_past(shelf: Shelf, other: Shelf, peer: Peer, address: str) -> None:
    """The same origin and key, another history: the proof does not hold, and that is an alarm."""
    Witness(address, peer.key).keep(shelf.note(5), shelf.books)

    with pytest.raises(RefusedError, match="this ledger was changed"):
        Witness(address, peer.key).keep(other.note(30), other.books)


@pytest.mark.parametrize(
    ("mode", "error", "what"),
    [
        ("lying", RefusedError, "does not hold"),
        ("timeless", RefusedError, "without a time"),
        ("stranger", RefusedError, "without a signature by its key"),
        ("silent", RefusedError, "without a signature by its key"),
        ("odd", RefusedError, "names no size"),
        ("moved", RefusedError, "points elsewhere"),
        ("huge", AwayError, "more than"),
        ("broken", AwayError, "status 503"),
        ("slow", AwayError, "has not answered for"),
    ],
)
def test_what_a_witness_must_not_do_is_told_and_never_taken_for_a_cosignature(
    shelf: Shelf, peer: Peer, address: str, mode: str, error: type[Exception], what: str
) -> None:
    """A witness that misbehaves: refused where somebody must look, tried again where it may pass."""
    peer.mode = mode

    with pytest.raises(error, match=what):
        Witness(address, peer.key, patience_s=0.5).keep(shelf.note(), shelf.books)


def test_a_witness_that_does_not_know_the_ledger_or_its_key_says_so(shelf: Shelf, peer: Peer, address: str) -> None:
    """Both are for people to mend."""
    peer.known = {ORIGIN: Secret(b"x" * 32).public}
    with pytest.raises(RefusedError, match="does not trust the key"):
        Witness(address, peer.key).keep(shelf.note(), shelf.books)
    peer.known = {}
    with pytest.raises(RefusedError, match="does not know this ledger"):
        Witness(address, peer.key).keep(shelf.note(), shelf.books)
    with pytest.raises(AwayError, match="nobody listens"):
        Witness("http://127.0.0.1:1", peer.key).keep(shelf.note(), shelf.books)


def test_a_witness_that_was_away_gets_the_newest_checkpoint_and_holds_up_no_other_place(
    tmp_path: Path, peer: Peer, address: str
) -> None:
    """While it drips its answer, files are written; afterwards one request brings it to where the ledger is."""
    peer.mode = "broken"
    file = tmp_path / "anchor"
    made = Anchored(tmp_path / "0.db", [Witness(address, peer.key), File(file)])
    made.write(30)
    made.until(lambda: made.told)
    made.until(lambda: made.anchoring.states[1].size >= 30)
    assert made.told == [(f"witness {address}", "it answers with the status 503")]
    peer.mode = "honest"
    made.until(lambda: made.told[-1] == (f"witness {address}", None))
    made.close()

    assert made.anchoring.states[0].size == made.anchoring.states[1].size
    outcomes = [each["outcome"] for each in made.entries() if each["where"].startswith("witness")]
    assert outcomes[0] == "failed"
    assert "cosigned" in outcomes


def test_a_refusal_is_an_alarm_once_and_is_asked_again_with_the_next_checkpoint_only(
    tmp_path: Path, peer: Peer, address: str
) -> None:
    """No request without a new checkpoint; the alarm ends with the first that is taken."""
    known, peer.known = peer.known, {}
    made = Anchored(tmp_path / "0.db", [Witness(address, peer.key)])
    for _ in range(3):
        made.write(20)
    made.until(lambda: len(peer.asked) >= 2)
    assert len(peer.asked) <= len(made.desk.notes)
    assert len(made.told) == 1
    peer.known = known
    made.write(20)
    made.until(lambda: made.told[-1][1] is None)
    made.close()

    assert [each["outcome"] for each in made.entries()][:1] == ["refused"]


@pytest.mark.parametrize(
    "address",
    [
        "http://witness.example",
        "https://user:word@witness.example",
        "https://witness.example/?x=1",
        "ftp://127.0.0.1",
        "https://",
        "http://127.0.0.1.example",
        "https://witness.example:x",
    ],
)
def test_a_witness_is_asked_over_safe_connections_only(peer: Peer, address: str) -> None:
    """Without encryption on this machine alone, and never with a password in the address."""
    with pytest.raises(LedgerError) as error:
        Witness(address, peer.key)
    assert "word" not in str(error.value)
    assert witness.LARGEST > 0


def test_a_key_that_is_none_or_for_ordinary_signatures_is_refused_at_once() -> None:
    """Before anything is sent."""
    for key, what in (("", "no verifier key"), (KEY, "ordinary signatures")):
        with pytest.raises(LedgerError, match=what):
            Witness("https://witness.example", key)


def test_no_proxy_of_the_environment_is_used(
    shelf: Shelf, peer: Peer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable in the environment does not decide who sees the ledger's checkpoints."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert Witness(address, peer.key).keep(shelf.note(), shelf.books).outcome == "cosigned"


# Syslog


def received(kind: str, tmp_path: Path, send: Callable[[str], Kept]) -> bytes:
    """What a real receiver gets."""
    local = kind.startswith("unix")
    family = socket.AF_UNIX if local else socket.AF_INET
    stream = kind in ("tcp", "unix stream")
    with socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "log") if local else ("127.0.0.1", 0))
        server.settimeout(PATIENCE_S)
        found: list[bytes] = []

        def take() -> None:
            if not stream:
                found.append(server.recv(65_536))
                return
            client, _ = server.accept()
            with client:
                while piece := client.recv(7):
                    found.append(piece)

        if stream:
            server.listen()
        thread = threading.Thread(target=take)
        thread.start()
        address = f"unix://{tmp_path / 'log'}" if local else f"{kind}://127.0.0.1:{server.getsockname()[1]}"
        assert send(address).outcome == "sent"
        thread.join()
        return b"".join(found)


@pytest.mark.parametrize("kind", ["udp", "tcp", "unix", "unix stream"])
def test_a_syslog_receiver_gets_what_the_note_can_be_written_from_again(
    tmp_path: Path, shelf: Shelf, kind: str
) -> None:
    """One message in the form of RFC 5424, counted over streams, with origin, size, root and signature."""
    note = shelf.note()

    data = received(kind, tmp_path, lambda to: Syslog(to, lambda: 1_780_000_000.25).keep(note, shelf.books))

    if kind in ("tcp", "unix stream"):
        length, _, data = data.partition(b" ")
        assert int(length) == len(data)
    text = data.decode()
    form = (
        r"<109>1 2026-05-28T20:26:40\.250000Z \S+ modelrouter \d+ checkpoint \[checkpoint@32473( \w+=\"[^\"]+\"){4}\] "
    )
    assert re.match(form, text)
    assert syslog.note_of(f"Nov 23 host {text}") == note


def test_what_must_be_escaped_in_a_message_comes_back() -> None:
    """Quotes, backslashes and brackets in an origin."""
    note = sign(Checkpoint('a"b\\c]d', 3, b"r" * 32).text, [('a"b\\c]d', SECRET), ("other", SECRET)])

    assert syslog.note_of(syslog.message(note, 0).decode()) == note
    for text in ("", "[checkpoint@32473 ]", '[checkpoint@32473 origin="x" size="3"] '):
        with pytest.raises(MalformedError):
            syslog.note_of(text)


@pytest.mark.parametrize(
    "address", ["udp://127.0.0.1:1", "tcp://127.0.0.1:1", "unix:///nowhere/log", "tcp://x.invalid"]
)
def test_a_receiver_that_is_not_there_is_away(shelf: Shelf, address: str) -> None:
    """Where the system knows that nobody listens."""
    with pytest.raises(AwayError, match="cannot be sent"):
        Syslog(address, patience_s=1).keep(shelf.note(), shelf.books)


@pytest.mark.parametrize(
    "address",
    ["", "udp://", "syslog://host", "udp://host/path", "udp://user:word@host", "unix://log", "tcp://host:port"],
)
def test_an_address_that_is_none_is_refused_at_once(address: str) -> None:
    """Before anything is sent."""
    with pytest.raises(LedgerError):
        Syslog(address)


def test_the_inventory_s_anchors_become_places(tmp_path: Path, peer: Peer) -> None:
    """Each kind, a file's path as the inventory means it."""
    anchors = [
        Anchor(kind="file", where="kept/anchor"),
        Anchor(kind="witness", where="https://witness.example/a/", key=peer.key),
        Anchor(kind="syslog", where="unix:///dev/log"),
    ]

    assert [place.name for place in places_of(anchors, lambda where: tmp_path / where)] == [
        f"file {tmp_path / 'kept/anchor'}",
        "witness https://witness.example/a",
        "syslog unix:///dev/log",
    ]
