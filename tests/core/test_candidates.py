"""Who may serve: what a process needs of a model, and the words in which a deployment is left out."""

from __future__ import annotations

import pytest
from support.inventories import deployment, inventory, process

from modelrouter.core.candidates import candidates
from modelrouter.core.context import NOBODY
from modelrouter.core.inventory import Model, Needs


def model(name: str, output: int | None) -> Model:
    """A model with answers of this length."""
    return Model(id=name, developer=name, family=name, context=100_000, output=output)


@pytest.mark.parametrize(
    ("asked", "left_out"), [(None, set()), (4000, set()), (4001, {"short"}), (50_000, {"short", "long"})]
)
def test_a_model_whose_answers_are_too_short_serves_no_process_that_needs_longer_ones(asked, left_out):
    """It is left out by `output`, in figures; where nobody said how long its answers can be, it may serve."""
    route = [
        deployment(name, model=model(name, output))
        for name, output in (("short", 4000), ("long", 32_000), ("any", None))
    ]
    one = process("p", *route, needs=Needs(output=asked))
    found = candidates(inventory(one), one, NOBODY)

    assert {"short", "long", "any"} - left_out == {each.id for each in found.permitted}
    assert left_out == {each.deployment.id for each in found.excluded if each.rule == "output"}
    if "short" in left_out:
        assert found.excluded[0].why == f"short answers with at most 4,000 tokens, {asked:,} are needed"
