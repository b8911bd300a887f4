"""The house: who may import whom, how large a room may be, and that these guards bite."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "modelrouter"

LEVELS = {
    "errors": 0,
    "core": 1,
    "wire": 2,
    "providers": 3,
    "inventory": 3,
    "access": 3,
    "continuity": 3,
    "governance": 3,
    "ledger": 3,
    "telemetry": 3,
    "audit": 3,
    "pages": 4,
    "runtime": 4,
    "recording": 5,
    "router": 6,
    "testing": 6,
    "client": 7,
    "gateway": 7,
    "drills": 8,
    "cli": 9,
    "__main__": 10,
}
"""From the bottom: a room imports rooms of lower levels, and itself."""

APART = {
    ("continuity", "wire"),
    ("pages", "wire"),
    ("pages", "providers"),
    ("pages", "access"),
    ("runtime", "inventory"),
    ("runtime", "audit"),
    ("router", "audit"),
    ("drills", "testing"),
    ("client", "testing"),
    ("gateway", "testing"),
    ("cli", "testing"),
}
"""Lower, and still not to be imported."""
ONLY = {
    ("runtime", "providers"): {"modelrouter.providers.base"},
    ("testing", "providers"): {"modelrouter.providers.base"},
}
"""Of these rooms only certain files may be seen."""
ONE_FILE = {
    "aiohttp": {"modelrouter/providers/connections.py"},
    "litellm": {"modelrouter/providers/litellm.py"},
    "openai": {"modelrouter/client/openai.py", "modelrouter/drills/rehearse.py"},
    "anthropic": {"modelrouter/client/anthropic.py"},
    "psycopg": {"modelrouter/ledger/postgres.py"},
    "opentelemetry": {"modelrouter/telemetry/pipeline.py"},
    "yaml": {"modelrouter/inventory/", "modelrouter/governance/backstage.py", "modelrouter/governance/openslo.py"},
}
"""Libraries that only these files may name, or all those of a folder: YAML is read at one door, and written by two."""

PURE = {"core", "continuity", "ledger"}
"""Values in, values out: the standard library alone, without clock, chance or I/O."""
SHELL = {
    "ledger": {
        "anchors", "claims", "contents", "copies", "export", "journal", "opening", "postgres", "reading", "recorder",
        "fleet", "keeping", "outside", "remains", "shards", "shipping", "signing", "store", "tables",
        "trouble", "waiting",
    }
}  # fmt: skip
"""Of the pure rooms, the files that keep and send what the others work out; those others may not import them."""
LENT = {"modelrouter/ledger/ed25519.py": {"cryptography"}}
"""Of the pure rooms, files that may name one library besides."""
ALONE = ("modelrouter/ledger/verifier.py", "modelrouter/audit/reader.py")
"""Handed to auditors as they are: they need Python, and nothing of ours. Whoever judges shares no code with whoever decided."""

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
LONGER = dict.fromkeys(ALONE, 600)
"""What cannot be divided: whoever is handed one file has one file to read."""


def sources(root: Path = ROOT / PACKAGE) -> list[Path]:
    """Every source file of the package."""
    return sorted(root.rglob("*.py"))


def room(module: str) -> str:
    """The room of a module of ours; empty for the package's own face."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def module_of(path: Path, root: Path = ROOT) -> str:
    """The dotted name of a file."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST) -> list[str]:
    """The modules that a file imports when it is loaded or a function of it runs."""
    found = []
    skipped = {id(inner) for node in ast.walk(tree) if _is_typing(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            within = [f"{node.module}.{alias.name}" for alias in node.names]
            files = [name for name in within if _is_module(name)]
            found += within if len(files) == len(within) else [node.module, *within]
    return found


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def trespasses(path: Path, root: Path = ROOT) -> list[str]:
    """Imports that the house does not permit."""
    own = room(module_of(path, root))
    if not own:
        return []
    wrong = []
    for target in imports(ast.parse(path.read_text())):
        library = target.split(".")[0]
        place = path.relative_to(root).as_posix()
        if place in ALONE and library not in sys.stdlib_module_names:
            wrong.append(f"{place}: stands alone, without {target}")
        elif library != PACKAGE:
            wrong += _foreign(path, library, own, root)
            continue
        their = room(target)
        if their == own and not _shell(module_of(path, root)) and _shell(target):
            wrong.append(f"{path.name}: is pure, and {target} is not")
        if not their or their == own:
            continue
        seen = ONLY.get((own, their))
        if LEVELS[their] >= LEVELS[own] or (own, their) in APART:
            wrong.append(f"{path.name}: {own} may not import {target}")
        elif seen is not None and not any(target.startswith(name) for name in seen) and target.count(".") > 1:
            wrong.append(f"{path.name}: {own} may see only {', '.join(sorted(seen))} of {their}, not {target}")
    return wrong


def _shell(module: str) -> bool:
    """Whether a module belongs to the shell of a room that is pure otherwise."""
    parts = module.split(".")
    return len(parts) > 2 and parts[2] in SHELL.get(parts[1], ())


def _foreign(path: Path, library: str, own: str, root: Path) -> list[str]:
    place = path.relative_to(root).as_posix()
    if library in LENT.get(place, ()):
        return []
    pure = own in PURE and not _shell(module_of(path, root))
    if pure and library not in sys.stdlib_module_names:
        return [f"{place}: {own} is standard library alone, not {library}"]
    if pure and library in {"time", "random", "os", "logging", "socket", "asyncio", "threading", "subprocess"}:
        return [f"{place}: {own} has no clock, chance or I/O, and {library} is one"]
    if library not in ONE_FILE:
        return []
    permitted = any(place == each or (each.endswith("/") and place.startswith(each)) for each in ONE_FILE[library])
    return [] if permitted else [f"{place}: may not name {library}"]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_keeps_the_house(path):
    """No file imports what its room may not see."""
    assert [] == trespasses(path)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("core/holds.py", "import time"),
        ("core/holds.py", "import orjson"),
        ("core/holds.py", "from modelrouter.runtime.state import State"),
        ("wire/sse.py", "from modelrouter.runtime.state import State"),
        ("continuity/structure.py", "import random"),
        ("continuity/structure.py", "import orjson"),
        ("continuity/structure.py", "from modelrouter.inventory.loader import load"),
        ("continuity/structure.py", "from modelrouter.wire.sse import Event"),
        ("runtime/state.py", "from modelrouter.providers.http import HttpClient"),
        ("runtime/state.py", "from modelrouter.inventory.loader import load"),
        ("providers/http.py", "from modelrouter.inventory.loader import load"),
        ("client/transport.py", "from modelrouter.gateway.app import app"),
        ("gateway/app.py", "from modelrouter.client.openai import OpenAI"),
        ("router.py", "from modelrouter.client.openai import OpenAI"),
        ("runtime/drive.py", "import aiohttp"),
        ("cli/app.py", "import litellm"),
        ("ledger/chain.py", "import time"),
        ("ledger/shipping.py", "import psycopg"),
        ("ledger/chain.py", "from modelrouter.ledger.journal import Journal"),
        ("ledger/chain.py", "import threading"),
        ("ledger/note.py", "import cryptography"),
        ("ledger/merkle.py", "from modelrouter.ledger import store"),
        ("ledger/merkle.py", "from modelrouter.ledger.store import Store"),
        ("ledger/entry.py", "import orjson"),
        ("ledger/ed25519.py", "import orjson"),
        ("ledger/verifier.py", "from modelrouter.ledger.canonical import parse"),
        ("ledger/verifier.py", "import modelrouter"),
        ("ledger/verifier.py", "import cryptography"),
        ("audit/reader.py", "from modelrouter.core.policy import objections"),
        ("audit/reader.py", "from modelrouter.core.candidates import candidates"),
        ("audit/reader.py", "import orjson"),
        ("router.py", "from modelrouter.audit.reader import Auditor"),
    ],
)
def test_a_forbidden_import_is_caught(tmp_path, place, line):
    """Adding a forbidden import anywhere fails the promise above."""
    copy = tmp_path / PACKAGE / place
    copy.parent.mkdir(parents=True)
    copy.write_text(f"{(ROOT / PACKAGE / place).read_text()}\n{line}\n")

    assert 1 <= len(trespasses(copy, tmp_path))


def functions(path: Path) -> list[tuple[str, int]]:
    """Every function of a file with its length, docstring aside."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            found.append((f"{path.name}:{node.name}", length))
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_rooms_stay_small(path):
    """No file is longer than 400 lines (those that stand alone 600) and no function longer than 40."""
    assert len(path.read_text().splitlines()) <= LONGER.get(path.relative_to(ROOT).as_posix(), LONGEST_FILE)
    assert [] == [(name, length) for name, length in functions(path) if length > LONGEST_FUNCTION]


def cycles(graph: dict[str, set[str]]) -> list[str]:
    """Modules that can reach themselves."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            for target in graph.get(todo.pop(), set()) - seen:
                seen.add(target)
                todo.append(target)
        return seen

    return sorted(name for name in graph if name in reach(name))


def test_nothing_imports_itself_round_about():
    """There is no import cycle among our modules."""
    names = {module_of(path): path for path in sources()}
    graph = {
        name: {target for target in imports(ast.parse(path.read_text())) if target in names and target != name}
        for name, path in names.items()
        if name != PACKAGE
    }

    assert [] == cycles(graph)
    assert ["a", "b"] == cycles({"a": {"b"}, "b": {"a"}, "c": {"a"}})


def test_no_room_imports_inside_functions():
    """Our own modules are imported at the top, where a reader and these tests see them."""
    hidden = [
        f"{path.name}:{inner.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith(PACKAGE)
    ]

    assert [] == hidden
