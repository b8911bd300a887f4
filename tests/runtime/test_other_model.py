"""An answer of another model than the inventory permits: the next deployment answers instead."""

from __future__ import annotations

import pytest
from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.errors import RequestFailedError
from modelrouter.testing import ScriptedProvider, stream, text

# The scripted provider's streams call their model `scripted`.
STRICT = deployment("strict", answers_as=("strict-model-20??", "other-*"))
LAX, PERMITTED = deployment("lax"), deployment("permitted", answers_as=("script*",))


def router_over(first, /, **scripts) -> Router:
    """A router for process `p`: a deployment, then `lax`."""
    scripted = ScriptedProvider({"lax": [text("lax", "lax-model")], **scripts})
    described = inventory(process("p", first, LAX))
    return Router(described, observers=[], clients=scripted.clients(), hold_file=None)


def test_a_whole_answer_of_another_model_is_not_delivered():
    """The request fails over, the trail names both models, and the model is held at this provider."""
    with router_over(STRICT, strict=[text("cheap", "strict-model-mini")]) as router:
        answer = router.chat("p", "x")
        fault = answer.decision.trail[0].fault
        held = [str(hold.domain) for hold in router.holds()]

    assert answer.text == "lax"
    assert (fault.cause, fault.scope, fault.rule) == ("model_unavailable", "model", "runtime.other_model")
    assert "asked for strict-model, answered by strict-model-mini" in str(answer.decision)
    assert held == ["provider-model:strict-provider/strict-model"]


def test_a_stream_of_another_model_shows_nothing():
    """Of a stream that names another model not one word reaches the caller."""
    with (
        router_over(STRICT, strict=[stream(["cheap"])], lax=[stream(["l", "ax"])]) as router,
        router.chat("p", "x", stream=True) as answer,
    ):
        shown = b"".join(answer)

    assert b"cheap" not in shown
    assert b'"l"' in shown
    assert answer.decision.trail[0].fault.rule == "runtime.other_model"


def test_where_nobody_else_may_answer_the_caller_is_told():
    """Another model is never delivered in silence: without another deployment the request fails."""
    scripted = ScriptedProvider({"strict": [text("cheap", "mini")]})
    described = inventory(process("p", STRICT))
    with (
        Router(described, observers=[], clients=scripted.clients(), hold_file=None) as router,
        pytest.raises(RequestFailedError) as raised,
    ):
        router.chat("p", "x")

    assert raised.value.decision.trail[0].fault.rule == "runtime.other_model"


@pytest.mark.parametrize("named", ["strict-model", "Strict-Model", "strict-model-2026", "other-7"])
def test_what_the_inventory_permits_is_delivered(named):
    """The deployment's own name and every pattern pass."""
    with router_over(STRICT, strict=[text("right", named)]) as router:
        assert router.chat("p", "x").text == "right"


def test_a_permitted_stream_is_delivered():
    """A stream whose model matches a pattern is passed on whole, and its model told."""
    with (
        router_over(PERMITTED, permitted=[stream(["a", "b"])]) as router,
        router.chat("p", "x", stream=True) as answer,
    ):
        shown = b"".join(answer)

    assert shown.count(b"data:") == 5
    assert answer.headers["x-modelrouter-model"] == "scripted"


def test_the_model_that_answered_is_told_where_it_is_news():
    """Another name than the deployment's own is in the decision, its sentence and a header, fit to be shown; its own is not."""
    with router_over(deployment("first"), first=[text("x", "first-model-\r\n2026\u2028")]) as router:
        answer = router.chat("p", "x")
    with router_over(deployment("first"), first=[text("x", "first-model")]) as router:
        plain = router.chat("p", "x")

    assert answer.decision.model == answer.headers["x-modelrouter-model"] == "first-model-??2026?"
    assert str(answer.decision) == "p was served by first as first-model-??2026?"
    assert answer.decision.as_dict()["trail"][0]["model"] == answer.decision.model
    assert "x-modelrouter-model" not in plain.headers
    assert (plain.decision.model, str(plain.decision)) == ("", "p was served by first")
