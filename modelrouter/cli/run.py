"""`modelrouter run -- COMMAND`: a program that nobody may touch, served from the inventory."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

import typer

from modelrouter.access.keys import digest_of, new_key
from modelrouter.cli.opening import USUAL, InventoryFile, opened
from modelrouter.core.inventory import AccessKey
from modelrouter.gateway.app import Gateway
from modelrouter.gateway.server import beside, bound
from modelrouter.runtime.observers import LogObserver

CALLER = "run"
"""The principal that the program is."""
NOT_FOUND = 127
NOT_RUNNABLE = 126
KILLED = 128
"""Exit codes as shells have them: POSIX, 2.8.2."""


def main(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND", help="The program and its arguments.")],
    *,
    process: Annotated[str | None, typer.Option(help="Of every call, whatever model the program names.")] = None,
    inventory: InventoryFile = USUAL,
) -> None:
    """Run a program, in any language, with its model calls served from the inventory.

    It finds a gateway of its own in the environment variables that the SDKs of OpenAI, Anthropic and Google read. Its
    exit code is this command's.
    """
    key = new_key()
    access = {CALLER: AccessKey(id=CALLER, digest=digest_of(key))}
    with opened(inventory, observers=[LogObserver()], adapted=lambda read: replace(read, access=access)) as router:
        if process is not None:
            router.explain(process)  # a name that is none is said before the program begins
        with bound("127.0.0.1", 0) as listening, beside(Gateway(router, process=process), listening) as url:
            code = _run(command, {**os.environ, **_variables(url, key)})
    raise typer.Exit(code)


def _variables(url: str, key: str) -> Mapping[str, str]:
    """What SDKs read: the keys of the environment, which are somebody else's, are replaced."""
    return {
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "OPENAI_API_KEY": key,
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": key,
        "ANTHROPIC_AUTH_TOKEN": key,
        "GOOGLE_GEMINI_BASE_URL": url,
        "GEMINI_API_KEY": key,
        "GOOGLE_API_KEY": key,
        "NO_PROXY": ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1"))),
        "no_proxy": ",".join(filter(None, (os.environ.get("no_proxy"), "127.0.0.1"))),
    }


def _run(command: list[str], environment: Mapping[str, str]) -> int:
    with _signals() as children:
        try:
            child = subprocess.Popen(command, env=environment)  # noqa: S603 - to run it is what was asked for
        except FileNotFoundError:
            return _cannot(f"there is no program {command[0]!r}", NOT_FOUND)
        except OSError as error:
            return _cannot(f"{command[0]!r} cannot be run: {error.strerror}", NOT_RUNNABLE)
        children.append(child)
        code = child.wait()
    return code if code >= 0 else KILLED - code


def _cannot(message: str, code: int) -> int:
    typer.secho(f"error: {message}", fg="red", err=True)
    return code


@contextmanager
def _signals() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Pass on to the program, once it is in the list, what is meant for it.

    A terminal sends its interrupt to both, and the program decides. Handlers are not inherited, so that it begins with
    the usual ones.
    """
    children: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: object) -> None:
        if not children:
            raise typer.Exit(KILLED + number)
        children[0].send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield children
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
