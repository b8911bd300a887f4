"""The verbs of this room, as they are typed: check, init, schema."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventory_texts import SMALL, changed
from typer.testing import CliRunner

from modelrouter.cli.app import app
from modelrouter.cli.init import local_servers
from modelrouter.inventory import load, parse
from modelrouter.inventory.starter import OFFERS, Server, starter

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have keys; they are none of our business."""
    for offer in OFFERS:
        monkeypatch.delenv(offer.variable, raising=False)
    monkeypatch.delenv("MODELROUTER_INVENTORY", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def run(*words: object) -> tuple[int, str]:
    """Exit code and output of a command."""
    result = RUNNER.invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


def test_check_counts_what_it_found() -> None:
    """A right inventory ends with exit code 0 and a table of what is in it."""
    code, output = run("check", ROOT / "providers.yaml")

    assert code == 0
    assert "nordlicht-versicherung" in output
    assert "2 critical, 2 important, 2 standard, 1 deferrable" in output
    assert "providers.yaml is right" in output.splitlines()[-1]


def test_check_says_what_differs_from_another_inventory(tmp_path: Path) -> None:
    """`--diff OLD` adds one line for each difference, for people and for programs; an OLD that is wrong is refused."""
    old, new, wrong = (tmp_path / name for name in ("old.yaml", "new.yaml", "wrong.yaml"))
    old.write_text(SMALL)
    new.write_text(f"{SMALL}aliases: {{other: {next(iter(parse(SMALL).processes))}}}\n")
    wrong.write_text("inventory: [\n")

    code, output = run("check", new, "--diff", old)
    _, report = run("check", new, "--diff", old, "--json")

    assert code == 0
    assert "1 change since" in output
    assert "+ alias other added" in output
    assert json.loads(report)["changes"][0]["path"] == "aliases.other"
    assert "changes" not in json.loads(run("check", new, "--json")[1])
    assert run("check", new, "--diff", wrong)[0] == 2


def test_check_draws_every_problem(tmp_path: Path) -> None:
    """A problem shows its line, the place underlined, and what to write; the exit code is 1."""
    file = tmp_path / "providers.yaml"
    file.write_text(changed("[gpt, qwen]", "[gpt, qwne]"))
    code, output = run("check", file)

    assert code == 1
    assert output == (
        "error: there is no deployment 'qwne'\n"
        f"  ──▶ {file}:12:52  processes.claims.routes[1]\n"
        "12 │   claims: {owner: claims-operations, routes: [gpt, qwne]}\n"
        "   │                                                    ^^^^\n"
        "   ╰─ Did you mean 'qwen'?\n"
        "\n"
        f"✗ {file} cannot be used: 1 error\n"
    )


def test_check_warns_and_passes(tmp_path: Path) -> None:
    """Warnings are shown and leave the exit code at 0."""
    file = tmp_path / "providers.yaml"
    file.write_text(changed("[gpt, qwen]", "[gpt]"))
    code, output = run("check", file)

    assert code == 0
    assert "warning: no process has this deployment in its route" in output
    assert "is right, 2 warnings, 1 note (--notes shows them)" in output


def test_check_fails_where_a_process_that_matters_has_nobody(tmp_path: Path) -> None:
    """An inventory whose policy leaves a critical process without a deployment ends with exit code 1."""
    file = tmp_path / "providers.yaml"
    text = changed("[gpt, qwen]}", "[gpt, qwen], criticality: critical}")
    file.write_text(text + "policies: [{id: french, processing: {in: [FR]}}]\n")
    code, output = run("check", file)

    assert code == 1
    assert "gpt: french (processing US is not in FR); qwen: french (processing DE is not in FR)." in output
    assert output.endswith(f"✗ {file} loads, but not every process can be served: 1 error, 2 warnings\n")


def test_check_speaks_to_programs(tmp_path: Path) -> None:
    """With --json the same is one object, right or wrong."""
    file = tmp_path / "providers.yaml"
    file.write_text(SMALL)
    code, output = run("check", file, "--json")
    right = json.loads(output)
    file.write_text(changed("claims-operations", "NO"))
    wrong_code, output = run("check", file, "--json")
    wrong = json.loads(output)

    assert (code, right["usable"], right["inventory"], right["problems"]) == (0, True, "small", [])
    assert right["counts"]["deployments"] == 2
    assert (wrong_code, wrong["usable"], wrong["counts"]) == (1, False, {})
    assert wrong["problems"] == [
        {
            "file": str(file),
            "line": 12,
            "column": 19,
            "path": "processes.claims.owner",
            "message": "text is wanted here, but without quotes YAML reads it as false",
            "hint": 'Write it in quotes: "NO".',
            "severity": "error",
        }
    ]


def test_check_finds_the_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name it reads providers.yaml here, or what MODELROUTER_INVENTORY names."""
    (tmp_path / "other.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    missing, output = run("check")
    monkeypatch.setenv("MODELROUTER_INVENTORY", "other.yaml")
    found, _ = run("check")

    assert (missing, found) == (1, 0)
    assert "there is no such file" in output
    assert "modelrouter init" in output


def test_check_shows_no_secret_of_a_broken_line(tmp_path: Path) -> None:
    """The line that is shown has its keys masked, also where it is no YAML at all."""
    file = tmp_path / "providers.yaml"
    for value in ("hunter2", "{value: hunter2}", "hunter2: x", '"hunter2', "[hunter2"):
        file.write_text(changed("env:OPENAI_API_KEY", value))
        code, output = run("check", file)

        assert code == 1
        assert "hunter2" not in output


def test_check_shows_a_wrong_duration_whole(tmp_path: Path) -> None:
    """A field that only sounds like one for a key keeps its value, so that the slip can be seen."""
    file = tmp_path / "providers.yaml"
    file.write_text(changed("qwen]}", "qwen], objectives: {first_token: 10 s}}"))
    _, output = run("check", file)

    assert "{first_token: 10 s}" in output


def test_check_cuts_long_lines_around_the_place(tmp_path: Path) -> None:
    """However long the line, the place stays in view and underlined."""
    file = tmp_path / "providers.yaml"
    routes = ", ".join(f"gpt-{n}" for n in range(60))
    file.write_text(changed("[gpt, qwen]", f"[gpt, qwen, {routes}]"))
    _, output = run("check", file)
    drawn = [line for line in output.splitlines() if line.lstrip().startswith(("12 │", "│"))]

    assert len(drawn) == 120
    for line, mark in zip(drawn[::2], drawn[1::2], strict=True):
        start = mark.index("^")
        assert line[start : start + mark.count("^")].startswith("gpt-")


def test_init_writes_what_check_accepts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys that are there decide what is written; their values are not."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-Zq7hPq2mVt9sLk3xWn8r")
    monkeypatch.setenv("MISTRAL_API_KEY", "another-value")
    file = tmp_path / "providers.yaml"
    code, output = run("init", file, "--no-probe")
    inventory = load(file)

    assert code == 0
    assert "found the key ANTHROPIC_API_KEY" in output
    assert set(inventory.providers) == {"anthropic", "mistral"}
    assert run("check", file)[0] == 0
    assert "Zq7h" not in file.read_text() + output
    assert "another-value" not in file.read_text() + output


def test_init_never_overwrites_unless_told_to(tmp_path: Path) -> None:
    """What is there stays there; --force is the only way past it."""
    file = tmp_path / "providers.yaml"
    file.write_text("mine")
    code, output = run("init", file, "--no-probe")

    assert (code, file.read_text()) == (1, "mine")
    assert "--force" in output
    assert run("init", file, "--no-probe", "--force")[0] == 0
    assert load(file).processes


def test_init_says_where_it_cannot_write(tmp_path: Path) -> None:
    """A folder that is not there is told, not raised."""
    code, output = run("init", tmp_path / "none" / "providers.yaml", "--no-probe")

    assert code == 1
    assert "cannot be written: No such file or directory" in output


@contextmanager
def server(status: int, body: bytes) -> Iterator[int]:
    """A loopback server that answers everything the same way."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listening.server_port
        finally:
            listening.shutdown()
            thread.join()


def test_init_finds_local_servers() -> None:
    """A server that lists models is found; anything else that answers, or does not, is none."""
    listing = json.dumps({"data": [{"id": "qwen3:32b"}, {"id": "gemma-3"}]}).encode()
    with (
        server(200, listing) as good,
        server(200, b"<html>") as page,
        server(404, listing) as absent,
        server(200, b"[1]") as odd,
    ):
        found = local_servers({"ollama": good, "vllm": page, "llamacpp": absent, "lmstudio": odd, "none": 1})

    assert found == (Server("ollama", f"http://localhost:{good}/v1", ("qwen3:32b", "gemma-3")),)


@given(
    st.sets(st.sampled_from([offer.variable for offer in OFFERS])),
    st.lists(
        st.builds(
            Server,
            st.sampled_from(["ollama", "vllm", "llamacpp", "lmstudio"]),
            st.just("http://localhost:11434/v1"),
            st.lists(
                st.sampled_from(
                    ["qwen3:32b", "gpt-5.6", "1.10", "no", "org/model@1", "nomic-embed-text", "bad name", "", "7"]
                )
                | st.text(max_size=8),
                max_size=4,
            ).map(tuple),
        ),
        max_size=3,
        unique_by=lambda found: found.kind,
    ),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_found_gives_a_right_inventory(variables: set[str], servers: list[Server]) -> None:
    """Every combination of keys and servers, whatever the models are called, gives a file that loads with a route."""
    inventory = parse(starter("my-company", variables, servers))

    assert inventory.processes["assistant"].routes


def test_schema_prints_and_writes(tmp_path: Path) -> None:
    """The schema goes to the terminal, or to a file with its reference page beside it."""
    code, output = run("schema")
    written, _ = run("schema", "--write", tmp_path / "providers.schema.json")

    assert (code, written) == (0, 0)
    assert json.loads(output)["title"] == "modelrouter inventory"
    assert (tmp_path / "providers.schema.json").read_text() == output
    assert (tmp_path / "inventory.md").read_text().startswith("# The inventory")


def test_schema_says_where_it_cannot_write(tmp_path: Path) -> None:
    """A folder that is not there is told in one line, not raised."""
    code, output = run("schema", "--write", tmp_path / "none" / "providers.schema.json")

    assert (code, output) == (
        1,
        f"error: {tmp_path}/none/providers.schema.json cannot be written: No such file or directory\n",
    )
    assert run("schema", "--write", tmp_path)[0] == 1


def test_schema_overwrites_no_page_of_the_reader(tmp_path: Path) -> None:
    """An `inventory.md` that was not generated stays, and nothing is written; one that was is written anew."""
    page = tmp_path / "inventory.md"
    page.write_text("my notes")
    code, output = run("schema", "--write", tmp_path / "a.json")

    assert (code, page.read_text(), (tmp_path / "a.json").exists()) == (1, "my notes", False)
    assert "was not generated" in output
    page.unlink()
    assert [run("schema", "--write", tmp_path / "a.json")[0] for _ in range(2)] == [0, 0]
