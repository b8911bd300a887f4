"""Errors that no rule knew, counted by routers: seen by every process, said once, in nobody's way."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import structlog
from support.inventories import deployment, inventory, process
from support.upstream import eventually

from modelrouter import Router
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.core.inventory import Signature
from modelrouter.errors import RequestFailedError
from modelrouter.runtime.unrecognised import TallyFile, UnknownErrors, beside
from modelrouter.testing import ManualClock, Recorder, Script, ScriptedProvider, status, text

A, B = deployment("a"), deployment("b")
ODD = status(418, '{"error": {"code": "E4711", "message": "the glacier of team 17 melted"}}')
KNOWN = status(429, '{"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}')


def router_at(path, *scripts, observers=(), **facts) -> Router:
    """A router over deployment `a`, which plays these scripts, and `b`, which answers."""
    scripted = ScriptedProvider({"a": scripts or [ODD], "b": [text("b")]})
    described = inventory(process("p", A, B), **facts)
    return Router(described, observers=observers, clients=scripted.clients(), clock=ManualClock(), hold_file=path)


def ask(router: Router, times: int = 1) -> None:
    """Ask, whatever comes of it."""
    for _ in range(times):
        with suppress(RequestFailedError):
            router.chat("p", "x")


def test_what_no_rule_knew_is_counted() -> None:
    """An error read by its status alone is told with provider, status, shape and deployment; one that is known is not."""
    with router_at(None, ODD, KNOWN) as router:
        ask(router, 2)
        found = router.unrecognised()

    assert [(one.provider, one.status, one.count, one.deployment) for one in found] == [("a-provider", 418, 1, "a")]
    assert "the glacier of team # melted" in found[0].text
    assert "team 17" in found[0].sample
    assert (router.unrecognised_dropped(), found[0].first) == (0, ManualClock().wall())


def test_an_error_inside_a_stream_is_counted() -> None:
    """What a stream says under a good status counts as well."""
    event = b'data: {"error": {"message": "the glacier melted"}}\n\n'
    with router_at(None, Script(blocks=(event,))) as router:
        with suppress(RequestFailedError):
            router.chat("p", "x", stream=True)

        assert ["the glacier melted" in one.text for one in router.unrecognised()] == [True]


def test_every_process_sees_the_counts_of_all(tmp_path) -> None:
    """Two routers of one hold file add up; a third, which saw nothing, tells both."""
    path = tmp_path / "holds.json"
    for _ in range(2):
        with router_at(path) as router:
            ask(router, 1)
    with router_at(path) as desk:
        found = desk.unrecognised()

    assert [one.count for one in found] == [2]


def test_it_is_written_while_the_router_runs(tmp_path) -> None:
    """Another process need not wait until the router is closed."""
    path = tmp_path / "holds.json"
    with router_at(path) as router:
        ask(router)

        assert eventually(lambda: bool(TallyFile(beside(path)).read().entries))


def test_a_signature_takes_its_errors_off_the_list(tmp_path) -> None:
    """Once the operator says what an error means, it is no longer unknown, though it was counted."""
    path = tmp_path / "holds.json"
    own = Signature(
        id="own", cause="outage", scope="provider", text="glacier of team", provider="a-provider", by_id=True
    )
    with router_at(path) as router:
        ask(router)
    with router_at(path, signatures=(own,)) as taught:
        assert taught.unrecognised() == ()
    with router_at(path) as router:
        assert len(router.unrecognised()) == 1


def test_a_text_is_logged_when_it_is_first_seen_and_not_again() -> None:
    """One line for a new text, none for its repetition; and silence where the observers are none."""
    clock = ManualClock()
    evidence = [
        Evidence(vendor="x", provider="a", status=418, body=f"the glacier {word} {n}")
        for word in ("melts", "is")
        for n in range(3)
    ]
    with structlog.testing.capture_logs() as lines:
        for logs in (True, False):
            unknown = UnknownErrors(None, clock, logs=logs)
            for one in evidence:
                unknown.note(one, classify(one), "a")

    assert [(line["event"], line["text"]) for line in lines] == [
        ("no rule knows this error", "the glacier melts #"),
        ("no rule knows this error", "the glacier is #"),
    ]


def test_a_router_logs_it_unless_it_has_no_observers() -> None:
    """The line comes from the router itself, and `observers=()` is silence."""
    with structlog.testing.capture_logs() as lines:
        for observers in ((Recorder(),), ()):
            with router_at(None, observers=observers) as router:
                ask(router, 2)

    assert ["no rule knows this error"] == [line["event"] for line in lines]


def test_texts_without_end_are_not_logged_without_end() -> None:
    """A provider that never says the same twice fills neither the memory nor the log, and what was dropped is told."""
    unknown = UnknownErrors(None, ManualClock())
    with structlog.testing.capture_logs() as lines:
        for number in range(450):
            word = "".join(chr(97 + number // 26**place % 26) for place in range(3))
            one = Evidence(vendor="x", provider="a", status=418, body=f"the glacier {word}")
            unknown.note(one, classify(one), "a")

    assert len(lines) == 200
    assert (len(unknown.tally().entries), unknown.tally().dropped) == (200, 250)


def test_what_cannot_be_written_is_kept_and_said_once(tmp_path) -> None:
    """Where the file cannot be written, the router counts for itself and serves as ever."""
    blocked = tmp_path / "no-folder"
    blocked.write_text("")
    unknown = UnknownErrors(blocked / "x.json", ManualClock(), logs=False)
    one = Evidence(vendor="x", provider="a", status=418, body="the glacier melts")
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            unknown.note(one, classify(one), "a")
        unknown.close()
        counted = unknown.tally().entries

    assert [entry.count for entry in counted] == [3]
    assert ["unknown errors not written: other processes do not see them"] == [line["event"] for line in lines]
    blocked.unlink()
    unknown.note(one, classify(one), "a")
    unknown.close()
    assert [entry.count for entry in TallyFile(blocked / "x.json").read().entries] == [4]


def test_threads_lose_no_count(tmp_path) -> None:
    """Errors that are seen by many threads at once are all counted, once each."""
    unknown = UnknownErrors(tmp_path / "x.json", ManualClock(), logs=False)
    one = Evidence(vendor="x", provider="a", status=418, body="the glacier melts")
    fault = classify(one)
    with ThreadPoolExecutor(8) as pool:
        for noted in [pool.submit(unknown.note, one, fault, "a") for _ in range(400)]:
            noted.result()
    unknown.close()

    assert [entry.count for entry in TallyFile(tmp_path / "x.json").read().entries] == [400]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"entries": 3, "dropped": 0}', b'{"entries": [], "dropped": "x"}'])
def test_a_broken_file_is_set_aside(tmp_path, content) -> None:
    """A file that nobody can read is kept for people to look at, and counting begins anew."""
    path = tmp_path / "x.json"
    path.write_bytes(content)
    file = TallyFile(path)

    assert file.read().entries == ()
    assert path.with_suffix(".broken").read_bytes() == content


def test_an_entry_of_a_later_version_is_passed_over(tmp_path) -> None:
    """What this version does not understand does not hide the rest."""
    path = tmp_path / "x.json"
    unknown = UnknownErrors(path, ManualClock(), logs=False)
    one = Evidence(vendor="x", provider="a", status=418, body="the glacier melts")
    unknown.note(one, classify(one), "a")
    unknown.close()
    known = path.read_bytes()
    path.write_bytes(known.replace(b'"entries":[', b'"entries":[{"cause": "melted"}, 3, '))

    assert TallyFile(path).read().entries == unknown.tally().entries
    assert len(unknown.tally().entries) == 1


WRITER = """
import sys
from pathlib import Path
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.runtime.clock import SystemClock
from modelrouter.runtime.unrecognised import UnknownErrors
one = Evidence(vendor="x", provider="a", status=418, body="the glacier melts")
fault = classify(one)
written = 0
while written < int(sys.argv[2]):
    unknown = UnknownErrors(Path(sys.argv[1]), SystemClock(), logs=False)
    unknown.note(one, fault, "a")
    unknown.close()
    written += 1
    print(written, flush=True)
"""


def test_processes_that_count_at_once_lose_nothing(tmp_path) -> None:
    """The counts of four processes that write at the same time add up."""
    path = tmp_path / "x.json"
    command = [sys.executable, "-c", WRITER, str(path), "25"]
    writers = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(4)]

    assert [0] * 4 == [writer.wait(timeout=120) for writer in writers]
    assert [entry.count for entry in TallyFile(path).read().entries] == [100]


def test_a_process_that_is_killed_leaves_the_file_whole(tmp_path) -> None:
    """Whatever a writer was doing when it was killed, the file is whole, and the next one writes on."""
    path = tmp_path / "x.json"
    for moment in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), "1000000"], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        counted = [int(writer.stdout.readline()) for _ in range(5)]
        time.sleep(moment * 0.0013)  # so that it is at something else each time
        writer.send_signal(signal.SIGKILL)
        writer.wait(timeout=60)
        writer.stdout.close()

    found = TallyFile(path).read().entries
    assert len(counted) == 5
    assert [entry.count >= 40 for entry in found] == [True]
    assert not path.with_suffix(".broken").exists()
    done = subprocess.run([sys.executable, "-c", WRITER, str(path), "1"], capture_output=True, check=True, timeout=60)
    assert done.stdout == b"1\n"
    assert TallyFile(path).read().entries[0].count == found[0].count + 1


def test_a_fork_writes_its_own_counts_and_not_its_parents(tmp_path) -> None:
    """After a fork, parent and child each count what they saw themselves."""
    path = tmp_path / "x.json"
    script = f"""
import os
{WRITER.partition("written = 0")[0]}
unknown = UnknownErrors(Path(sys.argv[1]), SystemClock(), logs=False)
unknown.note(one, fault, "a")
child = os.fork()
unknown.note(one, fault, "a")
unknown.close()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script, str(path)], check=False, timeout=60)

    assert done.returncode == 0
    assert [entry.count for entry in TallyFile(path).read().entries] == [3]


def test_only_its_user_may_read_it(tmp_path) -> None:
    """What providers said is nobody else's matter."""
    path = tmp_path / "state" / "x.json"
    unknown = UnknownErrors(path, ManualClock(), logs=False)
    one = Evidence(vendor="x", provider="a", status=418, body="the glacier melts")
    unknown.note(one, classify(one), "a")
    unknown.close()

    assert [each.stat().st_mode & 0o077 for each in (path, path.parent)] == [0, 0]
