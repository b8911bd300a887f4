"""Published fault trees of the Aralia group, solved: `make aralia FOLDER=…`.

The trees are in the repository rakhimov/scram (https://github.com/rakhimov/scram, folder input/Aralia), under the GPL. The
numbers of minimal cut sets: baobab1 and baobab2 as that project's tests state them; all as counted by another
program, in C++, from the same files.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from continuity.open_psa import read

from modelrouter.continuity.faulttree import TreeError
from modelrouter.continuity.solution import solve

CUT_SETS = {
    "chinese": 392,
    "ftr10": 305,
    "isp9603": 3_434,
    "isp9605": 5_630,
    "isp9606": 1_776,
    "isp9607": 150_436,
    "baobab1": 46_188,
    "baobab2": 4_805,
    "baobab3": 24_386,
    "das9201": 14_217,
    "das9202": 27_778,
    "das9203": 16_200,
    "das9204": 16_704,
    "das9205": 17_280,
    "das9206": 19_518,
    "das9207": 25_988,
    "das9208": 8_060,
    "das9209": 82_000_000_000,
    "edf9201": 579_720,
    "edf9202": 130_112,
    "edf9205": 21_308,
    "edfpa15p": 27_870,
    "edfpa15r": 26_549,
    "elf9601": 151_348,
    "isp9601": 276_785,
    "isp9602": 5_197_647,
    "isp9604": 746_574,
    "jbd9601": 14_007,
}


@pytest.mark.parametrize(("name", "number"), CUT_SETS.items(), ids=str)
def test_as_many_minimal_cut_sets_as_published(name: str, number: int, request: pytest.FixtureRequest) -> None:
    """All of them are counted, and those of low order listed are as many as counted."""
    solution = solve(read(Path(request.config.getoption("--aralia")) / f"{name}.xml"))
    counts = solution.counts()

    assert sum(counts) == number
    assert sum(counts[:4]) == len(solution.minimal(3))


def test_trees_with_negation_are_refused(request: pytest.FixtureRequest) -> None:
    """das9601 has gates that a further failure can undo."""
    with pytest.raises(TreeError, match="only and, or, atleast"):
        read(Path(request.config.getoption("--aralia")) / "das9601.xml")
