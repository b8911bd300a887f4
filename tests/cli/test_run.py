"""`modelrouter run`: programs that know nothing of it, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Desk

CALL = """
import openai
client = openai.OpenAI()
answer = client.chat.completions.create(model="%s", messages=[{"role": "user", "content": "x"}])
print(answer.choices[0].message.content)
"""
PLAIN = """
import json, os, urllib.request
body = {"model": "%s", "messages": [{"role": "user", "content": "x"}]}
key = {"authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "content-type": "application/json"}
url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
answer = urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), key))
print(json.load(answer)["choices"][0]["message"]["content"])
"""
LISTED = """
import os, urllib.error, urllib.request
request = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/models")
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as refused:
    print(refused.code)
request.add_header("x-api-key", os.environ["ANTHROPIC_API_KEY"])
print(urllib.request.urlopen(request).status)
"""


def run(*words: str, file: Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    environment = {**os.environ, "MODELROUTER_INVENTORY": str(file), "OPENAI_API_KEY": "sk-of-somebody-else"}
    command = [sys.executable, "-m", "modelrouter", "run", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload,no-any-return] # options are its own


def test_a_program_of_the_official_sdk_is_served(desk: Desk) -> None:
    """Not a line of it changes: the environment says where its calls go."""
    ran = run("--", sys.executable, "-c", CALL % "claims", file=desk.file)

    assert (ran.returncode, ran.stdout) == (0, "Hello from the first\n"), ran.stderr


def test_a_process_for_every_model_name(desk: Desk) -> None:
    """A program that names a model nobody knows here is served as the process that was given."""
    ran = run("--process", "letters", "--", sys.executable, "-c", PLAIN % "gpt-unheard-of", file=desk.file)

    assert (ran.returncode, ran.stdout) == (0, "Hello from the second\n"), ran.stderr


def test_its_gateway_is_its_own(desk: Desk) -> None:
    """Other programs of this machine, who have not its key, are not served."""
    assert run("--", sys.executable, "-c", LISTED, file=desk.file).stdout == "401\n200\n"


def test_exit_codes_and_arguments_pass_through(desk: Desk) -> None:
    """The program's code is the command's; a program that is not there has the shell's."""
    assert (
        run("--", sys.executable, "-c", "import sys; sys.exit(len(sys.argv))", "-v", "--x", file=desk.file).returncode
        == 3
    )
    killed = run("--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)", file=desk.file)
    assert killed.returncode == 128 + 9
    absent = run("--", "no-such-program-anywhere", file=desk.file)
    assert (absent.returncode, absent.stderr) == (127, "error: there is no program 'no-such-program-anywhere'\n")


def test_what_cannot_be_served_is_said_before_the_program_begins(desk: Desk) -> None:
    """A process that is none, or an inventory that is none: one line, and nothing has run."""
    begun = desk.file.with_name("begun")
    program = (sys.executable, "-c", f"open({str(begun)!r}, 'w')")
    unknown = run("--process", "claim", "--", *program, file=desk.file)
    broken = run("--", *program, file=desk.file.with_name("none.yaml"))

    assert (unknown.returncode, broken.returncode) == (1, 1)
    assert "did you mean 'claims'" in unknown.stderr.lower()
    assert not begun.exists()


def test_a_request_to_end_reaches_the_program(desk: Desk) -> None:
    """Who stops the command stops the program, which may tidy up; its code is told."""
    program = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nprint('up', flush=True)\ntime.sleep(60)"
    environment = {**os.environ, "MODELROUTER_INVENTORY": str(desk.file)}
    command = [sys.executable, "-m", "modelrouter", "run", "--", sys.executable, "-c", program]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "up\n"
        running.send_signal(signal.SIGTERM)

        assert running.wait(60) == 7
