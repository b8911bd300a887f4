"""What may be said of a request, and what it then decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process

from modelrouter import Context, Router
from modelrouter.client.context import Said, context, gathered
from modelrouter.core.context import LONGEST, extended, from_headers
from modelrouter.core.inventory import Data
from modelrouter.core.policy import applies
from modelrouter.core.rules import Policy, Rule
from modelrouter.errors import BadRequestError
from modelrouter.testing import ScriptedProvider, text

HOME = Policy(
    id="home",
    when={"data.class": frozenset({"Personal", "health"})},
    rules=(Rule(fact="provider", allowed=frozenset({"b-provider"})),),
)
P = process("p", deployment("a"), deployment("b"))
CLASSES = st.lists(st.sampled_from(["personal", "PERSONAL", "public", "Public", "health"]), max_size=4)


@pytest.fixture
def router():
    """Two deployments, of which only the second may see personal data."""
    clients = ScriptedProvider({"a": [text("abroad")], "b": [text("home")]}).clients()
    with Router(inventory(P, policies=(HOME,)), observers=[], clients=clients, hold_file=None) as made:
        yield made


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), float("inf"), float("-inf")])
def test_a_deadline_is_a_time(deadline) -> None:
    """A deadline that never comes or has passed is refused, whoever says it and how."""
    for say in (
        lambda: Context(deadline_s=deadline),
        lambda: extended(Context(), {"deadline": deadline}),
        lambda: from_headers({"x-modelrouter-deadline": str(deadline)}),
        lambda: context(deadline=deadline).__enter__(),
    ):
        with pytest.raises(BadRequestError, match="deadline"):
            say()


@pytest.mark.parametrize("country", ["D", "DEU", "D1", "", "Germany", "ÄÖ", "ß", "DE\n"])
def test_a_country_is_two_letters(country) -> None:
    """What is no country code is refused rather than matched by no policy."""
    with pytest.raises(BadRequestError, match="country"):
        from_headers({"x-modelrouter-country": country})


def test_case_lifts_no_policy() -> None:
    """Classes and countries mean the same in capitals, in the request, the process and the policy."""
    abroad = Policy(id="de", when={"country": frozenset({"de"})}, rules=HOME.rules)
    declared = process("q", deployment("a"), data=Data(cls="PERSONAL"))

    assert from_headers({"x-modelrouter-country": "de"}) == Context(country="DE")
    assert applies(abroad, P, Context(country="De"))
    assert applies(HOME, P, Context(data_class="pErsonal"))
    assert applies(HOME, declared, Context())
    assert not applies(HOME, P, Context(data_class="public"))


@pytest.mark.parametrize("word", ["process", "data_class", "country", "person", "segment"])
def test_texts_are_short(word) -> None:
    """A text longer than a name is refused, and not repeated in full."""
    with pytest.raises(BadRequestError, match=word) as raised:
        extended(Context(), {word: "x" * (LONGEST + 1)})

    assert len(str(raised.value)) < 150
    assert extended(Context(), {"process": "x" * LONGEST}).process


@pytest.mark.parametrize("said", [{"x" * 100_000: 1}, {"deadline": "x" * 100_000}, {"process": ["x"] * 10_000}])
def test_what_is_refused_is_told_in_brief(said) -> None:
    """An error about nonsense is short, however long the nonsense."""
    with pytest.raises(BadRequestError) as raised:
        extended(Context(), said)

    assert len(str(raised.value)) < 250


@given(CLASSES)
def test_classes_only_add(said) -> None:
    """Whatever is said further in, each class that was said of the data stays said."""
    at = Context()
    for each in said:
        at = extended(at, {"data_class": each, "country": "DE"})

    assert at.data_classes == {each.casefold() for each in said}
    assert applies(HOME, P, at) == bool({"personal", "health"} & at.data_classes)


def test_nobody_takes_a_class_back(router) -> None:
    """Neither a header nor a body nor an inner block makes internal what was said to be personal."""
    with context(data_class="Personal"), context(data_class="internal"):
        said = gathered({"x-modelrouter-data-class": "internal"})
    answer = router.chat("p", "x", context=said, modelrouter={"data_class": "internal"})

    assert answer.text == "home"
    assert answer.decision.excluded[0].rule == "home"


def test_routes_are_remembered_by_every_class(router) -> None:
    """A request of the same innermost class gets no route that was found for others."""
    open_answer = router.chat("p", "x", context=Context(data_class="internal"))
    bound = router.chat("p", "x", context=Context(data_class="health"), modelrouter={"data_class": "internal"})
    again = router.chat("p", "x", context=Context(data_class="internal"))

    assert [open_answer.text, bound.text, again.text] == ["abroad", "home", "abroad"]


def test_the_rest_is_the_inner_ones() -> None:
    """Process, country and deadline are those said last."""
    with context(process="p", country="DE", deadline=9), context(process="q"):
        said = gathered({"x-modelrouter-country": "at", "x-modelrouter-deadline": "3"})

    assert said == Context(process="q", country="AT", deadline_s=3)


@pytest.mark.parametrize("word", ["person", "segment"])
def test_nobody_further_in_says_otherwise(word) -> None:
    """A person or segment is said once, in any case; another one further in is refused, whoever says it and how."""
    outer = extended(Context(), {word: "Minor"})

    assert getattr(outer, word) == "minor"
    assert getattr(extended(outer, {word: "MINOR", "country": "DE"}), word) == "minor"
    assert getattr(extended(outer, {"country": "DE"}), word) == "minor"
    with pytest.raises(BadRequestError, match=f"{word}.*'minor' already"):
        from_headers({f"x-modelrouter-{word}": "employee"}, outer)
    minor: Said = {"person": "minor"} if word == "person" else {"segment": "minor"}
    other: Said = {"person": "employee"} if word == "person" else {"segment": "employee"}
    with context(**minor), pytest.raises(BadRequestError, match="already"):
        context(**other).__enter__()
    with context(**minor):
        assert getattr(gathered({}), word) == "minor"
