"""The pages lead where they say, are fresh, and speak of the project alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings can be reached by."""
    headings = HEADING.findall(FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path) -> list[str]:
    """Links of a page that lead nowhere in this repository; other sites are not asked."""
    dead = []
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        path, _, fragment = unquote(link).partition("#")
        if "://" in path:
            continue
        target = page if not path else (page.parent / path).resolve()
        if not target.exists() or (fragment and fragment not in anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    """Each link to a file or a heading of this repository finds it."""
    assert [] == dead_links(page)


def test_a_dead_link_is_caught(tmp_path):
    """The promise above breaks on a missing file and on a missing heading."""
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](#here) [b](#there) [c](gone.md) [d](page.md#here)\n")

    assert ["#there", "gone.md"] == dead_links(page)


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the generator of the papers."""
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)


def test_generated_parts_are_fresh():
    """What is generated in the papers is what the code says today; `make docs` writes it."""
    done = generate("--check")

    assert (0, "") == (done.returncode, done.stdout + done.stderr)


def test_a_stale_part_is_caught_and_mended(tmp_path):
    """A generated part that somebody has changed is named, and writing it anew restores it."""
    (tmp_path / "README.md").touch()
    (tmp_path / "docs").mkdir()
    page = Path(shutil.copy(ROOT / "docs" / "concepts.md", tmp_path / "docs"))
    right = page.read_text()
    page.write_text(right.replace("| `suspended` |", "| `banned` |"))

    found = generate("--check", str(tmp_path))
    generate(str(tmp_path))

    assert (1, "docs/concepts.md is stale: run make docs\n") == (found.returncode, found.stdout)
    assert right == page.read_text()


PRIVATE = re.compile(
    r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/|(?<![\w.])/tmp/\w|python[h]osted|p[y]pi\.|(?:index|extra-index)-url\s*=|npm[j]s\."
)
"""Paths of one machine, and the hosts of package indexes."""
TEXTS = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".in", ".json", ".cfg", ".html", ".sh", ""}


def committed() -> list[Path]:
    """Every text file of the repository; in a copy without git, every one that lies in it."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=False, cwd=ROOT)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name] or [
        path for path in ROOT.rglob("*") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]
    return [path for path in paths if path.suffix in TEXTS and path.is_file()]


def private(path: Path) -> list[str]:
    """What a file gives away."""
    return [found[0] for found in PRIVATE.finditer(path.read_text(errors="replace"))]


def test_no_file_names_a_machine_or_an_index():
    """No committed text names the path of a machine or the host of a package index."""
    found = {path.relative_to(ROOT).as_posix(): private(path) for path in committed() if path != Path(__file__)}

    assert {} == {name: hits for name, hits in found.items() if hits}


def test_a_file_that_names_one_is_caught(tmp_path):
    """The promise above breaks on either."""
    path = tmp_path / "x.md"
    path.write_text(
        "see /" + "home/someone/x and https://files." + "python" + "hosted.org/y, but not /v1/models or a/home/x/y"
    )

    assert ["/home/someone/", "python" + "hosted"] == private(path)
