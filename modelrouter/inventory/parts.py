"""One inventory from several files: `include:` is followed, and sections are joined.

A part lies in the folder of the file that includes it, or below; links that lead out of it are
refused, and so is a file that comes twice (which also rules out circles).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modelrouter.inventory.document import Entries, Items, Text
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Problem
from modelrouter.inventory.reading import read
from modelrouter.inventory.source import read_file

if TYPE_CHECKING:
    from modelrouter.inventory.document import Node, Place

MOST_PARTS = 200


@dataclass(slots=True)
class _Gathering:
    """The tree so far, the files in it, and what was wrong with them."""

    tree: Entries | None = None
    files: set[Path] = field(default_factory=set)
    tried: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def report(self, place: Place, path: str, message: str, hint: str) -> None:
        self.problems.append(Problem(*place, path, message, hint))


def gather(text: str, file: str) -> tuple[Entries | None, list[Problem], list[str]]:
    """Read a file and all its parts; None where the file itself gives no tree.

    The third is every file that was wanted, those that are not there among them.
    """
    gathering = _Gathering()
    _read_part(text, file, Path(file).resolve(), gathering)
    return gathering.tree, gathering.problems, gathering.tried


def _read_part(text: str, file: str, path: Path, gathering: _Gathering) -> None:
    gathering.files.add(path)
    gathering.tried.append(file)
    root, problems = read(text, file)
    gathering.problems.extend(problems)
    if root is None:
        return
    if not isinstance(root, Entries):
        gathering.report(root.place, "", "an inventory is a mapping", "Begin with `inventory: NAME`.")
        return
    is_first = gathering.tree is None
    gathering.tree = tree = Entries(root.place) if gathering.tree is None else gathering.tree
    _join(tree, root, gathering, is_first=is_first)
    included = root.get("include")
    for index, item in enumerate(included if isinstance(included, Items) else ()):
        if isinstance(item, Text) and item.kind == "str":
            _include(item, f"include[{index}]", (file, path), gathering)


def _include(item: Text, at: str, by: tuple[str, Path], gathering: _Gathering) -> None:
    file, folder = str(Path(by[0]).parent / item), by[1].parent
    try:
        path = (folder / item).resolve()
        is_file = path.is_file()
    except (OSError, RuntimeError, ValueError):
        path, is_file = folder, False
    if not path.is_relative_to(folder):
        gathering.report(
            item.place, at, f"{shown(item)} leads out of the folder", "Include files that lie beside this one or below."
        )
    elif path in gathering.files:
        gathering.report(item.place, at, f"{shown(item)} is already part of this inventory", "Include each file once.")
    elif not is_file:
        gathering.tried.append(file)
        gathering.report(
            item.place, at, f"there is no file {shown(item)}", "Paths are relative to the file that includes."
        )
    elif len(gathering.files) > MOST_PARTS:
        gathering.report(item.place, at, f"this inventory has more than {MOST_PARTS} files", "Join some of them.")
    else:
        text = read_file(path, file)
        if isinstance(text, Problem):
            gathering.tried.append(file)
            gathering.problems.append(text)
        else:
            _read_part(text, file, path, gathering)


def _join(tree: Entries, part: Entries, gathering: _Gathering, *, is_first: bool) -> None:
    for section, node in part.items():
        place = part.keys_at[section]
        present = tree.get(section)
        if section == "inventory" and not is_first:
            gathering.report(place, section, "an included file has no name of its own", "Remove the line.")
        elif section == "include" and not is_first:
            continue
        elif present is None:
            tree.put(Text(section, "str", place), node)
        else:
            joined = _joined(present, node, section, gathering)
            if joined is None:
                gathering.report(
                    place,
                    section,
                    "this section has another form in another file",
                    "Write it the same way in all of them.",
                )
            else:
                tree[section] = joined


def _joined(present: Node, more: Node, section: str, gathering: _Gathering) -> Node | None:
    if isinstance(present, Items) and isinstance(more, Items):
        items = Items(present.place)
        items.extend([*present, *more])
        return items
    if not (isinstance(present, Entries) and isinstance(more, Entries)):
        return None
    entries = Entries(present.place)
    for source in (present, more):
        for key, value in source.items():
            if key in entries:
                first = entries.keys_at[key]
                gathering.report(
                    source.keys_at[key],
                    f"{section}.{key}",
                    f"{shown(key)} stands here a second time; the first is in {first.file}, line {first.line}",
                    "Remove one of them.",
                )
            entries.put(Text(key, "str", source.keys_at[key]), value)
    return entries
