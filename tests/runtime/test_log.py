"""Every line that belongs to a request bears its id; nothing that crashes shows the values it crashed over."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from support.inventories import deployment, inventory, process

from modelrouter import Context, Router
from modelrouter.core.traceparent import read
from modelrouter.errors import RequestFailedError
from modelrouter.runtime.log import crashed, current_request, logger
from modelrouter.runtime.observers import LogObserver
from modelrouter.testing import ScriptedProvider, status, stream, text

if TYPE_CHECKING:
    from modelrouter.core.decision import Decision

TRACE = "0af7651916cd43dd8448eb211c80319c"
SUSPENDED = status(403, '{"error": {"message": "Your account was suspended", "code": "account_deactivated"}}')
STRANGE = status(500, '{"oops": "zorblax fell over"}')
SECRET = "the moth Quixana dictated ledger eleven"


_NAMES: dict[str, str] = {}


class Chatty(LogObserver):
    """Says something of its own at every decision, as an application's observer might."""

    def decided(self, decision: Decision) -> None:
        logger().info("heard")
        super().decided(decision)


def router_of(**scripts: Any) -> Router:
    """A router whose process `p` goes to `a`, then to `b`."""
    provider = ScriptedProvider(scripts)
    return Router(
        inventory(process("p", deployment("a"), deployment("b"))),
        clients=provider.clients(),
        observers=[Chatty()],
        hold_file=None,
    )


def test_every_line_of_a_request_bears_its_id() -> None:
    """Holds, unknown errors and failovers that a request brought about are found by its id, and by its caller's trace."""
    trace = read(f"00-{TRACE}-b7ad6b7169203331-01")
    with structlog.testing.capture_logs() as lines, router_of(a=[SUSPENDED], b=[STRANGE, text("hi")]) as router:
        answer = router.chat("p", "x", context=Context(trace=trace))
    of_request = [
        line for line in lines if line["event"] in {"hold", "heard", "no rule knows this error", "failed over"}
    ]
    assert len(of_request) >= 4
    assert {(line["id"], line["trace_id"]) for line in of_request} == {(answer.decision.id, TRACE)}


def test_requests_at_once_do_not_mix() -> None:
    """Each of many requests under way together has its own id on its lines, and nothing is left of it afterwards."""

    async def promise(router: Router) -> list[str]:
        answers = await asyncio.gather(*(router.achat("p", "x") for _ in range(20)))
        assert not current_request.get()
        return [answer.decision.id for answer in answers]

    with structlog.testing.capture_logs() as lines, router_of(a=[text("hi")], b=[]) as router:
        ids = asyncio.run(promise(router))
        logger().info("afterwards")
    assert sorted(line["id"] for line in lines if line["event"] == "heard") == sorted(ids)
    assert "id" not in lines[-1]


def test_a_stream_that_breaks_later_bears_its_id() -> None:
    """What is said at the end of a stream, long after its request was answered, belongs to that request."""
    broken = stream(["a", "b"], breaks="ConnectionResetError")
    with structlog.testing.capture_logs() as lines, router_of(a=[broken], b=[text("hi")]) as router:
        first = router.chat("p", "x", stream=True)
        router.chat("p", "y")
        list(first)
    (cut,) = [line for line in lines if line["event"] == "stream cut"]
    assert cut["id"] == first.decision.id


def test_what_crashes_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    """An observer that raises is told by the kind of its error and its way there: neither its message nor any variable."""

    class Crashing(LogObserver):
        def decided(self, decision: Decision) -> None:
            words = f"{SECRET} of {decision.id}"
            try:
                _NAMES[words]
            except KeyError as error:
                raise ValueError(words) from error

    provider = ScriptedProvider({"a": [text("hi")]})
    with Router(
        inventory(process("p", deployment("a"))), clients=provider.clients(), observers=[Crashing()], hold_file=None
    ) as router:
        assert router.chat("p", SECRET).text == "hi"
    said = "".join(capsys.readouterr())  # wherever other tests have sent it
    assert "observer failed" in said
    assert "ValueError" in said
    assert "KeyError led to ValueError" in said
    assert "test_log.py" in said
    assert SECRET[:16] not in said


def test_errors_that_go_round_in_circles_are_told() -> None:
    """An error that led to itself ends somewhere."""
    one, other = ValueError("one"), KeyError("other")
    one.__cause__, other.__cause__ = other, one
    with structlog.testing.capture_logs() as lines:
        crashed("round about", one)
    assert lines[0]["error"] == "ValueError"


def test_json_lines_of_everything() -> None:
    """`--logs json` makes one object of every line, what libraries log included, without messages of errors."""
    code = f"""
import logging, sys
from modelrouter.cli.logs import Logs, configure_all
from modelrouter.runtime.log import crashed, logger
configure_all(Logs.JSON)
logger().info("plain", domain="provider:x")
logging.getLogger("uvicorn.error").warning("first line\\nsecond line")
logging.getLogger("library").info("not this")
try:
    secret = {SECRET!r}
    raise RuntimeError(secret)
except RuntimeError as error:
    crashed("ours", error)
    logging.getLogger("asyncio").error("theirs", exc_info=True)
    logging.getLogger("asyncio").error("theirs too\\n%s", error)
    logger().exception("an application's own")
"""
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path}
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == [
        "plain", "first line", "ours", "theirs", "theirs too", "an application's own",
    ]  # fmt: skip
    assert all({"level", "timestamp"} <= line.keys() for line in lines)
    assert [line.get("error") for line in lines[2:]] == ["RuntimeError", "RuntimeError", None, "RuntimeError"]
    assert SECRET[:16] not in done.stderr
    assert done.stdout == ""


def test_failed_requests_are_one_line() -> None:
    """A request that nobody served is one line of its own."""
    with (
        structlog.testing.capture_logs() as lines,
        router_of(a=[SUSPENDED], b=[SUSPENDED]) as router,
        pytest.raises(RequestFailedError),
    ):
        router.chat("p", "x")
    assert [line["process"] for line in lines if line["event"] == "request failed"] == ["p"]
