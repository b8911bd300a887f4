"""The npm packages: what is promised of Python's clients holds for JavaScript's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from compat.node.packages import CLIENTS
from compat.stand import FOUND

if TYPE_CHECKING:
    from collections.abc import Callable

    from compat.node.conftest import Said
    from compat.node.packages import Packaged
    from compat.stand import Pair

TWINS_CITY = {"city": "twin", "people": 1}


def told(said: Callable[[Pair], Said], pair: Pair, client: Packaged, ability: str) -> list[Any]:
    """What the client said; what it raised fails the test."""
    answer = said(pair)[client.name, ability]
    assert "error" not in answer, answer["error"]
    words: list[Any] = answer["said"]
    return words


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("ability", ["whole", "stream"])
def test_answers(said: Callable[[Pair], Said], pair: Pair, client: Packaged, ability: str) -> None:
    """Whole and streamed, the second provider's answer is read as the first's was."""
    first, second = told(said, pair, client, ability)

    assert first.startswith(f"Served by first-{pair.first}.")
    assert second == first.replace(f"first-{pair.first}", f"second-{pair.second}")


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("ability", ["loop"])
def test_loops(said: Callable[[Pair], Said], pair: Pair, client: Packaged, ability: str) -> None:
    """What the tool says is read by another provider than the one that called it."""
    (last,) = told(said, pair, client, ability)

    assert last.startswith(f"Served by second-{pair.second}. The tool said ")
    assert FOUND in last


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("ability", ["shape"])
def test_shapes(said: Callable[[Pair], Said], pair: Pair, client: Packaged, ability: str) -> None:
    """Structured output is of the demanded shape, from either provider."""
    assert told(said, pair, client, ability) == [TWINS_CITY, TWINS_CITY]
