"""The embeddings wire as the official SDK sees it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

NAME = "text-embedding-3-small"


async def test_same_text_same_vector_in_both_encodings(stage: Callable[..., Any]) -> None:
    """Vectors of length 1, in the order of the inputs, alike whether they come packed or as numbers."""
    async with stage(wire="openai-embeddings", name=NAME) as on, on.openai() as client:
        packed = await client.embeddings.create(model=NAME, input=["one", "two", "one"])
        plain = await client.embeddings.create(model=NAME, input="two", encoding_format="float")

    first, second, third = (row.embedding for row in packed.data)
    assert (first, [row.index for row in packed.data]) == (third, [0, 1, 2])
    assert first != second
    assert plain.data[0].embedding == second
    assert math.isclose(sum(number * number for number in second), 1, rel_tol=1e-5)
    assert packed.usage.total_tokens > 0


async def test_dimensions_are_those_asked_for(stage: Callable[..., Any]) -> None:
    """As many numbers as were asked for."""
    async with stage(wire="openai-embeddings", name=NAME) as on, on.openai() as client:
        answer = await client.embeddings.create(model=NAME, input=[[1, 2, 3]], dimensions=12)

    assert len(answer.data[0].embedding) == 12


@pytest.mark.parametrize(
    "extra", [{"input": []}, {"input": [""]}, {"dimensions": 0}, {"stream": True}, {"encoding_format": "int8"}]
)
async def test_what_is_no_request_is_refused(stage: Callable[..., Any], extra: dict[str, Any]) -> None:
    """Empty inputs, impossible sizes and fields of other wires are refused."""
    async with stage(wire="openai-embeddings", name=NAME) as on, on.openai() as client:
        with pytest.raises(openai.BadRequestError):
            await client.embeddings.create(model=NAME, input="x", extra_body=extra)
