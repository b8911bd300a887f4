"""Values made from schemas fit the schemas."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, create_model

from modelrouter.drills.twins.example import example


class Tree(BaseModel):
    """Refers to itself."""

    name: str
    children: list[Tree] = []


class Everything(BaseModel):
    """Each kind of field that answers have."""

    when: datetime
    day: date
    kind: Literal["a", "b"]
    fixed: Literal["x"]
    optional: int | None
    choice: int | str
    nested: Tree
    several: Annotated[list[float], Field(min_length=2)]
    bounded: Annotated[int, Field(gt=5, lt=9)]
    low: Annotated[int, Field(le=-3)]
    word: Annotated[str, Field(min_length=9, max_length=12)]
    flag: bool
    free: dict[str, int]


@pytest.mark.parametrize("model", [Everything, Tree])
def test_pydantic_models_validate(model: type[BaseModel]) -> None:
    """What the schema of a model yields, the model accepts."""
    model.model_validate(example(model.model_json_schema()))


FIELDS = st.sampled_from([str, int, float, bool, date, list[int], int | None, Literal["p", "q"], Tree, list[Tree]])


@given(fields=st.lists(FIELDS, max_size=6))
def test_any_mixture_validates(fields: list[Any]) -> None:
    """However fields are mixed, the value fits."""
    model = create_model("Mixed", **{f"field_{place}": (kind, ...) for place, kind in enumerate(fields)})  # type: ignore[call-overload]  # fields by name
    model.model_validate(example(model.model_json_schema()))


@given(low=st.integers(-50, 50), span=st.integers(0, 20))
def test_numbers_stay_within_bounds(low: int, span: int) -> None:
    """Both bounds are kept."""
    assert low <= example({"type": "integer", "minimum": low, "maximum": low + span}) <= low + span


@pytest.mark.parametrize("schema", [None, True, "x", {}, {"type": "martian"}, {"$ref": "#/nowhere"}, {"anyOf": []}])
def test_odd_schemas_do_not_break_it(schema: object) -> None:
    """Whatever stands in a schema's place, something comes back."""
    TypeAdapter(object).validate_python(example(schema))


def test_all_of_is_merged() -> None:
    """Parts of an `allOf` make one object."""
    part = {"type": "object", "properties": {"a": {"type": "integer"}}}
    schema = {"$defs": {"p": part}, "allOf": [{"$ref": "#/$defs/p"}, {"properties": {"b": {"const": 2}}}]}

    assert example(schema) == {"a": 1, "b": 2}
