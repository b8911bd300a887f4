"""The synchronous door: threads, streams, forks, and processes that forget to close."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.errors import StreamCutError, UnknownNameError
from modelrouter.testing import ScriptedProvider, stream, text


def router_over(*scripts) -> Router:
    """A router with one deployment."""
    scripted = ScriptedProvider({"a": list(scripts)})
    return Router(inventory(process("p", deployment("a"))), observers=[], clients=scripted.clients(), hold_file=None)


def test_many_threads_share_one_router():
    """Threads use one router at once, and each gets its own answer and its own errors."""
    with router_over(text("hello")) as router, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: router.chat("p", "x").text, range(200)))
        with pytest.raises(UnknownNameError):
            router.chat("q", "x")

    assert ["hello"] * 200 == answers


def test_streams_arrive_whole_and_in_order():
    """A long stream reaches a slow consumer complete, without being held in memory at once."""
    pieces = [f"{number:06d}" * 100 for number in range(5000)]
    with router_over(stream(pieces)) as router, router.chat("p", "x", stream=True) as answer:
        seen = [event["choices"][0]["delta"].get("content") for event in answer.events()]

    assert pieces == seen[1:-1]


def test_a_cut_stream_raises_in_the_thread():
    """A cut stream raises in the thread that reads it."""
    with router_over(stream("ab", breaks="ClientPayloadError: cut")) as router:
        answer = router.chat("p", "x", stream=True)
        with pytest.raises(StreamCutError):
            list(answer.events())


def test_leaving_a_stream_early_is_clean():
    """A stream can be left after its first event; the router stays usable."""
    with router_over(stream("abc", silent=True), text("next")) as router:
        with router.chat("p", "x", stream=True) as answer:
            first = next(iter(answer.events()))

        assert "" == first["choices"][0]["delta"]["content"]
        assert "next" == router.chat("p", "x").text


def test_a_closed_router_can_be_used_again():
    """The thread starts anew at the first call after a close."""
    router = router_over(text("hello"))
    answers = []
    for _ in range(2):
        with router:
            answers.append(router.chat("p", "x").text)

    assert ["hello"] * 2 == answers


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_it_survives_a_fork():
    """A child process of a router in use gets a thread of its own."""
    script = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
sys.path[:0] = sys.argv[1:]
from runtime.test_portal import router_over
from modelrouter.testing import text
router = router_over(text("hello"))
assert router.chat("p", "x").text == "hello"
child = os.fork()
if child == 0:
    os._exit(0 if router.chat("p", "x").text == "hello" else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert router.chat("p", "x").text == "hello"
"""
    done = subprocess.run([sys.executable, "-c", script, *_paths()], timeout=30, check=False, capture_output=True)

    assert (0, b"") == (done.returncode, done.stderr)


def test_a_process_that_forgets_to_close_still_ends():
    """A router that nobody closes keeps no process alive and prints nothing."""
    script = """
import sys
sys.path[:0] = sys.argv[1:]
from runtime.test_portal import router_over
from modelrouter.testing import text
router = router_over(text("hello"))
print(router.chat("p", "x").text)
"""
    done = subprocess.run([sys.executable, "-c", script, *_paths()], timeout=30, check=False, capture_output=True)

    assert (0, b"hello\n", b"") == (done.returncode, done.stdout, done.stderr)


def _paths() -> list[str]:
    return [path for path in sys.path if path]
