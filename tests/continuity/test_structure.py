"""What fails with what: built from plain names, asked what a loss does."""

from __future__ import annotations

import pytest

from modelrouter.continuity.structure import Lost, Structure
from modelrouter.errors import UnknownNameError

BANK = Structure.of(
    {
        "claims": [{"provider:anthropic", "edge:cloudflare"}, {"provider:openai", "edge:cloudflare"}],
        "letters": [{"provider:anthropic", "edge:cloudflare"}],
        "search": [{"provider:openai", "edge:cloudflare"}, set()],
        "never": [],
    },
    {"claims": 5, "letters": 2.5},
)


@pytest.mark.parametrize(
    ("factors", "lost"),
    [
        ([], Lost(("never",), (), 1)),
        (["provider:anthropic"], Lost(("letters", "never"), ("claims",), 3.5)),
        (["provider:openai"], Lost(("never",), ("claims", "search"), 1)),
        (["provider:anthropic", "provider:openai"], Lost(("claims", "letters", "never"), ("search",), 8.5)),
        (["edge:cloudflare"], Lost(("claims", "letters", "never"), ("search",), 8.5)),
    ],
)
def test_a_process_is_down_when_every_route_of_it_is_killed(factors: list[str], lost: Lost) -> None:
    """Down: no route left, by whatever factor of each; degraded: some are left and some are not."""
    assert lost == BANK.lost(factors)


def test_factors_are_sorted_and_their_places_are_their_bits() -> None:
    """The order of what is given does not change which bit means which factor."""
    assert BANK.factors == ("edge:cloudflare", "provider:anthropic", "provider:openai")
    assert BANK.processes["letters"] == (0b011,)
    assert BANK.names(0b101) == ("edge:cloudflare", "provider:openai")
    assert BANK.mask(["provider:openai", "edge:cloudflare"]) == 0b101


def test_processes_with_equal_routes_share_them() -> None:
    """Ten thousand processes on the same deployments hold their routes once."""
    same = Structure.of({"a": [["x", "y"]], "b": [("y", "x")]})

    assert same.processes["a"] is same.processes["b"]


def test_a_factor_on_which_nothing_depends_can_be_known() -> None:
    """Its loss is asked and answered: nobody is down."""
    known = Structure.of({"a": [["x"]]}, others=["unused", "x"])

    assert known.factors == ("unused", "x")
    assert known.lost(["unused"]) == Lost((), (), 0)


def test_an_unknown_name_is_named_with_what_is_near() -> None:
    """A factor, a process or a weight that the structure does not know is an error, not nothing lost."""
    with pytest.raises(UnknownNameError, match="no factor 'provider:antropic'; did you mean 'provider:anthropic'"):
        BANK.lost(["provider:antropic"])
    with pytest.raises(UnknownNameError, match="no process 'claim'; did you mean 'claims'"):
        BANK.routes("claim")
    with pytest.raises(UnknownNameError, match="no process 'clams'; did you mean 'claims'"):
        Structure.of({"claims": []}, {"clams": 2})
