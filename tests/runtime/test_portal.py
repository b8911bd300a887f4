"""The synchronous door: threads, streams, forks, and processes that forget to close."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.errors import StreamCutError, UnknownNameError, UsageError
from modelrouter.testing import Recorder, ScriptedProvider, silent, stream, text


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


def threads_of_routers() -> int:
    """How many threads routers have now."""
    return sum(thread.name == "modelrouter" for thread in threading.enumerate())


def test_a_stream_larger_than_the_queue_never_stalls():
    """However reader and writer meet at the edge of the queue, a long stream arrives whole."""
    pieces = ["x" * 600_000] * 60
    for _ in range(3):
        with router_over(stream(pieces)) as router, router.chat("p", "x", stream=True) as answer:
            assert 60 * 600_000 < sum(map(len, answer))


@pytest.mark.parametrize("silence", [False, True])
def test_a_stream_left_early_leaves_no_task(silence, caplog):
    """Closing a stream ends whoever read it ahead, waiting for its consumer or for the provider."""
    router = router_over(stream(["x" * 600_000] * 20, silent=silence))
    with router:
        answer = router.chat("p", "x", stream=True)
        next(iter(answer))
        answer.close()
        assert [] == list(answer)

    assert "destroyed" not in caplog.text


def test_a_router_closed_meanwhile_cuts_the_stream():
    """The reader of a stream is told when another thread closes the router."""
    router = router_over(stream("abc", silent=True))
    answer = router.chat("p", "x", stream=True)
    ends = []

    def read():
        try:
            list(answer.events())
        except StreamCutError as error:
            ends.append(error.decision.served_by)

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.05)
    router.close()
    reader.join(5)

    assert ["a"] == ends


def test_a_router_closed_meanwhile_ends_calls():
    """A call that waits for its answer raises when another thread closes the router."""
    router = router_over(silent())
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(router.chat, "p", "x")
        time.sleep(0.1)
        router.close()
        with pytest.raises(UsageError, match="closed"):
            asked.result(5)


def test_calls_and_closes_at_once_leave_nobody_waiting():
    """Threads that call a router while another closes it again and again all come back."""
    router = router_over(text("hello"))
    stop = threading.Event()

    def work():
        while not stop.is_set():
            try:
                router.chat("p", "x")
            except UsageError:
                continue

    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        time.sleep(0.005)
        router.close()
    stop.set()
    for thread in threads:
        thread.join(5)
    router.close()

    assert not [thread for thread in threads if thread.is_alive()]


def test_closing_a_stream_after_its_router_starts_no_thread():
    """A stream that outlives its router is closed without a new thread."""
    router = router_over(stream("abc", silent=True))
    before = threads_of_routers()
    answer = router.chat("p", "x", stream=True)
    router.close()
    answer.close()

    assert before == threads_of_routers()


class Asking(Recorder):
    """An observer that asks the router itself."""

    router: Router
    error: Exception | None = None

    def decided(self, decision):
        """Ask once more."""
        super().decided(decision)
        try:
            self.router.chat("p", "y")
        except UsageError as error:
            self.error = error


def test_an_observer_that_asks_is_refused():
    """On the router's own thread a synchronous call raises instead of waiting for itself."""
    observer = Asking()
    scripted = ScriptedProvider({"a": [text("hello")]})
    described = inventory(process("p", deployment("a")))
    observer.router = Router(described, observers=[observer], clients=scripted.clients(), hold_file=None)
    with observer.router as router:
        assert "hello" == router.chat("p", "x").text

    assert "own thread" in str(observer.error)


def _paths() -> list[str]:
    return [path for path in sys.path if path]
