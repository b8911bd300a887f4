"""Whole answers written at once: what a client reads is what ASGI's own messages would have brought."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from modelrouter.gateway.presence import ANSWERING
from modelrouter.gateway.server import beside, bound

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

LARGE = b"x" * 300_000


def head(body: bytes) -> bytes:
    """The lines of a head."""
    return b"x-answer: one\r\ncontent-length: %d\r\n" % len(body)


class App:
    """Answers with `body`: at once where it may, else by ASGI's messages; notes which."""

    def __init__(self, body: bytes = b"{}", lines: bytes | None = None) -> None:
        self.body = body
        self.lines = head(body) if lines is None else lines
        self.at_once: list[bool] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        while (await receive()).get("more_body"):
            pass
        self.at_once.append(scope["extensions"][ANSWERING](200, self.lines, self.body))
        if not self.at_once[-1]:
            pairs = [(b"x-answer", b"two"), (b"content-length", str(len(self.body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": pairs})
            await send({"type": "http.response.body", "body": self.body})


def told(app: App, said: bytes) -> bytes:
    """What a client reads that says this and then no more."""
    with (
        bound("127.0.0.1", 0) as listening,
        beside(app, listening),
        socket.create_connection(listening.getsockname()) as client,
    ):
        client.sendall(said)
        client.settimeout(20)
        parts = []
        while part := client.recv(65536):
            parts.append(part)
        return b"".join(parts)


@pytest.mark.parametrize("body", [b"{}", b"", LARGE], ids=["small", "empty", "large"])
def test_an_answer_is_whole_and_told_once(body) -> None:
    """Status, date, the lines given and the body, each once."""
    app = App(body)

    answer = told(app, b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}")

    lines, _, rest = answer.partition(b"\r\n\r\n")
    assert app.at_once == [True]
    assert lines.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest == body
    names = [line.partition(b":")[0] for line in lines.split(b"\r\n")[1:]]
    assert sorted(names) == [b"connection", b"content-length", b"date", b"x-answer"]


@pytest.mark.parametrize(
    "request_line", [b"POST / HTTP/1.1\r\nconnection: close", b"POST / HTTP/1.0"], ids=["asked for", "of old"]
)
def test_the_connection_is_closed_for_those_who_want_it(request_line) -> None:
    """Who asks for one answer alone, or speaks the older protocol, is told that the connection ends, and it does."""
    answer = told(App(), request_line + b"\r\nhost: a\r\nx-close: close\r\ncontent-length: 0\r\n\r\n")

    assert b"connection: close\r\n" in answer
    assert answer.endswith(b"{}")


def test_requests_behind_one_another_are_answered_in_order() -> None:
    """A client that asks three times at once gets three answers, each whole."""
    app = App()
    ask = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"
    last = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

    answer = told(app, ask + ask + last)

    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert answer.count(b"\r\n\r\n{}") == 3
    assert app.at_once[-1], "the last one stands in nobody's way"


@pytest.mark.parametrize(
    "line", [b"x-a: b\r\nx-c: d\nx-e: f\r\n", b"x-a: b\x00c\r\n", b"x-a\r\n", b"x a: b\r\n", b"x-a: b"]
)
def test_a_header_that_would_break_the_head_is_not_written(line) -> None:
    """Nothing goes out of a head that holds what ends a line; the server's own messages then say what is wrong."""
    app = App(lines=line)

    answer = told(app, b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")

    assert app.at_once == [False]
    assert b"x-answer: two" in answer


def test_no_body_follows_the_answer_to_a_question_for_the_head() -> None:
    """HEAD is left to the server, which knows that its answer has no body."""
    app = App()

    answer = told(app, b"HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")

    assert app.at_once == [False]
    assert answer.endswith(b"\r\n\r\n")
