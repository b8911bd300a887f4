from __future__ import annotations

import shutil
import subprocess
import sys
import tracemalloc
from random import Random
from typing import TYPE_CHECKING

import pytest

from ledger.building import ORIGIN, Built, build, key_of
from ledger.tamper import audited, ledger
from modelrouter.ledger import chain, checkpoint, entry, verifier
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind, Sealed
from modelrouter.ledger.merkle import inclusion_proof, nodes_of
from modelrouter.ledger.proof import Proof
from modelrouter.ledger.verifier import Audit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from modelrouter.ledger.chain import Head

ONE, TWO = Secret(b"1" * 32), Secret(b"2" * 32)
RANDOM = Random(0)


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """The file as an auditor has it: alone in a folder, under a Python that finds no packages."""
    alone = tmp_path / "handed over" / "verifier.py"
    alone.parent.mkdir()
    shutil.copy(verifier.__file__, alone)

    def run(*arguments: str | Path) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", alone, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return run


def written(folder: Path, built: Built, lines: list[bytes] | None = None) -> tuple[Path, Path]:
    """An export and the checkpoints that were kept elsewhere."""
    file, anchor = folder / "ledger.jsonl", folder / "anchor"
    file.write_bytes(b"".join(lines or built.lines))
    anchor.write_text("".join(map(str, built.notes)))
    return file, anchor


def test_a_sound_ledger_is_valid(ask: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Exit code 0, and an answer that says how much, up to where it is signed, and by whom."""
    built = ledger(3)
    file, anchor = written(tmp_path, built)
    code, said = ask(file, "--key", built.key, "--checkpoint", anchor)

    assert 0 == code
    assert said.startswith(f"valid: {built.head.size} entries of {ORIGIN}, root ")
    assert f"signed up to entry {built.head.size - 1} by a key that was given" in said
    assert "no given key" in ask(file)[1]
    assert 0 == ask(file, "--without-values")[0]


def test_a_broken_ledger_is_not_and_the_place_is_said(ask: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Exit code 1, and a line that names the entry."""
    built = ledger(3)
    file, _ = written(tmp_path, built, built.lines[:6] + built.lines[7:])

    code, said = ask(file)

    assert 1 == code
    assert "not valid: entry 6: missing\n" in said


def test_what_was_cut_off_shows_against_a_checkpoint(ask: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """The file alone cannot show it, and says what nothing signed covers; the checkpoint from elsewhere does."""
    built = ledger(3)
    file, anchor = written(tmp_path, built, built.lines[:-1])

    code, said = ask(file)
    assert 0 == code
    assert "nothing signed covers" in said
    code, said = ask(file, "--checkpoint", anchor)
    assert 1 == code
    assert f"entry {built.head.size - 1}: cut off" in said


def test_a_proof_is_checked_alone(ask: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Of one line, or of one among all; another line is not proven by it."""
    built = ledger(3)
    number = 4
    nodes = nodes_of([each.leaf for each in built.entries])
    proof = tmp_path / "entry.tlog-proof"
    proof.write_text(str(Proof(number, inclusion_proof(number, built.head.size, nodes), built.notes[-1])))
    key = str(key_of(built.secrets[-1]))
    file, _ = written(tmp_path, built, [built.lines[number]])

    code, said = ask(file, "--proof", proof, "--key", key)
    assert 0 == code
    assert f"entry 4 is in {ORIGIN}" in said
    assert 1 == ask(file, "--proof", proof)[0]
    file, _ = written(tmp_path, built, [built.lines[number].replace(b'"kind":"', b'"kind":"x')])
    assert (1, "not valid: the proof does not lead from this entry to the signed root\n") == ask(
        file, "--proof", proof, "--key", key
    )


@pytest.mark.parametrize(
    "arguments", [["no such file"], [], ["x", "--key", "no key"], [__file__, "--checkpoint", "no such"]]
)
def test_a_question_that_is_wrong_has_its_own_code(ask: Callable[..., tuple[int, str]], arguments: list[str]) -> None:
    """Exit code 2, so that a slip is taken neither for valid nor for broken."""
    assert 2 == ask(*arguments)[0]


@pytest.mark.parametrize("number", range(40))
def test_no_sound_ledger_is_doubted(number: int) -> None:
    """With ends, interruptions, rotations, checkpoints and redactions in it."""
    built = ledger(number)

    assert [] == audited(built.lines, built.key, tuple(map(str, built.notes)))


def started() -> tuple[Head, list[Sealed]]:
    """A ledger with a key, and one entry more."""
    head = chain.start(ORIGIN)
    return chain.append(
        head, [chain.begin(head, 0, "w", str(key_of(ONE))), Draft(Kind.HOLD, 0, {"a": 1, "b": 2})], RANDOM.randbytes
    )


def problems(entries: list[Sealed], *notes: str, keys: tuple[str, ...] = ()) -> list[str]:
    """What the verifier says of it."""
    audit = Audit([verifier.key_of(key) for key in keys], notes)
    for each in entries:
        audit.take(entry.line(each.raw, each.fields) + b"\n")
    return [str(problem) for problem in audit.close()]


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (Draft(Kind.END, 0, {"entries": 2}), "the end of another number of entries"),
        (Draft(Kind.END, 0, {}), "its end does not say what it must"),
        (chain.begin(chain.start(ORIGIN), 0, "w", None), "'nothing' came before it, and it was 'interruption'"),
        (chain.redaction(0, [(1, 2)], ["a"], "me", "why"), "a redaction of what is not before it"),
        (Draft(Kind.REDACTION, 0, {"entries": [[0, 1]]}), "its redaction does not say what it must"),
        (Draft(Kind.REDACTION, 0, {"entries": ["ab"], "fields": []}), "its redaction does not say what it must"),
        (Draft(Kind.ROTATION, 0, {"note": "nothing"}), "no signed note"),
        (Draft(Kind.ROTATION, 0, {}), "its rotation does not say what it must"),
        (Draft(Kind.CHECKPOINT, 0, {"note": 5}), "no signed note"),
        (
            Draft(Kind.CHECKPOINT, 0, {"note": str(checkpoint.signed(Checkpoint(ORIGIN, 2, b"r" * 32), [ONE]))}),
            "rewritten",
        ),
        (Draft(Kind.CHECKPOINT, 0, {"note": str(checkpoint.signed(Checkpoint(ORIGIN, 9, b"r" * 32), [ONE]))}), "fork"),
        (checkpoint.rotation(chain.start(ORIGIN), 0, ONE, TWO), "the rotation of another place"),
    ],
)
def test_what_a_ledger_says_of_itself_must_be_so(draft: Draft, why: str) -> None:
    """A writer that lies about begins, ends, checkpoints, keys or redactions is found, though every hash fits."""
    head, made = started()
    assert [] == problems(made)
    _, more = chain.append(head, [draft], RANDOM.randbytes)

    (said,) = problems([*made, *more])

    assert why in said


def test_a_key_is_replaced_by_a_rotation_alone() -> None:
    """A begin with another key, a rotation by a stranger, or the old key after one: each is found."""
    head, made = started()
    _, another = chain.append(head, [chain.begin(head, 0, "w", str(key_of(TWO)))], RANDOM.randbytes)
    assert ["entry 2: another key without a rotation"] == problems(made + another)

    _, stranger = chain.append(head, [checkpoint.rotation(head, 0, TWO, ONE)], RANDOM.randbytes)
    assert ["entry 2: a rotation that not both keys signed"] == problems(made + stranger)

    after, rotated = chain.append(head, [checkpoint.rotation(head, 0, ONE, TWO)], RANDOM.randbytes)
    old, new = (str(checkpoint.signed(checkpoint.of(after), [secret])) for secret in (ONE, TWO))
    first = str(key_of(ONE))
    assert [] == problems(made + rotated, new, keys=(first,))
    assert "did not sign" in problems(made + rotated, old, keys=(first,))[0]


def test_a_key_that_was_given_must_have_signed() -> None:
    """A ledger made anew with a key of its own is valid in itself, and not for whoever asks with the true key."""
    head, made = started()
    note = str(checkpoint.signed(checkpoint.of(head), [ONE]))

    assert [] == problems(made, note, keys=(str(key_of(ONE)),))
    assert ["entries 0 to 1: no checkpoint is signed by a key that was given"] == problems(
        made, note, keys=(str(key_of(TWO)),)
    )
    assert ["entries 0 to 1: no checkpoint is signed by a key that was given"] == problems(
        made, keys=(str(key_of(ONE)),)
    )


def test_what_was_redacted_must_be_told_of() -> None:
    """A value that is gone needs a redaction that names its entry and its field; of structure nothing may go."""
    head, made = started()
    gone = made[1]._replace(fields=entry.redact(made[1].fields, {"a"}))
    for spans, names, told in (
        ([(1, 1)], ["a"], True),
        ([(0, 1)], ["b", "a"], True),
        ([(0, 0)], ["a"], False),
        ([(1, 1)], ["b"], False),
    ):
        _, more = chain.append(head, [chain.redaction(0, spans, names, "me", "asked to")], RANDOM.randbytes)
        expected = [] if told else ["entry 1: without its 'a', and no redaction tells of it"]
        assert expected == problems([made[0], gone, *more])
    _, more = chain.append(head, [chain.redaction(0, [(0, 0)], ["writer"], "me", "to hide")], RANDOM.randbytes)
    bare = made[0]._replace(fields=entry.redact(made[0].fields, {"writer"}))
    assert "entry 0: a begin without its 'writer'" in problems([bare, made[1], *more])


def test_interruptions_are_told(ask: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """A writer that was killed is no fault of the ledger, and nobody overlooks it."""
    head, made = started()
    _, more = chain.append(head, [chain.begin(head, 0, "w", str(key_of(ONE)))], RANDOM.randbytes)
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(b"".join(entry.line(each.raw, each.fields) + b"\n" for each in made + more))

    assert "1 writers were interrupted" in ask(file)[1]


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"{}", b"\xff\xfe\n", b'{"entry":{},"fields":{}}\n', b"[" * 100_000 + b"\n"]
)
def test_a_file_that_is_no_ledger_is_not_valid(data: bytes) -> None:
    """Whatever it holds, it is a problem at entry 0 and no crash."""
    audit = Audit()
    for line in data.splitlines(keepends=True):
        audit.take(line)

    assert 0 == audit.close()[0].first


def test_memory_does_not_grow_with_the_ledger() -> None:
    """Ten times as many entries need no more than some kilobytes more: what is kept is a hash for each bit of the size."""

    def lines(count: int) -> Iterator[bytes]:
        head, random = chain.start(ORIGIN), Random(1)
        head, made = chain.append(head, [chain.begin(head, 0, "w", None)], random.randbytes)
        for _ in range(count):
            yield entry.line(made[0].raw, made[0].fields) + b"\n"
            head, made = chain.append(head, [Draft(Kind.HOLD, 0, {"cause": "outage"})], random.randbytes)

    peaks = []
    for count in (300, 3_000):
        audit = Audit()
        tracemalloc.start()
        for line in lines(count):
            audit.take(line)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert [] == audit.close()
    assert peaks[1] - peaks[0] < 32_768


def test_the_builder_makes_what_is_to_be_tested() -> None:
    """Among the ledgers there are rotations, interruptions, ends, redactions and checkpoints in the ledger."""
    kinds = {entry.read(each.raw).kind for number in range(40) for each in ledger(number).entries}

    assert set(Kind) - kinds <= {Kind.CONTRACT, Kind.ANCHOR, Kind.REQUEST, Kind.STREAM, Kind.GAP}
    assert any(build(Random(seed), 40).redacted for seed in range(5))


def test_commitments_stand_once_and_in_order() -> None:
    """A writer that commits twice under one name, or in another order, is found: two readers might see two values."""
    _, made = started()
    (_, one), (_, two) = sorted(entry.read(made[1].raw).commitments.items())
    pairs = {"a": entry.base64(one), "b": entry.base64(two)}
    for names in ("ba", "aab", "abb"):
        inner = ",".join(f'"{name}":"{pairs[name]}"' for name in names)
        begin, _, rest = made[1].raw.partition(b'"commitments":{')
        raw = begin + b'"commitments":{' + inner.encode() + rest[rest.index(b"}") :]
        assert "entry 1: its commitments are not in order" in problems([made[0], made[1]._replace(raw=raw)])


def test_time_and_writers_are_in_order() -> None:
    """An entry earlier than the one before, and one behind an end, are found though every hash fits."""
    head, made = started()
    early = entry.seal(Draft(Kind.HOLD, -1, {}), 2, head.after, b"")
    assert ["entry 2: earlier than the entry before"] == problems([*made, early])

    ended, end = chain.append(head, [chain.end(head, 0)], RANDOM.randbytes)
    late = entry.seal(Draft(Kind.HOLD, 0, {}), 3, ended.after, b"")
    assert ["entry 3: without a writer that began"] == problems([*made, *end, late])


@pytest.mark.parametrize("old", [b'"kind":"hold"', b'"number":2', b"T00:00:00.000000Z", b'"version":1', b'"after":"'])
def test_the_chain_alone_names_what_was_changed(old: bytes) -> None:
    """Without any checkpoint a changed entry is named, whatever part of it that no value stands behind."""
    head, made = started()
    _, more = chain.append(head, [Draft(Kind.HOLD, 0, {})] * 3, RANDOM.randbytes)
    place = more[0].raw.index(old) + len(old) - (2 if old.endswith((b'"', b"Z")) else 1)
    place += 3 if old.startswith(b'"after') else 0
    changed = bytearray(more[0].raw)
    changed[place] = changed[place] ^ 1 if chr(changed[place] ^ 1).isalnum() else changed[place] ^ 2

    said = problems([*made, more[0]._replace(raw=bytes(changed)), *more[1:]])

    assert said
    assert said[0].startswith("entry 2: ")


def test_a_salt_has_one_spelling() -> None:
    """The bits that Base64 leaves over are no place to write in."""
    _, made = started()
    salt = entry.read_fields(made[1].fields)["a"].salt
    text = entry.base64(salt)
    twin = text[:21] + chr(ord(text[21]) + 1) + "=="
    fields = made[1].fields.replace(text.encode(), twin.encode())

    assert fields != made[1].fields
    assert ["entry 1: no Base64 of 16 bytes: " + repr(twin)] == problems([made[0], made[1]._replace(fields=fields)])
